"""The token endpoint: a code for tokens, who may redeem it, refreshing, and what the tokens say."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from support.managed_login import (
    CALLBACK,
    DOMAIN,
    OAUTH,
    OTHER_CALLBACK,
    PKCE,
    VERIFIER,
    Pages,
    error,
    fields_of,
    pages,
)
from support.user_pools import pairs, read, refused

from cognito_lab.aws.managed_login.oauth import authorization_codes, token_endpoint
from cognito_lab.protocols import oauth

Patch = pytest.MonkeyPatch


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        yield it


def off(patch: Patch, rule: str, home: Any = token_endpoint, instead: Any = None) -> None:
    """Switch a rule off."""
    patch.setattr(home, rule, lambda *_: instead)


# -- a code for tokens -----------------------------------------------------------------------------


def test_a_code_becomes_three_tokens(it: Pages) -> None:
    answer = it.redeem(it.code_of(**PKCE, nonce="n-1"), code_verifier=VERIFIER)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens.keys() == {"id_token", "access_token", "refresh_token", "token_type", "expires_in"}
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    identity, access = read(tokens["id_token"]), read(tokens["access_token"])
    assert identity["nonce"] == "n-1" and identity["at_hash"] == oauth.access_token_hash(
        tokens["access_token"]
    )
    assert access["version"] == 2 and access["client_id"] == identity["aud"] == it.client
    assert identity["email"] == "mara@tidepool.example" and identity["email_verified"] is True
    assert "nonce" not in access and "at_hash" not in access and "email" not in access
    assert identity["amr"] == ["pwd"] and identity["origin_jti"] == access["origin_jti"]
    assert "nonce" not in read(it.tokens()["id_token"])


def test_the_tokens_of_the_api_say_what_they_said(it: Pages) -> None:
    tokens = it.sign_in()
    identity, access = read(tokens["IdToken"]), read(tokens["AccessToken"])
    assert access["scope"] == "aws.cognito.signin.user.admin" and "version" not in access
    assert "at_hash" not in identity and "nonce" not in identity


def test_without_openid_there_is_no_id_token(it: Pages) -> None:
    tokens = it.tokens(scope="email profile")
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}


@pytest.mark.parametrize(
    ("scope", "found", "missing"),
    [
        ("openid", {"email", "phone_number", "name"}, set()),
        ("openid profile email", {"email", "phone_number", "name"}, set()),
        ("openid email", {"email", "email_verified"}, {"phone_number", "name"}),
        ("openid phone", {"phone_number"}, {"email", "name"}),
        ("openid email phone", {"email", "phone_number"}, {"name"}),
    ],
)
def test_scopes_open_claims(it: Pages, scope: str, found: set[str], missing: set[str]) -> None:
    values = pairs(phone_number="+4915112345678", name="Mara Lind")
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=values)
    claims = read(it.tokens(scope=scope)["id_token"])
    assert found <= set(claims) and not missing & set(claims)


def test_a_token_of_the_pages_calls_the_api_if_it_has_that_scope(it: Pages) -> None:
    with_it = it.tokens(scope="openid aws.cognito.signin.user.admin")["access_token"]
    assert it.idp.get_user(AccessToken=with_it)["Username"] == "mara"
    with refused("NotAuthorizedException", "Access Token does not have required scopes"):
        it.idp.get_user(AccessToken=it.tokens(scope="openid")["access_token"])


# -- a code and its thieves ------------------------------------------------------------------------


def test_a_code_works_once(it: Pages, monkeypatch: Patch) -> None:
    code = it.code_of()
    assert it.redeem(code).status_code == 200
    error(it.redeem(code), "invalid_grant")
    off(monkeypatch, "consume_code")
    again = it.code_of()
    assert [it.redeem(again).status_code for _ in range(2)] == [200, 200]


def test_a_code_works_for_five_minutes(it: Pages, monkeypatch: Patch) -> None:
    code, in_time = it.code_of(), it.code_of()
    it.lab.travel(seconds=298)
    assert it.redeem(in_time).status_code == 200
    it.lab.travel(seconds=2)
    error(it.redeem(code), "invalid_grant")
    off(monkeypatch, "check_not_expired")
    assert it.redeem(code).status_code == 200


def test_a_code_works_for_its_client_alone(it: Pages, monkeypatch: Patch) -> None:
    other = it.oauth_client()["ClientId"]
    code = it.code_of()
    error(it.redeem(code, client_id=other), "invalid_grant")
    off(monkeypatch, "check_is_of")
    assert it.redeem(code, client_id=other).status_code == 200


@pytest.mark.parametrize("uri", [OTHER_CALLBACK, "https://evil.example/", "", None])
def test_a_code_works_with_its_address_alone(it: Pages, monkeypatch: Patch, uri: str | None) -> None:
    code = it.code_of()
    assert error(it.redeem(code, redirect_uri=uri), "unauthorized_client") == "invalid_redirect"
    off(monkeypatch, "check_redirect_uri")
    assert it.redeem(code, redirect_uri=uri).status_code == 200


def test_a_code_of_another_pool_is_unknown(it: Pages) -> None:
    code = it.code_of()
    it.new_pool(client=OAUTH)
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="reef")
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    there = DOMAIN.replace("tidepool", "reef") + "/oauth2/token"
    error(requests.post(there, data={**asked, "client_id": it.client}), "invalid_grant")
    error(it.redeem(code, client_id=it.client), "invalid_client")  # the other pool's client, at this domain


@pytest.mark.parametrize("code", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_code(it: Pages, code: str) -> None:
    error(it.redeem(code), "invalid_grant" if code else "invalid_request")


@pytest.mark.parametrize("end", ["admin_disable_user", "admin_delete_user"])
def test_a_code_of_somebody_who_was_disabled_or_deleted(it: Pages, monkeypatch: Patch, end: str) -> None:
    code = it.code_of()
    getattr(it.idp, end)(UserPoolId=it.pool, Username="mara")
    error(it.redeem(code), "invalid_grant")
    off(monkeypatch, "check_user")
    assert it.redeem(code).status_code == 200


# -- PKCE ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verifier", [None, "", "x" * 43, VERIFIER + "a", PKCE["code_challenge"]])
def test_who_redeems_is_who_began(it: Pages, monkeypatch: Patch, verifier: str | None) -> None:
    code = it.code_of(**PKCE)
    error(it.redeem(code, code_verifier=verifier), "invalid_grant")
    monkeypatch.setattr(oauth, "check_verifier", lambda *_: None)
    assert it.redeem(code, code_verifier=verifier).status_code == 200


def test_a_verifier_without_a_challenge_is_somebody_else_s_sign_in(it: Pages) -> None:
    """RFC 9700, 4.8.2: a code that an attacker began without PKCE, given to an app that uses it."""
    error(it.redeem(it.code_of(), code_verifier=VERIFIER), "invalid_grant")


@pytest.mark.parametrize("made", [lambda right: right + "=", lambda right: right.lower()])
def test_a_challenge_that_is_computed_wrongly_fails_in_the_end(it: Pages, made: Callable[[str], str]) -> None:
    code = it.code_of(code_challenge=made(PKCE["code_challenge"]), code_challenge_method="S256")
    error(it.redeem(code, code_verifier=VERIFIER), "invalid_grant")


# -- the client and its proof ----------------------------------------------------------------------


@pytest.fixture
def web(it: Pages) -> dict[str, Any]:
    """A web server's client, with a secret."""
    return it.oauth_client(GenerateSecret=True)


