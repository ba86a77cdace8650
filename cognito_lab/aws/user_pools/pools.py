"""User pools: their settings, what each plan allows, and what can never be changed again.

Source: CreateUserPool, UpdateUserPool in the API reference; "User pool feature plans".
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import tagging
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import page
from cognito_lab.aws.user_pools import passwords, srp
from cognito_lab.aws.user_pools.attributes import Schema
from cognito_lab.aws.user_pools.directory import Directory, User, moment
from cognito_lab.aws.user_pools.refusals import no_user, not_found
from cognito_lab.errors import AwsError, OutsideTheLab, invalid
from cognito_lab.protocols import jwt_issuers

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.app_clients import AppClient
    from cognito_lab.aws.user_pools.domains import Domain

DEFAULTS: dict[str, Any] = {
    "Policies": {},
    "DeletionProtection": "INACTIVE",
    "LambdaConfig": {},
    "AutoVerifiedAttributes": [],
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
    "MfaConfiguration": "OFF",
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
    "UserPoolTier": "ESSENTIALS",
}
FOR_EVER = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration")  # set once, with Schema
NOT_SETTINGS = ("PoolName", "UserPoolId", "Schema", "UserPoolTags")
OLDER = {  # names for members of VerificationMessageTemplate
    "SmsVerificationMessage": "SmsMessage",
    "EmailVerificationMessage": "EmailMessage",
    "EmailVerificationSubject": "EmailSubject",
}
TEMPLATES = {  # kind of message: its subject and text where the pool has none of its own
    "verification": ("Your verification code", "Your verification code is {####}."),
    "invitation": (
        "Your temporary password",
        "Your username is {username} and temporary password is {####}.",
    ),
}


def _factors(settings: Mapping[str, Any]) -> set[str]:
    return set(settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])


PLANS = ("LITE", "ESSENTIALS", "PLUS")
Asks = Callable[[Mapping[str, Any]], bool]
FEATURES: tuple[tuple[str, str, Asks], ...] = (  # lowest plan, name, whether settings ask for it
    ("ESSENTIALS", "Passwordless", lambda settings: _factors(settings) != {"PASSWORD"}),
    (
        "ESSENTIALS",
        "Password History",
        lambda s: bool(s["Policies"]["PasswordPolicy"].get("PasswordHistorySize")),
    ),
    (
        "PLUS",
        "Threat Protection",
        lambda s: s.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF",
    ),
)
# Settings on which the lab does not act (yet), with the values that ask for nothing. To store another one
# would look as if the lab acted on it.
NOT_PLAYED: dict[str, tuple[Any, ...]] = {
    "MfaConfiguration": ("OFF",),
    "LambdaConfig": ({},),
    "DeviceConfiguration": (),
    "AcrConfiguration": ({},),
    "DcrConfiguration": ({"EnableStatus": "Disabled"},),
    "KeyConfiguration": ({"KeyType": "AWS_OWNED_KEY"},),
    "IssuerConfiguration": ({"Type": "ORIGINAL"},),
    "UserPoolAddOns": ({}, {"AdvancedSecurityMode": "OFF"}),
    "EmailConfiguration": (DEFAULTS["EmailConfiguration"],),
}


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
        return bool(_factors(self.settings) & {"EMAIL_OTP", "SMS_OTP"})

    def verifies(self, attribute: str) -> bool:
        """Whether Cognito sends a code to this attribute by itself."""
        return attribute in self.settings["AutoVerifiedAttributes"]

    def set_password(self, user: User, password: str, status: str) -> None:
        """Keep a hash of ``password`` for ``user``, whose status becomes ``status``."""
        former = [*user.credential.former, user.credential.current] if user.credential else []
        known = passwords.Hash.of(password, srp.full_name(self.id, user.username))
        user.credential = passwords.Credential(known, time.time(), former[-24:])
        user.status, user.modified = status, time.time()

    def template(self, kind: str, medium: str) -> tuple[str, str]:
        """Subject and text of a message, with AWS's placeholders; an SMS has no subject."""
        subject, text = TEMPLATES[kind]
        own = self.settings["VerificationMessageTemplate"]
        if kind == "invitation":
            own = self.settings["AdminCreateUserConfig"].get("InviteMessageTemplate", {})
        if medium == "SMS":
            return "", own.get("SMSMessage") or own.get("SmsMessage") or text
        return own.get("EmailSubject") or subject, own.get("EmailMessage") or text

    def describe(self) -> dict[str, Any]:
        """UserPoolType, as DescribeUserPool gives it."""
        return {
            "Id": self.id, "Name": self.name, **self.settings,
            "SchemaAttributes": [attribute.describe() for attribute in self.schema.attributes.values()],
            "CreationDate": moment(self.created), "LastModifiedDate": moment(self.modified),
            "EstimatedNumberOfUsers": len(self.people), "UserPoolTags": self.tags, "Arn": self.arn,
            **({"Domain": self.domain.prefix} if self.domain else {}),
        }  # fmt: skip


