"""Addresses that boto3 presigns with no further settings: Signature Version 2, for S3 in us-east-1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from support.iam_people import allow, make_role, make_user, session_of

from cognito_lab import Lab
from cognito_lab.aws.iam import presigned_version_2

BUCKET = "tidepool-pictures"
KEY = {"Bucket": BUCKET, "Key": "mara/crab & ü?.jpg"}
HOUR = 3600
UNSUPPORTED = "The authorization mechanism you have provided is not supported"


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(**KEY, Body=b"crab")
        yield lab


def link(who: dict[str, str] | None = None, method: str = "get_object", **more: Any) -> str:
    asked = {"Params": KEY, "ExpiresIn": HOUR, **more}
    url: str = boto3.client("s3", **(who or {})).generate_presigned_url(method, **asked)
    assert "AWSAccessKeyId=" in url and "X-Amz-Signature" not in url  # what boto3 does when told nothing
    return url


def opened(url: str, method: str = "GET", **more: Any) -> tuple[int, str]:
    answer = requests.request(method, url, timeout=5, **more)
    code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
    return answer.status_code, code or answer.text


def people() -> dict[str, dict[str, str]]:
    rights = allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{BUCKET}/mara/*")
    return {"user": make_user("mara", rights), "session": session_of(make_role("member", rights))}


@pytest.mark.parametrize("style", ["virtual", "path"])
@pytest.mark.parametrize("who", ["owner", "user", "session"])
def test_an_address_opens_what_its_signer_may(who: str, style: str) -> None:
    given = {**people(), "owner": {}}[who]
    styled = {**given, "config": Config(s3={"addressing_style": style})}
    assert opened(link(styled)) == (200, "crab")
    assert opened(link(styled, "put_object", Params={**KEY, "ContentType": "text/plain"}), "PUT", data=b"eel",
                  headers={"content-type": "text/plain"}) == (200, "")  # fmt: skip
    assert opened(link(styled)) == (200, "eel")
    assert opened(link(styled, "delete_object"), "DELETE") == (204, "")
    other = link(styled, Params={"Bucket": BUCKET, "Key": "goran/eel"})
    assert opened(other) == ((404, "NoSuchKey") if who == "owner" else (403, "AccessDenied"))


def test_an_address_is_for_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(people()["session"])
    assert opened(url) == (200, "crab")
    for wrong in (
        opened(url, "DELETE"),
        opened(url, headers={"x-amz-copy-source": f"{BUCKET}/goran/eel"}),
        opened(f"{url}&x-amz-acl=public-read"),
        opened(f"{url}&uploadId=x"),
        opened(f"{url}&response-content-type=text%2Fhtml"),
        opened(url.replace("crab", "eel")),
        opened(url, headers={"content-type": "text/html"}),
        opened(url.replace("Signature=", "Signature=A")),
        opened(url.replace("Expires=1", "Expires=2")),
    ):
        assert wrong == (403, "SignatureDoesNotMatch")
    monkeypatch.setattr(presigned_version_2, "check_value", lambda *_: None)
    assert opened(url, headers={"content-type": "text/html"}) == (200, "crab")


def test_an_address_has_an_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    url, session = link(), link(people()["session"], ExpiresIn=7 * 24 * HOUR)
    lab.travel(hours=1, seconds=1)
    assert opened(url) == (403, "AccessDenied")
    assert opened(session) == (400, "ExpiredToken")
    monkeypatch.setattr(presigned_version_2, "check_expiry", lambda *_: None)
    assert opened(url) == (200, "crab")


@pytest.mark.parametrize("expires", ["", "x", "-1", "²", "9" * 30])
def test_an_end_that_is_no_moment(expires: str) -> None:
    start, _, _ = link().partition("&Expires=")
    assert opened(f"{start}&Expires={expires}")[0] == 403


def test_keys_and_tokens_are_looked_at() -> None:
    who = people()
    assert opened(link({"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"})) == (
        403, "InvalidAccessKeyId",
    )  # fmt: skip
    without = {name: value for name, value in who["session"].items() if name != "aws_session_token"}
    assert opened(link(without)) == (403, "InvalidAccessKeyId")
    assert opened(link({**who["session"], "aws_session_token": "x"})) == (400, "InvalidToken")
    assert opened(link({**who["user"], "aws_secret_access_key": "x"})) == (403, "SignatureDoesNotMatch")


def test_other_regions_take_version_4_alone() -> None:
    abroad = boto3.client("s3", region_name="eu-west-1")
    abroad.create_bucket(
        Bucket="tidepool-abroad", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    named = {"Bucket": "tidepool-abroad", "Key": "crab"}
    abroad.put_object(**named, Body=b"crab")
    old = boto3.client("s3", config=Config(signature_version="s3"))
    url = old.generate_presigned_url("get_object", Params=named)
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 400 and UNSUPPORTED in answer.text
    new = boto3.client("s3", region_name="eu-west-1", config=Config(signature_version="s3v4"))
    assert requests.get(new.generate_presigned_url("get_object", Params=named), timeout=5).text == "crab"
