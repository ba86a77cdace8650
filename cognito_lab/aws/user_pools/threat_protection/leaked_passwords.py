"""Compromised credentials: leaked passwords, noticed where the pool sees them, which it does not in SRP.

Source: "Working with compromised-credentials detection". AWS knows real leaks; this account has a short list.
"""

from __future__ import annotations

from functools import cache

from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.threat_protection import auth_events, risk_configuration
from cognito_lab.errors import AwsError
from cognito_lab.paths import DATA


@cache
def _list() -> frozenset[str]:
    lines = (DATA / "leaked_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def is_leaked(password: str | None) -> bool:
    """Whether the password is on the list. What was not sent (None) cannot be looked up."""
    return password in _list()


def blocks(client: AppClient, source: str) -> bool:
    """Whether a leaked password is refused at a ``source``: SIGN_IN, SIGN_UP or PASSWORD_CHANGE."""
    found = risk_configuration.in_force(client, "CompromisedCredentialsRiskConfiguration")
    return (
        risk_configuration.is_enforced(client.pool)
        and source in found.get("EventFilter", ())
        and found["Actions"]["EventAction"] == "BLOCK"
    )


def check_new_password(
    client: AppClient, user: User | None, password: str, source: str = "PASSWORD_CHANGE"
) -> None:
    """A password that somebody chooses is not a leaked one; the attempt of a ``user`` is written down.

    Raises:
        AwsError: ``InvalidPasswordException``.
    """
    leaked = is_leaked(password)
    refused = leaked and blocks(client, source)
    if user is not None:
        event = auth_events.record(client, user, "PasswordChange", leaked=leaked)
        event.end("Fail" if refused else "Pass", decision="Block" if refused else "NoRisk")
    if refused:
        raise AwsError("InvalidPasswordException", "Provided password cannot be used for security reasons.")
