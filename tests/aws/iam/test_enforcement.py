"""Who is let in: the owner, IAM users, sessions of roles, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
import time_machine
from botocore import UNSIGNED
from botocore.config import Config
from support.iam_people import (
    ACCOUNT,
    allow,
    deny,
    document,
    make_role,
    make_user,
    refusal,
    s3_of,
    session_of,
)

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.iam import enforcement, policy_documents, principals


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    lab = Lab.start(region="us-east-1")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tidepool-pictures")
    s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.jpg", Body=b"crab")
    yield
    lab.stop()


def read(who: dict[str, str]) -> Any:
    return s3_of(who).get_object(Bucket="tidepool-pictures", Key="mara/crab.jpg")["Body"].read()


def as_user(trusted: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}


def take(who: dict[str, str], role: str, **more: Any) -> dict[str, str]:
    made = boto3.client("sts", **who).assume_role(RoleArn=role, RoleSessionName="visit", **more)[
        "Credentials"
    ]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }


# -- the owner -------------------------------------------------------------------------------------


def test_the_owner_is_held_back_by_nothing_and_has_a_key_of_its_own() -> None:
    s3 = boto3.client("s3")
    everybody = {
        **deny("s3:*", ["arn:aws:s3:::tidepool-pictures", "arn:aws:s3:::tidepool-pictures/*"]),
        "Principal": "*",
    }
    s3.put_bucket_policy(Bucket="tidepool-pictures", Policy=json.dumps(document(everybody)))
    assert read({}) == b"crab"
    keys = principals.owner_keys()
    assert (
        keys.access_key_id.startswith("AKIA")
        and len(keys.access_key_id) == 20
        and len(keys.secret_access_key) == 40
    )
    assert boto3.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_new_account_forgets_who_was_in_the_old_one() -> None:
    mara, ines = session_of(make_role("member", allow("s3:*"))), make_user("ines", allow("s3:*"))
    assert s3_of(mara).list_buckets() and s3_of(ines).list_buckets()
    Lab.start(region="us-east-1")
    for who in (mara, ines):
        assert refusal(s3_of(who).list_buckets)[:2] == ("InvalidAccessKeyId", 403)


# -- sessions of a role ----------------------------------------------------------------------------


def test_a_session_may_do_what_its_role_allows_and_nothing_else() -> None:
    role = make_role("member", allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/mara/*"))
    mara = session_of(role)
    assert read(mara) == b"crab"
    code, status, text = refusal(s3_of(mara).put_object, Bucket="tidepool-pictures", Key="mara/x", Body=b"")
    assert (code, status) == ("AccessDenied", 403)
    assert text == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/member/mara is not authorized to perform: "
        's3:PutObject on resource: "arn:aws:s3:::tidepool-pictures/mara/x" because '
        "no identity-based policy allows the s3:PutObject action"
    )


def test_a_role_may_do_nothing_until_it_is_said_and_the_next_request_already_knows() -> None:
    role = make_role("member")
    mara = session_of(role)
    assert refusal(read, mara)[0] == "AccessDenied"
    iam = boto3.client("iam")
    iam.put_role_policy(
        RoleName="member", PolicyName="p", PolicyDocument=json.dumps(document(allow("s3:Get*")))
    )
    assert read(mara) == b"crab"
    iam.put_role_policy(RoleName="member", PolicyName="q", PolicyDocument=json.dumps(document(deny("s3:*"))))
    assert refusal(read, mara)[2].endswith("with an explicit deny in an identity-based policy")
    for name in ("p", "q"):
        iam.delete_role_policy(RoleName="member", PolicyName=name)
    iam.delete_role(RoleName="member")
    assert refusal(read, mara)[0] == "AccessDenied"


def test_a_session_policy_narrows_the_role() -> None:
    role = make_role("member", allow("s3:GetObject"))
    assert read(session_of(role, session_policies=[document(allow("s3:*"))])) == b"crab"
    code, _, text = refusal(read, session_of(role, session_policies=[document(allow("s3:ListBucket"))]))
    assert code == "AccessDenied" and text.endswith(
        "because no session policy allows the s3:GetObject action"
    )
    wide = session_of(role, session_policies=[document(allow("*"))])
    assert refusal(s3_of(wide).list_buckets)[2].endswith(
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )


def test_a_guest_is_held_shorter_than_the_role_says() -> None:
    role = make_role("guest", allow("*"))
    guest = session_of(role, session_policies=policy_documents.guest_session_policies())
    assert read(guest) == b"crab"
    iam_of_guest, iam_of_member = boto3.client("iam", **guest), boto3.client("iam", **session_of(role))
    code, status, text = refusal(iam_of_guest.list_roles)
    assert (code, status) == ("AccessDenied", 403) and text.endswith(
        "because no session policy allows the iam:ListRoles action"
    )
    assert iam_of_member.list_roles()["Roles"]


def test_the_context_of_the_session_fills_variables() -> None:
    role = make_role(
        "member", allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/${aws:PrincipalTag/folder}/*")
    )
    assert read(session_of(role, tags={"folder": "mara"})) == b"crab"
    assert refusal(read, session_of(role, tags={"folder": "ben"}))[0] == "AccessDenied"
    assert refusal(read, session_of(role))[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"NumericGreaterThan": {"aws:EpochTime": "0"}}, True),
        ({"StringLike": {"aws:userid": "AROA*:mara"}}, True),
        ({"StringLike": {"aws:userid": "AROA*:ben"}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/member"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "210987654321"}}, False),
        ({"Null": {"aws:username": "true"}}, True),  # only IAM users have one
        ({"StringLike": {"aws:UserAgent": "Boto3*"}}, True),
    ],
)
def test_condition_keys_of_every_request(condition: dict[str, Any], allowed: bool) -> None:
    mara = session_of(make_role("member", allow("s3:GetObject", Condition=condition)))
    assert read(mara) == b"crab" if allowed else refusal(read, mara)[0] == "AccessDenied"


# -- IAM users -------------------------------------------------------------------------------------


def test_an_iam_user_is_held_to_its_policies() -> None:
    ines = make_user("ines", allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/${aws:username}/*"))
    boto3.client("s3").put_object(Bucket="tidepool-pictures", Key="ines/whelk.jpg", Body=b"whelk")
    assert s3_of(ines).get_object(Bucket="tidepool-pictures", Key="ines/whelk.jpg")["Body"].read() == b"whelk"
    assert refusal(read, ines)[:2] == ("AccessDenied", 403)
    assert boto3.client("sts", **ines).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ines"


# -- services other than S3 ------------------------------------------------------------------------


def test_the_policy_on_one_user_pool_does_not_open_another() -> None:
    owner = boto3.client("cognito-idp")
    ours, theirs = (owner.create_user_pool(PoolName=name)["UserPool"]["Id"] for name in ("ours", "theirs"))
    role = make_role(
        "clerk",
        allow("cognito-idp:DescribeUserPool", f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{ours}"),
    )
    clerk = boto3.client("cognito-idp", **session_of(role))
    assert clerk.describe_user_pool(UserPoolId=ours)["UserPool"]["Id"] == ours
    code, status, text = refusal(clerk.describe_user_pool, UserPoolId=theirs)
    assert (code, status) == ("AccessDeniedException", 400)
    assert (
        "perform: cognito-idp:DescribeUserPool on resource: "
        f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{theirs}" in text
    )


def test_iam_itself_is_guarded_by_resource() -> None:
    make_role("member"), make_role("other")
    ines = make_user("ines", allow("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/member"))
    iam = boto3.client("iam", **ines)
    assert iam.get_role(RoleName="member")["Role"]["RoleName"] == "member"
    assert refusal(iam.get_role, RoleName="other")[:2] == ("AccessDenied", 403)
    assert refusal(iam.create_user, UserName="rook")[:2] == ("AccessDenied", 403)
    # The right is asked before the document is looked at.
    assert (
        refusal(iam.put_role_policy, RoleName="member", PolicyName="p", PolicyDocument="{")[0]
        == "AccessDenied"
    )


def test_what_needs_no_signature_gets_none_asked() -> None:
    for service, call, arguments in [
        ("cognito-idp", "respond_to_auth_challenge", {"ClientId": "a", "ChallengeName": "SMS_MFA"}),
        ("cognito-idp", "global_sign_out", {"AccessToken": "a.b.c"}),
        (
            "cognito-idp",
            "change_password",
            {"AccessToken": "a.b.c", "PreviousPassword": "aaaaaa", "ProposedPassword": "bbbbbb"},
        ),
        ("cognito-identity", "get_id", {"IdentityPoolId": "us-east-1:11111111-2222-3333-4444-555555555555"}),
    ]:
        stranger = boto3.client(service, config=Config(signature_version=UNSIGNED))
        code = refusal(getattr(stranger, call), **arguments)[0]
        assert code in ("ResourceNotFoundException", "NotAuthorizedException", "InvalidParameterException"), (
            call,
            code,
        )
    # Even a signature that is wrong is not looked at.
    stranger = boto3.client(
        "cognito-identity", aws_access_key_id="AKIA0000000000000000", aws_secret_access_key="x"
    )
    pool = "us-east-1:11111111-2222-3333-4444-555555555555"
    assert refusal(stranger.get_id, IdentityPoolId=pool)[0] == "ResourceNotFoundException"
    sts = boto3.client("sts", config=Config(signature_version=UNSIGNED))
    call = sts.assume_role_with_web_identity
    assert (
        refusal(
            call, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", RoleSessionName="ab", WebIdentityToken="abcd"
        )[0]
        == "InvalidIdentityToken"
    )


@pytest.mark.parametrize(
    ("service", "call", "code", "status"),
    [
        ("cognito-idp", "list_user_pools", "MissingAuthenticationTokenException", 400),
        ("cognito-identity", "list_identity_pools", "MissingAuthenticationTokenException", 400),
        ("iam", "list_roles", "MissingAuthenticationToken", 403),
        ("sts", "get_caller_identity", "MissingAuthenticationToken", 403),
        ("s3", "list_buckets", "AccessDenied", 403),
    ],
)
def test_everything_else_must_be_signed(service: str, call: str, code: str, status: int) -> None:
    stranger = boto3.client(service, config=Config(signature_version=UNSIGNED))
    arguments = {"MaxResults": 1} if "pools" in call else {}
    assert refusal(getattr(stranger, call), **arguments)[:2] == (code, status)


def test_much_of_lambda_and_api_gateway_is_not_played() -> None:
    for service, call, arguments in [
        ("lambda", "list_layers", {}),
        ("lambda", "publish_version", {"FunctionName": "f"}),
        ("lambda", "invoke_async", {"FunctionName": "f", "InvokeArgs": b"{}"}),
        ("apigateway", "get_usage_plans", {}),
        ("apigatewayv2", "get_vpc_links", {}),
    ]:
        with pytest.raises(OutsideTheLab, match="not played by this lab"):
            getattr(boto3.client(service), call)(**arguments)


def test_moto_does_nothing_else_than_what_was_admitted() -> None:
    """One request that two readers could read in two ways is nobody's way round the policies."""
    body = "Action=ListRoles&Version=2010-05-08&Action=CreateUser&UserName=rook"
    url = "https://iam.amazonaws.com/"
    answer = _signed("POST", url, "iam", body)
    assert answer.status_code == 400 and "<Code>MalformedInput</Code>" in answer.text
    assert "rook" not in moto_patches.iam().users


