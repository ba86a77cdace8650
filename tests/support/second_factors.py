"""A user pool with second factors, for tests: its settings, an authenticator app, short ways to answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
from support.iam_people import allow, make_role
from support.user_pools import FLOWS, World

from cognito_lab import Lab
from cognito_lab.aws.user_pools import outbox

SMS, APP, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
PHONE, MAIL = "+4915112345678", "mara@tidepool.example"
SES = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/hello@tidepool.example",
}
SETTINGS = {APP: "SoftwareTokenMfaSettings", SMS: "SMSMfaSettings", EMAIL: "EmailMfaSettings"}
ON, PREFERRED = {"Enabled": True}, {"Enabled": True, "PreferredMfa": True}


def trust(external_id: str = "tidepool", service: str = "cognito-idp.amazonaws.com") -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }  # fmt: skip


class Factors(World):
    """An account with a user pool that offers all three factors, and Mara, who has none of her own yet."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        role = make_role("sms", allow("sns:Publish"), trust=trust())
        self.sms = {"SnsCallerArn": role, "ExternalId": "tidepool", "SnsRegion": "us-east-1"}
        self.pool_of("OPTIONAL")

    def pool_of(self, mode: str, *factors: str, **settings: Any) -> None:
        settings = {"AutoVerifiedAttributes": ["email"], "EmailConfiguration": SES} | settings
        self.new_pool([*FLOWS, "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"], **settings)
        self.mfa(mode, *factors)

    def mfa(self, mode: str, *factors: str) -> dict[str, Any]:
        members: dict[str, Any] = {
            APP: {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
            SMS: {"SmsMfaConfiguration": {"SmsConfiguration": self.sms}},
            EMAIL: {"EmailMfaConfiguration": {"Message": "{####} is your code", "Subject": "Code"}},
        }
        chosen = {
            name: value for factor in factors or (APP, SMS, EMAIL) for name, value in members[factor].items()
        }
        chosen = {} if mode == "OFF" else chosen
        return self.idp.set_user_pool_mfa_config(UserPoolId=self.pool, MfaConfiguration=mode, **chosen)

    def prefer(self, name: str = "mara", /, **factors: dict[str, bool]) -> None:
        members = {SETTINGS[factor]: wanted for factor, wanted in factors.items()}
        self.idp.admin_set_user_mfa_preference(UserPoolId=self.pool, Username=name, **members)

    def app(self, token: str) -> pyotp.TOTP:
        """A verified authenticator app of whoever has the access token; its code of now is used up."""
        app = pyotp.TOTP(self.idp.associate_software_token(AccessToken=token)["SecretCode"])
        self.idp.verify_software_token(AccessToken=token, UserCode=app.now())
        return app

    def with_app(self, name: str = "mara", wanted: dict[str, bool] = ON) -> pyotp.TOTP:
        """A confirmed user with an app that each sign-in asks for, and a fresh code."""
        self.member(name)
        app = self.app(self.sign_in(name)["AccessToken"])
        self.prefer(name, SOFTWARE_TOKEN_MFA=wanted)
        self.lab.travel(seconds=30)
        return app

    def respond(
        self, challenge: dict[str, Any], name: str = "mara", client: str = "", **responses: str
    ) -> Any:
        answer = self.idp.respond_to_auth_challenge(
            ClientId=client or self.client, ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"], ChallengeResponses={"USERNAME": name, **responses},
        )  # fmt: skip
        return answer.get("AuthenticationResult") or answer

    def answer(self, challenge: dict[str, Any], code: str, name: str = "mara", **more: str) -> Any:
        return self.respond(challenge, name, **{f"{challenge['ChallengeName']}_CODE": code}, **more)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def wrong(app: pyotp.TOTP) -> str:
    """A code that the app shows at none of the moments that count."""
    right = {app.at(time.time() + 30 * step) for step in (-1, 0, 1)}
    return next(f"{number:06}" for number in range(4) if f"{number:06}" not in right)


def sent_to(address: str) -> str:
    return outbox.inbox(address)[-1].code


@contextmanager
def factors() -> Iterator[Factors]:
    with Lab.start() as lab:
        yield Factors(lab)
