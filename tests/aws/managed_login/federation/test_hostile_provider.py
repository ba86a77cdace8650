"""A hostile provider, a hostile browser: whoever they are, nobody gets in and no profile is made."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import jwt
import pytest
import requests
import time_machine
from cryptography.hazmat.primitives import serialization
from support.federation import GORAN, IDP_RESPONSE, SHORE, Federation, federation, fields_of, refused, say

from cognito_lab.aws.managed_login.federation import oidc as room
from cognito_lab.aws.managed_login.federation import pending
from cognito_lab.aws.user_pools.settings import identity_providers
from cognito_lab.network import hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import signing_keys


@pytest.fixture
def it() -> Iterator[Federation]:
    with federation() as world:
        world.connect_shore()
        yield world
        assert bool(world.people()) == world.expected, world.people()


def let_in(it: Federation) -> None:
    it.expected = True
    assert "code" in it.by_shore()


def test_the_honest_provider_lets_ada_in(it: Federation) -> None:
    let_in(it)
    assert it.people()["Shore_s-1"]["name"] == "Ada"


# -- the ID token --------------------------------------------------------------------------------


def forged(it: Federation) -> str:
    other = signing_keys.new_key()
    return jwt.encode(it.shore.honest(), other.private, algorithm="RS256", headers={"kid": it.shore.key.kid})


def without_signature(it: Federation) -> str:
    return jwt.encode(it.shore.honest(), None, algorithm="none", headers={"kid": it.shore.key.kid})


def with_the_public_key(it: Federation) -> str:
    """HS256 with the published key as the secret; made by hand, as PyJWT refuses to."""
    public = it.shore.key.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": it.shore.key.kid}
    parts = [json.dumps(part).encode() for part in (header, it.shore.honest())]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = hmac.digest(public, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered(it: Federation) -> str:
    head, _, tail = it.shore.key.sign(it.shore.honest()).split(".")
    body = jwt.encode(it.shore.honest(sub="s-2"), "k" * 32).split(".")[1]
    return f"{head}.{body}.{tail}"


def an_access_token_of_google(it: Federation) -> str:
    return "ya29.not-a-token"


SIGNATURE = "Invalid ID token from Shore: signature"


@pytest.mark.parametrize(
    "make", [forged, without_signature, with_the_public_key, tampered, an_access_token_of_google]
)
def test_a_signature_that_is_none(it: Federation, make: Callable[[Federation], str]) -> None:
    address = it.from_shore()
    it.shore.id_token = make(it)
    refused(it.arrive(address), SIGNATURE)


def test_the_signature_is_what_refuses(it: Federation) -> None:
    address = it.from_shore()
    it.shore.id_token = forged(it)
    it.expected = True
    with patch.object(room, "check_signature"):
        assert "code" in it.arrive(address)


CLAIMS: list[tuple[str, dict[str, Any], str, str]] = [
    ("another issuer", {"iss": "https://idp.rook.example"}, "issuer", "check_issuer"),
    ("no issuer", {"iss": None}, "issuer", "check_issuer"),
    ("google's other name for itself", {"iss": "accounts.google.com"}, "issuer", "check_issuer"),
    ("another app", {"aud": "rooks-app"}, "audience", "check_audience"),
    ("another app, in a list", {"aud": ["rooks-app"]}, "audience", "check_audience"),
    (
        "two others, and the pool only as the party",
        {"aud": ["rooks-app", "other"], "azp": "tidepool-at-shore"},
        "audience",
        "check_audience",
    ),
    ("no audience", {"aud": None}, "audience", "check_audience"),
    (
        "two audiences, unclear for whom",
        {"aud": ["tidepool-at-shore", "rooks-app"]},
        "audience",
        "check_audience",
    ),
    ("another party", {"azp": "rooks-app"}, "audience", "check_audience"),
    ("expired", {"exp": 1_700_000_000}, "expired", "check_expiry"),
    ("no end", {"exp": None}, "expired", "check_expiry"),
    ("an end in words", {"exp": "tomorrow"}, "expired", "check_expiry"),
    ("another sign-in", {"nonce": "of-rook"}, "nonce", "check_nonce"),
    ("no nonce", {"nonce": None}, "nonce", "check_nonce"),
]


@pytest.mark.parametrize(
    ("claims", "what", "rule"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS]
)
def test_a_claim_that_does_not_do(it: Federation, claims: dict[str, Any], what: str, rule: str) -> None:
    it.shore.claims = claims
    refused(it.by_shore(), f"Invalid ID token from Shore: {what}")
    with patch.object(room, rule):
        let_in(it)


@pytest.mark.parametrize("sub", [None, "", 7, ["s-1"], "s" * 256])
def test_nobody_in_particular(it: Federation, sub: Any) -> None:
    it.shore.claims = {"sub": sub}
    refused(it.by_shore(), "Invalid ID token from Shore: sub")


def test_several_audiences_of_which_the_pool_is_the_party(it: Federation) -> None:
    it.shore.claims = {"aud": ["tidepool-at-shore", "other"], "azp": "tidepool-at-shore"}
    let_in(it)


def test_one_audience_may_stand_in_a_list(it: Federation) -> None:
    it.shore.claims = {"aud": ["tidepool-at-shore"]}
    let_in(it)


def test_a_subject_may_have_255_letters(it: Federation) -> None:
    """OpenID Connect Core 1.0, 2. It is too long for a username, and so known as somebody's who has one."""
    it.shore.claims = it.shore.userinfo = {"sub": "s" * 255}
    it.idp.admin_link_provider_for_user(
        UserPoolId=it.pool, DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "mara"},
        SourceUser={
            "ProviderName": "Shore", "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "s" * 255,
        },
    )  # fmt: skip
    assert it.id_claims(it.by_shore())["cognito:username"] == "mara"


