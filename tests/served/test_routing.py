"""The account on the wire: which host is meant, who signs, what pages may do, and the control endpoints."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import boto3
import pytest
import requests
from botocore.auth import HmacV1Auth
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from support.iam_people import allow, make_user
from support.served import POOL_TARGET, ask, buckets, call, lab, presigned, server, signed

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.iam import enforcement, signatures
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Response
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served import browser_rules, control_endpoints, routing
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]
ENDPOINTS = ["127.0.0.1", "localhost"]
SITE = "tidepool-site.s3-website-us-east-1.amazonaws.com.localhost"
JSON = "application/x-amz-json-1.1"


def code_of(answer) -> str:
    """The code of a refusal, in JSON or XML."""
    if answer.text.startswith("{"):
        return answer.json()["__type"]
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


# -- where it is, and how long ---------------------------------------------------------------------


def listening(port: int) -> set[str]:
    """The addresses on which this machine listens at ``port``, as Linux lists them."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("this machine does not list its ports as Linux does")
    found = set()
    for table in filter(os.path.exists, ("/proc/net/tcp", "/proc/net/tcp6")):
        with open(table) as lines:
            rows = [line.split() for line in lines]
        found |= {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    return found


def test_it_listens_on_the_loopback_address_and_nowhere_else(server: Server) -> None:
    assert listening(server.port) == {f"0100007F:{server.port:04X}"}  # 127.0.0.1, little-endian


def test_it_says_what_to_copy(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    server = lab.serve(0)
    said = capsys.readouterr().out
    for line in (
        f"AWS_ENDPOINT_URL={server.url}",
        "AWS_DEFAULT_REGION=us-east-1",
        "AWS_ACCESS_KEY_ID=test",
        "AWS_SECRET_ACCESS_KEY=test",
    ):
        assert f"export {line}\n" in said
    assert "taken" not in said and "running" in repr(server)
    assert lab.serve() is server  # a cell that is run twice


def test_a_taken_port_gives_the_next_one_and_says_so(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        server = lab.serve(taken)
    assert taken < server.port < taken + 20
    assert f"Port {taken} is taken; {server.port} is the next free one" in capsys.readouterr().out
    assert ask(server, "GET", "/_lab/health").status == 200


def test_the_port_is_released_by_stop_by_the_block_and_by_the_end_of_the_account(lab: Lab) -> None:
    with lab.serve(0) as server:
        port = server.port
        idle = socket.create_connection(("127.0.0.1", port))
        idle.sendall(b"GET /_lab/health HTTP/1.1\r\nHost: %b\r\n\r\n" % server.url[7:].encode())
        assert idle.recv(12) == b"HTTP/1.1 200"
    assert not server.running and listening(port) == set()
    idle.settimeout(20)
    while idle.recv(4096):
        pass  # it comes to an end: the connection is closed as well
    idle.close()
    server = lab.serve(port)
    server.stop()
    server.stop()
    assert str(server) == f"The account is no longer served on {server.url}."
    lab.serve(port)
    lab.stop()
    assert listening(port) == set()
    with pytest.raises(OutsideTheLab):
        lab.serve(port)


def test_an_interrupt_ends_the_block(lab: Lab) -> None:
    with pytest.raises(KeyboardInterrupt), lab.serve(0) as server:
        raise KeyboardInterrupt
    assert not server.running and listening(server.port) == set()


def test_a_second_account_ends_the_serving_of_the_first(server: Server) -> None:
    second = Lab.start()
    assert not server.running
    assert second.serve(server.port).port == server.port


def test_a_reset_goes_on_serving_the_new_account(lab: Lab, server: Server) -> None:
    boto3.client("cognito-idp").create_user_pool(PoolName="tidepool")
    assert len(call(server, "ListUserPools", MaxResults=5).json()["UserPools"]) == 1
    lab.reset()
    assert call(server, "ListUserPools", MaxResults=5).json()["UserPools"] == []


def test_a_kernel_on_the_fixed_clock_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab.start() as lab:
        monkeypatch.delenv(
            REPRODUCIBLE
        )  # it is the account that counts, and not what the variable says later
        with pytest.raises(OutsideTheLab, match="fixed clock"):
            lab.serve(0)


def test_what_is_served_is_made_by_the_systems_chance(server: Server) -> None:
    def made() -> tuple[str, str]:
        pool = call(server, "CreateUserPool", PoolName="tidepool").json()["UserPool"]["Id"]
        app = call(server, "CreateUserPoolClient", UserPoolId=pool, ClientName="a", GenerateSecret=True)
        return pool, app.json()["UserPoolClient"]["ClientSecret"]

    first = made()
    assert ask(server, "POST", "/_lab/reset").status == 200
    assert not set(first) & set(made())


# -- which host is meant ---------------------------------------------------------------------------


def test_every_host_of_the_lab_is_found_under_its_own_name(lab: Lab, server: Server) -> None:
    google = ask(server, "GET", "/.well-known/openid-configuration", "accounts.google.com.localhost")
    assert google.json()["issuer"] == "https://accounts.google.com"
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="tidepool")["UserPool"]["Id"]
    host = "cognito-idp.us-east-1.amazonaws.com.localhost"
    keys = ask(server, "GET", f"/{pool}/.well-known/jwks.json", host)
    assert keys.json()["keys"]
    assert call(server, "ListUserPools", host, MaxResults=5).json()["UserPools"][0]["Id"] == pool


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_at_the_endpoint_the_signature_says_which_service_is_meant(server: Server, endpoint: str) -> None:
    buckets()
    form = {"content_type": "application/x-www-form-urlencoded"}
    who = b"Action=GetCallerIdentity&Version=2011-06-15"
    roles = b"Action=ListRoles&Version=2010-05-08"
    assert "arn:aws:iam::123456789012:root" in signed(server, "POST", "/", endpoint, who, "sts", **form).text
    assert "ListRolesResponse" in signed(server, "POST", "/", endpoint, roles, "iam", **form).text
    assert "tidepool-site" in signed(server, "GET", "/", endpoint).text  # ListBuckets
    assert signed(server, "GET", "/tidepool-pictures/crab", endpoint).text == "crab"
    assert code_of(signed(server, "GET", "/no-such-bucket", endpoint)) == "NoSuchBucket"
    assert call(server, "ListUserPools", endpoint, MaxResults=5).json() == {"UserPools": []}
    elsewhere = signed(server, "POST", "/", endpoint, who, "sts", region="eu-central-1", **form)
    assert elsewhere.status == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_at_the_endpoint_an_unsigned_request_says_it_otherwise(server: Server, endpoint: str) -> None:
    buckets()
    target = POOL_TARGET + "SignUp"
    sign_up = ask(server, "POST", "/", endpoint, "{}", content_type=JSON, x_amz_target=target)
    assert code_of(sign_up) == "InvalidParameterException" and "clientId" in sign_up.text
    identity = ask(
        server, "POST", "/", endpoint, json.dumps({"IdentityPoolId": "us-east-1:0"}),
        content_type=JSON, x_amz_target="AWSCognitoIdentityService.GetId",
    )  # fmt: skip
    assert code_of(identity) == "ResourceNotFoundException" and "us-east-1:0" in identity.text
    form = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
    web = ask(server, "POST", "/", endpoint, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", **form)
    assert code_of(web) in ("ValidationError", "MissingParameter")
    roles = ask(server, "POST", "/", endpoint, "Action=ListRoles&Version=2010-05-08", **form)
    assert code_of(roles) == "MissingAuthenticationToken"
    pool = boto3.client("cognito-idp", "eu-central-1").create_user_pool(PoolName="there")["UserPool"]["Id"]
    assert ask(server, "GET", f"/{pool}/.well-known/jwks.json", endpoint).json()["keys"]
    assert ask(server, "GET", "/tidepool-site/index.html", endpoint).text == "home"
    assert code_of(ask(server, "GET", "/tidepool-pictures/crab", endpoint)) == "AccessDenied"


@pytest.mark.parametrize(
    ("host", "target", "status", "line"),
    [
        ("127.0.0.1", "/", 404, "names no service"),
        ("127.0.0.1", "/no-such-bucket/key", 404, "names no service"),
        ("127.0.0.1", "/%5flab/health", 404, "names no service"),
        ("127.0.0.1", "/?X-Amz-Credential=k/20260601/us-east-1/sqs/aws4_request", 404, "sqs"),
        ("127.0.0.1", "/?X-Amz-Credential=k/20260601/nowhere/s3/aws4_request", 404, "s3.nowhere"),
        ("localhost.localhost", "/_lab/health", 404, "not part of this lab"),
        ("no-such-bucket.localhost", "/", 404, "nor a bucket"),
        ("www.example.com.localhost", "/", 404, "nor a bucket"),
        ("evil.example", "/_lab/health", 421, "not a name of this server"),
        ("127.0.0.1.evil.example", "/_lab/health", 421, "not a name"),
        ("evillocalhost", "/_lab/health", 421, "not a name"),
        ("0.0.0.0", "/_lab/health", 421, "not a name"),
        ("127.0.0.1:1", "/_lab/health", 421, "not a name"),
    ],
)
def test_what_means_no_host_of_the_account_gets_one_line(
    server: Server, host: str, target: str, status: int, line: str
) -> None:
    buckets()
    answer = ask(server, "GET", target, host)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert line in answer.text and answer.text.count("\n") == 1 and "<" not in answer.text
    if host == "127.0.0.1":
        unknown = ask(server, "POST", target, body="{}", x_amz_target="AWSEvents.ListRules")
        assert unknown.status == 404


def test_what_the_lab_does_not_play_is_told_in_the_form_of_the_service(server: Server) -> None:
    refused = call(server, "ListUserImportJobs", UserPoolId="us-east-1_A", MaxResults=9)
    assert (refused.status, code_of(refused)) == (400, "OutsideTheLab")
    assert code_of(signed(server, "GET", "/?analytics&id=1&x=2", "b.localhost")) in (
        "OutsideTheLab",
        "NoSuchBucket",
    )
    page = ask(server, "GET", "/nothing", "accounts.google.com.localhost")
    assert page.status == 404


def test_a_failure_of_the_lab_itself_is_no_answer_of_aws(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(routing, "real_host", lambda *_: 1 / 0)
    answer = ask(server, "GET", "/")
    assert answer.status == 500 and "The lab itself failed: ZeroDivisionError" in answer.text
    assert "ZeroDivisionError" in capfd.readouterr().err


# -- who signs -------------------------------------------------------------------------------------


def test_keys_are_known_and_signatures_right_or_refused_with_awss_code(lab: Lab, server: Server) -> None:
    buckets()
    iam = boto3.client("iam")
    iam.create_user(UserName="dora")
    made = iam.create_access_key(UserName="dora")["AccessKey"]
    dora = made["AccessKeyId"], made["SecretAccessKey"]

    def listed(*keys: str) -> str:
        answer = signed(server, "GET", "/tidepool-pictures", keys=keys)
        return code_of(answer) or str(answer.status)

    assert listed("test", "test") == "200"
    assert listed("test", "tess") == "SignatureDoesNotMatch"
    assert listed("AKIAIOSFODNN7EXAMPLE", "test") == "InvalidAccessKeyId"
    assert listed("test", "test", "a-session-token") == "InvalidToken"
    assert listed(*dora) == "AccessDenied"
    iam.put_user_policy(
        UserName="dora",
        PolicyName="list",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        ),
    )
    assert listed(*dora) == "200"
    assert listed(dora[0], "wrong") == "SignatureDoesNotMatch"


def test_the_host_that_was_sent_is_the_host_that_was_signed(server: Server) -> None:
    buckets()
    target = presigned(server, "/tidepool-pictures/crab")
    assert ask(server, "GET", target).text == "crab"
    assert code_of(ask(server, "GET", target, "localhost")) == "SignatureDoesNotMatch"
    assert code_of(ask(server, "GET", target.replace("crab", "index"))) == "SignatureDoesNotMatch"


def test_switched_off_the_check_of_signatures_lets_everybody_in(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets()
    monkeypatch.setattr(signatures, "check_value", lambda *_: None)
    assert signed(server, "GET", "/tidepool-pictures/crab", keys=("test", "wrong")).status == 200
    monkeypatch.setattr(enforcement.signatures, "verify", lambda *_: None)
    assert code_of(signed(server, "GET", "/tidepool-pictures/crab")) == "AccessDenied"


def test_the_pair_test_test_is_the_owners_only_while_the_account_is_served(lab: Lab) -> None:
    def who() -> str:
        return boto3.client(
            "sts", aws_access_key_id="test", aws_secret_access_key="test"
        ).get_caller_identity()["Arn"]

    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        who()
    with lab.serve(0):
        assert who().endswith(":root")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        who()


def streamed(server: Server, kind: str, body: bytes, monkeypatch: pytest.MonkeyPatch):
    """An upload in the chunks of AWS's own coding, which is inside the body: HTTP knows nothing of it."""
    monkeypatch.setattr("botocore.auth.S3SigV4Auth.payload", lambda *_: kind)
    fields = {"content_encoding": "aws-chunked", "x_amz_decoded_content_length": "4"}
    return signed(
        server, "PUT", "/tidepool-pictures/new", body=body, **fields, x_amz_trailer="x-amz-checksum-crc32"
    )


def test_chunks_in_awss_coding_are_put_together(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets()
    with monkeypatch.context() as patch:
        body = b"4\r\ngoby\r\n0\r\nx-amz-checksum-crc32:EY6TNQ==\r\n\r\n"
        assert streamed(server, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", body, patch).status == 200
    assert signed(server, "GET", "/tidepool-pictures/new").text == "goby"


def test_chunks_with_signatures_of_their_own_are_not_taken_unchecked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets()
    body = b"4;chunk-signature=0\r\nevil\r\n0;chunk-signature=0\r\n\r\n"
    with monkeypatch.context() as patch:
        refused = streamed(server, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", body, patch)
    assert (refused.status, code_of(refused)) == (501, "NotImplemented")
    assert code_of(signed(server, "GET", "/tidepool-pictures/new")) == "NoSuchKey"


# -- S3 --------------------------------------------------------------------------------------------


def test_a_website_has_its_index_and_error_documents(server: Server) -> None:
    buckets()
    assert ask(server, "GET", "/", SITE).text == "home"
    assert ask(server, "GET", "/tides/", SITE).text == "tides"
    moved = ask(server, "GET", "/tides", SITE)
    assert (moved.status, moved.headers["location"]) == (302, "/tides/")
    missing = ask(server, "GET", "/none.html", SITE)
    assert (missing.status, missing.text) == (
        403,
        "sorry",
    )  # nobody may list it: S3 does not say what is not there
    head = ask(server, "HEAD", "/", SITE)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "4")
    assert ask(server, "PUT", "/", SITE, "x").status == 405
    assert ask(server, "GET", "/crab", SITE.replace("site.", "pictures.")).status == 404  # no website


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1", "/tidepool-pictures/crab"),
        ("tidepool-pictures.localhost", "/crab"),
        ("s3.us-east-1.amazonaws.com.localhost", "/tidepool-pictures/crab"),
        ("tidepool-pictures.s3.us-east-1.amazonaws.com.localhost", "/crab"),
        ("tidepool-pictures.s3.amazonaws.com.localhost", "/crab"),
    ],
)
def test_a_bucket_in_the_path_or_in_the_host(server: Server, host: str, path: str) -> None:
    buckets()
    assert signed(server, "GET", path, host).text == "crab"
    assert ask(server, "GET", presigned(server, path, host), host).text == "crab"
    head = signed(server, "HEAD", path, host)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "4")
    assert signed(server, "PUT", path, host, b"goby").status == 200
    assert signed(server, "GET", path, host).text == "goby"
    assert signed(server, "DELETE", path, host).status == 204
    assert code_of(signed(server, "GET", path, host)) == "NoSuchKey"
    assert signed(server, "GET", f"/{path}", host).status in (400, 404)  # two slashes are another key


@pytest.mark.parametrize(("host", "path"), [("127.0.0.1", "/shore/crab"), ("shore.localhost", "/crab")])
def test_a_bucket_of_another_region_without_a_signature(server: Server, host: str, path: str) -> None:
    """The endpoint stands for that of the bucket's Region, where the request says none."""
    s3 = boto3.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="shore", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="shore", Key="crab", Body=b"crab")
    assert code_of(ask(server, "GET", path, host)) == "AccessDenied"
    there = "shore.s3.ap-south-1.amazonaws.com.localhost"
    assert code_of(ask(server, "GET", "/crab", there)) == "PermanentRedirect"


@pytest.mark.parametrize(
    ("host", "path"),
    [("127.0.0.1", "/tidepool-pictures/crab"), ("tidepool-pictures.localhost", "/crab")],
)
def test_an_address_of_signature_version_2(server: Server, host: str, path: str) -> None:
    buckets()
    expires = int(time.time()) + 600
    signer = HmacV1Auth(Credentials("test", "test"))
    value = signer.sign_string(f"GET\n\n\n{expires}\n/tidepool-pictures/crab")
    given = urlencode({"AWSAccessKeyId": "test", "Expires": expires, "Signature": value})
    assert ask(server, "GET", f"{path}?{given}", host).text == "crab"
    assert code_of(ask(server, "DELETE", f"{path}?{given}", host)) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("host", ["127.0.0.1", "tidepool-pictures.s3.us-east-1.amazonaws.com.localhost"])
def test_the_buckets_own_rules_decide_which_page_may_read(server: Server, host: str) -> None:
    buckets()
    path = "/crab" if host.startswith("tidepool") else "/tidepool-pictures/crab"
    ours, theirs = "https://tidepool.example", "https://other.example"

    def allowed(answer) -> tuple[int, str | None]:
        return answer.status, answer.headers.get("access-control-allow-origin")

    asked = {
        "access_control_request_method": "PUT",
        "access_control_request_headers": "authorization,x-amz-date",
    }
    assert allowed(ask(server, "OPTIONS", path, host, origin=ours, **asked)) == (200, ours)
    assert allowed(ask(server, "OPTIONS", path, host, origin=theirs, **asked)) == (403, None)
    asked["access_control_request_method"] = "DELETE"
    assert allowed(ask(server, "OPTIONS", path, host, origin=ours, **asked)) == (403, None)
    keys = keys_of_a_user()
    assert allowed(signed(server, "GET", path, host, keys=keys, origin=ours)) == (200, ours)
    assert allowed(signed(server, "GET", path, host, keys=keys, origin=theirs)) == (200, None)
    assert allowed(ask(server, "GET", path, host, origin=ours)) == (403, ours)  # errors as well
    assert allowed(signed(server, "GET", f"{path}-none", host, keys=keys, origin=ours)) == (404, ours)
    assert allowed(signed(server, "GET", path, host, keys=("no", "no"), origin=ours)) == (403, ours)


# -- pages -----------------------------------------------------------------------------------------


def keys_of_a_user() -> tuple[str, str]:
    """The key pair of an IAM user who may do everything in S3, and is known to whom the owner tells it."""
    made = make_user("page", allow("s3:*"))
    return made["aws_access_key_id"], made["aws_secret_access_key"]


COGNITO = "cognito-identity.us-east-1.amazonaws.com.localhost"


@pytest.mark.parametrize("host", [COGNITO, "127.0.0.1", "localhost"])
def test_cognito_answers_the_pages_of_this_machine(server: Server, host: str) -> None:
    page = f"http://{SITE}:{server.port}"
    asked = {
        "access_control_request_method": "POST",
        "access_control_request_headers": "content-type,x-amz-target,x-amz-user-agent",
    }
    may = ask(server, "OPTIONS", "/", host, origin=page, **asked)
    assert may.status == 200 and may.headers["access-control-allow-origin"] == "*"
    assert may.headers["access-control-allow-headers"] == asked["access_control_request_headers"]
    assert "POST" in may.headers["access-control-allow-methods"]
    target = {"content_type": JSON, "x_amz_target": "AWSCognitoIdentityService.GetId"}
    refused = ask(server, "POST", "/", host, "{}", origin=page, **target)
    assert refused.status == 400 and refused.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-ErrorType" in refused.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in ask(server, "POST", "/", host, "{}", **target).headers


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "http://evil@localhost"},
        {"sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize("service", ["cognito-idp", "iam", "lambda"])
def test_a_page_of_another_machine_uses_no_api_even_with_the_owners_key(
    server: Server, fields: dict[str, str], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("POST", "GET", "OPTIONS"):
        refused = signed(server, method, "/?Action=ListRoles", body=b"", service=service, **fields)
        assert refused.status == 403 and "may not call" in refused.text
        assert "access-control-allow-origin" not in refused.headers
    monkeypatch.setattr(browser_rules, "refuse_foreign_page", lambda *_: None)
    assert "may not call" not in signed(server, "POST", "/", service=service, **fields).text


FOREIGN = [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}]


@pytest.mark.parametrize("fields", FOREIGN)
def test_a_page_of_another_machine_is_not_the_owner_at_s3(
    server: Server, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets()
    path, keys = "/tidepool-pictures/crab", keys_of_a_user()
    link = presigned(server, path)
    by_version_2 = f"{path}?AWSAccessKeyId=test&Expires=9999999999&Signature=x"
    for refused in (
        *(signed(server, method, path, **fields) for method in ("GET", "PUT", "DELETE")),
        ask(server, "GET", link, **fields),
        ask(server, "GET", by_version_2, **fields),
        ask(server, "GET", path, authorization="AWS test:x", **fields),
    ):
        assert refused.status == 403 and "may not call s3" in refused.text
    assert signed(server, "GET", path, keys=keys, **fields).text == "crab"  # a key that only the app has
    assert ask(server, "GET", "/tidepool-site/index.html", **fields).text == "home"  # what is for everybody
    assert ask(server, "GET", link, sec_fetch_site="cross-site", sec_fetch_mode="navigate").text == "crab"
    assert ask(server, "GET", link, origin="http://localhost:8888").text == "crab"
    monkeypatch.setattr(browser_rules, "names_owners_key", lambda request: False)
    assert signed(server, "GET", path, **fields).text == "crab"


@pytest.mark.parametrize("service", browser_rules.OPEN_TO_PAGES)
def test_the_apis_of_a_sign_in_are_open_to_pages(server: Server, service: str) -> None:
    assert set(browser_rules.OPEN_TO_PAGES) == {"cognito-idp", "cognito-identity", "sts", "dynamodb"}
    host, page = f"{service}.us-east-1.amazonaws.com.localhost", f"http://{SITE}:{server.port}"
    may = ask(server, "OPTIONS", "/", host, origin=page, access_control_request_method="POST")
    assert may.status == 200 and may.headers["access-control-allow-origin"] == "*"


def test_nothing_that_the_endpoint_shows_runs_a_script_there(server: Server) -> None:
    buckets()
    for host in ENDPOINTS:
        shown = ask(server, "GET", "/tidepool-site/index.html", host)
        assert (shown.text, shown.headers["content-security-policy"]) == ("home", "sandbox")
        assert (
            ask(server, "GET", "/tidepool-pictures/x", host).headers["content-security-policy"] == "sandbox"
        )
    assert "content-security-policy" not in ask(server, "GET", "/", SITE).headers


def test_redirects_stay_on_this_machine(server: Server) -> None:
    away = {
        "https://accounts.google.com/o/x?a=b#c": f"http://accounts.google.com.localhost:{server.port}/o/x?a=b#c",
        "http://tidepool-site.s3-website-us-east-1.amazonaws.com/": f"http://{SITE}:{server.port}/",
        "https://www.tidepool.example/back": "https://www.tidepool.example/back",
        "https://accounts.google.com@evil.example/": "https://accounts.google.com@evil.example/",
        "https://accounts.google.com:444/": "https://accounts.google.com:444/",
        "/tides/": "/tides/",
        f"{server.url}/x": f"{server.url}/x",
    }
    for where, here in away.items():
        answer = Response(302, Headers({"location": where}))
        browser_rules.localise_redirect(answer, server.port)
        assert answer.headers["location"] == here
    assert (
        server.address("https://accounts.google.com/x")
        == f"http://accounts.google.com.localhost:{server.port}/x"
    )
    for url in ("https://www.example.com/", "/x", server.url):
        with pytest.raises(OutsideTheLab):
            server.address(url)


def test_a_redirect_of_a_host_that_is_played_is_led_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Response(302, Headers({"location": "https://accounts.google.com/signin"}))
    monkeypatch.setattr(hosts, "dispatch", lambda request: away)
    answer = ask(server, "GET", "/o/oauth2/v2/auth", "accounts.google.com.localhost")
    assert answer.headers["location"] == f"http://accounts.google.com.localhost:{server.port}/signin"


# -- the control endpoints -------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_health_inbox_clock_and_reset(lab: Lab, server: Server, endpoint: str) -> None:
    health = ask(server, "GET", "/_lab/health", endpoint).json()
    fields = ask(server, "GET", "/_lab/inbox/nobody@tidepool.example", endpoint).headers
    assert (fields["x-content-type-options"], fields["cache-control"]) == ("nosniff", "no-store")
    assert health["status"] == "ok" and health["account"] == lab.account and health["region"] == "us-east-1"
    lab.scene("members")
    client = boto3.client("cognito-idp")
    pool = client.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    app = client.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    client.forgot_password(ClientId=app, Username="mara")
    mail = ask(server, "GET", "/_lab/inbox/mara%40tidepool.example", endpoint).json()
    assert [message["code"] for message in mail] == [m.code for m in lab.inbox("mara@tidepool.example")]
    assert len(mail) == 2 and mail[-1]["code"] in mail[-1]["text"] and mail[0]["time"] <= mail[-1]["time"]
    assert ask(server, "GET", "/_lab/inbox/nobody@tidepool.example", endpoint).json() == []
    before = lab.now
    ask(server, "POST", "/_lab/clock", endpoint, '{"advance_seconds": 3600}')
    assert 3600 <= (lab.now - before).total_seconds() < 3660
    reset = ask(server, "POST", "/_lab/reset", endpoint)
    assert reset.json()["status"] == "ok" and client.list_user_pools(MaxResults=1)["UserPools"] == []
    assert ask(server, "GET", "/_lab/inbox/mara@tidepool.example", endpoint).json() == []


AMOUNTS = ["-1", '"1"', "true", "null", "1e300", "NaN", "1e12"]


@pytest.mark.parametrize(
    "body", ["", "x", "[]", "{}", *(f'{{"advance_seconds": {n}}}' for n in AMOUNTS)]
)  # fmt: skip
def test_the_clock_takes_a_number_of_seconds_forward(lab: Lab, server: Server, body: str) -> None:
    before = lab.now
    refused = ask(server, "POST", "/_lab/clock", body=body)
    assert refused.status == 400 and refused.text.count("\n") == 1
    assert (lab.now - before).total_seconds() < 60


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_lab/", 404),
        ("GET", "/_lab/secrets", 404),
        ("GET", "/_lab/health/more", 404),
        ("GET", "/_lab/inbox", 404),
        ("GET", "/_lab/reset", 405),
        ("GET", "/_lab/clock", 405),
        ("PUT", "/_lab/reset", 405),
        ("POST", "/_lab/health", 405),
        ("POST", "/_lab/inbox/mara@tidepool.example", 405),
        ("OPTIONS", "/_lab/reset", 405),
    ],
)
def test_other_paths_and_methods_are_no_control_endpoints(
    server: Server, method: str, path: str, status: int
) -> None:
    assert ask(server, method, path).status == status


FOREIGN = [
    SITE,
    "shop.auth.us-east-1.amazoncognito.com.localhost",
    "localhost:8888",
    "127.0.0.1:1",
    "evil.example",
]


@pytest.mark.parametrize("host", [*FOREIGN[:2], "tidepool-site.localhost", "accounts.google.com.localhost"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/_lab/inbox/m@t.example"), ("POST", "/_lab/reset")])
def test_no_other_host_has_control_endpoints(server: Server, host: str, method: str, path: str) -> None:
    buckets()
    answer = ask(server, method, path, host)
    assert answer.status in (400, 403, 404, 405) and "content-type" in answer.headers
    assert not answer.headers["content-type"].startswith("application/json")
    assert boto3.client("s3").list_buckets()["Buckets"]  # nothing was reset


@pytest.mark.parametrize("fields", [
    *[{"origin": f"http://{host}"} for host in FOREIGN], {"origin": "null"}, {"origin": ""},
    {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
])  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/_lab/inbox/m@t.example", None),
        ("POST", "/_lab/reset", ""),
        ("POST", "/_lab/clock", '{"advance_seconds": 0}'),
    ],
)
def test_pages_of_other_origins_get_nothing_from_the_control_endpoints(
    server: Server,
    fields: dict[str, str],
    method: str,
    path: str,
    body: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buckets()
    refused = ask(server, method, path, body=body, **fields)
    assert refused.status == 403 and "access-control-allow-origin" not in refused.headers
    assert boto3.client("s3").list_buckets()["Buckets"]
    monkeypatch.setattr(control_endpoints, "refuse_pages", lambda *_: None)
    assert ask(server, method, path, body=body, **fields).status == 200


def test_the_endpoints_own_origin_is_absent_or_equal(server: Server) -> None:
    for host in ENDPOINTS:
        own = {"origin": f"http://{host}:{server.port}", "sec_fetch_site": "same-origin"}
        assert ask(server, "POST", "/_lab/reset", host, **own).status == 200
        assert ask(server, "POST", "/_lab/reset", host, origin=f"https://{host}:{server.port}").status == 403


# -- the kernel's own requests ---------------------------------------------------------------------


def test_the_kernels_own_programs_reach_the_port_and_no_other(lab: Lab, server: Server) -> None:
    buckets()
    assert requests.get(f"{server.url}/_lab/health", timeout=5).json()["status"] == "ok"
    assert requests.get(f"http://{SITE}:{server.port}", timeout=5).text == "home"
    owner = boto3.client("sts", endpoint_url=server.url)
    assert owner.get_caller_identity()["Arn"].endswith(":root")
    s3 = boto3.client("s3", endpoint_url=server.url, config=Config(signature_version="s3v4"))
    assert s3.get_object(Bucket="tidepool-pictures", Key="crab")["Body"].read() == b"crab"
    lab.travel(hours=1)  # the kernel signs by the account's clock, and is judged by it
    assert s3.get_object(Bucket="tidepool-pictures", Key="crab")["Body"].read() == b"crab"
    for url in (
        f"http://127.0.0.1:{server.port + 1}/",
        f"https://127.0.0.1:{server.port}/",
        "http://127.0.0.1/",
    ):
        with pytest.raises(OutsideTheLab):
            requests.get(url, timeout=5)
    with pytest.raises(OutsideTheLab):
        requests.get("http://192.168.0.1:8900/", timeout=5)
    server.stop()
    with pytest.raises(OutsideTheLab):
        requests.get(f"{server.url}/_lab/health", timeout=5)


def test_the_kernel_waits_for_no_other_program(lab: Lab, server: Server) -> None:
    """A Lambda function calls the account while the call that set it off is still under way."""
    answers: list[int] = []
    with lab.lock:
        inside = threading.Thread(
            target=lambda: answers.append(requests.get(server.url, timeout=60).status_code)
        )
        inside.start()
        inside.join(60)
    assert answers == [404]


def test_other_programs_take_turns(lab: Lab, server: Server) -> None:
    """moto is not made for threads, and nobody sees an account that is half reset."""
    answers: list[int] = []
    outside = threading.Thread(target=lambda: answers.append(ask(server, "GET", "/_lab/health").status))
    with lab.lock:
        outside.start()
        outside.join(0.3)
        assert answers == []
    outside.join(60)
    assert answers == [200]


def test_who_waited_while_the_serving_ended_is_told_so(server: Server) -> None:
    server.running = False
    late = ask(server, "GET", "/_lab/health")
    server.running = True
    assert (late.status, late.text) == (503, "The account is no longer served.\n")


def test_a_recording_shows_what_other_programs_ask(lab: Lab, server: Server) -> None:
    with lab.record() as story:
        call(server, "ListUserPools", MaxResults=5)
        boto3.client("sts", endpoint_url=server.url).get_caller_identity()
    assert [(made.whom, made.operation) for made in story.calls] == [
        ("user pool", "ListUserPools"),
        ("AWS STS", "GetCallerIdentity"),
    ]


# -- many at once ----------------------------------------------------------------------------------


def test_eight_clients_and_the_kernel_at_once(lab: Lab, server: Server) -> None:
    buckets()
    wrong: list[object] = []

    def client(number: int) -> None:
        try:
            for turn in range(12):
                body = f"{number}.{turn}".encode()
                assert signed(server, "PUT", f"/tidepool-pictures/{number}", body=body).status == 200
                assert signed(server, "GET", f"/tidepool-pictures/{number}").body == body
                assert call(server, "CreateUserPool", PoolName=f"p{number}").status == 200
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        boto3.client("s3").list_objects_v2(Bucket="tidepool-pictures")
    for thread in threads:
        thread.join(60)
    assert wrong == []
    found = boto3.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert len(found) == 60 or len(found) == 96