@dataclass
class Service:
    """Every pool and app client of the account, by id; both kinds of id are unique across regions.

    Domains go by Region and prefix.
    """

    pools: dict[str, UserPool] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    domains: dict[tuple[str, str], Domain] = field(default_factory=dict)


def service() -> Service:
    return moto_patches.account_state(Service)


def find(region: str, pool_id: str) -> UserPool:
    """The pool of this id in this region.

    Raises:
        AwsError: ``ResourceNotFoundException``, also for a pool of another region.
    """
    pool = service().pools.get(pool_id)
    if pool is None or pool.region != region:
        raise not_found(f"User pool {pool_id} does not exist.")
    return pool


def of(call: Call) -> UserPool:
    """The pool that an operation's ``UserPoolId`` names."""
    return find(call.region, call["UserPoolId"])


def user_of(call: Call) -> User:
    """The user whom an administrator's call names.

    Raises:
        AwsError: ``UserNotFoundException``.
    """
    user = of(call).people.find(call["Username"])
    if user is None:
        raise no_user()
    return user


# -- settings ------------------------------------------------------------------------------------


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in force: what was given, and AWS's default for whatever was left out."""
    asked = {name: value for name, value in given.items() if name not in NOT_SETTINGS and value is not None}
    settings = copy.deepcopy({**DEFAULTS, **asked})
    policies = settings["Policies"]
    policies["PasswordPolicy"] = passwords.complete(policies.get("PasswordPolicy"))
    policies.setdefault("SignInPolicy", {}).setdefault("AllowedFirstAuthFactors", ["PASSWORD"])
    template, admins = settings["VerificationMessageTemplate"], settings["AdminCreateUserConfig"]
    template.setdefault("DefaultEmailOption", "CONFIRM_WITH_CODE")
    for older, name in OLDER.items():
        if older in settings:
            template.setdefault(name, settings[older])
    admins.setdefault("AllowAdminCreateUserOnly", False)
    admins["UnusedAccountValidityDays"] = policies["PasswordPolicy"]["TemporaryPasswordValidityDays"]
    return settings


def check_settings(call: Call, settings: Mapping[str, Any]) -> None:
    """Settings that contradict each other, ask for more than the plan, or are not played here."""
    if "SOFTWARE_TOKEN" in _factors(settings):
        raise invalid("SOFTWARE_TOKEN is not supported as a first authentication factor.")
    if settings["MfaConfiguration"] != "OFF" and "SmsConfiguration" not in settings:
        raise invalid("SMS configuration is required when MFA is set with the user pool.")
    mechanisms = settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    if len(mechanisms) > 1 and "admin_only" in (mechanism["Name"] for mechanism in mechanisms):
        raise invalid("Invalid account recovery setting: admin_only stands alone.")
    check_plan(settings, updating=call.operation == "UpdateUserPool")
    asked = [name for name in NOT_PLAYED if name in settings and settings[name] not in NOT_PLAYED[name]]
    if settings["VerificationMessageTemplate"]["DefaultEmailOption"] == "CONFIRM_WITH_LINK":
        asked.append("CONFIRM_WITH_LINK")
    if asked:
        raise OutsideTheLab(f"{call.operation} with {asked[0]} is not played by this lab (AWS has it).")


