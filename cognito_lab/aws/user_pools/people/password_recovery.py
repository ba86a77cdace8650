"""A forgotten password: a code to a verified address, and a new password for it.

Source: "Password reset"; "Managing error responses" for hidden users.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import client_secrets, model, passwords, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import migration, verification_codes
from cognito_lab.aws.user_pools.sign_in import hidden_users, user_status
from cognito_lab.aws.user_pools.threat_protection import auth_events, leaked_passwords
from cognito_lab.aws.user_pools.triggers import sign_up_triggers
from cognito_lab.errors import invalid

# Without AccountRecoverySetting: the phone first, then e-mail.
LEGACY = [{"Name": "verified_phone_number", "Priority": 1}, {"Name": "verified_email", "Priority": 2}]


@operation("cognito-idp", "ForgotPassword")
def forgot_password(call: Call) -> dict[str, Any]:
    client = model.client_in(call)
    client_secrets.check_secret_hash(client, call["Username"], call.get("SecretHash"))
    name = call["Username"]
    user = client.pool.people.find(name) or migration.at_recovery(client, name)
    user = user or hidden_users.placeholder_for(client, name)
    if is_hidden(client, user):
        ways = ways_to_recover(client.pool)
        verification_codes.count_attempt(user.attempts, "recovery")
        sent = verification_codes.pretend_to_send(client, user, name, "recovery", ways)
        return {"CodeDeliveryDetails": sent}
    check_resettable(user)
    attribute = recovery_address(client.pool, user)
    verification_codes.count_attempt(user.attempts, "recovery")
    auth_events.record(client, user, "ForgotPassword").end("Pass")
    return {"CodeDeliveryDetails": verification_codes.send(client.pool, user, "recovery", attribute)}


def check_resettable(user: User) -> None:
    user_status.check_enabled(user)
    if user.status == "FORCE_CHANGE_PASSWORD" or user.is_federated:
        raise not_authorized("User password cannot be reset in the current state.")


def is_hidden(client: AppClient, user: User) -> bool:
    """Whether a client that hides users does not say that this one is disabled, or that no code can go there:
    else it would say that the name exists ("Managing user existence error responses")."""
    return client.hides_users and not (user.enabled and addresses(client.pool, user))


def recovery_address(pool: UserPool, user: User) -> str:
    """The attribute to which a reset code goes: verified, and by the pool's order of preference.

    Raises:
        AwsError: ``InvalidParameterException``: the user has no verified address. ``NotAuthorizedException``:
            only an administrator resets passwords in this pool.
    """
    for attribute in addresses(pool, user):
        return attribute
    raise invalid(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


def addresses(pool: UserPool, user: User) -> list[str]:
    ways = ways_to_recover(pool)
    return [way for way in ways if user.is_verified(way) and is_no_factor(pool, user, way)]


def ways_to_recover(pool: UserPool) -> list[str]:
    """The attributes to which the pool sends reset codes, the preferred one first.

    Raises:
        AwsError: ``NotAuthorizedException``: only an administrator resets passwords in this pool.
    """
    mechanisms = pool.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", LEGACY)
    names = [mechanism["Name"] for mechanism in sorted(mechanisms, key=lambda one: one["Priority"])]
    if "admin_only" in names:
        raise not_authorized("Contact administrator to reset password.")
    return [name.removeprefix("verified_") for name in names]


def is_no_factor(pool: UserPool, user: User, attribute: str) -> bool:
    """An address that is a second factor cannot also replace the first: one mailbox would be enough."""
    own = second_factors.of_user(pool, user)
    return attribute not in [second_factors.ATTRIBUTES.get(factor) for factor in own]


@operation("cognito-idp", "ConfirmForgotPassword")
def confirm_forgot_password(call: Call) -> dict[str, Any]:
    client = model.client_in(call)
    client_secrets.check_secret_hash(client, call["Username"], call.get("SecretHash"))
    user = client.pool.people.find(call["Username"])
    if user is None:
        user = hidden_users.placeholder_for(client, call["Username"])
    if not client.hides_users:
        user_status.check_enabled(user)
    verification_codes.count_attempt(user.attempts, "recovery")
    policy, password = client.pool.password_policy, call["Password"]
    passwords.check_policy(policy, password)  # first, so that a weak password does not cost the code
    verification_codes.check(user, "recovery", call["ConfirmationCode"])
    check_code_counts(user)
    passwords.check_history(policy, user.credential, password)
    user_status.check_confirmed(user)
    leaked_passwords.check_new_password(client, user, password)
    client.pool.set_password(user, password, "CONFIRMED")
    verification_codes.use_up(user, "recovery")
    sign_up_triggers.after(client.pool, user, client, "ConfirmForgotPassword")
    return {}


def check_code_counts(user: User) -> None:
    """Where users are hidden, every code of a disabled one is wrong."""
    if not user.enabled:
        raise verification_codes.mismatch()
