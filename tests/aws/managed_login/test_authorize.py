"""The authorization endpoint: what an app may ask for, who hears of a refusal, and the session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from support.managed_login import (
    CALLBACK,
    CHALLENGE,
    DOMAIN,
    OAUTH,
    OTHER_CALLBACK,
    PKCE,
    SIGNED_OUT,
    Pages,
    fields_of,
    pages,
)
from support.user_pools import OTHER_PASSWORD, read

from cognito_lab import OutsideTheLab
from cognito_lab.aws.managed_login import browser_sessions, csrf
from cognito_lab.aws.managed_login.oauth import logout
from cognito_lab.aws.managed_login.oauth import requests as requests_of_apps


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        yield it


def refusal(it: Pages, **fields: str | None) -> dict[str, str]:
    """What the app hears: at its own address, with its state, and no code."""
    where = it.authorize(state="s-1", **fields)
    assert where.startswith(fields.get("redirect_uri") or CALLBACK), where
    found = fields_of(where)
    assert found.pop("state") == "s-1" and "code" not in found
    return found


# -- the way there and back ------------------------------------------------------------------------


def test_an_app_gets_a_code_at_the_address_that_it_asked_for(it: Pages) -> None:
    where = it.authorize(state="s-1", **PKCE)
    assert where.startswith("/login?") and parse_qs(urlsplit(where).query)["state"] == ["s-1"]
    answer = it.sign_in_at(state="s-1", **PKCE)
    found = fields_of(answer.headers["location"])
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    assert found.keys() == {"code", "state"} and found["state"] == "s-1"
    assert re.fullmatch(r"[0-9a-f-]{36}", found["code"])
    assert "state" not in it.back()  # no state was sent, none comes back


def test_the_address_of_the_app_keeps_its_own_query(it: Pages) -> None:
    answer = it.sign_in_at(redirect_uri=OTHER_CALLBACK)
    assert answer.headers["location"].startswith(f"{OTHER_CALLBACK}&code=")


def test_a_default_address_stands_in_for_one_that_was_not_sent(it: Pages) -> None:
    assert it.authorize(redirect_uri=None).startswith("/error?error=redirect_mismatch")
    client = it.oauth_client(DefaultRedirectURI=CALLBACK)["ClientId"]
    assert it.back(client_id=client, redirect_uri=None)["code"]


@pytest.mark.parametrize("nasty", ["a\r\nSet-Cookie: x=1", "a&code=evil", "a#frag", '"><script>', "ü", ""])
def test_the_state_comes_back_as_it_was_and_as_nothing_else(it: Pages, nasty: str) -> None:
    answer = it.sign_in_at(state=nasty)
    assert "\r" not in answer.headers["location"] and "x" not in it.browser.cookies
    found = parse_qs(urlsplit(answer.headers["location"]).query, keep_blank_values=True)
    assert found["state"] == [nasty] and len(found["code"]) == 1 and found["code"] != ["evil"]


# -- refusals that go nowhere ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example/", f"{CALLBACK}/", f"{CALLBACK}?x=1", f"{CALLBACK}@evil.example", "//evil.example",
     CALLBACK.upper(), CALLBACK.replace("https", "http"), ""],
)  # fmt: skip
def test_an_address_that_is_not_registered_gets_nothing(it: Pages, uri: str) -> None:
    it.back()  # even with somebody signed in
    answer = it.browser.get(it.address(redirect_uri=uri), allow_redirects=False)
    assert answer.headers["location"] == f"/error?error=redirect_mismatch&client_id={it.client}"
    page = it.browser.get(DOMAIN + answer.headers["location"])
    assert page.status_code == 400 and "not registered" in page.text


def test_switched_off_the_address_would_get_the_code(it: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    it.back()
    monkeypatch.setattr(requests_of_apps, "check_redirect_uri", lambda client, uri: None)
    assert it.authorize(redirect_uri="https://evil.example/").startswith("https://evil.example/?code=")


def test_an_unknown_client_gets_a_page(it: Pages) -> None:
    assert it.authorize(client_id="nobody").startswith("/error?error=invalid_client")
    assert it.authorize(client_id=None).startswith("/error?error=invalid_client")
    page = requests.get(f"{DOMAIN}/error?error=invalid_client&client_id=nobody")
    assert page.status_code == 400 and "Client does not exist." in page.text


def test_a_parameter_that_comes_twice_is_read_in_neither_way(it: Pages) -> None:
    for more in ("&redirect_uri=https://evil.example/", "&client_id=other", "&state=2&state=3"):
        page = it.browser.get(it.address() + more, allow_redirects=False)
        assert page.status_code == 400 and "came twice" in page.text


def test_the_error_page_shows_nothing_that_a_link_puts_there(it: Pages) -> None:
    page = requests.get(f"{DOMAIN}/error", params={"error": "Call <b>555-0199</b>", "client_id": "<i>x</i>"})
    assert page.status_code == 400 and "555" not in page.text and "<i>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


# -- refusals that the app hears -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"response_type": None}, "invalid_request", "response_type is required"),
        ({"response_type": "id_token"}, "invalid_request", "response_type"),
        ({"code_challenge": CHALLENGE}, "invalid_request", "code_challenge"),
        ({"code_challenge_method": "S256"}, "invalid_request", "code_challenge"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request", "S256"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "s256"}, "invalid_request", "S256"),
        ({"scope": "reef/read nothing"}, "invalid_request", "invalid_scope"),
        ({"scope": "openid nothing"}, "invalid_request", "invalid_scope"),
    ],
)
def test_the_app_hears_what_was_wrong(it: Pages, fields: dict[str, Any], error: str, text: str) -> None:
    it.back()  # somebody is signed in, and yet there is no code
    found = refusal(it, **fields)
    assert found["error"] == error
    assert text in found.get("error_description", "")


def test_one_scope_too_many_is_what_refuses(it: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    it.back()
    assert refusal(it, scope="openid nothing")["error_description"] == "invalid_scope"
    monkeypatch.setattr(requests_of_apps, "check_scopes", lambda asked: None)
    assert fields_of(it.authorize(scope="openid nothing"))["code"]


def test_a_provider_that_the_client_does_not_support(it: Pages) -> None:
    it.back()
    page = it.browser.get(it.address(identity_provider="Google"), allow_redirects=False)
    assert page.status_code == 400 and "Login option is not available." in page.text


def test_a_flow_that_the_client_does_not_allow(it: Pages) -> None:
    code = it.oauth_client(AllowedOAuthFlows=["code"])["ClientId"]
    implicit = it.oauth_client(AllowedOAuthFlows=["implicit"])["ClientId"]
    assert refusal(it, client_id=code, response_type="token") == {"error": "unauthorized_client"}
    assert refusal(it, client_id=implicit, response_type="code") == {"error": "unauthorized_client"}
    assert it.authorize(client_id=implicit, response_type="token").startswith("/login?")


def test_a_client_that_was_not_made_for_oauth(it: Pages) -> None:
    plain = it.oauth_client(AllowedOAuthFlowsUserPoolClient=False)["ClientId"]
    found = refusal(it, client_id=plain)
    assert found["error_description"] == "Client is not enabled for OAuth2.0 flows"


def test_the_implicit_grant_is_refused_in_the_fragment(it: Pages) -> None:
    where = it.authorize(response_type="token", scope="nothing", state="s-1")
    assert where == f"{CALLBACK}#error=invalid_request&error_description=invalid_scope&state=s-1"


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("check_flow", {"client_id": "of code", "response_type": "token"}),
        ("check_challenge", {"code_challenge": CHALLENGE, "code_challenge_method": "plain"}),
        ("check_scopes", {"scope": "nothing"}),
    ],
)
def test_each_of_these_rules_is_what_refuses(
    it: Pages, monkeypatch: pytest.MonkeyPatch, rule: str, fields: dict[str, Any]
) -> None:
    it.back()
    if "client_id" in fields:
        fields = fields | {"client_id": it.oauth_client(AllowedOAuthFlows=["code"])["ClientId"]}
    assert "error" in fields_of(it.authorize(**fields))
    monkeypatch.setattr(requests_of_apps, rule, lambda asked: None)
    assert fields_of(it.authorize(**fields)).keys() & {"code", "access_token"}


def test_step_up_and_resource_binding_are_not_played(it: Pages) -> None:
    for name in ("acr_values", "resource"):
        with pytest.raises(OutsideTheLab, match=name):
            it.authorize(**{name: "https://api.tidepool.example"})


# -- the implicit grant ----------------------------------------------------------------------------


def test_the_implicit_grant_puts_tokens_into_the_fragment_and_no_refresh_token(it: Pages) -> None:
    answer = it.sign_in_at(response_type="token", state="s-1", nonce="n-1", scope="openid email")
    where = answer.headers["location"]
    assert where.startswith(f"{CALLBACK}#") and not urlsplit(where).query
    found = fields_of(where)
    assert found.keys() == {"id_token", "access_token", "token_type", "expires_in", "state"}
    assert found["token_type"] == "bearer" and found["expires_in"] == "3600"
    assert read(found["id_token"])["nonce"] == "n-1"
    without = fields_of(it.authorize(response_type="token", scope="email"))
    assert "id_token" not in without and read(without["access_token"])["scope"] == "email"


# -- scopes ----------------------------------------------------------------------------------------


def test_scopes_are_those_asked_for_and_allowed(it: Pages) -> None:
    def granted(scope: str | None) -> str:
        return str(read(it.tokens(scope=scope)["access_token"])["scope"])

    assert granted("openid email") == "openid email"
    assert granted("email openid openid") == "email openid"
    assert granted(None) == " ".join(OAUTH["AllowedOAuthScopes"])


# -- the browser's session -------------------------------------------------------------------------


def test_a_browser_that_signed_in_goes_straight_back(it: Pages) -> None:
    it.back()
    kept = it.browser.cookies._cookies["tidepool.auth.us-east-1.amazoncognito.com"]["/"]["cognito"]  # type: ignore[attr-defined]
    assert kept.secure and kept.has_nonstandard_attr("HttpOnly")
    assert kept._rest["SameSite"] == "Lax" and "mara" not in kept.value
    assert fields_of(it.authorize())["code"]
    assert it.authorize(prompt="none").startswith(f"{CALLBACK}?code=")
    requests.get(it.address())  # another browser
    assert requests.get(it.address(), allow_redirects=False).headers["location"].startswith("/login?")


def test_the_session_lasts_an_hour_from_the_sign_in_however_often_it_is_used(it: Pages) -> None:
    it.back()
    for _ in range(3):
        it.lab.travel(minutes=19)
        assert it.authorize().startswith(CALLBACK)
    it.lab.travel(minutes=4)
    assert it.authorize().startswith("/login?")


def test_the_server_ends_it_too_whatever_the_browser_sends(
    it: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.back()
    cookie = {"cookie": f"cognito={it.browser.cookies['cognito']}"}

    def goes() -> str:
        return str(requests.get(it.address(), headers=cookie, allow_redirects=False).headers["location"])

    assert goes().startswith(CALLBACK)
    it.lab.travel(minutes=60)
    assert goes().startswith("/login?")
    monkeypatch.setattr(browser_sessions, "has_ended", lambda session: False)
    assert goes().startswith(CALLBACK)


def test_auth_time_is_when_the_person_signed_in(it: Pages) -> None:
    it.back()
    before = it.lab.now.timestamp()
    it.lab.travel(minutes=30)
    claims = read(it.redeem(fields_of(it.authorize())["code"]).json()["id_token"])
    assert abs(claims["auth_time"] - before) < 5 and claims["iat"] - claims["auth_time"] > 1790


@pytest.mark.parametrize("forged", ["x" * 64, "mara", ""])
def test_a_forged_session_is_none(it: Pages, forged: str) -> None:
    it.back()
    answer = requests.get(it.address(), headers={"cookie": f"cognito={forged}"}, allow_redirects=False)
    assert answer.headers["location"].startswith("/login?")


def test_a_session_counts_at_its_own_pool_alone(it: Pages) -> None:
    it.back()
    value, client = it.browser.cookies["cognito"], it.client
    it.new_pool(client=OAUTH)
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="reef")
    there = it.address().replace("tidepool.auth", "reef.auth")
    answer = requests.get(there, headers={"cookie": f"cognito={value}"}, allow_redirects=False)
    assert answer.headers["location"].startswith("/login?")
    assert it.authorize(client_id=client).startswith(CALLBACK)


@pytest.mark.parametrize("end", ["admin_disable_user", "admin_delete_user"])
def test_nobody_comes_back_who_was_disabled_or_deleted(
    it: Pages, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    it.back()
    getattr(it.idp, end)(UserPoolId=it.pool, Username="mara")
    assert it.authorize().startswith("/login?")
    monkeypatch.setattr(browser_sessions, "is_gone", lambda request, session: False)
    assert it.authorize().startswith(CALLBACK)


def test_signed_out_everywhere_the_browser_still_signs_in(it: Pages) -> None:
    """AWS: GlobalSignOut ends tokens; the pages' cookie is another thing."""
    tokens = it.tokens()
    it.idp.global_sign_out(AccessToken=tokens["access_token"])
    assert it.authorize().startswith(CALLBACK)


