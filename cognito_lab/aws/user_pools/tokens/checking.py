"""An access token that an operation is given: every check, in order.

Source: "Verifying JSON web tokens"; RFC 7519.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import no_user, not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.tokens import token_claims, token_store
from cognito_lab.aws.user_pools.tokens.token_store import Authentication
from cognito_lab.errors import AwsError
from cognito_lab.protocols import jwt_checks

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Bearer:
    """Whose access token an operation was given, and the login that it comes from."""

    pool: UserPool
    client: AppClient
    user: User
    login: Authentication


def user_of_access_token(call: Call) -> Bearer:
    """The user, app client and pool of the operation's ``AccessToken``, every check passed.

    Raises:
        AwsError: ``NotAuthorizedException``: no JWT of a pool here, forged, expired, revoked, not an access
            token, or without the scope. ``UserNotFoundException``: the user is gone.
    """
    token = call["AccessToken"]
    _, claims = _unverified(token)
    pool = model.registry().pools.get(str(claims.get("iss")).rpartition("/")[2])
    if pool is None or pool.issuer != claims.get("iss") or pool.region != call.region:
        raise invalid_token()
    login = verified_authentication(pool, token, check_scope)
    check_passkeys_owner(call, pool, login)
    if not pool.people.has(login.user):
        raise no_user()
    return Bearer(pool, model.get_client(call.region, login.client_id), login.user, login)


def check_passkeys_owner(call: Call, pool: UserPool, login: Authentication) -> None:
    """The operations of passkeys declare no code of its own for a user, or an app client, who is gone."""
    there = pool.people.has(login.user) and login.client_id in pool.clients
    if not there and "WebAuthn" in call.operation:
        raise invalid_token()


def verified_authentication(pool: UserPool, token: str, check: Callable[[Claims], None]) -> Authentication:
    """The login of an access token of this pool: signed by it, in time, not revoked.

    ``check`` is about its scopes. It comes first, since an app client that acts for nobody has no login.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    header, claims = _unverified(token)
    check_signature(pool, token, header)
    check_token_use(claims)
    check_not_expired(claims)
    check(claims)
    login = token_store.token_store(pool).logins.get(str(claims.get("event_id")))
    check_not_revoked(login)
    assert login is not None
    return login


def invalid_token() -> AwsError:
    return not_authorized("Invalid Access Token")


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return jwt_checks.decode_unverified(token)
    except jwt_checks.NotAToken:
        raise invalid_token() from None


def check_signature(pool: UserPool, token: str, header: Mapping[str, Any]) -> None:
    """Signed with RS256, by the key of this pool that ``kid`` names, whatever algorithm the header says."""
    named = [key for key in token_store.token_store(pool).published() if key.kid == header.get("kid")]
    try:
        if not named:
            raise jwt.InvalidSignatureError
        jwt.api_jws.decode(token, named[0].public, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        raise not_authorized("Could not verify signature for Access Token") from None


def check_token_use(claims: Claims) -> None:
    if claims.get("token_use") != "access":
        raise invalid_token()


def check_not_expired(claims: Claims) -> None:
    if jwt_checks.has_ended(claims):
        raise not_authorized("Access Token has expired")


def check_not_revoked(login: Authentication | None) -> None:
    if login is None or login.revoked:
        raise not_authorized("Access Token has been revoked")


def check_scope(claims: Claims) -> None:
    if token_claims.API_SCOPE not in str(claims.get("scope", "")).split():
        raise not_authorized("Access Token does not have required scopes")


def is_signed_out(claims: Claims) -> bool:
    """Whether a token of a user pool, whose signature was verified, belongs to somebody who signed out, was
    disabled or was deleted: what an identity pool with ``ServerSideTokenCheck`` asks."""
    pool = model.registry().pools.get(str(claims.get("iss")).rpartition("/")[2])
    if pool is None:
        return True
    login = token_store.token_store(pool).logins.get(str(claims.get("event_id")))
    if login is None or login.revoked or not login.user.enabled:
        return True
    return not pool.people.has(login.user)
