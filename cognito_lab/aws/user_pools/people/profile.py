"""What people do for themselves, with their access token.

Source: GetUser, UpdateUserAttributes and their neighbours in the API reference; "Verifying updates to email
addresses and phone numbers".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import attributes, passwords, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.people import groups, verification_codes
from cognito_lab.aws.user_pools.sign_in import lockout
from cognito_lab.aws.user_pools.threat_protection import leaked_passwords
from cognito_lab.aws.user_pools.tokens import checking, revoking
from cognito_lab.errors import invalid


@operation("cognito-idp", "GetUser")
def get_user(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    return {
        "Username": who.user.username,
        "UserAttributes": attributes.as_pairs(who.user.attributes, who.client.readable),
        **second_factors.describe(who.user),
    }


@operation("cognito-idp", "UpdateUserAttributes")
def update_user_attributes(call: Call) -> dict[str, Any]:
    who, changes = checking.user_of_access_token(call), attributes.as_mapping(call["UserAttributes"])
    attributes.check_values(who.pool.schema, changes)
    attributes.check_write_rights(who.pool.schema, who.client.write_attributes, changes)
    return {"CodeDeliveryDetailsList": change_attributes(who.pool, who.user, changes)}


def change_attributes(
    pool: UserPool, user: User, changes: Mapping[str, str], move_aliases: bool = False
) -> list[dict[str, str]]:
    """Set attributes of a user; answers where codes were sent.

    A new address counts as not verified until its code comes back. If the pool asks for that first
    (``AttributesRequireVerificationBeforeUpdate``), the old address stays until then.

    With ``move_aliases``, an address that is said to be verified is taken from whoever has it as an alias.
    """
    attributes.check_mutable(pool.schema, changes)
    check_not_required(pool, [name for name, value in changes.items() if not value])
    now, to_verify = dict(changes), {}
    first = proved_first(pool)
    for name, proof in attributes.VERIFIED.items():
        value = changes.get(name)
        if not value or value == user.attributes.get(name) or changes.get(proof) == "true":
            continue
        now[proof] = "false"
        if pool.verifies(name):
            to_verify[name] = value
            if name in first:
                del now[name], now[proof]
    later = {**user.attributes, **now}
    names = pool.people.names(later, confirmed=user.status != "UNCONFIRMED")
    said = [name for name, proof in attributes.VERIFIED.items() if changes.get(proof) == "true"]
    moving = {name: value for name, value in names.items() if move_aliases and name in said}
    pool.people.check_free(user, {name: value for name, value in names.items() if name not in moving})
    pool.people.check_free(user, moving, but_aliases=True)  # a username attribute does not move
    pool.people.take_aliases(user, moving)
    pool.people.change(user, now)
    return [
        verification_codes.send(pool, user, f"verify {name}", name, value)
        for name, value in to_verify.items()
    ]


def proved_first(pool: UserPool) -> Collection[str]:
    """The addresses of which a new one waits for its code; by default it counts at once (CreateUserPool)."""
    settings: Mapping[str, Collection[str]] = pool.settings["UserAttributeUpdateSettings"]
    return settings.get("AttributesRequireVerificationBeforeUpdate", ())


def check_not_required(pool: UserPool, deleted: list[str]) -> None:
    for name in deleted:
        if pool.schema.find(name).required:
            raise invalid(f"user.{name}: The attribute is required and cannot be deleted.\n")


@operation("cognito-idp", "DeleteUserAttributes")
def delete_user_attributes(call: Call) -> None:
    who, names = checking.user_of_access_token(call), call["UserAttributeNames"]
    attributes.check_write_rights(who.pool.schema, who.client.write_attributes, names)
    change_attributes(who.pool, who.user, dict.fromkeys(names, ""))


@operation("cognito-idp", "GetUserAttributeVerificationCode")
def get_user_attribute_verification_code(call: Call) -> dict[str, Any]:
    who, name = checking.user_of_access_token(call), call["AttributeName"]
    pending = who.user.codes.get(f"verify {name}")
    if name not in attributes.VERIFIED:
        raise invalid(f"Invalid attribute name: {name} cannot be verified.")
    if name not in who.user.attributes and pending is None:
        raise invalid(f"The user has no {name}.")
    verification_codes.count_attempt(who.user.attempts, "GetUserAttributeVerificationCode")
    value = pending.value if pending else None
    return {"CodeDeliveryDetails": verification_codes.send(who.pool, who.user, f"verify {name}", name, value)}


@operation("cognito-idp", "VerifyUserAttribute")
def verify_user_attribute(call: Call) -> dict[str, Any]:
    """The right code makes the address that it was sent to the user's own."""
    who, name = checking.user_of_access_token(call), call["AttributeName"]
    verification_codes.count_attempt(who.user.attempts, "VerifyUserAttribute")
    code = verification_codes.check(who.user, f"verify {name}", call["Code"])
    proved = {name: code.value, attributes.VERIFIED[name]: "true"}
    people = who.pool.people
    people.check_free(who.user, people.names({**who.user.attributes, **proved}, confirmed=True))
    people.change(who.user, proved)
    verification_codes.use_up(who.user, f"verify {name}")
    return {}


@operation("cognito-idp", "ChangePassword")
def change_password(call: Call) -> dict[str, Any]:
    who, password = checking.user_of_access_token(call), call["ProposedPassword"]
    check_not_federated(who.user)
    verification_codes.count_attempt(who.user.attempts, "ChangePassword")
    credential, previous = who.user.credential, call.get("PreviousPassword", "")
    if credential is not None and not credential.current.matches(previous):
        raise lockout.wrong_password()
    passwords.check_policy(who.pool.password_policy, password)
    passwords.check_history(who.pool.password_policy, credential, password)
    leaked_passwords.check_new_password(who.client, who.user, password)
    who.pool.set_password(who.user, password, who.user.status)
    return {}


def check_not_federated(user: User) -> None:
    """The password of somebody from an outside provider is the provider's. (AWS names no text for it.)"""
    if user.is_federated:
        raise not_authorized("User password cannot be changed in the current state.")


@operation("cognito-idp", "GlobalSignOut")
def global_sign_out(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    revoking.revoke_all(who.pool, who.user)
    return {}


@operation("cognito-idp", "DeleteUser")
def delete_user(call: Call) -> None:
    who = checking.user_of_access_token(call)
    remove(who.pool, who.user)


def remove(pool: UserPool, user: User) -> None:
    """Delete a user with everything that was the user's; the name is free again."""
    revoking.revoke_all(pool, user)
    groups.leave_all(pool, user)
    pool.people.remove(user)
