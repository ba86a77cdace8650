"""Signature Version 4: header and presigned form, and what is wrong with it in each service's words."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import boto3
import pytest
import requests
import time_machine
from botocore.config import Config
from support.iam_people import V4, allow, deny, document, make_role, make_user, refusal, s3_of, session_of

from cognito_lab import Lab
from cognito_lab.aws.iam import principals, signatures
from cognito_lab.network.messages import Headers, Request

KEY = {"Bucket": "tidepool-pictures", "Key": "mara/crab.jpg"}
HOUR = 3600


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    lab = Lab.start(region="us-east-1")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tidepool-pictures")
    s3.put_object(**KEY, Body=b"crab")
    yield
    lab.stop()


@pytest.fixture
def mara() -> dict[str, str]:
    """A session that may read and write Mara's pictures."""
    pictures = "arn:aws:s3:::tidepool-pictures/mara/*"
    return session_of(
        make_role(
            "member",
            allow(["s3:GetObject", "s3:PutObject"], pictures),
            allow("s3:ListAllMyBuckets"),
            allow(["iam:*", "cognito-idp:*", "cognito-identity:*"]),
        )
    )


def link(who: dict[str, str], method: str = "get_object", expires: int = HOUR, **more: Any) -> str:
    return str(s3_of(who).generate_presigned_url(method, Params={**KEY, **more}, ExpiresIn=expires))


def opened(url: str, method: str = "GET", **more: Any) -> tuple[str, int, str]:
    """Code, HTTP status and text (or the body) of an address that is opened without any credentials."""
    answer = requests.request(method, url, timeout=5, **more)
    if answer.status_code < 400:
        return "", answer.status_code, answer.text
    error = ElementTree.fromstring(answer.text)
    return error.findtext("Code") or "", answer.status_code, error.findtext("Message") or ""


# -- the known answer ------------------------------------------------------------------------------


