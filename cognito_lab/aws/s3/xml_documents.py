"""The XML with which settings of a bucket are sent: what S3 takes, by AWS's model of the operation.

Source: Amazon S3 API Reference, "Error responses" (``MalformedXML``, ``MissingRequestBodyError``).
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from cognito_lab.errors import AwsError

INVALID = "The XML you provided was not well-formed or did not validate against our published schema"
SIMPLE = {"integer": r"-?[0-9]{1,9}", "long": r"-?[0-9]{1,18}", "boolean": "(?i:true|false)"}
OPTIONAL = "CreateBucketConfiguration"  # of all documents this one may be left out
# Of Regions S3 says itself which it does not have.
NOT_HERE = ("BucketLocationConstraint",)


def check(shape: Any, parameters: dict[str, Any]) -> None:
    """Refuse a body that is not the document of an input ``shape``; other operations send no document.

    Raises:
        AwsError: ``MissingRequestBodyError``, ``MalformedXML``.
    """
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is None or shape.members[payload].type_name != "structure":
        return
    octets = parameters.get(payload, b"")
    if not octets and payload == OPTIONAL:
        return
    if not octets:
        raise AwsError("MissingRequestBodyError", "Request Body is empty")
    root, document = parsed(octets), shape.members[payload]
    if root is None or local(root) != document.serialization.get("name", payload) or not fits(document, root):
        raise AwsError("MalformedXML", INVALID)
    if not len(root) and payload == OPTIONAL:  # it says nothing
        parameters[payload] = b""


def parsed(octets: bytes) -> Any:
    """The root element; ``None`` where there is none, or a declaration that could define entities."""
    try:
        text = octets.decode()
        return None if "<!" in text else ElementTree.fromstring(text.encode())
    except (ValueError, LookupError, ElementTree.ParseError):
        return None


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def fits(shape: Any, element: Any) -> bool:
    """Whether an element is what ``shape`` says, all the way down."""
    if shape.type_name == "list":  # with an element around its own
        name = shape.member.serialization.get("name", "member")
        return all(local(one) == name and fits(shape.member, one) for one in element)
    if shape.type_name == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        required = {shape.members[name].serialization.get("name", name) for name in shape.required_members}
        names = [local(one) for one in element]
        several = {name for name, member in members.items() if is_flat(member)}
        once = all(names.count(name) == 1 or name in several for name in names)
        blank = any(name in several and is_blank(one) for name, one in zip(names, element, strict=True))
        return (
            once
            and not blank
            and required <= set(names) <= members.keys()
            and all(
                fits(members[name].member if name in several else members[name], one)
                for name, one in zip(names, element, strict=True)
            )
        )
    text = (element.text or "").strip()
    allowed = shape.enum if shape.type_name == "string" and shape.name not in NOT_HERE else ()
    return (
        not len(element)
        and re.fullmatch(SIMPLE.get(shape.type_name, "(?s:.*)"), text) is not None
        and (not allowed or text in allowed)
    )


def is_blank(element: Any) -> bool:
    """Whether an element says nothing; one of a list stands for something."""
    return not len(element) and not (element.text or "").strip()


def is_flat(shape: Any) -> bool:
    """Whether the elements of a list stand side by side, without one around them."""
    return bool(shape.serialization.get("flattened"))
