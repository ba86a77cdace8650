"""The evaluator alone: documents and questions, no account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_lab.aws.iam import conditions, policies, policy_documents
from cognito_lab.aws.iam.policies import IDENTITY, RESOURCE, SESSION, TRUST, Policy
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.errors import AwsError

PICTURES = "arn:aws:s3:::tidepool-pictures"
SESSION_ARN = "arn:aws:sts::123456789012:assumed-role/member/mara"
ROLE_ARN = "arn:aws:iam::123456789012:role/member"
ACCOUNT_ARN = "arn:aws:iam::123456789012:root"
MARA = {"AWS": (SESSION_ARN, ROLE_ARN, ACCOUNT_ARN)}
POOL = "cognito-identity.amazonaws.com"


def policy(*statements: dict[str, Any], kind: str = IDENTITY, version: str | None = "2012-10-17") -> Policy:
    head = {"Version": version} if version else {}
    return Policy(kind, "test", {**head, "Statement": list(statements)})


def allow(action: Any = "s3:GetObject", resource: Any = f"{PICTURES}/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = f"{PICTURES}/*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def asks(
    action: str = "s3:GetObject", resource: str = f"{PICTURES}/mara/crab.jpg", **context: Any
) -> AccessQuestion:
    return AccessQuestion(
        action, resource, MARA, {name.replace("__", ":"): value for name, value in context.items()}
    )


def verdict(
    *statements: dict[str, Any], question: AccessQuestion | None = None, **more: Any
) -> policies.Verdict:
    return policies.decide(question or asks(), [policy(*statements)], **more)


# -- actions and resources -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "fits"),
    [
        ({"Action": "s3:GetObject"}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": "s3:Get*"}, True),
        ({"Action": "s3:Get??ject"}, True),
        ({"Action": "s3:Get?ject"}, False),
        ({"Action": "*"}, True),
        ({"Action": ["s3:PutObject", "s3:GetObject"]}, True),
        ({"Action": "s3.GetObject"}, False),
        ({"Action": "s3:GetObjectVersion"}, False),
        ({"Action": "s3:Get"}, False),
        ({"NotAction": "s3:PutObject"}, True),
        ({"NotAction": ["iam:*", "s3:Get*"]}, False),
    ],
)
def test_actions_have_wildcards_and_no_case(element: dict[str, Any], fits: bool) -> None:
    assert verdict({"Effect": "Allow", "Resource": "*", **element}).allowed is fits


@pytest.mark.parametrize(
    ("element", "fits"),
    [
        ({"Resource": f"{PICTURES}/mara/*"}, True),
        ({"Resource": f"{PICTURES}/ben/*"}, False),
        ({"Resource": f"{PICTURES}/*/crab.jpg"}, True),
        ({"Resource": f"{PICTURES}/mara/crab?jpg"}, True),
        ({"Resource": f"{PICTURES}/mara/c.ab.jpg"}, False),
        ({"Resource": f"{PICTURES}/MARA/*"}, False),
        ({"Resource": PICTURES}, False),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:s3:*:*:tidepool*"}, True),
        ({"Resource": "arn:aws:*/mara/crab.jpg"}, True),  # too short for an ARN in six parts: plain text
        ({"Resource": "arn:aws:iam::*:tidepool-pictures/mara/crab.jpg"}, False),
        ({"NotResource": f"{PICTURES}/ben/*"}, True),
        ({"NotResource": [f"{PICTURES}/ben/*", f"{PICTURES}/mara/*"]}, False),
    ],
)
def test_resources_are_arns_with_wildcards(element: dict[str, Any], fits: bool) -> None:
    assert verdict({"Effect": "Allow", "Action": "s3:GetObject", **element}).allowed is fits


def test_a_star_in_the_front_of_an_arn_stays_within_its_part() -> None:
    question = asks("sns:Publish", "arn:aws:sns:us-east-1:123456789012:tide")
    assert verdict(allow("sns:Publish", "arn:aws:sns:*:123456789012:tide"), question=question)
    assert not verdict(allow("sns:Publish", "arn:aws:*:123456789012::tide"), question=question)


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    assert not verdict(
        allow(resource=f"{PICTURES}/mara/crab.jpg"), question=asks(resource=f"{PICTURES}/mara/crabxjpg")
    )


# -- variables -------------------------------------------------------------------------------------

OWN = f"{PICTURES}/${{{POOL}:sub}}/*"
MINE = {f"{POOL}:sub": "us-east-1:0000-mara"}


@pytest.mark.parametrize(
    ("resource", "context", "asked", "fits"),
    [
        (OWN, MINE, "us-east-1:0000-mara/a", True),
        (OWN, MINE, "us-east-1:0000-ben/a", False),
        (OWN, {}, "us-east-1:0000-mara/a", False),  # without a value the statement says nothing
        (OWN, {}, "/a", False),
        (OWN, {f"{POOL}:SUB": "x"}, "x/a", True),  # names of keys have no case
        (OWN, {f"{POOL}:sub": ["a", "b"]}, "a/a", False),  # a key of several values is no variable
        (OWN, {f"{POOL}:sub": "*"}, "ben/a", False),  # a value is taken literally
        (OWN, {f"{POOL}:sub": "m?ra"}, "mara/a", False),
        (f"{PICTURES}/${{aws:PrincipalTag/section, 'shore'}}/*", {}, "shore/a", True),
        (
            f"{PICTURES}/${{aws:PrincipalTag/section, 'shore'}}/*",
            {"aws:PrincipalTag/section": "reef"},
            "reef/a",
            True,
        ),
        (
            f"{PICTURES}/${{aws:PrincipalTag/section, 'shore'}}/*",
            {"aws:PrincipalTag/section": "reef"},
            "shore/a",
            False,
        ),
        (f"{PICTURES}/${{*}}/a", {}, "*/a", True),
        (f"{PICTURES}/${{*}}/a", {}, "mara/a", False),
        (f"{PICTURES}/${{?}}${{$}}/a", {}, "?$/a", True),
    ],
)
def test_variables_are_replaced_in_resources(
    resource: str, context: dict[str, Any], asked: str, fits: bool
) -> None:
    question = AccessQuestion("s3:GetObject", f"{PICTURES}/{asked}", MARA, context)
    assert verdict(allow(resource=resource), question=question).allowed is fits


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_the_old_version_knows_no_variables(version: str | None) -> None:
    old = [policy(allow(resource=OWN), version=version)]
    assert not policies.decide(
        AccessQuestion("s3:GetObject", f"{PICTURES}/us-east-1:0000-mara/a", MARA, MINE), old
    )
    assert policies.decide(AccessQuestion("s3:GetObject", OWN.replace("*", "a"), MARA, MINE), old)


def test_an_unknown_variable_silences_a_not_resource() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OWN}
    assert not verdict(statement)
    question = AccessQuestion("s3:GetObject", f"{PICTURES}/ben/a", MARA, MINE)
    assert verdict(statement, question=question)


# -- conditions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
        ({"StringEquals": {"k": "a"}}, {"k": "A"}, False),
        ({"StringEquals": {"k": "*"}}, {"k": "a"}, False),
        ({"StringEquals": {"k": ["b", "a"]}}, {"k": "a"}, True),
        ({"StringEquals": {"K": "a"}}, {"k": "a"}, True),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a", "l": "b"}, True),
        ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a", "l": "c"}, False),
        ({"StringEquals": {"k": "a"}, "StringLike": {"l": "b*"}}, {"k": "a", "l": "xb"}, False),
        ({"StringNotEquals": {"k": "a"}}, {"k": "b"}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringEqualsIgnoreCase": {"k": "AbC"}}, {"k": "aBc"}, True),
        ({"StringNotEqualsIgnoreCase": {"k": "AbC"}}, {"k": "aBc"}, False),
        ({"StringLike": {"k": "a*c?"}}, {"k": "abbcd"}, True),
        ({"StringLike": {"k": "a*c?"}}, {"k": "abbc"}, False),
        ({"StringLike": {"k": "${aws:username}/*"}}, {"k": "mara/x", "aws:username": "mara"}, True),
        ({"StringLike": {"k": "${aws:username}/*"}}, {"k": "ben/x", "aws:username": "mara"}, False),
        ({"StringLike": {"k": "${aws:username}/*"}}, {"k": "${aws:username}/x"}, False),
        ({"StringEquals": {"k": "${aws:username}"}}, {"k": "m*a", "aws:username": "m*a"}, True),
        ({"StringNotLike": {"k": "a*"}}, {"k": "ab"}, False),
        ({"NumericEquals": {"k": "10"}}, {"k": 10}, True),
        ({"NumericLessThan": {"k": "10"}}, {"k": 9}, True),
        ({"NumericLessThan": {"k": "10"}}, {"k": 10}, False),
        ({"NumericLessThanEquals": {"k": 10}}, {"k": "10"}, True),
        ({"NumericGreaterThan": {"k": "9.5"}}, {"k": 10}, True),
        ({"NumericGreaterThanEquals": {"k": "11"}}, {"k": 10}, False),
        ({"NumericNotEquals": {"k": "10"}}, {"k": 10}, False),
        ({"NumericEquals": {"k": "10"}}, {"k": "ten"}, False),
        ({"DateLessThan": {"k": "2026-06-01T10:00:00Z"}}, {"k": "2026-06-01T09:00:00+00:00"}, True),
        ({"DateLessThan": {"k": "2026-06-01T09:00:00Z"}}, {"k": "2026-06-01T11:00:00+02:00"}, False),
        ({"DateGreaterThan": {"k": "1780000000"}}, {"k": "2026-06-01T09:00:00Z"}, True),
        ({"DateEquals": {"k": "2026-06-01"}}, {"k": "2026-06-01T00:00:00Z"}, True),
        ({"DateNotEquals": {"k": "2026-06-01"}}, {"k": "2026-06-01T00:00:00Z"}, False),
        ({"Bool": {"k": "true"}}, {"k": True}, True),
        ({"Bool": {"k": True}}, {"k": "false"}, False),
        ({"Bool": {"k": "false"}}, {}, False),
        ({"BinaryEquals": {"k": "QmlsZA=="}}, {"k": "QmlsZA=="}, True),
        ({"IpAddress": {"k": "127.0.0.0/8"}}, {"k": "127.0.0.1"}, True),
        ({"IpAddress": {"k": "203.0.113.0/24"}}, {"k": "127.0.0.1"}, False),
        ({"NotIpAddress": {"k": ["203.0.113.0/24", "::1/128"]}}, {"k": "127.0.0.1"}, True),
        ({"ArnLike": {"k": "arn:aws:iam::*:role/m*"}}, {"k": ROLE_ARN}, True),
        ({"ArnEquals": {"k": "arn:aws:iam::*:role/m*"}}, {"k": ROLE_ARN}, True),
        ({"ArnLike": {"k": "arn:aws:*:role/member"}}, {"k": "arn:aws:iam:role/member"}, False),
        ({"ArnLike": {"k": "arn:aws:iam::123456789012:role/member"}}, {"k": ROLE_ARN}, True),
        ({"ArnLike": {"k": "arn:aws:iam:*"}}, {"k": ROLE_ARN}, False),  # fewer than six parts
        ({"ArnLike": {"k": "arn:*"}}, {"k": ROLE_ARN}, False),
        ({"ArnLike": {"k": "*"}}, {"k": ROLE_ARN}, False),
        ({"ArnEquals": {"k": ["arn:aws:*:*:*", "arn:aws:iam::*:role/*"]}}, {"k": ROLE_ARN}, True),
        ({"ArnEquals": {"k": "${aws:PrincipalArn}"}}, {"k": ROLE_ARN, "aws:PrincipalArn": ROLE_ARN}, True),
        ({"ArnNotLike": {"k": "arn:aws:*"}}, {"k": ROLE_ARN}, True),
        ({"ArnNotLike": {"k": "arn:aws:iam::*:role/m*"}}, {"k": ROLE_ARN}, False),
        ({"ArnNotEquals": {"k": ROLE_ARN}}, {"k": SESSION_ARN}, True),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": True}}, {"k": "a"}, False),
        ({"Null": {"k": "false"}}, {"k": "a"}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"ForAnyValue:StringLike": {"k": "b*"}}, {"k": ["a", "b"]}, True),
        ({"ForAnyValue:StringLike": {"k": "c*"}}, {"k": ["a", "b"]}, False),
        ({"ForAnyValue:StringLike": {"k": "c*"}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ["a", "b"]}, True),
        ({"ForAnyValue:StringNotEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, False),
        ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {}, False),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, True),
        ({"ForAllValues:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, False),
        ({"ForAllValues:StringEquals": {"k": ["a"]}}, {}, True),  # the trap of ForAllValues
        ({"ForAllValues:StringEquals": {"k": ["a"]}}, {"k": []}, True),
        ({"ForAllValues:StringNotEquals": {"k": ["a"]}}, {"k": ["b", "c"]}, True),
        ({"ForAllValues:StringNotEquals": {"k": ["a"]}}, {"k": ["a", "c"]}, False),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, Any], holds: bool) -> None:
    question = AccessQuestion("s3:GetObject", f"{PICTURES}/a", MARA, context)
    assert verdict(allow(Condition=condition), question=question).allowed is holds


def test_a_pattern_of_an_arn_has_six_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule, ``arn:*`` fits every ARN."""
    held = [policy(allow(Condition={"ArnLike": {"k": "arn:*"}}))]
    assert not policies.decide(asks(k=ROLE_ARN), held)
    monkeypatch.setattr(conditions, "has_six_parts", lambda arn: True)
    assert policies.decide(asks(k=ROLE_ARN), held)


