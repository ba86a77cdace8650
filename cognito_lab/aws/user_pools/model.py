"""What a user pool is made of: the pool, its app clients and its domain, and how a call finds them.

Operations import this module; it imports none of them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cognito_lab.aws import jwt_issuers, moto_patches
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.user_pools import attributes, passwords, srp
from cognito_lab.aws.user_pools.attributes import Schema
from cognito_lab.aws.user_pools.directory import Directory, User, to_datetime
from cognito_lab.aws.user_pools.errors import no_user, not_found

SECONDS_PER_UNIT = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
VALIDITY = {  # of a token: its unit if none is named, its default, its shortest and longest life in seconds
    "AccessToken": ("hours", 1, 300, 86400),
    "IdToken": ("hours", 1, 300, 86400),
    "RefreshToken": ("days", 30, 3600, 3650 * 86400),
}
ALWAYS_ON = ("ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
LEGACY_FLOWS = {  # names from before ALLOW_*, which did not list what always went (measured)
    "ADMIN_NO_SRP_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", *ALWAYS_ON),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", *ALWAYS_ON),
    "CUSTOM_AUTH_FLOW_ONLY": ("ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
}


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
        return flows(self.settings)

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
        return bool(self.settings.get("PreventUserExistenceErrors") == "ENABLED")

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
            "CreationDate": to_datetime(self.created), "LastModifiedDate": to_datetime(self.modified),
            **self.settings,
        }  # fmt: skip


def flows(settings: Mapping[str, Any]) -> set[str]:
    """The flows that ``ExplicitAuthFlows`` allow, by their names of today (``ALLOW_…``)."""
    return {new for flow in settings["ExplicitAuthFlows"] for new in LEGACY_FLOWS.get(flow, (flow,))}


def rotates(settings: Mapping[str, Any]) -> bool:
    return bool(settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")


def lifetime(settings: Mapping[str, Any], token: str) -> int:
    unit, default, _, _ = VALIDITY[token]
    unit = settings["TokenValidityUnits"].get(token, unit)
    given = settings.get(f"{token}Validity")
    if given is None:
        return default * SECONDS_PER_UNIT[VALIDITY[token][0]]
    return int(given) * SECONDS_PER_UNIT[unit]


# -- finding one ------------------------------------------------------------------


def get_client(region: str, client_id: str) -> AppClient:
    """The app client of this id.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    client = registry().clients.get(client_id)
    if client is None or client.pool.region != region:
        raise not_found(f"User pool client {client_id} does not exist.")
    return client


def client_in(call: Call) -> AppClient:
    """The app client that an operation names, in the pool that it names (if it names one)."""
    client = get_client(call.region, call["ClientId"])
    if call.get("UserPoolId") and pool_in(call) is not client.pool:
        raise not_found(f"User pool client {client.id} does not exist.")
    return client


CLASSIC, MANAGED_LOGIN = 1, 2  # ManagedLoginVersion: the hosted UI (classic), and managed login


@dataclass
class Domain:
    """The prefix domain of ``pool``; ``version`` is its ManagedLoginVersion."""

    prefix: str
    pool: UserPool
    version: int = CLASSIC

    @property
    def url(self) -> str:
        return f"https://{self.prefix}.auth.{self.pool.region}.amazoncognito.com"

    def describe(self) -> dict[str, Any]:
        """DomainDescriptionType."""
        return {
            "UserPoolId": self.pool.id, "AWSAccountId": self.pool.account, "Domain": self.prefix,
            "Status": "ACTIVE", "CustomDomainConfig": {}, "ManagedLoginVersion": self.version,
        }  # fmt: skip


TEMPLATES = {  # kind of message: its subject and text where the pool has none of its own
    "verification": ("Your verification code", "Your verification code is {####}."),
    "link": (
        "Your verification link",
        "Please click the link below to verify your email address. {##Verify Email##}",
    ),
    "invitation": (
        "Your temporary password",
        "Your username is {username} and temporary password is {####}.",
    ),
    "invitation without password": ("Your new account", "Your username is {username}."),
    "authentication": ("Your authentication code", "Your authentication code is {####}."),
}


# First factors that are a code, and the attribute to which the code goes.
CODES = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}


def first_factors(settings: Mapping[str, Any]) -> set[str]:
    return set(settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])