def test_the_canonical_request_of_the_documentation() -> None:
    """Two examples of the S3 API Reference, "Signature Calculations", with the key pair given there."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    empty = hashlib.sha256(b"").hexdigest()
    credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    key = principals.Key(secret, principals.Principal("user", "arn", "1", "id"))
    headers = {
        "Host": "examplebucket.s3.amazonaws.com",
        "Range": "bytes=0-9",
        "x-amz-content-sha256": empty,
        "x-amz-date": "20130524T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential},"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }
    by_header = Request("GET", "https://examplebucket.s3.amazonaws.com/test.txt", Headers(headers))
    presigned = Request(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt?"
        + urlencode(
            {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Credential": credential,
                "X-Amz-Date": "20130524T000000Z",
                "X-Amz-Expires": "86400",
                "X-Amz-SignedHeaders": "host",
                "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
            }
        ),
    )
    for request in (by_header, presigned):
        signature = signatures.parse_signature(request, "s3")
        assert signature is not None
        signatures.check_value(signature, key, request, "s3")
        with pytest.raises(Exception, match="SignatureDoesNotMatch"):
            signatures.check_value(signature, principals.Key(secret + "x", key.principal), request, "s3")


@pytest.mark.parametrize(
    ("said", "instead"),
    [("SignedHeaders=host;", "SignedHeaders="), ("/aws4_request", "/aws3_request")],
    ids=["the host is not signed", "another end of the scope"],
)
def test_a_signature_that_ties_the_request_to_no_host_is_malformed(said: str, instead: str) -> None:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders=host;x-amz-date,Signature={'a' * 64}"
    )
    for text, fits in ((authorization, True), (authorization.replace(said, instead), False)):
        fields = Headers({"x-amz-date": "20130524T000000Z", "Authorization": text})
        request = Request("GET", "https://examplebucket.s3.amazonaws.com/test.txt", fields)
        if fits:
            assert signatures.parse_signature(request, "s3")
        else:
            with pytest.raises(Exception, match="AuthorizationHeaderMalformed"):
                signatures.parse_signature(request, "s3")


def test_what_botocore_signs_is_understood(mara: dict[str, str]) -> None:
    """Keys, prefixes and bodies that are easily canonicalised in two ways."""
    s3 = boto3.client("s3")
    for key in ("a b", "a+b", "ä/ö ü.jpg", "100%", "a//b", "~x_(1)!*'.txt", "/front", "q?x=1&y=2", "=&"):
        s3.put_object(Bucket="tidepool-pictures", Key=key, Body=key.encode())
        assert s3.get_object(Bucket="tidepool-pictures", Key=key)["Body"].read() == key.encode()
        assert key in [
            row["Key"] for row in s3.list_objects_v2(Bucket="tidepool-pictures", Prefix=key)["Contents"]
        ]
        url = boto3.client("s3", config=V4).generate_presigned_url(
            "get_object", {"Bucket": "tidepool-pictures", "Key": key}
        )
        assert requests.get(url, timeout=5).content == key.encode()
    dotted = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    dotted.create_bucket(Bucket="tide.pool")
    dotted.put_object(Bucket="tide.pool", Key="x", Body=b"")
    assert boto3.client("s3", region_name="eu-west-1").list_buckets()["Buckets"]


# -- by header -------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, str], dict[str, tuple[str, int]]]] = [
    (
        {"aws_access_key_id": "AKIA0000000000000000"},
        {
            "s3": ("InvalidAccessKeyId", 403),
            "iam": ("InvalidClientTokenId", 403),
            "cognito-idp": ("UnrecognizedClientException", 400),
        },
    ),
    (
        {"aws_secret_access_key": "wrong"},
        {
            "s3": ("SignatureDoesNotMatch", 403),
            "iam": ("SignatureDoesNotMatch", 403),
            "cognito-idp": ("InvalidSignatureException", 400),
        },
    ),
    (
        {"aws_session_token": ""},
        {
            "s3": ("InvalidAccessKeyId", 403),
            "iam": ("InvalidClientTokenId", 403),
            "cognito-idp": ("UnrecognizedClientException", 400),
        },
    ),
    (
        {"aws_session_token": "IQoJgarbage"},
        {
            "s3": ("InvalidToken", 400),
            "iam": ("InvalidClientTokenId", 403),
            "cognito-idp": ("UnrecognizedClientException", 400),
        },
    ),
]
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "s3": ("list_buckets", {}),
    "iam": ("list_roles", {}),
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}),
}


def ask(service: str, who: dict[str, str], **more: Any) -> Any:
    name, arguments = CALLS[service]
    return getattr(boto3.client(service, **who, **more), name)(**arguments)


@pytest.mark.parametrize("service", CALLS)
def test_credentials_have_three_parts_and_each_must_be_right(service: str, mara: dict[str, str]) -> None:
    assert ask(service, mara)
    for change, codes in WRONG:
        assert refusal(ask, service, {**mara, **change})[:2] == codes[service], change


def test_the_texts_of_s3(mara: dict[str, str]) -> None:
    texts = [refusal(ask, "s3", {**mara, **change})[2] for change, _ in WRONG]
    assert texts[0] == texts[2] == "The AWS Access Key Id you provided does not exist in our records."
    assert texts[1].startswith(
        "The request signature we calculated does not match the signature you provided."
    )
    assert texts[3] == "The provided token is malformed or otherwise invalid."


def test_another_sessions_token_is_as_good_as_none(mara: dict[str, str]) -> None:
    other = session_of(make_role("other", allow("*")))
    assert refusal(ask, "s3", {**mara, "aws_session_token": other["aws_session_token"]})[:2] == (
        "InvalidToken",
        400,
    )
    ines = make_user("ines", allow("*"))
    assert refusal(ask, "s3", {**ines, "aws_session_token": other["aws_session_token"]})[:2] == (
        "InvalidToken",
        400,
    )


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("s3", "ExpiredToken", 400),
        ("iam", "ExpiredToken", 403),
        ("cognito-idp", "ExpiredTokenException", 400),
    ],
)
def test_a_session_ends(service: str, code: str, status: int, mara: dict[str, str]) -> None:
    with time_machine.travel(time.time() + 59 * 60, tick=False):
        assert ask(service, mara)
    with time_machine.travel(time.time() + 61 * 60, tick=False):
        assert refusal(ask, service, mara)[:2] == (code, status)
    if service == "s3":
        with time_machine.travel(time.time() + 61 * 60, tick=False):
            assert refusal(ask, service, mara)[2] == "The provided token has expired."


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("s3", "RequestTimeTooSkewed", 403),
        ("iam", "SignatureDoesNotMatch", 403),
        ("cognito-idp", "InvalidSignatureException", 400),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_request_is_good_for_a_quarter_of_an_hour(
    service: str, code: str, status: int, direction: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(signatures, "time", _Clock(direction * 14 * 60))
        assert ask(service, {})
    with monkeypatch.context() as patched:
        patched.setattr(signatures, "time", _Clock(direction * 16 * 60))
        assert refusal(ask, service, {})[:2] == (code, status)


class _Clock:
    """The ``time`` module of somebody whose clock is off by some seconds."""

    gmtime, strftime = time.gmtime, time.strftime

    def __init__(self, off: float) -> None:
        self.off = off

    def time(self) -> float:
        return time.time() + self.off


def raw(
    method: str, url: str, body: bytes = b"", /, service: str = "s3", region: str = "us-east-1", **change: Any
) -> tuple[str, int, str]:
    """The owner's signed request, changed on its way; header names in ``change`` have ``_`` for ``-``."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    keys = principals.owner_keys()
    request = AWSRequest(method, url, data=body)
    S3SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), service, region).add_auth(request)
    headers = {
        **dict(request.headers),
        **{name.replace("_", "-"): value for name, value in change.pop("headers", {}).items()},
    }
    return opened(
        change.get("url", url), change.get("method", method), data=change.get("body", body), headers=headers
    )


