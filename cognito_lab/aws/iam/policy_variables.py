"""Wildcards and policy variables: the pattern that a text of a policy stands for.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache

from cognito_lab.aws.iam.questions import AccessQuestion

# A key holds no brace: "${" many times over is not read to the end each time.
VARIABLE = re.compile(r"\$\{([^{},]+)(?:,\s*'([^']*)')?\}")


def resolve(
    text: str, question: AccessQuestion, variables: bool, *, arn: bool = False, wildcards: bool = True
) -> re.Pattern[str] | None:
    """The pattern that ``text`` stands for, its variables replaced; ``None`` if one of them has no value.

    A value put in for a variable is taken literally, also where it holds ``*`` or ``?``.
    """
    pieces, place = [], 0
    for found in VARIABLE.finditer(text) if variables else ():
        value = value_of(found, question)
        if value is None:
            return None
        pieces += [text[place : found.start()], value]
        place = found.end()
    return wildcard_pattern(*pieces, text[place:], arn=arn, wildcards=wildcards)


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


@lru_cache(maxsize=4096)
def wildcard_pattern(*pieces: str, arn: bool = False, wildcards: bool = True) -> re.Pattern[str]:
    """``*`` and ``?`` are wildcards and everything else is literal, as is every second one of ``pieces``.

    In the first five parts of an ARN a ``*`` stays within its part.
    """
    colons = 0 if arn and sum(piece.count(":") for piece in pieces[::2]) >= 5 else 5
    parts = [[""]]  # of each part, the expressions between its stars
    for number, piece in enumerate(pieces):
        wild = wildcards and number % 2 == 0
        for token in re.split(r"([*?:])", piece):
            if token == "*" and wild:
                parts[-1].append("")
            elif token == "?" and wild:
                parts[-1][-1] += "[^:]" if colons < 5 else "."
            else:
                parts[-1][-1] += re.escape(token)
            if token == ":" and number % 2 == 0:
                colons += 1
                parts += [[""]] if colons <= 5 else []
    front = [between_stars(part, "[^:]") for part in parts[:-1]]
    return re.compile("".join([*front, between_stars(parts[-1], ".")]), re.DOTALL)


def between_stars(expressions: list[str], any_one: str) -> str:
    """The expression of one part: ``expressions`` with stars between, each for any number of ``any_one``.

    It takes time in proportion to a text's length, however many stars there are. What follows a star is taken
    where it comes first, and never looked for again further on (an atomic group): the next star reaches
    whatever lies between. Only the last star gives back what it took, since what follows it ends the part.
    """
    first, *middle = expressions
    last = f"{any_one}*{middle.pop()}" if middle else ""
    return first + "".join(f"(?>{any_one}*?{one})" for one in middle) + last