@dataclass
class UserPool:
    """One user pool; times are seconds since 1970, ``settings`` has AWS's member names."""

    id: str
    region: str
    account: str
    name: str
    settings: dict[str, Any]
    schema: Schema
    people: Directory
    tags: dict[str, str] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    domain: Domain | None = None
    mfa: dict[str, Any] = field(
        default_factory=dict
    )  # the factors that are on, by SetUserPoolMfaConfig's member
    web_authn: dict[str, Any] = field(default_factory=dict)  # SetUserPoolMfaConfig's WebAuthnConfiguration
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-idp:{self.region}:{self.account}:userpool/{self.id}"

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens, and where its keys are published."""
        return jwt_issuers.of_user_pool(self.region, self.id)

    @property
    def password_policy(self) -> dict[str, Any]:
        policy: dict[str, Any] = self.settings["Policies"]["PasswordPolicy"]
        return policy

    @property
    def is_passwordless(self) -> bool:
        """Whether a user can do without a password: a code by e-mail or SMS may come first."""
        return bool(first_factors(self.settings) & set(CODES))

    def verifies(self, attribute: str) -> bool:
        """Whether Cognito sends a code to this attribute by itself."""
        return attribute in self.settings["AutoVerifiedAttributes"]

    def set_password(self, user: User, password: str, status: str) -> None:
        """Keep a hash of ``password`` for ``user``, whose status becomes ``status``."""
        former = [*user.credential.former, user.credential.current] if user.credential else []
        known = passwords.Hash.of(password, srp.full_name(self.id, user.username))
        user.credential = passwords.Credential(known, time.time(), former[-24:])
        user.status, user.modified = status, time.time()

    @property
    def confirms_by_link(self) -> bool:
        """Whether the e-mail after a sign-up has a link in place of a code."""
        option: str = self.settings["VerificationMessageTemplate"]["DefaultEmailOption"]
        return option == "CONFIRM_WITH_LINK"

    def template(self, kind: str, medium: str) -> tuple[str, str]:
        """Subject and text of a message, with AWS's placeholders; an SMS has no subject."""
        subject, text = TEMPLATES[kind]
        own = self.settings["VerificationMessageTemplate"]
        if kind == "link":
            own = {
                "EmailSubject": own.get("EmailSubjectByLink"),
                "EmailMessage": own.get("EmailMessageByLink"),
            }
        elif kind.startswith("invitation"):
            own = self.settings["AdminCreateUserConfig"].get("InviteMessageTemplate", {})
        elif kind == "authentication":
            email = self.mfa.get("EmailMfaConfiguration", {})
            own = {"EmailSubject": email.get("Subject"), "EmailMessage": email.get("Message"),
                   "SmsMessage": self.settings.get("SmsAuthenticationMessage")}  # fmt: skip
        if medium == "SMS":
            return "", own.get("SMSMessage") or own.get("SmsMessage") or text
        return own.get("EmailSubject") or subject, own.get("EmailMessage") or text

    def describe(self) -> dict[str, Any]:
        """UserPoolType, as DescribeUserPool gives it."""
        return {
            "Id": self.id, "Name": self.name, **self.settings,
            "SchemaAttributes": [attribute.describe() for attribute in self.schema.attributes.values()],
            "CreationDate": to_datetime(self.created), "LastModifiedDate": to_datetime(self.modified),
            "EstimatedNumberOfUsers": len(self.people), "UserPoolTags": self.tags, "Arn": self.arn,
            **({"Domain": self.domain.prefix} if self.domain else {}),
        }  # fmt: skip


@dataclass
class Registry:
    """Every pool and app client of the account, by id; both kinds of id are unique across regions.

    Domains go by Region and prefix.
    """

    pools: dict[str, UserPool] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    domains: dict[tuple[str, str], Domain] = field(default_factory=dict)


def registry() -> Registry:
    return moto_patches.account_state(Registry)


def get_pool(region: str, pool_id: str) -> UserPool:
    """The pool of this id in this region.

    Raises:
        AwsError: ``ResourceNotFoundException``, also for a pool of another region.
    """
    pool = registry().pools.get(pool_id)
    if pool is None or pool.region != region:
        raise not_found(f"User pool {pool_id} does not exist.")
    return pool


def pool_in(call: Call) -> UserPool:
    """The pool that an operation's ``UserPoolId`` names."""
    return get_pool(call.region, call["UserPoolId"])


def user_in_admin_call(call: Call) -> User:
    """The user whom an administrator's call names.

    Raises:
        AwsError: ``UserNotFoundException``.
    """
    user = pool_in(call).people.find(call["Username"])
    if user is None:
        raise no_user()
    return user