URL = "https://tidepool-pictures.s3.amazonaws.com/mara/crab.jpg"


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({}, "", 200),
        ({"url": URL + "?prefix=x"}, "SignatureDoesNotMatch", 403),
        ({"url": URL.replace("mara", "ben")}, "SignatureDoesNotMatch", 403),
        ({"url": URL.replace("tidepool-pictures", "tidepool-site")}, "SignatureDoesNotMatch", 403),
        ({"method": "DELETE"}, "SignatureDoesNotMatch", 403),
        ({"headers": {"x_amz_date": "20260101T000000Z"}}, "AuthorizationHeaderMalformed", 400),
        ({"headers": {"x_amz_content_sha256": "UNSIGNED-PAYLOAD"}}, "SignatureDoesNotMatch", 403),
        ({"headers": {"x_amz_acl": "public-read"}}, "AccessDenied", 403),  # added, and not signed
        (
            {"headers": {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}},
            "AuthorizationHeaderMalformed",
            400,
        ),
        ({"headers": {"Authorization": "AWS AKIA0000000000000000:c2lnbmF0dXJl"}}, "InvalidRequest", 400),
        (
            {"region": "eu-west-1", "url": URL.replace("s3.", "s3.us-east-1.")},
            "AuthorizationHeaderMalformed",
            400,
        ),
        ({"service": "iam"}, "AuthorizationHeaderMalformed", 400),
    ],
)
def test_what_was_signed_is_what_counts(change: dict[str, Any], code: str, status: int) -> None:
    assert raw("GET", URL, **change)[:2] == (code, status)


def test_the_body_is_what_was_signed() -> None:
    assert raw("PUT", URL, b"whelk")[:2] == ("", 200)
    assert raw("PUT", URL, b"whelk", body=b"other")[:2] == ("XAmzContentSHA256Mismatch", 400)
    forged = hashlib.sha256(b"other").hexdigest()
    assert raw("PUT", URL, b"whelk", body=b"other", headers={"x_amz_content_sha256": forged})[:2] == (
        "SignatureDoesNotMatch",
        403,
    )
    assert boto3.client("s3").get_object(**KEY)["Body"].read() == b"whelk"


