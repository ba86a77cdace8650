"""What IAM stores, and what it refuses to save."""

from __future__ import annotations

import json
from collections.abc import Iterator

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

from cognito_lab import Lab, OutsideTheLab

POOLS = "cognito-identity.amazonaws.com"


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    lab = Lab.start(region="us-east-1")
    boto3.client("s3").create_bucket(Bucket="tidepool-pictures")
    yield lab
    lab.stop()


def test_a_role_and_its_policies() -> None:
    iam = boto3.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    made = iam.create_role(
        RoleName="member", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/member" and made["RoleId"].startswith("AROA")
    assert refusal(iam.create_role, RoleName="member", AssumeRolePolicyDocument=json.dumps(trust))[:2] == (
        "EntityAlreadyExists",
        409,
    )
    found = iam.get_role(RoleName="member")["Role"]
    assert found["AssumeRolePolicyDocument"] == trust and found["MaxSessionDuration"] == 7200
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["member"]
    other = document(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    iam.update_assume_role_policy(RoleName="member", PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName="member")["Role"]["AssumeRolePolicyDocument"] == other
    rights = document(allow("s3:GetObject"))
    iam.put_role_policy(RoleName="member", PolicyName="read", PolicyDocument=json.dumps(rights))
    assert iam.list_role_policies(RoleName="member")["PolicyNames"] == ["read"]
    assert iam.get_role_policy(RoleName="member", PolicyName="read")["PolicyDocument"] == rights
    assert refusal(iam.delete_role, RoleName="member")[:2] == ("DeleteConflict", 409)
    iam.delete_role_policy(RoleName="member", PolicyName="read")
    assert refusal(iam.get_role_policy, RoleName="member", PolicyName="read")[:2] == ("NoSuchEntity", 404)
    iam.delete_role(RoleName="member")
    assert refusal(iam.get_role, RoleName="member")[:2] == ("NoSuchEntity", 404)


def test_managed_policies() -> None:
    iam = boto3.client("iam")
    text = json.dumps(document(allow("s3:*")))
    arn = iam.create_policy(PolicyName="all-of-s3", PolicyDocument=text)["Policy"]["Arn"]
    assert refusal(iam.create_policy, PolicyName="all-of-s3", PolicyDocument=text)[:2] == (
        "EntityAlreadyExists",
        409,
    )
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    found = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert found["Document"] == json.loads(text)
    role = make_role("member")
    assert refusal(s3_of(session_of(role)).list_buckets)[0] == "AccessDenied"
    iam.attach_role_policy(RoleName="member", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="member")["AttachedPolicies"]
    assert attached == [{"PolicyName": "all-of-s3", "PolicyArn": arn}]
    assert s3_of(session_of(role)).list_buckets()
    assert refusal(iam.delete_role, RoleName="member")[:2] == ("DeleteConflict", 409)
    iam.detach_role_policy(RoleName="member", PolicyArn=arn)
    assert refusal(s3_of(session_of(role)).list_buckets)[0] == "AccessDenied"
    other = f"arn:aws:iam::{ACCOUNT}:policy/other"
    assert refusal(iam.attach_role_policy, RoleName="member", PolicyArn=other)[:2] == ("NoSuchEntity", 404)
    assert refusal(iam.get_policy, PolicyArn=other)[:2] == ("NoSuchEntity", 404)


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("attach_role_policy", {"RoleName": "member"}),
        ("get_policy", {}),
        ("get_policy_version", {"VersionId": "v1"}),
    ],
)
def test_aws_s_own_managed_policies_are_refused_by_the_lab_and_not_said_to_be_missing(method, more) -> None:
    make_role("member")
    with pytest.raises(OutsideTheLab, match="AmazonS3ReadOnlyAccess is AWS's own"):
        getattr(boto3.client("iam"), method)(
            PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", **more
        )


