"""What tools ask IAM first: what is in the account, and small changes of a role."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from support.iam_people import ACCOUNT, allow, document, make_role, make_user, refusal, session_of

from cognito_lab import Lab


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        yield lab


def test_what_is_in_the_account() -> None:
    iam = boto3.client("iam")
    make_role("member", allow("s3:GetObject")), make_user("ines", allow("s3:ListAllMyBuckets"))
    policy = iam.create_policy(PolicyName="reef", PolicyDocument=json.dumps(document(allow("s3:*"))))[
        "Policy"
    ]
    iam.attach_role_policy(RoleName="member", PolicyArn=policy["Arn"])
    found = iam.get_account_authorization_details()
    (role,), (user,) = found["RoleDetailList"], found["UserDetailList"]
    assert (role["RoleName"], user["UserName"]) == ("member", "ines")
    assert role["RolePolicyList"][0]["PolicyDocument"] == document(allow("s3:GetObject"))
    assert role["AttachedManagedPolicies"] == [{"PolicyName": "reef", "PolicyArn": policy["Arn"]}]
    assert user["UserPolicyList"][0]["PolicyDocument"] == document(allow("s3:ListAllMyBuckets"))
    (managed,) = (row for row in found["Policies"] if row["Arn"] == policy["Arn"])
    assert managed["PolicyVersionList"][0]["Document"] == document(allow("s3:*"))
    only = iam.get_account_authorization_details(Filter=["Role"])
    assert only["RoleDetailList"] and not only["UserDetailList"]
    assert [row["Arn"] for row in iam.list_policies(Scope="Local")["Policies"]] == [policy["Arn"]]
    assert [row["UserName"] for row in iam.list_users()["Users"]] == ["ines"]
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["Policies"]) == (1, 1, 1)


def test_a_role_is_tagged_and_updated() -> None:
    iam = boto3.client("iam")
    make_role("member")
    iam.tag_role(RoleName="member", Tags=[{"Key": "team", "Value": "reef"}])
    iam.update_role(RoleName="member", Description="of the reef", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="member")["Role"]
    assert role["Tags"] == [{"Key": "team", "Value": "reef"}]
    assert (role["Description"], role["MaxSessionDuration"]) == ("of the reef", 7200)
    assert iam.list_instance_profiles_for_role(RoleName="member")["InstanceProfiles"] == []
    for call in (iam.tag_role, iam.update_role, iam.list_instance_profiles_for_role):
        more = {"Tags": [{"Key": "a", "Value": "b"}]} if call == iam.tag_role else {}
        assert refusal(call, RoleName="nobody", **more)[:2] == ("NoSuchEntity", 404)


def test_they_take_their_actions() -> None:
    make_role("member"), make_role("other")
    member = f"arn:aws:iam::{ACCOUNT}:role/member"
    rights = allow(["iam:TagRole", "iam:UpdateRole", "iam:ListInstanceProfilesForRole"], member)
    ines = boto3.client("iam", **session_of(make_role("keeper", rights)))
    for call, more in (
        (ines.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (ines.update_role, {"Description": "x"}),
        (ines.list_instance_profiles_for_role, {}),
    ):
        call(RoleName="member", **more)
        assert refusal(call, RoleName="other", **more)[:2] == ("AccessDenied", 403)
    for call in (ines.list_users, ines.list_policies, ines.get_account_summary):
        assert refusal(call)[:2] == ("AccessDenied", 403)
