"""The triggers around a sign-in: one before the first factor is looked at, one before the tokens.

Source: "Pre authentication Lambda trigger", "Post authentication Lambda trigger".
"""

from __future__ import annotations

from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.triggers import events, invoking

ANSWERS = ("RespondToAuthChallenge", "AdminRespondToAuthChallenge")


def before(client: AppClient, user: User, is_known: bool = True) -> None:
    """Pre authentication: the function may refuse. Of a name that nobody has it hears only where users are
    hidden, with ``userNotFound``.

    Raises:
        AwsError: See :func:`.invoking.run`; ``UserNotFoundException``: the user was deleted meanwhile.
    """
    metadata = events.given("ClientMetadata")
    request = {
        "userAttributes": events.attributes_of(client.pool, user) if is_known else {},
        "validationData": None if metadata is ... else metadata,
        **user_not_found(client, is_known),
    }
    invoking.run(
        client.pool, "PreAuthentication", "Authentication", request, username=user.username, client=client
    )
    if is_known:
        invoking.check_user_still_there(client.pool, user)


def user_not_found(client: AppClient, is_known: bool) -> dict[str, bool]:
    """The member that says so; there is one only where users are hidden."""
    return {"userNotFound": not is_known} if client.hides_users else {}


def after(client: AppClient, user: User, is_new_device: bool = False) -> None:
    """Post authentication, before there are tokens: they are not given out if the function fails. Of a new
    device it hears where the pool tracks devices."""
    request = {
        "userAttributes": events.attributes_of(client.pool, user),
        "newDeviceUsed": is_new_device,
        "clientMetadata": events.given("ClientMetadata") if events.called() in ANSWERS else ...,
    }
    invoking.run(
        client.pool, "PostAuthentication", "Authentication", request, username=user.username, client=client
    )
    invoking.check_user_still_there(client.pool, user)