# -- who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "fits"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ROLE_ARN}}, True),
        ({"Principal": {"AWS": [SESSION_ARN]}}, True),
        ({"Principal": {"AWS": "123456789012"}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}}, False),  # no wildcards inside a name
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/curator"}}, False),
        ({"Principal": {"AWS": "210987654321"}}, False),
        ({"Principal": {"Federated": "*"}}, False),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"NotPrincipal": {"AWS": ROLE_ARN}}, True),  # a Deny for all but the role is for its sessions too
        ({"NotPrincipal": {"AWS": [SESSION_ARN, ROLE_ARN]}}, True),
        ({"NotPrincipal": {"AWS": [SESSION_ARN, ROLE_ARN, ACCOUNT_ARN]}}, False),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/curator"}}, True),
    ],
)
def test_principals(element: dict[str, Any], fits: bool) -> None:
    bucket = policy({**deny(), **element}, kind=RESOURCE)
    assert policies.decide(asks(), [policy(allow())], resource=bucket).allowed is not fits


def trusts(document: dict[str, Any], **context: Any) -> bool:
    keys = {f"{POOL}:{name}": value for name, value in context.items()}
    return policies.evaluate_trust(
        document, "sts:AssumeRoleWithWebIdentity", {"Federated": POOL}, keys
    ).allowed


