"""The trigger of messages: a function writes the e-mail or SMS that carries a code.

Source: "Custom message Lambda trigger".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cognito_lab.aws.user_pools.triggers import events, invoking
from cognito_lab.errors import AwsError

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.model import UserPool

TRIGGER = "CustomMessage"
CODE, USERNAME, LINK = "{####}", "{username}", "{##Click Here##}"  # what stands for them in a message
SHOWN_LINK = r"(?s)\{##(.*?)##\}"  # with any text of its own
KINDS = {"authentication": "Authentication", "invitation": "AdminCreateUser"}
SOURCES = {  # of a code that proves an address, by the operation that sends it
    "SignUp": "SignUp",
    "ResendConfirmationCode": "ResendCode",
    "ForgotPassword": "ForgotPassword",
    "AdminResetUserPassword": "ForgotPassword",
    "UpdateUserAttributes": "UpdateUserAttribute",
    "AdminUpdateUserAttributes": "UpdateUserAttribute",
    "GetUserAttributeVerificationCode": "VerifyUserAttribute",
}


def written_by_function(pool: UserPool, kind: str, medium: str, username: str) -> tuple[str, str]:
    """Subject and text as the pool's function writes them; empty where it does not.

    Raises:
        AwsError: ``InvalidLambdaResponseException``: the text lacks a placeholder, or it writes e-mails for a
            pool whose e-mails Cognito sends itself. See also
            :func:`cognito_lab.aws.user_pools.triggers.invoking.run`.
    """
    source, user = KINDS.get(kind) or SOURCES.get(events.called()), pool.people.find(username)
    if source is None or user is None:
        return "", ""
    request = {
        "userAttributes": events.attributes_of(pool, user),
        "codeParameter": CODE,
        "linkParameter": LINK,
        "usernameParameter": USERNAME if source == "AdminCreateUser" else None,
        "clientMetadata": ... if events.called().endswith("InitiateAuth") else events.given("ClientMetadata"),
    }
    made = (
        invoking.run(pool, TRIGGER, source, request, username=user.username, client=events.client(pool)) or {}
    )
    subject, text = made.get("emailSubject") or "", made.get("emailMessage") or ""
    check_own_sender(pool, subject + text)
    if medium == "SMS":
        subject, text = "", made.get("smsMessage") or ""
    if kind != "link" or not re.search(SHOWN_LINK, text):
        check_placeholders(text, [CODE, USERNAME] if source == "AdminCreateUser" else [CODE])
    return subject, text


def check_own_sender(pool: UserPool, written: str) -> None:
    if written and pool.settings["EmailConfiguration"]["EmailSendingAccount"] == "COGNITO_DEFAULT":
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def check_placeholders(text: str, needed: list[str]) -> None:
    """A message without its code is of no use. (AWS's page asks for the placeholders, and does not say what
    becomes of a text without them.)"""
    if text and any(placeholder not in text for placeholder in needed):
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
