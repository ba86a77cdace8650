"""IAM policies: what a document says about a request, and the statement that decided.

Read from top to bottom: a question, how a statement is matched against it (action, resource,
principal, conditions), what one kind of policy says, and how the kinds are combined.

Sources: IAM User Guide, "Policy evaluation logic", "IAM JSON policy element reference",
"Policy variables", "Condition operators", "Set operators for multivalued context keys".
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from cognito_lab.errors import AwsError
from cognito_lab.paths import DATA

Document = dict[str, Any]
Statement = dict[str, Any]

IDENTITY, SESSION, RESOURCE, TRUST = "identity-based", "session", "resource-based", "trust"


@dataclass(frozen=True)
class Question:
    """May ``principal`` do ``action`` on ``resource``?

    Attributes:
        action, resource: ``"s3:GetObject"`` and an ARN; ``"*"`` where an action has no resource.
        principal: The names by which a ``Principal`` element may call the asker, by kind: ``{"AWS": (session
            ARN, role ARN)}``, ``{"Federated": "cognito-identity.amazonaws.com"}``; empty for someone unknown.
        context: Condition keys and their values; a list is a key of several values.
    """

    action: str
    resource: str = "*"
    principal: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> list[str] | None:
        """The values of a condition key, whose name is compared without regard to case."""
        found = next((value for name, value in self.context.items() if name.lower() == key.lower()), None)
        if found is None:
            return None
        return [_text(item) for item in found] if isinstance(found, (list, tuple, set)) else [_text(found)]


@dataclass(frozen=True)
class Policy:
    """A document and where it stands. ``kind`` is one of AWS's words: identity-based, session, …"""

    kind: str
    name: str
    document: Document


@dataclass(frozen=True)
class Tested:
    """One key of a statement's ``Condition``: what was ``wanted``, with variables replaced, and ``given``."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    given: tuple[str, ...] | None
    holds: bool


@dataclass(frozen=True)
class Look:
    """What came of comparing one statement with a question, element by element.

    ``number`` counts the statements of a policy from 1; ``resources`` are those that the statement names,
    with variables replaced.
    """

    policy: Policy
    number: int
    statement: Statement
    action: bool
    resource: bool
    principal: bool
    resources: tuple[str, ...] = ()
    conditions: tuple[Tested, ...] = ()

    @property
    def applies(self) -> bool:
        """Every element of the statement fits."""
        return self.action and self.resource and self.principal and all(one.holds for one in self.conditions)


@dataclass(frozen=True)
class Verdict:
    """The answer, and what decided it.

    Attributes:
        allowed, explicit: ``explicit`` is false when nothing spoke: the implicit deny.
        kind: The kind of policy that decided, or in which an Allow was missing.
        policy, statement: Name of the policy and the statement that decided; ``None`` for an implicit deny.
        named: How the ``Principal`` of the deciding statement named the asker: see :func:`named_by`.
        looks: Every statement that was looked at, in order; among them the one that decided.
    """

    allowed: bool
    explicit: bool
    kind: str
    action: str
    policy: str | None = None
    statement: Statement | None = None
    named: str = ""
    looks: tuple[Look, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def reason(self) -> str:
        """The reason in the words of AWS's messages (S3 User Guide, "Troubleshoot access denied (403)")."""
        article = "an" if self.kind[0] in "aeiou" else "a"
        if self.allowed:
            return f"because of an allow in {article} {self.kind} policy"
        if self.explicit:
            return f"with an explicit deny in {article} {self.kind} policy"
        return f"because no {self.kind} policy allows the {self.action} action"


# -- one statement ---------------------------------------------------------------------------------


def look(policy: Policy, number: int, statement: Statement, question: Question) -> Look:
    """Compare every element of ``statement``, the ``number``-th of its policy."""
    variables = policy.document.get("Version") == "2012-10-17"  # whether ``${…}`` means anything
    named = _list(statement.get("Resource", statement.get("NotResource")))
    return Look(
        policy,
        number,
        statement,
        action_matches(statement, question.action),
        resource_matches(statement, question, variables),
        principal_matches(statement, question.principal),
        tuple(filled(text, question, variables) for text in named),
        tuple(tested_conditions(statement, question, variables)),
    )


