"""A sign-in of one's own: three functions decide, ask and judge, alone and after SRP."""

from __future__ import annotations

import threading

import pytest
from support.devices import TRACKED, Laptop
from support.srp_client import Client, written
from support.triggers import triggered
from support.user_pools import OTHER_PASSWORD, read, refused

from cognito_lab import OutsideTheLab

DEFINE = """
done, response = event["request"]["session"], event["response"]
response["issueTokens"] = bool(done) and done[-1]["challengeResult"]
response["failAuthentication"] = len(done) >= 3
response["challengeName"] = "CUSTOM_CHALLENGE"
"""
CREATE = """
event["response"]["publicChallengeParameters"] = {"riddle": "Which animal carries its house?"}
event["response"]["privateChallengeParameters"] = {"answer": "hermit crab"}
event["response"]["challengeMetadata"] = "RIDDLE"
"""
VERIFY = """
request = event["request"]
right = request["privateChallengeParameters"]["answer"]
event["response"]["answerCorrect"] = request["challengeAnswer"] == right
"""
FLOWS = ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH"]


@pytest.fixture
def it():
    with triggered() as it:
        it.member()
        it.client = it.new_client(ExplicitAuthFlows=FLOWS)["ClientId"]
        yield it


@pytest.fixture
def riddle(it):
    it.define = it.on("DefineAuthChallenge", DEFINE)
    it.create = it.on("CreateAuthChallenge", CREATE)
    it.verify = it.on("VerifyAuthChallengeResponse", VERIFY)
    return it


def begin(it, name="mara", **more):
    parameters = {"USERNAME": name, **more}
    return it.idp.initiate_auth(ClientId=it.client, AuthFlow="CUSTOM_AUTH", AuthParameters=parameters)


def answer(it, asked, text="hermit crab", name="mara", **more):
    return it.idp.respond_to_auth_challenge(
        ClientId=it.client, ChallengeName="CUSTOM_CHALLENGE", Session=asked["Session"],
        ChallengeResponses={"USERNAME": name, "ANSWER": text}, **more,
    )  # fmt: skip


def test_the_right_answer_gets_tokens(riddle):
    asked = begin(riddle)
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    shown = {"riddle": "Which animal carries its house?", "USERNAME": "mara"}
    assert asked["ChallengeParameters"] == shown  # and not what is private
    tokens = answer(riddle, asked)["AuthenticationResult"]
    assert read(tokens["IdToken"])["cognito:username"] == "mara"
    assert riddle.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "mara"


def test_a_remembered_device_shows_itself_at_the_end(riddle):
    it = riddle
    functions = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["LambdaConfig"]
    it.idp.update_user_pool(UserPoolId=it.pool, LambdaConfig=functions, DeviceConfiguration=TRACKED)
    it.client = it.new_client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_SRP_AUTH"])["ClientId"]
    laptop = Laptop(it, Client(it).sign_in()["AuthenticationResult"])
    laptop.confirm()
    waiting = answer(it, answer(it, begin(it, DEVICE_KEY=laptop.key), "snail"))
    tokens = laptop.shows_itself(waiting)
    assert read(tokens["AccessToken"])["device_key"] == laptop.key
    assert answer(it, begin(it))["AuthenticationResult"]["NewDeviceMetadata"]


def test_the_functions_decide_how_often_one_may_try(riddle):
    asked = begin(riddle)
    for _ in range(2):
        asked = answer(riddle, asked, "snail")
    with refused("NotAuthorizedException", "Incorrect username or password."):
        answer(riddle, asked, "mussel")
    for_right = begin(riddle)
    assert answer(riddle, answer(riddle, for_right, "snail"))["AuthenticationResult"]


def test_what_the_functions_are_given(riddle):
    answer(riddle, begin(riddle), "snail", ClientMetadata={"a": "b"})
    first, second = riddle.events(riddle.define)
    assert first["triggerSource"] == "DefineAuthChallenge_Authentication"
    assert first["request"]["session"] == [] and "clientMetadata" not in first["request"]
    assert first["response"] == {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    wrong = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "RIDDLE"}
    assert second["request"]["session"] == [wrong] and second["request"]["clientMetadata"] == {"a": "b"}
    [judged] = riddle.events(riddle.verify)
    assert judged["triggerSource"] == "VerifyAuthChallengeResponse_Authentication"
    assert judged["request"]["privateChallengeParameters"] == {"answer": "hermit crab"}
    assert judged["request"]["challengeAnswer"] == "snail" and "session" not in judged["request"]
    made = riddle.events(riddle.create)[0]
    assert made["triggerSource"] == "CreateAuthChallenge_Authentication"
    assert made["request"]["challengeName"] == "CUSTOM_CHALLENGE"


def test_a_session_takes_one_answer_of_its_user(riddle):
    riddle.member("ben")
    asked = begin(riddle)
    with refused("NotAuthorizedException"):
        answer(riddle, asked, name="ben")
    answer(riddle, asked)
    with refused("NotAuthorizedException"):
        answer(riddle, asked)
    late = begin(riddle)
    riddle.lab.travel(minutes=4)
    with refused("NotAuthorizedException"):
        answer(riddle, late)


def test_two_answers_at_once_to_one_session(riddle):
    riddle.on("VerifyAuthChallengeResponse", "import time; time.sleep(0.3)" + VERIFY)
    asked, found = begin(riddle), []

    def attempt():
        try:
            found.append(bool(answer(riddle, asked)["AuthenticationResult"]))
        except riddle.idp.exceptions.NotAuthorizedException:
            found.append(False)

    both = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(found) == [False, True]


