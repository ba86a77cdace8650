"""Identity pools and their settings: login providers, guests, roles (Cognito identity pools
API reference).

The pools are the lab's own objects, attached to moto's storage of a region: moto's have no place
for ``AllowClassicFlow``, roles or logins, and nothing else in moto reads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches, opaque_tokens
from cognito_lab.aws.api import pagination, services, tagging
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import Item
from cognito_lab.aws.iam import enforcement
from cognito_lab.errors import AwsError, OutsideTheLab, invalid
from cognito_lab.network import exchanges

PUBLIC_PROVIDERS = (
    "accounts.google.com",
    "appleid.apple.com",
    "graph.facebook.com",
    "www.amazon.com",
    "api.twitter.com",
    "www.digits.com",
)
POOLS_HOST = "cognito-identity.amazonaws.com"  # issues the identity pools' own tokens
USER_POOL_PROVIDER = re.compile(rf"cognito-idp\.({services.REGION})\.amazonaws\.com/(\1_[0-9A-Za-z]+)")


@dataclass
class Identity:
    """One identity of a pool: a guest's as long as it never had a login."""

    id: str
    created: datetime
    modified: datetime
    logins: dict[str, str] = field(default_factory=dict)  # subject by provider key: one login per provider
    developer_logins: list[tuple[str, str]] = field(default_factory=list)  # developer provider and user
    disabled: bool = False  # merged into another identity, or its last login was unlinked
    absorbed: set[str] = field(default_factory=set)  # ids of the identities merged into this one

    def pairs(self) -> list[tuple[str, str]]:
        """Provider key and subject of every login."""
        return [*self.logins.items(), *self.developer_logins]

    @property
    def providers(self) -> list[str]:
        """The keys of its logins."""
        return list(dict(self.pairs()))


@dataclass
class IdentityPool:
    """An identity pool: ``settings`` as AWS names them (what was left out is not there), roles, identities.

    ``owners`` finds the identity of a login by provider key and subject.
    """

    id: str
    settings: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    role_mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    principal_tags: dict[str, dict[str, Any]] = field(default_factory=dict)  # by provider name
    identities: dict[str, Identity] = field(default_factory=dict)
    owners: dict[tuple[str, str], Identity] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        return {"IdentityPoolId": self.id, **self.settings, "IdentityPoolTags": self.tags}

    @property
    def developer_provider(self) -> str | None:
        """The name under which the developer's own server vouches for people."""
        return self.settings.get("DeveloperProviderName")

    def clients_of(self, user_pool: str) -> list[dict[str, Any]]:
        """The rows of ``CognitoIdentityProviders`` for a user pool: one per app client that is let in."""
        rows = self.settings.get("CognitoIdentityProviders", [])
        return [row for row in rows if row.get("ProviderName") == user_pool]


@dataclass
class IdentityPools:
    """All identity pools of the account: by Region, then by id."""

    by_region: dict[str, dict[str, IdentityPool]] = field(default_factory=dict)


def all_pools(region: str) -> dict[str, IdentityPool]:
    return moto_patches.account_state(IdentityPools).by_region.setdefault(region, {})