def action_matches(statement: Statement, action: str) -> bool:
    """``Action`` or ``NotAction``: wildcards, upper and lower case alike."""
    element = "Action" if "Action" in statement else "NotAction"
    found = any(_pattern(text.lower()).fullmatch(action.lower()) for text in _list(statement.get(element)))
    return found == (element == "Action")


def resource_matches(statement: Statement, question: Question, variables: bool) -> bool:
    """``Resource`` or ``NotResource``: ARNs with wildcards and variables. A trust policy has neither."""
    element = next((name for name in ("Resource", "NotResource") if name in statement), None)
    if element is None:
        return True
    patterns = [resolve(text, question, variables, arn=True) for text in _list(statement[element])]
    if element == "NotResource":
        # A variable without a value makes the statement say nothing.
        return None not in patterns and not any(p.fullmatch(question.resource) for p in patterns if p)
    return any(pattern.fullmatch(question.resource) for pattern in patterns if pattern)


def principal_matches(statement: Statement, principal: Mapping[str, str | Sequence[str]]) -> bool:
    """``Principal`` or ``NotPrincipal``; an identity-based policy has neither, and is about its owner."""
    if "NotPrincipal" in statement:
        return not named_by(statement["NotPrincipal"], principal)
    return "Principal" not in statement or bool(named_by(statement["Principal"], principal))


def named_by(element: Any, principal: Mapping[str, str | Sequence[str]]) -> str:
    """The closest of the asker's names that a ``Principal`` element holds, ``"*"``, or ``""`` for none.

    No wildcards inside a name: ``"*"`` alone means everybody (IAM, "AWS JSON policy elements: Principal").
    An account is named by its number or by the ARN of its root.
    """
    named = {"AWS": "*"} if element == "*" else element if isinstance(element, dict) else {}
    for kind, names in named.items():
        names = [
            f"arn:aws:iam::{name}:root" if re.fullmatch(r"\d{12}", name) else name for name in _list(names)
        ]
        for mine in [*_list(principal.get(kind)), *(["*"] if kind == "AWS" else [])]:
            if mine in names:
                return str(mine)
    return ""


# -- conditions ------------------------------------------------------------------------------------


def tested_conditions(statement: Statement, question: Question, variables: bool) -> Iterator[Tested]:
    """Every operator and key of ``Condition``: all must hold; the values of one key are alternatives."""
    for name, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            wanted, given = _list(values), question.value(key)
            holds = condition_holds(name, key, wanted, question, variables)
            shown = tuple(filled(_text(text), question, variables) for text in wanted)
            yield Tested(name, key, shown, None if given is None else tuple(given), holds)


def condition_holds(name: str, key: str, wanted: Sequence[Any], question: Question, variables: bool) -> bool:
    """One operator on one key.

    A key that the request does not have fits ``…IfExists``, ``ForAllValues:`` and the negated
    operators, nothing else.
    """
    quantifier, _, bare = name.rpartition(":")
    bare, optional = (bare[:-8], True) if bare.endswith("IfExists") else (bare, False)
    given = question.value(key)
    if bare == "Null":
        return (given is None) == (_text(wanted[0]).lower() == "true")
    test, negated = OPERATORS[bare]
    if not given:
        return optional or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    hits = [any(_holds(test, one, text, question, variables) for text in wanted) != negated for one in given]
    # Without a quantifier a key has one value; if it has more, one of them may fit, but none may be excluded.
    return all(hits) if quantifier == "ForAllValues" or (negated and not quantifier) else any(hits)


Test = Callable[[str, Any], bool]


