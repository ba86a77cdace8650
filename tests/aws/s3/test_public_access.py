"""What the public may see: bucket policies for everybody, and Block Public Access in front of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.iam_people import ACCOUNT, allow, deny, document, make_role, refusal, session_of

from cognito_lab import Lab
from cognito_lab.aws.iam import policies
from cognito_lab.aws.iam.conditions import OPERATORS
from cognito_lab.aws.iam.policies import RESOURCE, Policy
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.aws.s3 import public_access

ARN = "arn:aws:s3:::tidepool-site"
URL = "https://tidepool-site.s3.amazonaws.com"
ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
PUBLIC = {**allow("s3:GetObject", f"{ARN}/*"), "Principal": "*"}


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    lab = Lab.start(region="us-east-1")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tidepool-site")
    s3.put_object(
        Bucket="tidepool-site", Key="index.html", Body=b"<h1>Tidepool</h1>", ContentType="text/html"
    )
    yield
    lab.stop()


def put_policy(*statements: dict[str, Any]) -> None:
    boto3.client("s3").put_bucket_policy(Bucket="tidepool-site", Policy=json.dumps(document(*statements)))


def open_up() -> None:
    boto3.client("s3").delete_public_access_block(Bucket="tidepool-site")


def status(path: str = "/index.html", method: str = "GET") -> int:
    return requests.request(method, URL + path, timeout=5).status_code


def test_a_new_bucket_blocks_public_access() -> None:
    s3 = boto3.client("s3")
    read = lambda: s3.get_public_access_block(Bucket="tidepool-site")["PublicAccessBlockConfiguration"]  # noqa: E731
    assert read() == ALL
    code, number, text = refusal(put_policy, PUBLIC)
    assert (code, number) == ("AccessDenied", 403) and "BlockPublicPolicy" in text
    assert refusal(s3.get_bucket_policy, Bucket="tidepool-site")[:2] == ("NoSuchBucketPolicy", 404)
    s3.put_public_access_block(
        Bucket="tidepool-site", PublicAccessBlockConfiguration={**ALL, "BlockPublicPolicy": False}
    )
    assert read() == {**ALL, "BlockPublicPolicy": False}
    put_policy(PUBLIC)
    assert status() == 403  # RestrictPublicBuckets is still on
    s3.delete_public_access_block(Bucket="tidepool-site")
    assert refusal(read)[:2] == ("NoSuchPublicAccessBlockConfiguration", 404)
    assert status() == 200
    s3.put_public_access_block(Bucket="tidepool-site", PublicAccessBlockConfiguration=ALL)
    assert status() == 403


def test_the_default_is_there_before_anybody_looked() -> None:
    assert refusal(put_policy, PUBLIC)[0] == "AccessDenied"
    open_up()
    put_policy(PUBLIC)
    assert status() == 200


def test_a_restricted_public_bucket_still_serves_the_account() -> None:
    open_up()
    put_policy(PUBLIC)
    boto3.client("s3").put_public_access_block(
        Bucket="tidepool-site", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert status() == 403
    member = boto3.client("s3", **session_of(make_role("member")))
    assert member.get_object(Bucket="tidepool-site", Key="index.html")


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        (PUBLIC, True),
        ({**PUBLIC, "Principal": {"AWS": "*"}}, True),
        ({**PUBLIC, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({**PUBLIC, "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}, False),
        ({**PUBLIC, "Principal": {"AWS": "123456789012"}}, False),
        ({**deny("s3:GetObject", f"{ARN}/*"), "Principal": "*"}, False),
    ],
)
def test_what_counts_as_public(statement: dict[str, Any], public: bool) -> None:
    if public:
        assert refusal(put_policy, statement)[0] == "AccessDenied"
    else:
        put_policy(statement)


# Policies for everybody that look as if they were not.
DISGUISES: dict[str, dict[str, Any]] = {
    "negated": {"Condition": {"StringNotEquals": {"aws:SourceAccount": "210987654321"}}},
    "every address": {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
    "every address in halves": {"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}},
    "one good address among all": {"Condition": {"IpAddress": {"aws:SourceIp": ["127.0.0.1", "::/0"]}}},
    "all but some addresses": {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    "if it exists": {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-reef"}}},
    "if there is none": {"Condition": {"Null": {"aws:SourceArn": "true"}}},
    "all values of none": {"Condition": {"ForAllValues:StringEquals": {"aws:SourceArn": "arn:aws:s3:::b"}}},
    "a wildcard": {"Condition": {"StringLike": {"aws:userid": "*"}}},
    "a part of a name": {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}},
    "a variable": {"Condition": {"StringEquals": {"aws:SourceArn": "${aws:SourceArn}"}}},
    "another key": {"Condition": {"StringLike": {"aws:Referer": "https://tidepool.example/index.html"}}},
    "nothing": {"Condition": {"StringEquals": {}}},
    "among others": {"Principal": {"AWS": [ACCOUNT, "*"]}},
    "all but one": {"Principal": None, "NotPrincipal": {"AWS": "210987654321"}},
}


def disguised(name: str) -> dict[str, Any]:
    return {element: said for element, said in {**PUBLIC, **DISGUISES[name]}.items() if said is not None}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_public_policy_in_disguise_is_public(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = boto3.client("s3")
    narrow = {**PUBLIC, "Principal": {"AWS": ACCOUNT}}
    assert refusal(put_policy, narrow, disguised(name))[:2] == ("AccessDenied", 403)
    assert refusal(s3.get_bucket_policy, Bucket="tidepool-site")[0] == "NoSuchBucketPolicy"
    restricted = {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket="tidepool-site", PublicAccessBlockConfiguration=restricted)
    put_policy(narrow, disguised(name))
    assert status() == 403
    monkeypatch.setattr(public_access, "is_public_statement", lambda statement: False)
    if name not in ("a wildcard", "a part of a name", "a variable", "another key"):
        assert status() == 200


def strangers(key: str) -> Iterator[dict[str, str]]:
    """What requests of people who are nobody in particular carry, with ``key`` and without."""
    for address in ("8.8.8.8", "2001:db8::9"):
        yield {"aws:SourceIp": address}
        if key != "aws:SourceIp":
            yield {"aws:SourceIp": address, key: "arn:aws:s3:us-east-1:999999999999:accesspoint/rook"}


FIXED = {"aws:SourceIp": ["127.0.0.1", "127.0.0.0/8"], "s3:DataAccessPointArn": [
    "arn:aws:s3:us-east-1:123456789012:accesspoint/reef", "arn:aws:s3:us-east-1:123456789012:accesspoint/*",
]}  # fmt: skip
LOOSE = {
    "aws:SourceIp": ["0.0.0.0/0", "8.0.0.0/7", "::/0", "2000::/31", "${aws:SourceIp}"],
    "s3:DataAccessPointArn": ["arn:aws:s3:us-east-1:*:accesspoint/reef", "*", "arn:aws:s3:::*"],
}
EXACT, ANY = (
    ["arn:aws:s3:us-east-1:123456789012:reef"],
    ["*", "arn:*", "${aws:SourceArn}", "?rn:aws:s3:::reef"],
)


def test_no_condition_of_any_kind_hides_a_public_policy() -> None:
    """All operators, keys and values: whatever lets in somebody who is nobody in particular is public."""
    names = [f"{set_}{name}{if_}" for name in OPERATORS for set_ in ("", "ForAnyValue:", "ForAllValues:")
             for if_ in ("", "IfExists")]  # fmt: skip
    kept, opened = set(), 0
    for key in ("aws:SourceIp", "aws:SourceArn", "s3:DataAccessPointArn", "aws:Referer"):
        for value in [*FIXED.get(key, EXACT), *LOOSE.get(key, ANY)]:
            for name in ("Null", *names):
                for values in (value, [value, FIXED.get(key, EXACT)[0]]):
                    statement = {**PUBLIC, "Condition": {name: {key: values}}}
                    policy = Policy(RESOURCE, "test", document(statement))
                    asked = [AccessQuestion("s3:GetObject", f"{ARN}/a", {}, keys) for keys in strangers(key)]
                    open_to = any(policies.decide(question, [], resource=policy) for question in asked)
                    public = public_access.is_public(policy.document)
                    assert public or not open_to, statement
                    opened += open_to
                    if not public:
                        assert value in FIXED.get(key, EXACT)
                        kept.add(name.removeprefix("ForAnyValue:"))
    assert kept == {"IpAddress", *public_access.FIXING_OPERATORS} and opened > 500


@pytest.mark.parametrize("key", sorted(public_access.FIXING_KEYS))
def test_a_key_that_says_who_comes_keeps_a_policy_from_being_public(key: str) -> None:
    condition = {"StringEquals": {key.upper(): EXACT}}
    assert not public_access.is_public(document({**PUBLIC, "Condition": condition}))
    assert public_access.is_public(document({**PUBLIC, "Condition": {"StringEquals": {key: [*EXACT, "*"]}}}))
    assert public_access.is_public(document({**PUBLIC, "Condition": condition}, PUBLIC))


def test_a_bucket_policy_that_is_not_utf_8_is_malformed() -> None:
    s3 = boto3.client("s3")
    odd = json.dumps(document({**PUBLIC, "Sid": "?"})).encode().replace(b"?", b"\xff")
    s3.meta.events.register(
        "before-sign.s3.PutBucketPolicy", lambda request, **_: setattr(request, "data", odd)
    )
    said = refusal(s3.put_bucket_policy, Bucket="tidepool-site", Policy="{}")
    assert said[:2] == ("MalformedPolicy", 400)


def test_a_bucket_policy_is_stored_read_and_deleted() -> None:
    s3 = boto3.client("s3")
    assert refusal(s3.get_bucket_policy, Bucket="tidepool-site")[:2] == ("NoSuchBucketPolicy", 404)
    open_up()
    put_policy(PUBLIC)
    assert json.loads(s3.get_bucket_policy(Bucket="tidepool-site")["Policy"]) == document(PUBLIC)
    assert status() == 200
    s3.delete_bucket_policy(Bucket="tidepool-site")
    assert refusal(s3.get_bucket_policy, Bucket="tidepool-site")[:2] == ("NoSuchBucketPolicy", 404)
    assert status() == 403


@pytest.mark.parametrize(
    "text",
    ["{", "{}", json.dumps(document(allow("s3:*"))), json.dumps(document({**PUBLIC, "Effect": "Maybe"}))],
)
def test_a_malformed_bucket_policy_is_refused(text: str) -> None:
    open_up()
    s3 = boto3.client("s3")
    assert refusal(s3.put_bucket_policy, Bucket="tidepool-site", Policy=text)[:2] == ("MalformedPolicy", 400)
    assert refusal(s3.get_bucket_policy, Bucket="tidepool-site")[0] == "NoSuchBucketPolicy"


def test_an_anonymous_reader_gets_what_the_policy_says_and_no_more() -> None:
    assert status() == status("/") == status("/missing") == 403
    open_up()
    assert status() == 403  # nothing blocks, but nothing allows either
    put_policy(PUBLIC)
    assert status() == 200 and requests.get(f"{URL}/index.html", timeout=5).text == "<h1>Tidepool</h1>"
    assert status("/missing") == 403  # who may not list is not told what is missing
    assert status("/") == 403  # listing is a right of its own
    assert status(method="PUT") == status(method="DELETE") == 403
    put_policy(PUBLIC, {**allow("s3:ListBucket", ARN), "Principal": "*"})
    assert status("/missing") == 404
    assert "<Key>index.html</Key>" in requests.get(URL, timeout=5).text


def test_an_anonymous_deny() -> None:
    open_up()
    put_policy(PUBLIC, {**deny("s3:GetObject", f"{ARN}/private/*"), "Principal": "*"})
    boto3.client("s3").put_object(Bucket="tidepool-site", Key="private/x", Body=b"")
    assert status() == 200 and status("/private/x") == 403


def test_conditions_on_a_stranger() -> None:
    open_up()
    put_policy({**PUBLIC, "Condition": {"StringLike": {"aws:Referer": "https://tidepool.example/*"}}})
    assert status() == 403
    answer = requests.get(f"{URL}/index.html", headers={"Referer": "https://tidepool.example/a"}, timeout=5)
    assert answer.status_code == 200


def test_new_buckets_have_no_access_control_lists() -> None:
    s3 = boto3.client("s3")
    key = {"Bucket": "tidepool-site", "Key": "x"}
    assert refusal(s3.put_object, **key, Body=b"", ACL="public-read")[:2] == (
        "AccessControlListNotSupported",
        400,
    )
    assert refusal(s3.create_bucket, Bucket="other", ACL="public-read")[:2] == (
        "InvalidBucketAclWithObjectOwnership",
        400,
    )
    s3.put_object(**key, Body=b"", ACL="bucket-owner-full-control")
    assert status("/x") == 403
