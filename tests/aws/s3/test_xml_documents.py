"""Settings of a bucket come as the XML of AWS's model; whatever else is sent is refused, and not stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from support.iam_people import V4

from cognito_lab import Lab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations
from cognito_lab.aws.s3 import xml_documents
from cognito_lab.errors import AwsError
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Request, Response

WRONG = [
    b"x", b"<", b"<a>", b"\xff\xfe<\x00", b"<a/>", b"\x00", b"<a></b>",
    b"<?xml version='1.0' encoding='x'?><a/>", b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
    "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
    b"<a>" * 5_000, b"<a>" * 5_000 + b"</a>" * 5_000,
]  # fmt: skip


def with_documents() -> Iterator[tuple[str, Any]]:
    """The operations whose input has a document, and the input's shape."""
    for name in operations.table()["s3"].moto:
        shape = moto_patches.service_model("s3").operation_model(name).input_shape
        payload = shape.serialization.get("payload") if shape is not None else None
        if payload is not None and shape.members[payload].type_name == "structure":
            yield name, shape


def whole(shape: Any, name: str) -> Any:
    """An element with everything that ``shape`` can have."""
    element = ElementTree.Element(name)
    if shape.type_name == "structure":
        for member, inner in shape.members.items():
            wire = inner.serialization.get("name", member)
            flat = xml_documents.is_flat(inner)
            element.extend([whole(inner.member, wire)] * 2 if flat else [whole(inner, wire)])
    elif shape.type_name == "list":
        element.append(whole(shape.member, shape.member.serialization.get("name", "member")))
    else:
        simple = {"integer": "5", "boolean": "true"}.get(shape.type_name, "x")
        element.text = shape.enum[0] if getattr(shape, "enum", None) else simple
    return element


def spoiled(root: Any) -> Iterator[str]:
    """The document with one thing wrong: each element under another name, with one in it, or no number."""
    for element in root.iter():
        tag, text, inner = element.tag, element.text, list(element)
        element.tag = "Unheard-of"
        yield ElementTree.tostring(root, encoding="unicode")
        element.tag, element.text = tag, "maybe"
        if text in ("5", "true"):
            yield ElementTree.tostring(root, encoding="unicode")
        element.text = text
        element.append(ElementTree.Element("x"))
        yield ElementTree.tostring(root, encoding="unicode")
        element[:] = inner


def test_every_document_of_the_model_is_read_and_each_spoiled_one_is_not() -> None:
    count = 0
    for _, shape in with_documents():
        payload = shape.serialization["payload"]
        document = shape.members[payload]
        root = whole(document, document.serialization["name"])
        xml_documents.check(shape, {payload: ElementTree.tostring(root)})
        for text in spoiled(root):
            with pytest.raises(AwsError) as refusal:
                xml_documents.check(shape, {payload: text.encode()})
            assert refusal.value.code == "MalformedXML", text
            count += 1
        if document.required_members:
            with pytest.raises(AwsError):
                xml_documents.check(shape, {payload: f"<{root.tag}/>".encode()})
    assert count > 60


def put(query: str, body: bytes) -> Response:
    request = AWSRequest("PUT", f"https://s3.us-east-1.amazonaws.com/tidepool{query}", data=body)
    S3SigV4Auth(boto3.Session().get_credentials(), "s3", "us-east-1").add_auth(request)
    return hosts.dispatch(Request("PUT", request.url, Headers(list(request.headers.items())), body))


@pytest.fixture
def bucket() -> Iterator[Any]:
    with Lab.start():
        s3 = boto3.client("s3", config=V4)
        s3.create_bucket(Bucket="tidepool")
        yield s3


@pytest.mark.parametrize("query", ["?cors", "?website", "?publicAccessBlock"])
def test_what_is_no_document_is_refused_and_not_stored(bucket: Any, query: str) -> None:
    for body in (b"", *WRONG):
        answer = put(query, body)
        code = "MalformedXML" if body else "MissingRequestBodyError"
        assert answer.status == 400 and f"<Code>{code}</Code>".encode() in answer.body, (body, answer.body)
    kept = {"?cors": bucket.get_bucket_cors, "?website": bucket.get_bucket_website}.get(query)
    if kept is not None:
        with pytest.raises(bucket.exceptions.ClientError):
            kept(Bucket="tidepool")


def test_a_bucket_is_made_with_a_document_or_without(bucket: Any) -> None:
    assert put("2", b"").status == 200
    assert b"MalformedXML" in put("3", b"<CreateBucketConfiguration><x/></CreateBucketConfiguration>").body


def test_without_the_rule_the_documents_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_documents, "fits", lambda *_: True)
    with pytest.raises(pytest.fail.Exception):
        test_every_document_of_the_model_is_read_and_each_spoiled_one_is_not()


def test_an_error_is_xml_whatever_it_repeats(bucket: Any) -> None:
    """A character that XML does not have would be an error of the caller's parser."""
    policy = '{"Statement": [{"Effect": "\\ud83e\\u0000\\u0008 <", "Principal": "*", "Action": "s3:*"}]}'
    with pytest.raises(bucket.exceptions.ClientError) as refusal:
        bucket.put_bucket_policy(Bucket="tidepool", Policy=policy)
    assert refusal.value.response["Error"]["Code"] == "MalformedPolicy"
