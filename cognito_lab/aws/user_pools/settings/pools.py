"""User pools: their settings, and what can never be changed again. What a plan allows is in `plans`.

Source: CreateUserPool, UpdateUserPool in the API reference.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.api import tagging
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import model, passwords
from cognito_lab.aws.user_pools.attributes import Schema
from cognito_lab.aws.user_pools.directory import Directory, to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.settings import domains, mfa_configuration, plans
from cognito_lab.aws.user_pools.tokens import session_tracking
from cognito_lab.errors import OutsideTheLab, invalid

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
DEVICES = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
IMMUTABLE_SETTINGS = (
    "UsernameAttributes",
    "AliasAttributes",
    "UsernameConfiguration",
)  # set once, with Schema
NOT_SETTINGS = ("PoolName", "UserPoolId", "Schema", "UserPoolTags")
LEGACY_TEMPLATE_MEMBERS = {  # names for members of VerificationMessageTemplate
    "SmsVerificationMessage": "SmsMessage",
    "EmailVerificationMessage": "EmailMessage",
    "EmailVerificationSubject": "EmailSubject",
}
# Settings on which the lab does not act (yet), with the values that ask for nothing. To store another one
# would look as if the lab acted on it.
UNSUPPORTED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "AcrConfiguration": ({},),
    "DcrConfiguration": ({"EnableStatus": "Disabled"},),
    "KeyConfiguration": ({"KeyType": "AWS_OWNED_KEY"},),
    "IssuerConfiguration": ({"Type": "ORIGINAL"},),
}
CUSTOM_SENDERS = ("CustomEmailSender", "CustomSMSSender", "KMSKeyID")  # which need a key of AWS KMS


# -- settings ------------------------------------------------------------------------------------


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in force: what was given, and AWS's default for whatever was left out."""
    asked = {name: value for name, value in given.items() if name not in NOT_SETTINGS and value is not None}
    settings = copy.deepcopy({**DEFAULTS, **asked})
    policies = settings["Policies"]
    policies.setdefault("SignInPolicy", {}).setdefault("AllowedFirstAuthFactors", ["PASSWORD"])
    template, admins = settings["VerificationMessageTemplate"], settings["AdminCreateUserConfig"]
    template.setdefault("DefaultEmailOption", "CONFIRM_WITH_CODE")
    for older, name in LEGACY_TEMPLATE_MEMBERS.items():
        if older in settings:
            template.setdefault(name, settings[older])
        if name in template:  # a description shows each text under both of its names (measured)
            settings[older] = template[name]
    admins.setdefault("AllowAdminCreateUserOnly", False)
    if settings.get("DeviceConfiguration"):  # one member is enough to switch it on
        settings["DeviceConfiguration"] = DEVICES | settings["DeviceConfiguration"]
    settings["EmailConfiguration"].setdefault("EmailSendingAccount", "COGNITO_DEFAULT")
    days = (policies.get("PasswordPolicy") or {}).get("TemporaryPasswordValidityDays")
    older_days = admins.get("UnusedAccountValidityDays")
    policies["PasswordPolicy"] = policy = passwords.with_defaults(policies.get("PasswordPolicy"))
    if not days and older_days:  # counts as long as the newer name does not ("AdminCreateUserConfigType")
        policy["TemporaryPasswordValidityDays"] = older_days
    admins["UnusedAccountValidityDays"] = policy["TemporaryPasswordValidityDays"]
    add_both_names(settings["LambdaConfig"])
    return settings


def add_both_names(functions: dict[str, Any]) -> None:
    """The trigger before tokens has an older member without a version: a description shows both."""
    if "PreTokenGeneration" in functions:
        older = {"LambdaVersion": "V1_0", "LambdaArn": functions["PreTokenGeneration"]}
        functions.setdefault("PreTokenGenerationConfig", older)
    elif "PreTokenGenerationConfig" in functions:
        functions["PreTokenGeneration"] = functions["PreTokenGenerationConfig"]["LambdaArn"]


def check_one_function(functions: Mapping[str, Any]) -> None:
    if functions.get("PreTokenGeneration") != functions.get("PreTokenGenerationConfig", {}).get("LambdaArn"):
        raise invalid("PreTokenGeneration and PreTokenGenerationConfig must name the same function.")


def check_settings(call: Call, settings: Mapping[str, Any], mfa: Mapping[str, Any]) -> None:
    """Settings that contradict each other, ask for more than the plan, or are not played here."""
    check_first_factors(model.first_factors(settings))
    check_one_function(settings["LambdaConfig"])
    first = settings["UserAttributeUpdateSettings"].get("AttributesRequireVerificationBeforeUpdate", [])
    if not set(first) <= set(settings["AutoVerifiedAttributes"]):
        raise invalid(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"
        )
    mechanisms = settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    if len(mechanisms) > 1 and "admin_only" in (mechanism["Name"] for mechanism in mechanisms):
        raise invalid("Invalid account recovery setting: admin_only stands alone.")
    mfa_configuration.check_mfa(settings, mfa, updating=call.operation == "UpdateUserPool")
    asked = [
        name
        for name in UNSUPPORTED_SETTINGS
        if name in settings and settings[name] not in UNSUPPORTED_SETTINGS[name]
    ]
    asked += [name for name in CUSTOM_SENDERS if name in settings["LambdaConfig"]]
    asked += [name for name in ("ConfigurationSet",) if name in settings["EmailConfiguration"]]
    asked += [
        name for name in ("AdvancedSecurityAdditionalFlows",) if name in settings.get("UserPoolAddOns", {})
    ]
    if asked:
        raise OutsideTheLab(f"{call.operation} with {asked[0]} is not played by this lab (AWS has it).")