def test_expiry_goes_by_the_account_s_clock(it: Federation) -> None:
    address = it.from_shore()
    it.shore.claims = {"exp": int(time.time()) + 60}
    it.shore.id_token = it.shore.key.sign(it.shore.honest())
    it.lab.travel(minutes=2)
    refused(it.arrive(address), "Invalid ID token from Shore: expired")


def test_userinfo_of_somebody_else(it: Federation) -> None:
    it.shore.userinfo = {"sub": "s-2", "email": "mara@tidepool.example"}
    refused(it.by_shore(), "Invalid ID token from Shore: sub of userInfo")
    with patch.object(room, "check_same_person"):
        let_in(it)


# -- the provider's endpoints --------------------------------------------------------------------

TIMEOUT = "Timeout occurred in calling IdP token endpoint"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            say({"error": "invalid_request", "error_description": "s3cret"}, 400),
            "Shore Error - 400 invalid_request",
        ),
        (say({"error": "<script>alert(1)</script>"}, 400), "Shore Error - 400 invalid_request"),
        (say({"message": "s3cret"}, 500), "Shore Error - 500 error getting token"),
        (Response(200, body=b"<html>s3cret"), "Shore Error - 200 error getting token"),
        (say(["id_token"]), "Shore Error - 200 error getting token"),
        (say({"access_token": "only"}), SIGNATURE),
        (say({"id_token": {"sub": "s-1"}}), SIGNATURE),
        (ConnectionResetError("s3cret"), TIMEOUT),
    ],
)
def test_a_token_endpoint_that_does_not_do(it: Federation, answer: Any, text: str) -> None:
    it.shore.answers["/token"] = answer
    refused(it.by_shore(), text)


@pytest.mark.parametrize(
    "answer",
    [
        say({}, 500),
        Response(200, body=b"<html>"),
        say([]),
        say({"keys": [1]}),
        say({"keys": [{"kty": "RSA"}]}),
        ConnectionResetError(),
    ],
)
def test_keys_that_are_none(it: Federation, answer: Any) -> None:
    it.shore.answers["/keys"] = answer
    refused(it.by_shore(), SIGNATURE)


@pytest.mark.parametrize(
    "answer",
    [
        say({}, 500),
        Response(200, body=b"<html>"),
        ConnectionResetError(),
        say({"issuer": "https://rook.example"}),
        say({"issuer": SHORE, "jwks_uri": f"{SHORE}/keys", "authorization_endpoint": [f"{SHORE}/authorize"]}),
    ],
)
def test_a_provider_that_cannot_be_found(it: Federation, answer: Any) -> None:
    it.shore.answers["/.well-known/openid-configuration"] = answer
    came = it.authorize(identity_provider="Shore", state="of-the-app")
    refused(fields_of(came), "Shore cannot be reached")


@pytest.mark.parametrize(
    "answer", [say({}, 500), say({"sub": "s-1"}, 500), Response(200, body=b"<html>"), ConnectionResetError()]
)
def test_userinfo_that_does_not_answer(it: Federation, answer: Any) -> None:
    it.shore.answers["/userinfo"] = answer
    came = it.by_shore()
    assert came["error"] == "invalid_request" and "Shore" in came["error_description"]


def test_a_provider_that_is_no_longer_played(it: Federation) -> None:
    address = it.from_shore()
    provider = it.settings
    identity_providers.provider_by_name(provider, "Shore").details["token_url"] = "https://gone.example/token"  # type: ignore[union-attr]
    refused(it.arrive(address), TIMEOUT)


def test_what_the_provider_is_told(it: Federation) -> None:
    let_in(it)
    token = next(request for request in it.shore.asked if request.path == "/token")
    assert token.headers["user-agent"] == "Amazon/Cognito"
    sent = fields_of(f"?{token.body.decode()}")
    assert sent == {
        "grant_type": "authorization_code", "code": "c-1", "redirect_uri": IDP_RESPONSE,
        "client_id": "tidepool-at-shore", "client_secret": "secret-at-shore",
    }  # fmt: skip


