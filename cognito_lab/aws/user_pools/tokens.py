"""Tokens: made, published keys, checked, refreshed, revoked.

Source: "Understanding user pool JSON web tokens", "Refresh tokens", "Ending user sessions with token
revocation"; JWT is RFC 7519, the key set RFC 7517.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.user_pools import app_clients, groups, pools
from cognito_lab.aws.user_pools.app_clients import AppClient
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.pools import UserPool
from cognito_lab.aws.user_pools.refusals import no_user, not_authorized
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import jwt_checks, oauth, signing_keys

API_SCOPE = "aws.cognito.signin.user.admin"  # the one scope of a token that was not got through the pages
BOOLEANS = ("email_verified", "phone_number_verified")
OF_SCOPE = {"email": ("email", "email_verified"), "phone": ("phone_number", "phone_number_verified")}
PUBLISHED = re.compile(r"/([\w-]+_[0-9a-zA-Z]+)/\.well-known/(jwks\.json|openid-configuration)")
ENDPOINTS = {  # of a pool's domain, by the members of the discovery document
    "authorization_endpoint": "/oauth2/authorize",
    "end_session_endpoint": "/logout",
    "revocation_endpoint": "/oauth2/revoke",
    "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/oauth2/userInfo",
}
# A refresh token looks like an encrypted JWT (RFC 7516): this header, then parts of these many bytes.
JWE_HEADER = {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}
JWE_PARTS = (256, 12, 680, 16)


@dataclass
class Login:
    """One authentication of a user by an app client: what all tokens born of it have in common.

    Times are seconds since 1970; ``expires`` is the refresh token's, which rotation does not put off.
    ``scopes`` is None for a sign-in through the API, and ``amr`` says by what means it was.
    """

    user: User
    client_id: str
    auth_time: int
    expires: float
    scopes: tuple[str, ...] | None = None
    amr: tuple[str, ...] = ("pwd",)
    event_id: str = field(default_factory=randomness.uuid4)
    origin_jti: str = field(default_factory=randomness.uuid4)
    revoked: bool = False
    # Each refresh token, and when it was rotated out (if it was).
    refresh_tokens: dict[str, float | None] = field(default_factory=dict)


@dataclass
class Issuer:
    """A pool's two keys, and what only the pool knows: which logins it has answered and revoked."""

    logins: dict[str, Login] = field(default_factory=dict)  # by event id, which every token carries
    by_refresh_token: dict[str, Login] = field(default_factory=dict)
    _keys: dict[str, signing_keys.SigningKey] = field(default_factory=dict)

    def key(self, token_use: str) -> signing_keys.SigningKey:
        """The key that signs ``"id"`` or ``"access"`` tokens; made when it is first needed."""
        if not self._keys:
            self._keys = {use: signing_keys.new_key() for use in ("id", "access")}
        return self._keys[token_use]

    def published(self) -> list[signing_keys.SigningKey]:
        return [self.key("id"), self.key("access")]


def issuer(pool: UserPool) -> Issuer:
    return moto_patches.state_of(pool, Issuer)


# -- made ----------------------------------------------------------------------------------------


def sign_in(
    client: AppClient,
    user: User,
    *,
    scopes: tuple[str, ...] | None = None,
    nonce: str | None = None,
    amr: tuple[str, ...] = ("pwd",),
    auth_time: int | None = None,
    refreshable: bool = True,
) -> dict[str, Any]:
    """AuthenticationResultType of a user who has authenticated, at ``auth_time`` if it was not just now.

    With ``scopes`` the tokens are those of the authorization server at the pool's domain. Without
    ``refreshable`` there is no refresh token: the implicit grant.
    """
    now = time.time()
    login = Login(
        user, client.id, int(now) if auth_time is None else auth_time, now + client.lifetime("RefreshToken"),
        scopes, amr,
    )  # fmt: skip
    issuer(client.pool).logins[login.event_id] = login
    result = _result(client, login, nonce)
    return {**result, "RefreshToken": _new_refresh_token(client, login)} if refreshable else result


def _result(client: AppClient, login: Login, nonce: str | None = None) -> dict[str, Any]:
    issued, now = issuer(client.pool), int(time.time())
    access_token = issued.key("access").sign(access_claims(client, login, now))
    answer = {
        "AccessToken": access_token,
        "ExpiresIn": client.lifetime("AccessToken"),
        "TokenType": "Bearer",
    }
    if login.scopes is None:
        return {**answer, "IdToken": issued.key("id").sign(id_claims(client, login, now))}
    if "openid" in login.scopes:
        more = {
            "at_hash": oauth.access_token_hash(access_token),
            **({} if nonce is None else {"nonce": nonce}),
        }
        answer["IdToken"] = issued.key("id").sign(id_claims(client, login, now) | more)
    return answer


def for_machine(client: AppClient, scopes: tuple[str, ...]) -> str:
    """The access token of an app client that acts for nobody: the client credentials grant."""
    now = int(time.time())
    claims = {"sub": client.id, "token_use": "access", "scope": " ".join(scopes), "auth_time": now}
    claims |= {"iss": client.pool.issuer, "exp": now + client.lifetime("AccessToken"), "iat": now}
    claims |= {"version": 2, "jti": randomness.uuid4(), "client_id": client.id}
    return issuer(client.pool).key("access").sign(claims)


