"""Outside identity providers of a pool: four social ones, any OpenID Connect provider, SAML 2.0.

That a provider stands here is half of it; the other half is an app client that lists it among its
``SupportedIdentityProviders``. Source: CreateIdentityProvider in the API reference; "Third-party IdP
sign-in".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cognito_lab.aws import jwt_issuers, moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import attributes, model
from cognito_lab.aws.user_pools.directory import to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.settings import saml_metadata
from cognito_lab.errors import AwsError, OutsideTheLab, invalid
from cognito_lab.network import addresses, hosts

SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")  # their name is their type
RESERVED = {name.casefold() for name in ("COGNITO", *SOCIAL)}


@dataclass(frozen=True)
class ProviderType:
    """What a type of provider wants in ``ProviderDetails``, what it may have besides, and what AWS adds.

    ``mapping`` has the claim from which the username is made, ``unsaid`` what no description shows, ``label``
    what the sign-in page calls the provider, if that is not its name.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    unsaid: tuple[str, ...] = ()
    label: str = ""


PEOPLE_API = "https://people.googleapis.com/v1/people/me?personFields="  # kept with Google, and never asked
# "Amazon Cognito derives the username from specific claims", and of OpenID Connect it is ``sub``.
BY_SUBJECT = {"username": "sub"}
WITH_SECRET = ("client_id", "client_secret", "authorize_scopes")
PROVIDER_TYPES = {
    "Facebook": ProviderType(
        WITH_SECRET,
        optional=("api_version",),  # without it, the oldest one that Facebook supports
        added={
            "attributes_url": "https://graph.facebook.com{version}/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://www.facebook.com{version}/dialog/oauth",
            "token_request_method": "GET",
            "token_url": "https://graph.facebook.com{version}/oauth/access_token",
        },
        mapping={"username": "id"},
    ),
    "LoginWithAmazon": ProviderType(
        WITH_SECRET,
        added={
            "attributes_url": "https://api.amazon.com/user/profile",
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://www.amazon.com/ap/oa",
            "token_request_method": "POST",
            "token_url": "https://api.amazon.com/auth/o2/token",
        },
        mapping={"username": "user_id"},
        label="Amazon",
    ),
    "SignInWithApple": ProviderType(
        ("client_id", "team_id", "key_id", "private_key", "authorize_scopes"),
        added={
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://appleid.apple.com/auth/authorize",
            "oidc_issuer": "https://appleid.apple.com",
            "token_request_method": "POST",
            "token_url": "https://appleid.apple.com/auth/token",
        },
        mapping=BY_SUBJECT,
        unsaid=("private_key",),
        label="Apple",
    ),
    "Google": ProviderType(
        WITH_SECRET,
        added={
            "attributes_url": PEOPLE_API,
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
            "oidc_issuer": "https://accounts.google.com",
            "token_request_method": "POST",
            "token_url": "https://www.googleapis.com/oauth2/v4/token",
        },
        mapping=BY_SUBJECT,
    ),
    "OIDC": ProviderType(
        (*WITH_SECRET, "oidc_issuer", "attributes_request_method"),
        optional=("authorize_url", "token_url", "attributes_url", "jwks_uri"),
        added={"attributes_url_add_attributes": "false"},
        mapping=BY_SUBJECT,
    ),
    "SAML": ProviderType(
        (),
        optional=("MetadataURL", "MetadataFile", "IDPInit", "IDPSignout", "EncryptedResponses",
                  "RequestSigningAlgorithm", "ActiveEncryptionCertificate", "SSORedirectBindingURI",
                  "SLORedirectBindingURI"),
    ),
}  # fmt: skip