def test_the_trust_policy_of_an_identity_pools_role() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": POOL},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{POOL}:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {f"{POOL}:amr": "authenticated"},
        },
    }
    document = {"Version": "2012-10-17", "Statement": statement}  # one statement needs no list
    member = ["authenticated", "accounts.google.com"]
    assert trusts(document, aud="us-east-1:pool", amr=member)
    assert not trusts(document, aud="us-east-1:other", amr=member)
    assert not trusts(document, aud="us-east-1:pool", amr=["unauthenticated"])
    assert not trusts(document, aud="us-east-1:pool")
    assert not trusts(
        {**document, "Statement": {**statement, "Principal": {"Federated": "accounts.google.com"}}},
        aud="us-east-1:pool",
        amr=member,
    )
    assert not trusts(
        {**document, "Statement": {**statement, "Action": "sts:AssumeRole"}}, aud="us-east-1:pool", amr=member
    )


# -- all kinds together ----------------------------------------------------------------------------


def test_nothing_said_is_a_refusal_and_says_which_kind_was_silent() -> None:
    found = verdict(allow("s3:PutObject"))
    assert (found.allowed, found.explicit, found.kind, found.statement) == (False, False, IDENTITY, None)
    assert found.reason == "because no identity-based policy allows the s3:GetObject action"


