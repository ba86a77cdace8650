"""permissions(): the verdict that requests are held to, in words; never another one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from support.iam_people import ACCOUNT, allow, deny, document, make_role, make_user, s3_of, session_of

from cognito_lab import Lab
from cognito_lab.aws.iam import conditions, policies, policy_documents
from cognito_lab.aws.sts import role_sessions
from cognito_lab.lessons.why import Refusals, Why
from cognito_lab.views.permissions import Permissions, permissions

BUCKET = "tidepool-pictures"
ARN = f"arn:aws:s3:::{BUCKET}"
CRAB = f"{ARN}/mara/crab.svg"
SUB = "cognito-identity.amazonaws.com:sub"
OWN = f"{ARN}/${{{SUB}}}/*"


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")
    with Lab.start() as lab:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for key in ("mara/crab.svg", "ben/goby.svg"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        yield lab


def bucket_policy(*statements: dict[str, Any]) -> None:
    boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(*statements)))


def member(*statements: dict[str, Any], **session: Any) -> dict[str, str]:
    return session_of(make_role("member", *statements), **session)


def ask(*statements: dict[str, Any], action: str = "s3:GetObject", **context: Any) -> Permissions:
    return permissions(member(*statements), action, CRAB, **context)


# -- never another verdict than the real one ------------------------------------------------------------

RESOURCES = (CRAB, f"{ARN}/*", f"{ARN}/ben/*", OWN, ARN, "*", f"{ARN}/${{aws:PrincipalTag/reef}}/*")
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:*", "s3:Get*", "s3:DeleteObject")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"StringLike": {"s3:prefix": [f"${{{SUB}}}/*"]}},
    {"StringNotLike": {"s3:prefix": "ben/*"}},
    {"StringEquals": {SUB: "mara"}},
    {"StringEqualsIfExists": {"s3:prefix": "mara/"}},
    {"Null": {"s3:prefix": "true"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
)


def by_chance(chance: random.Random, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": chance.choice(("Allow", "Allow", "Allow", "Deny")), **more}
    made["Action" if chance.random() < 0.85 else "NotAction"] = chance.sample(ACTIONS, 2)
    made["Resource" if chance.random() < 0.85 else "NotResource"] = chance.sample(RESOURCES, 3)
    if condition := chance.choice(CONDITIONS):
        made["Condition"] = condition
    return made


def is_taken(statement: dict[str, Any]) -> bool:
    """Whether S3 takes a bucket policy, whose actions have to apply to its resources."""
    try:
        bucket_policy(statement)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "MalformedPolicy"
        return False
    return True


def test_view_and_enforcement_cannot_disagree() -> None:
    """Policies by chance, on the role, the session and the bucket: each view against the request itself."""
    chance, outcomes, agreed = random.Random(7), [], 0
    iam = boto3.client("iam")
    role = make_role("member")
    for _ in range(60):
        rights = document(*(by_chance(chance) for _ in range(chance.randint(1, 3))))
        iam.put_role_policy(RoleName="member", PolicyName="rights", PolicyDocument=json.dumps(rights))
        narrow = [document(by_chance(chance), allow("s3:*"))] if chance.random() < 0.4 else []
        named = chance.choice((role, f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara", ACCOUNT))
        if chance.random() < 0.5:
            while not is_taken(by_chance(chance, Principal={"AWS": named})):
                pass
        who = session_of(role, session_policies=narrow, context={SUB: "mara"})
        for action, resource, context, call in requests_of(s3_of(who)):
            view = permissions(who, action, resource, **context)
            with Refusals() as refusals:
                try:
                    call()
                    real = True
                except ClientError as error:
                    real = False
                    assert error.response["Error"]["Code"] == "AccessDenied"
                    assert view.verdict is not None and view.verdict.reason in str(error)
            assert view.allowed is real, f"{view!r}"
            if not real:
                assert isinstance(why := refusals.why(), Why) and why.verdict == view.verdict
                agreed += 1
            outcomes.append((real, view.words.partition(" of the ")[2].partition(" policy")[0]))
    assert 60 < agreed < len(outcomes) - 60
    assert len(set(outcomes)) >= 6  # allowed and denied, by each kind of policy


def requests_of(s3: Any) -> list[tuple[str, str, dict[str, str], Any]]:
    def on(call: Any, **more: Any) -> Any:
        return lambda: call(Bucket=BUCKET, **more)

    return [
        ("s3:GetObject", CRAB, {}, on(s3.get_object, Key="mara/crab.svg")),
        ("s3:GetObject", f"{ARN}/ben/goby.svg", {}, on(s3.get_object, Key="ben/goby.svg")),
        ("s3:PutObject", f"{ARN}/mara/new.svg", {}, on(s3.put_object, Key="mara/new.svg", Body=b"")),
        ("s3:ListBucket", ARN, {}, on(s3.list_objects_v2)),
        ("s3:ListBucket", ARN, {"s3:prefix": "mara/"}, on(s3.list_objects_v2, Prefix="mara/")),
        ("s3:ListBucket", ARN, {"s3:prefix": "ben/"}, on(s3.list_objects_v2, Prefix="ben/")),
    ]


@pytest.mark.parametrize(
    "rule", ["action_matches", "resource_matches", "principal_matches", "condition_holds"]
)
def test_each_element_is_shown_by_the_rule_that_decides(rule: str) -> None:
    """With the rule switched off, view and request change together."""
    statements = {
        "action_matches": allow("s3:PutObject", CRAB),
        "resource_matches": allow("s3:GetObject", f"{ARN}/ben/*"),
        "condition_holds": allow("s3:GetObject", CRAB, Condition={"Bool": {"aws:SecureTransport": "false"}}),
    }
    who = member(*filter(None, [statements.get(rule)]))
    if rule == "principal_matches":
        bucket_policy({**allow("s3:GetObject", CRAB), "Principal": {"AWS": make_role("x")}})
    view = permissions(who, "s3:GetObject", CRAB)
    assert not view.allowed and ("does not fit" in repr(view) or "does not hold" in repr(view))
    with pytest.raises(ClientError):
        s3_of(who).get_object(Bucket=BUCKET, Key="mara/crab.svg")
    with patch.object(conditions if rule == "condition_holds" else policies, rule, lambda *_: True):
        if rule == "principal_matches":  # the statement counts by the name it gives, too
            with patch.object(
                policies, "named_by", lambda *_: f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"
            ):
                assert permissions(who, "s3:GetObject", CRAB).allowed
            return
        assert permissions(who, "s3:GetObject", CRAB).allowed
        s3_of(who).get_object(Bucket=BUCKET, Key="mara/crab.svg")


# -- the extremes ---------------------------------------------------------------------------------------


def test_without_any_policy_nothing_is_allowed() -> None:
    view = ask()
    assert not view.allowed and view.verdict is not None and view.verdict.matches == ()
    assert view.words == "denied: no statement allows it, and what nobody allows is denied"
    assert "none" in repr(view) and "<td" in view.html()


@pytest.mark.parametrize("order", [1, -1])
def test_a_deny_beats_an_allow_wherever_it_stands(order: int) -> None:
    view = ask(*[allow("*"), deny("s3:*", CRAB, Sid="NotTheCrab")][::order])
    number = 2 if order == 1 else 1
    assert view.words == (
        f"denied: statement {number} of the identity-based policy “rights” denies it, "
        "and a Deny beats every Allow"
    )
    assert view.verdict is not None and [one.applies for one in view.verdict.matches] == [True, True]
    assert "NotTheCrab" in repr(view) and "decides" in repr(view) and "applies" in repr(view)


def test_the_deciding_statement_of_twins_is_the_first() -> None:
    """Two policies with the same text are two policies."""
    who = member(allow("s3:GetObject"))
    text = json.dumps(document(allow("s3:GetObject")))
    boto3.client("iam").put_role_policy(RoleName="member", PolicyName="twin", PolicyDocument=text)
    assert repr(permissions(who, "s3:GetObject", CRAB)).count("decides") == 1


def test_not_action_is_shown_as_such() -> None:
    statement = {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}
    who = member(statement)
    assert "fits: not s3:Put*" in repr(permissions(who, "s3:GetObject", CRAB))
    assert "does not fit: not s3:Put*" in repr(permissions(who, "s3:PutObject", CRAB))


def test_a_condition_on_a_key_that_the_request_does_not_have() -> None:
    statement = allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "mara/*"}})
    who = member(statement)
    view = permissions(who, "s3:ListBucket", ARN)
    assert "does not hold: StringLike s3:prefix wants mara/*, given nothing" in repr(view)
    view = permissions(who, "s3:ListBucket", ARN, **{"s3:prefix": "mara/a"})
    assert view.allowed and "holds: StringLike s3:prefix wants mara/*, given mara/a" in repr(view)


def test_a_variable_with_and_without_a_value() -> None:
    role = make_role("member", allow("s3:GetObject", OWN))
    with_value = permissions(session_of(role, context={SUB: "mara"}), "s3:GetObject", CRAB)
    without = permissions(session_of(role), "s3:GetObject", CRAB)
    assert with_value.allowed and f"fits: {ARN}/mara/*" in repr(with_value)
    assert not without.allowed and f"does not fit: {OWN}" in repr(without)


def test_a_session_policy_narrows_and_is_named() -> None:
    within = permissions(
        member(allow("s3:*"), session_policies=[document(allow("s3:GetObject"))]), "s3:GetObject", CRAB
    )
    assert within.words.endswith("allows it, within the session policy")
    who = session_of(
        f"arn:aws:iam::{ACCOUNT}:role/member", session_policies=[document(allow("s3:PutObject"))]
    )
    assert permissions(who, "s3:GetObject", CRAB).words.startswith("denied: no session policy allows it")


def test_a_guests_list_of_services_is_among_what_was_looked_at() -> None:
    guest = member(allow("*"), session_policies=policy_documents.guest_session_policies())
    assert permissions(guest, "s3:GetObject", CRAB).allowed
    assert permissions(guest, "ec2:RunInstances").words.startswith("denied: no session policy")


def test_a_bucket_policy_decides_alone_where_it_names_the_session() -> None:
    who = member()
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"
    bucket_policy({**allow("s3:GetObject", CRAB), "Principal": {"AWS": session}})
    assert (
        permissions(who, "s3:GetObject", CRAB).words == "allowed: statement 1 of the bucket policy allows it"
    )


def test_the_owner_is_asked_nothing() -> None:
    owner = {"AccessKeyId": Lab._owner[0], "SecretAccessKey": Lab._owner[1]} if Lab._owner else {}
    view = permissions(owner, "s3:GetObject", CRAB)
    assert view.allowed and view.verdict is None and "owner" in view.words


def test_a_session_that_is_over_is_asked_nothing(lab: Lab) -> None:
    who = member(allow("*"))
    assert permissions(who, "s3:GetObject", CRAB).allowed
    lab.travel(hours=1)
    view = permissions(who, "s3:GetObject", CRAB)
    assert not view.allowed and view.verdict is None and "the session is over" in view.words
    with pytest.raises(ClientError, match="ExpiredToken"):
        s3_of(who).get_object(Bucket=BUCKET, Key="mara/crab.svg")


def test_somebody_who_does_not_sign_has_the_bucket_policy_only() -> None:
    assert not permissions(None, "s3:GetObject", CRAB).allowed
    boto3.client("s3").delete_public_access_block(Bucket=BUCKET)
    bucket_policy({**allow("s3:GetObject", f"{ARN}/*"), "Principal": "*"})
    view = permissions(None, "s3:GetObject", CRAB)
    assert view.allowed and "bucket policy" in view.words and view.who == "somebody who does not sign"


@pytest.mark.parametrize("style", ["cognito", "sts", "boto3"])
def test_credentials_as_whoever_handed_them_out_calls_them(style: str) -> None:
    made = role_sessions.start_session(make_role("member", allow("s3:*")), "mara", 3600)
    names = {
        "cognito": ("AccessKeyId", "SecretKey", "SessionToken"),
        "sts": ("AccessKeyId", "SecretAccessKey", "SessionToken"),
        "boto3": ("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    }[style]
    who = dict(zip(names, (made.access_key_id, made.secret_access_key, made.session_token), strict=True))
    assert permissions(who, "s3:GetObject", CRAB).allowed
    for name in names:
        with pytest.raises(ValueError, match="Nobody in this account has these credentials"):
            permissions({**who, name: "x"}, "s3:GetObject", CRAB)
        with pytest.raises(ValueError, match="Nobody"):
            permissions({key: who[key] for key in names if key != name}, "s3:GetObject", CRAB)


def test_users_and_roles_by_arn() -> None:
    make_user("ben", allow("s3:GetObject"))
    role = make_role("member", allow("s3:GetObject", OWN))
    assert permissions(f"arn:aws:iam::{ACCOUNT}:user/ben", "s3:GetObject", CRAB).allowed
    assert not permissions(role, "s3:GetObject", CRAB).allowed  # of the person nothing is known
    assert permissions(role, "s3:GetObject", CRAB, **{SUB: "mara"}).allowed
    with pytest.raises(ValueError, match="not the ARN of an IAM user or a role"):
        permissions(f"{role}s", "s3:GetObject", CRAB)


@pytest.mark.parametrize("action", ["s3:*", "GetObject", "", "s3:"])
def test_something_that_is_not_one_action(action: str) -> None:
    with pytest.raises(ValueError, match="is not one action"):
        permissions(None, action, CRAB)


@pytest.mark.parametrize(
    "action",
    ["sts:GetCallerIdentity", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "cognito-idp:SignUp",
     "cognito-identity:GetId"],
)  # fmt: skip
def test_what_these_policies_do_not_decide_is_not_answered(action: str) -> None:
    with pytest.raises(ValueError, match="Other rules decide about"):
        permissions(None, action)


def test_other_services_than_s3() -> None:
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="tidepool")["UserPool"]["Arn"]
    who = member(allow("cognito-idp:DescribeUserPool", pool))
    assert permissions(who, "cognito-idp:DescribeUserPool", pool).allowed
    assert not permissions(who, "cognito-idp:DescribeUserPool", pool + "x").allowed
    assert boto3.client("cognito-idp", **who).describe_user_pool(UserPoolId=pool.rpartition("/")[2])


def test_the_region_is_that_of_the_resource_and_a_row_is_a_condition_key() -> None:
    tables = "arn:aws:dynamodb:eu-west-1:123456789012:table/tides"
    where = {
        "StringEquals": {"aws:RequestedRegion": "eu-west-1"},
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "mara"},
    }
    keys = member(allow("dynamodb:*", Condition=where))
    for table, row, allowed in (
        (tables, "mara", True), (tables, "ben", False), (tables.replace("eu-west", "us-east"), "mara", False),
    ):  # fmt: skip
        assert (
            permissions(keys, "dynamodb:GetItem", table, **{"dynamodb:LeadingKeys": row}).allowed == allowed
        )


def test_what_a_policy_says_is_escaped() -> None:
    view = ask(allow("s3:GetObject", Sid="x", Condition={"StringEquals": {"aws:UserAgent": "<b>"}}))
    assert "&lt;b&gt;" in view.html() and "<b>" not in view.html()
    assert view._repr_mimebundle_() == {"text/html": view.html(), "text/plain": repr(view)}
