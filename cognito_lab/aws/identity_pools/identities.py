"""Identities: a guest's, or the one that a login leads to each time (Cognito guide,
"Identity pools authentication flow").

:func:`resolve` is the heart: which identity do these logins open? It finds, links and merges, and it
is the same for GetId, the credentials and the tokens.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.identity_pools import logins
from cognito_lab.aws.identity_pools.logins import Login, refusal
from cognito_lab.aws.identity_pools.pools import Identity, IdentityPool, all_pools, find_pool, paginate
from cognito_lab.errors import AwsError, invalid


@operation("cognito-identity", "GetId")
def get_id(call: Call) -> dict[str, Any]:
    """Without logins a new guest at every call; with logins the identity that they are linked to."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    return {"IdentityId": resolve(pool, None, logins.all_verified(pool, call)).id}


def identity_of_call(call: Call) -> tuple[IdentityPool, Identity, list[Login]]:
    """The identity that a call with ``IdentityId`` and ``Logins`` opens; it may be another one than named."""
    pool, named = get_identity(call.region, call["IdentityId"])
    proved = logins.all_verified(pool, call)
    return pool, resolve(pool, named, proved), proved


def get_identity(region: str, identity_id: str) -> tuple[IdentityPool, Identity]:
    for pool in all_pools(region).values():
        if identity_id in pool.identities:
            return pool, pool.identities[identity_id]
    raise AwsError("ResourceNotFoundException", f"Identity '{identity_id}' not found.")


# -- whose login is it? --------------------------------------------------------------------------


def resolve(pool: IdentityPool, named: Identity | None, proved: list[Login]) -> Identity:
    """The identity for the verified logins ``proved``; ``named`` is the one that the caller asked for.

    Raises ``NotAuthorizedException`` where guests are off or the logins do not open ``named``, and
    ``ResourceConflictException`` where two logins of one provider would meet in one identity.
    """
    if not proved:
        check_guests_allowed(pool)
        if named is not None:
            check_open_to_guests(named)
        return named or new_identity(pool)
    owners = list({id(owner): owner for owner in owners_of(pool, proved)}.values())
    if named is not None and named not in owners:
        if named.pairs() or named.disabled:
            check_logins_open(named, owners)
        else:  # a guest signs in: a new login makes the identity a member's, a known one swallows it
            owners.append(named)
    return join(pool, owners, named if named in owners and named and named.pairs() else None, proved)


def join(pool: IdentityPool, owners: list[Identity], kept: Identity | None, proved: list[Login]) -> Identity:
    """One identity for all ``owners``, ``kept`` or else the first, to which ``proved`` are linked."""
    check_one_login_per_provider(owners, [login for login in proved if login.key != pool.developer_provider])
    identity = kept or (owners[0] if owners else new_identity(pool))
    for other in owners:
        if other is not identity:
            merge(pool, other, identity)
    for login in proved:
        link(pool, identity, login.key, login.subject)
    return identity


def owners_of(pool: IdentityPool, proved: list[Login]) -> list[Identity]:
    found = [pool.owners.get((login.key, login.subject)) for login in proved]
    return [owner for owner in found if owner is not None]


def check_guests_allowed(pool: IdentityPool) -> None:
    if not pool.settings["AllowUnauthenticatedIdentities"]:
        raise refusal("Unauthenticated access is not supported for this identity pool.")


def check_open_to_guests(identity: Identity) -> None:
    """Once it has had a login, an identity is never again to be had without one."""
    if identity.pairs() or identity.disabled:
        raise refusal(f"Access to Identity '{identity.id}' is forbidden.")


def check_logins_open(identity: Identity, owners: list[Identity]) -> None:
    """At least one of the logins must be the identity's own; after a merge, its new owner's."""
    if identity.disabled and any(identity.id in owner.absorbed for owner in owners):
        return
    if owners or identity.disabled:
        raise refusal(f"Access to Identity '{identity.id}' is forbidden.")
    raise refusal(
        "Logins don't match. Please include at least one valid login for this identity or identity pool."
    )


