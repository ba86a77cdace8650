"""Second factors: which ones a pool offers, and which ones its users have.

Source: "Adding MFA to a user pool".
"""

from __future__ import annotations

from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import UserPool

SMS, APP, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
ATTRIBUTES = {SMS: "phone_number", EMAIL: "email"}  # to which a code goes
CONFIGURATIONS = {  # members of SetUserPoolMfaConfig
    SMS: "SmsMfaConfiguration", APP: "SoftwareTokenMfaConfiguration", EMAIL: "EmailMfaConfiguration",
}  # fmt: skip


def offered(pool: UserPool) -> list[str]:
    """The factors that people of this pool can have."""
    if pool.settings["MfaConfiguration"] == "OFF":
        return []
    return [factor for factor, member in CONFIGURATIONS.items() if member in pool.mfa]


def is_required(pool: UserPool) -> bool:
    return bool(pool.settings["MfaConfiguration"] == "ON")


def can_use(user: User, factor: str) -> bool:
    """Whether the user has what the factor needs: an app that was proved, or an address, proved or not."""
    attribute = ATTRIBUTES.get(factor)
    return bool(user.attributes.get(attribute)) if attribute else user.software_token is not None


def usable(pool: UserPool, user: User) -> list[str]:
    """The factors that the user could show: those that the pool offers, and an app that is switched on since
    before the pool stopped offering apps ("TOTP software token MFA"). None where MFA is off."""
    known = offered(pool)
    kept = [APP] if known and APP in user.second_factors else []
    return [one for one in CONFIGURATIONS if one in (*known, *kept) and can_use(user, one)]


def of_user(pool: UserPool, user: User) -> list[str]:
    """The factors one of which a sign-in of ``user`` by password needs.

    In a pool that requires MFA, an address or an app counts without the user's choice (RespondToAuthChallenge
    says of MFA_SETUP: collect the attribute, and begin again).
    """
    possible = usable(pool, user)
    chosen = [factor for factor in possible if factor in user.second_factors]
    return possible if is_required(pool) and not chosen else chosen


def at_risk(pool: UserPool, user: User) -> list[str]:
    """The factors one of which a risky sign-in of ``user`` needs: those of every sign-in, or else all that
    the user could use, the app first."""
    return of_user(pool, user) or sorted(usable(pool, user), key=lambda one: one != APP)


def describe(user: User) -> dict[str, object]:
    """What GetUser and AdminGetUser say of them."""
    preferred = {"PreferredMfaSetting": user.preferred_factor} if user.preferred_factor else {}
    return preferred | ({"UserMFASettingList": list(user.second_factors)} if user.second_factors else {})


def drop(user: User, factor: str) -> None:
    """The user does not have this factor any more."""
    user.second_factors = [one for one in user.second_factors if one != factor]
    if user.preferred_factor == factor:
        user.preferred_factor = ""
