"""People who come from an outside provider: their profile, what is copied into it, and linking.

Everybody has a profile in the pool, whichever way they came. Source: "Mapping IdP attributes to profiles and
tokens"; "Linking federated users to an existing user profile"; AdminLinkProviderForUser and
AdminDisableProviderForUser in the API reference. Sources differ on a mapped attribute that the app client
may not write; here the sign-in is refused, as the API reference has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import validation
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import attributes, model
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import no_user
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import groups
from cognito_lab.aws.user_pools.settings import identity_providers
from cognito_lab.aws.user_pools.settings.identity_providers import IdentityProvider
from cognito_lab.aws.user_pools.sign_in import user_status
from cognito_lab.aws.user_pools.triggers import authentication, sign_up_triggers
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

NO_ALIASES = {"cognito:email_alias": "", "cognito:phone_number_alias": ""}  # of an event before sign-up
SUBJECT = "Cognito_Subject"  # AWS's name for whatever the provider calls its key of a person
MOST_IDENTITIES = 5  # "Quotas in Amazon Cognito": identities linked to one user
SIGNED_UP = (
    "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"
)


@dataclass(frozen=True)
class Identity:
    """Somebody as an outside provider knows them, by the subject or (if linked so) by a mapped attribute."""

    provider: str
    attribute: str
    value: str


class Identities(dict[Identity, User]):
    """Which profile of the pool each identity leads to."""

    def owner(self, pool: UserPool, identity: Identity) -> User | None:
        """Whose it is; nobody's, if that profile was deleted."""
        user = self.get(identity)
        return user if user and pool.people.has(user) else None


def _known(pool: UserPool) -> Identities:
    return moto_patches.state_of(pool, Identities)


# -- signing in ----------------------------------------------------------------------------------


def sign_in_federated_user(
    client: AppClient, provider: IdentityProvider, claims: Mapping[str, Any], subject: str
) -> User:
    """The profile of somebody whom ``provider`` vouches for, made or brought up to date.

    ``claims`` are the provider's, already verified; ``subject`` is its key of the person. All rules hold
    before anything is written: who is refused leaves no trace.

    Raises:
        AwsError: ``NotAuthorizedException``: disabled, or the client may not write a mapped attribute.
            ``InvalidParameterException``: a required attribute is missing, a value does not fit, or an
            immutable one would be written again; or the username is somebody else's.
            ``AliasExistsException``: a linked user would take over somebody's alias.
    """
    pool, values = client.pool, mapped(provider, claims)
    check_writable(client, values)
    attributes.check_values(pool.schema, values)
    identity = linked_identity(pool, provider, subject, values)
    if identity is None:
        return _make(client, provider, subject, values)
    user = _known(pool)[identity]
    user_status.check_enabled(user)
    authentication.before(client, user)
    check_mutable(pool, values)
    later = {**user.attributes, **values}
    check_required(pool, provider, later)
    pool.people.check_free(user, pool.people.names(later, user.status != "UNCONFIRMED"))
    pool.people.change(user, values)
    if identity.attribute != SUBJECT:
        _by_subject_from_now_on(pool, identity, subject)
    authentication.after(client, user)
    return user