def test_google_does_not_know_the_secret(it: Federation) -> None:
    it.connect_google(client_secret="wrong")
    refused(it.by_google(), "Google Error - 401 invalid_client")


def test_goran_says_no(it: Federation) -> None:
    it.connect_google()
    came = it.arrive(it.from_google(GORAN, consent=False))
    assert came == {"error": "access_denied", "state": "of-the-app"}


@pytest.mark.parametrize(
    ("code", "told"), [("access_denied", "access_denied"), ("a b\r\nc", "invalid_request")]
)
def test_an_error_of_the_provider_s(it: Federation, code: str, told: str) -> None:
    state = fields_of(it.from_shore())["state"]
    sent = requests.Request(
        "GET", IDP_RESPONSE, params={"error": code, "error_description": "no & no", "state": state}
    )
    refused(it.arrive(str(sent.prepare().url)), "no & no", told)


# -- the browser ---------------------------------------------------------------------------------


def stopped(it: Federation, address: str, browser: requests.Session | None = None) -> None:
    """A page of the domain's, and no way on: nobody knows whose sign-in it is."""
    answer = (browser or it.browser).get(address, allow_redirects=False)
    assert answer.status_code == 400 and "location" not in answer.headers, answer.text
    assert "This sign-in is unknown" in answer.text
    assert not [request for request in it.shore.asked if request.path == "/token"]


@pytest.mark.parametrize(
    "query", ["", "?code=c-1", "?code=c-1&state=", "?code=c-1&state=made-up", "?state=a&state=b"]
)
def test_a_state_that_is_not_known(it: Federation, query: str) -> None:
    answer = it.browser.get(f"{IDP_RESPONSE}{query}", allow_redirects=False)
    assert answer.status_code == 400 and "location" not in answer.headers


def test_the_state_of_another_browser(it: Federation) -> None:
    """Rook signs in at Shore, and has Mara's browser open the last address."""
    address = it.from_shore()
    victim = requests.Session()
    stopped(it, address, victim)
    victim.get(it.address(identity_provider="Shore"), allow_redirects=False)  # with a sign-in of its own
    stopped(it, address, victim)
    with patch.object(pending, "is_this_browsers", lambda *_: True):
        it.expected = True
        assert "code" in it.arrive(address, victim)


def test_the_same_answer_twice(it: Federation) -> None:
    address = it.from_shore()
    it.expected = True
    assert "code" in it.arrive(address)
    it.shore.asked.clear()
    it.shore.codes.add("c-1")
    stopped(it, address)


def test_a_provider_s_code_twice(it: Federation) -> None:
    let_in(it)
    refused(it.arrive(it.from_shore()), "Shore Error - 400 invalid_grant")


def test_too_late(it: Federation) -> None:
    address = it.from_shore()
    it.browser.headers["cookie"] = f"csrf-state={it.browser.cookies['csrf-state']}"  # kept for too long
    it.lab.travel(minutes=5)
    stopped(it, address)
    with patch.object(pending, "has_expired", lambda _: False):
        it.expected = True
        assert "code" in it.arrive(address)


def test_a_sign_in_is_over_after_five_minutes_to_the_second(it: Federation) -> None:
    with time_machine.travel(int(time.time()), tick=False) as clock:
        first = it.from_shore()
        clock.shift(299)
        it.expected = True
        assert "code" in it.arrive(first)
        second = it.from_shore()
        it.browser.headers["cookie"] = f"csrf-state={it.browser.cookies['csrf-state']}"
        clock.shift(300)
        it.shore.asked.clear()
        stopped(it, second)


def test_the_state_of_another_pool(it: Federation) -> None:
    state = fields_of(it.from_shore())["state"]
    other = it.idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    it.idp.create_user_pool_domain(UserPoolId=other, Domain="elsewhere")
    cookie = it.browser.cookies["csrf-state"]
    address = IDP_RESPONSE.replace("tidepool", "elsewhere")
    answer = requests.get(f"{address}?code=c-1&state={state}", headers={"cookie": f"csrf-state={cookie}"})
    assert answer.status_code == 400


def test_the_cookie(it: Federation) -> None:
    answer = hosts.dispatch(Request("GET", it.address(identity_provider="Shore")))
    [cookie] = answer.headers.getlist("set-cookie")
    assert cookie.startswith("csrf-state=") and fields_of(answer.headers["location"])["state"] not in cookie
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Max-Age=300", "Path=/"):
        assert attribute in cookie


def test_the_app_s_address_is_the_one_that_was_registered(it: Federation) -> None:
    """The state cannot carry another address along, and neither can what the provider adds."""
    address = it.from_shore() + "&redirect_uri=https://rook.example/callback&client_id=rook"
    it.expected = True
    assert "code" in it.arrive(address)  # arrive() asserts where it leads
    answer = it.browser.get(
        it.address(identity_provider="Shore", redirect_uri="https://rook.example/callback"),
        allow_redirects=False,
    )
    assert SHORE not in answer.headers.get("location", "") and "rook" not in answer.headers.get(
        "location", ""
    )
