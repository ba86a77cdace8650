"""The trigger before tokens: what a function adds to them or takes out, and what nobody changes.

Source: "Pre token generation Lambda trigger".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cognito_lab.aws.api import operations
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import groups
from cognito_lab.aws.user_pools.triggers import events, invoking

TRIGGER = "PreTokenGeneration"
Claims = dict[str, Any]
# In no token can these be added, changed or suppressed; nor anything else that begins with "cognito:".
PROTECTED = {
    "acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat",
    "identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username", "version",
}  # fmt: skip
OF_GROUPS = ("cognito:groups", "cognito:roles", "cognito:preferred_role")
# The ends of ``triggerSource`` after the answer to a challenge of this name.
SOURCES = {"NEW_PASSWORD_REQUIRED": "NewPasswordChallenge", "DEVICE_PASSWORD_VERIFIER": "AuthenticateDevice"}
# Calls whose ClientMetadata arrives here: that of InitiateAuth does not.
WITH_METADATA = ("RespondToAuthChallenge", "AdminRespondToAuthChallenge", "GetTokensFromRefreshToken")


def source_of(on_pages: bool) -> str:
    """``triggerSource`` of tokens for who has just signed in, after the trigger's name."""
    call = operations.CURRENT.get()
    if on_pages:
        return "HostedAuth"
    return SOURCES.get(call.get("ChallengeName", "") if call else "", "Authentication")


def customize(
    client: AppClient, source: str, user: User | None, access: Claims, identity: Claims | None = None,
    metadata: Any = ...,
) -> None:  # fmt: skip
    """Let the pool's function change the claims of the tokens that are about to be signed.

    Without a ``user`` the token is for an app client that acts for nobody: the trigger's third version alone
    knows such. ``metadata`` is what such a client sends along; an API call has its own.

    Raises:
        AwsError: See :func:`cognito_lab.aws.user_pools.triggers.invoking.run`.
    """
    pool, version = client.pool, events.version_of(client.pool, TRIGGER)
    if user is None and version < "3":
        return
    scopes = access["scope"].split()
    if events.called() in WITH_METADATA:
        metadata = events.given("ClientMetadata")
    response = invoking.run(
        pool, TRIGGER, source, request_for(pool, user, version, scopes, metadata), client=client,
        username=user.username if user else "ClientCredentials",
    )  # fmt: skip
    if response is None:
        return
    if user is not None:
        invoking.check_user_still_there(pool, user)
    details = (
        response.get("claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails") or {}
    )
    of_id = details if version == "1" else details.get("idTokenGeneration") or {}
    of_access = details.get("accessTokenGeneration") or {}
    for claims, changes in ((identity, of_id), (access, of_access)):
        if claims is not None:
            if "groupOverrideDetails" in details:
                override_groups(claims, details["groupOverrideDetails"] or {}, claims is identity)
            change_claims(client, claims, changes)
    access["scope"] = " ".join(changed_scopes(scopes, of_access))


def request_for(
    pool: UserPool, user: User | None, version: str, scopes: Sequence[str], metadata: Any
) -> dict[str, Any]:
    return {
        "userAttributes": events.attributes_of(pool, user) if user else {},
        "groupConfiguration": group_configuration(pool, user) if user else None,
        "scopes": list(scopes) if version > "1" else ...,
        "clientMetadata": metadata,
    }


def group_configuration(pool: UserPool, user: User) -> dict[str, Any]:
    membership = groups.of_user(pool, user)
    return {
        "groupsToOverride": [group.name for group in membership],
        "iamRolesToOverride": groups.roles(membership),
        "preferredRole": groups.preferred_role(membership),
    }


def override_groups(claims: Claims, given: Mapping[str, Any], with_roles: bool) -> None:
    """What is given takes the place of all; roles stand in the ID token alone."""
    members = ("groupsToOverride", "iamRolesToOverride", "preferredRole")
    for name, member in zip(OF_GROUPS, members, strict=True):
        claims.pop(name, None)
        if given.get(member) and (with_roles or name == "cognito:groups"):
            claims[name] = given[member]


def change_claims(client: AppClient, claims: Claims, changes: Mapping[str, Any]) -> None:
    """Add, then suppress: what is in both lists is not there in the end."""
    for name, value in (changes.get("claimsToAddOrOverride") or {}).items():
        if may_set(name) or is_own_audience(client, claims, name, value):
            claims[name] = value
    for name in changes.get("claimsToSuppress") or []:
        if name == "cognito:groups":
            for each in OF_GROUPS:
                claims.pop(each, None)
        elif may_set(name) or name.startswith("dev:"):  # such an attribute can be left out, and no more
            claims.pop(name, None)


def may_set(name: str) -> bool:
    """Scopes have a member of their own."""
    return name not in PROTECTED and name != "scope" and not name.startswith(("cognito:", "dev:"))


def is_own_audience(client: AppClient, claims: Claims, name: str, value: Any) -> bool:
    """An access token may get an ``aud``: its own app client."""
    return name == "aud" and claims["token_use"] == "access" and value == client.id


def changed_scopes(scopes: Sequence[str], changes: Mapping[str, Any]) -> list[str]:
    suppressed = changes.get("scopesToSuppress") or []
    later = dict.fromkeys([*scopes, *(changes.get("scopesToAdd") or [])])
    return [scope for scope in later if scope not in suppressed]
