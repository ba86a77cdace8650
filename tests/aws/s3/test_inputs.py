"""The input of S3's operations: keys and bodies arrive as they were sent, and each value has one place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from support.iam_people import allow, document, make_user, refusal, s3_of

from cognito_lab import Lab
from cognito_lab.aws.s3 import access, inputs
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request

BUCKET = "tidepool-pictures"
URL = f"https://{BUCKET}.s3.amazonaws.com"
KEYS = (
    "a/b", "a//b", "/a", "//a", "a/", "/", "a b", "a+b", "a%2Fb", "a?b", "a#b", "a;b", "a&b=c", "a\nb", "..",
    "../a", "./a", "s3.amazonaws.com/y", "x.amazonaws.com/", "ü/🦀", "policy", "?policy", "'\"<>", "\\", "~",
)  # fmt: skip


@pytest.fixture(autouse=True)
def lab() -> Iterator[Any]:
    with Lab.start(region="us-east-1") as lab:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="crab.jpg", Body=b"crab", ContentType="image/jpeg")
        yield lab


def everybody_reads() -> None:
    s3 = boto3.client("s3")
    s3.delete_public_access_block(Bucket=BUCKET)
    statement = {**allow("s3:GetObject*", f"arn:aws:s3:::{BUCKET}/*"), "Principal": "*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(statement)))


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_a_key_is_what_was_sent(style: str) -> None:
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": style}, signature_version="s3v4"))
    s3.delete_object(Bucket=BUCKET, Key="crab.jpg")
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        assert [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [key]
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
        assert s3.list_objects(Bucket=BUCKET, Prefix=key)["Contents"][0]["Key"] == key
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": key})
        assert s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == key.encode()
        for gone in (key, "copy"):
            s3.delete_object(Bucket=BUCKET, Key=gone)


def test_a_bucket_whose_name_has_dots() -> None:
    s3 = boto3.client("s3")
    for bucket in ("www.tidepool.example", "a.s3.b", "tidepool.amazonaws.com-x"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=bucket.encode())
        for config in ({"addressing_style": "path"}, {"addressing_style": "virtual"}):
            found = boto3.client("s3", config=Config(s3=config)).get_object(Bucket=bucket, Key="k")
            assert found["Body"].read() == bucket.encode()


def test_what_is_said_of_an_object_is_kept() -> None:
    s3 = boto3.client("s3")
    said = {
        "ContentType": "text/html", "CacheControl": "no-store", "ContentEncoding": "gzip",
        "ContentLanguage": "mi", "ContentDisposition": "inline",
        "Metadata": {"of-whom": "mara", "my_key": "1"},
    }  # fmt: skip
    s3.put_object(Bucket=BUCKET, Key="page", Body=b"page", **said)
    found = s3.get_object(Bucket=BUCKET, Key="page")
    assert {name: found[name] for name in said} == said
    part = s3.get_object(Bucket=BUCKET, Key="page", Range="bytes=1-2")
    assert part["Body"].read() == b"ag" and part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert refusal(s3.get_object, Bucket=BUCKET, Key="page", IfMatch='"other"')[1] == 412
    shown = s3.get_object(Bucket=BUCKET, Key="page", ResponseContentType="text/plain")
    assert shown["ContentType"] == "text/plain"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_an_object_that_looks_like_a_form_is_an_object(kind: str) -> None:
    s3 = boto3.client("s3")
    part = b'--b\r\ncontent-disposition: form-data; name="key"\r\n\r\na\r\n--b--'
    for body in (b"plain", b"key=a&file=other", part):
        s3.put_object(Bucket=BUCKET, Key="form", Body=body, ContentType=kind)
        found = s3.get_object(Bucket=BUCKET, Key="form")
        assert (found["Body"].read(), found["ContentType"]) == (body, kind)


# -- bodies in chunks ------------------------------------------------------------------------------


def chunked(body: bytes, **more: str) -> Request:
    return Request("PUT", f"{URL}/k", Headers({"x-amz-content-sha256": inputs.CHUNKS, **more}), body)


def test_a_body_comes_out_of_its_chunks_with_its_trailer() -> None:
    body = b"4\r\ncrab\r\n1\r\n\n\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
    assert inputs.octets_of(chunked(body)) == (b"crab\n", {"x-amz-checksum-crc32": "AAAA"})
    assert inputs.octets_of(Request("PUT", f"{URL}/k", Headers(), body)) == (body, {})


@pytest.mark.parametrize(
    "body",
    [b"", b"crab", b"4\r\ncrab", b"4\r\ncrab\r\n", b"5\r\ncrab\r\n0\r\n", b"-4\r\ncrab\r\n0\r\n", b"x\r\n"],
)  # fmt: skip
def test_chunks_that_do_not_fit_are_no_body(body: bytes) -> None:
    with pytest.raises(AwsError) as refused:
        inputs.octets_of(chunked(body))
    assert (refused.value.code, refused.value.status) == ("IncompleteBody", 400)


def test_an_upload_in_chunks_is_stored_without_them() -> None:
    s3 = boto3.client("s3")
    for encoding, kept in (({}, None), ({"ContentEncoding": "gzip"}, "gzip")):
        s3.put_object(Bucket=BUCKET, Key="k", Body=open(__file__, "rb"), **encoding)  # noqa: SIM115
        found = s3.get_object(Bucket=BUCKET, Key="k")
        with open(__file__, "rb") as sent:
            assert hashlib.sha256(found["Body"].read()).digest() == hashlib.sha256(sent.read()).digest()
        assert found.get("ContentEncoding") == kept


# -- in one place ----------------------------------------------------------------------------------


def test_a_header_that_stands_in_the_query_counts() -> None:
    """SDKs put headers that begin with x-amz- into the query of a presigned URL."""
    ines = make_user("ines", allow(["s3:PutObject", "s3:PutObjectAcl"]))
    keys = Credentials(ines["aws_access_key_id"], ines["aws_secret_access_key"])

    def put(**query: str) -> requests.Response:
        made = AWSRequest(
            "PUT", f"{URL}/k", params={name.replace("_", "-"): text for name, text in query.items()}
        )
        S3SigV4QueryAuth(keys, "s3", "us-east-1").add_auth(made)
        return requests.put(str(made.prepare().url), b"x", timeout=5)

    assert put(x_amz_meta_whose="mara").status_code == 200
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key="k")["Metadata"] == {"whose": "mara"}
    assert "AccessControlListNotSupported" in put(x_amz_acl="public-read").text
    assert put(x_amz_tagging="a=b").status_code == 403
    assert put(x_amz_copy_source=f"{BUCKET}/crab.jpg").status_code == 403


def test_grants_are_access_control_lists_too() -> None:
    everybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    code = refusal(boto3.client("s3").put_object, Bucket=BUCKET, Key="k", Body=b"", GrantRead=everybody)[0]
    assert code == "AccessControlListNotSupported"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/%ff", "InvalidURI"),
        ("/crab.jpg?versionId=1&versionId=2", "InvalidArgument"),
        ("/crab.jpg?response-content-type=a&response-content-type=b", "InvalidArgument"),
        ("/?max-keys=x", "InvalidArgument"),
        ("/?max-keys=1&max-keys=2", "InvalidArgument"),
        ("/?max-keys=", "InvalidArgument"),
    ],
)
def test_what_cannot_be_read_is_refused_with_s3_s_code(path: str, code: str) -> None:
    answer = requests.get(f"{URL}{path}", timeout=5)
    assert answer.status_code == 400 and f"<Code>{code}</Code>" in answer.text


@pytest.mark.parametrize("source", [BUCKET, f"{BUCKET}/", "/crab.jpg"])
def test_a_copy_names_a_bucket_and_a_key(source: str) -> None:
    s3 = boto3.client("s3")
    found = refusal(s3.copy_object, Bucket=BUCKET, Key="copy.jpg", CopySource=source)
    assert found[:2] == ("InvalidArgument", 400)


# -- header fields of the answer ---------------------------------------------------------------------

OVERRIDES = (
    "content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding",
)  # fmt: skip


@pytest.mark.parametrize("name", OVERRIDES)
def test_a_stranger_chooses_no_header_field_of_the_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_reads()
    assert requests.get(f"{URL}/crab.jpg", timeout=5).text == "crab"
    answer = requests.get(f"{URL}/crab.jpg?response-{name}=text/html", timeout=5)
    assert answer.status_code == 400 and "<Code>InvalidRequest</Code>" in answer.text
    monkeypatch.setattr(access, "check_overrides", lambda call: None)
    assert requests.get(f"{URL}/crab.jpg?response-{name}=text/html", timeout=5).headers[name] == "text/html"


def test_who_signs_chooses_it() -> None:
    ines = make_user("ines", allow("s3:GetObject"))
    url = s3_of(ines).generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": "crab.jpg", "ResponseContentType": "text/plain"}
    )
    assert requests.get(url, timeout=5).headers["content-type"] == "text/plain"
    assert requests.get(f"{url}&response-expires=0", timeout=5).status_code == 403  # it was not signed
