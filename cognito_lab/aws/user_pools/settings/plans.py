"""What each feature plan allows.

Source: "User pool feature plans".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cognito_lab.aws.user_pools import model
from cognito_lab.errors import AwsError

MULTI_FACTOR = "MULTI_FACTOR_WITH_USER_VERIFICATION"
PLANS = ("LITE", "ESSENTIALS", "PLUS")
Asks = Callable[[Mapping[str, Any]], bool]
FEATURES: tuple[tuple[str, str, Asks], ...] = (  # lowest plan, name, whether settings ask for it
    ("ESSENTIALS", "Passwordless", lambda settings: model.first_factors(settings) != {"PASSWORD"}),
    (
        "ESSENTIALS",
        "Password History",
        lambda s: bool(s["Policies"]["PasswordPolicy"].get("PasswordHistorySize")),
    ),
    (
        "ESSENTIALS",
        "Passkey MFA",
        lambda s: s.get("WebAuthnConfiguration", {}).get("FactorConfiguration") == MULTI_FACTOR,
    ),
    ("ESSENTIALS", "Email MFA", lambda settings: "EmailMfaConfiguration" in settings),
    ("ESSENTIALS", "Session Tracking", lambda settings: "SessionConfiguration" in settings),
    ("ESSENTIALS", "Managed Login", lambda s: s.get("ManagedLoginVersion") == model.MANAGED_LOGIN),
    (
        "ESSENTIALS",
        "Access Token Customization",
        lambda s: (
            s["LambdaConfig"].get("PreTokenGenerationConfig", {}).get("LambdaVersion", "V1_0") != "V1_0"
        ),
    ),
    (
        "PLUS",
        "Threat Protection",
        lambda s: s.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF",
    ),
)


def check_user_auth(plan: str) -> None:
    """The choice of a first factor needs Essentials or Plus (InitiateAuth; other pages of AWS's differ)."""
    if plan == "LITE":
        text = "The following feature is not available for the LITE pricing tier configured: ALLOW_USER_AUTH"
        raise AwsError("FeatureUnavailableInTierException", text)


def check_plan(settings: Mapping[str, Any], updating: bool = False) -> None:
    """The pool's plan covers every feature that its settings ask for, or those of its domain or sessions.

    Raises:
        AwsError: ``FeatureUnavailableInTierException``.
    """
    plan = settings["UserPoolTier"]
    for lowest, feature, asks in FEATURES:
        if asks(settings) and PLANS.index(plan) < PLANS.index(lowest):
            what = "features need to be disabled" if updating else "feature is not available"
            text = f"The following {what} for the {plan} pricing tier configured: {feature}"
            raise AwsError("FeatureUnavailableInTierException", text)
