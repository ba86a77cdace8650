"""Each service says who was denied what, on what, and which kind of policy decided.

Sources: S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors in Amazon S3"; IAM User Guide,
"Troubleshoot access denied error messages".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from support.iam_people import ACCOUNT, allow, deny, document, make_role, make_user, refusal, session_of

from cognito_lab import Lab
from cognito_lab.aws.api import operations

EVERYTHING = allow("*")
TRUSTS_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
CALLS: dict[str, tuple[Callable[[Any], Any], str, int]] = {  # one of each service, its code and HTTP status
    "iam": (lambda client: client.get_role(RoleName="target"), "AccessDenied", 403),
    "sts": (lambda client: client.assume_role(RoleArn=TARGET, RoleSessionName="mara"), "AccessDenied", 403),
    "s3": (lambda client: client.get_bucket_policy(Bucket="reef"), "AccessDenied", 403),
    "cognito-idp": (lambda client: client.list_user_pools(MaxResults=1), "AccessDeniedException", 400),
    "cognito-identity": (
        lambda client: client.list_identity_pools(MaxResults=1),
        "AccessDeniedException",
        400,
    ),
    "cloudtrail": (lambda client: client.lookup_events(), "AccessDeniedException", 400),
    "dynamodb": (lambda client: client.scan(TableName="tides"), "AccessDeniedException", 400),
    "secretsmanager": (lambda client: client.list_secrets(), "AccessDeniedException", 400),
    "lambda": (lambda client: client.list_functions(), "AccessDeniedException", 403),
    "apigateway": (lambda client: client.get_rest_apis(), "AccessDeniedException", 403),
    "apigatewayv2": (lambda client: client.get_apis(), "AccessDeniedException", 403),
}
NO, AN = "because no {} policy allows the {{}} action", "with an explicit deny in {} policy"
# Who is denied, and what must be said of the reason.
PEOPLE: dict[str, tuple[Callable[[], dict[str, str]], str]] = {
    "user without a policy": (lambda: make_user("ines"), NO.format("identity-based")),
    "session without a policy": (lambda: session_of(make_role("member")), NO.format("identity-based")),
    "identity-based deny": (
        lambda: session_of(make_role("member", EVERYTHING, deny("*"))),
        AN.format("an identity-based"),
    ),
    "session policy without it": (
        lambda: session_of(make_role("member", EVERYTHING), session_policies=[document(allow("ec2:*"))]),
        NO.format("session"),
    ),
    "session policy that denies": (
        lambda: session_of(
            make_role("member", EVERYTHING), session_policies=[document(EVERYTHING, deny("*"))]
        ),
        AN.format("a session"),
    ),
}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        boto3.client("s3").create_bucket(Bucket="reef")
        make_role("target", trust=TRUSTS_ACCOUNT)
        yield lab


def test_every_service_is_asked() -> None:
    assert operations.table().keys() == CALLS.keys()


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("service", CALLS)
def test_a_denial_names_caller_action_resource_and_kind_of_policy(
    lab: Lab, service: str, person: str
) -> None:
    call, code, status = CALLS[service]
    make, reason = PEOPLE[person]
    keys = make()
    found = refusal(call, boto3.client(service, **keys))
    assert found[:2] == (code, status)
    text = r'User: (\S+) is not authorized to perform: ([\w-]+:\w+) on resource: ("arn:\S+"|arn:\S+|\*)( .+)?'
    said = re.fullmatch(text, found[2])
    assert said is not None, found[2]
    assert said[1] == boto3.client("sts", **keys).get_caller_identity()["Arn"]
    # Of a role that somebody may not take, STS tells only of an explicit deny.
    expected = "" if service == "sts" and reason.startswith("because") else f" {reason.format(said[2])}"
    assert (said[4] or "") == expected


def test_a_resource_policy_that_denies_is_told(lab: Lab) -> None:
    keys = session_of(make_role("member", EVERYTHING))
    everybody = {**deny("s3:GetBucketPolicy", "arn:aws:s3:::reef"), "Principal": "*"}
    boto3.client("s3").put_bucket_policy(Bucket="reef", Policy=json.dumps(document(everybody)))
    found = refusal(CALLS["s3"][0], boto3.client("s3", **keys))
    assert found[2].endswith(AN.format("a resource-based"))
