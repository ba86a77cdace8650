"""Which second factors a user wants, and which one first: by the user, or by an administrator.

Source: SetUserMFAPreference and AdminSetUserMFAPreference in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.second_factors import APP, EMAIL, SMS
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.errors import OutsideTheLab, invalid

MEMBERS = {SMS: "SMSMfaSettings", APP: "SoftwareTokenMfaSettings", EMAIL: "EmailMfaSettings"}


@operation("cognito-idp", "SetUserMFAPreference")
def set_user_mfa_preference(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    prefer(who.pool, who.user, call)
    return {}


@operation("cognito-idp", "AdminSetUserMFAPreference")
def admin_set_user_mfa_preference(call: Call) -> dict[str, Any]:
    prefer(model.pool_in(call), model.user_in_admin_call(call), call)
    return {}


def prefer(pool: UserPool, user: User, call: Call) -> None:
    """Switch factors on and off; one that is not named stays as it is."""
    if "WebAuthnMfaSettings" in call.parameters:
        text = f"{call.operation} with WebAuthnMfaSettings is not played by this lab (AWS has it)."
        raise OutsideTheLab(text)
    given = {factor: call[member] for factor, member in MEMBERS.items() if member in call.parameters}
    check_one_preferred(given)
    for factor, wanted in given.items():
        if wanted.get("Enabled"):
            check_possible(pool, user, factor)
    for factor, wanted in given.items():
        if not wanted.get("Enabled"):
            second_factors.drop(user, factor)
        elif factor not in user.second_factors:
            user.second_factors.append(factor)
        if wanted.get("PreferredMfa"):
            user.preferred_factor = factor
        elif user.preferred_factor == factor:
            user.preferred_factor = ""


def check_one_preferred(given: Mapping[str, Mapping[str, bool]]) -> None:
    preferred = [wanted for wanted in given.values() if wanted.get("PreferredMfa")]
    if len(preferred) > 1 or not all(wanted.get("Enabled") for wanted in preferred):
        raise invalid("One MFA method can be preferred, and it must be enabled.")


def check_possible(pool: UserPool, user: User, factor: str) -> None:
    """The pool has the factor, and the user what it needs.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if factor == APP and not second_factors.can_use(user, factor):
        state = "verified" if user.pending_token else "set up"
        raise invalid(f"User has not {state} software token mfa")
    if factor not in second_factors.offered(pool) or not second_factors.can_use(user, factor):
        raise invalid(f"User does not have delivery config set to turn on {factor}")
