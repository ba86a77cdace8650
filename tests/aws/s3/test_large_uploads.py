"""Uploads in parts, many deletions at once, and what tools ask of a bucket first."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from support.iam_people import allow, deny, make_role, make_user, refusal, s3_of, session_of

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.s3 import access

BUCKET = "tidepool-pictures"
ARN = f"arn:aws:s3:::{BUCKET}"
PART = 5 * 1024 * 1024  # the smallest part that is not the last one


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield lab


def test_an_upload_in_parts() -> None:
    s3 = boto3.client("s3")
    named: dict[str, Any] = {"Bucket": BUCKET, "Key": "mara/film?.mp4"}
    upload = {**named, "UploadId": s3.create_multipart_upload(**named, ContentType="video/mp4")["UploadId"]}
    first = s3.upload_part(**upload, PartNumber=1, Body=b"a" * PART)["ETag"]
    s3.put_object(Bucket=BUCKET, Key="end", Body=b"end")
    copied = s3.upload_part_copy(**upload, PartNumber=2, CopySource=f"{BUCKET}/end")["CopyPartResult"]["ETag"]
    assert [row["Size"] for row in s3.list_parts(**upload)["Parts"]] == [PART, 3]
    assert [row["Key"] for row in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [named["Key"]]
    assert refusal(s3.get_object, **named)[0] == "NoSuchKey"  # not before it is complete
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": copied}]
    wrong = [{**parts[0], "ETag": '"0"'}, parts[1]]
    assert (
        refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": wrong})[0] == "InvalidPart"
    )
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    found = s3.get_object(**named)
    assert found["ContentLength"] == PART + 3 and found["ETag"].endswith('-2"')
    assert found["ContentType"] == "video/mp4" and found["Body"].read()[-3:] == b"end"
    again = s3.create_multipart_upload(**named)["UploadId"]
    s3.abort_multipart_upload(**named, UploadId=again)
    assert refusal(s3.list_parts, **named, UploadId=again)[:2] == ("NoSuchUpload", 404)


@pytest.mark.parametrize(
    ("operation", "action", "more"),
    [
        ("create_multipart_upload", "s3:PutObject", {}),
        ("upload_part", "s3:PutObject", {"PartNumber": 1, "Body": b"x"}),
        ("complete_multipart_upload", "s3:PutObject", {"MultipartUpload": {"Parts": []}}),
        ("list_parts", "s3:ListMultipartUploadParts", {}),
        ("abort_multipart_upload", "s3:AbortMultipartUpload", {}),
    ],
)
def test_each_step_of_an_upload_takes_its_action(operation: str, action: str, more: dict[str, Any]) -> None:
    named = {"Bucket": BUCKET, "Key": "mara/film"}
    owner = boto3.client("s3")
    given = {**named, **more}
    if operation != "create_multipart_upload":
        given["UploadId"] = owner.create_multipart_upload(**named)["UploadId"]
    none = s3_of(make_user("none", allow("s3:*"), deny(action, f"{ARN}/mara/*")))
    assert refusal(getattr(none, operation), **given)[:2] == ("AccessDenied", 403)
    just = s3_of(make_user("just", allow(action, f"{ARN}/mara/*")))
    if operation == "complete_multipart_upload":
        assert refusal(just.complete_multipart_upload, **given)[0] == "MalformedXML"  # no parts
    else:
        getattr(just, operation)(**given)


def test_listing_uploads_is_of_the_bucket() -> None:
    may = s3_of(make_user("may", allow("s3:ListBucketMultipartUploads", ARN)))
    assert "Uploads" not in may.list_multipart_uploads(Bucket=BUCKET)
    other = s3_of(make_user("other", allow("s3:ListBucket", ARN)))
    assert refusal(other.list_multipart_uploads, Bucket=BUCKET)[0] == "AccessDenied"


def test_boto3_uploads_a_large_file_by_itself() -> None:
    writer = s3_of(session_of(make_role("writer", allow("s3:PutObject", f"{ARN}/mara/*"))))
    writer.upload_fileobj(BytesIO(b"x" * (9 * 1024 * 1024)), BUCKET, "mara/film")
    assert boto3.client("s3").head_object(Bucket=BUCKET, Key="mara/film")["ContentLength"] == 9 * 1024 * 1024


def test_no_bucket_keeps_versions() -> None:
    assert "Status" not in boto3.client("s3").get_bucket_versioning(Bucket=BUCKET)
    may = s3_of(make_user("may", allow("s3:GetBucketVersioning", ARN)))
    may.get_bucket_versioning(Bucket=BUCKET)
    assert refusal(s3_of(make_user("none")).get_bucket_versioning, Bucket=BUCKET)[0] == "AccessDenied"
    with pytest.raises(OutsideTheLab):
        boto3.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


# -- many deletions -------------------------------------------------------------------------------


def keys_of(s3: Any) -> list[str]:
    return [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def deletion(*keys: str, **more: Any) -> dict[str, Any]:
    return {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": key} for key in keys], **more}}


KEYS = ("goran/eel", "mara/<crab> & co", "mara/goby")


def test_each_key_of_many_is_judged_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = boto3.client("s3")
    for key in KEYS:
        owner.put_object(Bucket=BUCKET, Key=key, Body=b"fish")
    mara = s3_of(make_user("mara", allow("s3:DeleteObject", f"{ARN}/mara/*")))
    answer = mara.delete_objects(**deletion(*KEYS, "mara/none"))
    assert [row["Key"] for row in answer["Deleted"]] == [*KEYS[1:], "mara/none"]
    assert [(row["Key"], row["Code"]) for row in answer["Errors"]] == [("goran/eel", "AccessDenied")]
    assert keys_of(owner) == ["goran/eel"]
    assert "Deleted" not in mara.delete_objects(**deletion("mara/goby", Quiet=True))
    stranger = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    assert [row["Code"] for row in stranger.delete_objects(**deletion("goran/eel"))["Errors"]] == [
        "AccessDenied"
    ]
    monkeypatch.setattr(access, "require_allowed", lambda *_, **__: None)
    mara.delete_objects(**deletion("goran/eel"))
    assert keys_of(owner) == []


def test_what_is_no_list_of_keys_is_refused() -> None:
    owner = boto3.client("s3")
    for wrong in (deletion(), deletion(*map(str, range(1001)))):
        assert refusal(owner.delete_objects, **wrong)[:2] == ("MalformedXML", 400)
    assert (
        refusal(owner.delete_objects, Bucket="nobodys", Delete={"Objects": [{"Key": "a"}]})[0]
        == "NoSuchBucket"
    )
    with pytest.raises(OutsideTheLab, match="VersionId"):
        owner.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a", "VersionId": "v"}]})
