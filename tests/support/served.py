"""A served account, and clients for it: a bare HTTP client, and programs in processes of their own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.iam_people import allow, document

from cognito_lab import Lab
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served.server import Server

POOL_TARGET = "AWSCognitoIdentityProviderService."


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """An account as a learner has it: on the machine's clock, with the system's chance."""
    monkeypatch.delenv(REPRODUCIBLE)
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def server(lab: Lab) -> Server:
    return lab.serve(0)


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        self.text = self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    server: Server, method: str, target: str, host: str = "127.0.0.1", body: Any = None, **fields: str
) -> Answer:
    """One request over a socket; ``host`` without a port gets the server's. ``x_amz_target`` is a header."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    headers["Host"] = host if ":" in host else f"{host}:{server.port}"
    connection.request(method, target, body, headers)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def signed(
    server: Server,
    method: str,
    target: str,
    host: str = "127.0.0.1",
    body: bytes = b"",
    service: str = "s3",
    keys: tuple[str, ...] = ("test", "test"),
    region: str = "us-east-1",
    **fields: str,
) -> Answer:
    """As :func:`ask`, signed with ``keys`` (id, secret, perhaps session token) for the host as it is sent."""
    request = AWSRequest(
        method,
        f"http://{host}:{server.port}{target}",
        headers={name.replace("_", "-"): value for name, value in fields.items()},
        data=body,
    )
    (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(*keys), service, region).add_auth(request)
    sent = {name.replace("-", "_"): value for name, value in request.headers.items()}
    return ask(server, method, target, host, body or None, **sent)


def presigned(server: Server, target: str, host: str = "127.0.0.1", expires: int = 600) -> str:
    """The target of a presigned URL."""
    request = AWSRequest("GET", f"http://{host}:{server.port}{target}")
    S3SigV4QueryAuth(Credentials("test", "test"), "s3", "us-east-1", expires=expires).add_auth(request)
    return request.url.partition(str(server.port))[2]


def call(server: Server, operation: str, host: str = "127.0.0.1", **parameters: Any) -> Answer:
    """A call of a user pool's API, signed by the owner."""
    return signed(
        server, "POST", "/", host, json.dumps(parameters).encode(), "cognito-idp",
        content_type="application/x-amz-json-1.1", x_amz_target=POOL_TARGET + operation,
    )  # fmt: skip


def buckets() -> None:
    """A public website with rules for one origin, and a private bucket."""
    s3 = boto3.client("s3")
    for name, key, text in (
        ("tidepool-site", "index.html", "home"),
        ("tidepool-site", "tides/index.html", "tides"),
        ("tidepool-site", "sorry.html", "sorry"),
        ("tidepool-pictures", "crab", "crab"),
    ):
        if key in ("index.html", "crab"):
            s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key=key, Body=text.encode(), ContentType="text/html")
    s3.delete_public_access_block(Bucket="tidepool-site")
    public = {**allow("s3:GetObject", "arn:aws:s3:::tidepool-site/*"), "Principal": "*"}
    s3.put_bucket_policy(Bucket="tidepool-site", Policy=json.dumps(document(public)))
    pages = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "sorry.html"}}
    s3.put_bucket_website(Bucket="tidepool-site", WebsiteConfiguration=pages)
    rule = {
        "AllowedOrigins": ["https://tidepool.example"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
    }
    s3.put_bucket_cors(Bucket="tidepool-pictures", CORSConfiguration={"CORSRules": [rule]})


def plain_environment(**more: str) -> dict[str, str]:
    """The environment of a program that knows nothing of the lab."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **more}


def program(server_url: str, script: str, **more: str) -> Any:
    """What an ordinary boto3 program prints as JSON; it is told of the account as the server says."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script)],
        env=plain_environment(AWS_ENDPOINT_URL=server_url, **{**keys, **more}),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


PRELUDE = """
import boto3, json, os, sys, time, urllib.request
from botocore.exceptions import ClientError
url = os.environ["AWS_ENDPOINT_URL"]
assert "cognito_lab" not in sys.modules and "moto" not in sys.modules
def lab(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url + "/_lab/" + path, data, timeout=20) as answer:
        return json.load(answer)
def code(function, **parameters):
    try:
        function(**parameters)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]
def sign_in(name="nina"):
    idp, pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    pool = idp.list_user_pools(MaxResults=10)["UserPools"][0]["Id"]
    client = idp.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    password, mail = "Tide-pools-2026!", name + "@tidepool.example"
    who = {"ClientId": client, "Username": name}
    idp.sign_up(Password=password, UserAttributes=[{"Name": "email", "Value": mail}], **who)
    idp.confirm_sign_up(ConfirmationCode=lab("inbox/" + mail)[-1]["code"], **who)
    given = {"USERNAME": name, "PASSWORD": password}
    tokens = idp.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters=given)
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{pool}": tokens["AuthenticationResult"]["IdToken"]}
    identity_pool = pools.list_identity_pools(MaxResults=10)["IdentityPools"][0]["IdentityPoolId"]
    identity = pools.get_id(IdentityPoolId=identity_pool, Logins=logins)["IdentityId"]
    made = pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
    return boto3.Session(made["AccessKeyId"], made["SecretKey"], made["SessionToken"])
"""
