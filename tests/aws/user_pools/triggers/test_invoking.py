"""A trigger is invoked: who may, for how long, and what its answer must be."""

from __future__ import annotations

import threading
import time

import pytest
from support.iam_people import allow, make_role
from support.lambda_functions import Held, client, make_function
from support.triggers import triggered
from support.user_pools import PASSWORD, pairs, refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.lambda_functions import invocations
from cognito_lab.aws.user_pools.triggers import invoking


@pytest.fixture
def it():
    with triggered() as it:
        yield it


def sign_up(it, name="mara"):
    return it.idp.sign_up(
        ClientId=it.client,
        Username=name,
        Password=PASSWORD,
        UserAttributes=pairs(email=f"{name}@tidepool.example"),
    )


def usernames(it):
    return [user["Username"] for user in it.idp.list_users(UserPoolId=it.pool)["Users"]]


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return event['response']",
        "return 'yes'",
        "del event['response']",
        "event['response'] = []",
        "event['response']['autoConfirmUser'] = 'yes'",
    ],
)
def test_it_returns_the_whole_event(it, body):
    it.on("PreSignUp", body)
    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        sign_up(it)
    assert usernames(it) == []


def test_what_it_adds_beside_the_response_counts_for_nothing(it):
    body = "event['userName'] = 'rook'; event['response'].update(other=1, autoConfirmUser=None)"
    it.on("PreSignUp", body)
    sign_up(it)
    assert usernames(it) == ["mara"] and it.status() == "UNCONFIRMED"


def test_without_permission_it_is_not_invoked(it):
    name = it.on("PreSignUp", permitted=False)
    with refused(
        "UnexpectedLambdaException", "PreSignUp invocation failed due to error AccessDeniedException."
    ):
        sign_up(it)
    it.permit(name, pool="us-east-1_another01")
    with refused("UnexpectedLambdaException"):
        sign_up(it)
    client().remove_permission(FunctionName=name, StatementId="pool")
    it.permit(name)
    sign_up(it)
    assert len(it.events(name)) == 1


def test_a_function_of_another_account_is_not_the_one_of_that_name_here(it):
    name = it.on("PreSignUp", "raise ValueError('Here')")
    arn = client().get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    it.configure(PreSignUp=arn.replace("123456789012", "210987654321"))
    with refused("UnexpectedLambdaException"):
        sign_up(it)


@pytest.mark.parametrize("settings", [{"AliasAttributes": ["email"]}, {"UsernameAttributes": ["email"]}, {}])
def test_the_event_names_the_address_by_which_a_confirmed_user_is_found(it, settings):
    it.new_pool(AutoVerifiedAttributes=["email"], **settings)
    name, address = it.on("CustomMessage"), "ben@tidepool.example"
    who = address if "UsernameAttributes" in settings else "ben"
    it.sign_up(who)
    it.confirm(who)
    it.idp.forgot_password(ClientId=it.client, Username=who)
    before, after = (event["request"]["userAttributes"] for event in it.events(name))
    assert "cognito:email_alias" not in before
    assert after.get("cognito:email_alias") == (address if settings else None)


def test_a_function_that_is_gone(it):
    name = it.on("PreSignUp")
    client().delete_function(FunctionName=name)
    with refused(
        "UnexpectedLambdaException", "PreSignUp invocation failed due to error ResourceNotFoundException."
    ):
        sign_up(it)


def test_one_that_cannot_be_loaded(it):
    arn = make_function("broken", "import nowhere")
    it.permit("broken")
    it.configure(PreSignUp=arn)
    with refused(
        "UnexpectedLambdaException", "PreSignUp invocation failed due to error Unable to import module"
    ):
        sign_up(it)


