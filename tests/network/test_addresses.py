"""Addresses of others are taken apart by one function, which fails at none."""

from __future__ import annotations

import ast
from pathlib import Path

import boto3
from support.user_pools import refused, world

import cognito_lab
from cognito_lab.aws.managed_login import csrf
from cognito_lab.network import addresses
from cognito_lab.network.messages import Headers, Request
from cognito_lab.protocols import oauth
from cognito_lab.served import browser_rules

BROKEN = ("https://[", "https://]", "//[x", "http://[::1", "https://\u2100.example")


def test_what_cannot_be_read_has_no_parts() -> None:
    for text in BROKEN:
        assert addresses.parts_of(text).netloc == ""
    assert addresses.parts_of("https://a.example:5/b?c#d").hostname == "a.example"


# Reads an address of the lab's own, of a request that has arrived, or of whoever calls Python functions.
OF_THE_LAB = {
    "aws/iam/signatures.py", "network/addresses.py", "network/messages.py",
    "providers/authorization_server.py", "providers/checks.py", "providers/social.py",
    "providers/university.py", "served/browser_rules.py", "served/routing.py", "served/server.py",
}  # fmt: skip


def test_nobody_else_takes_addresses_apart() -> None:
    package = Path(cognito_lab.__file__).parent
    found = {
        str(path.relative_to(package))
        for room in ("aws", "network", "protocols", "providers", "served")
        for path in (package / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("urlsplit", "urlparse")
    }
    assert found <= OF_THE_LAB


def test_an_address_that_is_none_is_another_one() -> None:
    for text in BROKEN:
        fields = Headers({"host": "a.example", "origin": text})
        assert csrf.is_of_another_origin(Request("POST", "https://a.example/", fields))
        assert not browser_rules.is_played(text)
        assert oauth.back_to(text, {"code": "1"}).status == 302


def test_a_provider_has_an_address() -> None:
    with world() as it:
        details = {"client_id": "c", "client_secret": "s", "authorize_scopes": "openid"}
        more = {"attributes_request_method": "GET"}
        for text in BROKEN:
            with refused("InvalidParameterException"):
                it.idp.create_identity_provider(
                    UserPoolId=it.pool, ProviderName="Club", ProviderType="OIDC",
                    ProviderDetails={**details, **more, "oidc_issuer": text},
                )  # fmt: skip
            with refused("ValidationError"):
                boto3.client("iam").create_open_id_connect_provider(Url=text)