def check_one_login_per_provider(owners: list[Identity], proved: list[Login]) -> None:
    """Linking and merging must not give one identity two logins of the same provider. ``proved`` is without
    the developer's: an identity may have several of their users (API, "LookupDeveloperIdentity")."""
    pairs = [(key, subject) for owner in owners for key, subject in owner.logins.items()]
    pairs += [(login.key, login.subject) for login in proved]
    if len({key for key, _ in pairs}) < len(set(pairs)):
        raise AwsError("ResourceConflictException", "Logins already linked to another account")


def new_identity(pool: IdentityPool) -> Identity:
    now = datetime.now(UTC)
    identity = Identity(f"{pool.id.partition(':')[0]}:{randomness.uuid4()}", now, now)
    pool.identities[identity.id] = identity
    return identity


def link(pool: IdentityPool, identity: Identity, key: str, subject: str) -> None:
    if (key, subject) not in identity.pairs():
        if key == pool.developer_provider:
            identity.developer_logins.append((key, subject))
        else:
            identity.logins[key] = subject
        identity.modified = datetime.now(UTC)
    pool.owners[key, subject] = identity


def merge(pool: IdentityPool, other: Identity, identity: Identity) -> None:
    """``identity`` takes over the logins of ``other``, which is disabled."""
    for key, subject in other.pairs():
        link(pool, identity, key, subject)
    identity.absorbed |= {other.id} | other.absorbed
    other.logins, other.developer_logins, other.absorbed, other.disabled = {}, [], set(), True
    other.modified = datetime.now(UTC)


# -- looking after identities ----------------------------------------------------------------------


@operation("cognito-identity", "UnlinkIdentity")
def unlink_identity(call: Call) -> None:
    """Take logins from an identity. Without any left it is inaccessible: it does not become a guest's."""
    pool, identity, _ = identity_of_call(call)
    for key in call["LoginsToRemove"]:
        if key not in identity.logins:
            raise invalid(f"{key} is not linked to this identity.")
    for key in dict.fromkeys(call["LoginsToRemove"]):
        unlink(pool, identity, key, identity.logins[key])


def unlink(pool: IdentityPool, identity: Identity, key: str, subject: str) -> None:
    del pool.owners[key, subject]
    if (key, subject) in identity.developer_logins:
        identity.developer_logins.remove((key, subject))
    else:
        del identity.logins[key]
    identity.disabled, identity.modified = not identity.pairs(), datetime.now(UTC)


@operation("cognito-identity", "DescribeIdentity")
def describe_identity(call: Call) -> dict[str, Any]:
    return _described(get_identity(call.region, call["IdentityId"])[1])


@operation("cognito-identity", "ListIdentities")
def list_identities(call: Call) -> dict[str, Any]:
    pool = find_pool(call.region, call["IdentityPoolId"])
    shown = [each for each in pool.identities.values() if not (call.get("HideDisabled") and each.disabled)]
    rows, following = paginate(call, shown)
    return {"IdentityPoolId": pool.id, "Identities": [_described(each) for each in rows], **following}


@operation("cognito-identity", "DeleteIdentities")
def delete_identities(call: Call) -> dict[str, Any]:
    """The logins of a deleted identity lead to a new one the next time."""
    refused = []
    for identity_id in call["IdentityIdsToDelete"]:
        try:
            pool, identity = get_identity(call.region, identity_id)
        except AwsError:
            refused.append({"IdentityId": identity_id, "ErrorCode": "AccessDenied"})
            continue
        del pool.identities[identity_id]
        for pair in identity.pairs():
            del pool.owners[pair]
    return {"UnprocessedIdentityIds": refused}


def _described(identity: Identity) -> dict[str, Any]:
    return {
        "IdentityId": identity.id,
        "Logins": identity.providers,
        "CreationDate": identity.created,
        "LastModifiedDate": identity.modified,
    }