def test_without_the_functions_there_is_no_such_sign_in(it):
    text = "Custom auth lambda trigger is not configured for the user pool."
    for name in ("mara", "nobody"):  # before anybody is looked for
        with refused("InvalidParameterException", text):
            begin(it, name)
    it.on("DefineAuthChallenge", DEFINE)
    with refused("InvalidParameterException", text):
        begin(it)
    it.on("CreateAuthChallenge", CREATE)
    asked = begin(it)
    with refused("InvalidParameterException", text):
        answer(it, asked)


def test_a_function_that_decides_nothing(riddle):
    riddle.on("DefineAuthChallenge")
    with refused("InvalidLambdaResponseException"):
        begin(riddle)


def test_another_challenge_is_not_played(riddle):
    riddle.on("DefineAuthChallenge", "event['response']['challengeName'] = 'SMS_MFA'")
    with pytest.raises(OutsideTheLab, match="SMS_MFA"):
        begin(riddle)


def test_of_a_name_that_nobody_has_the_functions_hear_where_users_are_hidden(riddle):
    with refused("UserNotFoundException"):
        begin(riddle, "nobody")
    hiding = riddle.new_client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    riddle.client = hiding["ClientId"]
    asked = begin(riddle, "nobody")
    assert asked["ChallengeParameters"]["riddle"]
    with refused("NotAuthorizedException", "Incorrect username or password."):
        answer(riddle, asked, name="nobody")  # the functions would give tokens
    events = riddle.events(riddle.define)
    assert [event["request"]["userNotFound"] for event in events] == [True, True]
    assert events[0]["request"]["userAttributes"] == {}


@pytest.mark.parametrize(
    ("change", "code"), [("disable", "NotAuthorizedException"), ("delete", "NotAuthorizedException")]
)
def test_who_is_gone_meanwhile(riddle, change, code):
    asked = begin(riddle)
    getattr(riddle.idp, f"admin_{change}_user")(UserPoolId=riddle.pool, Username="mara")
    with refused(code):
        answer(riddle, asked)


# -- after a password, by SRP --------------------------------------------------------------------

AFTER_SRP = """
names = [(one["challengeName"], one["challengeResult"]) for one in event["request"]["session"]]
next = {
    (): "",
    (("SRP_A", True),): "PASSWORD_VERIFIER",
    (("SRP_A", True), ("PASSWORD_VERIFIER", True)): "CUSTOM_CHALLENGE",
}.get(tuple(names), "")
event["response"]["challengeName"] = next or None
event["response"]["issueTokens"] = names[1:] == [("PASSWORD_VERIFIER", True), ("CUSTOM_CHALLENGE", True)]
event["response"]["failAuthentication"] = not next and not event["response"]["issueTokens"]
"""


class CustomClient(Client):
    def begin(self, name="mara", **more):
        return begin(self.it, name, CHALLENGE_NAME="SRP_A", SRP_A=f"{self.public:x}")


def test_first_the_password_then_the_riddle(riddle):
    riddle.on("DefineAuthChallenge", AFTER_SRP)
    asked = CustomClient(riddle).sign_in()
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    tokens = answer(riddle, asked)["AuthenticationResult"]
    assert read(tokens["AccessToken"])["amr"] == ["pwd"]
    with refused("NotAuthorizedException"):
        answer(riddle, CustomClient(riddle).sign_in(), "snail")
    with refused("NotAuthorizedException"):  # without the password there is nothing to decide
        begin(riddle)


@pytest.mark.parametrize("start", [{}, {"CHALLENGE_NAME": "SRP_A", "SRP_A": "a1"}])
def test_pre_authentication_comes_before_all_of_them_and_once(riddle, start):
    riddle.on("DefineAuthChallenge", AFTER_SRP if start else DEFINE)
    before = riddle.on("PreAuthentication")
    begin(riddle, **start)
    assert len(riddle.events(before)) == 1
    riddle.on("PreAuthentication", "raise ValueError('Closed')")
    define = riddle.on("DefineAuthChallenge", AFTER_SRP if start else DEFINE)
    with refused("UserLambdaValidationException", "PreAuthentication failed with error Closed."):
        begin(riddle, **start)
    assert riddle.events(define) == []


def test_the_password_must_still_be_the_same(riddle):
    riddle.on("DefineAuthChallenge", AFTER_SRP)
    asked = CustomClient(riddle).sign_in()
    riddle.idp.admin_set_user_password(
        UserPoolId=riddle.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    with refused("NotAuthorizedException"):
        answer(riddle, asked)


def test_a_wrong_password_ends_it_and_counts(riddle):
    riddle.on("DefineAuthChallenge", AFTER_SRP)
    for _ in range(5):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            CustomClient(riddle, password="wrong").sign_in()
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        CustomClient(riddle).sign_in()


def test_the_password_alone_is_no_sign_in_there(riddle):
    """The challenge of a sign-in of one's own leads to its functions, and never straight to tokens."""
    riddle.on("DefineAuthChallenge", AFTER_SRP)
    client = CustomClient(riddle)
    answered = client.send(client.claim(client.begin(), written()))
    assert "AuthenticationResult" not in answered


def test_a_second_factor_is_not_left_out_silently(riddle):
    riddle.idp.set_user_pool_mfa_config(
        UserPoolId=riddle.pool, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    with pytest.raises(OutsideTheLab, match="second factor"):
        begin(riddle)
