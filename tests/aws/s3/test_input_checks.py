"""What S3 looks at in a request beside AWS's model: dates, ranges, parts, tokens, locks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.iam_people import TRUST, V4, document
from support.user_pools import refused

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.s3 import input_checks

CRAB = {"Bucket": "tidepool", "Key": "crab"}


@pytest.fixture
def s3() -> Iterator[Any]:
    with Lab.start():
        s3 = boto3.client("s3", config=V4)
        s3.create_bucket(Bucket="tidepool")
        s3.put_object(**CRAB, Body=b"crab")
        yield s3


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since"])
def test_a_date_that_is_none_is_no_condition(s3: Any, name: str) -> None:
    link = s3.generate_presigned_url("get_object", CRAB)
    for text in ("yesterday", "", "2026-13-45", "99999999999999999999", "Mon, 32 Jun 2026 09:00:00 GMT"):
        assert requests.get(link, headers={name: text}).text == "crab"
    past, future = "Mon, 01 Jan 2001 00:00:00 GMT", "Mon, 01-Jan-2091 00:00:00 GMT"  # an older form
    answers = {text: requests.get(link, headers={name: text}).status_code for text in (past, future)}
    assert answers == ({past: 200, future: 304} if "Mod" in name else {past: 412, future: 200})


def test_a_range_that_is_none_is_no_range(s3: Any) -> None:
    link = s3.generate_presigned_url("get_object", CRAB)
    for text in (
        "x",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-1,2-3",
        "bytes=0-1=2",
        "bytes=1-2-",
    ):
        answer = requests.get(link, headers={"Range": text})
        assert (answer.status_code, answer.text) == (200, "crab"), text
    assert requests.get(link, headers={"Range": "bytes=1-2"}).text == "ra"
    assert requests.get(link, headers={"Range": "bytes=9-"}).status_code == 416


@pytest.mark.parametrize("operation", ["put_object", "upload_part", "copy_object", "create_multipart_upload"])
def test_a_checksum_has_an_algorithm_that_s3_has(s3: Any, operation: str) -> None:
    given: dict[str, Any] = dict(CRAB)
    if operation == "upload_part":
        given |= {"UploadId": s3.create_multipart_upload(**CRAB)["UploadId"], "PartNumber": 1}
    given |= {"CopySource": "tidepool/crab"} if operation == "copy_object" else {}
    sdk = "" if operation in ("copy_object", "create_multipart_upload") else "sdk-"
    name = f"x-amz-{sdk}checksum-algorithm"

    def spoil(request: Any, **_: Any) -> None:
        del request.headers[name]
        request.headers[name] = "MD6"

    s3.meta.events.register("before-sign.s3", spoil)
    with refused("InvalidRequest"):
        getattr(s3, operation)(**given, ChecksumAlgorithm="SHA256")


def test_an_object_in_one_piece_has_one_part(s3: Any) -> None:
    assert s3.get_object(**CRAB, PartNumber=1)["Body"].read() == b"crab"
    with refused("InvalidPartNumber"):
        s3.get_object(**CRAB, PartNumber=2)
    with refused("416"):  # an answer to HEAD has no body to say more
        s3.head_object(**CRAB, PartNumber=2)
    for number in (0, 10_001):
        with refused("InvalidArgument"):
            s3.get_object(**CRAB, PartNumber=number)
    with refused("NoSuchBucket"):
        s3.get_object(Bucket="nowhere", Key="x", PartNumber=2)


def test_the_token_of_a_page_is_one_that_was_given(s3: Any) -> None:
    s3.put_object(Bucket="tidepool", Key="goby")
    first = s3.list_objects_v2(Bucket="tidepool", MaxKeys=1)
    again = s3.list_objects_v2(Bucket="tidepool", ContinuationToken=first["NextContinuationToken"])
    assert [row["Key"] for page in (first, again) for row in page["Contents"]] == ["crab", "goby"]
    with refused("InvalidArgument"):
        s3.list_objects_v2(Bucket="tidepool", ContinuationToken="x")


def test_an_upload_in_parts_is_one_that_was_begun_for_the_object(s3: Any) -> None:
    begun = s3.create_multipart_upload(**CRAB)["UploadId"]
    part = {"PartNumber": 1, "Body": b"x"}
    for named, upload in ((CRAB, "x"), ({**CRAB, "Key": "goby"}, begun)):
        for call, more in ((s3.upload_part, part), (s3.list_parts, {}), (s3.abort_multipart_upload, {})):
            with refused("NoSuchUpload"):
                call(**named, UploadId=upload, **more)
    s3.upload_part(**CRAB, UploadId=begun, **part)
    with refused("MalformedXML"):
        s3.complete_multipart_upload(**CRAB, UploadId=begun, MultipartUpload={"Parts": []})
    with refused("MissingRequestBodyError"):
        s3.complete_multipart_upload(**CRAB, UploadId=begun)


def test_nothing_is_locked_here(s3: Any) -> None:
    with refused("InvalidRequest"):
        s3.put_object(**CRAB, Body=b"x", ObjectLockLegalHoldStatus="ON")
    with pytest.raises(OutsideTheLab):
        s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    assert s3.create_bucket(Bucket="open", ObjectLockEnabledForBucket=False)


def test_a_block_of_public_access_says_something(s3: Any) -> None:
    with refused("InvalidRequest"):
        s3.put_public_access_block(Bucket="tidepool", PublicAccessBlockConfiguration={})
    s3.put_public_access_block(Bucket="tidepool", PublicAccessBlockConfiguration={"BlockPublicPolicy": False})


def test_the_marker_of_a_page_is_one_that_was_given(s3: Any) -> None:
    iam = boto3.client("iam")
    for name in ("keeper", "reader"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document(TRUST)))
    first = iam.list_roles(MaxItems=1)
    second = iam.list_roles(MaxItems=1, Marker=first["Marker"])
    assert [page["Roles"][0]["RoleName"] for page in (first, second)] == ["keeper", "reader"]
    for text in ("x", "²", "1.5", "-1"):
        with refused("ValidationError"):
            iam.list_roles(Marker=text)


def test_without_the_rules_it_would_be_otherwise(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_checks, "CHECKED", {})
    for test in (test_an_object_in_one_piece_has_one_part, test_nothing_is_locked_here,
                 test_the_token_of_a_page_is_one_that_was_given):  # fmt: skip
        with pytest.raises((AssertionError, AttributeError, OutsideTheLab, pytest.fail.Exception)):
            test(s3)
    monkeypatch.setattr(input_checks, "without_broken_conditions", dict)
    with pytest.raises(OutsideTheLab):
        test_a_range_that_is_none_is_no_range(s3)