def test_a_user_and_its_keys() -> None:
    iam = boto3.client("iam")
    ines = make_user("ines", allow("s3:ListAllMyBuckets"))
    assert iam.get_user(UserName="ines")["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ines"
    assert refusal(iam.create_user, UserName="ines")[:2] == ("EntityAlreadyExists", 409)
    assert ines["aws_access_key_id"].startswith("AKIA")
    s3_of(ines).list_buckets()
    assert iam.get_user_policy(UserName="ines", PolicyName="rights")["PolicyDocument"] == document(
        allow("s3:ListAllMyBuckets")
    )
    iam.update_access_key(UserName="ines", AccessKeyId=ines["aws_access_key_id"], Status="Inactive")
    assert refusal(s3_of(ines).list_buckets)[:2] == ("InvalidAccessKeyId", 403)
    iam.update_access_key(UserName="ines", AccessKeyId=ines["aws_access_key_id"], Status="Active")
    iam.delete_user_policy(UserName="ines", PolicyName="rights")
    assert refusal(s3_of(ines).list_buckets)[:2] == ("AccessDenied", 403)
    iam.delete_access_key(UserName="ines", AccessKeyId=ines["aws_access_key_id"])
    assert refusal(s3_of(ines).list_buckets)[:2] == ("InvalidAccessKeyId", 403)
    assert refusal(iam.get_user, UserName="ben")[:2] == ("NoSuchEntity", 404)


def test_a_permissions_boundary_is_not_played() -> None:
    """It would be stored and not enforced."""
    boundary = {"PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/limit"}
    with pytest.raises(OutsideTheLab):
        boto3.client("iam").create_user(UserName="ben", **boundary)
    with pytest.raises(OutsideTheLab):
        make_role("member", **boundary)


def test_an_openid_connect_provider() -> None:
    iam = boto3.client("iam")
    arn = iam.create_open_id_connect_provider(Url="https://login.example.org", ClientIDList=["app"])[
        "OpenIDConnectProviderArn"
    ]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.org"
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["app"]
    code, status, said = refusal(iam.create_open_id_connect_provider, Url="https://login.example.org")
    assert (code, status) == ("EntityAlreadyExists", 409) and "https://login.example.org already" in said
    assert [row["Arn"] for row in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]] == [arn]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert refusal(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)[:2] == (
        "NoSuchEntity",
        404,
    )


# -- what is refused when it is saved --------------------------------------------------------------

WITH_PRINCIPAL = document({**allow("s3:GetObject"), "Principal": "*"})


@pytest.mark.parametrize(
    "text",
    ["{", "{}", json.dumps(document({**allow("s3:*"), "Effect": "Maybe"})), json.dumps(WITH_PRINCIPAL)],
)
def test_a_malformed_document_is_not_saved(text: str) -> None:
    iam = boto3.client("iam")
    make_role("member"), make_user("ines")
    for call in (
        lambda: iam.put_role_policy(RoleName="member", PolicyName="p", PolicyDocument=text),
        lambda: iam.put_user_policy(UserName="ines", PolicyName="p", PolicyDocument=text),
        lambda: iam.create_policy(PolicyName="p", PolicyDocument=text),
        lambda: iam.create_role(RoleName="other", AssumeRolePolicyDocument=text),
        lambda: iam.update_assume_role_policy(RoleName="member", PolicyDocument=text),
    ):
        assert refusal(call)[:2] == ("MalformedPolicyDocument", 400)
    assert iam.list_role_policies(RoleName="member")["PolicyNames"] == []
    assert refusal(iam.get_role, RoleName="other")[0] == "NoSuchEntity"


def test_a_trust_policy_has_no_resource() -> None:
    trust = {**allow("sts:AssumeRole"), "Principal": {"AWS": ACCOUNT}}
    assert refusal(make_role, "member", trust=trust) == (
        "MalformedPolicyDocument",
        400,
        "Has prohibited field Resource",
    )


