"""S3 for browsers: websites and cross-origin rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.iam_people import allow, document, make_role, refusal, s3_of, session_of

from cognito_lab import Lab
from cognito_lab.aws.api import operations
from cognito_lab.aws.s3 import cors

SITE = "http://tidepool-site.s3-website-us-east-1.amazonaws.com"
ORIGIN = "https://tidepool.example"
WEBSITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "sorry.html"}}


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    lab = Lab.start(region="us-east-1")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tidepool-site")
    s3.create_bucket(Bucket="tidepool-pictures")
    s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.jpg", Body=b"crab")
    yield
    lab.stop()


def publish(*actions: str, website: dict[str, Any] | None = None) -> Any:
    s3 = boto3.client("s3")
    for key, text in {"index.html": "home", "tides/index.html": "tides", "a b.html": "space"}.items():
        s3.put_object(Bucket="tidepool-site", Key=key, Body=text.encode(), ContentType="text/html")
    s3.delete_public_access_block(Bucket="tidepool-site")
    rights = allow(
        list(actions or ("s3:GetObject",)), ["arn:aws:s3:::tidepool-site", "arn:aws:s3:::tidepool-site/*"]
    )
    s3.put_bucket_policy(Bucket="tidepool-site", Policy=json.dumps(document({**rights, "Principal": "*"})))
    s3.put_bucket_website(Bucket="tidepool-site", WebsiteConfiguration=website or WEBSITE)
    return s3


def get(path: str = "/", method: str = "GET", **more: Any) -> requests.Response:
    return requests.request(method, SITE + path, timeout=5, **more)


# -- websites --------------------------------------------------------------------------------------


def test_a_website_configuration_is_stored_read_and_deleted() -> None:
    s3 = publish()
    found = s3.get_bucket_website(Bucket="tidepool-site")
    assert {name: found[name] for name in WEBSITE} == WEBSITE
    assert get().status_code == 200
    s3.delete_bucket_website(Bucket="tidepool-site")
    assert refusal(s3.get_bucket_website, Bucket="tidepool-site")[:2] == ("NoSuchWebsiteConfiguration", 404)
    assert get().status_code == 404 and "NoSuchWebsiteConfiguration" in get().text


def test_a_folder_answers_with_its_index_document() -> None:
    publish()
    assert get("/").text == "home" and get("/tides/").text == "tides" and get("/index.html").text == "home"
    assert get("/a%20b.html").text == "space"
    assert get().headers["content-type"] == "text/html"
    moved = get("/tides", allow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (302, "/tides/")
    assert get("/tides").text == "tides"
    dotted = "http://tidepool-site.s3-website.us-east-1.amazonaws.com/"
    assert requests.get(dotted, timeout=5).text == "home"


def test_only_what_the_public_may_read_is_served() -> None:
    s3 = publish()
    s3.put_public_access_block(
        Bucket="tidepool-site", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert get().status_code == 403
    s3.delete_public_access_block(Bucket="tidepool-site")
    s3.delete_bucket_policy(Bucket="tidepool-site")
    answer = get()
    assert answer.status_code == 403 and "<li>Code: AccessDenied</li>" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_a_signature_is_no_help_at_a_website() -> None:
    s3 = publish()
    s3.delete_bucket_policy(Bucket="tidepool-site")
    url = s3_of({}).generate_presigned_url("get_object", {"Bucket": "tidepool-site", "Key": "index.html"})
    assert requests.get(url, timeout=5).status_code == 200
    assert get("/index.html?" + url.partition("?")[2]).status_code == 403


def test_errors_are_pages_and_the_sites_own_where_it_has_one() -> None:
    s3 = publish("s3:GetObject", "s3:ListBucket")
    answer = get("/missing")
    assert answer.status_code == 404 and "<li>Code: NoSuchKey</li>" in answer.text
    s3.put_object(Bucket="tidepool-site", Key="sorry.html", Body=b"sorry", ContentType="text/html")
    answer = get("/missing")
    assert (answer.status_code, answer.text) == (404, "sorry")


def test_who_may_not_list_is_not_told_what_is_missing() -> None:
    publish()
    assert get("/missing").status_code == 403


def test_a_website_only_reads_and_only_over_http() -> None:
    publish()
    for method in ("PUT", "POST", "DELETE"):
        assert get(method=method).status_code == 405
    head = get(method="HEAD")
    assert (head.status_code, head.text) == (200, "")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(SITE.replace("http:", "https:"), timeout=5)


def test_a_site_stands_in_its_buckets_region() -> None:
    publish()
    assert requests.get(SITE.replace("us-east-1", "eu-west-1"), timeout=5).status_code == 404
    missing = requests.get("http://no-such.s3-website-us-east-1.amazonaws.com/", timeout=5)
    assert missing.status_code == 404 and "NoSuchBucket" in missing.text


def test_names_in_an_error_page_are_harmless() -> None:
    publish("s3:GetObject", "s3:ListBucket")
    assert "<script>" not in get("/<script>alert(1)</script>").text


# -- cross-origin requests -------------------------------------------------------------------------

PICTURE = "https://tidepool-pictures.s3.amazonaws.com/mara/crab.jpg"
RULE = {
    "AllowedOrigins": [ORIGIN],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["authorization", "x-amz-*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 300,
}


def rules(*several: dict[str, Any]) -> None:
    boto3.client("s3").put_bucket_cors(
        Bucket="tidepool-pictures", CORSConfiguration={"CORSRules": list(several)}
    )


def preflight(
    origin: str | None = ORIGIN, method: str | None = "GET", headers: str = "", url: str = PICTURE
) -> requests.Response:
    sent = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers or None,
    }
    return requests.options(url, headers={name: value for name, value in sent.items() if value}, timeout=5)


def test_cross_origin_rules_are_stored_read_and_deleted() -> None:
    s3 = boto3.client("s3")
    assert refusal(s3.get_bucket_cors, Bucket="tidepool-pictures")[:2] == ("NoSuchCORSConfiguration", 404)
    rules(RULE)
    assert s3.get_bucket_cors(Bucket="tidepool-pictures")["CORSRules"] == [RULE]
    assert preflight().status_code == 200
    s3.delete_bucket_cors(Bucket="tidepool-pictures")
    assert refusal(s3.get_bucket_cors, Bucket="tidepool-pictures")[:2] == ("NoSuchCORSConfiguration", 404)
    assert preflight().status_code == 403


def test_an_allowed_preflight_says_what_is_allowed() -> None:
    rules(RULE)
    answer = preflight(method="PUT", headers="Authorization, x-amz-date")
    assert answer.status_code == 200 and answer.text == ""
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "GET, PUT"
    assert answer.headers["access-control-allow-headers"] == "Authorization, x-amz-date"
    assert answer.headers["access-control-max-age"] == "300"
    assert answer.headers["access-control-expose-headers"] == "ETag"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "asked",
    [
        {"origin": "https://rook.example"},
        {"origin": "http://tidepool.example"},
        {"origin": "https://tidepool.example.rook.example"},
        {"method": "DELETE"},
        {"headers": "authorization, x-other"},
    ],
)
def test_any_other_preflight_is_refused(asked: dict[str, str]) -> None:
    rules(RULE)
    answer = preflight(**asked)
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
    assert "<Code>AccessForbidden</Code>" in answer.text
    assert "CORSResponse: This CORS request is not allowed." in answer.text


def test_a_preflight_without_rules_or_without_its_headers() -> None:
    answer = preflight()
    assert answer.status_code == 403 and "CORSResponse: CORS is not enabled for this bucket." in answer.text
    rules(RULE)
    assert preflight(origin=None).status_code == preflight(method=None).status_code == 400
    assert preflight(url="https://no-such.s3.amazonaws.com/x").status_code == 403


def test_the_first_rule_that_fits_counts() -> None:
    rules(
        {"AllowedOrigins": ["https://*.example"], "AllowedMethods": ["GET"]},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "DELETE"]},
    )
    assert preflight().headers["access-control-allow-origin"] == ORIGIN
    other = preflight(method="DELETE")
    assert (
        other.headers["access-control-allow-origin"] == "*"
        and "access-control-allow-credentials" not in other.headers
    )
    assert preflight(method="PUT").status_code == 403


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"AllowedOrigins": [ORIGIN, "https://*.*.example"]}, "AllowedOrigin"),
        ({"AllowedHeaders": ["x-*-*"]}, "AllowedHeader"),
    ],
)
def test_an_origin_or_header_of_a_rule_has_one_wildcard_at_most(
    members: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, status, text = refusal(rules, {**RULE, **members})
    assert (code, status) == ("InvalidRequest", 400)
    assert text.startswith(kind) and text.endswith("can not have more than one wildcard.")
    assert preflight().status_code == 403
    rules({**RULE, "AllowedOrigins": ["https://*.example", "http://*"], "AllowedHeaders": ["*", "x-*"]})
    assert preflight().status_code == 200
    monkeypatch.delitem(operations.CHECKS, ("s3", "PutBucketCors"))
    rules({**RULE, **members})


def test_an_origin_of_a_rule_is_no_regular_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto takes it for one, and is never told where a request comes from."""
    monkeypatch.setattr("moto.s3.responses.cors_matches_origin", lambda *_: pytest.fail("moto was told"))
    rules({**RULE, "AllowedOrigins": ["(a+)+$", "(", ".*"]})
    asked = {"Bucket": "tidepool-pictures", "Key": "mara/crab.jpg"}
    for origin in ("a" * 40 + "b", ORIGIN):
        answer = requests.get(
            s3_of({}).generate_presigned_url("get_object", asked), headers={"Origin": origin}
        )
        assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers
        assert preflight(origin=origin).status_code == 403