def test_a_secret_comes_by_basic_or_in_the_form(it: Pages, web: dict[str, Any]) -> None:
    name, secret = web["ClientId"], web["ClientSecret"]
    assert it.redeem(it.code_of(client_id=name), client_id=name, client_secret=secret).status_code == 200
    assert it.redeem(it.code_of(client_id=name), client_id=None, auth=(name, secret)).status_code == 200
    assert it.redeem(it.code_of(client_id=name), client_id=name, auth=(name, secret)).status_code == 200


def test_without_the_secret_there_is_nothing(it: Pages, web: dict[str, Any], monkeypatch: Patch) -> None:
    name, code = web["ClientId"], it.code_of(client_id=web["ClientId"])
    for wrong in (
        {"client_id": name},
        {"client_id": name, "client_secret": ""},
        {"client_id": name, "client_secret": web["ClientSecret"][:-1]},
        {"client_id": None, "auth": (name, "wrong")},
        {"client_id": None, "auth": (name, "")},
    ):
        assert error(it.redeem(code, **wrong), "invalid_client") == "invalid_client_secret"
    off(monkeypatch, "check_secret")
    assert it.redeem(code, client_id=name).status_code == 200


def test_a_client_says_who_it_is_in_one_way(it: Pages, web: dict[str, Any]) -> None:
    name, secret = web["ClientId"], web["ClientSecret"]
    code = it.code_of(client_id=name)
    error(it.redeem(code, client_id=it.client, auth=(name, secret)), "invalid_request")
    error(it.redeem(code, client_id=name, client_secret=secret, auth=(name, secret)), "invalid_request")