def test_another_client_of_the_pool_uses_the_session_if_it_takes_the_pool_s_users(it: Pages) -> None:
    it.back()
    other = it.oauth_client()["ClientId"]
    nobody = it.oauth_client(SupportedIdentityProviders=[])["ClientId"]
    assert it.authorize(client_id=other).startswith(CALLBACK)
    assert it.authorize(client_id=nobody).startswith("/login?")


def test_who_asks_for_another_provider_is_not_given_the_session_of_this_one(it: Pages) -> None:
    google = it.lab.google.register_client("Tidepool", redirect_uris=[f"{DOMAIN}/oauth2/idpresponse"])
    details = {"client_id": google.client_id, "client_secret": google.client_secret}
    details["authorize_scopes"] = "openid"
    it.idp.create_identity_provider(
        UserPoolId=it.pool, ProviderName="Google", ProviderType="Google", IdpIdentifiers=["tidepool.example"],
        ProviderDetails=details,
    )  # fmt: skip
    both = it.oauth_client(SupportedIdentityProviders=["COGNITO", "Google"])["ClientId"]
    it.back(client_id=both)
    assert it.authorize(client_id=both, identity_provider="COGNITO").startswith(CALLBACK)
    for asked in ({"identity_provider": "Google"}, {"idp_identifier": "tidepool.example"}):
        assert it.authorize(client_id=both, **asked).startswith("https://accounts.google.com/")