def _signed(method: str, url: str, service: str, body: str) -> requests.Response:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    keys = principals.owner_keys()
    request = AWSRequest(
        method, url, data=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), service, "us-east-1").add_auth(request)
    return requests.request(method, url, data=body, headers=dict(request.headers), timeout=5)


# -- STS -------------------------------------------------------------------------------------------


def test_anyone_may_ask_who_they_are_even_where_everything_is_denied() -> None:
    role = make_role("member", deny("*"))
    found = boto3.client("sts", **session_of(role)).get_caller_identity()
    assert found["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara" and found["Account"] == ACCOUNT
    role_id, _, name = found["UserId"].partition(":")
    assert role_id == boto3.client("iam").get_role(RoleName="member")["Role"]["RoleId"] and name == "mara"


def test_a_role_is_for_whom_its_trust_policy_names() -> None:
    ines, rook = make_user("ines"), make_user("rook", allow("sts:AssumeRole"))
    role = make_role("curator", allow("s3:GetObject"), trust=as_user(f"arn:aws:iam::{ACCOUNT}:user/ines"))
    curator = take(ines, role)
    assert curator["aws_access_key_id"].startswith("ASIA") and read(curator) == b"crab"
    assert (
        boto3.client("sts", **curator).get_caller_identity()["Arn"]
        == f"arn:aws:sts::{ACCOUNT}:assumed-role/curator/visit"
    )
    code, status, text = refusal(take, rook, role)
    assert (code, status) == ("AccessDenied", 403)
    assert (
        text == f"User: arn:aws:iam::{ACCOUNT}:user/rook is not authorized to perform: sts:AssumeRole "
        f"on resource: {role}"
    )
    assert refusal(take, ines, role.replace("curator", "nobody"))[:2] == ("AccessDenied", 403)


def test_a_trust_in_the_account_leaves_it_to_the_callers_own_policies() -> None:
    role = make_role("curator", trust=as_user(ACCOUNT))
    assert refusal(take, make_user("rook"), role)[0] == "AccessDenied"
    take(make_user("ines", allow("sts:AssumeRole", role)), role)
    assert (
        refusal(take, make_user("ben", allow("sts:AssumeRole"), deny("sts:AssumeRole", role)), role)[0]
        == "AccessDenied"
    )


def test_the_right_to_take_a_role_is_no_use_against_its_trust_policy() -> None:
    role = make_role("curator", trust=as_user("210987654321"))
    assert refusal(take, make_user("rook", allow("*")), role)[0] == "AccessDenied"


def test_an_external_id_is_a_condition_like_any_other() -> None:
    ines = make_user("ines")
    role = make_role(
        "curator",
        trust={
            **as_user(f"arn:aws:iam::{ACCOUNT}:user/ines"),
            "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
        },
    )
    assert take(ines, role, ExternalId="42")
    assert refusal(take, ines, role)[0] == refusal(take, ines, role, ExternalId="43")[0] == "AccessDenied"


def test_root_takes_no_role() -> None:
    role = make_role("curator", trust=as_user(ACCOUNT))
    assert refusal(take, {}, role) == ("AccessDenied", 403, "Roles may not be assumed by root accounts.")


def test_the_session_lasts_as_long_as_was_asked_within_the_roles_limit() -> None:
    ines = make_user("ines")
    arn = f"arn:aws:iam::{ACCOUNT}:user/ines"
    role = make_role("curator", allow("s3:GetObject"), trust=as_user(arn), MaxSessionDuration=7200)
    curator = take(ines, role, DurationSeconds=7200)
    with time_machine.travel(_in(minutes=119), tick=False):
        assert read(curator) == b"crab"
    with time_machine.travel(_in(minutes=121), tick=False):
        assert refusal(read, curator)[:2] == ("ExpiredToken", 400)
    assert refusal(take, ines, role, DurationSeconds=7201)[:2] == ("ValidationError", 400)
    assert refusal(take, ines, role, DurationSeconds=43201)[:2] == ("ValidationError", 400)
    sts = boto3.client("sts", config=Config(parameter_validation=False), **ines)
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="visit", DurationSeconds=899)[:2] == (
        "ValidationError",
        400,
    )
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="a b")[:2] == ("ValidationError", 400)