def test_the_verdict_carries_the_statement_that_decided() -> None:
    statement = allow(Sid="OwnPictures")
    found = verdict(allow("s3:ListBucket"), statement)
    assert found.statement is statement and found.policy == "test"
    assert found.reason == "because of an allow in an identity-based policy"


@pytest.mark.parametrize("order", [1, -1])
def test_an_explicit_deny_beats_every_allow(order: int) -> None:
    refusing = deny(Sid="NoCrabs", resource=f"{PICTURES}/*/crab.jpg")
    found = verdict(*[allow(), refusing][::order])
    assert not found.allowed and found.statement is refusing
    assert found.reason == "with an explicit deny in an identity-based policy"


def test_a_session_policy_narrows_and_never_adds() -> None:
    session = [policy(allow("s3:*", "*"), kind=SESSION)]
    assert not verdict(allow("s3:PutObject"), session=session)
    assert verdict(allow(), session=session)
    silent = verdict(allow(), session=[policy(allow("s3:PutObject"), kind=SESSION)])
    assert silent.reason == "because no session policy allows the s3:GetObject action"
    refusing = verdict(allow(), session=[policy(allow(), deny(), kind=SESSION)])
    assert refusing.reason == "with an explicit deny in a session policy"


def test_several_session_policies_count_together() -> None:
    together = [policy(allow("s3:PutObject"), kind=SESSION), policy(allow(), kind=SESSION)]
    assert verdict(allow(), session=together)


