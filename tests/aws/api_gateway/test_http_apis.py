"""HTTP APIs: issuer, audience and scope of a token, what the caller is told, and which route answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from support.api_gateway import BEHIND, Gateway, ask, gateway
from support.iam_people import refusal
from support.identity_pools import Issuer

from cognito_lab import OutsideTheLab
from cognito_lab.network import hosts
from cognito_lab.network.messages import Response

UNAUTHORIZED = (401, "Unauthorized")


@pytest.fixture
def w() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


@contextmanager
def published(issuer: Issuer) -> Iterator[None]:
    """What ``issuer`` publishes can be read in this block."""
    pattern = re.escape(issuer.host)
    hosts.register_host(pattern, issuer.host, lambda request: issuer.answer(request) or Response(404))
    row = hosts.HOSTS.pop()
    hosts.HOSTS.insert(0, row)
    try:
        yield
    finally:
        hosts.HOSTS.remove(row)


def told(address: str, token: str | None) -> str:
    headers = {} if token is None else {"Authorization": token}
    return requests.get(address, headers=headers, timeout=5).headers["www-authenticate"]


def test_without_scopes_both_tokens_of_the_client_pass(w: Gateway) -> None:
    """``client_id`` stands in for the audience that an access token has not."""
    address, tokens = f"{w.http_api([w.users.client])}/jwt", w.users.sign_in()
    for kind in ("IdToken", "AccessToken"):
        assert ask(address, f"Bearer {tokens[kind]}")[0] == ask(address, tokens[kind])[0] == 200


def test_a_scope_tells_the_access_token_from_the_id_token(w: Gateway) -> None:
    address, tokens = w.http_api([w.users.client]), w.users.sign_in()
    assert ask(f"{address}/users", tokens["AccessToken"])[0] == 200
    assert ask(f"{address}/users", tokens["IdToken"]) == (403, "Forbidden")
    assert ask(f"{address}/scoped", tokens["AccessToken"]) == (403, "Forbidden")
    said = told(f"{address}/scoped", tokens["AccessToken"])
    assert said.startswith('Bearer scope="pictures/read" error="insufficient_scope"')


def test_the_audience_is_the_client(w: Gateway) -> None:
    address = f"{w.http_api([w.users.pool, 'pictures'])}/jwt"
    for token in w.users.sign_in()["IdToken"], w.users.sign_in()["AccessToken"]:
        assert ask(address, token) == UNAUTHORIZED
        why = 'error_description="the token does not have a valid audience"'
        assert told(address, token) == f'Bearer scope="" error="invalid_token" {why}'
    address, token = f"{w.http_api([w.users.client])}/jwt", w.machine_token()
    assert ask(address, token) == UNAUTHORIZED


def test_no_token_and_tokens_that_do_not_count(w: Gateway) -> None:
    address, token = f"{w.http_api([w.users.client])}/jwt", w.users.sign_in()["IdToken"]
    head, claims, signature = token.split(".")
    assert ask(address) == UNAUTHORIZED and told(address, None) == "Bearer"
    for other in ("mara", "Bearer a.b.c", f"{head}.{claims}.{'A' * len(signature)}"):
        assert ask(address, other) == UNAUTHORIZED
    old = w.users.client
    w.users.new_pool(AutoVerifiedAttributes=["email"])
    w.users.member()
    assert old != w.users.client and ask(address, w.users.sign_in()["IdToken"]) == UNAUTHORIZED


def test_a_token_of_another_issuer_with_the_same_keys(w: Gateway) -> None:
    """The signature is good; only the name of who made it is another."""
    issuer = Issuer("login.northshore.example/a")
    with published(issuer):
        address = f"{w.http_api(['tidepool'], 'https://login.northshore.example/a')}/jwt"
        assert ask(address, issuer.token(aud="tidepool"))[0] == 200
        assert ask(address, issuer.token(aud="tidepool", iss="https://elsewhere.example")) == UNAUTHORIZED


def test_times(w: Gateway) -> None:
    issuer, now = Issuer("login.northshore.example"), int(time.time())
    with published(issuer):
        address = f"{w.http_api(['tidepool'], 'https://login.northshore.example')}/jwt"
        for wrong in ({"exp": now - 1}, {"nbf": now + 60}, {"iat": now + 60}):
            assert ask(address, issuer.token(aud="tidepool", **wrong)) == UNAUTHORIZED
        for right in ({"exp": now + 60}, {"nbf": now - 1}, {"aud": ["a", "tidepool"]}):
            assert ask(address, issuer.token(**{"aud": "tidepool"} | right))[0] == 200


def test_after_an_hour_and_after_a_sign_out(w: Gateway) -> None:
    address, tokens = f"{w.http_api([w.users.client])}/jwt", w.users.sign_in()
    w.users.idp.global_sign_out(AccessToken=tokens["AccessToken"])
    assert ask(address, tokens["AccessToken"])[0] == 200
    w.lab.travel(hours=1)
    assert ask(address, tokens["AccessToken"]) == UNAUTHORIZED


def test_routes(w: Gateway) -> None:
    address = w.http_api([w.users.client])
    assert ask(f"{address}/nothing") == (404, "Not Found")
    assert requests.post(f"{address}/open", timeout=5).status_code == 404
    w.route("ANY /pictures/{name}", "NONE", f"{BEHIND}/one/{{name}}")
    w.route("GET /pictures/{name}", "NONE", f"{BEHIND}/look/{{name}}")
    w.route("GET /pictures/{rest+}", "NONE", f"{BEHIND}/deep/{{rest}}")
    w.route("$default", "NONE", f"{BEHIND}/default")
    asked = {"/pictures/a%20b": "/look/a b", "/pictures/a/b": "/deep/a/b", "/else": "/default"}
    for path, behind in asked.items():
        assert requests.get(f"{address}{path}?x=y", timeout=5).json()["path"] == behind
    said = requests.delete(f"{address}/pictures/a", timeout=5).json()
    assert (said["method"], said["path"]) == ("DELETE", "/one/a")


def test_a_named_stage_is_a_part_of_the_path(w: Gateway) -> None:
    address = w.http_api([w.users.client])
    w.http.create_stage(ApiId=w.http_id, StageName="test", AutoDeploy=True)
    assert ask(f"{address}/test/open")[0] == ask(f"{address}/open")[0] == 200
    assert ask(f"{address}/prod/open")[0] == 404


def test_claims_for_the_server_behind(w: Gateway) -> None:
    address = w.http_api([w.users.client])
    w.users.idp.create_group(GroupName="jury", UserPoolId=w.users.pool)
    w.users.idp.admin_add_user_to_group(GroupName="jury", UserPoolId=w.users.pool, Username="mara")
    mapped = {
        "overwrite:header.X-Name": "$context.authorizer.claims.username",
        "overwrite:header.X-Groups": "$context.authorizer.claims.cognito:groups",
        "overwrite:header.X-Path": "$request.path.name",
    }
    w.route("GET /mapped/{name}", "JWT", mapped=mapped)
    headers = {"Authorization": w.users.sign_in()["AccessToken"], "X-Name": "ines"}
    said = requests.get(f"{address}/mapped/crab", headers=headers, timeout=5).json()["headers"]
    assert (said["X-Name"], said["X-Groups"], said["X-Path"]) == ("mara", "[jury]", "crab")


# -- the operations that make an API -------------------------------------------------------------------


def test_what_was_made_is_told_and_changed(w: Gateway) -> None:
    address, http = w.http_api(["somebody"]), w.http
    api = {"ApiId": w.http_id}
    assert http.get_api(**api)["ApiEndpoint"] == address
    assert [row["ApiId"] for row in http.get_apis()["Items"]] == [w.http_id]
    routes = {row["RouteKey"]: row for row in http.get_routes(**api)["Items"]}
    assert routes["GET /scoped"]["AuthorizationScopes"] == ["pictures/read"]
    token = w.users.sign_in()["AccessToken"]
    assert ask(f"{address}/jwt", token)[0] == 401
    trusted = {"Issuer": w.issuer, "Audience": [w.users.client]}
    http.update_authorizer(**api, AuthorizerId=w.jwt, JwtConfiguration=trusted)
    assert http.get_authorizers(**api)["Items"][0]["JwtConfiguration"] == trusted
    assert ask(f"{address}/jwt", token)[0] == 200
    route = {**api, "RouteId": routes["GET /jwt"]["RouteId"]}
    http.update_route(**route, AuthorizationScopes=["pictures/read"])
    assert ask(f"{address}/jwt", token)[0] == 403
    http.delete_route(**route)
    assert ask(f"{address}/jwt", token)[0] == 404
    http.delete_api(**api)
    assert refusal(http.get_api, **api)[:2] == ("NotFoundException", 404)
    assert ask(f"{address}/open")[0] == 403


def test_what_cannot_be_made(w: Gateway) -> None:
    w.http_api([w.users.client])
    http, api = w.http, {"ApiId": w.http_id}
    bad, conflict = ("BadRequestException", 400), ("ConflictException", 409)

    def made(call: Any, **given: Any) -> tuple[str, int]:
        return refusal(call, **api, **given)[:2]

    assert made(http.create_route, RouteKey="GET /open") == conflict
    assert made(http.create_route, RouteKey="open") == bad
    assert made(http.create_route, RouteKey="GET /a", AuthorizationType="JWT", AuthorizerId="none") == bad
    assert made(http.create_route, RouteKey="GET /a", AuthorizationScopes=["a"]) == bad
    assert made(http.create_route, RouteKey="GET /a", Target="integrations/none") == bad
    assert made(http.create_stage, StageName="$default", AutoDeploy=True) == conflict
    trusted = {"Issuer": w.issuer, "Audience": [w.users.client]}
    given: dict[str, Any] = {"Name": "a", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.A"]}
    for wrong in (
        {"JwtConfiguration": {"Issuer": w.issuer}},
        {"JwtConfiguration": {"Audience": ["a"]}},
        {"JwtConfiguration": trusted | {"Issuer": f"{w.issuer}nobody"}},
        {"JwtConfiguration": trusted, "IdentitySource": ["Authorization"]},
        {"JwtConfiguration": trusted, "IdentitySource": []},
    ):
        assert made(http.create_authorizer, **given | wrong) == bad
    assert made(http.create_integration, IntegrationType="HTTP_PROXY") == bad
    assert made(http.delete_route, RouteId="none") == ("NotFoundException", 404)


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("create_api", {"Name": "a", "ProtocolType": "WEBSOCKET"}),
        ("create_api", {"Name": "a", "ProtocolType": "HTTP", "Target": BEHIND}),
        ("create_stage", {"ApiId": "", "StageName": "test"}),
        ("create_authorizer", {"ApiId": "", "Name": "a", "AuthorizerType": "REQUEST", "IdentitySource": []}),
        ("create_route", {"ApiId": "", "RouteKey": "GET /a", "AuthorizationType": "CUSTOM"}),
        ("create_integration", {"ApiId": "", "IntegrationType": "MOCK"}),
        ("get_vpc_links", {}),
    ],
)
def test_what_the_lab_does_not_play_is_refused_by_name(w: Gateway, call: str, given: Any) -> None:
    w.http_api([w.users.client])
    given |= {"ApiId": w.http_id} if "ApiId" in given else {}
    with pytest.raises(OutsideTheLab, match="not played by this lab"):
        getattr(w.http, call)(**given)


def test_a_mapping_that_the_lab_does_not_play_is_refused_by_name(w: Gateway) -> None:
    w.http_api([w.users.client])
    with pytest.raises(OutsideTheLab, match="not played by this lab"):
        w.route("GET /mapped", "NONE", mapped={"append:querystring.a": "$context.requestId"})