def check_first_factors(factors: set[str]) -> None:
    """An app is a second factor; and a password is always among the first ones, as people report."""
    if "SOFTWARE_TOKEN" in factors:
        raise invalid("SOFTWARE_TOKEN is not supported as a first authentication factor.")
    if "PASSWORD" not in factors:
        raise invalid("AllowedFirstAuthFactors must include PASSWORD.")


def factors_in_force(settings: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """CreateUserPool and UpdateUserPool know one factor: SMS, which is on where MFA and its role are."""
    if settings["MfaConfiguration"] == "OFF":
        return {}
    mfa = {name: value for name, value in before.items() if name != "SmsMfaConfiguration"}
    with_sms = "SmsConfiguration" in settings or not mfa or "SmsMfaConfiguration" in before
    return {**mfa, "SmsMfaConfiguration": {}} if with_sms else mfa


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
    settings, schema = with_defaults(call.parameters), Schema()
    for attribute in call.get("Schema", []):
        schema.declare(attribute)
    check_sign_in_names(settings, schema)
    mfa = factors_in_force(settings, {})
    check_settings(call, settings, mfa)
    people = Directory(
        settings.get("UsernameAttributes", []),
        settings.get("AliasAttributes", []),
        # The API's default; the console's is the opposite.
        settings.get("UsernameConfiguration", {}).get("CaseSensitive", True),
    )
    pool_id = f"{call.region}_{randomness.text(9)}"
    pool = UserPool(pool_id, call.region, call.account, call["PoolName"], settings, schema, people)
    pool.mfa = mfa
    pool.tags.update(call.get("UserPoolTags", {}))
    model.registry().pools[pool_id] = pool
    return {"UserPool": pool.describe()}


@operation("cognito-idp", "DescribeUserPool")
def describe_user_pool(call: Call) -> dict[str, Any]:
    return {"UserPool": model.pool_in(call).describe()}


@operation("cognito-idp", "UpdateUserPool")
def update_user_pool(call: Call) -> None:
    """Whatever is left out goes back to its default, except what can never be changed."""
    pool = model.pool_in(call)
    kept = {name: pool.settings[name] for name in IMMUTABLE_SETTINGS if name in pool.settings}
    settings = with_defaults({**call.parameters, **kept})
    mfa = factors_in_force(settings, pool.mfa)
    check_settings(call, settings, mfa)
    plans.check_plan({**settings, **features_beside(pool)}, updating=True)
    pool.settings, pool.mfa = settings, mfa
    pool.name, pool.modified = call.get("PoolName", pool.name), time.time()
    pool.tags.update(call.get("UserPoolTags", {}))


def features_beside(pool: UserPool) -> dict[str, Any]:
    """What operations of its own have set, which a lower plan would have to cover as well."""
    features = {"WebAuthnConfiguration": pool.web_authn, "ManagedLoginVersion": domains.version_of(pool)}
    return features | ({"SessionConfiguration": {}} if session_tracking.of(pool).on else {})


@operation("cognito-idp", "DeleteUserPool")
def delete_user_pool(call: Call) -> None:
    pool = model.pool_in(call)
    check_deletion_protection(pool)
    check_no_domain(pool)
    for client_id in pool.clients:
        del model.registry().clients[client_id]
    del model.registry().pools[pool.id]


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
    here = [pool for pool in model.registry().pools.values() if pool.region == call.region]
    pools, after = paginate(call, here, "MaxResults")
    listed = [
        {"Id": pool.id, "Name": pool.name, "LambdaConfig": pool.settings["LambdaConfig"],
         "CreationDate": to_datetime(pool.created), "LastModifiedDate": to_datetime(pool.modified)}
        for pool in pools
    ]  # fmt: skip
    return {"UserPools": listed, **after}


@operation("cognito-idp", "AddCustomAttributes")
def add_custom_attributes(call: Call) -> None:
    pool = model.pool_in(call)
    schema = copy.deepcopy(pool.schema)  # all of them are added, or none
    for attribute in call["CustomAttributes"]:
        schema.add_custom(attribute)
    pool.schema = schema


def _tagged(call: Call) -> UserPool:
    arn = call["ResourceArn"]
    pool = model.get_pool(call.region, arn.rpartition("/")[2])
    if pool.arn != arn:
        raise not_found(f"User pool {arn} does not exist.")
    return pool


tagging.register_tag_operations("cognito-idp", lambda call: _tagged(call).tags)
