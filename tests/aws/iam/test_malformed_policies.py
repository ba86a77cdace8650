"""A policy with one thing wrong is refused wherever a policy can be given, and nothing of it stays."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from support.iam_people import ACCOUNT, allow, document, make_role, make_user, refusal

from cognito_lab import Lab
from cognito_lab.practice.checks import refusal_of

Document = dict[str, Any]
INES = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ines"}
BASE = {
    "identity-based": {**allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/*"), "Sid": "first"},
    "trust": {"Effect": "Allow", "Principal": INES, "Action": "sts:AssumeRole", "Sid": "first"},
    "bucket": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::tidepool-pictures/*",
    },
}


def changed(**elements: Any) -> Callable[[Document], None]:
    """A change of the first statement; ``None`` leaves an element out."""

    def change(policy: Document) -> None:
        statement = policy["Statement"][0]
        statement.update(elements)
        for name in [name for name, value in elements.items() if value is None]:
            del statement[name]

    return change


def twice(policy: Document) -> None:
    policy["Statement"] *= 2


# What is wrong by what kinds of policy refuse it.
EVERYWHERE: dict[str, Callable[[Document], None]] = {
    "an unknown element": changed(Resources="*"),
    "an element in lower case": changed(effect="Allow"),
    "an unknown element at the top": lambda policy: policy.update(Statements=[]),
    "a wrong version": lambda policy: policy.update(Version="2012-10-18"),
    "a version that is a number": lambda policy: policy.update(Version=20121017),
    "no statement": lambda policy: policy.pop("Statement"),
    "an empty statement": lambda policy: policy.update(Statement={}),
    "a list of nothing": lambda policy: policy.update(Statement=[]),
    "no effect": changed(Effect=None),
    "an effect in lower case": changed(Effect="allow"),
    "two effects": changed(Effect=["Allow", "Deny"]),
    "no action": changed(Action=None),
    "no action in a list": changed(Action=[]),
    "an action without a service": changed(Action="GetObject"),
    "an action of any service": changed(Action="*:GetObject"),
    "an action in other letters": changed(Action="s3é:GetObject"),
    "an action and its contrary": changed(NotAction="s3:PutObject"),
    "an operator that does not exist": changed(Condition={"StringLikes": {"aws:username": "mara"}}),
    "an operator in lower case": changed(Condition={"stringequals": {"aws:username": "mara"}}),
    "a quantifier that does not exist": changed(Condition={"ForSome:StringEquals": {"aws:username": "m"}}),
    "Null with IfExists": changed(Condition={"NullIfExists": {"aws:username": "true"}}),
    "a condition that is a list": changed(Condition=[]),
    "a condition without values": changed(Condition={"StringEquals": {"aws:username": []}}),
    "a value that is a map": changed(Condition={"StringEquals": {"aws:username": {}}}),
    "a date that is not one": changed(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}),
    "an id that is a number": changed(Sid=1),
}
RESOURCES: dict[str, Callable[[Document], None]] = {
    "no resource": changed(Resource=None),
    "a resource that is not an ARN": changed(Resource="tidepool-pictures/*"),
    "a variable for an ARN": changed(Resource="${aws:username}"),
    "half an ARN": changed(Resource="arn:aws:s3"),
    "an ARN of five parts": changed(Resource="arn:aws:s3::tidepool-pictures"),
    "an ARN of nowhere": changed(Resource="arn:elsewhere:s3:::tidepool-pictures"),
    "a resource and its contrary": changed(NotResource="*"),
}
PRINCIPALS: dict[str, Callable[[Document], None]] = {
    "no principal": changed(Principal=None),
    "a principal of no kind": changed(Principal={"Person": "ines"}),
    "a principal with a star": changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}),
    "nobody": changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}),
    "a principal and its contrary": changed(NotPrincipal="*"),
}
OF_IAM: dict[str, Callable[[Document], None]] = {
    "an id with a space": changed(Sid="first statement"),  # S3's own examples have some
    "an id with a dash": changed(Sid="first-statement"),
    "an id twice": twice,
}
WRONG = {
    "identity-based": EVERYWHERE | RESOURCES | OF_IAM | {"a principal": changed(Principal="*")},
    "trust": EVERYWHERE | PRINCIPALS | OF_IAM | {"a resource": changed(Resource="*")},
    "bucket": EVERYWHERE | RESOURCES | PRINCIPALS,
}


@pytest.fixture(scope="module")
def calls() -> Iterator[dict[str, tuple[str, Callable[[str], Any]]]]:
    """Each call that is given a policy, and the kind of policy."""
    with Lab.start(region="us-east-1"):
        iam, s3 = boto3.client("iam"), boto3.client("s3")
        s3.create_bucket(Bucket="tidepool-pictures")
        keys = make_user("ines", allow("sts:AssumeRole"))
        make_user("ben")
        make_role("member", trust={**BASE["trust"]})
        role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/member", "RoleSessionName": "ines"}
        sts = boto3.client("sts", **keys)
        member = {"RoleName": "member", "PolicyName": "p"}
        ben = {"UserName": "ben", "PolicyName": "p"}
        yield {
            "PutRolePolicy": (
                "identity-based",
                lambda text: iam.put_role_policy(**member, PolicyDocument=text),
            ),
            "PutUserPolicy": (
                "identity-based",
                lambda text: iam.put_user_policy(**ben, PolicyDocument=text),
            ),
            "CreatePolicy": (
                "identity-based",
                lambda text: iam.create_policy(PolicyName="p", PolicyDocument=text),
            ),
            "AssumeRole": ("identity-based", lambda text: sts.assume_role(**role, Policy=text)),
            "CreateRole": (
                "trust",
                lambda text: iam.create_role(RoleName="other", AssumeRolePolicyDocument=text),
            ),
            "UpdateAssumeRolePolicy": (
                "trust",
                lambda text: iam.update_assume_role_policy(RoleName="member", PolicyDocument=text),
            ),
            "PutBucketPolicy": (
                "bucket",
                lambda text: s3.put_bucket_policy(Bucket="tidepool-pictures", Policy=text),
            ),
        }


CALLS = {
    "identity-based": ["PutRolePolicy", "PutUserPolicy", "CreatePolicy", "AssumeRole"],
    "trust": ["CreateRole", "UpdateAssumeRolePolicy"],
    "bucket": ["PutBucketPolicy"],
}


@pytest.mark.parametrize("operation", [name for names in CALLS.values() for name in names])
def test_a_policy_with_one_thing_wrong_is_refused(calls: Any, operation: str) -> None:
    kind, call = calls[operation]
    code = "MalformedPolicy" if kind == "bucket" else "MalformedPolicyDocument"
    said = {}
    for what, change in WRONG[kind].items():
        policy = document(copy.deepcopy(BASE[kind]))
        change(policy)
        said[what] = refusal_of(partial(call, json.dumps(policy)))
    text = json.dumps(document(BASE[kind]))
    for what, spoiled in {"a comma": text[:-1] + ",}", "more": text + "x", "a list": f"[{text}]"}.items():
        said[what] = refusal_of(partial(call, spoiled))
    assert {what: answer for what, answer in said.items() if answer != code} == {}
    call(text)  # and without a fault it is taken


def of_size(characters: int, kind: str) -> str:
    """A policy that has so many characters, spaces not counted, and many spaces."""
    policy = document(copy.deepcopy(BASE[kind]))
    policy["Statement"][0]["Sid"] = ""
    policy["Statement"][0]["Sid"] = "a" * (characters - len(json.dumps(policy, separators=(",", ":"))))
    return json.dumps(policy, indent=40)


@pytest.mark.parametrize(
    ("operation", "most", "text"),
    [
        ("PutRolePolicy", 10_240, "Maximum policy size of 10240 bytes exceeded for role member"),
        ("PutUserPolicy", 2_048, "Maximum policy size of 2048 bytes exceeded for user ben"),
        ("CreatePolicy", 6_144, "Cannot exceed quota for PolicySize: 6144"),
        ("CreateRole", 2_048, "Cannot exceed quota for ACLSizePerRole: 2048"),
        ("UpdateAssumeRolePolicy", 2_048, "Cannot exceed quota for ACLSizePerRole: 2048"),
    ],
)
def test_a_policy_has_a_largest_size(calls: Any, operation: str, most: int, text: str) -> None:
    kind, call = calls[operation]
    assert refusal(call, of_size(most + 1, kind)) == ("LimitExceeded", 409, text)
    assert refusal_of(partial(call, of_size(most, kind))) in ("", "EntityAlreadyExists")


def test_inline_policies_count_together(calls: Any) -> None:
    iam = boto3.client("iam")
    make_role("two", trust=BASE["trust"])
    half = of_size(5_200, "identity-based")
    iam.put_role_policy(RoleName="two", PolicyName="a", PolicyDocument=half)
    iam.put_role_policy(RoleName="two", PolicyName="a", PolicyDocument=half)  # in its own place
    call = partial(iam.put_role_policy, RoleName="two", PolicyName="b", PolicyDocument=half)
    assert refusal(call)[:2] == ("LimitExceeded", 409)


def test_a_session_policy_has_2048_characters(calls: Any) -> None:
    """All characters count here, and STS has another code."""
    _, call = calls["AssumeRole"]
    policy = json.dumps(document(BASE["identity-based"]))
    assert refusal(call, policy.ljust(2_049))[:2] == ("ValidationError", 400)
    call(policy.ljust(2_048))
