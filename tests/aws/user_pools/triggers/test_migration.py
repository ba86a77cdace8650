"""Users of an older directory: asked for once, with the password that they have there."""

from __future__ import annotations

import threading

import pytest
from support.triggers import triggered, triggered_pages
from support.user_pools import PASSWORD, refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools import outbox

OLD = """
old = {"lotte": "sea-star"}
name = event["userName"]
if event["triggerSource"] == "UserMigration_Authentication" and old.get(name) != event["request"]["password"]:
    raise ValueError("No such user there")
if event["triggerSource"] == "UserMigration_ForgotPassword" and name not in old:
    return event
event["response"]["userAttributes"] = {"email": name + "@tidepool.example", "email_verified": "true"}
event["response"]["messageAction"] = "SUPPRESS"
if event["triggerSource"] == "UserMigration_Authentication":
    event["response"]["finalUserStatus"] = "CONFIRMED"
"""


@pytest.fixture
def it():
    with triggered() as it:
        yield it


def names(it):
    return [user["Username"] for user in it.idp.list_users(UserPoolId=it.pool)["Users"]]


def test_the_old_directory_is_asked_once(it):
    name = it.on("UserMigration", OLD)
    assert it.sign_in("lotte", "sea-star")["IdToken"]
    assert (it.status("lotte"), it.attributes("lotte")["email_verified"]) == ("CONFIRMED", "true")
    assert outbox.outbox() == []
    it.sign_in("lotte", "sea-star")
    with refused("NotAuthorizedException"):
        it.sign_in("lotte", "wrong")
    [event] = it.events(name)
    assert event["userName"] == "lotte"
    assert event["request"] == {"password": "sea-star", "validationData": None}
    assert event["response"]["finalUserStatus"] is None


def test_a_wrong_password_brings_nobody(it):
    it.on("UserMigration", OLD)
    with refused("UserNotFoundException"):
        it.sign_in("lotte", "wrong")
    it.client = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in("lotte", "wrong")
    assert names(it) == []


def test_its_error_is_told_where_users_are_not_hidden(it):
    it.on("UserMigration", "raise ValueError('Bad password')")
    text = "UserMigration failed with error Bad password."
    with refused("UserNotFoundException", text):
        it.sign_in("lotte", "sea-star")
    with refused("UserLambdaValidationException", text):
        it.idp.forgot_password(ClientId=it.client, Username="lotte")
    it.client = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in("lotte", "sea-star")
    assert it.idp.forgot_password(ClientId=it.client, Username="lotte")["CodeDeliveryDetails"]


@pytest.mark.parametrize("body", ["", "event['response']['userAttributes'] = {}"])
def test_who_is_not_named_is_not_there(it, body):
    it.on("UserMigration", body)
    with refused("UserNotFoundException", "User does not exist."):
        it.sign_in("lotte", "sea-star")


def test_srp_brings_no_password_along(it):
    it.client = it.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"]
    name = it.on("UserMigration", OLD)
    with refused("UserNotFoundException"):
        it.idp.initiate_auth(
            ClientId=it.client, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "lotte", "SRP_A": "a1"}
        )
    assert it.events(name) == []