def test_cross_origin_rules_that_are_no_xml_are_refused() -> None:
    s3 = boto3.client("s3")
    s3.meta.events.register(
        "before-sign.s3.PutBucketCors", lambda request, **_: setattr(request, "data", b"<CORSConfiguration>")
    )
    given = {"Bucket": "tidepool-pictures", "CORSConfiguration": {"CORSRules": [RULE]}}
    assert refusal(s3.put_bucket_cors, **given)[:2] == ("MalformedXML", 400)


def test_only_an_allowed_origin_may_read_the_answer() -> None:
    rules(RULE)
    url = s3_of({}).generate_presigned_url(
        "get_object", {"Bucket": "tidepool-pictures", "Key": "mara/crab.jpg"}
    )
    marked = requests.get(url, headers={"Origin": ORIGIN}, timeout=5)
    assert marked.text == "crab" and marked.headers["access-control-allow-origin"] == ORIGIN
    assert marked.headers["access-control-expose-headers"] == "ETag"
    for headers in ({}, {"Origin": "https://rook.example"}):
        answer = requests.get(url, headers=headers, timeout=5)
        # CORS is no lock: outside a browser the answer is there all the same.
        assert answer.text == "crab" and "access-control-allow-origin" not in answer.headers


def test_errors_are_marked_too() -> None:
    """Otherwise a page sees a network failure where S3 said AccessDenied."""
    rules(RULE)
    answer = requests.get(PICTURE, headers={"Origin": ORIGIN}, timeout=5)
    assert answer.status_code == 403 and answer.headers["access-control-allow-origin"] == ORIGIN
    assert (
        "access-control-allow-origin"
        not in requests.get(PICTURE, headers={"Origin": "https://rook.example"}, timeout=5).headers
    )


def test_cross_origin_rules_are_no_rights() -> None:
    rules({**RULE, "AllowedOrigins": ["*"]})
    assert requests.get(PICTURE, headers={"Origin": ORIGIN}, timeout=5).status_code == 403
    nobody = session_of(make_role("nobody"))
    assert (
        refusal(s3_of(nobody).get_object, Bucket="tidepool-pictures", Key="mara/crab.jpg")[0]
        == "AccessDenied"
    )


def test_each_rule_can_be_switched_off_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rules(RULE)
    monkeypatch.setattr(cors, "like", lambda given, allowed: True)
    assert preflight("https://rook.example").status_code == 200
