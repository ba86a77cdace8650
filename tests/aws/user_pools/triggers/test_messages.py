"""A function writes the messages: by their source, and with their placeholders."""

from __future__ import annotations

import pytest
from support.triggers import triggered, triggered_pages
from support.user_pools import pairs, refused

from cognito_lab.aws.user_pools import outbox

OWN = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@b.example",
}
WRITE = """
text = event["triggerSource"] + " {####} {username}"
event["response"].update(emailSubject="Ahoy", emailMessage=text)
"""


@pytest.fixture
def it():
    with triggered() as it:
        it.idp.update_user_pool(UserPoolId=it.pool, AutoVerifiedAttributes=["email"], EmailConfiguration=OWN)
        yield it


def test_each_message_by_its_source(it):
    name = it.on("CustomMessage", WRITE)
    it.sign_up()
    it.idp.resend_confirmation_code(ClientId=it.client, Username="mara", ClientMetadata={"a": "b"})
    it.confirm()
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password="Rock-pools-2027!", Permanent=True
    )
    token = it.sign_in(password="Rock-pools-2027!")["AccessToken"]
    it.idp.update_user_attributes(AccessToken=token, UserAttributes=pairs(email="m@tidepool.example"))
    it.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", DesiredDeliveryMediums=["EMAIL"],
        UserAttributes=pairs(email="ben@tidepool.example"),
    )  # fmt: skip
    sources = [
        "SignUp", "ResendCode", "ForgotPassword", "ForgotPassword", "UpdateUserAttribute",
        "VerifyUserAttribute", "AdminCreateUser",
    ]  # fmt: skip
    events = it.events(name)
    assert [event["triggerSource"] for event in events] == [f"CustomMessage_{source}" for source in sources]
    assert (
        events[0]["request"]["codeParameter"] == "{####}"
        and events[0]["request"]["usernameParameter"] is None
    )
    assert events[0]["callerContext"]["clientId"] == it.client
    assert events[1]["request"]["clientMetadata"] == {"a": "b"}
    assert events[-1]["request"]["usernameParameter"] == "{username}"
    messages = outbox.outbox()
    assert [message.subject for message in messages] == ["Ahoy"] * 7
    assert messages[0].text == f"CustomMessage_SignUp {messages[0].code} mara"


def test_what_it_does_not_write_stays_the_pools(it):
    it.on("CustomMessage", "event['response']['smsMessage'] = 'code {####}'")
    it.sign_up()
    assert outbox.outbox()[-1].subject == "Your verification code"


@pytest.mark.parametrize(
    "body",
    [
        "event['response']['emailMessage'] = 'Welcome!'",  # without its code
        "event['response']['emailMessage'] = 7",
    ],
)
def test_a_text_without_its_code_is_refused(it, body):
    it.on("CustomMessage", body)
    with refused("InvalidLambdaResponseException"):
        it.sign_up()


def test_a_message_with_a_link_needs_the_links_placeholder():
    with triggered_pages() as it:
        it.idp.update_user_pool(
            UserPoolId=it.pool, AutoVerifiedAttributes=["email"], EmailConfiguration=OWN,
            VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"},
        )  # fmt: skip
        it.on("CustomMessage", "event['response']['emailMessage'] = event['request']['linkParameter']")
        it.sign_up("ben")
        text = outbox.outbox()[-1].text
        assert text.startswith('<a href="https://tidepool.auth.') and text.endswith(">Click Here</a>")
        it.on("CustomMessage", "event['response']['emailMessage'] = 'Welcome!'")
        with refused("InvalidLambdaResponseException"):
            it.sign_up("rook")
        it.on("CustomMessage", "event['response']['emailMessage'] = event['request']['linkParameter']")
        with refused("InvalidLambdaResponseException"):  # what is sent here has a code, and no link
            it.idp.forgot_password(ClientId=it.client, Username="mara")


def test_an_invitation_names_the_user(it):
    it.on("CustomMessage", "event['response']['emailMessage'] = 'code {####}'")
    with refused("InvalidLambdaResponseException"):
        it.idp.admin_create_user(
            UserPoolId=it.pool, Username="ben", DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=pairs(email="ben@tidepool.example"),
        )  # fmt: skip


def test_an_error_is_told(it):
    it.on("CustomMessage", "raise ValueError('No words')")
    with refused("UserLambdaValidationException", "CustomMessage failed with error No words."):
        it.sign_up()


def test_e_mails_that_cognito_sends_itself_it_also_writes_itself():
    with triggered() as it:
        it.on("CustomMessage", WRITE)
        with refused("InvalidLambdaResponseException"):
            it.sign_up()