def _holds(test: Test, given: str, wanted: Any, question: Question, variables: bool) -> bool:
    if test in (_like, _equal, _equal_any_case, _arn_like):
        wanted = resolve(
            _text(wanted), question, variables, arn=test is _arn_like, wildcards=test in (_like, _arn_like)
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
    return given.count(":") >= 5 and wanted.fullmatch(given) is not None


def _numbers(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda given, wanted: compare(float(given), float(wanted))


def _dates(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda given, wanted: compare(_moment(given), _moment(_text(wanted)))


def _same_truth(given: str, wanted: Any) -> bool:
    return given.lower() == _text(wanted).lower()


def _in_network(given: str, wanted: Any) -> bool:
    return ip_address(given) in ip_network(wanted, strict=False)


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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


# -- wildcards and variables -----------------------------------------------------------------------

VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")


def resolve(
    text: str, question: Question, variables: bool, *, arn: bool = False, wildcards: bool = True
) -> re.Pattern[str] | None:
    """The pattern that ``text`` stands for, its variables replaced; ``None`` if one of them has no value.

    A value put in for a variable is taken literally, also where it holds ``*`` or ``?``.
    """
    if not variables:
        return _pattern(text, arn, wildcards)
    literals: list[str] = []

    def put_in(found: re.Match[str]) -> str:
        value = variable(found, question)
        if value is None:
            raise LookupError(found[1])
        literals.append(value)
        return "\0"

    try:
        return _pattern(VARIABLE.sub(put_in, text), arn, wildcards, tuple(literals))
    except LookupError:
        return None


def variable(found: re.Match[str], question: Question) -> str | None:
    """The value of one ``${key}``, or of ``${key, 'default'}``."""
    key, default = found.groups()
    given = [key] if key in ("*", "?", "$") else question.value(key.strip())
    # A key of several values cannot be a variable.
    return given[0] if given and len(given) == 1 else default


def filled(text: str, question: Question, variables: bool) -> str:
    """``text`` as people read it, its variables replaced; one without a value stays as it is."""
    if not variables:
        return text
    return VARIABLE.sub(lambda one: one[0] if (value := variable(one, question)) is None else value, text)


@cache
def _pattern(
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


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- one kind of policy, then all kinds ------------------------------------------------------------


def evaluate(kind: str, policies: Iterable[Policy], question: Question) -> Verdict:
    """What the policies of one kind say together: an explicit Deny, else an Allow, else nothing."""
    looks = tuple(
        look(policy, number, statement, question)
        for policy in policies
        for number, statement in enumerate(_list(policy.document.get("Statement")), 1)
    )
    allow: Verdict | None = None
    for one in looks:
        if not one.applies:
            continue
        allowed = one.statement["Effect"] == "Allow"
        named = named_by(one.statement.get("Principal"), question.principal)
        verdict = Verdict(allowed, True, kind, question.action, one.policy.name, one.statement, named, looks)
        if not allowed:
            return verdict
        # Of several statements that allow, the one that names the asker most closely counts.
        if allow is None or _closeness(verdict, question) < _closeness(allow, question):
            allow = verdict
    return allow or Verdict(False, False, kind, question.action, looks=looks)


def _closeness(verdict: Verdict, question: Question) -> int:
    names = _list(question.principal.get("AWS"))
    return names.index(verdict.named) if verdict.named in names else len(names)


def evaluate_trust(
    document: Document, action: str, principal: Mapping[str, Any], context: Mapping[str, Any]
) -> Verdict:
    """Whether a role's trust policy lets ``principal`` take the role.

    ``principal`` is ``{"Federated": "cognito-identity.amazonaws.com"}`` for a web identity and
    ``{"AWS": (ARN, …)}`` for ``sts:AssumeRole``; ``context`` holds the token's claims as condition keys.
    """
    return evaluate(
        TRUST, [Policy(TRUST, "trust policy", document)], Question(action, "*", principal, context)
    )


def decide(
    question: Question,
    identity: Sequence[Policy],
    session: Sequence[Policy] = (),
    resource: Policy | None = None,
) -> Verdict:
    """The verdict within one account, in AWS's order (IAM, "Policy evaluation logic").

    ``session`` holds the session policies, which count together; empty means the session has none.
    ``resource`` is the policy of the bucket (or the trust policy of the role that is asked for).
    """
    about = replace(question, principal={})
    by_resource = evaluate(resource.kind, [resource], question) if resource else None
    by_identity = evaluate(IDENTITY, identity, about)
    by_session = evaluate(SESSION, session, about) if session else None
    verdict = _together(question, by_identity, by_resource, by_session)
    asked = [one for one in (by_identity, by_session, by_resource) if one is not None]
    return replace(verdict, looks=tuple(look for one in asked for look in one.looks))


def _together(
    question: Question, by_identity: Verdict, by_resource: Verdict | None, by_session: Verdict | None
) -> Verdict:
    for verdict in (by_identity, by_resource, by_session):
        if verdict is not None and verdict.explicit and not verdict.allowed:
            return verdict
    granted = by_resource if by_resource and by_resource.allowed else None
    names = _list(question.principal.get("AWS"))
    if granted and (not names or granted.named == names[0]):
        return granted  # names the session or the user itself (or nobody is known): nothing else limits it
    if granted and granted.named.endswith(":root"):
        granted = None  # naming the account only hands the decision to the account's own policies
    verdict = granted or by_identity
    return by_session if verdict.allowed and by_session is not None and not by_session.allowed else verdict


# -- a document, when it is saved -------------------------------------------------------------------

TOP_ELEMENTS = {"Version", "Id", "Statement"}
ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
# Kind of policy → which of the optional pairs of elements its statements must have, and must not have.
PAIRS: dict[str, tuple[set[str], set[str]]] = {
    IDENTITY: ({"Action", "Resource"}, {"Principal"}),
    SESSION: ({"Action", "Resource"}, {"Principal"}),
    RESOURCE: ({"Action", "Resource", "Principal"}, set()),
    TRUST: ({"Action", "Principal"}, {"Resource"}),
}


def validated(text: str, kind: str, code: str = "MalformedPolicyDocument") -> Document:
    """The document in ``text``, if IAM would take it as a policy of this kind.

    Raises:
        AwsError: ``MalformedPolicyDocument`` (S3 says ``MalformedPolicy``: pass ``code``), with the first
            problem.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise AwsError(code, "This policy contains invalid Json") from None
    problem = next(_problems(document, kind), None)
    if problem:
        raise AwsError(code, problem)
    found: Document = document
    return found


def _problems(document: Any, kind: str) -> Iterator[str]:
    if (
        not isinstance(document, dict)
        or document.keys() - TOP_ELEMENTS
        or not _list(document.get("Statement"))
    ):
        yield "Syntax errors in policy."
        return
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        yield "The policy must contain a valid version string"
    for statement in _list(document["Statement"]):
        if not isinstance(statement, dict) or statement.keys() - ELEMENTS:
            yield "Syntax errors in policy."
            return
        if statement.get("Effect") not in ("Allow", "Deny"):
            yield f"Invalid effect: {statement.get('Effect')}"
        required, prohibited = PAIRS[kind]
        for element in ("Action", "Resource", "Principal"):
            given = [name for name in (element, f"Not{element}") if name in statement]
            if element in prohibited and given:
                yield f"Has prohibited field {given[0]}"
            elif element in required and not (len(given) == 1 and _list(statement[given[0]])):
                yield f"Missing required field {element}" if not given else "Syntax errors in policy."
        yield from _details(statement)


def _details(statement: Statement) -> Iterator[str]:
    texts = {name: _list(statement.get(name)) for name in ("Action", "NotAction", "Resource", "NotResource")}
    if not all(isinstance(text, str) for several in texts.values() for text in several):
        yield "Syntax errors in policy."
        return
    for action in texts["Action"] + texts["NotAction"]:
        if action != "*" and not re.fullmatch(r"[\w-]+:[\w*?]+", action):
            yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    for resource in texts["Resource"] + texts["NotResource"]:
        if resource != "*" and not resource.startswith(("arn:", "${")):
            yield f'Resource {resource} must be in ARN format or "*".'
    for principal in (statement.get("Principal"), statement.get("NotPrincipal")):
        if principal not in (None, "*") and not isinstance(principal, dict):
            yield "Invalid principal in policy."
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        yield "Syntax errors in policy."
        return
    for name in conditions:
        if not CONDITION.fullmatch(name):
            yield f"Invalid Condition type : {name}"


CONDITION = re.compile(rf"Null|(ForAnyValue:|ForAllValues:)?({'|'.join(OPERATORS)})(IfExists)?")


@cache
def guest_session_policies() -> tuple[Document, ...]:
    """The two session policies that an identity pool puts on a guest's session (enhanced flow).

    Cognito Developer Guide, "IAM roles": an inline list of services and the managed
    ``AmazonCognitoUnAuthedIdentitiesSessionPolicy``. A guest can do what role and either of them allow.
    """
    return tuple(json.loads((DATA / "guest_session_policy.json").read_text())["policies"].values())
