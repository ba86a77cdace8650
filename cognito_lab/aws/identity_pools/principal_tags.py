"""Attributes for access control: claims of a login become session tags, which policies ask for.

Sources: Cognito guide, "Using attributes for access control"; API, "SetPrincipalTagAttributeMap".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import opaque_tokens
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.iam.identity_providers import SAML_PROVIDER
from cognito_lab.aws.identity_pools import pools
from cognito_lab.aws.identity_pools.logins import NAME_ID, Login
from cognito_lab.aws.identity_pools.pools import IdentityPool, find_pool
from cognito_lab.aws.sts import web_identity
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

DEFAULTS = {"client": "aud", "username": "sub"}  # the claims by tag, of user pools and most other providers
# Those of SAML. AWS names the claims ("Default provider mappings"), and not the tags.
SAML_DEFAULTS = {"nameidentifier": NAME_ID, "name": NAME_ID.replace("nameidentifier", "name")}
UNLIKE_OTHERS = {opaque_tokens.AMAZON: {"client": "aud", "username": "user_id"}}
MOST_BYTES = 460  # of all tags of a caller


@operation("cognito-identity", "SetPrincipalTagAttributeMap")
def set_principal_tag_attribute_map(call: Call) -> dict[str, Any]:
    """Which claims of a provider's tokens become which tags. ``UseDefaults`` sets ``PrincipalTags`` aside."""
    pool, name = find_pool(call.region, call["IdentityPoolId"]), call["IdentityProviderName"]
    check_listed(pool, name)
    defaults = call.get("UseDefaults", False)
    usual = SAML_DEFAULTS if SAML_PROVIDER.fullmatch(name) else UNLIKE_OTHERS.get(name, DEFAULTS)
    tags = usual if defaults else call.get("PrincipalTags", {})
    pool.principal_tags[name] = {"UseDefaults": defaults, "PrincipalTags": tags}
    return _described(pool, name)


@operation("cognito-identity", "GetPrincipalTagAttributeMap")
def get_principal_tag_attribute_map(call: Call) -> dict[str, Any]:
    pool, name = find_pool(call.region, call["IdentityPoolId"]), call["IdentityProviderName"]
    if name not in pool.principal_tags:
        raise AwsError("ResourceNotFoundException", f"No principal tags for provider '{name}'.")
    return _described(pool, name)


def _described(pool: IdentityPool, name: str) -> dict[str, Any]:
    return {"IdentityPoolId": pool.id, "IdentityProviderName": name, **pool.principal_tags[name]}


def check_listed(pool: IdentityPool, name: str) -> None:
    """The pool lists the provider: a user pool by its name, one that is registered in IAM by its ARN."""
    settings = pool.settings
    arns = [*settings.get("OpenIdConnectProviderARNs", []), *settings.get("SamlProviderARNs", [])]
    if name not in (*settings.get("SupportedLoginProviders", {}), *arns) and not pool.clients_of(name):
        raise invalid(f"{name} is not a configured provider.")


def tags_of(pool: IdentityPool, proved: list[Login]) -> dict[str, list[str]]:
    """The session tags for these verified logins, as a token says them. A missing claim gives no tag.

    For a user of the developer's, their server said the tags when it asked for the token.
    """
    found: dict[str, Any] = {}
    for login in proved:
        if login.key == pool.developer_provider:
            found |= login.claims.get(web_identity.TAGS, {}).get("principal_tags", {})
        for tag, claim in map_of(pool, login).items():
            if claim in login.claims:
                found[tag] = [login.client if claim == "aud" else login.claims[claim]]
    check_sizes(found)
    return found


def map_of(pool: IdentityPool, login: Login) -> dict[str, str]:
    row = pool.principal_tags.get(login.key) or pool.principal_tags.get(pools.oidc_arn(login.key), {})
    return dict(row.get("PrincipalTags", {}))


def check_sizes(tags: dict[str, Any]) -> None:
    """What STS does not take as tags, and more than Cognito passes on, has no code that AWS documents."""
    size = sum(len(f"{key}{value[0]}".encode()) for key, value in tags.items())
    if size > MOST_BYTES or not all(map(web_identity.is_tag, tags, tags.values())):
        raise OutsideTheLab(
            "Claims that are too long, or not simple text, are not played as tags by this lab."
        )
