"""What the public may see: bucket policies for everybody, and Block Public Access in front of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.iam_people import allow, deny, document, make_role, refusal, session_of

from cognito_lab import Lab

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
