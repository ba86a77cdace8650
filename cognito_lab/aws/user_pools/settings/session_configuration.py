"""Which sessions a pool tracks: how many of tokens a user has, and how long app clients reuse a browser's.

Source: SetUserPoolSessionConfiguration and SetUserPoolClientSessionConfiguration in the API reference.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.settings import plans
from cognito_lab.aws.user_pools.tokens import session_tracking
from cognito_lab.errors import AwsError


@operation("cognito-idp", "GetUserPoolSessionConfiguration")
def get_user_pool_session_configuration(call: Call) -> dict[str, Any]:
    return describe(model.pool_in(call))


@operation("cognito-idp", "SetUserPoolSessionConfiguration")
def set_user_pool_session_configuration(call: Call) -> dict[str, Any]:
    """A lower limit ends no session; the next sign-in does."""
    pool = model.pool_in(call)
    plans.check_plan({**pool.settings, "SessionConfiguration": call.parameters})
    tracking = session_tracking.of(pool)
    tracking.on = call["UserSessionTracking"] == "ENABLED"
    tracking.most = call["TokenSession"]["MaxPerUser"]
    return describe(pool)


def describe(pool: UserPool) -> dict[str, Any]:
    tracking = session_tracking.of(pool)
    state = "ENABLED" if tracking.on else "DISABLED"
    return {
        "UserPoolId": pool.id,
        "UserSessionTracking": state,
        "TokenSession": {"MaxPerUser": tracking.most},
    }


def check_tracking(pool: UserPool) -> None:
    """The pool tracks sessions. (AWS names no code; it describes this one so.)"""
    if not session_tracking.of(pool).on:
        raise AwsError("OperationNotEnabledException", "Session tracking is not enabled for the user pool.")


@operation("cognito-idp", "GetUserPoolClientSessionConfiguration")
def get_user_pool_client_session_configuration(call: Call) -> dict[str, Any]:
    return describe_client(model.client_in(call))


@operation("cognito-idp", "SetUserPoolClientSessionConfiguration")
def set_user_pool_client_session_configuration(call: Call) -> dict[str, Any]:
    client = model.client_in(call)
    plans.check_plan({**client.pool.settings, "SessionConfiguration": call.parameters})
    check_tracking(client.pool)
    session_tracking.of(client.pool).minutes[client.id] = call["SSOSession"]["MaxValidityMinutes"]
    return describe_client(client)


def describe_client(client: AppClient) -> dict[str, Any]:
    minutes = session_tracking.of(client.pool).minutes.get(client.id, session_tracking.DEFAULT_MINUTES)
    sso = {"MaxValidityMinutes": minutes}
    return {"UserPoolId": client.pool.id, "ClientId": client.id, "SSOSession": sso}
