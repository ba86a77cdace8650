"""Refresh tokens: which authentication one stands for, rotation, and reuse.

Source: "Refresh tokens".
"""

from __future__ import annotations

import time
from typing import Any

from cognito_lab.aws.user_pools import devices
from cognito_lab.aws.user_pools.errors import no_user, not_authorized
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.tokens import issuing, session_tracking, token_store
from cognito_lab.aws.user_pools.tokens.token_store import Authentication
from cognito_lab.errors import AwsError


def authentication_of(client: AppClient, refresh_token: str, device_key: str | None = None) -> Authentication:
    """The login that a refresh token stands for, every check passed.

    Raises:
        AwsError: ``NotAuthorizedException``: unknown, another app client's, revoked or expired, or without
            its device.
            ``RefreshTokenReuseException``: rotated out, and its grace period is over.
            ``UserNotFoundException``: the user is gone.
    """
    login = token_store.token_store(client.pool).by_refresh_token.get(refresh_token)
    if login is None or not belongs_to(login, client):
        raise not_authorized("Invalid Refresh Token.")
    if login.revoked:
        raise not_authorized("Refresh Token has been revoked")
    if time.time() >= login.expires:
        raise not_authorized("Refresh Token has expired")
    check_not_reused(client, login, refresh_token)
    check_device(client, login, device_key)
    if not client.pool.people.has(login.user):
        raise no_user()
    return login


def belongs_to(login: Authentication, client: AppClient) -> bool:
    return login.client_id == client.id


def check_not_reused(client: AppClient, login: Authentication, refresh_token: str) -> None:
    rotated = login.refresh_tokens[refresh_token]
    grace = client.settings.get("RefreshTokenRotation", {}).get("RetryGracePeriodSeconds", 0)
    if rotated is not None and time.time() >= rotated + grace:
        raise AwsError("RefreshTokenReuseException", "Refresh token has already been used.")


def check_device(client: AppClient, login: Authentication, given: str | None) -> None:
    """In a pool that tracks devices, tokens are renewed on the device of their sign-in, which is confirmed
    and not forgotten. ("Refresh tokens", among the causes of this refusal.)

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    device = login.device if devices.tracks(client.pool.settings) else None
    if device is not None and not (device.key == given and login.user.devices.get(given) is device):
        raise not_authorized("Invalid Refresh Token.")


def refresh(client: AppClient, login: Authentication, refresh_token: str) -> dict[str, Any]:
    """AuthenticationResultType for a refresh token and its login, which :func:`authentication_of` found.

    With rotation, a new refresh token takes its place.
    """
    result = issuing.result_for(client, login, "RefreshTokens")
    # A function may have run, and others have refreshed meanwhile.
    authentication_of(client, refresh_token, login.device.key if login.device else None)
    session_tracking.use(client, login)
    if client.rotates:
        if login.refresh_tokens[refresh_token] is None:
            login.refresh_tokens[refresh_token] = time.time()
        result["RefreshToken"] = issuing.new_refresh_token(client, login)
    return result
