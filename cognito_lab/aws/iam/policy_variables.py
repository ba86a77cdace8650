"""Wildcards and policy variables: the pattern that a text of a policy stands for.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache

from cognito_lab.aws.iam.questions import AccessQuestion

VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")


def resolve(
    text: str, question: AccessQuestion, variables: bool, *, arn: bool = False, wildcards: bool = True
) -> re.Pattern[str] | None:
    """The pattern that ``text`` stands for, its variables replaced; ``None`` if one of them has no value.

    A value put in for a variable is taken literally, also where it holds ``*`` or ``?``.
    """
    if not variables:
        return wildcard_pattern(text, arn, wildcards)
    literals: list[str] = []

    def put_in(found: re.Match[str]) -> str:
        value = value_of(found, question)
        if value is None:
            raise LookupError(found[1])
        literals.append(value)
        return "\0"

    try:
        return wildcard_pattern(VARIABLE.sub(put_in, text), arn, wildcards, tuple(literals))
    except LookupError:
        return None


def value_of(found: re.Match[str], question: AccessQuestion) -> str | None:
    """The value of one ``${key}``, or of ``${key, 'default'}``."""
    key, default = found.groups()
    given = [key] if key in ("*", "?", "$") else question.value(key.strip())
    # A key of several values cannot be a variable.
    return given[0] if given and len(given) == 1 else default


def filled(text: str, question: AccessQuestion, variables: bool) -> str:
    """``text`` as people read it, its variables replaced; one without a value stays as it is."""
    if not variables:
        return text
    return VARIABLE.sub(lambda one: one[0] if (value := value_of(one, question)) is None else value, text)


@lru_cache(2048)
def wildcard_pattern(
    text: str, arn: bool = False, wildcards: bool = True, literals: tuple[str, ...] = ()
) -> re.Pattern[str]:
    """``*`` and ``?`` are wildcards and everything else is literal; NUL marks where a literal value goes.

    In the first five parts of an ARN a ``*`` stays within its part.
    """
    values = iter(literals)
    colons = 0 if arn and text.count(":") >= 5 else 5
    made = []
    for character in text:
        colons += character == ":"
        inside = "[^:]" if colons < 5 else "."
        special = {"*": inside + "*", "?": inside} if wildcards else {}
        made.append(
            re.escape(next(values)) if character == "\0" else special.get(character, re.escape(character))
        )
    return re.compile("".join(made), re.DOTALL)
