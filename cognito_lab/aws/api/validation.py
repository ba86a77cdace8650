"""Inputs checked against AWS's own model: required members, lengths, ranges, patterns, enumerations.

boto3 checks types and required members before it sends; everything else is checked by the service,
which answers with "1 validation error detected". The rules are read from botocore's service model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from cognito_lab.errors import AwsError

# Java's Unicode categories have no counterpart in Python's re. Inside a character class, these ranges
# stand for them: everything visible, and the spaces.
VISIBLE = r"!-~\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff"
JAVA_CLASSES = {
    r"\p{L}\p{M}\p{S}\p{N}\p{P}": VISIBLE,
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u3000",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"[\S]+.*[\S]+": r"\S.*\S",  # the same, in linear time
}
# Where AWS's model is narrower than AWS: a custom domain has dots ("Using your own domain"), a password may
# have spaces inside ("Adding user pool password requirements"; the pattern is the one that errors quote).
WIDER = {
    "DomainType": r"[a-z0-9](?:[a-z0-9.\-]{0,61}[a-z0-9])?",
    "PasswordType": r"^[\S]+.*[\S]+$",
}
NEVER_SHOWN = {
    "password",
    "proposedPassword",
    "previousPassword",
    "temporaryPassword",
    "accessToken",
    "session",
}


def check_input(shape: Any, value: Any, code: str = "InvalidParameterException") -> None:
    """Check ``value`` against a botocore input ``shape``.

    Raises:
        AwsError: With ``code``, in which ``{member}`` is the first member that breaks a rule, and a text that
            names every breach, as AWS's validation does.
    """
    found = list(_breaches(shape, value, ""))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        member = found[0].rpartition("at '")[2].partition("'")[0].partition(".")[0]
        code = code.format(member=member[:1].upper() + member[1:])
        raise AwsError(code, f"{len(found)} validation {errors} detected: {'; '.join(found)}")


def _breaches(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield _breach(path, value, "Member must be a structure")
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield _breach(_join(path, name), None, "Member must not be null")
        for name, member in value.items():
            if name in shape.members and member is not None:
                yield from _breaches(shape.members[name], member, _join(path, name))
    elif shape.type_name == "list":
        if isinstance(value, list):
            yield from _size(shape, len(value), path, value, "length")
            for number, member in enumerate(value, 1):
                where = f"{path}.{number}.member"
                if member is None:
                    yield _breach(where, None, "Member must not be null")
                else:
                    yield from _breaches(shape.member, member, where)
        else:
            yield _breach(path, value, "Member must be a list")
    elif shape.type_name == "map":
        if isinstance(value, dict):
            yield from _size(shape, len(value), path, value, "length")
            for key, member in value.items():
                yield from _breaches(shape.key, key, path)
                yield from _breaches(shape.value, member, f"{path}.{key}.member")
        else:
            yield _breach(path, value, "Member must be a map")
    elif shape.type_name == "string":
        yield from _string(shape, value, path)
    elif shape.type_name in ("integer", "long"):
        if isinstance(value, int):
            yield from _size(shape, value, path, value, "value")
        else:
            yield _breach(path, value, "Member must be a number")


def _string(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _breach(path, value, "Member must be a string")
        return
    yield from _size(shape, len(value), path, value, "length")
    if shape.enum and value not in shape.enum:
        yield _breach(path, value, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = WIDER.get(shape.name) or shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _breach(path, value, f"Member must satisfy regular expression pattern: {pattern}")


def _size(shape: Any, size: int, path: str, value: Any, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _breach(path, value, f"Member must have {what} greater than or equal to {low}")
    if high is not None and size > high:
        yield _breach(path, value, f"Member must have {what} less than or equal to {high}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _join(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _breach(path: str, value: Any, rule: str) -> str:
    last = path.rsplit(".", 1)[-1]
    shown = "" if last in NEVER_SHOWN else f" '{'null' if value is None else value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {rule}"