# -- presigned URLs --------------------------------------------------------------------------------


def test_a_presigned_url_opens_for_anyone_with_the_signers_rights(mara: dict[str, str]) -> None:
    url = link(mara)
    assert "X-Amz-Security-Token=" in url
    assert opened(url) == opened(url) == ("", 200, "crab")
    boto3.client("s3").put_object(Bucket="tidepool-pictures", Key="ben/eel.jpg", Body=b"eel")
    code, status, text = opened(link(mara, Key="ben/eel.jpg"))
    assert (code, status) == ("AccessDenied", 403)
    assert text.endswith("because no identity-based policy allows the s3:GetObject action")


def test_the_signers_rights_are_those_of_the_moment_it_is_opened(mara: dict[str, str]) -> None:
    import json

    url = link(mara)
    boto3.client("iam").put_role_policy(
        RoleName="member", PolicyName="stop", PolicyDocument=json.dumps(document(deny("s3:*")))
    )
    assert opened(url)[:2] == ("AccessDenied", 403)


def test_a_presigned_upload(mara: dict[str, str]) -> None:
    assert opened(link(mara, "put_object"), "PUT", data=b"new")[:2] == ("", 200)
    assert opened(link(mara)) == ("", 200, "new")
    assert opened(link(mara, "put_object", Key="ben/x"), "PUT", data=b"new")[:2] == ("AccessDenied", 403)
    typed = link(mara, "put_object", ContentType="image/jpeg")
    assert opened(typed, "PUT", data=b"new", headers={"content-type": "image/jpeg"})[:2] == ("", 200)
    assert opened(typed, "PUT", data=b"new", headers={"content-type": "text/html"})[:2] == (
        "SignatureDoesNotMatch",
        403,
    )
    assert opened(link(mara, "put_object"), "PUT", data=b"new", headers={"x-amz-tagging": "a=b"})[:2] == (
        "AccessDenied",
        403,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mara/crab", "ben/eel"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=7200"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Algorithm", "prefix=x&X-Amz-Algorithm"),
        ("tidepool-pictures.", "tidepool-site."),
    ],
)
def test_an_altered_presigned_url_is_refused(old: str, new: str, mara: dict[str, str]) -> None:
    url = link(mara)
    assert old in url
    assert opened(url.replace(old, new))[:2] == ("SignatureDoesNotMatch", 403)
    assert opened(url, "PUT", data=b"x")[:2] == ("SignatureDoesNotMatch", 403)
    assert opened(url) == ("", 200, "crab")


@pytest.mark.parametrize(
    "left_out", ["X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Credential"]
)
def test_a_presigned_url_has_all_its_parts(left_out: str, mara: dict[str, str]) -> None:
    assert opened(link(mara).replace(left_out, "other"))[1] == 400


def test_without_its_signature_a_presigned_url_is_an_unsigned_request(mara: dict[str, str]) -> None:
    assert opened(link(mara).replace("X-Amz-Signature", "x")) == ("AccessDenied", 403, "Access Denied")


def test_a_presigned_url_expires(mara: dict[str, str]) -> None:
    url = link(mara, expires=60)
    with time_machine.travel(time.time() + 59, tick=False):
        assert opened(url) == ("", 200, "crab")
    with time_machine.travel(time.time() + 62, tick=False):
        assert opened(url) == ("AccessDenied", 403, "Request has expired")


def test_a_presigned_url_dies_with_the_session(mara: dict[str, str]) -> None:
    week = link(mara, expires=7 * 24 * HOUR)
    with time_machine.travel(time.time() + 59 * 60, tick=False):
        assert opened(week) == ("", 200, "crab")
    with time_machine.travel(time.time() + 61 * 60, tick=False):
        assert opened(week)[:2] == ("ExpiredToken", 400)