@pytest.mark.parametrize(
    ("named", "role_silent", "session_silent"),
    [
        (SESSION_ARN, True, True),  # the session itself: granted directly
        (ROLE_ARN, True, False),  # the role: still limited by the session policy
        ("*", True, False),
        (ACCOUNT_ARN, False, False),  # the account: its own policies decide
    ],
)
def test_what_a_bucket_policy_grants_depends_on_whom_it_names(
    named: str, role_silent: bool, session_silent: bool
) -> None:
    bucket = policy({**allow(), "Principal": {"AWS": named}}, kind=RESOURCE)
    narrow = [policy(allow("s3:PutObject"), kind=SESSION)]
    assert policies.decide(asks(), [], resource=bucket).allowed is role_silent
    assert policies.decide(asks(), [], narrow, bucket).allowed is session_silent
    assert policies.decide(asks(), [policy(allow())], resource=bucket).allowed


def test_the_closest_name_in_a_bucket_policy_counts() -> None:
    both = policy(
        {**allow(), "Principal": "*"},
        {**allow(), "Principal": {"AWS": [ROLE_ARN, SESSION_ARN]}},
        kind=RESOURCE,
    )
    assert policies.decide(asks(), [], [policy(allow("s3:PutObject"), kind=SESSION)], both)


def test_somebody_unknown_has_only_the_bucket_policy() -> None:
    stranger = AccessQuestion("s3:GetObject", f"{PICTURES}/a")
    everybody = policy({**allow(), "Principal": "*"}, kind=RESOURCE)
    assert policies.decide(stranger, [], resource=everybody)
    assert not policies.decide(
        stranger, [], resource=policy({**allow(), "Principal": {"AWS": ROLE_ARN}}, kind=RESOURCE)
    )
    assert not policies.decide(stranger, [])