def test_a_role_taken_with_a_role_lasts_an_hour_at_most() -> None:
    first = make_role("first", allow("sts:AssumeRole"))
    second = make_role("second", trust=as_user(first), MaxSessionDuration=7200)
    chained = session_of(first)
    assert take(chained, second, DurationSeconds=3600)
    assert refusal(take, chained, second, DurationSeconds=3601)[:2] == ("ValidationError", 400)


def test_a_session_policy_of_assume_role_narrows_it() -> None:
    ines = make_user("ines")
    role = make_role("curator", allow("s3:*"), trust=as_user(f"arn:aws:iam::{ACCOUNT}:user/ines"))
    narrow = take(ines, role, Policy=json.dumps(document(allow("s3:GetObject"))))
    assert read(narrow) == b"crab"
    assert refusal(s3_of(narrow).list_buckets)[2].endswith(
        "because no session policy allows the s3:ListAllMyBuckets action"
    )
    assert refusal(take, ines, role, Policy="{")[:2] == ("MalformedPolicyDocument", 400)
    assert refusal(take, ines, role, Policy=json.dumps(document({"Effect": "Allow"})))[:2] == (
        "MalformedPolicyDocument",
        400,
    )
    with pytest.raises(OutsideTheLab):
        take(ines, role, Tags=[{"Key": "folder", "Value": "mara"}])


def test_other_ways_to_credentials_are_not_played() -> None:
    sts = boto3.client("sts")
    for call in (sts.get_session_token, lambda: sts.get_federation_token(Name="ab")):
        with pytest.raises(OutsideTheLab):
            call()


def test_each_rule_can_be_switched_off_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mara = session_of(make_role("member"))
    assert refusal(read, mara)[0] == "AccessDenied"
    monkeypatch.setattr(enforcement, "is_owner", lambda principal: True)
    assert read(mara) == b"crab"


def _in(minutes: float) -> float:
    import time

    return time.time() + 60 * minutes
