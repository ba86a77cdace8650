"""App clients: what one application may do with a pool. How it proves itself is in `client_secrets`.

Source: CreateUserPoolClient in the API reference; "Application-specific settings with app clients".
"""

from __future__ import annotations

import copy
import re
import string
import time
from collections.abc import Mapping
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import attributes, model
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.settings import identity_providers, plans, resource_servers
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

LOWER_CASE = string.ascii_lowercase + string.digits
DEFAULTS: dict[str, Any] = {
    "RefreshTokenValidity": 30,
    "TokenValidityUnits": {},
    "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    "AllowedOAuthFlowsUserPoolClient": False,
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
}
NOT_SETTINGS = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")
URI = re.compile(
    r"(?:[\w.~:/?\[\]@!$&'()*+,;=-]|%[0-9a-f]{2})+", re.ASCII | re.IGNORECASE
)  # without a fragment
LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"  # of a host's name
WEB_ADDRESS = re.compile(rf"https://(?i:{LABEL}(?:\.{LABEL})*\.?|\[[0-9a-f:.]+\])(?::\d{{1,5}})?(?:[/?]|$)")
# Schemes that no app can have for its own: browsers act on them themselves.
OF_BROWSERS = {"http", "https", "file", "javascript", "vbscript", "data", "blob", "about", "ftp", "ws", "wss",
               "filesystem", "view-source"}  # fmt: skip
OIDC_SCOPES = {"phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"}


# -- settings ------------------------------------------------------------------------------------


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in force: what was given, and AWS's default for whatever was left out."""
    asked = {name: value for name, value in given.items() if name not in NOT_SETTINGS and value is not None}
    settings = copy.deepcopy({**DEFAULTS, **asked})
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30  # 0 stands for the default
    if given.get("RefreshTokenValidity") == 0:
        settings["TokenValidityUnits"].pop("RefreshToken", None)
    if model.rotates(settings) and not given.get("ExplicitAuthFlows"):
        flows = settings["ExplicitAuthFlows"]  # an empty list, or AWS's default
        settings["ExplicitAuthFlows"] = [flow for flow in flows if flow != "ALLOW_REFRESH_TOKEN_AUTH"]
    return settings


def check_settings(pool: UserPool, settings: Mapping[str, Any], has_secret: bool) -> None:
    for token in model.VALIDITY:
        check_validity(settings, token)
    check_flows(pool, settings)
    check_attribute_lists(pool, settings)
    check_oauth(pool, settings, has_secret)
    check_played(settings, has_secret)
    for provider in settings.get("SupportedIdentityProviders", []):
        if provider != "COGNITO" and provider not in identity_providers.names(pool):
            raise invalid(f"The provider {provider} does not exist for User Pool {pool.id}.")


def check_validity(settings: Mapping[str, Any], token: str) -> None:
    """ID and access token: 5 minutes to a day. Refresh token: an hour to ten years."""
    _, _, shortest, longest = model.VALIDITY[token]
    if not shortest <= model.lifetime(settings, token) <= longest:
        raise invalid("Invalid range for token validity.")


def check_flows(pool: UserPool, settings: Mapping[str, Any]) -> None:
    flows = set(settings["ExplicitAuthFlows"])
    if flows & set(model.LEGACY_FLOWS) and flows - set(model.LEGACY_FLOWS):
        raise invalid("ExplicitAuthFlows may not mix values with and without the prefix ALLOW_.")
    if model.rotates(settings) and "ALLOW_REFRESH_TOKEN_AUTH" in model.flows(settings):
        raise invalid("ALLOW_REFRESH_TOKEN_AUTH cannot be used together with refresh token rotation.")
    if "ALLOW_USER_AUTH" in flows:
        plans.check_user_auth(pool.settings["UserPoolTier"])


def check_attribute_lists(pool: UserPool, settings: Mapping[str, Any]) -> None:
    """Attributes that the pool has; and nobody is given the right to write ``email_verified``."""
    known = set(pool.schema.attributes)
    lists = (("read", known), ("write", known - set(attributes.NEVER_WRITABLE)))
    for what, allowed in lists:
        if not set(settings.get(f"{what.capitalize()}Attributes", ())) <= allowed:
            raise invalid(f"Invalid {what} attributes specified while creating a client")


def check_oauth(pool: UserPool, settings: Mapping[str, Any], has_secret: bool) -> None:
    """OAuth 2.0 settings: scopes that exist, redirect addresses that nobody can listen in on."""
    check_oauth_is_whole(settings)
    flows, custom = settings.get("AllowedOAuthFlows", []), resource_servers.scopes(pool)
    if "client_credentials" in flows and (len(flows) > 1 or not has_secret):
        raise AwsError("InvalidOAuthFlowException", "client_credentials needs a secret and no other flow.")
    for scope in settings.get("AllowedOAuthScopes", []):
        if scope not in OIDC_SCOPES | custom:
            raise AwsError("ScopeDoesNotExistException", f"There is no resource server for {scope}.")
        if "client_credentials" in flows and scope not in custom:
            raise AwsError(
                "InvalidOAuthFlowException", f"{scope} is not supported with client_credentials flow"
            )
    for url in (*settings.get("CallbackURLs", []), *settings.get("LogoutURLs", [])):
        check_redirect(url)
    default = settings.get("DefaultRedirectURI")
    if default and default not in settings.get("CallbackURLs", []):
        raise invalid("DefaultRedirectURI must be one of the CallbackURLs.")


