"""What the tests of IAM and S3 share: roles, sessions of them, and a refusal as three plain values."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cognito_lab.aws.sts import role_sessions

ACCOUNT = "123456789012"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
V4 = Config(signature_version="s3v4")


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def make_role(
    name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None, **more: Any
) -> str:
    """A role with one inline policy of these statements; its ARN."""
    iam = boto3.client("iam")
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(document(trust or TRUST)), **more
    )
    if statements:
        iam.put_role_policy(
            RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(document(*statements))
        )
    return str(made["Role"]["Arn"])


def make_user(name: str, *statements: dict[str, Any]) -> dict[str, str]:
    """An IAM user with one inline policy; the keyword arguments that make a client theirs."""
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(
            UserName=name, PolicyName="rights", PolicyDocument=json.dumps(document(*statements))
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def session_of(role_arn: str, seconds: int = 3600, **more: Any) -> dict[str, str]:
    """A session of the role; the keyword arguments that make a client of it."""
    made = role_sessions.start_session(role_arn, "mara", seconds, **more)
    return {
        "aws_access_key_id": made.access_key_id,
        "aws_secret_access_key": made.secret_access_key,
        "aws_session_token": made.session_token,
    }


def s3_of(who: dict[str, str], **more: Any) -> Any:
    return boto3.client("s3", config=V4, **{**who, **more})


def refusal(call: Any, *arguments: Any, **keywords: Any) -> tuple[str, int, str]:
    """Error code, HTTP status and text of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **keywords)
    answer = caught.value.response
    return (
        answer["Error"]["Code"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"].get("Message", ""),
    )
