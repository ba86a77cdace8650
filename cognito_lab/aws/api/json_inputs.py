"""The input of a JSON call as AWS's services read it: every member has the model's type, or is not there.

What the model does not know counts for nothing, and so does a member that is ``null``: browsers' SDKs send
``"DEVICE_KEY": null`` with every refresh. A value of another type ends the call before all other checks.

Source: Smithy, "AWS JSON 1.1 protocol". The texts are those of AWS's services, which no page lists.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request
from cognito_lab.protocols import json_texts

BITS = {"integer": 32, "long": 64}
NAMES = {"string": "a String", "blob": "a ByteBuffer", "boolean": "a Boolean", "timestamp": "a Date"}
NAMES |= {"integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double"}


def read(shape: Any, body: bytes) -> dict[str, Any]:
    """The input in ``body``, by the operation's input ``shape``; ``None`` where the operation has none.

    Raises:
        AwsError: ``SerializationException``: no JSON object, or a value of another type than the model's.
    """
    value = read_object(body)
    found: dict[str, Any] = {} if shape is None else of_type(shape, value)
    return found


def read_object(body: bytes) -> Any:
    """The JSON object in ``body``; an empty body counts as an empty one.

    Raises:
        AwsError: ``SerializationException``: it is no JSON object.
    """
    try:
        value = json_texts.read_once(body or b"{}")
    except json_texts.NotJson:
        value = None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object.")
    return value


def of_type(shape: Any, value: Any) -> Any:
    """``value`` as ``shape`` has it, without what is ``null`` or unknown.

    Raises:
        AwsError: ``SerializationException``.
    """
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):  # any JSON there is
        return value
    if kind == "structure" and isinstance(value, dict):
        known = {name: value[name] for name in shape.members if value.get(name) is not None}
        return {name: of_type(shape.members[name], inner) for name, inner in known.items()}
    if kind == "map" and isinstance(value, dict):
        return {name: of_type(shape.value, inner) for name, inner in value.items() if inner is not None}
    if kind == "list" and isinstance(value, list):
        return [None if inner is None else of_type(shape.member, inner) for inner in value]
    if not is_scalar(kind, value):
        raise AwsError("SerializationException", _mismatch(kind, value))
    return value


def is_scalar(kind: str, value: Any) -> bool:
    """Whether ``value`` is one of the simple types of AWS's models, within its size."""
    if kind in BITS:
        return type(value) is int and -(1 << BITS[kind] - 1) <= value < 1 << BITS[kind] - 1
    if kind in ("timestamp", "float", "double"):
        return type(value) in (int, float) and -(2**63) <= value < 2**63  # which no infinity is
    if kind == "blob":
        return isinstance(value, str) and _is_base64(value)
    return isinstance(value, {"string": str, "boolean": bool}.get(kind, ()))


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _mismatch(kind: str, value: Any) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if kind not in NAMES:
        return "Unexpected field type"
    token = (
        str(value).upper() if isinstance(value, bool) else "STRING" if isinstance(value, str) else "NUMBER"
    )
    return f"{token}_VALUE can not be converted to {NAMES[kind]}"


def built(request: Request, model: Any, parameters: dict[str, Any]) -> Request:
    """The request for moto: it has the host of the caller's, and the admitted ``parameters`` alone."""
    service = model.service_model.metadata
    fields = {
        "content-type": f"application/x-amz-json-{service['jsonVersion']}",
        "x-amz-target": f"{service['targetPrefix']}.{model.name}",
    }
    return Request("POST", f"https://{request.host}/", Headers(fields), json.dumps(parameters).encode())
