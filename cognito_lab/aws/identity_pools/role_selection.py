"""Which role does this identity get? The pool decides, not the app.

Source: Cognito guide, "Using role-based access control".

No login: the role for guests. A login whose provider has a role mapping: the role from the token, or
from the first rule that fits. A SAML login that names roles: one of those. Any other login: the role for
authenticated identities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cognito_lab.aws.iam.identity_providers import SAML_PROVIDER
from cognito_lab.aws.identity_pools.logins import Login, refusal
from cognito_lab.aws.identity_pools.pools import USER_POOL_PROVIDER, IdentityPool, oidc_arn
from cognito_lab.errors import AwsError

MATCHES: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda claim, value: claim == value,
    "NotEqual": lambda claim, value: claim != value,
    "Contains": lambda claim, value: value in claim,
    "StartsWith": lambda claim, value: claim.startswith(value),
}


# For a SAML login without a mapping the roles in the assertion count. Of several the caller must wish for one
# (Cognito guide, "Customizing your user role with SAML"). AWS does not say what becomes of who does not.
FROM_ASSERTION = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}


def choose(pool: IdentityPool, proved: list[Login], custom_role: str | None) -> str:
    """The ARN of the role for these verified logins.

    ``custom_role`` is ``CustomRoleArn``, the caller's wish among the roles that the logins give. Raises
    ``NotAuthorizedException`` when the mapping denies or the wish is not granted, and
    ``InvalidIdentityPoolConfigurationException`` when the pool has no role for this case.
    """
    login, mapping = role_mapping(pool, proved)
    if login and mapping:
        candidates, preferred = CHOICES[mapping["Type"]](mapping, login.claims)
        if custom_role:
            check_custom_role(custom_role, candidates)
        if custom_role or preferred:
            return str(custom_role or preferred)
        check_ambiguous(mapping, login)
    state = "authenticated" if proved else "unauthenticated"
    default = pool.roles.get(state)
    if default is None:
        raise no_role()
    if custom_role:
        check_custom_role(custom_role, [default])
    return default


def role_mapping(pool: IdentityPool, proved: list[Login]) -> tuple[Login | None, dict[str, Any] | None]:
    """The first login that has a mapping. For a user pool it stands under ``<key>:<app client>``."""
    for login in proved:
        user_pools = f"{login.key}:{login.client}" if USER_POOL_PROVIDER.fullmatch(login.key) else login.key
        for key in (user_pools, oidc_arn(login.key)):
            if key in pool.role_mappings:
                return login, pool.role_mappings[key]
        if SAML_PROVIDER.fullmatch(login.key) and login.claims["cognito:roles"]:
            return login, FROM_ASSERTION
    return None, None


Choice = tuple[list[str], str | None]  # the roles that a caller may wish for, and the one that is meant


def from_token(mapping: dict[str, Any], claims: dict[str, Any]) -> Choice:
    """``cognito:roles`` is an array, or one text with commas: AWS's pages differ, so both are taken."""
    roles = claims.get("cognito:roles", [])
    roles = roles.split(",") if isinstance(roles, str) else list(roles)
    return roles, claims.get("cognito:preferred_role") or (roles[0] if len(roles) == 1 else None)


def from_rules(mapping: dict[str, Any], claims: dict[str, Any]) -> Choice:
    """The first rule that fits, in the order of the rules."""
    roles = [rule["RoleARN"] for rule in mapping["RulesConfiguration"]["Rules"] if rule_fits(rule, claims)]
    return roles, roles[0] if roles else None


CHOICES = {"Token": from_token, "Rules": from_rules}


def rule_fits(rule: dict[str, Any], claims: dict[str, Any]) -> bool:
    """A claim that is missing fits no rule, not even ``NotEqual``. Of an array any element may fit."""
    if rule["Claim"] not in claims:
        return False
    claim = claims[rule["Claim"]]
    given = [_text(each) for each in claim] if isinstance(claim, list) else [_text(claim)]
    every = all if rule["MatchType"] == "NotEqual" else any
    return every(MATCHES[rule["MatchType"]](each, rule["Value"]) for each in given)


def check_custom_role(wish: str, candidates: list[str]) -> None:
    """A caller may choose among the roles that the login gives, and no other."""
    if wish not in candidates:
        raise refusal(f"Access to Role '{wish}' is forbidden.")


def check_ambiguous(mapping: dict[str, Any], login: Login) -> None:
    """Nothing decides between the roles, or there is none: the mapping says what then."""
    if mapping["AmbiguousRoleResolution"] == "Deny":
        raise refusal(f"The ambiguous role mapping rules for: {login.key} denied this request.")


def no_role() -> AwsError:
    return AwsError(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