def mapped(provider: IdentityProvider, claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims as attributes of the pool, by the provider's mapping. A claim that is not there changes
    nothing. An address counts as verified only if the mapping says where the provider says so."""
    values = {
        name: claims[claim] if isinstance(claims[claim], str) else json.dumps(claims[claim])
        for name, claim in provider.mapping.items()
        if name != "username" and claims.get(claim) not in (None, "")
    }
    unproved = {proof: "false" for name, proof in attributes.VERIFIED.items() if name in values}
    return {**unproved, **values}


def check_writable(client: AppClient, values: Mapping[str, str]) -> None:
    """WriteAttributes of the client covers the mapped attributes (CreateUserPoolClient).

    Cognito itself says whether an address is verified; that no client is ever allowed to.
    """
    own = [name for name in values if name not in attributes.VERIFIED.values()]
    attributes.check_write_rights(client.pool.schema, client.write_attributes, own)


def check_required(pool: UserPool, provider: IdentityProvider, values: Mapping[str, str]) -> None:
    """Every attribute that the pool requires came from the provider, or was there before."""
    missing = [name for name in pool.schema.required if not values.get(name)]
    if unmapped := [name for name in missing if name not in provider.mapping]:
        raise invalid(f"attributes required: [{', '.join(unmapped)}]")
    if missing:
        raise invalid(f"Invalid user attributes: {missing[0]}: The attribute is required")


def check_mutable(pool: UserPool, values: Mapping[str, str]) -> None:
    """Mapped attributes are written at every sign-in, so an immutable one lets its owner in once."""
    for name in values:
        if not pool.schema.find(name).mutable:
            raise invalid(f"Invalid user attributes: {name}: Attribute cannot be updated.")


def linked_identity(
    pool: UserPool, provider: IdentityProvider, subject: str, values: Mapping[str, str]
) -> Identity | None:
    """By which identity this person is known here already: the subject, or an attribute that was linked.

    An e-mail address leads to nobody unless an administrator linked it, and neither does a username.
    """
    keys = [Identity(provider.name, *key) for key in ((SUBJECT, subject), *values.items())]
    return next((key for key in keys if _known(pool).owner(pool, key)), None)


def username(pool: UserPool, provider: IdentityProvider, subject: str) -> str:
    """``Google_1234…``; in small letters where the pool does not tell ``Mara`` from ``mara``."""
    return f"{provider.name}_{subject if pool.people.case_sensitive else subject.lower()}"


def _make(client: AppClient, provider: IdentityProvider, subject: str, values: Mapping[str, str]) -> User:
    """Somebody comes for the first time. The functions before and after a sign-up run, those around a sign-in
    do not."""
    pool = client.pool
    name = username(pool, provider, subject)
    check_username(name)
    check_username_free(pool, name)
    check_required(pool, provider, values)
    flags = sign_up_triggers.before(pool, "ExternalProvider", name, {**NO_ALIASES, **values}, client=client)
    values = {**values, **{attributes.VERIFIED[each]: "true" for each in sign_up_triggers.proved_by(flags)}}
    check_username_free(pool, name)
    check_not_linked_meanwhile(pool, provider, subject, values)
    sub = randomness.uuid4()
    user = User(name, sub, {"sub": sub, **values}, "EXTERNAL_PROVIDER")
    pool.people.add(user)
    _keep(pool, provider, Identity(provider.name, SUBJECT, subject), user, primary=True)
    group = f"{pool.id}_{provider.name}"
    groups.join(pool, user, group, f"Autogenerated group for users who sign in using {provider.name}")
    sign_up_triggers.after(pool, user, client)
    return user


def check_not_linked_meanwhile(
    pool: UserPool, provider: IdentityProvider, subject: str, values: Mapping[str, str]
) -> None:
    """A function that links the newcomer to a profile makes this first attempt fail; the next one finds the
    link (as people report)."""
    if linked_identity(pool, provider, subject, values):
        raise invalid(f"Already found an entry for username {username(pool, provider, subject)}")


def check_username(name: str) -> None:
    """A username like any other: one that is longer, or has a space, no operation could name afterwards."""
    validation.check_input(moto_patches.service_model("cognito-idp").shape_for("UsernameType"), name)


def check_username_free(pool: UserPool, name: str) -> None:
    """Whoever signed up under the name that a provider's user would get is not given that user's sign-ins."""
    if pool.people.find(name):
        raise invalid(f"Already found an entry for username {name}")


# -- the list of identities ----------------------------------------------------------------------


def _listed(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(user.attributes.get("identities", "[]"))
    return found


def _keep(
    pool: UserPool, provider: IdentityProvider, identity: Identity, user: User, primary: bool = False
) -> None:
    """The identity leads to ``user`` from now on, and stands in the attribute ``identities``."""
    _known(pool)[identity] = user
    row = {
        "userId": identity.value, "providerName": provider.name, "providerType": provider.type,
        "issuer": identity_providers.issuer(provider), "primary": primary,
        "dateCreated": int(time.time() * 1000),
    }  # fmt: skip
    _write(pool, user, [*_listed(user), row])


def _by_subject_from_now_on(pool: UserPool, identity: Identity, subject: str) -> None:
    """Who was linked by another attribute has come, so the provider's key of the person is known."""
    user = _known(pool).pop(identity)
    _known(pool)[Identity(identity.provider, SUBJECT, subject)] = user
    rows = _listed(user)
    _row(rows, identity)["userId"] = subject
    _write(pool, user, rows)


def _row(rows: list[dict[str, Any]], identity: Identity) -> dict[str, Any]:
    wanted = identity.provider, identity.value
    return next(row for row in rows if (row["providerName"], row["userId"]) == wanted)


def _write(pool: UserPool, user: User, rows: list[dict[str, Any]]) -> None:
    pool.people.change(user, {"identities": json.dumps(rows, separators=(",", ":")) if rows else ""})


# -- linking -------------------------------------------------------------------------------------


@operation("cognito-idp", "AdminLinkProviderForUser")
def admin_link_provider_for_user(call: Call) -> dict[str, Any]:
    """Before its first sign-in, let an outside identity lead to a profile that is there already."""
    pool = model.pool_in(call)
    source, provider = _source(pool, call["SourceUser"])
    user = _destination(pool, call["DestinationUser"])
    check_not_signed_up(pool, source, user)
    check_room(user)
    check_all_mutable(pool, user)
    _keep(pool, provider, source, user)
    return {}


def _identity(given: Mapping[str, str]) -> Identity:
    parts = (given.get(f"Provider{part}", "") for part in ("Name", "AttributeName", "AttributeValue"))
    return Identity(*parts)


def _source(pool: UserPool, given: Mapping[str, str]) -> tuple[Identity, IdentityProvider]:
    """The identity to be linked, and its provider.

    Raises:
        AwsError: ``InvalidParameterException``: not an outside provider of this pool, or not a way to name
            its people.
    """
    source = _identity(given)
    provider = identity_providers.provider_by_name(pool, source.provider)
    if provider is None:
        raise invalid(f"SourceUser: {source.provider} is not an identity provider of the user pool.")
    nameable = (
        {SUBJECT}
        if provider.type in identity_providers.SOCIAL
        else {SUBJECT, *provider.mapping} - {"username"}
    )
    if source.attribute not in nameable or not source.value:
        raise invalid(f"SourceUser: not a name and value by which {provider.name} knows people.")
    return source, provider


def _destination(pool: UserPool, given: Mapping[str, str]) -> User:
    """The profile: a local one by its username, one from a provider by the provider's subject."""
    asked = _identity(given)
    if asked.provider == "Cognito":
        user = pool.people.find(asked.value)
    else:
        user = _known(pool).owner(pool, Identity(asked.provider, SUBJECT, asked.value))
    if user is None:
        raise no_user()
    return user


def check_not_signed_up(pool: UserPool, source: Identity, user: User) -> None:
    """Two profiles are never made one: link first, sign in afterwards."""
    owner = _known(pool).owner(pool, source)
    if owner is user:
        raise invalid("SourceUser is already linked to DestinationUser")
    if owner is not None:
        raise invalid(SIGNED_UP)


def check_room(user: User) -> None:
    if len(_listed(user)) >= MOST_IDENTITIES:
        raise AwsError("LimitExceededException", f"At most {MOST_IDENTITIES} identities of one user.")


def check_all_mutable(pool: UserPool, user: User) -> None:
    """A profile with an immutable attribute of its own cannot be linked to. ``sub`` is not meant."""
    for name in user.attributes:
        if name != "sub" and not pool.schema.find(name).mutable:
            raise invalid(f"DestinationUser has the immutable attribute {name}.")


@operation("cognito-idp", "AdminDisableProviderForUser")
def admin_disable_provider_for_user(call: Call) -> dict[str, Any]:
    """Undo a link; or, for the provider ``Cognito``, take a user's password away.

    AWS does not say whether such a user may ask for a new password; here that is not forbidden.
    """
    pool, asked = model.pool_in(call), _identity(call["User"])
    if asked.provider == "Cognito":
        if asked.attribute != SUBJECT:
            raise invalid(f"ProviderAttributeName of the provider Cognito is {SUBJECT}.")
        user = _destination(pool, call["User"])
        user.credential = None
        return {}
    owner = _known(pool).owner(pool, asked)
    if owner is None:
        raise no_user()
    rows = _listed(owner)
    mine = _row(rows, asked)
    if mine["primary"]:
        raise OutsideTheLab(
            "AdminDisableProviderForUser for a profile that its provider made is not played by this lab "
            "(AWS has it). AdminDisableUser keeps the user out."
        )
    del _known(pool)[asked]
    _write(pool, owner, [row for row in rows if row is not mine])
    return {}