def test_a_public_client_has_no_secret_to_show(it: Pages) -> None:
    error(it.redeem(it.code_of(), client_secret="made up"), "invalid_client")


def test_nobody(it: Pages) -> None:
    error(it.redeem(it.code_of(), client_id="nobody"), "invalid_client")
    error(it.redeem(it.code_of(), client_id=None), "invalid_client")
    odd = {"authorization": "Basic !!!", "content-type": "application/x-www-form-urlencoded"}
    error(it.redeem("x", headers=odd), "invalid_client", 401)
    latin = base64.b64encode(b"\xff:x").decode()
    error(it.redeem("x", headers={**odd, "authorization": f"Basic {latin}"}), "invalid_client", 401)


# -- the request -----------------------------------------------------------------------------------


def test_a_request_has_a_form_and_says_what_it_wants(it: Pages) -> None:
    code = it.code_of()
    asked = {
        "grant_type": "authorization_code", "code": code, "client_id": it.client, "redirect_uri": CALLBACK,
    }  # fmt: skip
    error(requests.post(f"{DOMAIN}/oauth2/token", json=asked), "invalid_request")
    error(requests.post(f"{DOMAIN}/oauth2/token", params=asked), "invalid_request")
    error(it.token(**asked, headers={"content-type": "text/plain"}), "invalid_request")
    error(it.token(grant_type=None), "invalid_request")
    error(it.token(grant_type="password", username="mara", password="x"), "unsupported_grant_type")
    twice = {**asked, "client_id": [it.client, "other"]}
    error(requests.post(f"{DOMAIN}/oauth2/token", data=twice), "invalid_request")
    assert requests.post(f"{DOMAIN}/oauth2/token", data=asked).status_code == 200


def test_a_flow_that_the_client_no_longer_allows(it: Pages) -> None:
    code = it.code_of()
    it.idp.update_user_pool_client(
        UserPoolId=it.pool, ClientId=it.client, **(OAUTH | {"AllowedOAuthFlows": ["implicit"]})
    )
    error(it.redeem(code), "unauthorized_client")
    it.idp.update_user_pool_client(
        UserPoolId=it.pool, ClientId=it.client, **(OAUTH | {"AllowedOAuthFlowsUserPoolClient": False})
    )
    error(it.redeem(code), "unauthorized_client")
    it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=it.client, **OAUTH)
    assert it.redeem(code).status_code == 200


def test_a_scope_promises_attributes_that_the_client_may_read(it: Pages, monkeypatch: Patch) -> None:
    blind = it.oauth_client(ReadAttributes=["name", "email"])["ClientId"]
    code = it.code_of(client_id=blind, scope="openid email")
    error(it.redeem(code, client_id=blind), "invalid_grant")
    other = it.code_of(client_id=blind, scope="openid profile")
    assert it.redeem(other, client_id=blind).status_code == 200
    off(monkeypatch, "check_readable")
    assert it.redeem(code, client_id=blind).status_code == 200


