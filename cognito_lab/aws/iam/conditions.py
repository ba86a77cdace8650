"""The `Condition` element: operators, set operators, and keys that a request has or has not.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for
multivalued context keys".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from cognito_lab.aws.iam import policy_variables, questions
from cognito_lab.aws.iam.questions import AccessQuestion, Statement


@dataclass(frozen=True)
class ConditionResult:
    """One key of a statement's ``Condition``: what was ``wanted``, with variables replaced, and ``given``."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    given: tuple[str, ...] | None
    holds: bool


def tested_conditions(
    statement: Statement, question: AccessQuestion, variables: bool
) -> Iterator[ConditionResult]:
    """Every operator and key of ``Condition``: all must hold; the values of one key are alternatives."""
    for name, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            wanted, given = questions.as_list(values), question.value(key)
            holds = condition_holds(name, key, wanted, question, variables)
            shown = tuple(
                policy_variables.filled(questions.as_text(text), question, variables) for text in wanted
            )
            yield ConditionResult(name, key, shown, None if given is None else tuple(given), holds)


def condition_holds(
    name: str, key: str, wanted: Sequence[Any], question: AccessQuestion, variables: bool
) -> bool:
    """One operator on one key.

    A key that the request does not have fits ``…IfExists``, ``ForAllValues:`` and the negated
    operators, nothing else.
    """
    quantifier, _, bare = name.rpartition(":")
    bare, optional = (bare[:-8], True) if bare.endswith("IfExists") else (bare, False)
    given = question.value(key)
    if bare == "Null":
        return any((not given) == (questions.as_text(text).lower() == "true") for text in wanted)
    test, negated = OPERATORS[bare]
    if not given:
        return optional or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    hits = [any(_holds(test, one, text, question, variables) for text in wanted) != negated for one in given]
    # Without a quantifier a key has one value; if it has more, one of them may fit, but none may be excluded.
    return all(hits) if quantifier == "ForAllValues" or (negated and not quantifier) else any(hits)


Test = Callable[[str, Any], bool]


def _holds(test: Test, given: str, wanted: Any, question: AccessQuestion, variables: bool) -> bool:
    if test in (_like, _equal, _equal_any_case, _arn_like):
        text = questions.as_text(wanted)
        if test is _arn_like and not has_six_parts(policy_variables.filled(text, question, variables)):
            return False
        wanted = policy_variables.resolve(
            text,
            question,
            variables,
            arn=test is _arn_like,
            wildcards=test in (_like, _arn_like),
        )
        if wanted is None:
            return False
    try:
        return test(given, wanted)
    except ValueError:  # not a number, not a date: does not match
        return False


def _like(given: str, wanted: re.Pattern[str]) -> bool:
    return wanted.fullmatch(given) is not None


def _equal(given: str, wanted: re.Pattern[str]) -> bool:
    return _like(given, wanted)  # its pattern was made without wildcards


def _equal_any_case(given: str, wanted: re.Pattern[str]) -> bool:
    return re.fullmatch(wanted.pattern, given, re.IGNORECASE | re.DOTALL) is not None


def _arn_like(given: str, wanted: re.Pattern[str]) -> bool:
    return has_six_parts(given) and wanted.fullmatch(given) is not None


def has_six_parts(arn: str) -> bool:
    """Each of the six parts of an ARN is compared with its own, so fewer never fit."""
    return arn.count(":") >= 5


def _numbers(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda given, wanted: compare(float(given), float(questions.as_text(wanted)))


def _dates(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda given, wanted: compare(_to_seconds(given), _to_seconds(questions.as_text(wanted)))


def _same_truth(given: str, wanted: Any) -> bool:
    return given.lower() == questions.as_text(wanted).lower()


def _in_network(given: str, wanted: Any) -> bool:
    return ip_address(given) in ip_network(questions.as_text(wanted), strict=False)


def _to_seconds(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


COMPARISONS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
# Operator → (test of one given against one wanted value, whether the result is turned round).
OPERATORS: dict[str, tuple[Test, bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_any_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn_like, False),  # the two ARN operators do the same
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (_same_truth, False),
    "BinaryEquals": (lambda given, wanted: given == wanted, False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    "NumericNotEquals": (_numbers(operator.eq), True),
    "DateNotEquals": (_dates(operator.eq), True),
    **{f"Numeric{name}": (_numbers(compare), False) for name, compare in COMPARISONS.items()},
    **{f"Date{name}": (_dates(compare), False) for name, compare in COMPARISONS.items()},
}