def _common_claims(client: AppClient, login: Login, now: int, token: str) -> dict[str, Any]:
    """What both tokens say: who, from whom, by which authentication, until when."""
    claims: dict[str, Any] = {"sub": login.user.sub, "iss": client.pool.issuer, "event_id": login.event_id}
    membership = groups.of_user(client.pool, login.user)
    if membership:
        claims["cognito:groups"] = [group.name for group in membership]
    if client.revocable or client.rotates:
        claims |= {"origin_jti": login.origin_jti, "jti": randomness.uuid4()}
    # Strength of authentication: the password alone is level 1. Refreshing changes none of these. For sign-in
    # elsewhere AWS names no level where the provider says nothing of its own.
    claims |= {"auth_time": login.auth_time, "acr": "urn:cognito:loa:1", "amr": list(login.amr)}
    return claims | {"iat": now, "exp": now + client.lifetime(token)}


def access_claims(client: AppClient, login: Login, now: int) -> dict[str, Any]:
    """What the user may do, for APIs: no profile, and the app client in ``client_id`` instead of ``aud``."""
    scope = API_SCOPE if login.scopes is None else " ".join(login.scopes)
    own = {"token_use": "access", "client_id": client.id, "scope": scope, "username": login.user.username}
    version = {} if login.scopes is None else {"version": 2}  # of the authorization server's tokens
    return _common_claims(client, login, now, "AccessToken") | own | version


def id_claims(client: AppClient, login: Login, now: int) -> dict[str, Any]:
    """Who the user is, for the app: the attributes that it may read, and the roles of the groups."""
    claims = _common_claims(client, login, now, "IdToken")
    claims |= {"token_use": "id", "aud": client.id, "cognito:username": login.user.username}
    membership = groups.of_user(client.pool, login.user)
    if roles := groups.roles(membership):
        claims["cognito:roles"] = roles
    if preferred := groups.preferred_role(membership):
        claims["cognito:preferred_role"] = preferred
    for name, value in released(client, login).items():
        claims[name] = value == "true" if name in BOOLEANS else value
    if "identities" in login.user.attributes:  # at other providers; kept as JSON text
        claims["identities"] = [
            {**row, "primary": json.dumps(row["primary"]), "dateCreated": str(row["dateCreated"])}
            for row in json.loads(login.user.attributes["identities"])  # in the claim these two are texts
        ]
    return claims


def released(client: AppClient, login: Login) -> dict[str, str]:
    """The attributes that the app learns: those that the client may read, as far as the scopes go."""
    scopes = login.scopes or ("profile",)
    named = {name for scope in scopes for name in OF_SCOPE.get(scope, ())}
    names = client.readable if "profile" in scopes or not named else client.readable & named
    return {name: value for name, value in login.user.attributes.items() if name in names}


def _new_refresh_token(client: AppClient, login: Login) -> str:
    parts = [json.dumps(JWE_HEADER).encode(), *(randomness.octets(size) for size in JWE_PARTS)]
    token = ".".join(map(oauth.base64url, parts))
    login.refresh_tokens[token] = None
    issuer(client.pool).by_refresh_token[token] = login
    return token


# -- published -----------------------------------------------------------------------------------


def published(request: Request) -> Response | None:
    """Answers a GET of a pool's key set or discovery document; ``None`` if ``request`` is for neither."""
    found = PUBLISHED.fullmatch(request.path)
    if request.method not in ("GET", "HEAD") or not found:
        return None
    pool = pools.service().pools.get(found[1])
    if pool is None or request.host != f"cognito-idp.{pool.region}.amazonaws.com":
        return _document(404, {"message": f"User pool {found[1]} does not exist."})
    if found[2] == "jwks.json":
        return _document(200, {"keys": [key.jwk() for key in issuer(pool).published()]})
    members = {name: f"{pool.domain.url}{path}" for name, path in ENDPOINTS.items()} if pool.domain else {}
    return _document(
        200,
        {
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": pool.issuer,
            "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            **members,
        },
    )


def _document(status: int, body: Mapping[str, Any]) -> Response:
    headers = {"content-type": "application/json", "cache-control": "public, max-age=86400"}
    return Response(status, Headers(headers), json.dumps(body).encode())


# -- checked -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bearer:
    """Whose access token an operation was given."""

    pool: UserPool
    client: AppClient
    user: User


def bearer(call: Call) -> Bearer:
    """The user, app client and pool of the operation's ``AccessToken``, every check passed.

    Raises:
        AwsError: ``NotAuthorizedException``: no JWT of a pool here, forged, expired, revoked, not an access
            token, or without the scope. ``UserNotFoundException``: the user is gone.
    """
    token = call["AccessToken"]
    _, claims = _unverified(token)
    pool = pools.service().pools.get(str(claims.get("iss")).rpartition("/")[2])
    if pool is None or pool.issuer != claims.get("iss") or pool.region != call.region:
        raise invalid_token()
    login = verified_login(pool, token)
    check_scope(claims)
    if not pool.people.has(login.user):
        raise no_user()
    return Bearer(pool, app_clients.find(call.region, login.client_id), login.user)


