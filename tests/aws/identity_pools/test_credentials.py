"""The enhanced flow: an identity becomes credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from support.iam_people import make_user
from support.identity_pools import (
    World,
    caller,
    exchanges,
    federated_trust,
    refused,
    trust,
)

from cognito_lab.aws.sts import role_sessions


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = World()
        yield world
        world.close()


def get(world: World, pool: str, logins: dict[str, str] | None = None) -> dict[str, Any]:
    given = {"Logins": logins} if logins else {}
    identity = world.unsigned.get_id(IdentityPoolId=pool, **given)["IdentityId"]
    return dict(world.unsigned.get_credentials_for_identity(IdentityId=identity, **given))


def test_credentials_are_a_session_of_the_role_for_one_hour(world: World) -> None:
    pool = world.pool_with_roles()
    answer = get(world, pool, world.login("mara"))
    credentials = answer["Credentials"]
    assert set(credentials) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert credentials["Expiration"].isoformat().startswith("2026-06-01T10:00:00")
    who = caller(credentials)
    assert who["Arn"] == "arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials"
    role_id = world.iam.get_role(RoleName="member")["Role"]["RoleId"]
    assert who["UserId"] == f"{role_id}:CognitoIdentityCredentials"
    assert get(world, pool, world.login("mara"))["Credentials"]["AccessKeyId"] != credentials["AccessKeyId"]


def test_the_session_knows_whose_it_is(world: World) -> None:
    pool = world.pool_with_roles()
    answer = get(world, pool, world.login("mara"))
    session = role_sessions.session_by_key_id(answer["Credentials"]["AccessKeyId"])
    assert session is not None and session.role_name == "member" and session.session_policies == ()
    assert session.context == {
        "cognito-identity.amazonaws.com:aud": pool,
        "cognito-identity.amazonaws.com:sub": answer["IdentityId"],
        "cognito-identity.amazonaws.com:amr": ["authenticated", world.key, f"{world.key}:CognitoSignIn:mara"],
        "aws:FederatedProvider": "cognito-identity.amazonaws.com",
        "aws:TokenIssueTime": "2026-06-01T09:00:00Z",
    }
    assert role_sessions.session_by_key_id("ASIANOBODY0000000000") is None


def test_a_pool_without_roles_gives_no_credentials(world: World) -> None:
    pool = world.create_pool()
    for logins in (None, world.login("mara")):
        said = refused("InvalidIdentityPoolConfigurationException", "Check assigned IAM roles for this pool.")
        with exchanges() as seen, said:
            get(world, pool, logins)
        assert not [each for each in seen if each.callee == "sts"], "there is nothing to ask for"
    member = world.role("member", trust(pool, "authenticated"))
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": member})
    assert get(world, pool, world.login("mara"))
    with refused("InvalidIdentityPoolConfigurationException"):  # none for guests
        get(world, pool)


def refused_trusts(pool: str) -> dict[str, dict[str, Any]]:
    usual = trust(pool, "authenticated")
    other_pool = trust("us-east-1:00000000-0000-4000-8000-000000000000", "authenticated")
    denied = json.loads(json.dumps(usual))
    denied["Statement"].append({**denied["Statement"][0], "Effect": "Deny"})
    wrong_action = json.loads(json.dumps(usual))
    wrong_action["Statement"][0]["Action"] = "sts:AssumeRole"
    return {
        "another pool": other_pool,
        "guests only": trust(pool, "unauthenticated"),
        "another provider": federated_trust(
            "accounts.google.com", {"StringEquals": {"accounts.google.com:aud": "x"}}
        ),
        "denied": denied,
        "the wrong action": wrong_action,
        "another person": federated_trust(
            "cognito-identity.amazonaws.com",
            {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": pool,
                    "cognito-identity.amazonaws.com:sub": "us-east-1:0",
                }
            },
        ),
    }


@pytest.mark.parametrize("case", list(refused_trusts("x")))
def test_the_trust_policy_has_the_last_word(world: World, case: str) -> None:
    pool = world.create_pool()
    arn = world.role("member", refused_trusts(pool)[case])
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": arn})
    with exchanges() as seen, refused("InvalidIdentityPoolConfigurationException"):
        get(world, pool, world.login("mara"))
    inner = next(each for each in seen if each.callee == "sts")
    assert inner.error is not None and inner.error.code == "AccessDenied"  # what STS said, inside AWS
    world.iam.update_assume_role_policy(
        RoleName="member", PolicyDocument=json.dumps(trust(pool, "authenticated"))
    )
    assert get(world, pool, world.login("mara"))


def test_a_trust_policy_can_ask_for_one_provider(world: World) -> None:
    pool = world.create_pool()
    arn = world.role("member", trust(pool, world.key))
    world.pool.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": arn, "unauthenticated": arn}
    )
    assert get(world, pool, world.login("mara"))
    with refused("InvalidIdentityPoolConfigurationException"):
        get(world, pool)  # a guest, although the pool names the same role for both


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:role/nobody",
        "arn:aws:iam::999999999999:role/member",
    ],
)
def test_a_role_that_is_not_there(world: World, arn: str) -> None:
    pool = world.pool_with_roles()
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": arn})
    with refused("InvalidIdentityPoolConfigurationException"):
        get(world, pool, world.login("mara"))


def test_a_guest_is_held_by_session_policies_and_a_member_is_not(world: World) -> None:
    pool = world.pool_with_roles()
    guest = role_sessions.session_by_key_id(get(world, pool)["Credentials"]["AccessKeyId"])
    member = role_sessions.session_by_key_id(
        get(world, pool, world.login("mara"))["Credentials"]["AccessKeyId"]
    )
    assert guest is not None and member is not None
    allowed = [
        action
        for document in guest.session_policies
        for statement in document["Statement"]
        for action in statement["Action"]
        if statement["Effect"] == "Allow"
    ]
    assert "s3:*" in allowed and not any(action.startswith(("ec2:", "sts:", "iam:")) for action in allowed)
    assert member.session_policies == ()
    assert guest.context["cognito-identity.amazonaws.com:amr"] == ["unauthenticated"]


def test_a_login_is_needed_each_time(world: World) -> None:
    pool = world.pool_with_roles()
    mara = world.unsigned.get_id(IdentityPoolId=pool, Logins=world.login("mara"))["IdentityId"]
    with refused("NotAuthorizedException", f"Access to Identity '{mara}' is forbidden."):
        world.unsigned.get_credentials_for_identity(IdentityId=mara)
    answer = world.unsigned.get_credentials_for_identity(IdentityId=mara, Logins=world.login("mara"))
    assert answer["IdentityId"] == mara


def test_what_happens_inside_is_shown(world: World) -> None:
    pool = world.pool_with_roles()
    with exchanges() as seen:
        get(world, pool, world.login("mara"))
    arrows = [(each.caller, each.callee, each.operation) for each in seen]
    assert arrows == [
        ("cognito-identity", world.user_pool.host, ""),  # the user pool's keys
        ("app", "cognito-identity", "GetId"),
        ("cognito-identity", "sts", "AssumeRoleWithWebIdentity"),
        ("app", "cognito-identity", "GetCredentialsForIdentity"),
    ]
    assert seen[2].answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/member/CognitoIdentityCredentials")
    assert seen[2].details["RoleArn"].endswith(":role/member")


def client(world: World, service: str, credentials: dict[str, Any]) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_the_same_rights_reach_further_for_a_member_than_for_a_guest(world: World) -> None:
    pool = world.pool_with_roles()
    world.client("s3").create_bucket(Bucket="tidepool-pictures")
    rights = {"Effect": "Allow", "Action": ["s3:ListBucket", "iam:ListRoles"], "Resource": "*"}
    for role in ("member", "guest"):
        document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
        world.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)
    member = get(world, pool, world.login("mara"))["Credentials"]
    guest = get(world, pool)["Credentials"]
    for credentials in (member, guest):
        client(world, "s3", credentials).list_objects_v2(Bucket="tidepool-pictures")
    assert client(world, "iam", member).list_roles()["Roles"]
    with refused("AccessDenied", "no session policy allows the iam:ListRoles action"):
        client(world, "iam", guest).list_roles()


def test_the_credentials_end_after_an_hour_and_are_renewed_with_a_fresh_token(world: World) -> None:
    pool, token = world.pool_with_roles(), world.login("mara")
    world.client("s3").create_bucket(Bucket="tidepool-pictures")
    rights = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
    world.iam.put_role_policy(RoleName="member", PolicyName="p", PolicyDocument=document)
    bucket = client(world, "s3", get(world, pool, token)["Credentials"])
    with time_machine.travel("2026-06-01T09:59:00Z", tick=False):
        assert bucket.list_objects_v2(Bucket="tidepool-pictures")
    with time_machine.travel("2026-06-01T10:01:00Z", tick=False):
        with refused("ExpiredToken"):
            bucket.list_objects_v2(Bucket="tidepool-pictures")
        with refused("NotAuthorizedException", "Token expired"):
            get(world, pool, token)
        renewed = get(world, pool, world.login("mara"))["Credentials"]
        assert client(world, "s3", renewed).list_objects_v2(Bucket="tidepool-pictures")


def test_no_identity_calls_identity_pools_with_its_credentials(world: World) -> None:
    """Cognito guide, "IAM roles": whatever the role says, in both flows."""
    pool = world.pool_with_roles()
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": everything})
    for role in ("member", "guest"):
        world.iam.put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=document)
    for logins in (world.login("mara"), None):
        got = get(world, pool, logins)["Credentials"]
        session = boto3.Session(got["AccessKeyId"], got["SecretKey"], got["SessionToken"], "us-east-1")
        with refused("NotAuthorizedException"):
            session.client("cognito-identity").describe_identity_pool(IdentityPoolId=pool)
        assert session.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"] == []
        assert session.client("cognito-identity").get_id(IdentityPoolId=pool), "which asks for no signature"
    with refused("AccessDeniedException"):
        other = boto3.client("cognito-identity", **make_user("ines"))
        other.describe_identity_pool(IdentityPoolId=pool)
