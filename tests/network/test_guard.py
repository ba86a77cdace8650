"""Nothing leaves the machine. Each route out is tried in a process of its own, with canaries planted.

The processes start with what a careless learner's machine has: real looking keys, a profile, a proxy, a
configuration file that runs a program. A spy that is older than the guard sees every attempt on a socket.
Two controls show that the canaries sing and that the spy sees, when there is no guard.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cognito_lab import OutsideTheLab, guard
from cognito_lab.paths import ROOT

# Before anything else: a spy on what Python is about to do with the network, and with other programs.
SPY = """
import json, os, sys
events = []
def spy(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
                 "socket.getnameinfo", "socket.sendto", "socket.sendmsg"):
        where = args[1] if event in ("socket.connect", "socket.sendto", "socket.sendmsg") else args[0]
        where = where[0] if isinstance(where, tuple) else where
        if where not in (None, "", "127.0.0.1", "::1", "localhost") and not str(where).startswith("/"):
            events.append([event, str(where)])
    elif event == "open" and str(args[0]).startswith(os.environ["HOME"]):
        events.append([event, os.path.relpath(args[0], os.environ["HOME"])])
    elif event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"):
        events.append([event, str(args[0])])
sys.addaudithook(spy)
import socket
from socket import getaddrinfo as held_getaddrinfo, gethostbyname as held_gethostbyname
def counted(function):
    def call(*args, **kwargs):
        if args and args[0] not in (None, "", "127.0.0.1", "::1", "localhost"):
            events.append(["socket." + function.__name__ + " called", str(args[0])])
        return function(*args, **kwargs)
    return call
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
    setattr(socket, name, counted(getattr(socket, name)))
answers = {}
def attempt(name, function):
    before = len(events)
    try:
        answer = ["answered", str(function())]
    except BaseException as error:
        answer = [f"{type(error).__module__}.{type(error).__qualname__}", str(error)]
    answers[name] = answer + [events[before:]]
"""
REPORT = (
    "\nprint(json.dumps({'answers': answers, 'events': events, 'requests': globals().get('played', [])}))\n"
)


def home_with(tmp_path: Path, config: str | None) -> dict[str, str]:
    """The environment of a process whose home has this AWS configuration; None makes it a FIFO."""
    aws = tmp_path / ".aws"
    aws.mkdir()
    if config is None:
        os.mkfifo(aws / "config")
    else:
        (aws / "config").write_text(config)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


def run(script: str, env: dict[str, str], timeout: float = 120) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", SPY + textwrap.dedent(script) + REPORT],
        env=env, capture_output=True, text=True, timeout=timeout, cwd=env["HOME"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def credential_process(tmp_path: Path) -> tuple[str, Path]:
    canary = tmp_path / "canary"
    lines = ("credential_process = touch " + str(canary), "region = eu-central-1", "")
    return "[default]\n" + "\n".join(lines) + "\n[profile real]\n" + "\n".join(lines), canary


# -- the routes ----------------------------------------------------------------------------------

# Objects older than the lab and than moto; then every way out that there is after Lab.start().
ROUTES = """
import _socket, boto3, botocore.session, requests
assert "moto" not in sys.modules
old_s3 = boto3.client("s3")
old_idp = boto3.client("cognito-idp", region_name="us-east-1")
old_table = boto3.resource("s3")
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
    os.environ.pop(name)
# From here the keys could only come from the credential_process. (AWS_PROFILE is still set.)
old_session, old_core = boto3.Session(region_name="us-east-1"), botocore.session.Session()
boto3.setup_default_session(profile_name="real")
os.environ.update(AWS_ACCESS_KEY_ID="AKIAREALREALREALREAL", AWS_SECRET_ACCESS_KEY="real-secret")

from cognito_lab import Lab
from cognito_lab.network import exchanges
played = []
def note(exchange):
    sent = exchange.request
    played.append([sent.url, dict(sent.headers), sent.body.decode("latin-1")] if sent else [])
exchanges.OBSERVERS.append(note)
answers["before"] = ["", "", list(events)]
lab = Lab.start(region="us-east-1")
answers["environment"] = ["", json.dumps(dict(os.environ)), []]

