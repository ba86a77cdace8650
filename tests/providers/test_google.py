"""The Google stand-in: each of Google's rules holds, and is refused with Google's code when it is broken."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import jwt
import pytest
import requests
import time_machine
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from cognito_lab import Lab
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.forms import OAuthError
from cognito_lab.providers.accounts import Client
from cognito_lab.providers.google import ROUTES, Google
from cognito_lab.providers.google_accounts import DISCOVERY

AUTHORIZE, TOKEN = DISCOVERY["authorization_endpoint"], DISCOVERY["token_endpoint"]
CALLBACK = "https://tidepool.example/callback"
PAGE = "https://tidepool.example"
GORAN = "goran.pavic@gmail.example"
VERIFIER = "goran-began-this-sign-in-and-nobody-else-did-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def google() -> Iterator[Google]:
    lab = Lab.start(region="us-east-1")
    google = lab.google
    google.accounts.clear()
    google.add_account(GORAN, "Goran Pavić", "Goran", "Pavić", picture="https://pictures.example/goran")
    yield google
    lab.stop()


@pytest.fixture
def client(google: Google) -> Client:
    return google.register_client("Tidepool", redirect_uris=[CALLBACK], origins=[PAGE])


def address(client: Client, **changed: str | None) -> str:
    """The authorization address that Tidepool sends a browser to; ``None`` leaves a parameter out."""
    fields = {
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid email profile",
        "state": "st/ate&1",
        "nonce": "n-1",
    } | changed
    return f"{AUTHORIZE}?{urlencode({name: value for name, value in fields.items() if value is not None})}"


def fields_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def code_for(google: Google, client: Client, **changed: str | None) -> str:
    return fields_of(google.sign_in(address(client, **changed), GORAN))["code"]


def exchange(client: Client, code: str, url: str = TOKEN, **changed: str | None) -> requests.Response:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uri": CALLBACK,
    } | changed
    return requests.post(url, data={name: value for name, value in fields.items() if value is not None})


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def verified(token: str, audience: str) -> dict[str, Any]:
    """What Google asks of a verifier: Google's published key, issuer, audience, expiry."""
    key = jwt.PyJWKClient(DISCOVERY["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(
        token, key.key, algorithms=["RS256"], audience=audience, issuer="https://accounts.google.com"
    )
    return claims


# -- discovery -----------------------------------------------------------------------------------


def test_every_endpoint_of_the_discovery_document_is_played(google: Google) -> None:
    found = requests.get("https://accounts.google.com/.well-known/openid-configuration").json()
    assert found == DISCOVERY
    played = {address for _, address in ROUTES}
    endpoints = {value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(endpoints) == 5 and endpoints <= played


def test_what_google_has_and_the_stand_in_has_not_is_refused_by_name(google: Google) -> None:
    with pytest.raises(OutsideTheLab, match="GET https://www.googleapis.com/drive/v3/files"):
        requests.get("https://www.googleapis.com/drive/v3/files")
    with pytest.raises(OutsideTheLab, match="GET https://oauth2.googleapis.com/token"):
        requests.get(TOKEN)
    with pytest.raises(OutsideTheLab, match="POST http://oauth2.googleapis.com/token"):
        requests.post(TOKEN.replace("https", "http"), data={"client_secret": "for everybody to read"})


def test_the_published_key_is_public_and_google_like(google: Google) -> None:
    (key,) = requests.get(DISCOVERY["jwks_uri"]).json()["keys"]
    assert set(key) == {"kty", "alg", "use", "kid", "n", "e"} and (key["alg"], key["use"]) == ("RS256", "sig")
    assert re.fullmatch(r"[0-9a-f]{40}", key["kid"])


# -- the console ---------------------------------------------------------------------------------


def test_ids_have_googles_shape(google: Google, client: Client) -> None:
    assert re.fullmatch(r"\d{12}-[a-z0-9]{32}\.apps\.googleusercontent\.com", client.client_id)
    assert client.client_secret and client.client_secret not in repr(client)
    assert re.fullmatch(r"\d{21}", google.accounts[GORAN].sub)
    assert google.register_client("phone", secret=False).client_secret is None


@pytest.mark.parametrize(
    "uri", [CALLBACK, "http://localhost:8900/cb", "http://shop.localhost:8900/cb", "http://127.0.0.1/cb"]
)
def test_a_redirect_address_is_https_or_localhost(google: Google, uri: str) -> None:
    assert google.register_client("x", redirect_uris=[uri]).redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    ["http://tidepool.example/cb", "http://localhost.evil.example/cb", "https://*.example/cb", "https://t.example/cb#a",
     "https://user@t.example/cb", "javascript:alert(1)", "/cb", "https:///cb",
     "javascript://localhost/%0aalert(1)", "ftp://127.0.0.1/cb"],
)  # fmt: skip
def test_other_redirect_addresses_cannot_be_registered(google: Google, uri: str) -> None:
    with pytest.raises(ValueError, match="the console takes"):
        google.register_client("x", redirect_uris=[uri])


def test_an_origin_has_no_path_and_is_https(google: Google) -> None:
    website = "http://tidepool-site.s3-website-us-east-1.amazonaws.com"
    for origin in (f"{PAGE}/", f"{PAGE}/app", f"{PAGE}?app", website):
        with pytest.raises(ValueError):
            google.register_client("x", origins=[origin])


def test_an_address_belongs_to_one_person(google: Google) -> None:
    with pytest.raises(ValueError, match="already"):
        google.add_account(GORAN, "Rook", "Rook", "Rookson")


# -- the code flow -------------------------------------------------------------------------------


def test_the_code_flow_ends_in_tokens_for_the_person_and_the_app(google: Google, client: Client) -> None:
    location = google.sign_in(address(client), GORAN)
    assert location.startswith(f"{CALLBACK}?")
    assert fields_of(location)["state"] == "st/ate&1"
    answer = exchange(client, fields_of(location)["code"])
    tokens = answer.json()
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert set(tokens) == {"access_token", "expires_in", "scope", "token_type", "id_token"}
    assert tokens["token_type"] == "Bearer" and tokens["access_token"].startswith("ya29.")
    claims = verified(tokens["id_token"], client.client_id)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    person = google.accounts[GORAN]
    assert claims == {
        "iss": "https://accounts.google.com",
        "azp": client.client_id,
        "aud": client.client_id,
        "sub": person.sub,
        "email": GORAN,
        "email_verified": True,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        "nonce": "n-1",
        "name": "Goran Pavić",
        "picture": "https://pictures.example/goran",
        "given_name": "Goran",
        "family_name": "Pavić",
        "iat": claims["iat"],
        "exp": claims["iat"] + 3600,
    }
    assert abs(claims["iat"] - time.time()) < 60


def test_the_flow_is_walked_request_by_request(google: Google, client: Client) -> None:
    seen: list[tuple[str, str, str]] = []
    watch = lambda exchange: seen.append((exchange.caller, exchange.request.method, exchange.request.path))  # noqa: E731
    exchanges.OBSERVERS.append(watch)
    try:
        exchange(client, code_for(google, client))
    finally:
        exchanges.OBSERVERS.remove(watch)
    assert seen == [
        ("browser", "GET", "/o/oauth2/v2/auth"),
        ("browser", "POST", "/o/oauth2/v2/auth/oauthchooseaccount"),
        ("browser", "POST", "/signin/oauth/consent"),
        ("app", "POST", "/token"),
    ]


def test_cognitos_older_token_address_works_too(google: Google, client: Client) -> None:
    answer = exchange(client, code_for(google, client), url="https://www.googleapis.com/oauth2/v4/token")
    assert answer.status_code == 200


def test_scopes_decide_which_claims_come(google: Google, client: Client) -> None:
    tokens = exchange(client, code_for(google, client, scope="openid email")).json()
    claims = verified(tokens["id_token"], client.client_id)
    assert claims["email"] == GORAN and "name" not in claims and tokens["scope"] == "openid email"
    assert "id_token" not in exchange(client, code_for(google, client, scope="email")).json()


def test_a_workspace_account_says_its_domain_and_no_other_does(google: Google, client: Client) -> None:
    google.add_account("ada@club.example", "Ada", "Ada", "Day", hd="club.example", email_verified=False)
    code = fields_of(google.sign_in(address(client), "ada@club.example"))["code"]
    claims = verified(exchange(client, code).json()["id_token"], client.client_id)
    assert claims["hd"] == "club.example" and claims["email_verified"] is False and "picture" not in claims


def test_a_query_in_the_redirect_address_and_a_missing_state_survive(google: Google) -> None:
    uri = f"{CALLBACK}?shop=1"
    client = google.register_client("x", redirect_uris=[uri])
    found = fields_of(google.sign_in(address(client, redirect_uri=uri, state=None), GORAN))
    assert found["shop"] == "1" and "code" in found and "state" not in found


def test_denied_consent_comes_back_as_access_denied_without_a_code(google: Google, client: Client) -> None:
    found = fields_of(google.sign_in(address(client), GORAN, consent=False))
    assert found == {"error": "access_denied", "state": "st/ate&1"}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"client_id": "nobody.apps.googleusercontent.com"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"redirect_uri": "https://rook.example/callback"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": f"{CALLBACK}/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": f"{CALLBACK}?x=1"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": None}, 400, "invalid_request"),
        ({"scope": "openid drive"}, 400, "invalid_scope"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, 400, "invalid_request"),
        ({"code_challenge_method": "S256"}, 400, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_ends_on_googles_page_and_redirects_nowhere(
    google: Google, client: Client, changed: dict[str, str | None], status: int, code: str
) -> None:
    answer = requests.get(address(client, **changed), allow_redirects=False)
    assert answer.status_code == status and "location" not in answer.headers
    assert f"Error {status}: {code}" in answer.text
    with pytest.raises(OAuthError) as error:
        google.sign_in(address(client, **changed), GORAN)
    assert (error.value.code, error.value.status) == (code, status)


def test_a_parameter_that_comes_twice_is_refused(google: Google, client: Client) -> None:
    answer = requests.get(f"{address(client)}&redirect_uri=https%3A%2F%2Frook.example")
    assert "Error 400: invalid_request" in answer.text


def test_nobody_signs_in_with_an_account_that_does_not_exist(google: Google, client: Client) -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        google.sign_in(address(client), "nobody@gmail.example")


# -- the token endpoint --------------------------------------------------------------------------


def test_in_between_an_id_token_can_be_changed_and_afterwards_no_longer(
    google: Google, client: Client
) -> None:
    with pytest.raises(ZeroDivisionError), google.intercepted(lambda token: f"{token}, changed"):
        changed = exchange(client, code_for(google, client)).json()["id_token"]
        raise ZeroDivisionError
    honest = changed.removesuffix(", changed")
    assert changed != honest and verified(honest, client.client_id)
    assert verified(exchange(client, code_for(google, client)).json()["id_token"], client.client_id)


def test_a_code_counts_once(google: Google, client: Client) -> None:
    code = code_for(google, client)
    assert exchange(client, code).status_code == 200
    assert refused(exchange(client, code)) == (400, "invalid_grant")


def test_an_invented_or_altered_code_is_refused(google: Google, client: Client) -> None:
    code = code_for(google, client)
    for wrong in (code[:-1], code + "A", "4/0A" + "x" * 70, ""):
        assert refused(exchange(client, wrong)) == (400, "invalid_grant")
    assert exchange(client, code).status_code == 200


def test_a_code_expires(google: Google, client: Client) -> None:
    with time_machine.travel(int(time.time()), tick=False) as clock:
        in_time, late = code_for(google, client), code_for(google, client)
        clock.shift(599)
        assert exchange(client, in_time).status_code == 200
        clock.shift(1)
        assert refused(exchange(client, late)) == (400, "invalid_grant")


def test_another_clients_code_is_refused_and_stays_good_for_its_owner(google: Google, client: Client) -> None:
    rook = google.register_client("Rook's app", redirect_uris=[CALLBACK])
    code = code_for(google, client)
    assert refused(exchange(rook, code)) == (400, "invalid_grant")
    assert exchange(client, code).status_code == 200


@pytest.mark.parametrize("uri", ["https://rook.example/callback", f"{CALLBACK}/", None])
def test_the_redirect_address_must_be_the_one_of_the_request(
    google: Google, client: Client, uri: str | None
) -> None:
    assert refused(exchange(client, code_for(google, client), redirect_uri=uri)) == (
        400,
        "redirect_uri_mismatch",
    )


@pytest.mark.parametrize("secret", ["GOCSPX-wrong", "", None])
def test_a_client_with_a_secret_must_show_it(google: Google, client: Client, secret: str | None) -> None:
    code = code_for(google, client)
    assert refused(exchange(client, code, client_secret=secret)) == (401, "invalid_client")
    assert exchange(client, code).status_code == 200


def test_the_secret_may_come_by_http_basic(google: Google, client: Client) -> None:
    form = {"grant_type": "authorization_code", "code": code_for(google, client), "redirect_uri": CALLBACK}
    assert client.client_secret
    assert refused(requests.post(TOKEN, data=form, auth=(client.client_id, "wrong"))) == (
        401,
        "invalid_client",
    )
    no_basic = {"Authorization": "Basic not-base64"}
    assert refused(requests.post(TOKEN, data=form, headers=no_basic)) == (401, "invalid_client")
    assert requests.post(TOKEN, data=form, auth=(client.client_id, client.client_secret)).status_code == 200


def test_an_unknown_client_and_an_unknown_grant_are_refused(google: Google, client: Client) -> None:
    code = code_for(google, client)
    assert refused(exchange(client, code, client_id="nobody")) == (401, "invalid_client")
    assert refused(exchange(client, code, grant_type="password")) == (400, "unsupported_grant_type")


def test_a_client_without_a_secret_redeems_with_pkce(google: Google) -> None:
    phone = google.register_client("Tidepool for phones", redirect_uris=[CALLBACK], secret=False)
    code = code_for(google, phone, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert exchange(phone, code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize(
    ("method", "challenge"), [("S256", CHALLENGE), ("plain", VERIFIER), (None, VERIFIER)]
)
def test_pkce_once_begun_is_enforced(
    google: Google, client: Client, method: str | None, challenge: str
) -> None:
    code = code_for(google, client, code_challenge=challenge, code_challenge_method=method)
    for wrong in (None, "", VERIFIER[:-1], CHALLENGE):
        assert refused(exchange(client, code, code_verifier=wrong)) == (400, "invalid_grant")
    assert exchange(client, code, code_verifier=VERIFIER).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(google: Google, client: Client) -> None:
    answer = exchange(client, code_for(google, client), code_verifier=VERIFIER)
    assert refused(answer) == (400, "invalid_grant")


# -- what an access token opens ------------------------------------------------------------------


def userinfo(token: str) -> requests.Response:
    return requests.get(DISCOVERY["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})


def test_userinfo_tells_what_the_scopes_allow(google: Google, client: Client) -> None:
    token = exchange(client, code_for(google, client, scope="openid email")).json()["access_token"]
    assert userinfo(token).json() == {
        "sub": google.accounts[GORAN].sub,
        "email": GORAN,
        "email_verified": True,
    }


def test_userinfo_refuses_everything_but_a_living_access_token(google: Google, client: Client) -> None:
    tokens = exchange(client, code_for(google, client)).json()
    for wrong in (tokens["id_token"], tokens["access_token"] + "x", ""):
        answer = userinfo(wrong)
        assert refused(answer) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert refused(requests.get(DISCOVERY["userinfo_endpoint"])) == (401, "invalid_token")
    other_scheme = {"Authorization": f"Basic {tokens['access_token']}"}
    assert refused(requests.get(DISCOVERY["userinfo_endpoint"], headers=other_scheme)) == (
        401,
        "invalid_token",
    )
    with time_machine.travel(time.time() + 3601, tick=False):
        assert refused(userinfo(tokens["access_token"])) == (401, "invalid_token")


def test_a_revoked_token_opens_nothing_and_cannot_be_revoked_again(google: Google, client: Client) -> None:
    token, other = (exchange(client, code_for(google, client)).json()["access_token"] for _ in range(2))
    assert userinfo(token).status_code == userinfo(other).status_code == 200
    assert requests.post(DISCOVERY["revocation_endpoint"], params={"token": token}).status_code == 200
    assert userinfo(other).status_code == 200
    assert requests.post(DISCOVERY["revocation_endpoint"], data={"token": other}).status_code == 200
    assert refused(userinfo(other)) == (401, "invalid_token")
    assert refused(userinfo(token)) == (401, "invalid_token")
    assert refused(requests.post(DISCOVERY["revocation_endpoint"], data={"token": token})) == (
        400,
        "invalid_token",
    )


# -- Google Identity Services --------------------------------------------------------------------


def test_the_button_hands_the_page_an_id_token_for_its_client(google: Google, client: Client) -> None:
    token = google.credential(client.client_id, GORAN, origin=PAGE, nonce="n-2")
    claims = verified(token, client.client_id)
    assert claims["sub"] == google.accounts[GORAN].sub and claims["nonce"] == "n-2"
    assert {"jti", "nbf"} <= set(claims) and "at_hash" not in claims and claims["exp"] == claims["iat"] + 3600
    assert (
        verified(google.credential(client.client_id, GORAN, origin=PAGE), client.client_id)["jti"]
        != claims["jti"]
    )


@pytest.mark.parametrize("origin", ["https://rook.example", "http://tidepool.example", f"{PAGE}:444"])
def test_the_button_works_on_registered_origins_only(google: Google, client: Client, origin: str) -> None:
    with pytest.raises(OAuthError) as error:
        google.credential(client.client_id, GORAN, origin=origin)
    assert (error.value.code, error.value.status) == ("origin_mismatch", 403)


def test_who_cancels_in_the_buttons_window_hands_over_nothing(google: Google, client: Client) -> None:
    asked = {"client_id": client.client_id, "origin": PAGE, "ux_mode": "popup"}
    number = number_on(requests.get("https://accounts.google.com/gsi/select", params=asked))
    answer = post("/gsi/issue", sign_in=number, account="")
    assert answer.status_code == 200 and "credential" not in answer.text


# -- attacks -------------------------------------------------------------------------------------


def test_another_apps_token_is_not_for_this_app(google: Google, client: Client) -> None:
    rook = google.register_client("Rook's app", origins=["https://rook.example"])
    token = google.credential(rook.client_id, GORAN, origin="https://rook.example")
    with pytest.raises(jwt.InvalidAudienceError):
        verified(token, client.client_id)


def test_a_forged_token_does_not_verify_with_googles_keys(google: Google, client: Client) -> None:
    token = google.credential(client.client_id, GORAN, origin=PAGE)
    header, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "1" * 21}).encode()).rstrip(b"=").decode()
    n = requests.get(DISCOVERY["jwks_uri"]).json()["keys"][0]["n"]
    for forged in (
        jwt.encode(claims, own_key, algorithm="RS256", headers={"kid": kid}),
        jwt.encode(claims, None, algorithm="none", headers={"kid": kid}),
        jwt.encode(claims, n, algorithm="HS256", headers={"kid": kid}),
        jwt.encode(claims, own_key, algorithm="RS256", headers={"kid": "0" * 40}),
        f"{header}.{changed}.{signature}",
        f"{header}.{payload}.{signature[:-8]}",
    ):
        with pytest.raises(jwt.PyJWTError):
            verified(forged, client.client_id)
    with time_machine.travel(time.time() + 3601, tick=False), pytest.raises(jwt.ExpiredSignatureError):
        verified(token, client.client_id)
    assert verified(token, client.client_id) == claims


def post(path: str, **fields: str) -> requests.Response:
    return requests.post(f"https://accounts.google.com{path}", data=fields, allow_redirects=False)


def number_on(page: requests.Response) -> str:
    found = re.search(r'name="sign_in" value="(\w+)"', page.text)
    assert found
    return found[1]


def test_a_page_counts_once_and_leads_only_where_it_should(google: Google, client: Client) -> None:
    chooser, consent, issue = "/o/oauth2/v2/auth/oauthchooseaccount", "/signin/oauth/consent", "/gsi/issue"
    # straight to the consent, without an account
    answer = post(consent, sign_in=number_on(requests.get(address(client))), decision="allow")
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    # the code flow's page, posted where the button's page goes: no credential past the check of the origin
    answer = post(issue, sign_in=number_on(requests.get(address(client))), account=GORAN)
    assert answer.status_code == 400 and "credential" not in answer.text
    # twice
    number = number_on(requests.get(address(client)))
    asked = post(chooser, sign_in=number, account=GORAN)
    assert post(chooser, sign_in=number, account=GORAN).status_code == 400
    assert post(consent, sign_in=number_on(asked), decision="allow").status_code == 302
    assert post(consent, sign_in=number_on(asked), decision="allow").status_code == 400


def test_pages_escape_say_what_they_are_and_cannot_be_framed(google: Google) -> None:
    evil = '"><script>alert(1)</script>'
    client = google.register_client(evil, redirect_uris=[CALLBACK])
    google.add_account(f"{evil}@gmail.example", evil, evil, evil)
    chooser = requests.get(address(client))
    consent = post(
        "/o/oauth2/v2/auth/oauthchooseaccount", sign_in=number_on(chooser), account=f"{evil}@gmail.example"
    )
    error = requests.get(address(client, redirect_uri=f"https://x/{evil}"))
    for shown in (chooser, consent, error):
        assert "<script" not in shown.text and "&lt;script" in shown.text
        assert "local stand-in" in shown.text
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert fields_of(google.sign_in(address(client), f"{evil}@gmail.example"))["code"]


def test_a_new_account_of_the_lab_knows_nothing_of_the_old_ones_google(
    google: Google, client: Client
) -> None:
    code = code_for(google, client)
    lab = Lab.start(region="us-east-1")
    try:
        assert refused(exchange(client, code)) == (401, "invalid_client")
    finally:
        lab.stop()


# -- where the token goes ------------------------------------------------------------------------


def test_an_identity_pool_takes_the_token_of_the_client_it_lists_and_no_other(
    google: Google, client: Client
) -> None:
    other = google.register_client("Another app", origins=[PAGE])
    cognito_identity = boto3.client("cognito-identity")
    pool = cognito_identity.create_identity_pool(
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        SupportedLoginProviders={"accounts.google.com": client.client_id},
    )["IdentityPoolId"]

    def identity_for(token: str) -> str:
        answer = cognito_identity.get_id(IdentityPoolId=pool, Logins={"accounts.google.com": token})
        return str(answer["IdentityId"])

    by_button = google.credential(client.client_id, GORAN, origin=PAGE)
    by_code = exchange(client, code_for(google, client)).json()
    assert identity_for(by_button) == identity_for(by_code["id_token"])
    for wrong in (google.credential(other.client_id, GORAN, origin=PAGE), by_code["access_token"]):
        with pytest.raises(ClientError) as error:
            identity_for(wrong)
        assert error.value.response["Error"]["Code"] == "NotAuthorizedException"
