"""The APIs of an account, and what each was made of, in the members that AWS's answers have."""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations
from cognito_lab.aws.api.operations import Call, Handler
from cognito_lab.aws.iam import enforcement
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network.messages import Request

LETTERS = string.digits + string.ascii_lowercase
Row = dict[str, Any]


@dataclass
class Api:
    """A REST API or an HTTP API (``service`` is the API that made it).

    ``parts`` are its resources or routes, its authorizers, integrations and stages: kind → id → members.
    ``cache`` is what its authorizers keep: token and authorizer → claims, and when they are looked at again.
    """

    service: str
    id: str
    region: str
    about: Row
    parts: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    cache: dict[tuple[str, str, str], tuple[float, Row]] = field(default_factory=dict)

    def part(self, kind: str, key: str | None) -> Row:
        """Raises ``NotFoundException`` if the API has no such part."""
        if key not in self.parts[kind]:
            raise AwsError("NotFoundException", f"Invalid {kind.removesuffix('s')} identifier specified", 404)
        return self.parts[kind][key]


@dataclass
class Apis:
    """Every API of the account, by its id."""

    by_id: dict[str, Api] = field(default_factory=dict)


def all_apis() -> dict[str, Api]:
    return moto_patches.account_state(Apis).by_id


def new_id(length: int = 6) -> str:
    return randomness.text(length, LETTERS)


def get_api(call: Call) -> Api:
    """The API that ``call`` names.

    Raises:
        AwsError: ``NotFoundException``: there is none in this Region that this service made.
    """
    api_id = call.get("restApiId") or call["ApiId"]
    api = all_apis().get(api_id)
    if api is None or (api.service, api.region) != (call.service, call.region):
        raise AwsError("NotFoundException", f"Invalid API identifier specified {call.account}:{api_id}", 404)
    return api


def played(service: str, name: str, members: str = "") -> Callable[[Handler], Handler]:
    """As ``@operation``, for an operation of whose input the lab plays ``members`` alone."""

    def register(handler: Handler) -> Handler:
        @operations.operation(service, name)
        def carry_out(call: Call) -> Any:
            check_members(call, members.split())
            return handler(call)

        del carry_out
        return handler

    return register


def check_members(call: Call, known: list[str]) -> None:
    """What the lab does not play counts for nothing only where it is what AWS does without being asked."""
    shape = moto_patches.service_model(call.service).operation_model(call.operation).input_shape
    in_path = {
        name for name, member in shape.members.items() if member.serialization.get("location") == "uri"
    }
    unknown = sorted(call.parameters.keys() - in_path - set(known))
    if unknown:
        raise OutsideTheLab(
            f"{call.operation} with {', '.join(unknown)} is not played by this lab (AWS has it)."
        )


def authorize(request: Request, call: Call, _: str) -> None:
    """The operations that make APIs are judged by method and path (Service Authorization Reference).

    Raises:
        AwsError: ``AccessDeniedException``.
    """
    resource = f"arn:aws:apigateway:{call.region}::{request.path}"
    keys = enforcement.context(request, call.principal)
    verdict = enforcement.verdict_on(call.principal, f"apigateway:{request.method}", resource, keys)
    if not verdict:
        raise enforcement.denied(call.service, verdict, resource, call.principal)
