"""Secrets: who may read them, what moto answers, and what it would let through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from support.iam_people import allow, deny, make_role, refusal, session_of
from support.identity_pools import World

from cognito_lab import OutsideTheLab

MANAGER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
DENIED = ("AccessDeniedException", 400)


@pytest.fixture(autouse=True)
def world() -> Iterator[World]:
    world = World()
    boto3.client("secretsmanager").create_secret(Name="tidepool/key", SecretString="low water")
    yield world
    world.close()


def secrets_of(*statements: dict[str, Any], name: str = "keeper") -> Any:
    return boto3.client("secretsmanager", **session_of(make_role(name, *statements)))


def test_the_operations_that_moto_carries() -> None:
    secrets = boto3.client("secretsmanager")
    made = secrets.create_secret(Name="tides", SecretString="high", Description="of today")
    assert made["ARN"].startswith(f"{MANAGER}tides-") and len(made["ARN"]) == len(f"{MANAGER}tides-") + 6
    for given in ("tides", made["ARN"], f"{MANAGER}tides"):
        found = secrets.get_secret_value(SecretId=given)
        assert (found["SecretString"], found["VersionStages"]) == ("high", ["AWSCURRENT"])
    secrets.put_secret_value(SecretId="tides", SecretBinary=b"\0\xff")
    assert secrets.get_secret_value(SecretId="tides")["SecretBinary"] == b"\0\xff"
    before = secrets.get_secret_value(SecretId="tides", VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "high" and before["VersionId"] == made["VersionId"]
    told = secrets.describe_secret(SecretId="tides")
    assert (told["Name"], told["Description"], len(told["VersionIdsToStages"])) == ("tides", "of today", 2)
    listed = secrets.list_secrets(MaxResults=1)
    rest = secrets.list_secrets(NextToken=listed["NextToken"])["SecretList"]
    assert [row["Name"] for row in listed["SecretList"] + rest] == ["tidepool/key", "tides"]
    assert refusal(secrets.create_secret, Name="tides")[:2] == ("ResourceExistsException", 400)
    secrets.delete_secret(SecretId="tides", RecoveryWindowInDays=7)
    assert refusal(secrets.get_secret_value, SecretId="tides")[:2] == ("InvalidRequestException", 400)
    assert [row["Name"] for row in secrets.list_secrets()["SecretList"]] == ["tidepool/key"]
    secrets.delete_secret(SecretId="tides", ForceDeleteWithoutRecovery=True)
    for call in (secrets.get_secret_value, secrets.describe_secret, secrets.delete_secret):
        assert refusal(call, SecretId="tides")[:2] == ("ResourceNotFoundException", 400)
    assert secrets.create_secret(Name="tides", SecretString="high")["ARN"] != made["ARN"]


def test_a_deleted_secret_keeps_its_name_until_its_days_are_over(world: World) -> None:
    secrets, asked = boto3.client("secretsmanager"), {"SecretId": "tidepool/key"}
    secrets.delete_secret(**asked, RecoveryWindowInDays=7)
    world.lab.travel(days=6)
    assert secrets.describe_secret(**asked)["DeletedDate"] > world.lab.now
    for call, more in ((secrets.get_secret_value, {}), (secrets.put_secret_value, {"SecretString": "low"})):
        code, status, text = refusal(call, **asked, **more)
        assert (code, status) == ("InvalidRequestException", 400) and text.startswith("You can't perform")
    assert refusal(secrets.create_secret, Name="tidepool/key")[:2] == ("InvalidRequestException", 400)
    world.lab.travel(days=1, seconds=1)
    secrets = boto3.client("secretsmanager")
    assert refusal(secrets.describe_secret, **asked)[:2] == ("ResourceNotFoundException", 400)
    secrets.create_secret(Name="tidepool/key", SecretString="high water")


def test_a_member_reads_a_secret_and_a_guest_with_the_same_role_does_not(world: World) -> None:
    pool = world.create_pool()
    who = {"cognito-identity.amazonaws.com:aud": pool}
    trust = {
        "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
            "StringEquals": who,
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "*authenticated"},
        },
    }  # fmt: skip
    role = make_role("anybody", allow("secretsmanager:GetSecretValue"), trust=trust)
    world.pool.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": role, "unauthenticated": role}
    )
    found = []
    for logins in (world.login("mara"), None):
        given = {"Logins": logins} if logins else {}
        identity = world.unsigned.get_id(IdentityPoolId=pool, **given)["IdentityId"]
        keys = world.unsigned.get_credentials_for_identity(IdentityId=identity, **given)["Credentials"]
        found.append(boto3.client(
            "secretsmanager", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretKey"],
            aws_session_token=keys["SessionToken"],
        ))  # fmt: skip
    member, guest = found
    assert member.get_secret_value(SecretId="tidepool/key")["SecretString"] == "low water"
    code, status, text = refusal(guest.get_secret_value, SecretId="tidepool/key")
    assert (code, status) == DENIED
    assert text.endswith(
        "is not authorized to perform: secretsmanager:GetSecretValue on resource: tidepool/key because no "
        "session policy allows the secretsmanager:GetSecretValue action"
    )


def test_a_policy_names_the_six_characters_of_chance() -> None:
    asked = {"SecretId": "tidepool/key"}
    arn = boto3.client("secretsmanager").describe_secret(**asked)["ARN"]
    for number, resource in enumerate((arn, f"{MANAGER}tidepool/key-??????", f"{MANAGER}tidepool/*")):
        reader = secrets_of(allow("secretsmanager:GetSecretValue", resource), name=f"right{number}")
        assert reader.get_secret_value(**asked)["SecretString"] == "low water"
        assert refusal(reader.describe_secret, **asked)[:2] == DENIED
    for number, resource in enumerate((f"{MANAGER}tidepool/key", f"{MANAGER}other-??????")):
        reader = secrets_of(allow("secretsmanager:GetSecretValue", resource), name=f"wrong{number}")
        assert refusal(reader.get_secret_value, **asked)[:2] == DENIED


def test_a_deny_on_a_secret_bites_by_whichever_name_it_is_asked_for() -> None:
    keeper = secrets_of(allow("secretsmanager:*"), deny("secretsmanager:*", f"{MANAGER}tidepool/key-??????"))
    arn = boto3.client("secretsmanager").describe_secret(SecretId="tidepool/key")["ARN"]
    for given in ("tidepool/key", arn, f"{MANAGER}tidepool/key", arn[:-3]):
        assert refusal(keeper.get_secret_value, SecretId=given)[0] in (DENIED[0], "ResourceNotFoundException")
    for given in (
        arn.replace("us-east-1", "eu-west-1"),
        f"{MANAGER}tidepool/key".replace("123456", "999999"),
    ):
        assert refusal(keeper.get_secret_value, SecretId=given)[:2] == ("ResourceNotFoundException", 400)


def test_a_secret_is_made_where_its_maker_may() -> None:
    maker = secrets_of(allow("secretsmanager:CreateSecret", f"{MANAGER}tidepool/*"))
    maker.create_secret(Name="tidepool/new", SecretString="x")
    code, status, text = refusal(maker.create_secret, Name="other/new", SecretString="x")
    assert (code, status) == DENIED and "on resource: other/new because" in text
    assert refusal(maker.list_secrets)[:2] == DENIED
    named = {"StringEquals": {"secretsmanager:VersionStage": "AWSPREVIOUS"}}
    older = secrets_of(allow("secretsmanager:GetSecretValue", Condition=named), name="older")
    assert refusal(older.get_secret_value, SecretId="tidepool/key")[:2] == DENIED


def test_what_is_missing_is_missing_only_for_those_who_may_look() -> None:
    assert refusal(secrets_of().get_secret_value, SecretId="none")[:2] == DENIED
    may = secrets_of(allow("secretsmanager:*"), name="may")
    assert refusal(may.get_secret_value, SecretId="none")[:2] == ("ResourceNotFoundException", 400)


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("create_secret", {"Name": "high tide"}, "ValidationException"),
        (
            "create_secret",
            {"Name": "a", "SecretString": "a", "SecretBinary": b"a"},
            "InvalidParameterException",
        ),
        ("list_secrets", {"NextToken": "x"}, "InvalidNextTokenException"),
        (
            "delete_secret",
            {"SecretId": "tidepool/key", "RecoveryWindowInDays": 3},
            "InvalidParameterException",
        ),
    ],
)
def test_what_is_not_of_the_right_form_is_refused(operation: str, given: dict[str, Any], code: str) -> None:
    assert refusal(getattr(boto3.client("secretsmanager"), operation), **given)[:2] == (code, 400)


@pytest.mark.parametrize(
    ("operation", "given", "named"),
    [
        ("create_secret", {"Name": "a", "KmsKeyId": "alias/mine"}, "KmsKeyId"),
        ("create_secret", {"Name": "a", "Tags": []}, "Tags"),
        ("put_resource_policy", {"SecretId": "a", "ResourcePolicy": "{}"}, "PutResourcePolicy"),
        ("batch_get_secret_value", {}, "BatchGetSecretValue"),
        ("list_secrets", {"Filters": []}, "Filters"),
    ],
)
def test_what_is_not_played_is_refused_by_name(operation: str, given: dict[str, Any], named: str) -> None:
    with pytest.raises(OutsideTheLab, match=named):
        getattr(boto3.client("secretsmanager"), operation)(**given)
