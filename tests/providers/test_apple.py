"""The stand-in for Apple: signed ID tokens, answers by a form, and a JWT in place of a secret."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
import time_machine

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.network.forms import OAuthError
from cognito_lab.providers.accounts import Client
from cognito_lab.providers.apple import Apple

CALLBACK = "https://tidepool.example/callback"
MARA = "mara@tidepool.example"
ISSUER = "https://appleid.apple.com"


@pytest.fixture
def apple() -> Iterator[Apple]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False), Lab.start() as lab:
        yield lab.apple


@pytest.fixture
def client(apple: Apple) -> Client:
    return apple.register_client("Tidepool", [CALLBACK])


def address(client: Client, **changed: str) -> str:
    asked = {
        "client_id": client.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s-1",
        "nonce": "n-1", "scope": "name email", "response_mode": "form_post",
    } | changed  # fmt: skip
    return f"{Apple.login}?{urlencode({name: value for name, value in asked.items() if value})}"


def secret(client: Client, key: str = "", kid: str = "", **changed: Any) -> str:
    claims = {
        "iss": client.team_id, "sub": client.client_id, "aud": ISSUER, "iat": int(time.time()),
        "exp": int(time.time()) + 300,
    } | changed  # fmt: skip
    headers = {"kid": kid or client.key_id}
    return jwt.encode(claims, key or client.private_key, algorithm="ES256", headers=headers)


def exchange(client: Client, code: str, shown: str) -> requests.Response:
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    sent |= {"client_id": client.client_id, "client_secret": shown}
    return requests.post(f"{ISSUER}/auth/token", data=sent)


def verified(token: str, audience: str) -> dict[str, Any]:
    keys = requests.get(f"{ISSUER}/.well-known/openid-configuration").json()["jwks_uri"]
    key = jwt.PyJWKClient(keys).get_signing_key_from_jwt(token)
    found: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=ISSUER)
    return found


def test_a_page_gets_an_id_token_for_its_services_id(apple: Apple, client: Client) -> None:
    claims = verified(apple.credential(client.client_id, MARA), "example.tidepool.web")
    assert claims["sub"] == apple.accounts[MARA].sub and "email" not in claims
    with pytest.raises(jwt.InvalidAudienceError):
        verified(apple.credential(client.client_id, MARA), "example.another.web")


def test_the_answer_comes_by_a_form_with_the_name_the_first_time_only(apple: Apple, client: Client) -> None:
    first, second = (apple.sign_in_by_form(address(client), MARA) for _ in range(2))
    assert first["state"] == second["state"] == "s-1"
    assert json.loads(first["user"])["name"] == {"firstName": "Mara", "lastName": "Lindqvist"}
    assert "user" not in second
    apple.withdraw(client.client_id, MARA)
    assert "user" in apple.sign_in_by_form(address(client), MARA)
    claims = verified(exchange(client, first["code"], secret(client)).json()["id_token"], client.client_id)
    assert (claims["email"], claims["email_verified"], claims["nonce"]) == (MARA, True, "n-1")


def test_who_says_no_is_known_to_nobody(apple: Apple, client: Client) -> None:
    assert apple.sign_in_by_form(address(client), MARA, consent=False) == {
        "state": "s-1", "error": "user_cancelled_authorize",
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["", "query", "fragment"])
def test_a_name_never_comes_in_an_address(apple: Apple, client: Client, mode: str) -> None:
    with pytest.raises(OAuthError, match="response_mode must be form_post"):
        apple.sign_in_by_form(address(client, response_mode=mode), MARA)
    without = apple.sign_in(address(client, response_mode=mode, scope=""), MARA)
    assert set(parse_qs(urlsplit(without).query)) == {"code", "state"}


def test_a_scope_that_apple_does_not_know_is_refused(apple: Apple, client: Client) -> None:
    with pytest.raises(OAuthError) as error:
        apple.sign_in_by_form(address(client, scope="email phone"), MARA)
    assert (error.value.code, error.value.status) == ("invalid_scope", 400)


def test_a_secret_is_signed_by_the_apps_key_for_apple_and_not_for_long(apple: Apple, client: Client) -> None:
    other = apple.register_client("Another", [CALLBACK])
    code = apple.sign_in_by_form(address(client), MARA)["code"]
    now = int(time.time())
    for wrong in (
        secret(client, key=other.private_key),
        secret(client, kid=other.key_id),
        secret(client, iss=other.team_id),
        secret(client, sub=other.client_id),
        secret(client, aud="https://rook.example"),
        secret(client, iat=now - 600, exp=now - 300),
        secret(client, exp=now + 15_777_001),
        client.key_id,
        "",
    ):
        answer = exchange(client, code, wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert exchange(client, code, secret(client, exp=now + 15_777_000)).status_code == 200
    assert client.private_key not in repr(client)


def test_two_apps_do_not_have_one_services_id(apple: Apple, client: Client) -> None:
    with pytest.raises(ValueError, match="taken"):
        apple.register_client("Tidepool", [CALLBACK])


def test_what_is_not_played_is_refused_by_name(apple: Apple) -> None:
    with pytest.raises(OutsideTheLab, match="Apple"):
        requests.post(f"{ISSUER}/auth/revoke")
