"""The query protocol of STS and IAM: an input read once, against AWS's model, and written anew for moto.

Source: Smithy, "AWS query protocol". AWS answers ``MalformedInput`` to a structure or list that is not where
the model has it, and to a member that is there twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode

from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request

INTEGERS = ("integer", "long")


def refuse(text: str) -> NoReturn:
    raise AwsError("MalformedInput", text)


def fields_of(request: Request) -> dict[str, str]:
    """The fields of a request: of its body or of its address, those of a signature left out.

    Raises:
        AwsError: ``MalformedInput``: a field is there twice, fields are in both places, or they are no text.
    """
    try:
        body, query = (
            parse_qsl(text, keep_blank_values=True, errors="strict")
            for text in (request.body.decode(), request.query)
        )
    except ValueError:
        refuse("The input is not text in UTF-8.")
    check_each_once([name for name, _ in (*body, *query)])
    query = [pair for pair in query if not pair[0].lower().startswith("x-amz-")]
    if body and query:
        refuse("The input stands in the body and in the address.")
    return dict(body or query)


def check_each_once(names: list[str]) -> None:
    """A field that is there twice could be read in two ways."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        refuse(f"Given more than once: {', '.join(twice)}")


def parsed(shape: Any, fields: Mapping[str, str], path: str = "") -> Any:
    """The value of ``shape`` that ``fields`` give, each named by its way from there; ``""`` is the value.

    Raises:
        AwsError: ``MalformedInput``: the model has no such member, or none of this form.
    """
    if shape is None:  # an operation without input
        return _by_head(fields, {}, path)
    if shape.type_name == "structure":
        members = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        return {
            members[head]: parsed(shape.members[members[head]], below, f"{path}.{head}".lstrip("."))
            for head, below in _by_head(fields, members, path).items()
        }
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return [
            parsed(shape.member, below, f"{path}.{number}")
            for number, below in _by_number(fields, name, path)
        ]
    if shape.type_name == "map":
        entries = [_entry(shape, below, f"{path}.{n}") for n, below in _by_number(fields, "entry", path)]
        check_each_once([key for key, _ in entries])
        return dict(entries)
    if set(fields) != {""}:
        refuse(f"Start of list, structure or map found where not expected: {path}")
    return _scalar(shape, fields[""], path)


def _entry(shape: Any, fields: Mapping[str, str], path: str) -> tuple[str, Any]:
    names = {
        shape.key.serialization.get("name", "key"): "",
        shape.value.serialization.get("name", "value"): "",
    }
    both = _by_head(fields, names, path)
    if len(both) < len(names):
        refuse(f"An entry has a key and a value: {path}")
    key, value = (both[name] for name in names)
    return parsed(shape.key, key, path), parsed(shape.value, value, path)


def _by_head(fields: Mapping[str, str], members: Mapping[str, str], path: str) -> dict[str, dict[str, str]]:
    grouped: dict[str, dict[str, str]] = {}
    for name, text in fields.items():
        head, dot, rest = name.partition(".")
        if head not in members or bool(dot) != bool(rest):
            refuse(f"The operation has no member {path}.{name}".replace(" .", " "))
        grouped.setdefault(head, {})[rest] = text
    return grouped


def _by_number(fields: Mapping[str, str], name: str, path: str) -> list[tuple[int, dict[str, str]]]:
    if fields == {"": ""}:  # an empty list
        return []
    grouped: dict[int, dict[str, str]] = {}
    for key, text in fields.items():
        found = re.fullmatch(rf"{name}\.([1-9][0-9]{{0,5}})(?:\.(.+))?", key, re.DOTALL)
        if found is None:
            refuse(f"Not a member of a list: {path}.{key}")
        grouped.setdefault(int(found[1]), {})[found[2] or ""] = text
    return sorted(grouped.items())


def _scalar(shape: Any, text: str, path: str) -> Any:
    if shape.type_name in INTEGERS:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            refuse(f"Not a whole number: {path}")
        return int(text)
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            refuse(f"Neither true nor false: {path}")
        return text == "true"
    return text


def built(request: Request, model: Any, parameters: dict[str, Any]) -> Request:
    """The request for moto: it has the host of the caller's, and the admitted ``parameters`` alone."""
    made = _serializer().serialize_to_request(parameters, model)
    body = urlencode(made["body"]).encode()
    return Request("POST", f"https://{request.host}/", Headers(made["headers"]), body)


@cache
def _serializer() -> Any:
    from botocore.serialize import create_serializer

    return create_serializer("query", include_validation=False)
