"""Programs that nobody here wrote, run as they are against the served account: boto3, curl."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.served import buckets, lab, plain_environment, program, server

from cognito_lab import Lab
from cognito_lab.aws.iam import signatures
from cognito_lab.paths import ROOT
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]
curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on this machine")


def test_boto3_from_sign_up_to_a_picture_and_refused_elsewhere(lab: Lab, server: Server) -> None:
    lab.scene("roles")
    seen = program(
        server.url,
        """
        import tempfile
        from botocore.config import Config
        s3 = (nina := sign_in()).client("s3")
        here = {"Bucket": "tidepool-pictures"}
        own = boto3.client("s3", config=Config(signature_version="s3v4"))
        link = own.generate_presigned_url("get_object", {"Key": "gallery/anemone.svg", **here})
        with tempfile.TemporaryFile() as file:
            file.write(b"from a file" * 1000)
            file.seek(0)
            own.put_object(Key="drafts/a b+ü", Body=file, **here)
        print(json.dumps({
            "picture": s3.get_object(Key="gallery/anemone.svg", **here)["Body"].read().decode()[:4],
            "arn": nina.client("sts").get_caller_identity()["Arn"],
            "draft": code(s3.get_object, Key="drafts/a b+ü", **here),
            "list": code(s3.list_objects_v2, **here),
            "put": code(s3.put_object, Key="gallery/mine", Body=b"x", **here),
            "admin": code(nina.client("cognito-idp").list_user_pools, MaxResults=1),
            "roles": code(nina.client("iam").list_roles),
            "wrong code": code(boto3.client("cognito-idp").confirm_sign_up, ClientId="x" * 26,
                               Username="nina", ConfirmationCode="000000"),
            "stored": own.head_object(Key="drafts/a b+ü", **here)["ContentLength"],
            "presigned": urllib.request.urlopen(link).read().decode()[:4],
        }))
        """,
    )
    assert seen == {
        "picture": "<svg",
        "arn": "arn:aws:sts::123456789012:assumed-role/tidepool-member/CognitoIdentityCredentials",
        **dict.fromkeys(("draft", "list", "put", "roles"), "AccessDenied"),
        "admin": "AccessDeniedException",
        "wrong code": "ResourceNotFoundException",
        "stored": 11_000,
        "presigned": "<svg",
    }


def test_boto3_keeps_rows_and_secrets_over_the_wire(lab: Lab, server: Server) -> None:
    lab.scene("roles")
    seen = program(
        server.url,
        """
        own, nina = boto3.resource("dynamodb"), sign_in()
        table = own.create_table(
            TableName="sightings", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
        )
        table.wait_until_exists()
        table.put_item(Item={"owner": "nina", "species": "crab ü", "raw": b"\\0\\xff"})
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="tides", SecretString="high")
        key = {"TableName": "sightings", "Key": {"owner": {"S": "nina"}}}
        print(json.dumps({
            "row": table.get_item(Key={"owner": "nina"})["Item"]["species"],
            "raw": bytes(table.get_item(Key={"owner": "nina"})["Item"]["raw"]).hex(),
            "her row": code(nina.client("dynamodb").get_item, **key),
            "missing": code(boto3.client("dynamodb").get_item, **{**key, "TableName": "none"}),
            "no key": code(boto3.client("dynamodb").get_item, TableName="sightings", Key={}),
            "not played": code(boto3.client("dynamodb").list_backups),
            "secret": secrets.get_secret_value(SecretId="tides")["SecretString"],
            "her secret": code(nina.client("secretsmanager").get_secret_value, SecretId="tides"),
        }))
        """,
    )
    assert seen == {
        "row": "crab ü", "raw": "00ff", "secret": "high", "not played": "OutsideTheLab",
        **dict.fromkeys(("her row", "her secret"), "AccessDeniedException"),
        "missing": "ResourceNotFoundException", "no key": "ValidationException",
    }  # fmt: skip


# What a program sees before and after an hour that only the account knows.
AN_HOUR = """
from botocore.config import Config
V4 = Config(signature_version="s3v4")
picture = {"Bucket": "tidepool-pictures", "Key": "gallery/anemone.svg"}
s3, owner = sign_in().client("s3"), boto3.client("s3", config=V4)
def link():
    return owner.generate_presigned_url("get_object", picture, ExpiresIn=600)
