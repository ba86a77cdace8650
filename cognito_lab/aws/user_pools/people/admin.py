"""What an administrator does with people, signed by IAM.

Source: the Admin* operations and ListUsers in the API reference; "Creating user accounts as administrator".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import attributes, directory, model, outbox, passwords, second_factors
from cognito_lab.aws.user_pools.directory import Directory, User
from cognito_lab.aws.user_pools.errors import no_user
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.people import (
    password_recovery,
    profile,
    sign_up,
    verification_codes,
)
from cognito_lab.aws.user_pools.tokens import revoking
from cognito_lab.aws.user_pools.triggers import sign_up_triggers
from cognito_lab.errors import AwsError, invalid

MEDIUMS = {medium: attribute for attribute, medium in outbox.MEDIUM.items()}
SEARCHABLE: dict[str, Callable[[User], str]] = {  # of ListUsers: name in the filter, value of a user
    "username": lambda user: user.username,
    "sub": lambda user: user.sub,
    "cognito:user_status": lambda user: user.status,
    "status": lambda user: "Enabled" if user.enabled else "Disabled",
    **{
        name: lambda user, name=name: user.attributes.get(name, "")  # type: ignore[misc]
        for name in ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
    },
}


@operation("cognito-idp", "AdminCreateUser")
def admin_create_user(call: Call) -> dict[str, Any]:
    pool, password = model.pool_in(call), call.get("TemporaryPassword") or None
    values = attributes.as_mapping(call.get("UserAttributes", []))
    attributes.check_values(pool.schema, values)
    for name, proof in attributes.VERIFIED.items():
        if values.get(proof) == "true" and not values.get(name):
            raise invalid(f"{name} is required to set {proof}")
    if password is not None:
        passwords.check_policy(pool.password_policy, password, "password policy")
    if call.get("MessageAction") == "RESEND":
        return {"User": invite_again(call, pool, password).describe()}
    username, values = sign_up.name_user(pool, call["Username"], values)
    check_mediums(call, values)
    sign_up_triggers.before(pool, "AdminCreateUser", username, values)  # which may refuse, and no more
    directory.check_username_free(pool.people, username, values, "User account already exists")
    take_aliases(pool, values, call.get("ForceAliasCreation", False))
    passwordless = password is None and pool.is_passwordless
    # What is missing comes with the new password ("Creating user accounts as administrator").
    attributes.check_required(pool.schema, values, but_mutable=not passwordless)
    if not passwordless:
        password = password or passwords.temporary(pool.password_policy)
    status = (
        "CONFIRMED" if passwordless else "FORCE_CHANGE_PASSWORD"
    )  # nothing to change at the first sign-in
    user = sign_up.add_user(pool, username, values, status, password, call["Username"])
    if call.get("MessageAction") != "SUPPRESS":
        invite(call, pool, user, password)
    return {"User": user.describe()}


def check_mediums(call: Call, values: dict[str, str]) -> None:
    """A medium that was asked for by name needs an address."""
    for medium in call.get("DesiredDeliveryMediums", []):
        if not values.get(MEDIUMS[medium]):
            raise invalid(f"{MEDIUMS[medium]} is required to deliver the invitation by {medium}")


def take_aliases(pool: UserPool, values: dict[str, str], force: bool) -> None:
    """Addresses that the administrator says are verified become aliases at once."""
    newcomer = User("", "", dict(values), "FORCE_CHANGE_PASSWORD")
    names = pool.people.names(values, confirmed=True)
    try:
        pool.people.check_free(newcomer, names, but_aliases=force)
    except AwsError as error:  # AdminCreateUser does not declare AliasExistsException
        raise AwsError("UsernameExistsException", error.message) from None
    if force:
        pool.people.take_aliases(newcomer, names)


def invite(call: Call, pool: UserPool, user: User, password: str | None) -> None:
    """Send the temporary password, if any. By SMS, unless ``DesiredDeliveryMediums`` says otherwise."""
    kind = "invitation" if password else "invitation without password"
    for medium in call.get("DesiredDeliveryMediums", ["SMS"]):
        to = user.attributes.get(MEDIUMS[medium])
        if to:
            outbox.send(pool, kind, to, MEDIUMS[medium], password or "", user.sign_in_name)


def invite_again(call: Call, pool: UserPool, password: str | None) -> User:
    """``MessageAction=RESEND``: a new temporary password, and its days begin again."""
    user = pool.people.find(call["Username"])
    if user is None:
        raise no_user()
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise AwsError("UnsupportedUserStateException", f"Resend not possible. User status is {user.status}")
    check_mediums(call, user.attributes)
    password = password or passwords.temporary(pool.password_policy)
    pool.set_password(user, password, user.status)
    invite(call, pool, user, password)
    return user


@operation("cognito-idp", "AdminGetUser")
def admin_get_user(call: Call) -> dict[str, Any]:
    user = model.user_in_admin_call(call)
    return {**user.describe("UserAttributes"), **second_factors.describe(user)}


@operation("cognito-idp", "AdminDeleteUser")
def admin_delete_user(call: Call) -> None:
    profile.remove(model.pool_in(call), model.user_in_admin_call(call))


@operation("cognito-idp", "AdminConfirmSignUp")
def admin_confirm_sign_up(call: Call) -> dict[str, Any]:
    """Confirmed is not verified: no address is proved by this."""
    user = model.user_in_admin_call(call)
    sign_up.check_unconfirmed(user)
    sign_up.confirm(model.pool_in(call), user, {})
    sign_up_triggers.after(model.pool_in(call), user)
    return {}


@operation("cognito-idp", "AdminSetUserPassword")
def admin_set_user_password(call: Call) -> dict[str, Any]:
    pool, user, password = model.pool_in(call), model.user_in_admin_call(call), call["Password"]
    passwords.check_policy(pool.password_policy, password)
    passwords.check_history(pool.password_policy, user.credential, password)
    pool.set_password(user, password, "CONFIRMED" if call.get("Permanent") else "FORCE_CHANGE_PASSWORD")
    pool.people.change(user, {})  # a user who was UNCONFIRMED can be found by aliases now
    return {}


@operation("cognito-idp", "AdminResetUserPassword")
def admin_reset_user_password(call: Call) -> dict[str, Any]:
    pool, user = model.pool_in(call), model.user_in_admin_call(call)
    password_recovery.check_resettable(user)
    attribute = password_recovery.recovery_address(pool, user)
    user.status = "RESET_REQUIRED"
    verification_codes.send(pool, user, "recovery", attribute)
    return {}


@operation("cognito-idp", "AdminEnableUser")
def admin_enable_user(call: Call) -> dict[str, Any]:
    model.user_in_admin_call(call).enabled = True
    return {}


@operation("cognito-idp", "AdminDisableUser")
def admin_disable_user(call: Call) -> dict[str, Any]:
    """Also ends every login; they stay ended when the user is enabled again."""
    user = model.user_in_admin_call(call)
    user.enabled = False
    revoking.revoke_all(model.pool_in(call), user)
    return {}


@operation("cognito-idp", "AdminUserGlobalSignOut")
def admin_user_global_sign_out(call: Call) -> dict[str, Any]:
    revoking.revoke_all(model.pool_in(call), model.user_in_admin_call(call))
    return {}


@operation("cognito-idp", "AdminUpdateUserAttributes")
def admin_update_user_attributes(call: Call) -> dict[str, Any]:
    """An administrator may also say that an address is verified."""
    pool, user = model.pool_in(call), model.user_in_admin_call(call)
    changes = attributes.as_mapping(call["UserAttributes"])
    attributes.check_values(pool.schema, changes)
    profile.change_attributes(pool, user, changes, move_aliases=True)
    return {}


@operation("cognito-idp", "AdminDeleteUserAttributes")
def admin_delete_user_attributes(call: Call) -> dict[str, Any]:
    pool, user = model.pool_in(call), model.user_in_admin_call(call)
    changes = dict.fromkeys(call["UserAttributeNames"], "")
    attributes.check_values(pool.schema, changes)
    profile.change_attributes(pool, user, changes)
    return {}


@operation("cognito-idp", "ListUsers")
def list_users(call: Call) -> dict[str, Any]:
    pool, only = model.pool_in(call), call.get("AttributesToGet")
    if not set(only or ()) <= set(pool.schema.attributes):
        raise invalid("One or more requested attributes do not exist.")
    wanted = search(call.get("Filter", ""))
    found, after = paginate(call, matching(pool.people, wanted), token="PaginationToken")
    return {"Users": [user.describe(only=only) for user in found], **after}


def search(text: str) -> tuple[str, str, str] | None:
    """What a ListUsers filter asks for: an attribute, ``=`` or ``^=`` (begins with), a value; None for all.

    Raises:
        AwsError: ``InvalidParameterException``: another form, or an attribute that cannot be searched (custom
            ones).
    """
    if not text.strip():
        return None
    found = re.fullmatch(r'\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', text)
    if not found:
        raise invalid("Error while parsing filter.")
    name, how, value = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
    if name not in SEARCHABLE:
        raise invalid(f"Invalid search attribute: {name}")
    if name == "cognito:user_status":  # the one search in which case does not matter
        value = value.upper()
    return name, how, value


def matching(people: Directory, wanted: tuple[str, str, str] | None) -> list[User]:
    """The users whom a filter asks for. One who is named by address, username or ``sub`` is looked up."""
    if wanted is None:
        return list(people)
    name, how, value = wanted
    get = SEARCHABLE[name]
    if how == "=":
        return [user for user in people.with_value(name, value) if get(user) == value]
    return [user for user in people if get(user).startswith(value)]
