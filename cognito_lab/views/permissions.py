"""Who may do what, and which statement decides: the verdict of the policies, with all that they looked at.

Nothing is worked out here. The verdict is the one to which every request of the lab is held
(:mod:`cognito_lab.aws.iam`); this module asks for it and puts it into words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cognito_lab.aws.api import dispatch, services
from cognito_lab.aws.iam import enforcement, principals, signatures
from cognito_lab.aws.iam.conditions import ConditionResult
from cognito_lab.aws.iam.policies import IDENTITY, SESSION, StatementMatch, Verdict
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.aws.s3 import access
from cognito_lab.network import account_lock
from cognito_lab.network.messages import Request
from cognito_lab.views.tables import Table
from cognito_lab.views.twin import Twin

# The parts of credentials, as an identity pool, STS and boto3 call them.
PARTS = (
    ("AccessKeyId", "aws_access_key_id"),
    ("SecretKey", "SecretAccessKey", "aws_secret_access_key"),
    ("SessionToken", "aws_session_token"),
)


class TablesView(Twin):
    """What is shown as tables. A subclass gives them in :meth:`tables`."""

    def tables(self) -> list[Table]:
        raise NotImplementedError

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.tables()))

    def html(self) -> str:
        """The tables as HTML."""
        return "\n".join(table._repr_html_() for table in self.tables())


@dataclass(frozen=True, repr=False)
class Permissions(TablesView):
    """Whether ``who`` may do ``action`` on ``resource``, why in ``words``, and the ``verdict`` behind it.

    ``verdict`` is ``None`` where no policy is asked: for the account's owner, and after a session's end.
    """

    who: str
    action: str
    resource: str
    allowed: bool
    words: str
    verdict: Verdict | None = None

    def tables(self) -> list[Table]:
        asked = {"who": self.who, "may do": self.action, "on": self.resource, "verdict": self.words}
        return [Table([asked]), *([matches_table(self.verdict)] if self.verdict is not None else [])]


@account_lock.LOCK
def permissions(
    who: Mapping[str, Any] | str | None, action: str, resource: str = "*", **context: Any
) -> Permissions:
    """What the policies say now to a request, which is not made.

    Args:
        who: Credentials as an identity pool, STS or IAM hands them out; the ARN of an IAM user, or of a role
            (then nothing is known of the person); ``None`` for somebody who does not sign.
        action, resource: An IAM action such as ``"s3:GetObject"``, and an ARN.
        context: Further condition keys: ``**{"s3:prefix": "mara/"}``.

    Raises:
        ValueError: Nobody has these credentials or this ARN, or not these policies alone decide on the
            action.
    """
    service, _, operation = action.partition(":")
    if not operation or "*" in action:
        raise ValueError(f"{action!r} is not one action, such as 's3:GetObject'.")
    public = service in services.API_HOSTS and dispatch.is_public(service, operation)
    if public or (service, operation) in enforcement.WITHOUT_IDENTITY_POLICY:
        raise ValueError(f"Other rules decide about {action}: make the call, and ask lab.why().")
    principal, over = _asker(who)
    name = principal.arn if principal else "somebody who does not sign"
    if over:
        return Permissions(name, action, resource, False, "denied: the session is over; no policy is asked")
    if enforcement.is_owner(principal):
        return Permissions(name, action, resource, True, "allowed: the account's owner may do everything")
    region = resource.split(":")[3] if resource.count(":") > 4 else ""
    host = ".".join(filter(None, (service, region, "amazonaws.com")))
    request = Request("GET", f"https://{host}/")
    if service == "s3":
        verdict = access.verdict_on(principal, action, resource, request, **context)
    else:
        keys = enforcement.context(request, principal, **context)
        verdict = enforcement.verdict_on(principal, action, resource, keys)
    return Permissions(name, action, resource, verdict.allowed, in_words(verdict), verdict)


def _asker(who: Mapping[str, Any] | str | None) -> tuple[Principal | None, bool]:
    """Whose credentials these are, and whether their time is over."""
    if who is None:
        return None, False
    if isinstance(who, str):
        if (found := principals.by_arn(who)) is None:
            raise ValueError(f"{who!r} is not the ARN of an IAM user or a role of this account.")
        return found, False
    given = [next((who[name] for name in names if who.get(name)), None) for names in PARTS]
    key = principals.key_by_id(str(given[0]))
    if key is None or [key.secret, key.session_token] != given[1:]:
        raise ValueError("Nobody in this account has these credentials: every request would be refused.")
    return key.principal, signatures.is_over(key)


# -- in words ---------------------------------------------------------------------------------------


def in_words(verdict: Verdict) -> str:
    """The verdict, and what decided."""
    if verdict.policy is None:
        if verdict.kind == SESSION:
            return "denied: no session policy allows it, whatever the role's own policies say"
        return "denied: no statement allows it, and what nobody allows is denied"
    one = next(one for one in verdict.matches if decided(verdict, one))
    where = f"statement {one.number} of the {_name(one)}"
    if not verdict.allowed:
        return f"denied: {where} denies it, and a Deny beats every Allow"
    limited = verdict.kind == IDENTITY and any(one.policy.kind == SESSION for one in verdict.matches)
    return f"allowed: {where} allows it{', within the session policy' if limited else ''}"


def decided(verdict: Verdict, one: StatementMatch) -> bool:
    """Whether this was the statement that decided."""
    return one.statement is verdict.statement and one.policy.name == verdict.policy


def matches_table(verdict: Verdict) -> Table:
    """Every statement that was looked at, whether each of its elements fits, and what came of it."""
    rows = [
        {
            "policy": _name(one),
            "statement": f"{one.number} {one.statement.get('Sid', '')}".strip(),
            "effect": one.statement["Effect"],
            "action": _fits(one.action, one.statement, "Action"),
            "resource": _fits(one.resource, one.statement, "Resource", one.resources),
            "principal": _fits(one.principal, one.statement, "Principal"),
            "condition": "; ".join(map(_condition, one.conditions)) or "none",
            "so it": "decides" if decided(verdict, one) else "applies" if one.applies else "does not apply",
        }
        for one in verdict.matches
    ]
    return Table(rows or [{"policy": "none"}], "The statements that were looked at")


def _name(one: StatementMatch) -> str:
    return f"{one.policy.kind} policy “{one.policy.name}”" if one.policy.kind == IDENTITY else one.policy.name


def _fits(fits: bool, statement: Mapping[str, Any], element: str, filled: Sequence[str] = ()) -> str:
    """Whether an element fits, and what it says; ``filled`` is that with variables replaced."""
    name = next((name for name in (element, f"Not{element}") if name in statement), None)
    if name is None:
        return "none"
    said = filled or statement[name]
    text = (
        json.dumps(said) if isinstance(said, dict) else said if isinstance(said, str) else " or ".join(said)
    )
    return f"{'fits' if fits else 'does not fit'}: {'not ' if name != element else ''}{text}"


def _condition(one: ConditionResult) -> str:
    given = "nothing" if one.given is None else " and ".join(one.given)
    holds = "holds" if one.holds else "does not hold"
    return f"{holds}: {one.operator} {one.key} wants {' or '.join(one.wanted)}, given {given}"