def opened(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.read().decode().partition("<Message>")[2].partition("<")[0]
old = link()
before = [code(s3.get_object, **picture), opened(old)]
now = time.time()
lab("clock", {"advance_seconds": 3600})
new = link()
after = [code(s3.get_object, **picture), code(owner.get_object, **picture), opened(old), opened(new)]
again = code(sign_in("olga").client("s3").get_object, **picture)
print(json.dumps({"before": before, "after": after, "again": again}))
"""


def test_after_an_hour_a_session_is_over_and_no_signature_is_skewed(lab: Lab, server: Server) -> None:
    lab.scene("roles")
    assert program(server.url, AN_HOUR) == {
        "before": ["done", 200],
        "after": ["ExpiredToken", "done", "Request has expired", 200],
        "again": "done",
    }


def test_by_the_accounts_clock_every_signature_would_be_skewed(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.scene("roles")
    check = signatures.check_date
    monkeypatch.setattr(
        signatures, "check_date", lambda signature, service, outside: check(signature, service)
    )
    seen = program(server.url, AN_HOUR.replace("again = ", "again = 'left out' #"))
    assert seen["after"] == [
        "RequestTimeTooSkewed",
        "RequestTimeTooSkewed",
        "Request has expired",
        "Request has expired",
    ]


def test_a_signature_of_a_wrong_machine_clock_is_skewed(lab: Lab, server: Server) -> None:
    buckets()
    seen = program(
        server.url,
        """
        import datetime, botocore.auth
        wrong = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=16)
        botocore.auth.get_current_datetime = lambda *_, **__: wrong.replace(tzinfo=None)
        print(json.dumps(code(boto3.client("s3").list_objects_v2, Bucket="tidepool-pictures")))
        """,
    )
    assert seen == "RequestTimeTooSkewed"


@curl
def test_curl_finds_every_host_by_its_name(lab: Lab, server: Server, tmp_path: Path) -> None:
    buckets()

    def fetched(url: str, *more: str) -> str:
        line = ["curl", "-sS", "--max-time", "10", *more, url]
        done = subprocess.run(line, env=plain_environment(), capture_output=True, text=True, check=True)
        return done.stdout

    def at(host: str, path: str = "/") -> str:
        return f"http://{host}.localhost:{server.port}{path}"

    assert fetched(at("tidepool-site.s3-website-us-east-1.amazonaws.com")) == "home"
    assert fetched(at("tidepool-site.s3-website-us-east-1.amazonaws.com", "/none")) == "sorry"
    assert json.loads(fetched(at("accounts.google.com", "/.well-known/openid-configuration")))["issuer"]
    assert "<Code>AccessDenied</Code>" in fetched(at("tidepool-pictures.s3.amazonaws.com", "/crab"))
    assert fetched(server.url + "/tidepool-site/index.html") == "home"
    upload = tmp_path / "goby"
    upload.write_bytes(b"goby" * 300_000)  # large enough for curl to ask first: Expect: 100-continue
    owner = ("--aws-sigv4", "aws:amz:us-east-1:s3", "-u", "test:test")
    kind = ("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD")
    fetched(server.url + "/tidepool-pictures/goby", *owner, *kind, "-T", str(upload))
    assert len(fetched(server.url + "/tidepool-pictures/goby", *owner, *kind)) == 1_200_000
    rebound = fetched(
        f"http://evil.example:{server.port}/_lab/health", "--resolve", f"evil.example:{server.port}:127.0.0.1"
    )
    assert "not a name of this server" in rebound


# -- the command -----------------------------------------------------------------------------------


def serve(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cognito_lab", "serve", *arguments],
        env=plain_environment(**environment), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        # A shell's background job, as this test may be one, has Ctrl-C switched off.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )  # fmt: skip


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_interrupted(ending: signal.Signals) -> None:
    calls = ["--calls"] if ending == signal.SIGTERM else []
    serving = serve(
        *("--port", "0", "--scene", "site_in_browser", *calls),
        AWS_ENDPOINT_URL="http://elsewhere", AWS_PROFILE="real",
    )  # fmt: skip
    try:
        said = ""
        assert serving.stdout is not None
        while "Ctrl-C" not in said:
            line = serving.stdout.readline()
            assert line, said
            said += line
        url = re.search(r"AWS_ENDPOINT_URL=(\S+)", said)[1]
        seen = program(
            url,
            'print(json.dumps([sign_in().client("sts").get_caller_identity()["Account"], lab("reset", {})]))',
        )
        assert seen[0] == "123456789012" and seen[1]["status"] == "ok"
        port = url.rpartition(":")[2]
        page = f"http://tidepool-site.s3-website-us-east-1.amazonaws.com.localhost:{port}/"
        assert said.startswith(f"Tidepool's page, for browsers of this machine: {page}\n")
        assert ("s3.put_object(" in said) == bool(calls), "the calls of the scene come on request"
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60):
            serving.send_signal(ending)
            assert serving.wait(60) == 0
        assert serving.stdout.read() == "The account has ended.\n"
    finally:
        serving.kill()
        serving.communicate()


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["--scene", "nowhere"], {}, "nowhere"),
        (["--region", "nowhere"], {}, "'nowhere' is not the name of an AWS Region"),
        ([], {"COGNITO_LAB_REPRODUCIBLE": "1"}, "fixed clock"),
        (["--port", "70000"], {}, "port must be 0-65535"),
    ],
)
def test_the_command_says_in_a_line_why_it_does_not_serve(
    arguments: list[str], environment: dict[str, str], line: str
) -> None:
    serving = serve(*arguments, **environment)
    said, _ = serving.communicate(timeout=60)
    assert serving.returncode == 1 and line in said and "Traceback" not in said