def test_pages_of_any_origin_may_call_it(it: Pages) -> None:
    answer = it.redeem(it.code_of(), headers={"origin": "https://app.tidepool.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    refusal = it.redeem("x", headers={"origin": "https://app.tidepool.example"})
    assert refusal.status_code == 400 and refusal.headers["access-control-allow-origin"] == "*"
    asked = requests.options(f"{DOMAIN}/oauth2/userInfo", headers={"origin": "https://app.tidepool.example"})
    assert asked.status_code == 200 and "Authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in requests.get(it.address(), headers={"origin": "x"}).headers


# -- refreshing ------------------------------------------------------------------------------------


def refresh(it: Pages, token: str, **fields: Any) -> requests.Response:
    return it.token(grant_type="refresh_token", refresh_token=token, **fields)


def test_refreshing_keeps_the_scopes_and_the_time_of_the_sign_in(it: Pages) -> None:
    first = it.tokens(scope="openid email", nonce="n-1")
    it.lab.travel(minutes=50)
    answer = refresh(it, first["refresh_token"])
    assert answer.status_code == 200
    fresh = answer.json()
    assert fresh.keys() == {"id_token", "access_token", "token_type", "expires_in"}
    before, after = read(first["id_token"]), read(fresh["id_token"])
    assert after["auth_time"] == before["auth_time"] and after["iat"] > before["iat"]
    assert after["origin_jti"] == before["origin_jti"] and "nonce" not in after
    assert after["at_hash"] == oauth.access_token_hash(fresh["access_token"])
    assert read(fresh["access_token"])["scope"] == "openid email" and "phone_number" not in after
    without = it.tokens(scope="email")
    assert "id_token" not in refresh(it, without["refresh_token"]).json()


def test_a_session_of_the_api_can_be_refreshed_here_too(it: Pages) -> None:
    fresh = refresh(it, it.sign_in()["RefreshToken"]).json()
    assert read(fresh["access_token"])["scope"] == "aws.cognito.signin.user.admin"


def test_with_rotation_a_new_refresh_token_comes(it: Pages) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = it.new_client(**OAUTH, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"], RefreshTokenRotation=rotation)[
        "ClientId"
    ]
    old = it.redeem(it.code_of(client_id=client), client_id=client).json()["refresh_token"]
    new = refresh(it, old, client_id=client).json()["refresh_token"]
    assert new != old
    error(refresh(it, old, client_id=client), "invalid_grant")
    assert refresh(it, new, client_id=client).status_code == 200


def test_refresh_tokens_that_are_worth_nothing(it: Pages) -> None:
    token = it.tokens()["refresh_token"]
    other = it.oauth_client()["ClientId"]
    error(refresh(it, token, client_id=other), "invalid_grant")
    error(refresh(it, "x"), "invalid_grant")
    error(refresh(it, ""), "invalid_request")
    assert refresh(it, token).status_code == 200
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    error(refresh(it, token), "invalid_grant")
    it.idp.admin_enable_user(UserPoolId=it.pool, Username="mara")
    error(refresh(it, token), "invalid_grant")  # revoked for good
    late = it.tokens()["refresh_token"]
    it.lab.travel(days=30)
    error(refresh(it, late), "invalid_grant")


def test_a_client_that_may_not_refresh(it: Pages, monkeypatch: Patch) -> None:
    client = it.new_client(**OAUTH, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"]
    token = it.redeem(it.code_of(client_id=client), client_id=client).json()["refresh_token"]
    error(refresh(it, token, client_id=client), "unauthorized_client")
    off(monkeypatch, "check_refreshable")
    assert refresh(it, token, client_id=client).status_code == 200


# -- what a program without the lab checks ---------------------------------------------------------


def test_the_id_token_verifies_by_discovery(it: Pages) -> None:
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{it.pool}"
    document = requests.get(f"{issuer}/.well-known/openid-configuration").json()
    assert document["authorization_endpoint"] == f"{DOMAIN}/oauth2/authorize"
    assert document["token_endpoint"] == f"{DOMAIN}/oauth2/token"
    assert document["userinfo_endpoint"] == f"{DOMAIN}/oauth2/userInfo"
    assert document["revocation_endpoint"] == f"{DOMAIN}/oauth2/revoke"
    assert document["end_session_endpoint"] == f"{DOMAIN}/logout"
    token = it.tokens()["id_token"]
    key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=it.client, issuer=issuer)
    assert claims["token_use"] == "id"
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    assert "token_endpoint" not in requests.get(f"{issuer}/.well-known/openid-configuration").json()


def test_codes_are_kept_for_nobody_to_guess(it: Pages) -> None:
    seen = {it.code_of() for _ in range(3)} | {fields_of(it.authorize())["code"]}
    assert len(seen) == 4 and authorization_codes.CODE_SECONDS == 300
