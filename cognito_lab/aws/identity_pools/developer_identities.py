"""Developer-authenticated identities: your own server signs people in, and vouches for them to the pool.

The server holds AWS credentials, so all of these calls are signed: no app can make them. The token goes to
the app, which shows it in ``Logins`` (:func:`logins.developer_login`) or takes it to STS.

Source: identity pools API Reference, the four operations. They do not say with which code a user is refused
who is not registered, or a name that is not the pool's: the codes here are the ones that fit best.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.identity_pools import identities, logins, open_id_tokens
from cognito_lab.aws.identity_pools.logins import Login
from cognito_lab.aws.identity_pools.pools import POOLS_HOST, Identity, IdentityPool, find_pool, paginate
from cognito_lab.aws.sts import web_identity
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

TOKEN_SECONDS = 900  # unless TokenDuration says otherwise, up to 24 hours
MOST_LOGINS = 20


@operation("cognito-identity", "GetOpenIdTokenForDeveloperIdentity")
def get_open_id_token_for_developer_identity(call: Call) -> dict[str, Any]:
    """A token for a user of the developer's: of the identity that is theirs, or of ``IdentityId``."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    named = identity_in(pool, call["IdentityId"]) if call.get("IdentityId") else None
    given, name = dict(call["Logins"]), str(pool.developer_provider)
    check_provider_name(pool, given)
    user = given.pop(name)
    if named is not None:
        check_not_registered_elsewhere(pool, user, named)
    others = [login_beside(pool, key, token) for key, token in given.items()]
    tags = {web_identity.TAGS: {"principal_tags": {k: [v] for k, v in call.get("PrincipalTags", {}).items()}}}
    proved = [Login(name, pool.id, {"sub": user, "aud": pool.id, **tags}), *others]
    owners = list(
        {id(one): one for one in ([named] if named else []) + identities.owners_of(pool, proved)}.values()
    )
    identity = identities.join(pool, owners, named, proved)
    said = open_id_tokens.claims(pool, identity, proved)
    return open_id_tokens.issued(said, call.get("TokenDuration", TOKEN_SECONDS))


def login_beside(pool: IdentityPool, key: str, token: str) -> Login:
    """A login beside the developer's. Of a provider that does not answer it is not proved: this operation
    declares no ``ExternalServiceException``."""
    try:
        return logins.verified_login(pool, key, token)
    except AwsError as error:
        if error.code == "ExternalServiceException":
            raise logins.refusal(error.message) from error
        raise


def identity_in(pool: IdentityPool, identity_id: str) -> Identity:
    """An identity of this pool that is open to a login."""
    identity = pool.identities.get(identity_id)
    if identity is None or identity.disabled:
        raise AwsError("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    return identity


def check_provider_name(pool: IdentityPool, names: Collection[str]) -> None:
    """The developer's provider is named, and by that name: a token of theirs is for the app."""
    if pool.developer_provider not in names or POOLS_HOST in names:
        raise invalid("Please provide a valid developer provider")


def check_not_registered_elsewhere(pool: IdentityPool, user: str, named: Identity) -> None:
    """A user of the developer's is one identity's; two become one by ``MergeDeveloperIdentities`` alone."""
    owner = pool.owners.get((str(pool.developer_provider), user))
    if owner not in (None, named):
        text = "The developer user identifier is already registered under a different identity ID."
        raise AwsError("DeveloperUserAlreadyRegisteredException", text)


def owner_of(pool: IdentityPool, user: str) -> Identity:
    owner = pool.owners.get((str(pool.developer_provider), user))
    if owner is None:
        raise AwsError("ResourceNotFoundException", f"Developer user identifier '{user}' not found.")
    return owner


def check_is_owner(owner: Identity, identity_id: str) -> None:
    if owner.id != identity_id:
        raise AwsError("ResourceConflictException", "Logins already linked to another account")


@operation("cognito-identity", "LookupDeveloperIdentity")
def lookup_developer_identity(call: Call) -> dict[str, Any]:
    """The identity of a user, the users of an identity, or whether the two belong together."""
    pool, user = find_pool(call.region, call["IdentityPoolId"]), call.get("DeveloperUserIdentifier")
    check_asks_for_one(call)
    owner = owner_of(pool, user) if user else identity_in(pool, call["IdentityId"])
    check_is_owner(owner, call.get("IdentityId", owner.id))
    users = [user] if user else [one for _, one in owner.developer_logins]
    shown, following = paginate(call, users)
    return {"IdentityId": owner.id, "DeveloperUserIdentifierList": shown, **following}


def check_asks_for_one(call: Call) -> None:
    if not (call.get("IdentityId") or call.get("DeveloperUserIdentifier")):
        raise invalid("Either IdentityId or DeveloperUserIdentifier must be given.")


@operation("cognito-identity", "MergeDeveloperIdentities")
def merge_developer_identities(call: Call) -> dict[str, Any]:
    """The destination's identity takes over the logins of the source's, which is disabled."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    check_provider_name(pool, [call["DeveloperProviderName"]])
    source, kept = (owner_of(pool, call[f"{side}UserIdentifier"]) for side in ("Source", "Destination"))
    check_few_logins([*source.pairs(), *kept.pairs()] if source is not kept else [])
    return {
        "IdentityId": identities.join(pool, list({kept.id: kept, source.id: source}.values()), kept, []).id
    }


def check_few_logins(pairs: list[tuple[str, str]]) -> None:
    if len(pairs) > MOST_LOGINS:
        raise OutsideTheLab(f"AWS refuses to merge more than {MOST_LOGINS} logins; its code is not known.")


@operation("cognito-identity", "UnlinkDeveloperIdentity")
def unlink_developer_identity(call: Call) -> None:
    """The user is a new identity the next time; an identity without any login left is inaccessible."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    check_provider_name(pool, [call["DeveloperProviderName"]])
    identity, user = identity_in(pool, call["IdentityId"]), call["DeveloperUserIdentifier"]
    check_is_owner(owner_of(pool, user), identity.id)
    identities.unlink(pool, identity, str(pool.developer_provider), user)
