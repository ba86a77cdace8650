"""Users who come from an older directory when they first sign in, or have forgotten their password there.

Source: "Migrate user Lambda trigger"; AWS re:Post, "cognito-migration-lambda-trigger-errors". It needs the
password itself, so it does not run in SRP. The password policy does not count for one that comes along.
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
OWN_ERROR = "UserLambdaValidationException"
FAULTS = ("UnexpectedLambdaException", "InvalidLambdaResponseException")
VALUES = {  # that members of the response may have
    "finalUserStatus": ("CONFIRMED", "RESET_REQUIRED"),
    "messageAction": ("RESEND", "SUPPRESS"),
    "desiredDeliveryMediums": tuple(MEDIUMS),
}


def at_sign_in(client: AppClient, username: str, password: str) -> User | None:
    """The user whom the function knows by this password, now in the directory; or nobody.

    Raises:
        AwsError: ``UserNotFoundException``: the function raises an error, cannot be invoked, or answers
            something else. (As people report; the last two even where users are hidden.)
    """
    metadata = events.given("ClientMetadata")
    request = {"password": password, "validationData": None if metadata is ... else metadata}
    try:
        return migrate(client, "Authentication", username, request, password)
    except AwsError as error:
        text = f"Exception migrating user in app client {client.id}"
        text = error.message if error.code == OWN_ERROR else text
        raise AwsError("UserNotFoundException", text) from None


def at_recovery(client: AppClient, username: str) -> User | None:
    """The user whom the function knows by the name alone."""
    request = {"clientMetadata": events.given("ClientMetadata")}
    return migrate(client, "ForgotPassword", username, request, None)


def migrate(
    client: AppClient, source: str, username: str, request: Mapping[str, Any], password: str | None
) -> User | None:
    """Nobody, where there is no function, where it returns no attributes, and where they do not fit the pool;
    and where users are hidden, also where it raises an error."""
    pool = client.pool
    try:
        response = invoking.run(pool, TRIGGER, source, request, username=username, client=client) or {}
        given = response.get("userAttributes")
        if not given:
            return None
        return pool.people.find_for_sign_in(username) or create(pool, username, response, password)
    except AwsError as error:
        if error.code in FAULTS or (error.code == OWN_ERROR and not client.hides_users):
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
    check_members(response)
    status = response.get("finalUserStatus") or "RESET_REQUIRED"  # CONFIRMED alone keeps the old password
    newcomer, names = User("", "", values, status), pool.people.names(values, confirmed=True)
    pool.people.check_free(newcomer, names, but_aliases=bool(response.get("forceAliasCreation")))
    pool.people.take_aliases(newcomer, names)
    user = sign_up.add_user(pool, name, values, status, password, username)
    if response.get("messageAction") != "SUPPRESS" and password is not None:
        welcome(pool, user, response.get("desiredDeliveryMediums") or ["SMS"], password)
    return user


def check_members(response: Mapping[str, Any]) -> None:
    """``finalUserStatus``, ``messageAction`` and ``desiredDeliveryMediums`` have values that AWS knows."""
    for name, known in VALUES.items():
        given = response.get(name) or []
        if not set([given] if isinstance(given, str) else given) <= set(known):
            raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def welcome(pool: UserPool, user: User, mediums: list[str], password: str) -> None:
    """The message that an invited user gets too."""
    for medium in mediums:
        attribute = MEDIUMS.get(medium, "")
        if user.attributes.get(attribute):
            to = user.attributes[attribute]
            outbox.send(pool, "invitation", to, attribute, password, user.sign_in_name)
