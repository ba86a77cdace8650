"""Whom a bucket policy names, and what limits it then: IAM, "Policy evaluation logic", within one account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from support.iam_people import ACCOUNT, allow, deny, document, make_role, s3_of, session_of

from cognito_lab import Lab

ALL, NONE = {"identity", "session"}, set[str]()
# The principal → which of the caller's own policies must allow besides it.
NEEDS: dict[str, tuple[Any, set[str]]] = {
    "the session": ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"}, NONE),
    "the role": ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/member"}, {"session"}),
    "everybody": ("*", {"session"}),
    "everybody of AWS": ({"AWS": "*"}, {"session"}),
    "the account": ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ALL),
    "the account's number": ({"AWS": ACCOUNT}, ALL),
    "another session": ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/member/ben"}, ALL),
}
IDENTITY = {"silent": [], "allows": [allow("s3:*")], "denies": [allow("*"), deny("s3:*")]}
SESSION = {
    "none": (), "silent": (document(allow("ec2:*")),), "allows": (document(allow("s3:*")),),
    "denies": (document(allow("*"), deny("s3:*")),),
}  # fmt: skip


@pytest.fixture
def s3() -> Iterator[Any]:
    with Lab.start():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="reef")
        s3.delete_public_access_block(Bucket="reef")
        s3.put_object(Bucket="reef", Key="crab", Body=b"claws")
        yield s3


@pytest.mark.parametrize("identity", IDENTITY)
@pytest.mark.parametrize("named", NEEDS)
def test_what_must_allow_besides_the_bucket(s3: Any, named: str, identity: str) -> None:
    principal, needs = NEEDS[named]
    role = make_role("member", *IDENTITY[identity])
    statement = {**allow("s3:GetObject", "arn:aws:s3:::reef/*"), "Principal": principal}
    s3.put_bucket_policy(Bucket="reef", Policy=json.dumps(document(statement)))
    for session, documents in SESSION.items():
        said = {"identity": identity == "allows", "session": session in ("none", "allows")}
        expected = "denies" not in (identity, session) and all(said[kind] for kind in needs)
        caller = s3_of(session_of(role, session_policies=documents))
        try:
            found = bool(caller.get_object(Bucket="reef", Key="crab"))
        except ClientError as error:
            found = error.response["Error"]["Code"] != "AccessDenied"
        assert found == expected, session
