"""Condition keys and variables: the account knows their values, or does not save a policy with them.

Sources: IAM User Guide, "AWS global condition context keys", "Available keys for AWS web identity
federation"; Cognito Developer Guide, "Using attributes for access control", "IAM roles".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
import time_machine
from support.iam_people import ACCOUNT, TRUST, allow, document, make_role, make_user, refusal, session_of
from support.identity_pools import World, trust

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.api import resources
from cognito_lab.aws.iam import enforcement, policy_documents
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.network.messages import Headers, Request

GLOBAL = [  # every one that IAM has
    "AssumedRoot", "CalledVia", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn", "CurrentTime",
    "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "EpochTime", "FederatedProvider",
    "MultiFactorAuthAge", "MultiFactorAuthPresent", "PrincipalAccount", "PrincipalArn",
    "PrincipalIsAWSService", "PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName",
    "PrincipalServiceNamesList", "PrincipalTag/team", "PrincipalType", "Referer", "RequestTag/team",
    "RequestedRegion", "ResourceAccount", "ResourceOrgID", "ResourceOrgPaths", "ResourceTag/team",
    "SecureTransport", "SourceAccount", "SourceArn", "SourceIdentity", "SourceIp", "SourceOrgID",
    "SourceOrgPaths", "SourceVpc", "SourceVpcArn", "SourceVpce", "TagKeys", "TokenIssueTime",
    "UserAgent", "userid", "username", "ViaAWSService", "VpcSourceIp", "VpceAccount", "VpceOrgID",
    "VpceOrgPaths"
]  # fmt: skip
REFUSED = {
    "ChatbotSourceArn", "MultiFactorAuthAge", "MultiFactorAuthPresent", "ResourceAccount", "ResourceTag/team",
    "VpceAccount", "VpceOrgID", "VpceOrgPaths",
}  # fmt: skip


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        boto3.client("s3").create_bucket(Bucket="reef")
        yield lab


def save(*statements: dict[str, Any]) -> None:
    text = json.dumps(document(*statements))
    boto3.client("iam").put_role_policy(RoleName="member", PolicyName="p", PolicyDocument=text)


@pytest.mark.parametrize("name", GLOBAL)
def test_every_global_key_is_known_or_refused_by_name(name: str) -> None:
    make_role("member")
    key, rights = f"aws:{name}", allow("s3:ListBucket", Condition={"StringEquals": {f"aws:{name}": "x"}})
    if name not in REFUSED:
        save(rights)
        return
    for statement in (rights, allow("s3:ListBucket", f"arn:aws:s3:::${{{key}}}")):
        with pytest.raises(OutsideTheLab, match=key):
            save(statement)
    assert boto3.client("iam").list_role_policies(RoleName="member")["PolicyNames"] == []


@pytest.mark.parametrize(
    "key",
    ["s3:TlsVersion", "iam:ResourceTag/team", "cognito-identity-unauth:AccountId", "aws:PrincipalTags/team",
     "lambda:FunctionArn", "kms:ViaService", "team"],
)  # fmt: skip
def test_so_is_every_other_key_in_every_kind_of_policy(key: str) -> None:
    make_role("member")
    condition = {"Condition": {"ForAllValues:StringLike": {key: "x"}}}
    about = {**allow("s3:GetObject", "arn:aws:s3:::reef/*", **condition), "Principal": {"AWS": ACCOUNT}}
    trusting = {**TRUST, **condition}
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    taker = boto3.client("sts", **make_user("ines", allow("sts:AssumeRole")))
    make_role("target", trust={**TRUST, "Principal": {"AWS": ACCOUNT}})
    for call in (
        lambda: save(allow("s3:*", **condition)),
        lambda: iam.create_policy(
            PolicyName="p", PolicyDocument=json.dumps(document(allow("s3:*", **condition)))
        ),
        lambda: s3.put_bucket_policy(Bucket="reef", Policy=json.dumps(document(about))),
        lambda: make_role("other", trust=trusting),
        lambda: taker.assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/target", RoleSessionName="mara",
            Policy=json.dumps(document(allow("s3:*", **condition))),
        ),
    ):  # fmt: skip
        with pytest.raises(OutsideTheLab, match=f"condition key {key} "):
            call()


def test_what_the_account_gives_is_known() -> None:
    """And the table names no key that nothing gives."""
    request = Request(
        "POST", "https://sts.eu-west-1.amazonaws.com/", Headers({"user-agent": "a", "referer": "b"})
    )
    given = set(enforcement.context(request, Principal("user", "a", "b", "c", user_name="d")))
    plain = {key for key in resources.table()["known"]["given"] if key.startswith("aws:") and key[-1] != "/"}
    elsewhere = {
        "aws:FederatedProvider",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:TagKeys",
        "aws:TokenIssueTime",
    }
    assert given == plain - elsewhere
    for key in given | elsewhere | resources.table()["keys"].keys():
        assert resources.is_known_key(key, False) and resources.is_known_key(key.upper(), False)


# -- each key decides ------------------------------------------------------------------------------

CASES = [  # an operator, a key, a value with which it holds, and one with which it does not
    ("StringEquals", "aws:RequestedRegion", "us-east-1", "eu-west-1"),
    ("Bool", "aws:SecureTransport", "true", "false"),
    ("Bool", "aws:ViaAWSService", "false", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "false", "true"),
    ("StringLike", "aws:userid", "AROA*:mara", "AROA*:ben"),
    ("Null", "aws:username", "true", "false"),
    ("IpAddress", "aws:SourceIp", "127.0.0.1", "203.0.113.0/24"),
    ("DateLessThan", "aws:CurrentTime", "2099-01-01", "2020-01-01"),
    ("DateLessThan", "aws:TokenIssueTime", "2099-01-01", "2020-01-01"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/m*", "arn:aws:sts::*:assumed-role/m*"),
    ("StringEquals", "aws:PrincipalTag/team", "reef", "shore"),
    ("StringEquals", "aws:PrincipalAccount", ACCOUNT, "000000000000"),
    ("Null", "aws:SourceVpc", "true", "false"),
    ("Null", "aws:SourceArn", "true", "false"),
]


@pytest.mark.parametrize(("operator", "key", "right", "wrong"), CASES)
def test_a_key_of_every_request_decides(operator: str, key: str, right: str, wrong: str) -> None:
    role = make_role("member")
    member = boto3.client("s3", **session_of(role, tags={"team": "reef"}))
    save(allow("s3:ListBucket", Condition={operator: {key: wrong}}))
    assert refusal(member.list_objects_v2, Bucket="reef")[0] == "AccessDenied"
    save(allow("s3:ListBucket", Condition={operator: {key: right}}))
    assert member.list_objects_v2(Bucket="reef")["KeyCount"] == 0


def test_a_region_is_that_of_the_host() -> None:
    here = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    keys = make_user("ines", allow("cognito-idp:ListUserPools", Condition=here))
    assert boto3.client("cognito-idp", "eu-west-1", **keys).list_user_pools(MaxResults=1)["UserPools"] == []
    denied = refusal(boto3.client("cognito-idp", "us-east-1", **keys).list_user_pools, MaxResults=1)
    assert denied[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("service", "operation", "given", "tags"),
    [
        ("cognito-idp", "create_user_pool", {"PoolName": "a"}, "UserPoolTags"),
        ("cognito-identity", "create_identity_pool",
         {"IdentityPoolName": "a", "AllowUnauthenticatedIdentities": False}, "IdentityPoolTags"),
        ("iam", "tag_role", {"RoleName": "target"}, "Tags"),
    ],
)  # fmt: skip
def test_the_tags_that_a_call_sets_decide(
    service: str, operation: str, given: dict[str, Any], tags: str
) -> None:
    make_role("target")
    own = {
        "StringEquals": {"aws:RequestTag/team": "reef"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "year"]},
    }
    client = boto3.client(service, **make_user("ines", allow(f"{service}:*", Condition=own)))

    def call(**wanted: str) -> Any:
        rows = [{"Key": key, "Value": value} for key, value in wanted.items()]
        return getattr(client, operation)(**given, **{tags: rows if service == "iam" else wanted})

    for wanted in ({"team": "shore"}, {"team": "reef", "other": "x"}):
        assert refusal(call, **wanted)[0].startswith("AccessDenied"), wanted
    assert call(team="reef", year="2026")


def test_a_call_without_tags_has_none() -> None:
    own = {"StringEquals": {"aws:RequestTag/team": "reef"}}
    client = boto3.client("cognito-idp", **make_user("ines", allow("cognito-idp:*", Condition=own)))
    assert refusal(client.create_user_pool, PoolName="a")[0] == "AccessDeniedException"


def test_the_name_of_a_session_decides_who_takes_a_role() -> None:
    """AWS's example: a session must have the name of the user who begins it."""
    own = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    target = make_role(
        "target", trust={**TRUST, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Condition": own}
    )
    sts = boto3.client("sts", **make_user("ines", allow("sts:AssumeRole")))
    assert refusal(sts.assume_role, RoleArn=target, RoleSessionName="mara")[0] == "AccessDenied"
    assert sts.assume_role(RoleArn=target, RoleSessionName="ines")["Credentials"]


def test_a_tag_without_a_key_is_no_condition_key() -> None:
    keys = make_user("ines", allow("secretsmanager:*"))
    with pytest.raises(OutsideTheLab, match="Tags"):
        boto3.client("secretsmanager", **keys).create_secret(Name="tides", Tags=[{"Value": "reef"}])


# -- trust policies for providers ------------------------------------------------------------------


def test_a_trust_policy_for_a_provider_knows_what_the_provider_says() -> None:
    for key in (
        "accounts.google.com:aud", "accounts.google.com:oaud", "cognito-identity.amazonaws.com:amr",
        "graph.facebook.com:app_id", "www.amazon.com:user_id", "login.example.org:8443/realm:sub",
        "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:aud", "aws:RequestTag/team",
        "aws:SourceIp", "saml:aud",
    ):  # fmt: skip
        assert resources.is_known_key(key, True), key
    for key in (
        "login.example.org:amr", "accounts.google.com:email", "aws:username", "aws:userAgent",
        "sts:RoleSessionName", "accounts:aud",
    ):  # fmt: skip
        assert not resources.is_known_key(key, True), key


def test_a_trust_policy_for_identity_pools_may_end_at_a_time() -> None:
    world = World()
    pool = world.create_pool()
    with_end = trust(pool, "authenticated")
    with_end["Statement"][0]["Condition"]["DateLessThan"] = {"aws:CurrentTime": "2026-06-02T00:00:00Z"}
    role = world.role("member", with_end)
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    for day, code in (("2026-06-01", None), ("2026-06-03", "InvalidIdentityPoolConfigurationException")):
        with time_machine.travel(f"{day}T09:00:00Z", tick=False):
            who = {"Logins": world.login("mara")}
            identity = world.unsigned.get_id(IdentityPoolId=pool, **who)["IdentityId"]
            call = world.unsigned.get_credentials_for_identity
            if code is None:
                assert call(IdentityId=identity, **who)["Credentials"]
            else:
                assert refusal(call, IdentityId=identity, **who)[0] in (code, "AccessDeniedException")
    world.close()


# -- what is refused by name -----------------------------------------------------------------------


def test_permissions_boundaries_are_not_played() -> None:
    make_role("member"), make_user("ines")
    iam, boundary = boto3.client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/edge"
    roles = {"RoleName": "other", "AssumeRolePolicyDocument": json.dumps(document(TRUST))}
    for call, given in (
        (iam.create_role, roles), (iam.create_user, {"UserName": "rook"}),
        (iam.put_role_permissions_boundary, {"RoleName": "member"}),
        (iam.put_user_permissions_boundary, {"UserName": "ines"}),
    ):  # fmt: skip
        with pytest.raises(OutsideTheLab, match="PermissionsBoundary"):
            call(**given, PermissionsBoundary=boundary)


def test_sessions_of_users_are_not_played() -> None:
    sts = boto3.client("sts", **make_user("ines", allow("*")))
    with pytest.raises(OutsideTheLab, match="GetSessionToken"):
        sts.get_session_token()
    with pytest.raises(OutsideTheLab, match="GetFederationToken"):
        sts.get_federation_token(Name="mara")


def test_without_the_rule_a_key_that_nobody_gives_would_decide() -> None:
    text = json.dumps(document(allow("*", Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}})))
    with patch.object(resources, "is_known_key", lambda *_: True):
        assert policy_documents.validated(text, "identity-based")