def test_a_week_is_the_longest_and_only_for_long_term_keys() -> None:
    ines = make_user("ines", allow("s3:GetObject"))
    assert opened(link(ines, expires=7 * 24 * HOUR + 1))[:2] == ("AuthorizationQueryParametersError", 400)
    week = link(ines, expires=7 * 24 * HOUR)
    with time_machine.travel(time.time() + 6 * 24 * HOUR, tick=False):
        assert opened(week) == ("", 200, "crab")
    with time_machine.travel(time.time() + 7 * 24 * HOUR + 2, tick=False):
        assert opened(week) == ("AccessDenied", 403, "Request has expired")
    boto3.client("iam").delete_access_key(UserName="ines", AccessKeyId=ines["aws_access_key_id"])
    assert opened(week)[:2] == ("InvalidAccessKeyId", 403)


def test_a_presigned_url_from_the_future_is_not_valid_yet(mara: dict[str, str]) -> None:
    with time_machine.travel(time.time() + HOUR / 2, tick=False):
        url = link(mara)
    assert opened(url) == ("AccessDenied", 403, "Request is not valid yet")


def test_two_signatures_are_one_too_many(mara: dict[str, str]) -> None:
    assert raw("GET", URL, url=link(mara))[:2] == ("InvalidArgument", 400)


def test_signature_version_2_is_refused_but_in_an_address_of_us_east_1() -> None:
    assert refusal(boto3.client("s3", config=Config(signature_version="s3")).list_buckets)[:2] == (
        "InvalidRequest",
        400,
    )


def test_a_presigned_question_to_sts(mara: dict[str, str]) -> None:
    """The same form in another service: how clusters learn who somebody is."""
    url = boto3.client("sts", **mara).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 200 and "assumed-role/member/mara" in answer.text
    assert requests.get(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"), timeout=5).status_code == 403


@pytest.mark.parametrize("rule", ["check_value", "check_session", "check_date"])
def test_each_rule_can_be_switched_off_alone(
    rule: str, mara: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {
        "check_value": {"aws_secret_access_key": "wrong"},
        "check_session": {"aws_session_token": "garbage"},
    }.get(rule, {})
    monkeypatch.setattr(signatures, rule, lambda *arguments: None)
    if rule == "check_date":
        with time_machine.travel(time.time() - HOUR, tick=False):
            url = link(mara, expires=60)
        assert opened(url) == ("", 200, "crab")
    else:
        assert ask("s3", {**mara, **broken})


def test_what_a_header_says_of_the_body_counts_for_s3_alone() -> None:
    """Else a call of IAM that was signed once could be sent again with another body."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    ines = make_user("ines", allow("iam:*"))
    keys = Credentials(ines["aws_access_key_id"], ines["aws_secret_access_key"])
    url, body = "https://iam.amazonaws.com/", "Action=GetUser&UserName=ines"
    stated = hashlib.sha256(body.encode()).hexdigest()
    for said in (stated, "UNSIGNED-PAYLOAD"):
        made = AWSRequest("POST", url, {"x-amz-content-sha256": said}, body)
        SigV4Auth(keys, "iam", "us-east-1").add_auth(made)
        headers = dict(made.headers)
        assert requests.post(url, body, headers=headers, timeout=5).status_code == (
            200 if said == stated else 403
        )
        other = requests.post(url, "Action=CreateUser&UserName=rook", headers=headers, timeout=5)
        assert other.status_code == 403 and "<Code>SignatureDoesNotMatch</Code>" in other.text


def test_a_plus_in_the_query_is_a_space_in_the_signature_too() -> None:
    url = s3_of(make_user("ines", allow("s3:*"))).generate_presigned_url(
        "list_objects_v2", {"Bucket": "tidepool-pictures", "Prefix": "a+b"}
    )
    assert "prefix=a%2Bb" in url and opened(url)[1] == 200
    assert opened(url.replace("a%2Bb", "a+b"))[:2] == opened(url.replace("a%2Bb", "a%20b"))[:2]
    assert opened(url.replace("a%2Bb", "a+b"))[:2] == ("SignatureDoesNotMatch", 403)
