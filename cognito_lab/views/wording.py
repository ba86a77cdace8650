"""How what AWS says is put for a reader: values found in an answer, and long names made short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

USER_POOL = re.compile(r"cognito-idp\.[\w.-]+\.amazonaws\.com/")
UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
JWT = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")
Leaf = tuple[str, str, Any]  # the name of the member it stands in, its own name, its value


class RefusedCall(Protocol):
    """A refusal that came, as far as a picture of it needs to know: its error code."""

    code: str


def leaves(value: Any, above: str = "", name: str = "") -> Iterator[Leaf]:
    """Every value of a document, with its name and the name of what it stands in."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, name, str(key))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from leaves(member, above, name)
    elif value is not None:
        yield above, name, value


def shortened(text: str) -> str:
    """``text`` without tokens; ids by their first eight characters, keys by their ends, ARNs by name."""
    text = UUID.sub(r"\1…", JWT.sub("(a token)", text))
    text = re.sub(r"\b(A[KS]IA)\w{12}(\w{4})\b", r"\1…\2", text)
    if re.fullmatch(r"arn:\S+", text):
        resource = text.rpartition(":")[2]
        text = resource.partition("/")[2] or resource
    return text