def check_plan(settings: Mapping[str, Any], updating: bool = False) -> None:
    """The pool's plan covers every feature that its settings ask for.

    Raises:
        AwsError: ``FeatureUnavailableInTierException``.
    """
    plan = settings["UserPoolTier"]
    for lowest, feature, asks in FEATURES:
        if asks(settings) and PLANS.index(plan) < PLANS.index(lowest):
            what = "features need to be disabled" if updating else "feature is not available"
            text = f"The following {what} for the {plan} pricing tier configured: {feature}"
            raise AwsError("FeatureUnavailableInTierException", text)


def check_sign_in_names(settings: Mapping[str, Any], schema: Schema) -> None:
    """How people name themselves: by username attributes or by aliases, not both."""
    if settings.get("UsernameAttributes") and settings.get("AliasAttributes"):
        raise invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
    aliases = settings.get("AliasAttributes", [])
    if "preferred_username" in aliases and "preferred_username" in schema.required:
        raise invalid("preferred_username cannot be both required and an alias.")


# -- operations ----------------------------------------------------------------------------------


@operation("cognito-idp", "CreateUserPool")
def create_user_pool(call: Call) -> dict[str, Any]:
    settings, schema = complete(call.parameters), Schema()
    for attribute in call.get("Schema", []):
        schema.declare(attribute)
    check_sign_in_names(settings, schema)
    check_settings(call, settings)
    people = Directory(
        settings.get("UsernameAttributes", []),
        settings.get("AliasAttributes", []),
        # The API's default; the console's is the opposite.
        settings.get("UsernameConfiguration", {}).get("CaseSensitive", True),
    )
    pool_id = f"{call.region}_{randomness.text(9)}"
    pool = UserPool(pool_id, call.region, call.account, call["PoolName"], settings, schema, people)
    pool.tags.update(call.get("UserPoolTags", {}))
    service().pools[pool_id] = pool
    return {"UserPool": pool.describe()}


@operation("cognito-idp", "DescribeUserPool")
def describe_user_pool(call: Call) -> dict[str, Any]:
    return {"UserPool": of(call).describe()}


@operation("cognito-idp", "UpdateUserPool")
def update_user_pool(call: Call) -> None:
    """Whatever is left out goes back to its default, except what can never be changed."""
    pool = of(call)
    kept = {name: pool.settings[name] for name in FOR_EVER if name in pool.settings}
    settings = complete({**call.parameters, **kept})
    check_settings(call, settings)
    pool.settings, pool.name, pool.modified = settings, call.get("PoolName", pool.name), time.time()
    pool.tags.update(call.get("UserPoolTags", {}))


@operation("cognito-idp", "DeleteUserPool")
def delete_user_pool(call: Call) -> None:
    pool = of(call)
    check_deletion_protection(pool)
    check_no_domain(pool)
    for client_id in pool.clients:
        del service().clients[client_id]
    del service().pools[pool.id]


def check_deletion_protection(pool: UserPool) -> None:
    if pool.settings["DeletionProtection"] == "ACTIVE":
        raise invalid(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )


def check_no_domain(pool: UserPool) -> None:
    if pool.domain:
        raise invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")


@operation("cognito-idp", "ListUserPools")
def list_user_pools(call: Call) -> dict[str, Any]:
    here = [pool for pool in service().pools.values() if pool.region == call.region]
    pools, after = page(call, here, "MaxResults")
    listed = [
        {"Id": pool.id, "Name": pool.name, "LambdaConfig": pool.settings["LambdaConfig"],
         "CreationDate": moment(pool.created), "LastModifiedDate": moment(pool.modified)}
        for pool in pools
    ]  # fmt: skip
    return {"UserPools": listed, **after}


@operation("cognito-idp", "AddCustomAttributes")
def add_custom_attributes(call: Call) -> None:
    pool = of(call)
    schema = copy.deepcopy(pool.schema)  # all of them are added, or none
    for attribute in call["CustomAttributes"]:
        schema.add_custom(attribute)
    pool.schema = schema


def _tagged(call: Call) -> UserPool:
    arn = call["ResourceArn"]
    pool = find(call.region, arn.rpartition("/")[2])
    if pool.arn != arn:
        raise not_found(f"User pool {arn} does not exist.")
    return pool


tagging.play("cognito-idp", lambda call: _tagged(call).tags)
