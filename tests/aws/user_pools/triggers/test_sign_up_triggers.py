"""A function before the sign-up decides who comes in; one after the confirmation hears of it."""

from __future__ import annotations

import pytest
from support.triggers import triggered
from support.user_pools import PASSWORD, pairs, refused

from cognito_lab.aws.user_pools import outbox


@pytest.fixture
def it():
    with triggered() as it:
        yield it


CLUB = """
if not event["request"]["userAttributes"]["email"].endswith("@tidepool.example"):
    raise ValueError("Only members of the club may sign up")
"""


def sign_up(it, name="mara", email="mara@tidepool.example", **more):
    return it.idp.sign_up(
        ClientId=it.client, Username=name, Password=PASSWORD, UserAttributes=pairs(email=email), **more
    )


def usernames(it):
    return [user["Username"] for user in it.idp.list_users(UserPoolId=it.pool)["Users"]]


def test_who_is_refused_by_the_function_is_not_in_the_directory(it):
    it.on("PreSignUp", CLUB)
    sign_up(it)
    text = "PreSignUp failed with error Only members of the club may sign up."
    with refused("UserLambdaValidationException", text):
        sign_up(it, "rook", "rook@elsewhere.example")
    assert usernames(it) == ["mara"]


def test_the_event_is_aws_s(it):
    name = it.on("PreSignUp")
    sign_up(it, ValidationData=pairs(invited="yes"), ClientMetadata={"from": "web"})
    [event] = it.events(name)
    assert event == {
        "version": "1", "triggerSource": "PreSignUp_SignUp", "region": "us-east-1", "userPoolId": it.pool,
        "userName": "mara",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": it.client},
        "request": {
            "userAttributes": {"email": "mara@tidepool.example"},
            "validationData": {"invited": "yes"}, "clientMetadata": {"from": "web"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }  # fmt: skip


def test_it_confirms_the_user_and_verifies_the_address(it):
    name = it.on("PostConfirmation")
    it.on("PreSignUp", "event['response'].update(autoConfirmUser=True, autoVerifyEmail=True)")
    answer = sign_up(it)
    assert answer["UserConfirmed"] is True and "CodeDeliveryDetails" not in answer
    assert (it.status(), it.attributes()["email_verified"]) == ("CONFIRMED", "true")
    assert outbox.outbox() == []
    [event] = it.events(name)
    assert event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_an_address_that_is_not_there_is_not_verified(it):
    it.on("PreSignUp", "event['response'].update(autoVerifyPhone=True)")
    with refused("InvalidParameterException"):
        sign_up(it)
    assert usernames(it) == []


def test_an_alias_goes_to_who_is_confirmed_with_it(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.on("PreSignUp", "event['response'].update(autoConfirmUser=True, autoVerifyEmail=True)")
    sign_up(it, "mara")
    sign_up(it, "rook")
    found = it.idp.admin_get_user(UserPoolId=it.pool, Username="mara@tidepool.example")
    assert found["Username"] == "rook"
    assert it.attributes("mara")["email_verified"] == "false"


def test_an_administrator_is_asked_too_and_the_flags_count_for_nothing(it):
    name = it.on("PreSignUp", CLUB + "event['response'].update(autoConfirmUser=True, autoVerifyPhone=True)")
    given = {"UserPoolId": it.pool, "MessageAction": "SUPPRESS"}
    it.idp.admin_create_user(**given, Username="mara", UserAttributes=pairs(email="mara@tidepool.example"))
    assert it.status() == "FORCE_CHANGE_PASSWORD"
    [event] = it.events(name)
    assert event["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    with refused("UserLambdaValidationException"):
        it.idp.admin_create_user(
            **given, Username="rook", UserAttributes=pairs(email="rook@elsewhere.example")
        )
    assert usernames(it) == ["mara"]


def test_after_each_confirmation_a_function_hears_of_it(it):
    name = it.on("PostConfirmation")
    it.sign_up("mara")
    it.confirm("mara")
    it.sign_up("ben")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="ben")
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="mara", ConfirmationCode=it.code(), Password="Rock-pools-2027!"
    )
    sources = [event["triggerSource"] for event in it.events(name)]
    assert sources == [
        "PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmSignUp",
        "PostConfirmation_ConfirmForgotPassword",
    ]  # fmt: skip


def test_it_does_not_run_for_who_was_made_by_an_administrator(it):
    name = it.on("PostConfirmation")
    it.idp.admin_create_user(UserPoolId=it.pool, Username="mara", MessageAction="SUPPRESS")
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
    assert it.status() == "CONFIRMED" and it.events(name) == []


def test_an_error_after_the_confirmation_is_told_and_takes_nothing_back(it):
    it.on("PostConfirmation", "raise ValueError('no mailing list')")
    it.sign_up()
    with refused("UserLambdaValidationException", "PostConfirmation failed with error no mailing list."):
        it.confirm()
    assert it.status() == "CONFIRMED"
    with refused("NotAuthorizedException"):
        it.confirm()


def test_a_name_is_taken_while_the_function_runs(it):
    """Two sign-ups at once: the name goes to one of them."""
    import threading

    it.on("PreSignUp", "import time; time.sleep(0.3)")
    found = []

    def attempt():
        try:
            found.append(sign_up(it)["UserSub"])
        except it.idp.exceptions.UsernameExistsException:
            found.append("taken")

    both = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert found.count("taken") == 1 and usernames(it) == ["mara"]
