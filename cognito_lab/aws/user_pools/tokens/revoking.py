"""Revoked tokens: one authentication, or all of a user's.

Source: "Ending user sessions with token revocation".
"""

from __future__ import annotations

from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.tokens import refreshing, token_store
from cognito_lab.errors import AwsError


def revoke(client: AppClient, refresh_token: str) -> None:
    """End the login of one refresh token: RevokeToken.

    Raises:
        AwsError: ``UnsupportedOperationException``: the client has revocation off.
            ``UnsupportedTokenTypeException``: not a refresh token. ``UnauthorizedException``: another
            client's.
    """
    if not client.revocable:
        raise AwsError("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    login = token_store.token_store(client.pool).by_refresh_token.get(refresh_token)
    if login is None:
        raise AwsError("UnsupportedTokenTypeException", "Unsupported token type.")
    if not refreshing.belongs_to(login, client):
        raise AwsError("UnauthorizedException", "The token was not issued to this client.")
    login.revoked = True


def revoke_all(pool: UserPool, user: User) -> None:
    """End every login of ``user``: signed out everywhere, disabled or deleted."""
    user.sign_outs += 1
    for login in token_store.token_store(pool).logins_of(user):
        login.revoked = True
