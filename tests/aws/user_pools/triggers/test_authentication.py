"""A function before a sign-in and one before its tokens: each may refuse."""

from __future__ import annotations

import threading

import pytest
from support.devices import TRACKED, Laptop
from support.iam_people import allow, make_role
from support.srp_client import Client
from support.triggers import triggered, triggered_choices, triggered_pages
from support.user_pools import PASSWORD, refused


@pytest.fixture
def it():
    with triggered() as it:
        it.member()
        yield it


REFUSE = "raise ValueError('The club is closed')"


@pytest.mark.parametrize("trigger", ["PreAuthentication", "PostAuthentication"])
def test_it_refuses(it, trigger):
    it.sign_in()
    it.on(trigger, REFUSE)
    with refused("UserLambdaValidationException", f"{trigger} failed with error The club is closed."):
        it.sign_in()


def test_what_they_are_given(it):
    before, after = it.on("PreAuthentication"), it.on("PostAuthentication")
    given = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": {"from": "web"}}
    it.idp.initiate_auth(
        ClientId=it.client, AuthParameters={"USERNAME": "mara", "PASSWORD": PASSWORD}, **given
    )
    [first], [second] = it.events(before), it.events(after)
    assert first["triggerSource"] == "PreAuthentication_Authentication"
    assert first["request"].keys() == {"userAttributes", "validationData"}
    assert first["request"]["validationData"] == {"from": "web"}
    assert second["triggerSource"] == "PostAuthentication_Authentication"
    assert second["request"].keys() == {"userAttributes", "newDeviceUsed"}
    assert second["request"]["newDeviceUsed"] is False
    assert first["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_the_second_one_hears_of_a_new_device_where_the_pool_tracks_them(it):
    after, tokens = it.on("PostAuthentication"), it.on("PreTokenGeneration")
    it.sign_in()
    functions = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["LambdaConfig"]
    it.idp.update_user_pool(UserPoolId=it.pool, LambdaConfig=functions, DeviceConfiguration=TRACKED)
    it.client = it.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"]
    laptop = Laptop(it, Client(it).sign_in()["AuthenticationResult"])
    laptop.confirm()
    laptop.signs_in()
    assert [event["request"]["newDeviceUsed"] for event in it.events(after)] == [False, True, False]
    sources = [event["triggerSource"].removeprefix("TokenGeneration_") for event in it.events(tokens)]
    assert sources == ["Authentication", "Authentication", "AuthenticateDevice"]


def test_a_wrong_password_comes_after_the_first_and_before_the_second(it):
    before, after = it.on("PreAuthentication"), it.on("PostAuthentication")
    with refused("NotAuthorizedException"):
        it.sign_in(password="wrong")
    assert (len(it.events(before)), len(it.events(after))) == (1, 0)


def test_a_refresh_runs_neither(it):
    tokens = it.sign_in()
    before, after = it.on("PreAuthentication"), it.on("PostAuthentication")
    it.refresh(tokens["RefreshToken"])
    assert it.events(before) == it.events(after) == []


def test_sign_in_by_srp_runs_both(it):
    it.client = it.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"]
    before, after = it.on("PreAuthentication"), it.on("PostAuthentication")
    assert Client(it).sign_in()["AuthenticationResult"]
    assert (len(it.events(before)), len(it.events(after))) == (1, 1)


@pytest.mark.parametrize("first", [("PASSWORD",), ("PASSWORD", "EMAIL_OTP")])
def test_a_sign_in_by_the_session_of_a_sign_up_runs_both(first):
    """The password of the sign-up counts there, or the code."""
    with triggered_choices() as it:
        it.pool_of("OFF", first=first)
        before, after = it.on("PreAuthentication"), it.on("PostAuthentication")

        def sign_in(name):
            begun = it.sign_up(name)["Session"]
            confirmed = it.idp.confirm_sign_up(
                ClientId=it.client, Username=name, ConfirmationCode=it.code(), Session=begun
            )
            return it.choose(name=name, session=confirmed["Session"])

        assert sign_in("mara")["AuthenticationResult"]
        assert (len(it.events(before)), len(it.events(after))) == (1, 1)
        it.on("PreAuthentication", REFUSE)
        with refused("UserLambdaValidationException"):
            sign_in("ben")


def test_of_a_name_that_nobody_has_it_hears_only_where_users_are_hidden(it):
    before = it.on("PreAuthentication")
    with refused("UserNotFoundException"):
        it.sign_in("nobody")
    assert it.events(before) == []
    it.client = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    with refused("NotAuthorizedException"):
        it.sign_in("nobody")
    it.sign_in("mara")
    first, second = it.events(before)
    assert (first["userName"], first["request"]["userNotFound"]) == ("nobody", True)
    assert first["request"]["userAttributes"] == {} and second["request"]["userNotFound"] is False


@pytest.mark.parametrize("trigger", ["PreAuthentication", "PostAuthentication"])
def test_who_is_deleted_meanwhile_does_not_come_in(it, trigger):
    role = make_role("deleter", allow("cognito-idp:AdminDeleteUser"))
    call = "boto3.client('cognito-idp').admin_delete_user(UserPoolId=event['userPoolId'], Username='mara')"
    it.on(trigger, f"import boto3; {call}", role)
    with refused("UserNotFoundException"):
        it.sign_in()


def test_who_is_disabled_meanwhile_does_not_come_in(it):
    role = make_role("disabler", allow("cognito-idp:AdminDisableUser"))
    call = "boto3.client('cognito-idp').admin_disable_user(UserPoolId=event['userPoolId'], Username='mara')"
    it.on("PreAuthentication", f"import boto3; {call}", role)
    with refused("NotAuthorizedException", "User is disabled."):
        it.sign_in()


def test_two_sign_ins_at_once(it):
    name = it.on("PreAuthentication", "import time; time.sleep(0.3)")
    found = []
    both = [threading.Thread(target=lambda: found.append(it.sign_in()["AccessToken"])) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(set(found)) == 2 and len(it.events(name)) == 2


def test_on_the_pages_a_refusal_stands_above_the_form():
    with triggered_pages() as it:
        for trigger in ("PreAuthentication", "PostAuthentication"):
            it.on(trigger, REFUSE)
            page = it.sign_in_at()
            assert f"{trigger} failed with error The club is closed." in page.text
            it.on(trigger)
        assert it.code_of()
