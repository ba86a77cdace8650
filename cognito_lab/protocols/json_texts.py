"""JSON that somebody else wrote: read, or refused in one way, whatever is wrong with it (RFC 8259).

``json.loads`` has several ways: it raises another error for what is nested too deep, takes ``NaN``, which is
no JSON, and keeps the last of two members of one name, of which other programs keep the first.
"""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """What was sent is no JSON, or could be read in two ways; the text says why."""


def read(text: str | bytes) -> Any:
    """The value in ``text``; of two members of one name the last.

    Raises:
        NotJson: There is none, or it is nested deeper than Python follows.
    """
    return _read(text)


def read_once(text: str | bytes) -> Any:
    """As :func:`read`, but an object that has a name twice, or half of a surrogate pair, is refused as well.

    Raises:
        NotJson: (RFC 8259, 4 and 8.2.)
    """
    value = _read(text, object_pairs_hook=_members)
    if (b"\\ud" if isinstance(text, bytes) else "\\ud") in text.lower():  # type: ignore[operator]
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotJson("half of a surrogate pair") from None
    return value


def _read(text: str | bytes, **hooks: Any) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, **hooks)
    except RecursionError:
        raise NotJson("nested too deep") from None
    except ValueError as error:
        raise NotJson(str(error)) from None


def _no_number(name: str) -> Any:
    raise NotJson(f"{name} is no number")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) < len(pairs):
        raise NotJson("a member that is there twice")
    return members
