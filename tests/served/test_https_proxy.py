"""The proxy for programs with AWS's addresses built in: where it leads, where not, and whom it convinces."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest
from support.served import ask, lab, plain_environment, server

from cognito_lab import Lab
from cognito_lab.served import routing
from cognito_lab.served.https_proxy import TRUSTED, HttpsProxy
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]
POOLS = "cognito-idp.us-east-1.amazonaws.com"


@pytest.fixture
def proxy(server: Server) -> Iterator[HttpsProxy]:
    with HttpsProxy(server) as proxy:
        yield proxy


def connect(proxy: HttpsProxy, request: str) -> socket.socket:
    """A connection to the proxy on which ``request`` was sent."""
    connection = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=20)
    connection.sendall(request.encode())
    return connection


def first_line(connection: socket.socket) -> str:
    with connection.makefile("rb") as said:
        return said.readline().decode().strip()


def program(proxy: HttpsProxy, script: str, **more: str) -> dict[str, object]:
    """What an ordinary program prints as JSON, told of the proxy as the lab says, and of no endpoint."""
    told = dict(line.removeprefix("export ").split("=", 1) for line in str(proxy).splitlines() if "=" in line)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=plain_environment(**told, **more),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def test_a_program_with_awss_addresses_finds_the_account(lab: Lab, proxy: HttpsProxy) -> None:
    scene = lab.scene("members")
    said = program(proxy, f"""
        import boto3, json, jwt, requests
        issuer = "https://{POOLS}/{scene.pool}"
        idp = boto3.client("cognito-idp", region_name="us-east-1", aws_access_key_id="test",
                           aws_secret_access_key="test")
        given = {{"USERNAME": "mara", "PASSWORD": "{scene.password}"}}
        tokens = idp.initiate_auth(ClientId="{scene.client}", AuthFlow="USER_PASSWORD_AUTH",
                                   AuthParameters=given)["AuthenticationResult"]
        found = requests.get(issuer + "/.well-known/openid-configuration").json()
        key = jwt.PyJWKClient(found["jwks_uri"]).get_signing_key_from_jwt(tokens["IdToken"])
        claims = jwt.decode(tokens["IdToken"], key.key, ["RS256"], audience="{scene.client}", issuer=issuer)
        s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test")
        nobody = {{"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}}
        try:
            boto3.client("iam", **nobody).list_roles()
        except Exception as error:
            code = error.response["Error"]["Code"]
        print(json.dumps({{"issuer": found["issuer"] == issuer, "user": claims["cognito:username"],
                           "buckets": len(s3.list_buckets()["Buckets"]), "unknown key": code}}))
    """)  # fmt: skip
    assert said == {"issuer": True, "user": "mara", "buckets": 1, "unknown key": "InvalidClientTokenId"}


@pytest.mark.parametrize(
    "asked",
    [
        "CONNECT example.com:443", "CONNECT 127.0.0.1:443", "CONNECT localhost:443", f"CONNECT {POOLS}:22",
        f"CONNECT {POOLS}.localhost:443", f"CONNECT {POOLS}.example.com:443", "CONNECT [::1]:443",
        f"GET https://{POOLS}/", "CONNECT", "\x16\x03\x01",
        f"CONNECT {POOLS}:443 HTTP/1.1\r\n" + "a: b\r\n" * 200,
    ],
)  # fmt: skip
def test_there_is_no_tunnel_to_anything_else(proxy: HttpsProxy, asked: str) -> None:
    assert first_line(connect(proxy, f"{asked} HTTP/1.1\r\n\r\n")).startswith("HTTP/1.1 403 ")


def test_it_is_the_table_of_hosts_that_decides(proxy: HttpsProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "is_real", lambda name: True)
    asked = "CONNECT example.com:443 HTTP/1.1\r\n\r\n"
    assert first_line(connect(proxy, asked)) == "HTTP/1.1 200 Connection established"


def tunnel(proxy: HttpsProxy, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    connection = connect(proxy, f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")
    said = connection.recv(1000)
    assert said == b"HTTP/1.1 200 Connection established\r\n\r\n", said
    return context.wrap_socket(connection, server_hostname=host)


def test_a_certificate_is_for_one_host_and_for_those_who_trust_this_authority(
    server: Server, proxy: HttpsProxy
) -> None:
    trusting = ssl.create_default_context(cafile=str(proxy.authority))
    with tunnel(proxy, POOLS, trusting) as found:
        assert dict(found.getpeercert())["subjectAltName"] == (("DNS", POOLS),)
    for context in (ssl.create_default_context(), other_authority(server)):
        with pytest.raises(ssl.SSLCertVerificationError):
            tunnel(proxy, POOLS, context)
    with tunnel(proxy, POOLS, trusting) as found:  # and the proxy goes on
        found.sendall(f"GET / HTTP/1.1\r\nHost: {POOLS}\r\nConnection: close\r\n\r\n".encode())
        assert found.recv(100).startswith(b"HTTP/1.1 4")


def other_authority(server: Server) -> ssl.SSLContext:
    with HttpsProxy(server) as other:
        return ssl.create_default_context(cafile=str(other.authority))


def test_in_a_tunnel_only_its_host_answers(proxy: HttpsProxy) -> None:
    trusting = ssl.create_default_context(cafile=str(proxy.authority))
    for named in ("iam.amazonaws.com", "127.0.0.1", f"{POOLS}.localhost"):
        with tunnel(proxy, POOLS, trusting) as found:
            found.sendall(f"GET /_lab/health HTTP/1.1\r\nHost: {named}\r\n\r\n".encode())
            assert found.recv(100).startswith(b"HTTP/1.1 421 ")


def test_the_end_closes_the_port_and_forgets_the_authority(server: Server) -> None:
    with HttpsProxy(server) as proxy:
        assert proxy.authority.read_text().count("BEGIN CERTIFICATE") == 1
        assert "PRIVATE" not in proxy.authority.read_text()
        assert all(f"export {name}={proxy.authority}\n" in str(proxy) for name in TRUSTED)
    assert not proxy.authority.exists()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy, "")


def test_a_real_name_is_that_host_without_a_tunnel_too(lab: Lab, server: Server) -> None:
    pool = lab.scene("members").pool
    path = f"/{pool}/.well-known/openid-configuration"
    for host in (f"{POOLS}:{server.port}", POOLS.upper() + f":{server.port}"):
        assert ask(server, "GET", path, host).json()["issuer"] == f"https://{POOLS}/{pool}"
    assert ask(server, "GET", path, f"example.com:{server.port}").status == 421
    assert ask(server, "GET", path, f"{POOLS}:{server.port + 1}").status == 421
    foreign = ask(server, "POST", "/", f"{POOLS}:{server.port}", "{}", origin="https://evil.example")
    assert foreign.status == 403
    assert ask(server, "GET", "/_lab/health", f"{POOLS}:{server.port}").status != 200
