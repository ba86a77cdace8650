"""The stand-ins for Facebook and Login with Amazon: whose a token is, who may have one, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import time_machine

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.network.forms import OAuthError
from cognito_lab.providers.accounts import Client
from cognito_lab.providers.social import Social

CALLBACK = "https://tidepool.example/callback"
ROOK = "rook@elsewhere.example"
TOKEN = {
    "facebook": "https://graph.facebook.com/v17.0/oauth/access_token",
    "amazon": "https://api.amazon.com/auth/o2/token",
}
PROFILE = {"facebook": "https://graph.facebook.com/me", "amazon": "https://api.amazon.com/user/profile"}
SUBJECT = {"facebook": "id", "amazon": "user_id"}
OPAQUE = list(TOKEN)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False), Lab.start() as lab:
        yield lab


def app_of(lab: Lab, name: str) -> tuple[Social, Client]:
    provider: Social = getattr(lab, name)
    return provider, provider.register_client("Tidepool", [CALLBACK])


def address(provider: Social, client: Client, **changed: str) -> str:
    asked = {"client_id": client.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s-1"}
    return f"{provider.login}?{urlencode(asked | changed)}"


def fields_of(location: str) -> dict[str, str]:
    parts = urlsplit(location)
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


def exchange(provider: Social, client: Client, code: str, **changed: str) -> requests.Response:
    sent = {
        "client_id": client.client_id, "client_secret": str(client.client_secret), "code": code,
        "redirect_uri": CALLBACK, "grant_type": "authorization_code",
    } | changed  # fmt: skip
    url = TOKEN[provider.service]
    return requests.get(url, params=sent) if provider.service == "facebook" else requests.post(url, data=sent)


def profile(provider: Social, token: str) -> Any:
    return requests.get(PROFILE[provider.service], params={"access_token": token}).json()


def test_people_of_the_cast_have_accounts_and_keys_of_each_providers_shape(lab: Lab) -> None:
    assert set(lab.facebook.accounts) == {"ben@tidepool.example", ROOK}
    assert set(lab.amazon.accounts) == {"ines@tidepool.example", ROOK}
    assert lab.facebook.accounts[ROOK].sub.isdigit()
    assert lab.amazon.accounts[ROOK].sub.startswith("amzn1.account.")
    client = lab.amazon.register_client("Tidepool", [CALLBACK])
    assert client.client_id.startswith("amzn1.application-oa2-client.")
    assert client.profile_id.startswith("amzn1.application.")


@pytest.mark.parametrize("name", OPAQUE)
def test_a_code_brings_a_token_that_tells_what_the_scopes_open(lab: Lab, name: str) -> None:
    provider, client = app_of(lab, name)
    came = fields_of(provider.sign_in(address(provider, client), ROOK))
    assert came["state"] == "s-1"
    answer = exchange(provider, client, came["code"]).json()
    found = profile(provider, answer["access_token"])
    assert (found[SUBJECT[name]], found["name"]) == (provider.accounts[ROOK].sub, "Rook")
    for again in (exchange(provider, client, came["code"]), exchange(provider, client, "AQ-invented")):
        assert again.status_code == 400  # a code counts once


@pytest.mark.parametrize("name", OPAQUE)
@pytest.mark.parametrize("wrong", [{"client_secret": "guessed"}, {"redirect_uri": "https://rook.example"}])
def test_a_code_is_for_who_asked(lab: Lab, name: str, wrong: dict[str, str]) -> None:
    provider, client = app_of(lab, name)
    code = fields_of(provider.sign_in(address(provider, client), ROOK))["code"]
    assert exchange(provider, client, code, **wrong).status_code in (400, 401)
    other = provider.register_client("Another", [CALLBACK])
    assert exchange(provider, other, code).status_code == 400
    assert exchange(provider, client, code).status_code == 200


@pytest.mark.parametrize("name", OPAQUE)
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "1"}, "invalid_client"),
        ({"redirect_uri": "https://rook.example"}, "redirect_uri_mismatch"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_errors_of_a_request_are_shown_and_redirect_nobody(
    lab: Lab, name: str, changed: dict[str, str], code: str
) -> None:
    provider, client = app_of(lab, name)
    with pytest.raises(OAuthError) as error:
        provider.sign_in(address(provider, client, **changed), ROOK)
    assert error.value.code == code


@pytest.mark.parametrize("name", OPAQUE)
def test_nobody_signs_in_without_an_account_and_consent(lab: Lab, name: str) -> None:
    provider, client = app_of(lab, name)
    with pytest.raises(OAuthError):
        provider.credential(client.client_id, "mara@tidepool.example")
    came = fields_of(provider.sign_in(address(provider, client), ROOK, consent=False))
    assert (came["error"], came["state"]) == ("access_denied", "s-1") and "code" not in came


def test_who_asks_for_the_email_address_gets_it(lab: Lab) -> None:
    provider, client = app_of(lab, "facebook")
    for scope, expected in (("public_profile", None), ("public_profile, email", ROOK)):
        came = provider.sign_in(address(provider, client, response_type="token", scope=scope), ROOK)
        asked = {"access_token": fields_of(came)["access_token"], "fields": "email,first_name"}
        found = requests.get("https://graph.facebook.com/v17.0/me", params=asked).json()
        assert (found.get("email"), found["first_name"]) == (expected, "Rook")


@pytest.mark.parametrize("name", OPAQUE)
def test_a_token_counts_until_it_expires_or_is_withdrawn_for_this_app_and_person_alone(
    lab: Lab, name: str
) -> None:
    provider, client = app_of(lab, name)
    other = provider.register_client("Another", [CALLBACK])
    ours, theirs = (provider.credential(each.client_id, ROOK) for each in (client, other))
    (somebody,) = provider.accounts.keys() - {ROOK}
    somebodys = provider.credential(client.client_id, somebody)
    provider.withdraw(client.client_id, ROOK)
    assert "error" in profile(provider, ours) and "error" not in profile(provider, theirs)
    header = {"Authorization": f"Bearer {somebodys}"}
    found = requests.get(PROFILE[name], headers=header).json()
    assert found[SUBJECT[name]] == provider.accounts[somebody].sub
    lab.travel(seconds=provider.seconds - 1)
    assert "error" not in profile(provider, theirs)
    lab.travel(seconds=1)
    assert "error" in profile(provider, theirs)


def test_the_errors_have_each_providers_form(lab: Lab) -> None:
    at_facebook = requests.get("https://graph.facebook.com/me", params={"access_token": "EAA-forged"})
    assert at_facebook.status_code == 400
    assert {"type": "OAuthException", "code": 190}.items() <= at_facebook.json()["error"].items()
    info = requests.get("https://api.amazon.com/auth/o2/tokeninfo", params={"access_token": "Atza|forged"})
    assert (info.status_code, info.json()["error"]) == (400, "invalid_token")


def test_tokeninfo_tells_app_profile_person_and_seconds(lab: Lab) -> None:
    provider, client = app_of(lab, "amazon")
    token = provider.credential(client.client_id, ROOK)
    lab.travel(minutes=10)
    info = requests.get("https://api.amazon.com/auth/o2/tokeninfo", params={"access_token": token}).json()
    assert info == {
        "iss": "https://www.amazon.com", "user_id": provider.accounts[ROOK].sub, "aud": client.client_id,
        "app_id": client.profile_id, "exp": 3000,
    }  # fmt: skip


def test_what_is_not_played_is_refused_by_name(lab: Lab) -> None:
    with pytest.raises(OutsideTheLab, match="Facebook"):
        requests.get("https://graph.facebook.com/v17.0/me/friends")
    with pytest.raises(OutsideTheLab, match="Amazon"):
        requests.get("https://www.amazon.com/")


@pytest.mark.parametrize("name", OPAQUE)
@pytest.mark.parametrize("uris", [[], ["http://tidepool.example"], ["https://*.example"]])
def test_an_app_has_addresses_by_https(lab: Lab, name: str, uris: list[str]) -> None:
    with pytest.raises(ValueError, match="the console takes"):
        getattr(lab, name).register_client("Tidepool", uris)