@pytest.mark.parametrize("hides", ["LEGACY", "ENABLED"])
def test_a_password_that_comes_with_the_choice_brings_the_user_and_a_code_does_not(it, hides):
    """One rule, whether the app client hides users or not."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    it.new_pool(
        ["ALLOW_USER_AUTH"], {"PreventUserExistenceErrors": hides}, AutoVerifiedAttributes=["email"],
        Policies=factors,
    )  # fmt: skip
    name = it.on("UserMigration", OLD)

    def choose(**more):
        given = {"USERNAME": "lotte", **more}
        return it.idp.initiate_auth(ClientId=it.client, AuthFlow="USER_AUTH", AuthParameters=given)

    for preferred in ({}, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}):
        if hides == "LEGACY":
            with refused("UserNotFoundException"):
                choose(**preferred)
        else:
            assert choose(**preferred)["ChallengeName"]
    assert it.events(name) == [] and names(it) == [] and outbox.outbox() == []
    assert choose(PREFERRED_CHALLENGE="PASSWORD", PASSWORD="sea-star")["AuthenticationResult"]
    assert len(it.events(name)) == 1 and names(it) == ["lotte"]


@pytest.mark.parametrize("status", ["RESET_REQUIRED", None])
def test_a_status_that_asks_for_a_new_password(it, status):
    it.on("UserMigration", OLD + f"event['response']['finalUserStatus'] = {status!r}")
    with refused("PasswordResetRequiredException"):
        it.sign_in("lotte", "sea-star")
    assert it.status("lotte") == "RESET_REQUIRED"


WRONG_VALUES = {"finalUserStatus": "ARCHIVED", "messageAction": "WELCOME", "desiredDeliveryMediums": ["POST"]}


@pytest.mark.parametrize("member", WRONG_VALUES)
def test_another_value_is_no_answer(it, member):
    it.on("UserMigration", OLD + f"event['response'][{member!r}] = {WRONG_VALUES[member]!r}")
    with refused("UserNotFoundException", f"Exception migrating user in app client {it.client}"):
        it.sign_in("lotte", "sea-star")
    with refused("InvalidLambdaResponseException"):
        it.idp.forgot_password(ClientId=it.client, Username="lotte")
    assert names(it) == []


@pytest.mark.parametrize("users", ["LEGACY", "ENABLED"])
@pytest.mark.parametrize("permitted, body", [(False, OLD), (True, "return None"), (True, "raise SystemExit")])
def test_a_function_that_brings_no_answer_is_told_as_an_unknown_user(it, users, permitted, body):
    it.client = it.new_client(PreventUserExistenceErrors=users)["ClientId"]
    it.on("UserMigration", body, permitted=permitted)
    with refused("UserNotFoundException", f"Exception migrating user in app client {it.client}"):
        it.sign_in("lotte", "sea-star")


def test_without_permission_a_forgotten_password_brings_nobody_either(it):
    it.on("UserMigration", OLD, permitted=False)
    with refused("UnexpectedLambdaException"):
        it.idp.forgot_password(ClientId=it.client, Username="lotte")


def test_without_suppress_there_is_a_message(it):
    more = "event['response'].update(messageAction=None, desiredDeliveryMediums=['EMAIL'])"
    it.on("UserMigration", OLD + more)
    it.sign_in("lotte", "sea-star")
    [message] = outbox.outbox()
    assert message.to == "lotte@tidepool.example" and "lotte" in message.text


def test_an_alias_is_taken_only_if_the_function_says_so(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("mara", email="lotte@tidepool.example")
    it.on("UserMigration", OLD)
    with refused("UserNotFoundException"):
        it.sign_in("lotte", "sea-star")
    it.on("UserMigration", OLD + "event['response']['forceAliasCreation'] = True")
    it.sign_in("lotte", "sea-star")
    assert it.attributes("mara")["email_verified"] == "false"


def test_with_an_address_as_username(it):
    it.new_pool(UsernameAttributes=["email"])
    body = "event['response']['userAttributes'] = {'email': event['userName'], 'username': event['userName']}"
    more = "event['response'].update(finalUserStatus='CONFIRMED', desiredDeliveryMediums=['EMAIL'])"
    it.on("UserMigration", f"{body}\n{more}")
    it.sign_in("lotte@tidepool.example", "sea-star")
    assert "lotte@tidepool.example" in outbox.outbox()[-1].text
    [user] = it.idp.list_users(UserPoolId=it.pool)["Users"]
    assert user["Username"] != "lotte@tidepool.example" and len(user["Username"]) == 36


def test_a_forgotten_password_brings_the_user_too(it):
    name = it.on("UserMigration", OLD)
    sent = it.idp.forgot_password(ClientId=it.client, Username="lotte")
    assert sent["CodeDeliveryDetails"]["Destination"] == "l***@t***"
    assert "password" not in it.events(name)[0]["request"]
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="lotte", ConfirmationCode=it.code(), Password=PASSWORD
    )
    assert it.sign_in("lotte") and it.status("lotte") == "CONFIRMED"
    with refused("UserNotFoundException"):
        it.idp.forgot_password(ClientId=it.client, Username="rook")


def test_two_sign_ins_at_once_bring_one_user(it):
    it.on("UserMigration", "import time; time.sleep(0.3)\n" + OLD)
    found = []
    both = [threading.Thread(target=lambda: found.append(it.sign_in("lotte", "sea-star"))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(found) == 2 and names(it) == ["lotte"]


def test_what_is_not_played_is_refused_by_name(it):
    it.on("UserMigration", OLD + "event['response']['enableSMSMFA'] = True")
    with pytest.raises(OutsideTheLab, match="enableSMSMFA"):
        it.sign_in("lotte", "sea-star")


def test_on_the_page_too():
    with triggered_pages() as it:
        it.on("UserMigration", OLD)
        assert it.sign_in_at("lotte", "sea-star").status_code == 302
        assert it.status("lotte") == "CONFIRMED"