def test_guests_are_held_to_the_list_of_services() -> None:
    lead = [Policy(SESSION, "guest", document) for document in policy_documents.guest_session_policies()]
    everything = [policy(allow("*", "*"))]
    for action in ("s3:GetObject", "dynamodb:Query", "rum:PutRumEvents", "textract:AnalyzeDocument"):
        assert policies.decide(asks(action, "*"), everything, lead), action
    for action in (
        "iam:ListRoles",
        "ec2:RunInstances",
        "sts:AssumeRole",
        "textract:StartDocumentAnalysis",
        "kms:Decrypt",
    ):
        assert not policies.decide(asks(action, "*"), everything, lead), action
        assert policies.decide(asks(action, "*"), everything)


# -- documents, when they are saved ----------------------------------------------------------------

GOOD = allow("s3:GetObject", "arn:aws:s3:::b/*")


@pytest.mark.parametrize(
    ("kind", "statement", "text"),
    [
        (IDENTITY, {**GOOD, "Effect": "allow"}, "Invalid effect: allow"),
        (IDENTITY, {**GOOD, "Effect": ["Allow"]}, "Syntax errors in policy."),
        (IDENTITY, {**GOOD, "Principal": "*"}, "Has prohibited field Principal"),
        (IDENTITY, {"Effect": "Allow", "Action": "s3:*"}, "Missing required field Resource"),
        (IDENTITY, {"Effect": "Allow", "Resource": "*"}, "Missing required field Action"),
        (IDENTITY, {**GOOD, "NotAction": "s3:*"}, "Syntax errors in policy."),
        (IDENTITY, {**GOOD, "Actions": "s3:*"}, "Syntax errors in policy."),
        (
            IDENTITY,
            {**GOOD, "Action": "GetObject"},
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (IDENTITY, {**GOOD, "Resource": "tidepool/*"}, 'Resource tidepool/* must be in ARN format or "*".'),
        (IDENTITY, {**GOOD, "Action": [7]}, "Syntax errors in policy."),
        (IDENTITY, {**GOOD, "Condition": {"StringSame": {"k": "a"}}}, "Invalid Condition type : StringSame"),
        (IDENTITY, {**GOOD, "Condition": {"StringLike": "a"}}, "Syntax errors in policy."),
        (RESOURCE, GOOD, "Missing required field Principal"),
        (TRUST, {**GOOD, "Principal": "*"}, "Has prohibited field Resource"),
        (
            TRUST,
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ["a"]},
            "Invalid principal in policy",
        ),
    ],
)
def test_a_malformed_statement_is_refused(kind: str, statement: dict[str, Any], text: str) -> None:
    with pytest.raises(AwsError) as refused:
        policy_documents.validated(
            json.dumps({"Version": "2012-10-17", "Statement": [GOOD, statement]}), kind
        )
    if kind == IDENTITY:
        assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", text)
    with pytest.raises(AwsError) as refused:
        policy_documents.validated(json.dumps({"Version": "2012-10-17", "Statement": statement}), kind)
    assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", text)


SERVICE = "lambda.amazonaws.com"