def verified_login(pool: UserPool, token: str) -> Login:
    """The login of an access token of this pool: signed by it, in time, not revoked.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    header, claims = _unverified(token)
    check_signature(pool, token, header)
    check_token_use(claims)
    check_not_expired(claims)
    login = issuer(pool).logins.get(str(claims.get("event_id")))
    check_not_revoked(login)
    assert login is not None
    return login


def invalid_token() -> AwsError:
    return not_authorized("Invalid Access Token")


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return jwt_checks.read(token)
    except jwt_checks.NotAToken:
        raise invalid_token() from None


def check_signature(pool: UserPool, token: str, header: Mapping[str, Any]) -> None:
    """Signed with RS256, by the key of this pool that ``kid`` names, whatever algorithm the header says."""
    named = [key for key in issuer(pool).published() if key.kid == header.get("kid")]
    try:
        if not named:
            raise jwt.InvalidSignatureError
        jwt.api_jws.decode(token, named[0].public, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        raise not_authorized("Could not verify signature for Access Token") from None


def check_token_use(claims: Mapping[str, Any]) -> None:
    if claims.get("token_use") != "access":
        raise invalid_token()


def check_not_expired(claims: Mapping[str, Any]) -> None:
    if jwt_checks.has_ended(claims):
        raise not_authorized("Access Token has expired")


def check_not_revoked(login: Login | None) -> None:
    if login is None or login.revoked:
        raise not_authorized("Access Token has been revoked")


def check_scope(claims: Mapping[str, Any]) -> None:
    if API_SCOPE not in str(claims.get("scope", "")).split():
        raise not_authorized("Access Token does not have required scopes")


def is_signed_out(claims: Mapping[str, Any]) -> bool:
    """Whether a token of a user pool, whose signature was verified, belongs to somebody who signed out, was
    disabled or was deleted: what an identity pool with ``ServerSideTokenCheck`` asks."""
    pool = pools.service().pools.get(str(claims.get("iss")).rpartition("/")[2])
    if pool is None:
        return True
    login = issuer(pool).logins.get(str(claims.get("event_id")))
    if login is None or login.revoked or not login.user.enabled:
        return True
    return not pool.people.has(login.user)


# -- refreshed -----------------------------------------------------------------------------------


def find_login(client: AppClient, refresh_token: str) -> Login:
    """The login that a refresh token stands for, every check passed.

    Raises:
        AwsError: ``NotAuthorizedException``: unknown, another app client's, revoked or expired.
            ``RefreshTokenReuseException``: rotated out, and its grace period is over.
            ``UserNotFoundException``: the user is gone.
    """
    login = issuer(client.pool).by_refresh_token.get(refresh_token)
    if login is None or not belongs_to(login, client):
        raise not_authorized("Invalid Refresh Token.")
    if login.revoked:
        raise not_authorized("Refresh Token has been revoked")
    if time.time() >= login.expires:
        raise not_authorized("Refresh Token has expired")
    check_not_reused(client, login, refresh_token)
    if not client.pool.people.has(login.user):
        raise no_user()
    return login


def belongs_to(login: Login, client: AppClient) -> bool:
    return login.client_id == client.id


def check_not_reused(client: AppClient, login: Login, refresh_token: str) -> None:
    rotated = login.refresh_tokens[refresh_token]
    grace = client.settings.get("RefreshTokenRotation", {}).get("RetryGracePeriodSeconds", 0)
    if rotated is not None and time.time() >= rotated + grace:
        raise AwsError("RefreshTokenReuseException", "Refresh token has already been used.")


def refresh(client: AppClient, login: Login, refresh_token: str) -> dict[str, Any]:
    """AuthenticationResultType for a refresh token and its login, which :func:`find_login` found.

    With rotation, a new refresh token takes its place.
    """
    result = _result(client, login)
    if client.rotates:
        if login.refresh_tokens[refresh_token] is None:
            login.refresh_tokens[refresh_token] = time.time()
        result["RefreshToken"] = _new_refresh_token(client, login)
    return result


# -- revoked -------------------------------------------------------------------------------------


def revoke(client: AppClient, refresh_token: str) -> None:
    """End the login of one refresh token: RevokeToken.

    Raises:
        AwsError: ``UnsupportedOperationException``: the client has revocation off.
            ``UnsupportedTokenTypeException``: not a refresh token. ``UnauthorizedException``: another
            client's.
    """
    if not client.revocable:
        raise AwsError("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    login = issuer(client.pool).by_refresh_token.get(refresh_token)
    if login is None:
        raise AwsError("UnsupportedTokenTypeException", "Unsupported token type.")
    if not belongs_to(login, client):
        raise AwsError("UnauthorizedException", "The token was not issued to this client.")
    login.revoked = True


def revoke_all(pool: UserPool, user: User) -> None:
    """End every login of ``user``: signed out everywhere, disabled or deleted."""
    user.sign_outs += 1
    for login in issuer(pool).logins.values():
        if login.user is user:
            login.revoked = True
