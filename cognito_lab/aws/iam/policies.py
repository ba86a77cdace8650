"""IAM policies: what the statements say about a question, and the one that decided.

Read from top to bottom: how a statement is matched against a question (action, resource, principal), what one
kind of policy says, and how the kinds are combined. Conditions and variables have files of their own.

Sources: IAM User Guide, "Policy evaluation logic", "IAM JSON policy element reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cognito_lab.aws.iam import conditions, policy_variables, questions
from cognito_lab.aws.iam.conditions import ConditionResult
from cognito_lab.aws.iam.questions import AccessQuestion, Document, Statement

IDENTITY, SESSION, RESOURCE, TRUST = "identity-based", "session", "resource-based", "trust"


@dataclass(frozen=True)
class Policy:
    """A document and where it stands. ``kind`` is one of AWS's words: identity-based, session, …"""

    kind: str
    name: str
    document: Document


@dataclass(frozen=True)
class StatementMatch:
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
    conditions: tuple[ConditionResult, ...] = ()

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
    matches: tuple[StatementMatch, ...] = ()

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


def match_statement(
    policy: Policy, number: int, statement: Statement, question: AccessQuestion
) -> StatementMatch:
    """Compare every element of ``statement``, the ``number``-th of its policy."""
    variables = policy.document.get("Version") == "2012-10-17"  # whether ``${…}`` means anything
    named = questions.as_list(statement.get("Resource", statement.get("NotResource")))
    return StatementMatch(
        policy,
        number,
        statement,
        action_matches(statement, question.action),
        resource_matches(statement, question, variables),
        principal_matches(statement, question.principal),
        tuple(policy_variables.filled(text, question, variables) for text in named),
        tuple(conditions.tested_conditions(statement, question, variables)),
    )


def action_matches(statement: Statement, action: str) -> bool:
    """``Action`` or ``NotAction``: wildcards, upper and lower case alike."""
    element = "Action" if "Action" in statement else "NotAction"
    found = any(
        policy_variables.wildcard_pattern(text.lower()).fullmatch(action.lower())
        for text in questions.as_list(statement.get(element))
    )
    return found == (element == "Action")


def resource_matches(statement: Statement, question: AccessQuestion, variables: bool) -> bool:
    """``Resource`` or ``NotResource``: ARNs with wildcards and variables. A trust policy has neither."""
    element = next((name for name in ("Resource", "NotResource") if name in statement), None)
    if element is None:
        return True
    patterns = [
        policy_variables.resolve(text, question, variables, arn=True)
        for text in questions.as_list(statement[element])
    ]
    if element == "NotResource":
        # A variable without a value makes the statement say nothing.
        return None not in patterns and not any(p.fullmatch(question.resource) for p in patterns if p)
    return any(pattern.fullmatch(question.resource) for pattern in patterns if pattern)


def principal_matches(statement: Statement, principal: Mapping[str, str | Sequence[str]]) -> bool:
    """``Principal`` or ``NotPrincipal``; an identity-based policy has neither, and is about its owner.

    A Deny with ``NotPrincipal`` spares a session only where it names the session, its role and the account:
    AWS asks about each in turn (IAM, "AWS JSON policy elements: NotPrincipal"). From an Allow with
    ``NotPrincipal`` any one of the names takes out.
    """
    if "NotPrincipal" not in statement:
        return "Principal" not in statement or bool(named_by(statement["Principal"], principal))
    mine = [(kind, name) for kind, names in principal.items() for name in questions.as_list(names)]
    spared = [bool(named_by(statement["NotPrincipal"], {kind: name})) for kind, name in mine or [("AWS", [])]]
    return not (all(spared) if statement["Effect"] == "Deny" else any(spared))


def named_by(element: Any, principal: Mapping[str, str | Sequence[str]]) -> str:
    """The closest of the asker's names that a ``Principal`` element holds, ``"*"``, or ``""`` for none.

    No wildcards inside a name: ``"*"`` alone means everybody (IAM, "AWS JSON policy elements: Principal").
    An account is named by its number or by the ARN of its root.
    """
    named = {"AWS": "*"} if element == "*" else element if isinstance(element, dict) else {}
    for kind, names in named.items():
        names = [
            f"arn:aws:iam::{name}:root" if re.fullmatch(r"\d{12}", name) else name
            for name in questions.as_list(names)
        ]
        for mine in [*questions.as_list(principal.get(kind)), *(["*"] if kind == "AWS" else [])]:
            if mine in names:
                return str(mine)
    return ""


# -- one kind of policy, then all kinds ------------------------------------------------------------


def evaluate(kind: str, policies: Iterable[Policy], question: AccessQuestion) -> Verdict:
    """What the policies of one kind say together: an explicit Deny, else an Allow, else nothing."""
    looks = tuple(
        match_statement(policy, number, statement, question)
        for policy in policies
        for number, statement in enumerate(questions.as_list(policy.document.get("Statement")), 1)
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
    return allow or Verdict(False, False, kind, question.action, matches=looks)


def _closeness(verdict: Verdict, question: AccessQuestion) -> int:
    """Its place among the asker's names, then everybody, and last the account, whose own policies decide."""
    names = questions.as_list(question.principal.get("AWS"))
    order = [*(name for name in names if not name.endswith(":root")), "*"]
    return order.index(verdict.named) if verdict.named in order else len(order)


def evaluate_trust(
    document: Document, action: str, principal: Mapping[str, Any], context: Mapping[str, Any]
) -> Verdict:
    """Whether a role's trust policy lets ``principal`` take the role.

    ``principal`` is ``{"Federated": "cognito-identity.amazonaws.com"}`` for a web identity and
    ``{"AWS": (ARN, …)}`` for ``sts:AssumeRole``; ``context`` holds the token's claims as condition keys.
    """
    return evaluate(
        TRUST, [Policy(TRUST, "trust policy", document)], AccessQuestion(action, "*", principal, context)
    )


def decide(
    question: AccessQuestion,
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
    return replace(verdict, matches=tuple(look for one in asked for look in one.matches))


def _together(
    question: AccessQuestion, by_identity: Verdict, by_resource: Verdict | None, by_session: Verdict | None
) -> Verdict:
    for verdict in (by_identity, by_resource, by_session):
        if verdict is not None and verdict.explicit and not verdict.allowed:
            return verdict
    granted = by_resource if by_resource and by_resource.allowed else None
    names = questions.as_list(question.principal.get("AWS"))
    if granted and (not names or granted.named == names[0]):
        return granted  # names the session or the user itself (or nobody is known): nothing else limits it
    if granted and granted.named.endswith(":root"):
        granted = None  # naming the account only hands the decision to the account's own policies
    verdict = granted or by_identity
    return by_session if verdict.allowed and by_session is not None and not by_session.allowed else verdict
