"""userInfo and revocation: what an access token opens at the domain, and how it stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.managed_login import DOMAIN, OAUTH, Pages, error, pages
from support.user_pools import pairs, read, refused

from cognito_lab.aws.managed_login.oauth import userinfo
from cognito_lab.aws.user_pools.tokens import checking

SIGNED_OUT = "Access token is expired, disabled, or deleted, or the user has globally signed out."


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        yield it


def info(token: str, method: str = "GET", scheme: str = "Bearer") -> requests.Response:
    return requests.request(
        method, f"{DOMAIN}/oauth2/userInfo", headers={"authorization": f"{scheme} {token}"}
    )


def revoke(it: Pages, token: str, auth: Any = None, **fields: str) -> requests.Response:
    data = {"client_id": it.client, "token": token, **fields}
    return requests.post(f"{DOMAIN}/oauth2/revoke", data=data, auth=auth)


def not_valid(answer: requests.Response) -> None:
    assert error(answer, "invalid_token", 401) == SIGNED_OUT
    assert f'error="invalid_token", error_description="{SIGNED_OUT}"' in answer.headers["www-authenticate"]


# -- userInfo --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_somebody_is_in_texts(it: Pages, method: str) -> None:
    tokens = it.tokens(scope="openid email")
    found = info(tokens["access_token"], method).json()
    assert found == {
        "sub": read(tokens["id_token"])["sub"], "email": "mara@tidepool.example",
        "email_verified": "true", "username": "mara",
    }  # fmt: skip


def test_it_says_what_the_scopes_and_the_client_open(it: Pages) -> None:
    it.idp.add_custom_attributes(
        UserPoolId=it.pool,
        CustomAttributes=[{"Name": "boat", "AttributeDataType": "String", "Mutable": True}],
    )
    it.idp.update_user_pool_client(
        UserPoolId=it.pool, ClientId=it.client, **OAUTH, ReadAttributes=["name", "email", "email_verified"]
    )
    values = pairs(name="Mara Lind", phone_number="+4915112345678", custom_boat="Kelpie")
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=values)
    wide = info(it.tokens(scope="openid profile email")["access_token"]).json()
    assert wide["name"] == "Mara Lind" and "phone_number" not in wide and "custom:boat" not in wide
    assert "name" not in info(it.tokens(scope="openid email")["access_token"]).json()


def test_a_token_of_the_api_has_no_openid(it: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    token = it.sign_in()["AccessToken"]
    for other in (token, it.tokens(scope="email profile")["access_token"]):
        assert error(info(other), "invalid_token", 401) == "Access token does not contain openid scope"
    monkeypatch.setattr(userinfo, "check_open_id", lambda claims: None)
    assert info(token).json()["username"] == "mara"


def test_other_tokens_are_not_access_tokens_of_this_pool(it: Pages) -> None:
    tokens = it.tokens()
    head, body, signature = tokens["access_token"].split(".")
    for wrong in (tokens["id_token"], tokens["refresh_token"], "x", f"{head}.{body}.{signature[::-1]}"):
        not_valid(info(wrong))
    it.new_pool(client=OAUTH)
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="reef")
    there = requests.get(
        f"{DOMAIN.replace('tidepool', 'reef')}/oauth2/userInfo",
        headers={"authorization": f"Bearer {tokens['access_token']}"},
    )
    not_valid(there)
    assert info(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Basic bWFyYTp4"])
def test_a_request_without_a_bearer_token(it: Pages, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = requests.get(f"{DOMAIN}/oauth2/userInfo", headers=headers)
    assert error(answer, "invalid_request") == "Bad OAuth2 request at UserInfo Endpoint"
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


def test_expired(it: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    token = it.tokens()["access_token"]
    it.lab.travel(minutes=60)
    not_valid(info(token))
    monkeypatch.setattr(checking, "check_not_expired", lambda claims: None)
    assert info(token).status_code == 200


@pytest.mark.parametrize("end", ["admin_user_global_sign_out", "admin_disable_user", "admin_delete_user"])
def test_signed_out_disabled_deleted(it: Pages, end: str) -> None:
    token = it.tokens()["access_token"]
    assert info(token).status_code == 200
    getattr(it.idp, end)(UserPoolId=it.pool, Username="mara")
    not_valid(info(token))


def test_the_client_is_gone(it: Pages) -> None:
    token = it.tokens()["access_token"]
    it.idp.delete_user_pool_client(UserPoolId=it.pool, ClientId=it.client)
    not_valid(info(token))


# -- revoking --------------------------------------------------------------------------------------


def test_a_refresh_token_goes_and_with_it_what_was_born_of_it(it: Pages) -> None:
    tokens, other = it.tokens(), it.tokens()
    answer = revoke(it, tokens["refresh_token"])
    assert answer.status_code == 200 and answer.content == b""
    not_valid(info(tokens["access_token"]))
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        it.idp.get_user(AccessToken=tokens["access_token"])
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    error(it.token(**asked), "invalid_grant")
    assert info(other["access_token"]).status_code == 200  # another login
    assert revoke(it, tokens["refresh_token"]).status_code == 200  # long dead: no error


def test_only_refresh_tokens_and_only_one_s_own(it: Pages) -> None:
    tokens = it.tokens()
    error(revoke(it, tokens["access_token"]), "unsupported_token_type")
    error(revoke(it, ""), "invalid_request")
    other = it.oauth_client()["ClientId"]
    error(revoke(it, tokens["refresh_token"], client_id=other), "invalid_client")
    error(revoke(it, tokens["refresh_token"], client_id="nobody"), "invalid_client")
    assert info(tokens["access_token"]).status_code == 200


def test_a_client_with_a_secret_shows_it(it: Pages) -> None:
    web = it.oauth_client(GenerateSecret=True)
    name, secret = web["ClientId"], web["ClientSecret"]
    token = it.redeem(it.code_of(client_id=name), client_id=name, client_secret=secret).json()
    error(revoke(it, token["refresh_token"], client_id=name), "invalid_client")
    assert info(token["access_token"]).status_code == 200
    assert revoke(it, token["refresh_token"], client_id=name, auth=(name, secret)).status_code == 200
    not_valid(info(token["access_token"]))


def test_revocation_can_be_off(it: Pages) -> None:
    name = it.oauth_client(EnableTokenRevocation=False)["ClientId"]
    tokens = it.redeem(it.code_of(client_id=name), client_id=name).json()
    error(revoke(it, tokens["refresh_token"], client_id=name), "invalid_request")
    assert "origin_jti" not in read(tokens["access_token"])
