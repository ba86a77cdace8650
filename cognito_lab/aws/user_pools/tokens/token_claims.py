"""What stands in access and ID tokens.

Source: "Understanding user pool JSON web tokens".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.people import groups
from cognito_lab.aws.user_pools.tokens.token_store import Authentication

API_SCOPE = "aws.cognito.signin.user.admin"  # the one scope of a token that was not got through the pages
BOOLEANS = ("email_verified", "phone_number_verified")
ATTRIBUTES_OF_SCOPE = {
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
}


def _common_claims(client: AppClient, login: Authentication, now: int, token: str) -> dict[str, Any]:
    """What both tokens say: who, from whom, by which authentication, until when."""
    claims: dict[str, Any] = {"sub": login.user.sub, "iss": client.pool.issuer, "event_id": login.event_id}
    membership = groups.of_user(client.pool, login.user)
    if membership:
        claims["cognito:groups"] = [group.name for group in membership]
    if client.revocable or client.rotates:
        claims |= {"origin_jti": login.origin_jti, "jti": randomness.uuid4()}
    # Refreshing changes none of these.
    level = f"urn:cognito:loa:{level_of_assurance(login.amr)}"
    claims |= {"auth_time": login.auth_time, "acr": level, "amr": list(login.amr)}
    return claims | {"iat": now, "exp": now + client.lifetime(token)}


def level_of_assurance(amr: Sequence[str]) -> int:
    """How strong an authentication was: the password alone is level 1, a code alone level 2, a passkey 3. For
    sign-in elsewhere AWS names no level where the provider says nothing of its own."""
    if {"swk", "hwk"} & set(amr):
        return 3
    if "otp" in amr or not {"sms", "email_otp"} & set(amr):
        return 4 if "otp" in amr else 1
    return 3 if "pwd" in amr else 2


def access_claims(client: AppClient, login: Authentication, now: int) -> dict[str, Any]:
    """What the user may do, for APIs: no profile, and the app client in ``client_id`` instead of ``aud``."""
    scope = API_SCOPE if login.scopes is None else " ".join(login.scopes)
    own = {"token_use": "access", "client_id": client.id, "scope": scope, "username": login.user.username}
    more: dict[str, Any] = {} if login.scopes is None else {"version": 2}  # of the authorization server's
    if login.device is not None:
        more["device_key"] = login.device.key
    return _common_claims(client, login, now, "AccessToken") | own | more


def id_claims(client: AppClient, login: Authentication, now: int) -> dict[str, Any]:
    """Who the user is, for the app: the attributes that it may read, and the roles of the groups."""
    claims = _common_claims(client, login, now, "IdToken")
    claims |= {"token_use": "id", "aud": client.id, "cognito:username": login.user.username}
    membership = groups.of_user(client.pool, login.user)
    if roles := groups.roles(membership):
        claims["cognito:roles"] = roles
    if preferred := groups.preferred_role(membership):
        claims["cognito:preferred_role"] = preferred
    for name, value in attributes_for_app(client, login).items():
        claims[name] = value == "true" if name in BOOLEANS else value
    if "identities" in login.user.attributes:  # at other providers; kept as JSON text
        claims["identities"] = [
            {**row, "primary": json.dumps(row["primary"]), "dateCreated": str(row["dateCreated"])}
            for row in json.loads(login.user.attributes["identities"])  # in the claim these two are texts
        ]
    return claims


def attributes_for_app(client: AppClient, login: Authentication) -> dict[str, str]:
    """The attributes that the app learns: those that the client may read, as far as the scopes go."""
    scopes = login.scopes or ("profile",)
    named = {name for scope in scopes for name in ATTRIBUTES_OF_SCOPE.get(scope, ())}
    names = client.readable if "profile" in scopes or not named else client.readable & named
    return {name: value for name, value in login.user.attributes.items() if name in names}
