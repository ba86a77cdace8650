"""REST with JSON, as Lambda and API Gateway speak it: the operation of a request, and its input.

Method, path and query say which operation it is; a member has its place in the path, the query, the header or
the body. All of it is read from AWS's model. Source: Smithy, "AWS restJson1 protocol".
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import json_inputs
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network.messages import Request

LABEL = re.compile(r"\{([\w-]+)(\+?)\}")


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], frozenset[str], int, str]]:
    """Method, path, what must be in the query, how much of the path is fixed, and the operation."""
    model, routes = moto_patches.service_model(service), []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern, fixed, end = "", 0, 0
        for label in LABEL.finditer(path):
            pattern += (
                re.escape(path[end : label.start()])
                + f"(?P<{label[1].replace('-', '_')}>{'.+' if label[2] else '[^/]+'})"
            )
            fixed, end = fixed + label.start() - end, label.end()
        pattern += re.escape(path[end:].removesuffix("/")) + "/?"
        marks = frozenset(query.split("&")) - {""}
        routes.append((http["method"], re.compile(pattern), marks, fixed + len(path) - end, name))
    return routes


def operation_of(service: str, request: Request) -> tuple[str, dict[str, str]]:
    """The name of the operation, and the labels in its path.

    Raises:
        OutsideTheLab: No operation of the service looks like this.
    """
    given = set(request.query.split("&"))
    found = [
        (fixed, len(marks), name, match)
        for method, pattern, marks, fixed, name in _routes(service)
        if method == request.method and marks <= given and (match := pattern.fullmatch(request.path))
    ]
    if not found:
        raise OutsideTheLab(
            f"{request.method} {request.url} is not played by this lab: no operation of {service} is like it."
        )
    _, _, name, match = max(found, key=lambda each: each[:2])
    return name, {label: unquote(text) for label, text in match.groupdict().items()}


def read(shape: Any, request: Request, labels: dict[str, str]) -> dict[str, Any]:
    """The members of the input, each from its place, with the types of AWS's model.

    Raises:
        AwsError: ``SerializationException``: a value of another type than the model's.
    """
    if shape is None:
        return {}
    payload, query = shape.serialization.get("payload"), parse_qs(request.query, keep_blank_values=True)
    body = {} if payload else json_inputs.read_object(request.body)
    found: dict[str, Any] = {payload: request.body} if payload else {}
    for name, member in shape.members.items():
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri":
            found[name] = labels[wire]
        elif where == "querystring" and wire in query:
            found[name] = query[wire] if member.type_name == "list" else _typed(member, query[wire][-1])
        elif where == "header" and wire in request.headers:
            found[name] = _typed(member, request.headers[wire])
        elif where is None and name != payload and body.get(wire) is not None:
            found[name] = json_inputs.of_type(member, named(member, body[wire]))
    return found


def named(shape: Any, value: Any) -> Any:
    """``value``, of a body, with the model's names in place of those on the wire."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        return {
            members[wire]: named(shape.members[members[wire]], inner)
            for wire, inner in value.items()
            if wire in members
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [named(shape.member, inner) for inner in value]
    return value


def _typed(shape: Any, text: str) -> Any:
    """The value of a member in address or header, where everything is text."""
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise AwsError("SerializationException", "STRING_VALUE can not be converted to an Integer")
        return int(text)
    return text == "true" if shape.type_name == "boolean" else text