@pytest.mark.parametrize(
    "body", ["while True: pass", "import time; [time.sleep(0.01) for _ in range(6_000)]"]
)
def test_cognito_waits_so_long_and_tries_again(it, monkeypatch, body):
    monkeypatch.setattr(invoking, "SECONDS", 0.2)
    name = it.on("PreSignUp", body, Timeout=30)
    begun = time.monotonic()
    text = "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."
    with refused("UnexpectedLambdaException", text):
        sign_up(it)
    assert 0.5 < time.monotonic() - begun < 20
    assert len(it.events(name)) == invoking.TRIES == 3
    assert usernames(it) == []


def test_its_limit_is_aws_s():
    assert invoking.SECONDS == 5


def test_the_functions_own_limit_comes_first(it):
    it.on("PreSignUp", "while True: pass", Timeout=1)
    with refused("UnexpectedLambdaException", "PreSignUp invocation failed due to error RequestId"):
        sign_up(it)


CALLING = """
import boto3
idp = boto3.client("cognito-idp")
"""


def test_it_calls_the_pool_that_waits_for_it(it):
    role = make_role("reader", allow("cognito-idp:ListUsers"))
    find = """
wanted = 'email = "%s"' % event['request']['userAttributes']['email']
found = idp.list_users(UserPoolId=event['userPoolId'], Filter=wanted)
"""
    it.on(
        "PreSignUp",
        CALLING + find + "if found['Users']: raise ValueError('One account for each address')",
        role,
    )
    sign_up(it)
    with refused(
        "UserLambdaValidationException", "PreSignUp failed with error One account for each address."
    ):
        it.idp.sign_up(
            ClientId=it.client,
            Username="again",
            Password=PASSWORD,
            UserAttributes=pairs(email="mara@tidepool.example"),
        )


def test_a_sign_up_in_its_own_sign_up_comes_to_an_end(it, monkeypatch):
    monkeypatch.setattr(invocations, "CONCURRENT", 3)
    body = f"idp.sign_up(ClientId='{it.client}', Username=event['userName'] + 'x', Password='{PASSWORD}')"
    it.on("PreSignUp", CALLING + body, Timeout=60)
    begun = time.monotonic()
    with refused("UserLambdaValidationException"):  # of the innermost: as many functions run as may
        sign_up(it)
    assert time.monotonic() - begun < 60
    assert usernames(it) == []


@pytest.mark.parametrize("what", ["delete_user_pool", "delete_user_pool_client"])
def test_what_is_deleted_meanwhile_is_not_there(it, what):
    role = make_role("deleter", allow("cognito-idp:*"))
    client_id = "" if what == "delete_user_pool" else f", ClientId='{it.client}'"
    it.on("PreSignUp", CALLING + f"idp.{what}(UserPoolId=event['userPoolId']{client_id})", role)
    with refused("ResourceNotFoundException"):
        sign_up(it)


def test_an_account_that_is_emptied_meanwhile(it, monkeypatch, tmp_path):
    monkeypatch.setattr(invoking, "SECONDS", 60)
    held = Held(tmp_path)
    it.on("PreSignUp", held.code, Timeout=60)

    def empty():
        held.wait_until_it_runs()
        it.lab.reset()
        held.let_go()

    threading.Thread(target=empty).start()
    with pytest.raises(OutsideTheLab, match="ended"):
        sign_up(it)


def test_custom_senders_are_refused_by_name(it):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    with pytest.raises(OutsideTheLab, match="CustomEmailSender"):
        it.configure(CustomEmailSender={"LambdaVersion": "V1_0", "LambdaArn": arn}, KMSKeyID=key)


def test_the_configuration_is_described(it):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    it.configure(PreSignUp=arn, PreTokenGeneration=arn)
    shown = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["LambdaConfig"]
    newer = {"LambdaVersion": "V1_0", "LambdaArn": arn}
    assert shown == {"PreSignUp": arn, "PreTokenGeneration": arn, "PreTokenGenerationConfig": newer}
    with refused("InvalidParameterException"):
        it.configure(PreTokenGeneration=arn, PreTokenGenerationConfig={**newer, "LambdaArn": arn + "g"})
    it.idp.update_user_pool(UserPoolId=it.pool)
    assert it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["LambdaConfig"] == {}
