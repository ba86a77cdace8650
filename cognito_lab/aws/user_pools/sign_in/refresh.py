"""Refreshing and revoking through the API: REFRESH_TOKEN_AUTH, GetTokensFromRefreshToken, RevokeToken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import client_secrets, model
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.sign_in import challenges, user_status
from cognito_lab.aws.user_pools.tokens import refreshing, revoking, token_store
from cognito_lab.errors import AwsError
from cognito_lab.protocols import constant_time


def by_refresh_token(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """REFRESH_TOKEN_AUTH. The secret hash is over the real username or the ``sub``: an alias does not do."""
    token = challenges.required(parameters, "REFRESH_TOKEN")
    login = refreshing.authentication_of(client, token, parameters.get("DEVICE_KEY"))
    given, names = parameters.get("SECRET_HASH"), (login.user.username, login.user.sub)
    if not client.secret or given is None:
        client_secrets.check_secret_hash(client, login.user.username, given)
    elif not any(constant_time.equal(client_secrets.secret_hash(client, name), given) for name in names):
        raise not_authorized(f"SecretHash does not match for the client: {client.id}")
    user_status.check_enabled(login.user)
    return {"ChallengeParameters": {}, "AuthenticationResult": refreshing.refresh(client, login, token)}


@operation("cognito-idp", "GetTokensFromRefreshToken")
def get_tokens_from_refresh_token(call: Call) -> dict[str, Any]:
    """The way to refresh that also works with rotation; it takes the secret itself."""
    client = model.client_in(call)
    client_secrets.check_secret(client, call.get("ClientSecret"))
    login = refreshing.authentication_of(client, call["RefreshToken"], call.get("DeviceKey"))
    user_status.check_enabled(login.user)
    return {"AuthenticationResult": refreshing.refresh(client, login, call["RefreshToken"])}


@operation("cognito-idp", "RevokeToken")
def revoke_token(call: Call) -> None:
    try:
        client = model.client_in(call)
        client_secrets.check_secret(client, call.get("ClientSecret"))
    except AwsError as error:  # this operation declares a code of its own for both
        raise AwsError("UnauthorizedException", error.message) from None
    revoking.revoke(client, call["Token"])
    session = token_store.token_store(client.pool).by_refresh_token[call["Token"]].session
    if (
        call.get("RevokeAssociatedSessions") == "LINKED"
        and session is not None
        and session.origin is not None
    ):
        session.origin.end()