@pytest.mark.parametrize(
    ("principal", "taken"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": [SESSION_ARN, ROLE_ARN, ACCOUNT_ARN, "123456789012"]}, True),
        ({"AWS": "arn:aws:iam::123456789012:user/team/ines"}, True),
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, True),
        ({"Service": SERVICE, "Federated": ["accounts.google.com", POOL]}, True),
        ({"CanonicalUser": "0a" * 32}, True),
        (5, False),
        ([], False),
        (["*"], False),
        ({}, False),
        (ROLE_ARN, False),
        ({"AWS": []}, False),
        ({"AWS": 5}, False),
        ({"AWS": [SESSION_ARN, None]}, False),
        ({"AWS": "arn:aws:iam::123456789012:role/*"}, False),
        ({"AWS": "arn:aws:iam::123456789012:role/m?mber"}, False),
        ({"AWS": "arn:aws:iam::*:root"}, False),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/member/*"}, False),
        ({"AWS": "arn:aws:iam::123456789012:group/club"}, False),
        ({"AWS": "mara"}, False),
        ({"Federated": "*"}, False),
        ({"Federated": "*.google.com"}, False),
        ({"Service": "*"}, False),
        ({"Everybody": "*"}, False),
        ({"aws": "*"}, False),
    ],
)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_whom_a_policy_may_name(element: str, principal: Any, taken: bool) -> None:
    text = json.dumps({"Statement": {"Effect": "Deny", "Action": "sts:AssumeRole", element: principal}})
    if taken:
        assert policy_documents.validated(text, TRUST)
        return
    with pytest.raises(AwsError) as refused:
        policy_documents.validated(text, TRUST)
    assert refused.value.code == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("operator", "value", "taken"),
    [
        ("DateLessThan", "2026-06-01", True),
        ("DateLessThanIfExists", ["2026-06-01T09:00:00Z", "2026-06-01T09:00:00.5+02:00", "1780000000"], True),
        ("DateGreaterThan", 1780000000, True),
        ("DateLessThan", "9" * 400, False),
        ("ForAnyValue:DateLessThan", "tomorrow", False),
        ("DateLessThan", "", False),
        ("NumericEquals", ["7", 7, 0.5], True),
        ("NumericEquals", {}, False),
        ("NumericEquals", [], False),
        ("NumericEquals", None, False),
        ("Null", True, True),
        ("Null", [], False),
        ("StringLike", [["a"]], False),
        ("StringLike", "a\0b", False),
        ("StringLike", "\ud83e", False),
        ("StringLike", "a\tb", True),
    ],
)
def test_the_values_of_a_condition(operator: str, value: Any, taken: bool) -> None:
    text = json.dumps({"Statement": {**GOOD, "Condition": {operator: {"aws:userid": value}}}})
    if taken:
        assert policy_documents.validated(text, IDENTITY)
        return
    with pytest.raises(AwsError) as refused:
        policy_documents.validated(text, IDENTITY)
    assert refused.value.code == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        '{"Statement": ' + "[" * 500 + "]" * 500 + "}",
        json.dumps({"Statement": {**GOOD, "Sid": 5}}),
        json.dumps({"Statement": GOOD, "Id": {}}),
        json.dumps({"Statement": {**GOOD, "Condition": {"NumericEquals": {"k": float("nan")}}}}),
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": "x"}',
        '{"Version": "2020-01-01", "Statement": []}',
        json.dumps({"Version": "2020-01-01", "Statement": GOOD}),
        json.dumps({"Statement": GOOD, "Other": 1}),
    ],
)
def test_a_malformed_document_is_refused(text: str) -> None:
    with pytest.raises(AwsError) as refused:
        policy_documents.validated(text, IDENTITY)
    assert refused.value.code == "MalformedPolicyDocument"


def test_sound_documents_are_taken() -> None:
    full = {
        **GOOD,
        "Sid": "a",
        "Condition": {
            name: {"aws:EpochTime": "1"}
            for name in (
                "StringEquals",
                "ForAnyValue:StringLikeIfExists",
                "Null",
                "ForAllValues:ArnLike",
                "NumericLessThanEquals",
            )
        },
    }
    for kind, statement in [
        (IDENTITY, full),
        (SESSION, {"Effect": "Deny", "NotAction": ["iam:*"], "NotResource": "*"}),
        (RESOURCE, {**GOOD, "Principal": {"AWS": "*"}}),
        (
            TRUST,
            {
                "Effect": "Allow",
                "Principal": {"Federated": POOL},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
            },
        ),
    ]:
        assert (
            policy_documents.validated(json.dumps({"Id": "x", "Statement": statement}), kind)["Statement"]
            == statement
        )