@dataclass
class IdentityProvider:
    """One provider; ``details`` and ``mapping`` (attribute of the pool → claim) have AWS's member names."""

    pool_id: str
    name: str
    type: str
    details: dict[str, str]
    mapping: dict[str, str]
    identifiers: list[str]
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    @property
    def scopes(self) -> list[str]:
        return self.details.get("authorize_scopes", "").replace(",", " ").split()

    def endpoint(self, detail: str, member: str) -> str:
        """An address of the provider: from its details, else from its discovery document.

        Raises:
            NoKey: Neither has it (:class:`cognito_lab.aws.jwt_issuers.NoKey`), or the document cannot
                be
                had.
        """
        if self.details.get(detail):
            return self.details[detail]
        document = jwt_issuers.discover("cognito-idp", self.details["oidc_issuer"])
        if not isinstance(document.get(member), str):
            raise jwt_issuers.NoKey(f"{self.details['oidc_issuer']} publishes no {member}")
        return str(document[member])

    @property
    def subject(self) -> str:
        """The claim by which the provider knows people."""
        return PROVIDER_TYPES[self.type].mapping["username"]

    def describe(self) -> dict[str, Any]:
        """IdentityProviderType."""
        unsaid = PROVIDER_TYPES[self.type].unsaid
        details = {name: value for name, value in self.details.items() if name not in unsaid}
        return {
            "UserPoolId": self.pool_id, "ProviderName": self.name, "ProviderType": self.type,
            "ProviderDetails": details, "AttributeMapping": self.mapping,
            "IdpIdentifiers": self.identifiers,
            "LastModifiedDate": to_datetime(self.modified), "CreationDate": to_datetime(self.created),
        }  # fmt: skip


class IdentityProviders(dict[str, IdentityProvider]):
    """The providers of one pool by name."""


def _of(pool: UserPool) -> IdentityProviders:
    return moto_patches.state_of(pool, IdentityProviders)


def provider_by_name(pool: UserPool, name: str) -> IdentityProvider | None:
    """The pool's provider of this name."""
    return _of(pool).get(name)


def by_identifier(pool: UserPool, identifier: str) -> IdentityProvider | None:
    """The pool's provider that has ``identifier`` among its ``IdpIdentifiers``."""
    return next((one for one in _of(pool).values() if identifier in one.identifiers), None)


def label(pool: UserPool, name: str) -> str:
    """What the sign-in page calls the provider of this name."""
    found = provider_by_name(pool, name)
    return (found and PROVIDER_TYPES[found.type].label) or name


def names(pool: UserPool) -> list[str]:
    """The names of the pool's providers: with ``COGNITO``, what an app client may support."""
    return list(_of(pool))


def issuer(provider: IdentityProvider) -> str | None:
    """What ``identities`` gives as the issuer: of a SAML provider its entity ID, of others nothing."""
    return saml_metadata.metadata_of(provider.details).entity_id if provider.type == "SAML" else None


# -- settings ------------------------------------------------------------------------------------


