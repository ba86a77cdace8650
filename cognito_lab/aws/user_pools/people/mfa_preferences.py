"""Which second factors a user wants, and which one first; and what a user can sign in with. By the user, or
by an administrator.

Source: SetUserMFAPreference, GetUserAuthFactors and their Admin* forms in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model, relying_party, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.second_factors import APP, EMAIL, SMS
from cognito_lab.aws.user_pools.sign_in import user_auth
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.errors import invalid

AUTH_FACTORS = {SMS: "SMS_OTP", EMAIL: "EMAIL_OTP"}  # second factors, as GetUserAuthFactors names them
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


@operation("cognito-idp", "GetUserAuthFactors")
def get_user_auth_factors(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    return describe_auth_factors(who.pool, who.user)


@operation("cognito-idp", "AdminGetUserAuthFactors")
def admin_get_user_auth_factors(call: Call) -> dict[str, Any]:
    return describe_auth_factors(model.pool_in(call), model.user_in_admin_call(call))


def describe_auth_factors(pool: UserPool, user: User) -> dict[str, Any]:
    """What the user can show: first factors, then second ones; an app that was set up counts, chosen or not
    (measured)."""
    found = [user_auth.FIRST_FACTORS[name].policy for name in user_auth.available(pool, user)]
    found += [AUTH_FACTORS[factor] for factor in second_factors.of_user(pool, user) if factor in AUTH_FACTORS]
    found += ["SOFTWARE_TOKEN"] if user.software_token else []
    shown = second_factors.describe(user)
    return {"Username": user.username, **shown, "ConfiguredUserAuthFactors": list(dict.fromkeys(found))}


def prefer(pool: UserPool, user: User, call: Call) -> None:
    """Switch factors on and off; one that is not named stays as it is."""
    given = {factor: call[member] for factor, member in MEMBERS.items() if member in call.parameters}
    check_one_preferred(given)
    for factor, wanted in given.items():
        if wanted.get("Enabled"):
            check_possible(pool, user, factor)
    with_passkey = call.get("WebAuthnMfaSettings", {"Enabled": user.passkey_mfa}).get("Enabled", False)
    if "WebAuthnMfaSettings" in call.parameters and with_passkey:
        check_passkey_possible(pool, user, given)
    user.passkey_mfa = with_passkey
    for factor, wanted in given.items():
        if not wanted.get("Enabled"):
            second_factors.drop(user, factor)
        elif factor not in user.second_factors:
            user.second_factors.append(factor)
        if wanted.get("PreferredMfa"):
            user.preferred_factor = factor
        elif user.preferred_factor == factor:
            user.preferred_factor = ""


def check_passkey_possible(pool: UserPool, user: User, given: Mapping[str, Mapping[str, bool]]) -> None:
    """Passkeys count as two factors in this pool. The user needs another second factor, for a lost device.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if not relying_party.counts_as_two(pool):
        raise invalid("Passkeys are not configured as MFA in this user pool.")
    kept = [factor for factor in user.second_factors if factor not in given]
    if not kept and not any(wanted.get("Enabled") for wanted in given.values()):
        raise invalid("Another MFA method must be enabled together with passkeys.")


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
