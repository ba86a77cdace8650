"""A bucket policy whose actions do not apply to its resources is refused when it is saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from support.iam_people import ACCOUNT, allow, document, refusal

from cognito_lab import Lab
from cognito_lab.aws.api import operations
from cognito_lab.aws.s3 import access, policy_actions

BUCKET = "arn:aws:s3:::tidepool-site"
OBJECTS = f"{BUCKET}/*"
OWNER = {"AWS": ACCOUNT}


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    with Lab.start(region="us-east-1"):
        boto3.client("s3").create_bucket(Bucket="tidepool-site")
        yield


def put(*statements: dict[str, Any]) -> None:
    text = json.dumps(document(*({**one, "Principal": OWNER} for one in statements)))
    boto3.client("s3").put_bucket_policy(Bucket="tidepool-site", Policy=text)


def statement(actions: list[str], resource: list[str]) -> dict[str, Any]:
    return {**allow("s3:GetObject"), "Action": actions, "Resource": resource}


IDLE = {
    "an object's action on the bucket": (["s3:GetObject"], [BUCKET]),
    "a bucket's action on objects": (["s3:ListBucket"], [OBJECTS]),
    "in small letters": (["S3:getobject"], [BUCKET]),
    "one of two": (["s3:GetObject", "s3:ListBucket"], [OBJECTS]),
    "on one object": (["s3:PutBucketPolicy"], [f"{BUCKET}/index.html"]),
    "on a folder of each user's": (["s3:ListBucket*"], [f"{BUCKET}/${{aws:username}}/*"]),
    "a wildcard for objects' actions alone": (["s3:*Object"], [BUCKET]),
}
APPLYING = {
    "objects": (["s3:GetObject", "s3:PutObject"], [OBJECTS]),
    "the bucket": (["s3:ListBucket"], [BUCKET]),
    "both for both": (["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]),
    "all actions on the bucket": (["s3:*"], [BUCKET]),
    "all actions on objects": (["*"], [OBJECTS]),
    "actions of both": (["s3:Get*"], [BUCKET]),
    "everything": (["s3:GetObject", "s3:ListBucket"], ["*"]),
    "a wildcard behind the bucket": (["s3:GetObject", "s3:ListBucket"], [f"{BUCKET}*"]),
    "an action that AWS may have by now": (["s3:SingObject"], [BUCKET]),
}


@pytest.mark.parametrize("case", IDLE)
def test_an_action_that_applies_to_none_of_the_resources(case: str) -> None:
    said = refusal(put, statement(*APPLYING["objects"]), statement(*IDLE[case]))
    assert said == ("MalformedPolicy", 400, "Action does not apply to any resource(s) in statement")


@pytest.mark.parametrize("case", APPLYING)
def test_actions_that_apply(case: str) -> None:
    put(statement(*APPLYING[case]))


@pytest.mark.parametrize("element", ["Action", "Resource"])
def test_what_is_left_out_by_name_is_not_looked_at(element: str) -> None:
    given = statement(["s3:GetObject"], [BUCKET])
    put(
        {**{name: value for name, value in given.items() if name != element}, f"Not{element}": given[element]}
    )


def test_the_lab_judges_each_action_on_what_it_applies_to() -> None:
    """The list and the table of resources agree on every operation that is played."""
    model = boto3.client("s3").meta.service_model
    played = operations.table()["s3"].moto.keys() - {"ListBuckets"}
    kinds = {
        name: "object" if "Key" in model.operation_model(name).input_shape.members else "bucket"
        for name in played
    }
    assert len(kinds) > 25
    for name, kind in kinds.items():
        assert access.ACTIONS.get(name, name) in policy_actions.names()[kind], name
