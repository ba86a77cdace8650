"""The triggers around a sign-up: one before, which may refuse and decide; one when the account is confirmed.

Source: "Pre sign-up Lambda trigger", "Post confirmation Lambda trigger".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import attributes
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.triggers import events, invoking
from cognito_lab.errors import invalid

FLAGS = {"email": "autoVerifyEmail", "phone_number": "autoVerifyPhone"}


def before(
    pool: UserPool, source: str, username: str, values: Mapping[str, str], client: AppClient | None = None
) -> Mapping[str, Any]:
    """Pre sign-up: what the function decides; nobody is in the directory yet."""
    request = {
        "userAttributes": dict(values),
        "validationData": events.validation_data(),
        "clientMetadata": events.given("ClientMetadata"),
    }
    flags = invoking.run(pool, "PreSignUp", source, request, username=username, client=client) or {}
    if source != "AdminCreateUser":  # where they count for nothing
        for name in proved_by(flags):
            check_has_address(values, name)
    return flags


def proved_by(flags: Mapping[str, Any]) -> list[str]:
    """The addresses that the function says are the user's."""
    return [name for name, flag in FLAGS.items() if flags.get(flag)]


def check_has_address(values: Mapping[str, str], name: str) -> None:
    """An address that counts as verified is there. (AWS's page says that the sign-up fails, not with which
    code.)"""
    if not values.get(name):
        raise invalid(f"The user has no {name} to verify.")


def obey(pool: UserPool, user: User, flags: Mapping[str, Any]) -> None:
    """What the function has decided of somebody new: confirmed, and which addresses count as verified.

    An address that is an alias is taken from whoever has it.
    """
    proved = {attributes.VERIFIED[name]: "true" for name in proved_by(flags)}
    if flags.get("autoConfirmUser"):
        names = pool.people.names({**user.attributes, **proved}, confirmed=True)
        moving = {name: value for name, value in names.items() if name in proved_by(flags)}
        pool.people.take_aliases(user, moving)
        user.status = "CONFIRMED"
    pool.people.change(user, proved)


def after(pool: UserPool, user: User, client: AppClient | None = None, source: str = "ConfirmSignUp") -> None:
    """Post confirmation. An error of the function is told, and takes nothing back."""
    request = {
        "userAttributes": events.attributes_of(pool, user),
        "clientMetadata": events.given("ClientMetadata"),
    }
    invoking.run(pool, "PostConfirmation", source, request, username=user.username, client=client)
