"""Names of header fields count without regard to case (RFC 9110, 5.1), wherever a request is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest
import requests
from support.iam_people import V4
from support.managed_login import pages

from cognito_lab import Lab
from cognito_lab.network import hosts
from cognito_lab.network.forms import cookies
from cognito_lab.network.messages import Headers, Request, Response

PICTURE = {"Bucket": "tidepool-pictures", "Key": "crab"}
ORIGIN = "https://tidepool.example"


@pytest.fixture(params=[str.upper, str.title, str.lower])
def in_this_case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request of the kernel has the names of its fields in this case, and every answer, too."""
    write: Callable[[str], str] = request.param
    play = hosts.dispatch

    def rewritten(headers: Headers) -> Headers:
        return Headers([(write(name), value) for name, value in headers])

    def played(request: Request) -> Response:
        answer = play(replace(request, headers=rewritten(request.headers)))
        answer.headers = rewritten(answer.headers)
        return answer

    monkeypatch.setattr(hosts, "dispatch", played)
    yield


def test_a_signed_request_counts(in_this_case: None) -> None:
    with Lab.start():
        s3 = boto3.client("s3", config=V4)
        s3.create_bucket(Bucket="tidepool-pictures")
        s3.put_object(**PICTURE, Body=b"crab", Metadata={"seen": "twice"})
        copied = {"CopySource": PICTURE, "Bucket": "tidepool-pictures", "Key": "copy"}
        assert s3.copy_object(**copied)["CopyObjectResult"]
        assert s3.get_object(Bucket="tidepool-pictures", Key="copy")["Metadata"] == {"seen": "twice"}
        assert boto3.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"] == []


def test_nobody_adds_a_field_to_what_somebody_else_signed(in_this_case: None) -> None:
    with Lab.start():
        s3 = boto3.client("s3", config=V4)
        s3.create_bucket(Bucket="tidepool-pictures")
        link = s3.generate_presigned_url("put_object", PICTURE)
        added = {"X-Amz-Storage-Class": "GLACIER"}
        assert requests.put(link, data=b"crab", headers=added).status_code == 403
        assert requests.put(link, data=b"crab").status_code == 200


def test_cross_origin_rules_are_the_lab_s_own(in_this_case: None) -> None:
    with Lab.start():
        s3 = boto3.client("s3", config=V4)
        s3.create_bucket(Bucket="tidepool-pictures")
        s3.put_object(**PICTURE, Body=b"crab")
        rule = {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-said"]}
        s3.put_bucket_cors(Bucket="tidepool-pictures", CORSConfiguration={"CORSRules": [rule]})
        link = s3.generate_presigned_url("get_object", PICTURE)
        answer = requests.get(link, headers={"Origin": ORIGIN})
        assert (answer.text, answer.headers["access-control-allow-origin"]) == ("crab", ORIGIN)
        foreign = requests.get(link, headers={"Origin": "https://rook.example"})
        assert foreign.text == "crab" and "access-control-allow-origin" not in foreign.headers
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        answer = requests.options(link, headers={**asked, "Access-Control-Request-Headers": "X-Said"})
        assert (answer.status_code, answer.headers["access-control-allow-headers"]) == (200, "X-Said")


def test_a_sign_in_on_the_pages_goes_through(in_this_case: None) -> None:
    with pages() as it:
        assert it.tokens()["access_token"]
        assert "cognito" in it.browser.cookies


def test_a_cookie_of_any_octets_is_read() -> None:
    """As they come from the wire: octets, of which not all are UTF-8."""
    for octets in (b"\xff\xfe", "ü".encode(), "ü".encode("latin-1"), b"a\\351", b'"a\\351"', b'"'):
        sent = hosts.headers_of({"cookie": b"odd=" + octets + b"; cognito=k; cognito=l"})
        assert cookies(Request("GET", "https://x.example/", sent))["cognito"] == "l"


def test_of_the_names_that_a_page_asks_for_only_names_come_back() -> None:
    asked = 'X-Said, x-amz-date,,x\r\nset-cookie: a=b, (x), \x0b, x y, "x", authorization'
    assert hosts.field_names(asked) == "X-Said, x-amz-date, authorization"
    assert hosts.field_names("*") == "*"