def test_prompt_and_max_age_with_managed_login(it: Pages) -> None:
    it.idp.update_user_pool_domain(Domain="tidepool", UserPoolId=it.pool, ManagedLoginVersion=2)
    it.idp.create_managed_login_branding(
        UserPoolId=it.pool, ClientId=it.client, UseCognitoProvidedValues=True
    )
    assert refusal(it, prompt="none") == {"error": "login_required"}
    it.back()
    assert it.authorize(prompt="none").startswith(CALLBACK)
    assert it.authorize(prompt="login").startswith("/login?")
    it.lab.travel(seconds=100)
    assert it.authorize(max_age="200").startswith(CALLBACK)
    assert it.authorize(max_age="90").startswith("/login?")
    assert refusal(it, max_age="90", prompt="none") == {"error": "login_required"}


def test_the_classic_pages_pay_no_heed_to_prompt(it: Pages) -> None:
    assert it.authorize(prompt="none").startswith("/login?")
    it.back()
    assert it.authorize(prompt="login").startswith(CALLBACK)


# -- forms of another site -------------------------------------------------------------------------


def test_another_site_cannot_post_the_form(it: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page can have this browser send a form, with the browser's cookies, but not with what they hold."""
    page = it.browser.get(it.address())
    filled = {"username": "mara", "password": "Tide-pools-2026!"}
    other = requests.Session()
    of_another_browser = re.findall(r'name="_csrf" value="(\w+)"', other.get(it.address()).text)[0]
    for forged in ({}, {"_csrf": ""}, {"_csrf": of_another_browser}):
        answer = it.browser.post(page.url, data=filled | forged, allow_redirects=False)
        assert answer.status_code == 403 and "cognito" not in it.browser.cookies, forged
    strange = requests.post(page.url, data=filled | {"_csrf": ""}, allow_redirects=False)  # no cookie at all
    assert strange.status_code == 403
    monkeypatch.setattr(csrf, "check_csrf", lambda request, fields: None)
    assert it.browser.post(page.url, data=filled, allow_redirects=False).status_code == 302


def test_a_token_that_a_page_could_not_have_shown_is_not_shown(it: Pages) -> None:
    page = requests.get(it.address("/login"), headers={"cookie": 'XSRF-TOKEN="><script>alert(1)</script>'})
    assert "<script>" not in page.text and page.cookies["XSRF-TOKEN"].isalnum()


# -- logout ----------------------------------------------------------------------------------------


def test_logout_ends_the_session_and_no_token(it: Pages) -> None:
    tokens = it.tokens()
    answer = it.browser.get(
        it.address("/logout", logout_uri=SIGNED_OUT, response_type=None), allow_redirects=False
    )
    assert answer.status_code == 302 and answer.headers["location"] == SIGNED_OUT
    assert "cognito" not in it.browser.cookies and it.authorize().startswith("/login?")
    info = requests.get(
        f"{DOMAIN}/oauth2/userInfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert info.status_code == 200


def test_after_logout_the_cookie_that_somebody_kept_is_worth_nothing(it: Pages) -> None:
    it.back()
    kept = {"cookie": f"cognito={it.browser.cookies['cognito']}"}
    it.browser.get(it.address("/logout", logout_uri=SIGNED_OUT), allow_redirects=False)
    assert (
        requests.get(it.address(), headers=kept, allow_redirects=False)
        .headers["location"]
        .startswith("/login")
    )


@pytest.mark.parametrize("uri", ["https://evil.example/", f"{SIGNED_OUT}/", CALLBACK, "", "//evil.example"])
def test_logout_goes_to_registered_addresses_alone(
    it: Pages, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    it.back()
    answer = it.browser.get(it.address("/logout", logout_uri=uri), allow_redirects=False)
    assert answer.headers["location"].startswith("/error?error=redirect_mismatch")
    assert it.authorize().startswith(CALLBACK)  # refused: still signed in
    monkeypatch.setattr(logout, "check_logout_uri", lambda client, uri: None)
    answer = it.browser.get(it.address("/logout", logout_uri=uri), allow_redirects=False)
    assert answer.headers["location"] == uri


def test_logout_can_lead_back_to_the_sign_in_page(it: Pages) -> None:
    it.back()
    answer = it.browser.get(it.address("/logout", state="s-2"), allow_redirects=False)
    assert answer.headers["location"].startswith("/login?") and "state=s-2" in answer.headers["location"]
    assert it.authorize().startswith("/login?")
    gone = it.browser.get(it.address("/logout", redirect_uri="https://evil.example/"), allow_redirects=False)
    assert gone.headers["location"].startswith("/error?")
    neither = it.browser.get(f"{DOMAIN}/logout?client_id={it.client}", allow_redirects=False)
    assert neither.headers["location"].startswith("/error?")
    nobody = it.browser.get(f"{DOMAIN}/logout?logout_uri={SIGNED_OUT}", allow_redirects=False)
    assert nobody.headers["location"].startswith("/error?error=invalid_client")


def test_a_new_password_does_not_end_the_session(it: Pages) -> None:
    it.back()
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    assert it.authorize().startswith(CALLBACK)