def find_pool(region: str, pool_id: str) -> IdentityPool:
    """The pool, or ``ResourceNotFoundException``: also for a pool of another region."""
    pool = all_pools(region).get(pool_id)
    if pool is None:
        raise AwsError("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    return pool


# -- the pool itself -----------------------------------------------------------------------------


@operation("cognito-identity", "CreateIdentityPool")
def create_identity_pool(call: Call) -> dict[str, Any]:
    settings = _settings(call)
    check_settings(settings)
    pool = IdentityPool(f"{call.region}:{randomness.uuid4()}", settings, call.get("IdentityPoolTags", {}))
    all_pools(call.region)[pool.id] = pool
    return pool.describe()


@operation("cognito-identity", "DescribeIdentityPool")
def describe_identity_pool(call: Call) -> dict[str, Any]:
    return find_pool(call.region, call["IdentityPoolId"]).describe()


@operation("cognito-identity", "UpdateIdentityPool")
def update_identity_pool(call: Call) -> dict[str, Any]:
    """Replaces all settings: what is left out is removed, but for the developer provider's name."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    settings = _settings(call)
    check_settings(settings)
    check_developer_provider_kept(pool, settings)
    kept = {"DeveloperProviderName": pool.developer_provider} if pool.developer_provider else {}
    pool.settings = settings | kept
    pool.tags = call.get("IdentityPoolTags", pool.tags)
    return pool.describe()


@operation("cognito-identity", "DeleteIdentityPool")
def delete_identity_pool(call: Call) -> None:
    """The pool goes with its identities. Credentials that it handed out live until they expire."""
    del all_pools(call.region)[find_pool(call.region, call["IdentityPoolId"]).id]


@operation("cognito-identity", "ListIdentityPools")
def list_identity_pools(call: Call) -> dict[str, Any]:
    pools, following = paginate(call, list(all_pools(call.region).values()))
    shown = ("IdentityPoolId", "IdentityPoolName")
    return {"IdentityPools": [{name: pool.describe()[name] for name in shown} for pool in pools], **following}


def _settings(call: Call) -> dict[str, Any]:
    other = ("IdentityPoolId", "IdentityPoolTags")
    return {name: value for name, value in call.parameters.items() if value is not None and name not in other}


def check_settings(settings: dict[str, Any]) -> None:
    """Providers must have the form of their kind. Whether they exist shows when a login comes."""
    for row in settings.get("CognitoIdentityProviders", []):
        if not USER_POOL_PROVIDER.fullmatch(row.get("ProviderName", "")) or not row.get("ClientId"):
            raise invalid("Please provide a valid cognito identity provider")
    others = (*PUBLIC_PROVIDERS, *_oidc_keys(settings), POOLS_HOST)
    if settings.get("DeveloperProviderName") in others:  # or the two would have the same people
        raise invalid("Please provide a valid developer provider")
    for key in settings.get("SupportedLoginProviders", {}):
        if key not in PUBLIC_PROVIDERS:
            raise invalid("Please provide a valid public provider")
    kinds = {"OpenIdConnectProviderARNs": "oidc-provider", "SamlProviderARNs": "saml-provider"}
    for member, kind in kinds.items():
        for arn in settings.get(member, []):
            if not re.fullmatch(rf"arn:aws:iam::\d{{12}}:{kind}/.+", arn):
                raise invalid(f"Invalid {member}: {arn}")


def check_developer_provider_kept(pool: IdentityPool, settings: dict[str, Any]) -> None:
    """Once set, the name cannot be changed (API, "CreateIdentityPool"); AWS does not say with which code."""
    if pool.developer_provider and settings.get("DeveloperProviderName", pool.developer_provider) != (
        pool.developer_provider
    ):
        raise invalid("The developer provider name cannot be changed.")


# -- roles ---------------------------------------------------------------------------------------


@operation("cognito-identity", "SetIdentityPoolRoles")
def set_identity_pool_roles(call: Call) -> None:
    """Replaces both the default roles and the role mappings. Whether a role exists shows when it is taken."""
    pool = find_pool(call.region, call["IdentityPoolId"])
    mappings = call.get("RoleMappings", {})
    for key, mapping in mappings.items():
        check_mapped_provider(pool, key)
        check_role_mapping(mapping)
        check_claims_of_rules(key, mapping)
    rules = [rule for mapping in mappings.values() for rule in rules_of(mapping)]
    check_may_pass(call, [*call["Roles"].values(), *(rule["RoleARN"] for rule in rules)])
    pool.roles, pool.role_mappings = call["Roles"], mappings


@operation("cognito-identity", "GetIdentityPoolRoles")
def get_identity_pool_roles(call: Call) -> dict[str, Any]:
    pool = find_pool(call.region, call["IdentityPoolId"])
    answer: dict[str, Any] = {"IdentityPoolId": pool.id, "Roles": pool.roles}
    return {**answer, "RoleMappings": pool.role_mappings} if pool.role_mappings else answer


def check_may_pass(call: Call, roles: list[str]) -> None:
    """Who sets a role hands it on, and needs ``iam:PassRole`` for it (Cognito guide, RBAC)."""
    if enforcement.is_owner(call.principal):
        return
    keys = enforcement.context(exchanges.current_request(), call.principal)
    for role in roles:
        verdict = enforcement.verdict_on(call.principal, "iam:PassRole", role, keys)
        if not verdict:
            raise AwsError("NotAuthorizedException", f"Access to Role '{role}' is forbidden.")


def rules_of(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of a role mapping, in order."""
    return list(mapping.get("RulesConfiguration", {}).get("Rules", []))


def providers_of(pool: IdentityPool) -> set[str]:
    """The keys under which the pool's providers are mapped to roles: a user pool's with its app client, one
    that is registered in IAM by its ARN, and the others as in ``Logins``."""
    settings = pool.settings
    rows = settings.get("CognitoIdentityProviders", [])
    return {
        *(f"{row['ProviderName']}:{row['ClientId']}" for row in rows),
        *settings.get("SupportedLoginProviders", {}), *settings.get("SamlProviderARNs", []),
        *settings.get("OpenIdConnectProviderARNs", []),
    }  # fmt: skip


def _oidc_keys(settings: dict[str, Any]) -> list[str]:
    return [arn.partition("/")[2] for arn in settings.get("OpenIdConnectProviderARNs", [])]


def oidc_arn(key: str) -> str:
    """The ARN under which IAM knows the OpenID Connect provider whose key in ``Logins`` is ``key``."""
    return f"arn:aws:iam::{moto_patches.ACCOUNT}:oidc-provider/{key}"


def check_mapped_provider(pool: IdentityPool, key: str) -> None:
    """Roles are mapped for providers that the pool lists (measured)."""
    if key not in providers_of(pool):
        raise invalid(f"{key} is not a valid RoleMapping ProviderName or is not a configured provider.")


def check_role_mapping(mapping: dict[str, Any]) -> None:
    """A mapping is sound: 1 to 25 rules for type Rules, and what to do in doubt is said."""
    if not mapping.get("AmbiguousRoleResolution"):
        raise invalid("AmbiguousRoleResolution is required for a role mapping.")
    rules = rules_of(mapping)
    if (mapping["Type"] == "Rules") != bool(rules):
        raise invalid("RulesConfiguration goes with role mappings of type Rules.")
    if len(rules) > 25:
        raise invalid("A role mapping holds at most 25 rules.")


def check_claims_of_rules(key: str, mapping: dict[str, Any]) -> None:
    """Of opaque tokens, rules see three claims (Cognito guide, RBAC). AWS names no code for other claims."""
    for rule in rules_of(mapping) if key in opaque_tokens.ISSUERS else ():
        if rule["Claim"] not in ("iss", "aud", "sub"):
            raise OutsideTheLab(
                f"A rule on {rule['Claim']} of {key} is not played: there are iss, aud and sub."
            )


# -- tags ----------------------------------------------------------------------------------------


def _pool_of_arn(call: Call) -> IdentityPool:
    start = f"arn:aws:cognito-identity:{call.region}:{call.account}:identitypool/"
    if not call["ResourceArn"].startswith(start):
        raise invalid(f"Invalid ARN: {call['ResourceArn']}")
    return find_pool(call.region, call["ResourceArn"].removeprefix(start))


tagging.register_tag_operations("cognito-identity", lambda call: _pool_of_arn(call).tags)


# -- pages -----------------------------------------------------------------------------------------


def paginate(call: Call, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, str]]:
    """As everywhere (:func:`pagination.paginate`). AWS does not say how long a token of identity pools
    lives."""
    return pagination.paginate(call, items, "MaxResults", seconds=math.inf, text="Invalid NextToken")
