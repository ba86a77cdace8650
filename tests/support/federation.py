"""A user pool that lets people in from Google and from an OpenID Connect provider of the tests' own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from support.managed_login import CALLBACK, DOMAIN, Pages, fields_of
from support.user_pools import mapping, read

from cognito_lab import Lab
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import signing_keys

IDP_RESPONSE = f"{DOMAIN}/oauth2/idpresponse"
GORAN = "goran.pavic@gmail.example"
SHORE = "https://idp.shore.example"
MAPPED = {"email": "email", "name": "name", "given_name": "given_name", "family_name": "family_name"}


class Provider:
    """An OpenID Connect provider called Shore. Tests change what it says: it has no rules of its own.

    ``claims``: of the ID token, over the honest ones (None leaves one out). ``id_token``, ``answers``: a
    whole token, or a whole answer of a path, in place of the honest one; an exception is raised.
    """

    def __init__(self) -> None:
        self.key = signing_keys.new_key()
        self.nonce: str | None = None
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "s-1", "email": "ada@shore.example", "name": "Ada"}
        self.id_token: str | None = None
        self.answers: dict[str, Any] = {}
        self.codes = {"c-1"}
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        found = self.answers.get(request.path)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Response):
            return found
        return {
            "/.well-known/openid-configuration": self.discovery,
            "/keys": lambda request: say({"keys": [self.key.jwk()]}),
            "/token": self.token,
            "/userinfo": lambda request: say(self.userinfo),
        }[request.path](request)

    def discovery(self, request: Request) -> Response:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        addresses = {f"{name}_endpoint": f"{SHORE}/{path}" for name, path in ends.items()}
        return say({"issuer": SHORE, "jwks_uri": f"{SHORE}/keys", **addresses})

    def token(self, request: Request) -> Response:
        code = fields_of(f"?{request.body.decode()}")["code"]
        if code not in self.codes:
            return say({"error": "invalid_grant", "error_description": "secret-of-the-provider"}, 400)
        self.codes.remove(code)
        return say({"access_token": "at-of-shore", "id_token": self.id_token or self.key.sign(self.honest())})

    def honest(self, **changed: Any) -> dict[str, Any]:
        claims = {
            "iss": SHORE, "aud": "tidepool-at-shore", "sub": "s-1", "exp": int(time.time()) + 600,
            "nonce": self.nonce, "email": "ada@shore.example", "name": "Ada",
        } | self.claims | changed  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}


def say(content: Any, status: int = 200) -> Response:
    return Response(status, Headers({"content-type": "application/json"}), json.dumps(content).encode())


class Federation(Pages):
    """Mara has a password here; Goran comes from Google, and Ada from Shore.

    ``expected``: whether a test means somebody to have a profile in the end.
    """

    expected = False

    def __init__(self, lab: Lab, **settings: Any) -> None:
        super().__init__(lab, **settings)
        self.google = lab.google
        self.at_google = self.google.register_client("Tidepool", redirect_uris=[IDP_RESPONSE])
        self.shore = Provider()

    def connect_google(self, mapping: dict[str, str] | None = None, **changed: str) -> dict[str, Any]:
        details = {
            "client_id": self.at_google.client_id,
            "client_secret": str(self.at_google.client_secret),
            "authorize_scopes": "email profile openid",
        } | changed
        made = self.idp.create_identity_provider(
            UserPoolId=self.pool, ProviderName="Google", ProviderType="Google", ProviderDetails=details,
            AttributeMapping=MAPPED if mapping is None else mapping,
        )  # fmt: skip
        self.support("COGNITO", "Google")
        return made["IdentityProvider"]

    def connect_shore(self, mapping: dict[str, str] | None = None, **changed: Any) -> dict[str, Any]:
        details = {
            "client_id": "tidepool-at-shore", "client_secret": "secret-at-shore",
            "authorize_scopes": "openid email", "oidc_issuer": SHORE, "attributes_request_method": "GET",
        }  # fmt: skip
        made = self.idp.create_identity_provider(
            **{
                "UserPoolId": self.pool, "ProviderName": "Shore", "ProviderType": "OIDC",
                "ProviderDetails": details, "AttributeMapping": mapping or {"email": "email", "name": "name"},
            } | changed
        )  # fmt: skip
        self.support("COGNITO", "Shore")
        return made["IdentityProvider"]

    def support(self, *providers: str, **changed: Any) -> None:
        """Let the app client sign people in through these, and nothing else."""
        found = self.idp.describe_user_pool_client(UserPoolId=self.pool, ClientId=self.client)
        kept = {name: value for name, value in found["UserPoolClient"].items() if not name.endswith("Date")}
        self.idp.update_user_pool_client(**kept | {"SupportedIdentityProviders": list(providers)} | changed)

    def to_google(self, **fields: str | None) -> str:
        """Where the browser is sent, to sign in at Google."""
        return self.authorize(**{"identity_provider": "Google", "state": "of-the-app", **fields})

    def from_google(self, account: str = GORAN, consent: bool = True, **fields: str | None) -> str:
        """Where Google sends the browser back to."""
        return self.google.sign_in(self.to_google(**fields), account, consent)

    def arrive(self, address: str, browser: requests.Session | None = None) -> dict[str, str]:
        """Follow a provider's redirect into the pool; what the app gets."""
        answer = (browser or self.browser).get(address, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        location = str(answer.headers["location"])
        assert location.startswith(f"{CALLBACK}?"), location
        return fields_of(location)

    def by_google(self, account: str = GORAN, **fields: str | None) -> dict[str, str]:
        self.browser = requests.Session()  # without the session of the last sign-in
        return self.arrive(self.from_google(account, **fields))

    def from_shore(self) -> str:
        """The honest address with which Shore would send the browser back."""
        self.browser = requests.Session()
        asked = fields_of(self.authorize(identity_provider="Shore", state="of-the-app"))
        self.shore.nonce = asked["nonce"]
        return f"{IDP_RESPONSE}?code=c-1&state={asked['state']}"

    def by_shore(self) -> dict[str, str]:
        self.shore.codes.add("c-1")
        return self.arrive(self.from_shore())

    def tokens_of(self, came: dict[str, str]) -> dict[str, Any]:
        assert "error" not in came, came
        answer = self.redeem(came["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def id_claims(self, came: dict[str, str]) -> dict[str, Any]:
        return read(self.tokens_of(came)["id_token"])

    def people(self) -> dict[str, dict[str, str]]:
        """Everybody's attributes by username, but for Mara."""
        found = self.idp.list_users(UserPoolId=self.pool)["Users"]
        return {row["Username"]: mapping(row["Attributes"]) for row in found if row["Username"] != "mara"}

    @property
    def goran(self) -> str:
        """Goran's username, should he come from Google."""
        return f"Google_{self.google.accounts[GORAN].sub}"

    @property
    def settings(self) -> UserPool:
        return model.get_pool("us-east-1", self.pool)


@contextmanager
def federation(**settings: Any) -> Iterator[Federation]:
    with Lab.start() as lab:
        it = Federation(lab, **settings)
        row = hosts.Host(re.compile(r"idp\.shore\.example"), "shore", it.shore.answer)
        hosts.HOSTS.append(row)
        try:
            yield it
        finally:
            hosts.HOSTS.remove(row)


def refused(came: dict[str, str], text: str, error: str = "invalid_request") -> None:
    """The app was told that there is no sign-in: OAuth's code, AWS's text, its own state, and no code."""
    assert came == {"error": error, "error_description": text, "state": "of-the-app"}
