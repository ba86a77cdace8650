"""Which AWS operations the lab carries out itself, which moto carries out, and which are refused.

The table stands in ``data/operations.toml``. An operation that is not in it is refused in one
line: a silent success of something that does nothing would teach a lie.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cognito_lab.errors import OutsideTheLab
from cognito_lab.network.messages import Response
from cognito_lab.paths import DATA


@dataclass
class Call:
    """One call of an AWS operation, as a room of the lab receives it.

    Attributes:
        service, operation: botocore's service name and AWS's operation name, ``"cognito-idp"`` and
            ``"SignUp"``.
        parameters: The operation's input, with AWS's member names, already checked against AWS's model.
        region, account: Where the call was sent, and the twelve-digit account id.
        principal: Who signed it: see :mod:`cognito_lab.aws.iam.principals`. ``None`` for an unsigned call.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    region: str
    account: str
    principal: Any = None

    def __getitem__(self, member: str) -> Any:
        return self.parameters[member]

    def get(self, member: str, default: Any = None) -> Any:
        """A member of the input, or ``default`` where it was left out."""
        value = self.parameters.get(member)
        return default if value is None else value


Handler = Callable[[Call], "dict[str, Any] | Response | None"]  # a whole answer: S3's forms are its own
# What is looked at before moto acts; it may answer what is to be done when moto has.
Check = Callable[[Call], Callable[[], None] | None]

HANDLERS: dict[tuple[str, str], Handler] = {}
CURRENT: ContextVar[Call | None] = ContextVar("call", default=None)  # that the lab carries out itself
CHECKS: dict[tuple[str, str], Check] = {}


def carry_out(call: Call) -> Any:
    """What the lab's own implementation of the operation answers."""
    token = CURRENT.set(call)
    try:
        return HANDLERS[call.service, call.operation](call)
    finally:
        CURRENT.reset(token)


def operation(service: str, name: str) -> Callable[[Handler], Handler]:
    """Make the decorated function the lab's own implementation of an AWS operation."""

    def register(handler: Handler) -> Handler:
        HANDLERS[service, name] = handler
        return handler

    return register


def check_before(service: str, name: str) -> Callable[[Check], Check]:
    """Run the decorated check before moto carries out the operation; it refuses by raising ``AwsError``."""

    def register(check: Check) -> Check:
        CHECKS[service, name] = check
        return check

    return register


@dataclass(frozen=True)
class Row:
    """How one service is carried: ``ours`` by the lab, ``moto`` by moto with the test that checked it."""

    ours: frozenset[str] = frozenset()
    moto: dict[str, str] = field(default_factory=dict)


@cache
def table() -> dict[str, Row]:
    """The table of operations by botocore service name."""
    with open(DATA / "operations.toml", "rb") as handle:
        rows = tomllib.load(handle)
    return {
        name: Row(frozenset(row.get("ours", [])), dict(row.get("moto", {}))) for name, row in rows.items()
    }


def implementation_of(service: str, name: str) -> str:
    """``"ours"`` or ``"moto"``.

    Raises:
        OutsideTheLab: The operation is not in the table.
    """
    row = table().get(service)
    if row is not None and name in row.ours:
        return "ours"
    if row is not None and name in row.moto:
        return "moto"
    raise OutsideTheLab(f"{service} {name} is not played by this lab (AWS has it): nothing was done.")
