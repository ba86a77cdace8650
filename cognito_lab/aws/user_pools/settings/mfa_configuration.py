"""MFA of a pool: off, optional or required, and by which factors; the role and sender that messages need.

Source: SetUserPoolMfaConfig and GetUserPoolMfaConfig in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.iam import policies, policy_documents, principals
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.aws.user_pools import model, relying_party, second_factors
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.settings import plans
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

Settings = Mapping[str, Any]
SENDER = {"Service": "cognito-idp.amazonaws.com"}


@operation("cognito-idp", "SetUserPoolMfaConfig")
def set_user_pool_mfa_config(call: Call) -> dict[str, Any]:
    """A factor that is left out is off, and passkeys without settings have the defaults."""
    pool, web_authn = model.pool_in(call), call.get("WebAuthnConfiguration", {})
    if "RelyingPartyId" in web_authn:
        relying_party.check_domain(web_authn["RelyingPartyId"])
    mfa = {name: call[name] for name in second_factors.CONFIGURATIONS.values() if call.get(name) is not None}
    if not mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
        mfa.pop("SoftwareTokenMfaConfiguration", None)
    sms = mfa.get("SmsMfaConfiguration", {})
    given = {name: sms[name] for name in ("SmsConfiguration", "SmsAuthenticationMessage") if name in sms}
    settings = {**pool.settings, **given}
    settings["MfaConfiguration"] = call.get("MfaConfiguration", settings["MfaConfiguration"])
    if settings["MfaConfiguration"] == "OFF" and mfa:
        text = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
        raise invalid(text)
    check_mfa(settings, mfa)
    plans.check_plan({**settings, "WebAuthnConfiguration": web_authn})
    pool.settings, pool.mfa, pool.modified = settings, mfa, time.time()
    pool.web_authn = web_authn
    return describe(pool)


@operation("cognito-idp", "GetUserPoolMfaConfig")
def get_user_pool_mfa_config(call: Call) -> dict[str, Any]:
    return describe(model.pool_in(call))


def describe(pool: UserPool) -> dict[str, Any]:
    shown: dict[str, Any] = {"MfaConfiguration": pool.settings["MfaConfiguration"]}
    members = [second_factors.CONFIGURATIONS[factor] for factor in second_factors.offered(pool)]
    shown |= {member: pool.mfa[member] for member in members}
    if "SmsMfaConfiguration" in shown:  # one setting with two names
        names = ("SmsConfiguration", "SmsAuthenticationMessage")
        shown["SmsMfaConfiguration"] = {name: pool.settings[name] for name in names if name in pool.settings}
    return shown | ({"WebAuthnConfiguration": pool.web_authn} if pool.web_authn else {})


def check_mfa(settings: Settings, mfa: Settings, updating: bool = False) -> None:
    """The factors go with each other, with the plan, and with how messages are sent.

    Raises:
        AwsError: ``InvalidParameterException``, ``FeatureUnavailableInTierException``.
    """
    plans.check_plan({**settings, **mfa}, updating)
    check_sms_role(settings)
    if settings["MfaConfiguration"] != "OFF":
        check_has_factor(mfa)
        check_no_code_as_first_factor(settings)
        check_other_recovery(settings, mfa)
    if "SmsMfaConfiguration" in mfa and "SmsConfiguration" not in settings:
        raise invalid("SMS configuration is required when MFA is set with the user pool.")
    check_email_sender(settings, mfa)


def check_has_factor(mfa: Settings) -> None:
    if not mfa:
        text = "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."
        raise invalid(text)


def check_no_code_as_first_factor(settings: Settings) -> None:
    """Who signs in by a code alone has no second factor: a pool that requires one takes no such sign-in."""
    first = model.first_factors(settings) & set(model.CODES)
    if settings["MfaConfiguration"] == "ON" and first:
        raise invalid(f"{min(first)} cannot be a first authentication factor when MFA is required.")


def check_other_recovery(settings: Settings, mfa: Settings) -> None:
    """Where one kind of address alone recovers passwords, it is no second factor: one mailbox would be enough
    ("Adding MFA to a user pool"; AWS's words as people quote them)."""
    mechanisms = settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    for factor, attribute in second_factors.ATTRIBUTES.items():
        name = f"verified_{attribute}"
        if second_factors.CONFIGURATIONS[factor] in mfa and [name] == [one["Name"] for one in mechanisms]:
            kind = "SMS" if factor == second_factors.SMS else "Email"
            raise invalid(
                "Invalid account recovery setting parameter. Account Recovery Setting cannot use "
                f"{name} as a recovery mechanism when {kind} MFA is configured."
            )


def check_email_sender(settings: Settings, mfa: Settings) -> None:
    """Codes by e-mail need a sender of the pool's own, in Amazon SES."""
    email = settings["EmailConfiguration"]
    own = email.get("EmailSendingAccount") == "DEVELOPER"
    if own and not email.get("SourceArn"):
        raise invalid("Source ARN is required for a DEVELOPER email sending account.")
    if "EmailMfaConfiguration" in mfa and not own:
        raise invalid(
            "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an "
            "EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount"
        )


def check_sms_role(settings: Settings) -> None:
    """Cognito sends an SMS with a role of the account, which must let it in and may publish to Amazon SNS.

    Raises:
        AwsError: ``InvalidSmsRoleTrustRelationshipException``, ``InvalidSmsRoleAccessPolicyException``.
    """
    sms = settings.get("SmsConfiguration")
    if sms is None:
        return
    if "EumsSms" in sms:
        raise OutsideTheLab("SmsConfiguration with EumsSms is not played by this lab (AWS has it).")
    arn = sms.get("SnsCallerArn")
    role = next((role for role in moto_patches.iam().roles.values() if role.arn == arn), None)
    holder = principals.by_arn(arn) if role else None
    keys = {"sts:ExternalId": sms["ExternalId"]} if "ExternalId" in sms else {}
    trust = policy_documents.parsed(role.assume_role_policy_document) if role else {}
    if holder is None or not policies.evaluate_trust(trust, "sts:AssumeRole", SENDER, keys):
        text = "Role does not have a trust relationship allowing Cognito to assume the role"
        raise AwsError("InvalidSmsRoleTrustRelationshipException", text)
    if not policies.decide(AccessQuestion("sns:Publish"), holder.policies()):
        text = "Role does not have permission to publish with SNS"
        raise AwsError("InvalidSmsRoleAccessPolicyException", text)
