"""App clients: what one application may do with a pool, and how it proves itself.

Source: CreateUserPoolClient in the API reference; "Application-specific settings with app clients".
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import re
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import page
from cognito_lab.aws.user_pools import attributes, identity_providers, messages, pools, resource_servers
from cognito_lab.aws.user_pools.directory import User, moment
from cognito_lab.aws.user_pools.pools import UserPool
from cognito_lab.aws.user_pools.refusals import not_authorized, not_found
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols import constant_time

LOWER_CASE = string.ascii_lowercase + string.digits
DEFAULTS: dict[str, Any] = {
    "RefreshTokenValidity": 30,
    "TokenValidityUnits": {},
    "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    "AllowedOAuthFlowsUserPoolClient": False,
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
    "PreventUserExistenceErrors": "LEGACY",  # through the API; the console creates clients with ENABLED
}
NOT_SETTINGS = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
VALIDITY = {  # of a token: its unit if none is named, its default, its shortest and longest life in seconds
    "AccessToken": ("hours", 1, 300, 86400),
    "IdToken": ("hours", 1, 300, 86400),
    "RefreshToken": ("days", 30, 3600, 3650 * 86400),
}
LEGACY_FLOWS = {  # names from before ALLOW_*
    "ADMIN_NO_SRP_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH",),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH",),
    "CUSTOM_AUTH_FLOW_ONLY": ("ALLOW_CUSTOM_AUTH",),
}
OIDC_SCOPES = {"phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"}


@dataclass
class AppClient:
    """One app client of ``pool``; times are seconds since 1970, ``settings`` has AWS's member names."""

    id: str
    name: str
    secret: str | None
    settings: dict[str, Any]
    pool: UserPool
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    def lifetime(self, token: str) -> int:
        """Seconds that an ``"AccessToken"``, ``"IdToken"`` or ``"RefreshToken"`` lives."""
        return lifetime(self.settings, token)

    @property
    def flows(self) -> set[str]:
        """The flows it allows, by their names of today (``ALLOW_…``)."""
        return {new for flow in self.settings["ExplicitAuthFlows"] for new in LEGACY_FLOWS.get(flow, (flow,))}

    @property
    def rotates(self) -> bool:
        """Whether each refresh brings a new refresh token."""
        return rotates(self.settings)

    @property
    def revocable(self) -> bool:
        return bool(self.settings["EnableTokenRevocation"])

    @property
    def hides_users(self) -> bool:
        """Whether an unknown user is answered like a wrong password."""
        return bool(self.settings["PreventUserExistenceErrors"] == "ENABLED")

    @property
    def providers(self) -> list[str]:
        """By which identity providers people may sign in; ``COGNITO`` is the pool itself."""
        return self._listed("SupportedIdentityProviders")

    @property
    def callback_urls(self) -> list[str]:
        return self._listed("CallbackURLs")

    @property
    def logout_urls(self) -> list[str]:
        return self._listed("LogoutURLs")

    @property
    def has_oauth(self) -> bool:
        """Whether the OAuth settings are in force."""
        return bool(self.settings["AllowedOAuthFlowsUserPoolClient"])

    @property
    def oauth_flows(self) -> list[str]:
        """The grants of OAuth 2.0 that it may use: ``code``, ``implicit``, ``client_credentials``."""
        return self._listed("AllowedOAuthFlows")

    @property
    def oauth_scopes(self) -> list[str]:
        return self._listed("AllowedOAuthScopes")

    @property
    def write_attributes(self) -> list[str] | None:
        """The attributes that it may write; None: whatever the pool lets be written."""
        return self.settings.get("WriteAttributes")

    def _listed(self, member: str) -> list[str]:
        listed: list[str] = self.settings.get(member, [])
        return listed

    @property
    def readable(self) -> set[str]:
        return attributes.readable(self.pool.schema, self.settings.get("ReadAttributes"))

    def describe(self) -> dict[str, Any]:
        """UserPoolClientType, as DescribeUserPoolClient gives it."""
        secret = {"ClientSecret": self.secret} if self.secret else {}
        return {
            "UserPoolId": self.pool.id, "ClientName": self.name, "ClientId": self.id, **secret,
            "CreationDate": moment(self.created), "LastModifiedDate": moment(self.modified), **self.settings,
        }  # fmt: skip


