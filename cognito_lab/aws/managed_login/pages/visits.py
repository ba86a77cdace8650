"""One look at a page of managed login, or one form sent: what came with it, and how the answer is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations, validation
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.managed_login import csrf
from cognito_lab.aws.managed_login.oauth.authorize import AuthorizationRequest
from cognito_lab.aws.managed_login.pages import rendering
from cognito_lab.aws.user_pools import client_secrets, passwords
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.network.messages import Request, Response

INPUTS = {  # of attributes: type and autocomplete ("Autofill" in the HTML Standard); others are plain text
    "email": ("email", "email"), "phone_number": ("tel", "tel"), "birthdate": ("date", "bday"),
    "name": ("text", "name"), "given_name": ("text", "given-name"), "family_name": ("text", "family-name"),
    "middle_name": ("text", "additional-name"), "nickname": ("text", "nickname"), "gender": ("text", "sex"),
    "address": ("text", "street-address"), "website": ("url", "url"), "picture": ("url", "photo"),
    "locale": ("text", "language"), "preferred_username": ("text", "nickname"),
}  # fmt: skip
PASSWORD_RULES = {  # what a password policy asks for, in words
    "lowercase": "a lowercase letter", "uppercase": "an uppercase letter", "numeric": "a digit",
    "symbol": "a symbol",
}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """One look at a page, or one form sent: what the app asked for, and what the person filled in."""

    request: Request
    asked: AuthorizationRequest
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.request.path.rstrip("/")

    @property
    def client(self) -> AppClient:
        return self.asked.client

    @property
    def pool(self) -> UserPool:
        return self.asked.client.pool

    def to(self, path: str, **more: str) -> str:
        """The address of another page, which goes on with the same authorization request."""
        return f"{path}?{urlencode({**self.asked.fields, **more})}"

    def call(self, operation: str, **parameters: Any) -> Any:
        """What the public API operation does with these ``parameters``, checked like those of any caller."""
        shape = moto_patches.service_model("cognito-idp").operation_model(operation).input_shape
        if "ClientId" in shape.members:
            parameters["ClientId"] = self.client.id
        if "SecretHash" in shape.members and self.client.secret:
            parameters["SecretHash"] = client_secrets.secret_hash(self.client, parameters["Username"])
        call = Call("cognito-idp", operation, parameters, self.pool.region, self.pool.account)
        validation.check_input(shape, call.parameters)
        return operations.carry_out(call)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class Input:
    """A field that a page asks for, beside those that it always has: what HTML needs to know of it."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    hint: str = ""


# A template, and what it needs beside what all of these pages have: see `show`.
Page = Callable[[Visit], tuple[str, dict[str, object]]]


def show(page: Page, visit: Visit, *, error: str = "", notice: str = "", **fields: str) -> Response:
    """A page with what is to be told on it; ``fields`` are known beside those that were filled in."""
    token, cookie = csrf.csrf_field(visit.request)
    visit = replace(visit, fields={**visit.fields, **fields})
    template, values = page(visit)
    common = {
        "address": visit.to,
        "token": token,
        "filled_in": visit,
        "username_field": username_input(visit.pool),
        "password_hint": password_hint(visit.pool),
    }
    answer = rendering.page(
        template, visit.pool, visit.client,
        status=400 if error else 200, error=error, notice=notice, **{**common, **values},
    )  # fmt: skip
    answer.headers.add("set-cookie", cookie)
    return answer


def username_input(pool: UserPool) -> Input:
    """What people call themselves by in this pool."""
    own, names = pool.people.username_attributes, pool.people.alias_attributes
    words = [name.replace("_", " ") for name in (own or ["username", *names])]
    kind = INPUTS[own[0]][0] if len(own) == 1 else "text"
    return Input("username", " or ".join(words).capitalize(), kind)


def password_hint(pool: UserPool) -> str:
    """What the pool asks of a new password."""
    policy = pool.password_policy
    kinds = [PASSWORD_RULES[name] for rule, name, _ in passwords.CHARACTERS if policy[rule]]
    among = f", among them {', '.join(kinds)}" if kinds else ""
    return f"At least {policy['MinimumLength']} characters{among}."
