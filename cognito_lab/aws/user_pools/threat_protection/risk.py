"""Adaptive authentication: how risky a sign-in is, and what the pool's configuration answers to that.

The table of answers is AWS's ("Working with adaptive authentication"). How AWS scores risk is not public: the
levels here are this account's own, and :func:`level_of` is all there is to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cognito_lab.aws.user_pools import second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.threat_protection import (
    auth_events,
    leaked_passwords,
    notifications,
    risk_configuration,
)
from cognito_lab.aws.user_pools.threat_protection.auth_events import AuthEvent
from cognito_lab.errors import AwsError

JOURNEY = 3600  # seconds that somebody needs at least from one network and device to another


class Judgement(NamedTuple):
    """What is decided of a sign-in: the event that it is, and whether it needs a second factor."""

    event: AuthEvent
    asks: bool


def level_of(event: AuthEvent, before: Sequence[AuthEvent]) -> str:
    """``"Low"`` from a new network or a new device, ``"Medium"`` from both, ``"High"`` if there was no time
    for the journey; else, and at the first sign-in, none.

    What is known is what the user's own sign-ins showed (:attr:`AuthEvent.is_trusted`). Not to tell an
    address, or a device, is new as well to who told one before.
    """
    own = [one for one in before if one.is_trusted]
    if not own:
        return ""
    here = event.context
    news = (here.network not in {one.context.network for one in own}) + (
        here.device not in {one.context.device for one in own}
    )
    too_fast = news == 2 and event.created - own[-1].created < JOURNEY
    return "High" if too_fast else ("", "Low", "Medium")[news]


def judge(
    client: AppClient, user: User, password: str | None = None, *, by_password: bool = True
) -> Judgement:
    """Judge a sign-in whose first factor was right, before anything else comes of it.

    ``password`` is what was sent; None where it was not (SRP). Who signs in without one counts as somebody
    who has no second factor, since none can be added.

    Raises:
        AwsError: ``NotAuthorizedException``: blocked. ``PasswordResetRequiredException``: a leaked password.
    """
    pool, leaked = client.pool, leaked_passwords.is_leaked(password)
    shown = {"Password": "Success"} if by_password else {}
    event = auth_events.record(client, user, "SignIn", leaked=leaked, challenges=shown)
    if risk_configuration.mode(pool) == risk_configuration.OFF:
        return Judgement(event, False)
    check_not_leaked(client, user, event)
    exceptions = risk_configuration.in_force(client, "RiskExceptionConfiguration")
    check_address_not_blocked(client, event, exceptions.get("BlockedIPRangeList", ()))
    if not risk_configuration.covers(exceptions.get("SkippedIPRangeList", ()), event.context.address):
        event.level = level_of(event, auth_events.of_user(pool, user)[:-1])
    return Judgement(event, answer(client, user, event, by_password))


def check_not_leaked(client: AppClient, user: User, event: AuthEvent) -> None:
    """Who signs in with a leaked password needs another one. An administrator's temporary one ends anyhow."""
    temporary = user.status == "FORCE_CHANGE_PASSWORD"
    if event.leaked and not temporary and leaked_passwords.blocks(client, "SIGN_IN"):
        event.decision, user.status = "Block", "RESET_REQUIRED"
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")


def check_address_not_blocked(client: AppClient, event: AuthEvent, ranges: Sequence[str]) -> None:
    """Blocked addresses are refused whatever the risk is."""
    listed = risk_configuration.covers(ranges, event.context.address)
    if listed and risk_configuration.is_enforced(client.pool):
        event.decision = "Block"
        raise not_authorized("Request not allowed due to security reasons.")


def answer(client: AppClient, user: User, event: AuthEvent, by_password: bool) -> bool:
    """Do what is configured for the level of risk; whether a second factor is asked for.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    takeover = risk_configuration.in_force(client, "AccountTakeoverRiskConfiguration")
    action: dict[str, Any] = takeover.get("Actions", {}).get(f"{event.level}Action") or {}
    if not action or not risk_configuration.is_enforced(client.pool):
        return False
    has_factor = by_password and bool(second_factors.at_risk(client.pool, user))
    asks = action["EventAction"].startswith("MFA") and has_factor
    blocked = is_blocked(action["EventAction"], has_factor)
    event.decision = "Block" if blocked else "AccountTakeover"
    if action["Notify"]:
        kind = "BlockEmail" if blocked else "MfaEmail" if asks else "NoActionEmail"
        notifications.send(user, event, kind, takeover.get("NotifyConfiguration"))
    check_not_risky(event, blocked)
    return asks


def is_blocked(action: str, has_factor: bool) -> bool:
    """``MFA_REQUIRED`` blocks who has no second factor; ``MFA_IF_CONFIGURED`` does not."""
    return action == "BLOCK" or (action == "MFA_REQUIRED" and not has_factor)


def check_not_risky(event: AuthEvent, blocked: bool) -> None:
    if blocked:
        raise not_authorized("Unable to login because of security reasons.")