def rotates(settings: Mapping[str, Any]) -> bool:
    return bool(settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")


def lifetime(settings: Mapping[str, Any], token: str) -> int:
    unit, default, _, _ = VALIDITY[token]
    unit = settings["TokenValidityUnits"].get(token, unit)
    given = settings.get(f"{token}Validity")
    if given is None:
        return default * SECONDS[VALIDITY[token][0]]
    return int(given) * SECONDS[unit]


# -- finding one, and its proofs ------------------------------------------------------------------


def find(region: str, client_id: str) -> AppClient:
    """The app client of this id.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    client = pools.service().clients.get(client_id)
    if client is None or client.pool.region != region:
        raise not_found(f"User pool client {client_id} does not exist.")
    return client


def of(call: Call) -> AppClient:
    """The app client that an operation names, in the pool that it names (if it names one)."""
    client = find(call.region, call["ClientId"])
    if call.get("UserPoolId") and pools.of(call) is not client.pool:
        raise not_found(f"User pool client {client.id} does not exist.")
    return client


def secret_hash(client: AppClient, username: str) -> str:
    """Base64(HMAC-SHA256(client secret, username + client id)): "Computing secret hash values"."""
    digest = hmac.digest((client.secret or "").encode(), (username + client.id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def check_secret_hash(client: AppClient, username: str, given: str | None) -> None:
    """A client with a secret proves with every public call that it knows it.

    Raises:
        AwsError: ``NotAuthorizedException``: missing, wrong, or sent for a client that has no secret.
    """
    if client.secret is None and given is not None:
        raise not_authorized(f"Client {client.id} is not configured for secret but secret hash was received")
    if client.secret is not None and given is None:
        raise not_authorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    if client.secret is not None and not constant_time.equal(secret_hash(client, username), given or ""):
        raise not_authorized(f"Unable to verify secret hash for client {client.id}")


def check_secret(client: AppClient, given: str | None) -> None:
    """The calls that take the secret itself instead of a hash."""
    if not constant_time.equal(client.secret or "", given or ""):
        raise not_authorized(f"Unable to verify secret for client {client.id}")


def user_of(call: Call, client: AppClient, hidden: AwsError) -> User:
    """The user whom a public call names; a client that hides users answers ``hidden`` for an unknown one."""
    user = client.pool.people.find(call["Username"])
    if user is None:
        raise hidden if client.hides_users else unknown()
    return user


def unknown() -> AwsError:
    return AwsError("UserNotFoundException", "Username/client id combination not found.")


def pretended_delivery(client: AppClient, name: str) -> dict[str, str]:
    """CodeDeliveryDetails for somebody unknown, the same each time, from a client that hides users.

    Raises:
        AwsError: ``UserNotFoundException``, from one that does not.
    """
    if not client.hides_users:
        raise unknown()
    digest = hashlib.sha256((client.pool.id + name).encode()).digest()
    letters = [string.ascii_lowercase[octet % 26] for octet in digest]
    return messages.delivery_details("email", f"{letters[0]}@{letters[1]}")


# -- settings ------------------------------------------------------------------------------------


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in force: what was given, and AWS's default for whatever was left out."""
    asked = {name: value for name, value in given.items() if name not in NOT_SETTINGS and value is not None}
    settings = copy.deepcopy({**DEFAULTS, **asked})
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30  # 0 stands for the default
    if given.get("RefreshTokenValidity") == 0:
        settings["TokenValidityUnits"].pop("RefreshToken", None)
    if rotates(settings) and not given.get("ExplicitAuthFlows"):
        settings["ExplicitAuthFlows"].remove("ALLOW_REFRESH_TOKEN_AUTH")
    return settings


def check_settings(pool: UserPool, settings: Mapping[str, Any], has_secret: bool) -> None:
    for token in VALIDITY:
        check_validity(settings, token)
    check_flows(pool, settings)
    check_attribute_lists(pool, settings)
    check_oauth(pool, settings, has_secret)
    for provider in settings.get("SupportedIdentityProviders", []):
        if provider != "COGNITO" and provider not in identity_providers.names(pool):
            raise invalid(f"The provider {provider} does not exist for User Pool {pool.id}.")


def check_validity(settings: Mapping[str, Any], token: str) -> None:
    """ID and access token: 5 minutes to a day. Refresh token: an hour to ten years."""
    _, _, shortest, longest = VALIDITY[token]
    if not shortest <= lifetime(settings, token) <= longest:
        raise invalid("Invalid range for token validity.")


def check_flows(pool: UserPool, settings: Mapping[str, Any]) -> None:
    flows = set(settings["ExplicitAuthFlows"])
    if flows & set(LEGACY_FLOWS) and flows - set(LEGACY_FLOWS):
        raise invalid("ExplicitAuthFlows may not mix values with and without the prefix ALLOW_.")
    if rotates(settings) and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
        raise invalid("ALLOW_REFRESH_TOKEN_AUTH cannot be used together with refresh token rotation.")
    if "ALLOW_USER_AUTH" in flows and pool.settings["UserPoolTier"] == "LITE":
        text = "The following feature is not available for the LITE pricing tier configured: ALLOW_USER_AUTH"
        raise AwsError("FeatureUnavailableInTierException", text)


def check_attribute_lists(pool: UserPool, settings: Mapping[str, Any]) -> None:
    """Attributes that the pool has; and nobody is given the right to write ``email_verified``."""
    known = set(pool.schema.attributes)
    lists = (("read", known), ("write", known - set(attributes.NEVER_WRITABLE)))
    for what, allowed in lists:
        if not set(settings.get(f"{what.capitalize()}Attributes", ())) <= allowed:
            raise invalid(f"Invalid {what} attributes specified while creating a client")


def check_oauth(pool: UserPool, settings: Mapping[str, Any], has_secret: bool) -> None:
    """OAuth 2.0 settings: scopes that exist, redirect addresses that nobody can listen in on."""
    flows, custom = settings.get("AllowedOAuthFlows", []), resource_servers.scopes(pool)
    if "client_credentials" in flows and (len(flows) > 1 or not has_secret):
        raise AwsError("InvalidOAuthFlowException", "client_credentials needs a secret and no other flow.")
    for scope in settings.get("AllowedOAuthScopes", []):
        if scope not in OIDC_SCOPES | custom:
            raise AwsError("ScopeDoesNotExistException", f"There is no resource server for {scope}.")
        if "client_credentials" in flows and scope not in custom:
            raise AwsError("InvalidOAuthFlowException", f"{scope} is not supported with client_credentials.")
    for url in (*settings.get("CallbackURLs", []), *settings.get("LogoutURLs", [])):
        check_redirect(url)
    default = settings.get("DefaultRedirectURI")
    if default and default not in settings.get("CallbackURLs", []):
        raise invalid("DefaultRedirectURI must be one of the CallbackURLs.")


def check_redirect(url: str) -> None:
    """Any scheme of an app's own will do; http only to the user's own machine; and no fragment.

    AWS takes http for ``localhost`` and the loopback addresses. Names below ``localhost`` are the lab's own
    addition: they are its hosts on this machine.
    """
    local = re.match(r"http://((?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?([/?]|$)", url)
    plain = url.startswith("http://") and not local
    if "#" in url or plain or not re.match(r"[a-z][a-z0-9+.-]*:/", url):
        raise invalid(f"{url} is not a valid redirect address.")


# -- operations ----------------------------------------------------------------------------------


@operation("cognito-idp", "CreateUserPoolClient")
def create_user_pool_client(call: Call) -> dict[str, Any]:
    pool, settings = pools.of(call), complete(call.parameters)
    secret = call.get("ClientSecret")
    if call.get("GenerateSecret"):
        secret = randomness.text(51, LOWER_CASE)
    check_settings(pool, settings, secret is not None)
    client = AppClient(randomness.text(26, LOWER_CASE), call["ClientName"], secret, settings, pool)
    pool.clients[client.id] = pools.service().clients[client.id] = client
    return {"UserPoolClient": client.describe()}


@operation("cognito-idp", "DescribeUserPoolClient")
def describe_user_pool_client(call: Call) -> dict[str, Any]:
    return {"UserPoolClient": of(call).describe()}


@operation("cognito-idp", "UpdateUserPoolClient")
def update_user_pool_client(call: Call) -> dict[str, Any]:
    """Whatever is left out goes back to its default."""
    client, settings = of(call), complete(call.parameters)
    check_settings(client.pool, settings, client.secret is not None)
    client.settings, client.name, client.modified = settings, call.get("ClientName", client.name), time.time()
    return {"UserPoolClient": client.describe()}


@operation("cognito-idp", "DeleteUserPoolClient")
def delete_user_pool_client(call: Call) -> None:
    client = of(call)
    del client.pool.clients[client.id], pools.service().clients[client.id]


@operation("cognito-idp", "ListUserPoolClients")
def list_user_pool_clients(call: Call) -> dict[str, Any]:
    found, after = page(call, list(pools.of(call).clients.values()), "MaxResults")
    listed = [{"ClientId": one.id, "UserPoolId": one.pool.id, "ClientName": one.name} for one in found]
    return {"UserPoolClients": listed, **after}