attempt("client made before: signed call", lambda: old_s3.list_buckets())
attempt("client made before: unsigned call", lambda: old_idp.initiate_auth(
    ClientId="x", AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "a", "PASSWORD": "b"}))
attempt("client made before: presigned address", lambda: old_s3.generate_presigned_url("list_buckets"))
attempt("client made before: presigned form", lambda: old_s3.generate_presigned_post("bucket", "key"))
attempt("client made before: paginator", lambda: list(
    old_s3.get_paginator("list_objects_v2").paginate(Bucket="b")))
attempt("resource made before", lambda: list(old_table.buckets.all()))
attempt("session made before: client", lambda: old_session.client("sts"))
attempt("session made before: client with keys", lambda: old_session.client(
    "sts", aws_access_key_id="x", aws_secret_access_key="y").get_caller_identity())
attempt("session made before: resource", lambda: old_session.resource("s3"))
attempt("session made before: credentials", lambda: old_session.get_credentials())
attempt("core session made before: client", lambda: old_core.create_client("sts", region_name="us-east-1"))
attempt("core session made before: credentials", lambda: old_core.get_credentials())
attempt("default session made before", lambda: boto3.client("sts").get_caller_identity()["Account"])
attempt("boto3", lambda: boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Account"])
attempt("boto3, S3", lambda: boto3.client("s3").list_buckets()["Buckets"])
attempt("requests to Google", lambda: requests.get("https://www.googleapis.com/oauth2/v3/certs").status_code)
attempt("a profile of the home", lambda: boto3.Session(profile_name="real").get_credentials())

from botocore.config import Config
def sts(**options):
    return boto3.client("sts", **options).get_caller_identity()
attempt("endpoint_url", lambda: sts(endpoint_url="https://sts.outside.example"))
attempt("endpoint_url at an address", lambda: sts(endpoint_url="http://203.0.113.7:8080"))
os.environ["AWS_ENDPOINT_URL"] = "https://all.outside.example"
attempt("AWS_ENDPOINT_URL set afterwards", sts)
del os.environ["AWS_ENDPOINT_URL"]
os.environ["AWS_ENDPOINT_URL_S3"] = "https://s3.outside.example"
attempt("AWS_ENDPOINT_URL_S3 set afterwards", lambda: boto3.client("s3").list_buckets())
attempt("transfer manager, in threads", lambda: boto3.client("s3").upload_file(json.__file__, "b", "k"))
del os.environ["AWS_ENDPOINT_URL_S3"]
attempt("FIPS host of STS", lambda: sts(config=Config(use_fips_endpoint=True)))
attempt("FIPS host of Cognito", lambda: boto3.client(
    "cognito-idp", config=Config(use_fips_endpoint=True)).list_user_pools(MaxResults=1))
os.environ["AWS_USE_FIPS_ENDPOINT"] = "true"
attempt("FIPS by the environment", lambda: boto3.client("s3").list_buckets())
del os.environ["AWS_USE_FIPS_ENDPOINT"]
dual_stack = Config(use_dualstack_endpoint=True)
attempt("dual-stack host of S3", lambda: boto3.client("s3", config=dual_stack).list_buckets())
attempt("dual-stack host of STS", lambda: sts(config=dual_stack))
attempt("S3 acceleration", lambda: boto3.client(
    "s3", config=Config(s3={"use_accelerate_endpoint": True})).list_objects_v2(Bucket="bucket"))
attempt("another partition", lambda: boto3.client("sts", region_name="cn-north-1").get_caller_identity())
attempt("a service that is not played", lambda: boto3.client("sqs").list_queues())
from botocore.httpsession import URLLib3Session
from botocore.awsrequest import AWSPreparedRequest
attempt("botocore's own sender", lambda: URLLib3Session().send(
    AWSPreparedRequest("GET", "https://sts.amazonaws.com/", {}, b"", False)))

import asyncio, ftplib, http.client, urllib.request, httpx, urllib3
OUTSIDE = "https://www.outside.example/page"
async def over_httpx():
    async with httpx.AsyncClient() as client:
        return await client.get(OUTSIDE)
async def over_asyncio(host):
    return await asyncio.open_connection(host, 443)
attempt("requests", lambda: requests.get(OUTSIDE))
attempt("requests, plain", lambda: requests.get("http://www.outside.example/"))
attempt("requests, an address", lambda: requests.get("http://203.0.113.7/"))
attempt("urllib", lambda: urllib.request.urlopen(OUTSIDE))
attempt("urllib, plain", lambda: urllib.request.urlopen("http://www.outside.example/"))
attempt("urllib, an opener of its own", lambda: urllib.request.build_opener().open(OUTSIDE))
attempt("urllib, a proxy of its own", lambda: urllib.request.build_opener(
    urllib.request.ProxyHandler({"https": "http://proxy.outside.example:3128"})).open(OUTSIDE))
attempt("ftp", lambda: urllib.request.urlopen("ftp://ftp.outside.example/file"))
attempt("http.client", lambda: http.client.HTTPSConnection("www.outside.example").request("GET", "/"))
attempt("urllib3", lambda: urllib3.PoolManager().request("GET", OUTSIDE))
attempt("httpx", lambda: httpx.get(OUTSIDE))
attempt("httpx, async", lambda: asyncio.run(over_httpx()))
attempt("httpx to a host of the lab", lambda: httpx.get("https://cognito-idp.us-east-1.amazonaws.com/"))
attempt("httpx, an address", lambda: httpx.get("http://203.0.113.7/"))
attempt("asyncio", lambda: asyncio.run(over_asyncio("www.outside.example")))
attempt("asyncio, an address", lambda: asyncio.run(over_asyncio("203.0.113.7")))
attempt("connect", lambda: socket.socket().connect(("203.0.113.7", 443)))
attempt("connect_ex", lambda: socket.socket().connect_ex(("www.outside.example", 443)))
attempt("connect, IPv6", lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::7", 443)))
attempt("create_connection", lambda: socket.create_connection(("www.outside.example", 443)))
attempt("sendto", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.53", 53)))
attempt("sendto, flags", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", 0, ("203.0.113.53", 53)))
attempt("sendmsg", lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("203.0.113.53", 53)))
attempt("getaddrinfo", lambda: socket.getaddrinfo("www.outside.example", 443))
attempt("getaddrinfo, by keyword", lambda: socket.getaddrinfo(host="www.outside.example", port=443))
attempt("getaddrinfo, bytes", lambda: socket.getaddrinfo(b"www.outside.example", 443))
attempt("gethostbyname", lambda: socket.gethostbyname("www.outside.example"))
attempt("gethostbyname_ex", lambda: socket.gethostbyname_ex("www.outside.example"))
attempt("gethostbyaddr", lambda: socket.gethostbyaddr("203.0.113.7"))
attempt("getnameinfo", lambda: socket.getnameinfo(("203.0.113.7", 80), 0))
attempt("a name that only begins like localhost", lambda: socket.getaddrinfo("localhost.outside.example", 80))
attempt("instance metadata", lambda: requests.get("http://169.254.169.254/latest/meta-data/"))

attempt("fence: held getaddrinfo", lambda: held_getaddrinfo("www.outside.example", 443))
attempt("fence: held gethostbyname", lambda: held_gethostbyname("www.outside.example"))
attempt("fence: the C class of sockets", lambda: _socket.socket().connect(("203.0.113.7", 443)))
attempt("fence: the C class, datagram", lambda: _socket.socket(
    type=socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.7", 1)))

client, presigned = boto3.client("sts"), boto3.client("s3").generate_presigned_url("list_buckets")
lab.stop()
attempt("stopped: boto3", lambda: client.get_caller_identity())
attempt("stopped: an older client", lambda: old_s3.list_buckets())
attempt("stopped: requests", lambda: requests.get(presigned))
attempt("stopped: urllib", lambda: urllib.request.urlopen("https://www.googleapis.com/oauth2/v3/certs"))
attempt("stopped: httpx", lambda: httpx.get("https://accounts.google.com/"))
lab = Lab.start(region="eu-west-1")
attempt("again: boto3", lambda: boto3.client("sts").meta.region_name)
attempt("again: an older client", lambda: old_s3.list_buckets())
"""
ANSWERED = {
    "default session made before": "123456789012",
    "boto3": "123456789012",
    "boto3, S3": "[]",
    "requests to Google": "200",
    "again: boto3": "eu-west-1",
}
NOT_FOUND = {"a profile of the home": "botocore.exceptions.ProfileNotFound"}  # it is not even read
MADE_BEFORE = (
    "client made before",
    "resource made before",
    "session made before",
    "core session made before",
)
HOSTS = {
    "endpoint_url": "sts.outside.example",
    "endpoint_url at an address": "203.0.113.7",
    "AWS_ENDPOINT_URL set afterwards": "all.outside.example",
    "AWS_ENDPOINT_URL_S3 set afterwards": "s3.outside.example",
    "transfer manager, in threads": "s3.outside.example",
    "FIPS host of STS": "sts-fips.us-east-1.amazonaws.com",
    "FIPS host of Cognito": "cognito-idp-fips.us-east-1.amazonaws.com",
    "FIPS by the environment": "s3-fips.us-east-1.amazonaws.com",
    "dual-stack host of S3": "s3.dualstack.us-east-1.amazonaws.com",
    "dual-stack host of STS": "sts.us-east-1.api.aws",
    "S3 acceleration": "bucket.s3-accelerate.amazonaws.com",
    "another partition": "sts.cn-north-1.amazonaws.com.cn",
    "a service that is not played": "sqs.us-east-1.amazonaws.com",
    "botocore's own sender": "sts.amazonaws.com",
    "urllib, a proxy of its own": "www.outside.example",
    "ftp": "ftp.outside.example",
    "httpx to a host of the lab": "cognito-idp.us-east-1.amazonaws.com",
    "connect, IPv6": "2001:db8::7",
    "a name that only begins like localhost": "localhost.outside.example",
    "instance metadata": "169.254.169.254",
    "fence: the C class of sockets": "203.0.113.7",
    "stopped: boto3": "sts.us-east-1.amazonaws.com",
    "stopped: urllib": "www.googleapis.com",
    "stopped: httpx": "accounts.google.com",
}
NAMES = [line.split('"')[1] for line in ROUTES.splitlines() if line.strip().startswith("attempt(")]


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("home")
    config, canary = credential_process(home)
    env = home_with(home, config) | {
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real-secret",
        "AWS_SESSION_TOKEN": "real-token",
        "AWS_PROFILE": "real",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "https://before.outside.example",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/keys",
        "AWS_CA_BUNDLE": "/nowhere/bundle.pem",
        "HTTPS_PROXY": "http://proxy.outside.example:3128",
        "http_proxy": "http://proxy.outside.example:3128",
        "ALL_PROXY": "socks5://proxy.outside.example:1080",
        "no_proxy": "*",
        "BOTO_CONFIG": str(home / "boto.cfg"),
        "MOTO_ACCOUNT_ID": "999999999999",
    }
    (home / ".netrc").write_text("default login mara password netrc-secret\n")
    found = run(ROUTES, env)
    found["canary"] = canary.exists()
    return found


def test_every_route_was_tried(leak: Any) -> None:
    assert len(NAMES) == len(set(NAMES)) > 60
    assert set(leak["answers"]) == {*NAMES, "before", "environment"}


@pytest.mark.parametrize("route", [name for name in NAMES if name not in ANSWERED and name not in NOT_FOUND])
def test_a_route_out_is_refused_in_one_line_before_anything_happens(leak: Any, route: str) -> None:
    kind, text, events = leak["answers"][route]
    assert kind == "cognito_lab.errors.OutsideTheLab", text
    assert "\n" not in text and len(text) < 220
    if not route.startswith("fence: "):  # there the attempt itself is the audit event, and the hook stops it
        assert events == []
    if route.startswith(MADE_BEFORE):
        assert "made before Lab.start()" in text and "make it again" in text
    assert HOSTS.get(route, "") in text


def test_what_the_lab_plays_is_still_answered(leak: Any) -> None:
    for route, answer in ANSWERED.items():
        kind, text, _ = leak["answers"][route]
        assert (kind, text) == ("answered", answer)
    for route, error in NOT_FOUND.items():
        assert leak["answers"][route][0] == error


def test_httpx_is_told_who_would_be_answered(leak: Any) -> None:
    assert "boto3, requests and urllib" in leak["answers"]["httpx to a host of the lab"][1]
    assert "boto3, requests and urllib" not in leak["answers"]["httpx"][1]


def test_after_the_end_the_refusal_says_how_to_begin(leak: Any) -> None:
    for route in ("stopped: boto3", "stopped: requests", "stopped: urllib", "stopped: httpx"):
        assert "no account is running: Lab.start()" in leak["answers"][route][1]


def test_no_socket_was_used_no_program_started_and_no_file_of_the_home_opened(leak: Any) -> None:
    before = leak["answers"]["before"][2]
    assert ["open", ".aws/config"] in before  # the spy would have seen it afterwards too
    fenced = [name for name in NAMES if name.startswith("fence: ")]
    expected = [event for name in fenced for event in leak["answers"][name][2]]
    assert len(expected) == len(fenced) and leak["events"][len(before) :] == expected
    assert leak["canary"] is False


def test_the_environment_leads_nowhere(leak: Any) -> None:
    env = json.loads(leak["answers"]["environment"][1])
    aws = {name: value for name, value in env.items() if name.startswith("AWS_")}
    assert env["BOTO_CONFIG"] == env["NETRC"] == os.devnull
    assert aws.pop("AWS_ACCESS_KEY_ID") and aws.pop("AWS_SECRET_ACCESS_KEY")
    assert aws == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    assert not [name for name in env if name.upper().endswith("_PROXY") or name == "MOTO_ACCOUNT_ID"]


def test_no_key_of_the_learners_reaches_a_request_that_could_be_recorded(leak: Any) -> None:
    hosts = {urlsplit(request[0]).hostname for request in leak["requests"]}
    assert {"sts.us-east-1.amazonaws.com", "s3.amazonaws.com", "www.googleapis.com"} <= hosts
    told = json.dumps(leak)
    netrc = base64.b64encode(b"mara:netrc-secret").decode()
    for secret in ("AKIAREAL", "real-secret", "real-token", netrc):
        assert secret not in told


# -- a configuration file that must not be opened ------------------------------------------------

FIFO = """
import botocore.session
early = botocore.session.Session()
from cognito_lab import Lab
lab = Lab.start(region="us-east-1")
import boto3
attempt("client", lambda: early.create_client("sts", region_name="us-east-1"))
attempt("credentials", lambda: early.get_credentials())
attempt("its configuration", lambda: early.full_config)
attempt("boto3", lambda: boto3.client("sts").get_caller_identity()["Account"])
"""


def test_a_configuration_file_is_not_opened_after_the_start(tmp_path: Path) -> None:
    """Who opened the FIFO would hang here. botocore asks first whether it is a file, so the spy looks too."""
    found = run(FIFO, home_with(tmp_path, None), timeout=60)
    answers = found["answers"]
    assert found["events"] == []
    for route in ("client", "credentials"):
        assert "made before Lab.start()" in answers[route][1]
    assert answers["its configuration"][:2] == ["answered", "{'profiles': {}}"]
    assert answers["boto3"][:2] == ["answered", "123456789012"]


@pytest.mark.parametrize(
    "early", ["create_client('sts', region_name='us-east-1')", "get_credentials()", "full_config"]
)
def test_a_session_that_has_read_nothing_yet_reads_nothing_any_more(tmp_path: Path, early: str) -> None:
    config, canary = credential_process(tmp_path)
    script = f"""
        import botocore.session
        early = botocore.session.Session()
        from cognito_lab import Lab
        lab = Lab.start(region="us-east-1")
        os.environ.pop("AWS_CONFIG_FILE")  # even when somebody points it back at the home
        os.environ.pop("AWS_ACCESS_KEY_ID")
        attempt("early", lambda: early.{early})
    """
    assert run(script, home_with(tmp_path, config))["events"] == []
    assert not canary.exists()


def test_the_keys_of_boto_2_are_not_read(tmp_path: Path) -> None:
    """botocore would find them when nothing else gives any ("Credentials" in boto3's guide)."""
    env = home_with(tmp_path, "")
    (tmp_path / ".boto").write_text(
        "[Credentials]\naws_access_key_id = AKIAREAL\naws_secret_access_key = s\n"
    )
    script = """
        import botocore.session
        def look():
            os.environ.pop("AWS_ACCESS_KEY_ID", None)
            found = botocore.session.Session().get_credentials()
            return found.access_key if found else None
        attempt("before", look)
        from cognito_lab import Lab
        lab = Lab.start(region="us-east-1")
        attempt("in the lab", look)
    """
    answers = run(script, env)["answers"]
    assert answers["before"][:2] == ["answered", "AKIAREAL"]  # the canary sings
    assert "AKIAREAL" not in answers["in the lab"][1]
    assert [event for event in answers["in the lab"][2] if ".boto" in event[1]] == []


PACKET, BLUETOOTH, VSOCK = 17, 31, 40  # as Linux counts families; not every Python has names for them


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (PACKET, socket.SOCK_RAW), (PACKET, socket.SOCK_DGRAM), (BLUETOOTH, 1), (VSOCK, 1),
        (socket.AF_INET, socket.SOCK_RAW), (socket.AF_INET6, socket.SOCK_RAW),
        (socket.AF_INET, socket.SOCK_RAW | 0o4000),  # and not blocking
    ],
)  # fmt: skip
def test_a_socket_that_names_no_host_is_not_opened(
    family: int, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = (None, int(family), int(kind), 0)
    with pytest.raises(OutsideTheLab, match="was not opened"):
        guard._fence("socket.__new__", opening)
    monkeypatch.setattr(guard, "refuse_way_out", lambda family, kind: None)
    guard._fence("socket.__new__", opening)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX"])
def test_a_plain_socket_is_opened(family: str) -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, -1):
        guard._fence("socket.__new__", (None, getattr(socket, family), kind, 0))


# -- the controls: without the guard the canaries sing, and the spy sees -------------------------


def test_control_the_credential_process_would_have_run(tmp_path: Path) -> None:
    config, canary = credential_process(tmp_path)
    script = """
        import boto3
        session = boto3.Session()
        attempt("credentials", session.get_credentials)
        attempt("look-up", lambda: socket.getaddrinfo("name.invalid", 443))
        attempt("connect", lambda: socket.socket(type=socket.SOCK_DGRAM).connect(("203.0.113.7", 9)))
    """
    found = run(script, home_with(tmp_path, config))
    assert canary.exists()
    assert ["open", ".aws/config"] in found["events"]
    assert any(event[0] == "subprocess.Popen" for event in found["answers"]["credentials"][2])
    assert {event[0] for event in found["answers"]["look-up"][2]} == {
        "socket.getaddrinfo",
        "socket.getaddrinfo called",
    }
    assert found["answers"]["connect"][2] == [["socket.connect", "203.0.113.7"]]


# -- a kernel that is closed before its first cell -----------------------------------------------


def test_the_kernels_guard_needs_neither_boto3_nor_moto(tmp_path: Path) -> None:
    script = """
        import cognito_lab.guard
        cognito_lab.guard.install()
        cognito_lab.guard.install()
        heavy = [name for name in ("boto3", "botocore", "moto", "jwt", "cryptography") if name in sys.modules]
        answers["loaded"] = ["", json.dumps(heavy), []]
        import boto3, httpx, requests, urllib.request
        key = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "s"}
        attempt("boto3", lambda: boto3.client("sts", region_name="us-east-1", **key).get_caller_identity())
        attempt("requests", lambda: requests.get("https://www.outside.example/"))
        attempt("urllib", lambda: urllib.request.urlopen("https://www.outside.example/"))
        attempt("httpx", lambda: httpx.get("https://www.outside.example/"))
    """
    found = run(script, home_with(tmp_path, ""))
    assert found["answers"].pop("loaded")[1] == "[]"
    assert [event for event in found["events"] if event[0] != "open"] == []
    for route, (kind, text, _) in found["answers"].items():
        # botocore wraps what it does not know; its own refusals come with Lab.start()
        wrapped = "botocore.exceptions.HTTPClientError"
        assert kind == (wrapped if route == "boto3" else "cognito_lab.errors.OutsideTheLab")
        assert "no account is running: Lab.start()" in text and "\n" not in text


# -- what stays open: this machine ---------------------------------------------------------------


def test_this_machine_can_still_be_reached(tmp_path: Path) -> None:
    script = """
        import asyncio, http.server, threading, urllib.request, http.client
        from cognito_lab import Lab
        lab = Lab.start(region="us-east-1")
        class Hello(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers(); self.wfile.write(b"hello")
            def log_message(self, *args): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
        port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        def over_http_client():
            connection = http.client.HTTPConnection("localhost", port)
            connection.request("GET", "/")
            return connection.getresponse().read()
        async def over_asyncio():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
            return (await reader.read())[-5:]
        def over_unix():
            path = os.path.join(os.environ["HOME"], "s")
            listening = socket.socket(socket.AF_UNIX); listening.bind(path); listening.listen()
            talking = socket.socket(socket.AF_UNIX); talking.connect(path)
            return b"hello"
        def over_pair():
            left, right = socket.socketpair()
            left.sendmsg([b"hello"])
            return right.recv(5)
        def over_datagrams():
            receiver = socket.socket(type=socket.SOCK_DGRAM); receiver.bind(("127.0.0.1", 0))
            sender = socket.socket(type=socket.SOCK_DGRAM)
            sender.sendto(b"hello", receiver.getsockname())
            return receiver.recv(5)
        attempt("urllib", lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/").read())
        attempt("http.client", over_http_client)
        attempt("asyncio", lambda: asyncio.run(over_asyncio()))
        attempt("unix", over_unix)
        attempt("pair", over_pair)
        attempt("datagrams", over_datagrams)
    """
    for kind, text, _ in run(script, home_with(tmp_path, ""))["answers"].values():
        assert (kind, text) == ("answered", "b'hello'")


THIS_MACHINE = (
    *(None, "", "localhost", "LOCALHOST", b"localhost", "127.0.0.1", "127.8.9.10"),
    *("::1", "0.0.0.0", "::ffff:127.0.0.1"),
)
ELSEWHERE = (
    *("::ffff:8.8.8.8", "10.0.0.1", "169.254.169.254", "shop.localhost", "localhost.example", "<broadcast>"),
    *("127.0.0.1.example", "2130706433", b"www.example"),
)


@pytest.mark.parametrize("host", THIS_MACHINE)
def test_this_machine_is_local(host: object) -> None:
    assert guard.is_local(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_everything_else_is_not(host: object) -> None:
    assert not guard.is_local(host)


# -- urllib is answered like requests ------------------------------------------------------------


def test_urllib_gets_the_labs_answers(tmp_path: Path) -> None:
    script = """
        import jwt, requests, urllib.error, urllib.parse, urllib.request
        from cognito_lab import Lab
        lab = Lab.start(region="us-east-1")
        client = lab.google.register_client("x", origins=["https://x.example"])
        token = lab.google.credential(client.client_id, "goran.pavic@gmail.example", origin="https://x.example")
        certs = "https://www.googleapis.com/oauth2/v3/certs"
        attempt("keys", lambda: jwt.PyJWKClient(certs).get_signing_key_from_jwt(token).key_id
                == jwt.get_unverified_header(token)["kid"])
        with urllib.request.urlopen(certs) as answer:
            attempt("body", lambda: json.load(answer) == requests.get(certs).json())
            attempt("head", lambda: [answer.status, answer.getcode(), answer.reason, answer.url == certs,
                                     answer.headers.get_content_type()])
        def error():
            form = urllib.parse.urlencode({"grant_type": "x"}).encode()
            try:
                urllib.request.urlopen("https://oauth2.googleapis.com/token", data=form)
            except urllib.error.HTTPError as refused:
                return refused.code, json.loads(refused.read())["error"]
        attempt("error", error)
        def plain():
            try:
                urllib.request.urlopen("http://s3.amazonaws.com/no-such-bucket/key")
            except urllib.error.HTTPError as refused:
                return refused.code
        attempt("plain", plain)
    """
    answers = run(script, home_with(tmp_path, ""))["answers"]
    assert answers["keys"][1] == "True"
    assert answers["body"][1] == "True"
    assert answers["head"][1] == "[200, 200, 'OK', True, 'application/json']"
    assert answers["error"][1] == "(401, 'invalid_client')"
    assert answers["plain"][1] in ("403", "404")