def with_defaults(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """ProviderDetails in force: what was given, checked, and what AWS adds.

    Raises:
        AwsError: ``InvalidParameterException``: something is missing or not among this type's details.
        OutsideTheLab: A host in the details is not played here.
    """
    check_details(kind, given)
    version = f"/{given['api_version']}" if given.get("api_version") else ""
    added = {name: value.format(version=version) for name, value in PROVIDER_TYPES[kind].added.items()}
    details = {**given, **added}
    if kind == "SAML":
        return saml_metadata.complete_details(details)
    if kind in ("Google", "OIDC") and "openid" not in details["authorize_scopes"].replace(",", " ").split():
        raise OutsideTheLab("An identity provider without the scope openid is not played by this lab.")
    check_addresses(details)
    return details


def check_details(kind: str, given: Mapping[str, str]) -> None:
    known = {*PROVIDER_TYPES[kind].required, *PROVIDER_TYPES[kind].optional, *PROVIDER_TYPES[kind].added}
    for name in PROVIDER_TYPES[kind].required:
        if not given.get(name):
            raise invalid(f"Missing provider detail {name} for a provider of type {kind}.")
    for name in given:
        if name not in known:
            raise invalid(f"Invalid provider detail {name} for a provider of type {kind}.")


def check_addresses(details: Mapping[str, str]) -> None:
    """Cognito talks to the provider itself: by HTTPS only, and here only at hosts that the lab plays."""
    for name in ("oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri"):
        address = None if details.get(name) == PEOPLE_API else details.get(name)
        if address is not None and addresses.parts_of(address).scheme != "https":
            raise invalid(f"{name} is not an https address.")
        host = addresses.parts_of(address or "").hostname
        if host is not None and hosts.find_host(host) is None:
            raise OutsideTheLab(f"{host} ({name}) is not part of this lab: nothing was looked up or sent.")


def check_name(pool: UserPool, name: str, kind: str) -> None:
    """A social provider is called as its type; no other may have a name that means something already."""
    if kind in SOCIAL and name != kind:
        raise invalid(f"The name of a provider of type {kind} is {kind}.")
    if kind not in SOCIAL and name.casefold() in RESERVED:
        raise invalid(f"{name} is a reserved provider name.")
    if name in names(pool):
        raise AwsError("DuplicateProviderException", f"{name} already exists in user pool {pool.id}")


def check_identifiers(pool: UserPool, name: str, identifiers: list[str], code: str) -> None:
    """An identifier leads to one provider. ``code`` is one that the operation declares."""
    for identifier in identifiers:
        owner = by_identifier(pool, identifier)
        if owner is not None and owner.name != name:
            raise AwsError(code, f"{identifier} already belongs to {owner.name}")


def check_mapping(pool: UserPool, kind: str, mapping: Mapping[str, str]) -> None:
    """Keys are attributes that the pool has and that are not Cognito's own."""
    for name, claim in mapping.items():
        if name == "username":
            if claim != PROVIDER_TYPES[kind].mapping.get("username", claim):
                raise OutsideTheLab(f"A username made from the claim {claim} is not played by this lab.")
        elif name not in pool.schema.attributes or name in attributes.SET_BY_COGNITO:
            raise invalid(f"Invalid AttributeMapping: {name} is not an attribute that can be mapped.")


def _check_acr(call: Call) -> None:
    if call.get("AcrMapping"):
        raise OutsideTheLab(f"{call.operation} with AcrMapping is not played by this lab (AWS has it).")


# -- operations ----------------------------------------------------------------------------------


@operation("cognito-idp", "CreateIdentityProvider")
def create_identity_provider(call: Call) -> dict[str, Any]:
    pool, name, kind = model.pool_in(call), call["ProviderName"], call["ProviderType"]
    _check_acr(call)
    details = with_defaults(kind, call["ProviderDetails"])
    check_name(pool, name, kind)
    mapping = {**PROVIDER_TYPES[kind].mapping, **call.get("AttributeMapping", {})}
    check_mapping(pool, kind, mapping)
    identifiers = call.get("IdpIdentifiers", [])
    check_identifiers(pool, name, identifiers, "DuplicateProviderException")
    made = _of(pool)[name] = IdentityProvider(pool.id, name, kind, details, mapping, identifiers)
    return {"IdentityProvider": made.describe()}


def _named(call: Call) -> IdentityProvider:
    found = provider_by_name(model.pool_in(call), call["ProviderName"])
    if found is None:
        raise not_found(f"Identity provider {call['ProviderName']} does not exist.")
    return found


@operation("cognito-idp", "DescribeIdentityProvider")
def describe_identity_provider(call: Call) -> dict[str, Any]:
    return {"IdentityProvider": _named(call).describe()}


@operation("cognito-idp", "GetIdentityProviderByIdentifier")
def get_identity_provider_by_identifier(call: Call) -> dict[str, Any]:
    found = by_identifier(model.pool_in(call), call["IdpIdentifier"])
    if found is None:
        raise not_found(f"No identity provider has the identifier {call['IdpIdentifier']}.")
    return {"IdentityProvider": found.describe()}


@operation("cognito-idp", "UpdateIdentityProvider")
def update_identity_provider(call: Call) -> dict[str, Any]:
    """Details are replaced as a whole, as are the mapping and the identifiers; what is left out stays."""
    pool, provider = model.pool_in(call), _named(call)
    _check_acr(call)
    details, mapping = provider.details, provider.mapping
    if call.get("ProviderDetails") is not None:
        details = with_defaults(provider.type, call["ProviderDetails"])
    if call.get("AttributeMapping") is not None:
        mapping = {**PROVIDER_TYPES[provider.type].mapping, **call["AttributeMapping"]}
        check_mapping(pool, provider.type, mapping)
    identifiers = call.get("IdpIdentifiers", provider.identifiers)
    check_identifiers(pool, provider.name, identifiers, "InvalidParameterException")
    provider.details, provider.mapping, provider.identifiers = details, mapping, identifiers
    provider.modified = time.time()
    return {"IdentityProvider": provider.describe()}


@operation("cognito-idp", "DeleteIdentityProvider")
def delete_identity_provider(call: Call) -> None:
    """Nobody signs in through it any more. People and app clients stay as they are."""
    del _of(model.pool_in(call))[_named(call).name]


@operation("cognito-idp", "ListIdentityProviders")
def list_identity_providers(call: Call) -> dict[str, Any]:
    found, after = paginate(call, list(_of(model.pool_in(call)).values()), "MaxResults")
    shown = ("ProviderName", "ProviderType", "LastModifiedDate", "CreationDate")
    rows = [one.describe() for one in found]
    return {"Providers": [{name: row[name] for name in shown} for row in rows], **after}