def test_whom_a_trust_policy_names_must_exist() -> None:
    trust = {**allow("sts:AssumeRole"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ines"}}
    del trust["Resource"]
    iam = boto3.client("iam")
    named = f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/ines"'
    assert refusal(make_role, "member", trust=trust) == ("MalformedPolicyDocument", 400, named)
    make_user("ines")
    make_role("member", trust=trust)
    trust["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
    text = json.dumps(document(trust))
    said = refusal(iam.update_assume_role_policy, RoleName="member", PolicyDocument=text)
    assert said[0] == "MalformedPolicyDocument"


def test_an_outside_provider_is_named_by_its_domain_or_its_arn() -> None:
    trust = {**allow("sts:AssumeRoleWithSAML"), "Principal": {"Federated": ""}}
    del trust["Resource"]
    for name in (f"arn:aws:iam::{ACCOUNT}:role/x", "northshore", "https://a.example", "*", ""):
        said = refusal(make_role, "member", trust={**trust, "Principal": {"Federated": [name]}})
        assert said[:2] == ("MalformedPolicyDocument", 400), name
    providers = [f"arn:aws:iam::{ACCOUNT}:{kind}-provider/x" for kind in ("saml", "oidc")]
    make_role("member", trust={**trust, "Principal": {"Federated": ["accounts.google.com", *providers]}})


def pools_trust(**condition: dict[str, str]) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": POOLS},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def test_a_trust_policy_for_identity_pools_must_name_one() -> None:
    named = pools_trust(StringEquals={f"{POOLS}:aud": "us-east-1:pool"})
    nameless = pools_trust(StringEquals={f"{POOLS}:amr": "authenticated"})
    make_role("member", trust=named)
    assert refusal(make_role, "guest", trust=nameless)[:2] == ("MalformedPolicyDocument", 400)
    iam = boto3.client("iam")

    def call(trust: dict[str, object]) -> None:
        iam.update_assume_role_policy(RoleName="member", PolicyDocument=json.dumps(document(trust)))

    assert refusal(call, nameless)[:2] == ("MalformedPolicyDocument", 400)
    # One that refuses needs no pool, and the other providers have no such rule.
    call({**nameless, "Effect": "Deny"})
    make_role("for-google", trust={**nameless, "Principal": {"Federated": "accounts.google.com"}})


def test_a_nameless_trust_hides_behind_no_other_statement() -> None:
    iam = boto3.client("iam")
    both = document(pools_trust(StringEquals={f"{POOLS}:aud": "us-east-1:pool"}), pools_trust())
    assert (
        refusal(iam.create_role, RoleName="guest", AssumeRolePolicyDocument=json.dumps(both))[0]
        == "MalformedPolicyDocument"
    )


def test_a_role_of_years_ago_stays_and_cannot_be_saved_today(lab: Lab) -> None:
    iam, text = boto3.client("iam"), json.dumps(document(pools_trust()))
    made = {"RoleName": "old", "AssumeRolePolicyDocument": text}
    lab.years_ago(iam.create_role, **made)
    assert iam.get_role(RoleName="old")["Role"]["AssumeRolePolicyDocument"] == json.loads(text)
    changed = {"RoleName": "old", "PolicyDocument": text}
    assert refusal(iam.update_assume_role_policy, **changed)[0] == "MalformedPolicyDocument"
    made["RoleName"] = "new"
    assert refusal(iam.create_role, **made)[0] == "MalformedPolicyDocument"


def test_deny_in_an_inline_policy_beats_a_managed_allow() -> None:
    iam = boto3.client("iam")
    arn = iam.create_policy(PolicyName="all", PolicyDocument=json.dumps(document(allow("s3:*"))))["Policy"][
        "Arn"
    ]
    role = make_role("member", deny("s3:ListAllMyBuckets"))
    iam.attach_role_policy(RoleName="member", PolicyArn=arn)
    assert refusal(s3_of(session_of(role)).list_buckets)[2].endswith(
        "with an explicit deny in an identity-based policy"
    )
