"""Tokens issued: to a user who has authenticated, or to an app client that acts for nobody.

Source: "Understanding user pool JSON web tokens".
"""

from __future__ import annotations

import json
import time
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.user_pools import devices
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.tokens import customization, session_tracking, token_claims, token_store
from cognito_lab.aws.user_pools.tokens.token_store import Authentication, Session
from cognito_lab.aws.user_pools.triggers import authentication
from cognito_lab.protocols import oauth

# A refresh token looks like an encrypted JWT (RFC 7516): this header, then parts of these many bytes.
JWE_HEADER = {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}
JWE_PARTS = (256, 12, 680, 16)


def issue_tokens(
    client: AppClient,
    user: User,
    *,
    scopes: tuple[str, ...] | None = None,
    nonce: str | None = None,
    amr: tuple[str, ...] = ("pwd",),
    auth_time: int | None = None,
    event_id: str | None = None,
    refreshable: bool = True,
    device: Device | None = None,
    by_srp: bool = False,
    sso: Session | None = None,
) -> dict[str, Any]:
    """AuthenticationResultType of a user who has authenticated: just now, or at ``auth_time`` by the auth
    event ``event_id``, which is empty where none was written down.

    With ``scopes`` the tokens are those of the authorization server at the pool's domain. Without
    ``refreshable`` there is no refresh token: the implicit grant. ``device`` is the remembered one that
    showed itself; without it, a pool that tracks devices gives a new one its key, to be confirmed if the
    password was proved ``by_srp``. ``sso`` is the browser's session that the tokens come through.
    """
    event_id = auth_events.id_of_passed(client.pool, user) if event_id is None else event_id
    is_new_device = device is None and scopes is None and devices.tracks(client.pool.settings)
    if scopes is None:  # through the API; the pages have done so when the person signed in
        authentication.after(client, user, is_new_device)
    now, issued = time.time(), token_store.token_store(client.pool)
    if not event_id or event_id in issued.logins:  # a browser's session may bring several apps their tokens
        event_id = randomness.uuid4()
    login = Authentication(
        user, client.id, int(now) if auth_time is None else auth_time, now + client.lifetime("RefreshToken"),
        scopes, amr, event_id, device,
    )  # fmt: skip
    if is_new_device:
        login.device = devices.new(client.pool.region, by_srp)
    source = customization.source_of(on_pages=scopes is not None)
    result = result_for(client, login, source, nonce)  # a function may refuse: then there was no login
    issued.add(login)
    session_tracking.begin_tokens(client, login, sso)
    if device is not login.device is not None:
        keys = {"DeviceKey": login.device.key, "DeviceGroupKey": login.device.group}
        result["NewDeviceMetadata"] = keys
    return {**result, "RefreshToken": new_refresh_token(client, login)} if refreshable else result


def result_for(
    client: AppClient, login: Authentication, source: str, nonce: str | None = None
) -> dict[str, Any]:
    """The tokens of a login; ``source`` is what the function before tokens is told."""
    issued, now = token_store.token_store(client.pool), int(time.time())
    with_id = login.scopes is None or "openid" in login.scopes
    access = token_claims.access_claims(client, login, now)
    identity = token_claims.id_claims(client, login, now) if with_id else None
    customization.customize(client, source, login.user, access, identity)
    access_token = issued.key("access").sign(access)
    answer = {
        "AccessToken": access_token,
        "ExpiresIn": client.lifetime("AccessToken"),
        "TokenType": "Bearer",
    }
    if identity is not None:
        more = {} if login.scopes is None else {"at_hash": oauth.access_token_hash(access_token)}
        more |= {} if nonce is None else {"nonce": nonce}
        answer["IdToken"] = issued.key("id").sign(identity | more)
    return answer


def for_machine(client: AppClient, scopes: tuple[str, ...]) -> str:
    """The access token of an app client that acts for nobody: the client credentials grant."""
    now = int(time.time())
    claims = {"sub": client.id, "token_use": "access", "scope": " ".join(scopes), "auth_time": now}
    claims |= {"iss": client.pool.issuer, "exp": now + client.lifetime("AccessToken"), "iat": now}
    claims |= {"version": 2, "jti": randomness.uuid4(), "client_id": client.id}
    customization.customize(client, "ClientCredentials", None, claims)
    return token_store.token_store(client.pool).key("access").sign(claims)


def new_refresh_token(client: AppClient, login: Authentication) -> str:
    parts = [json.dumps(JWE_HEADER).encode(), *(randomness.octets(size) for size in JWE_PARTS)]
    token = ".".join(map(oauth.base64url, parts))
    login.refresh_tokens[token] = None
    token_store.token_store(client.pool).by_refresh_token[token] = login
    return token
