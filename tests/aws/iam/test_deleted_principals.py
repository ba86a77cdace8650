"""A role that was deleted and made anew under its name is another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
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

from cognito_lab import Lab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.iam import deleted_principals, principals

BUCKET = "tidepool-pictures"
ALL = f"arn:aws:s3:::{BUCKET}/*"
CRAB = {"Bucket": BUCKET, "Key": "crab.jpg"}


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    with Lab.start(region="us-east-1"):
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(**CRAB, Body=b"crab")
        yield


def bucket_policy(*statements: dict[str, Any]) -> None:
    boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(*statements)))


def stored() -> Any:
    return json.loads(boto3.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]


def delete(name: str) -> None:
    iam = boto3.client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def test_sessions_of_the_old_role_have_none_of_the_new_one_s_rights() -> None:
    old = session_of(make_role("member", allow("s3:*")))
    assert s3_of(old).get_object(**CRAB)
    delete("member")
    assert refusal(s3_of(old).get_object, **CRAB)[:2] == ("AccessDenied", 403)
    new = session_of(make_role("member", allow("s3:*")))
    assert s3_of(new).get_object(**CRAB)
    assert refusal(s3_of(old).get_object, **CRAB)[:2] == ("AccessDenied", 403)


def test_a_bucket_policy_that_named_the_old_role_does_not_name_the_new_one() -> None:
    role = make_role("member")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": [role, session]}})
    old = session_of(role)
    assert s3_of(old).get_object(**CRAB)
    identifier = boto3.client("iam").get_role(RoleName="member")["Role"]["RoleId"]
    delete("member")
    assert stored()[0]["Principal"]["AWS"] == [identifier, session]
    assert refusal(s3_of(old).get_object, **CRAB)[0] == "AccessDenied"
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": ACCOUNT}})
    assert refusal(s3_of(old).get_object, **CRAB)[0] == "AccessDenied"


def test_what_is_stored_under_the_old_role_s_id_lets_no_new_session_in() -> None:
    role = make_role("member")
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": role}})
    delete("member")
    make_role("member")
    assert stored()[0]["Principal"]["AWS"].startswith("AROA")
    assert refusal(bucket_policy, *stored())[:2] == ("MalformedPolicy", 400)  # it names nobody
    assert refusal(s3_of(session_of(role)).get_object, **CRAB)[0] == "AccessDenied"
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": role}})
    assert s3_of(session_of(role)).get_object(**CRAB)


def test_a_trust_policy_that_named_the_old_role_does_not_name_the_new_one() -> None:
    def take(who: dict[str, str]) -> Any:
        return boto3.client("sts", **who).assume_role(RoleArn=admin, RoleSessionName="visit")

    role = make_role("member")
    admin = make_role(
        "admin", trust={"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sts:AssumeRole"}
    )
    old = session_of(role)
    assert take(old)
    delete("member")
    make_role("member")
    for who in (old, session_of(role)):
        assert refusal(take, who)[:2] == ("AccessDenied", 403)


def test_a_user_that_is_made_anew_is_another_one() -> None:
    iam, arn = boto3.client("iam"), f"arn:aws:iam::{ACCOUNT}:user/ines"
    ines = make_user("ines")
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": arn}})
    assert s3_of(ines).get_object(**CRAB)
    assert refusal(iam.delete_user, UserName="ines")[:2] == ("DeleteConflict", 409)
    identifier = iam.get_user(UserName="ines")["User"]["UserId"]
    iam.delete_access_key(UserName="ines", AccessKeyId=ines["aws_access_key_id"])
    iam.delete_user(UserName="ines")
    assert stored()[0]["Principal"] == {"AWS": identifier}
    assert refusal(iam.delete_user, UserName="ines")[:2] == ("NoSuchEntity", 404)
    assert refusal(s3_of(ines).get_object, **CRAB)[:2] == ("InvalidAccessKeyId", 403)
    assert refusal(s3_of(make_user("ines")).get_object, **CRAB)[:2] == ("AccessDenied", 403)


def test_a_role_that_is_not_deleted_keeps_its_name_in_policies() -> None:
    role = make_role("member", allow("s3:ListBucket"))
    bucket_policy({**deny("s3:GetObject", ALL), "Principal": {"AWS": role}})
    iam = boto3.client("iam")
    assert refusal(iam.delete_role, RoleName="member")[:2] == ("DeleteConflict", 409)
    nobody = boto3.client("iam", **make_user("ines"))
    assert refusal(nobody.delete_role, RoleName="member")[0] == "AccessDenied"
    assert stored()[0]["Principal"] == {"AWS": role}


def test_each_rule_can_be_switched_off_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    role = make_role("member")
    bucket_policy({**allow("s3:GetObject", ALL), "Principal": {"AWS": role}})
    monkeypatch.setattr(deleted_principals, "name_by_id", lambda arn, identifier: None)
    delete("member")
    make_role("member")
    assert s3_of(session_of(role)).get_object(**CRAB)
    old = session_of(role)
    delete("member")
    monkeypatch.setattr(principals.Principal, "_role", property(lambda who: role_by_arn(who.role_arn)))
    make_role("member", allow("s3:GetObject"))
    assert s3_of(old).get_object(**CRAB)


def role_by_arn(arn: str) -> Any:
    return next((role for role in moto_patches.iam().roles.values() if role.arn == arn), None)