def check_oauth_is_whole(settings: Mapping[str, Any]) -> None:
    """OAuth 2.0 that is on has a flow, something to grant, and an address to which the browser goes back.

    Raises:
        AwsError: ``InvalidOAuthFlowException``, ``InvalidParameterException``.
    """
    if {"code", "implicit"} & set(settings.get("AllowedOAuthFlows", [])) and not settings.get("CallbackURLs"):
        text = "CallbackUrls can not be empty when code flow or implicit flow is selected"
        raise AwsError("InvalidOAuthFlowException", text)
    needed = ("AllowedOAuthFlows", "AllowedOAuthScopes")
    if settings["AllowedOAuthFlowsUserPoolClient"] and not all(settings.get(name) for name in needed):
        raise invalid(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use "
            "OAuth flows."
        )


def check_played(settings: Mapping[str, Any], has_secret: bool) -> None:
    """Settings for other services and token exchange: to store them would look as if something came of them.

    Raises:
        AwsError: ``InvalidParameterException``: user context data for a client without a secret.
        OutsideTheLab: Analytics.
    """
    if settings["EnablePropagateAdditionalUserContextData"] and not has_secret:
        raise invalid("EnablePropagateAdditionalUserContextData is for app clients with a secret.")
    flows = [flow for flow in settings["ExplicitAuthFlows"] if flow.startswith("ALLOW_TOKEN_EXCHANGE_")]
    for what in (*flows, "AnalyticsConfiguration"):
        if what in flows or settings.get(what):
            raise OutsideTheLab(f"An app client with {what} is not played by this lab (AWS has it).")


def check_redirect(url: str) -> None:
    """An address (RFC 3986): https to a host, http to the user's own machine only, or an app's own scheme.

    AWS takes http for ``localhost`` and the loopback addresses, and no fragment. Names below ``localhost``
    are the lab's own addition: they are its hosts on this machine.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    local = re.match(r"http://((?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?([/?]|$)", url)
    scheme = url.partition(":")[0]
    web = WEB_ADDRESS.match(url) if scheme == "https" else local
    own = scheme not in OF_BROWSERS and re.match(r"[a-z][a-z0-9+.-]*:/", url)
    if not (web or own) or not URI.fullmatch(url):
        raise invalid(f"{url} is not a valid redirect address.")


# -- operations ----------------------------------------------------------------------------------


@operation("cognito-idp", "CreateUserPoolClient")
def create_user_pool_client(call: Call) -> dict[str, Any]:
    pool, settings = model.pool_in(call), with_defaults(call.parameters)
    secret = call.get("ClientSecret")
    if call.get("GenerateSecret") and secret:
        raise invalid("GenerateSecret and ClientSecret cannot both be given.")
    if call.get("GenerateSecret"):
        secret = randomness.text(51, LOWER_CASE)
    check_settings(pool, settings, secret is not None)
    client = AppClient(randomness.text(26, LOWER_CASE), call["ClientName"], secret, settings, pool)
    pool.clients[client.id] = model.registry().clients[client.id] = client
    return {"UserPoolClient": client.describe()}


@operation("cognito-idp", "DescribeUserPoolClient")
def describe_user_pool_client(call: Call) -> dict[str, Any]:
    return {"UserPoolClient": model.client_in(call).describe()}


@operation("cognito-idp", "UpdateUserPoolClient")
def update_user_pool_client(call: Call) -> dict[str, Any]:
    """Whatever is left out goes back to its default."""
    client, settings = model.client_in(call), with_defaults(call.parameters)
    check_settings(client.pool, settings, client.secret is not None)
    client.settings, client.name, client.modified = settings, call.get("ClientName", client.name), time.time()
    return {"UserPoolClient": client.describe()}


@operation("cognito-idp", "DeleteUserPoolClient")
def delete_user_pool_client(call: Call) -> None:
    client = model.client_in(call)
    del client.pool.clients[client.id], model.registry().clients[client.id]


@operation("cognito-idp", "ListUserPoolClients")
def list_user_pool_clients(call: Call) -> dict[str, Any]:
    found, after = paginate(call, list(model.pool_in(call).clients.values()), "MaxResults")
    listed = [{"ClientId": one.id, "UserPoolId": one.pool.id, "ClientName": one.name} for one in found]
    return {"UserPoolClients": listed, **after}
