"""Users who come from an older directory when they first sign in, or have forgotten their password there.

Source: "Migrate user Lambda trigger". It needs the password itself, so it does not run in SRP. The password
policy does not count for a password that comes along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import attributes, outbox
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import sign_up
from cognito_lab.aws.user_pools.triggers import events, invoking
from cognito_lab.errors import AwsError, OutsideTheLab

TRIGGER = "UserMigration"
NOT_ATTRIBUTES = ("username", "sub")  # which functions return with the attributes
MEDIUMS = {medium: attribute for attribute, medium in outbox.MEDIUM.items()}


def at_sign_in(client: AppClient, username: str, password: str) -> User | None:
    """The user whom the function knows by this password, now in the directory; or nobody."""
    metadata = events.given("ClientMetadata")
    request = {"password": password, "validationData": None if metadata is ... else metadata}
    return migrate(client, "Authentication", username, request, password)


def at_recovery(client: AppClient, username: str) -> User | None:
    """The user whom the function knows by the name alone."""
    request = {"clientMetadata": events.given("ClientMetadata")}
    return migrate(client, "ForgotPassword", username, request, None)


def migrate(
    client: AppClient, source: str, username: str, request: Mapping[str, Any], password: str | None
) -> User | None:
    """Nobody, where there is no function, where it raises an error or returns no attributes, and where they
    do not fit the pool."""
    pool = client.pool
    try:
        response = invoking.run(pool, TRIGGER, source, request, username=username, client=client) or {}
        given = response.get("userAttributes")
        if not given:
            return None
        return pool.people.find_for_sign_in(username) or create(pool, username, response, password)
    except AwsError as error:
        if error.code in ("UnexpectedLambdaException", "InvalidLambdaResponseException"):
            raise
        return None


def create(pool: UserPool, username: str, response: Mapping[str, Any], password: str | None) -> User:
    """Put the user into the directory, as the function says.

    Raises:
        AwsError: The attributes do not fit, or somebody else has the name or alias.
    """
    if response.get("enableSMSMFA"):
        raise OutsideTheLab("enableSMSMFA of a user migration is not played by this lab (AWS has it).")
    values = {name: v for name, v in response["userAttributes"].items() if name not in NOT_ATTRIBUTES}
    attributes.check_values(pool.schema, values)
    name, values = sign_up.name_user(pool, username, values)
    attributes.check_required(pool.schema, values)
    status = status_in(response)
    newcomer, names = User("", "", values, status), pool.people.names(values, confirmed=True)
    pool.people.check_free(newcomer, names, but_aliases=bool(response.get("forceAliasCreation")))
    pool.people.take_aliases(newcomer, names)
    user = sign_up.add_user(pool, name, values, status, password, username)
    if response.get("messageAction") != "SUPPRESS" and password is not None:
        welcome(pool, user, response.get("desiredDeliveryMediums") or ["SMS"], password)
    return user


def status_in(response: Mapping[str, Any]) -> str:
    """``finalUserStatus``. Only CONFIRMED lets the user in with the old password; it is not the default."""
    status = response.get("finalUserStatus") or "RESET_REQUIRED"
    if status not in ("CONFIRMED", "RESET_REQUIRED"):
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return str(status)


def welcome(pool: UserPool, user: User, mediums: list[str], password: str) -> None:
    """The message that an invited user gets too."""
    for medium in mediums:
        attribute = MEDIUMS.get(medium, "")
        if user.attributes.get(attribute):
            to = user.attributes[attribute]
            outbox.send(pool, "invitation", to, attribute, password, user.sign_in_name)
