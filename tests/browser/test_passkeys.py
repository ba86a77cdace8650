"""Passkeys on managed login's pages in a real browser, with Chromium's virtual authenticator."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from browser_support import axe_faults, photograph
from playwright.sync_api import Browser, CDPSession, Page, expect

from cognito_lab import Lab
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served.server import Server

PASSWORD = "Tide-pools-2026!"
HOME = "https://tidepool.auth.us-east-1.amazoncognito.com"
PHONE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Place:
    """A served account: a pool that takes passkeys, and Mara."""

    def __init__(self, server: Server) -> None:
        self.server, self.idp = server, boto3.client("cognito-idp")
        self.callback = server.url + "/_lab/health"  # a page that answers; it stands in for the app's
        factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
        self.pool = self.idp.create_user_pool(PoolName="tidepool", Policies=factors)["UserPool"]["Id"]
        self.client = self.idp.create_user_pool_client(
            UserPoolId=self.pool, ClientName="Tidepool", CallbackURLs=[self.callback],
            ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
            AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"],
            SupportedIdentityProviders=["COGNITO"],
        )["UserPoolClient"]["ClientId"]  # fmt: skip
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain="tidepool", ManagedLoginVersion=2)
        self.idp.create_managed_login_branding(
            UserPoolId=self.pool, ClientId=self.client, UseCognitoProvidedValues=True
        )
        self.idp.admin_create_user(UserPoolId=self.pool, Username="mara", MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(
            UserPoolId=self.pool, Username="mara", Password=PASSWORD, Permanent=True
        )

    def address(self, path: str = "/oauth2/authorize") -> str:
        query = f"client_id={self.client}&redirect_uri={self.callback}&response_type=code&state=st"
        return f"{self.server.address(HOME + path)}?{query}"

    def passkeys(self) -> Any:
        given = {"USERNAME": "mara", "PASSWORD": PASSWORD}
        tokens = self.idp.initiate_auth(
            ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )
        token = tokens["AuthenticationResult"]["AccessToken"]
        return self.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]


@pytest.fixture
def it() -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(REPRODUCIBLE, raising=False)
        with Lab.start() as lab:
            yield Place(lab.serve(0))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may put no error on the console but those of pages that refuse."""
    context = browser.new_context(viewport={"width": 600, "height": 800})
    context.set_default_timeout(20_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Security" in said.text else None)
    yield page
    context.close()
    assert faults == []


def device(page: Page) -> tuple[CDPSession, str]:
    """A phone beside the page: the line to it, and its id."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    return line, line.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})["authenticatorId"]


def keys(phone: tuple[CDPSession, str]) -> Any:
    return phone[0].send("WebAuthn.getCredentials", {"authenticatorId": phone[1]})["credentials"]


def keep(phone: tuple[CDPSession, str], credential: Any) -> None:
    """Let the phone have this passkey, and no other."""
    line, name = phone
    line.send("WebAuthn.clearCredentials", {"authenticatorId": name})
    line.send("WebAuthn.addCredential", {"authenticatorId": name, "credential": credential})


SEEN: set[str] = set()


def look_at(page: Page, name: str) -> None:
    """Each page is looked at once, narrow and light, wide and dark."""
    if name in SEEN:
        return
    SEEN.add(name)
    for scheme, width in (("light", 360), ("dark", 1000)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert axe_faults(page, "html") == [], (name, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        photograph(page, f"managed_login_{name}_{scheme}", full_page=True)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def at_the_app(page: Page, it: Place) -> None:
    page.wait_for_url(f"{it.callback}?code=*")
    assert page.url.endswith("&state=st")


def name_herself(page: Page, it: Place) -> None:
    page.goto(it.address("/login"))
    page.get_by_label("Username", exact=True).fill("mara")
    press(page, "Next")


def give_password(page: Page, it: Place) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    at_the_app(page, it)


def add_one(page: Page, it: Place) -> None:
    name_herself(page, it)
    give_password(page, it)
    page.goto(it.address("/passkeys/add"))
    look_at(page, "passkeys_add")
    press(page, "Add a passkey")
    at_the_app(page, it)
    page.context.clear_cookies()


def ask(page: Page, it: Place) -> None:
    name_herself(page, it)
    look_at(page, "choice_with_passkey")
    press(page, "A passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in with a passkey")


def change(page: Page, do: str) -> None:
    """Change what the page asks the browser for, as a page of somebody else's would ask."""
    page.locator("#passkey").evaluate(
        "(one, do_) => { const asked = JSON.parse(one.dataset.options);"
        " new Function('asked', do_)(asked); one.dataset.options = JSON.stringify(asked); }",
        do,
    )


def test_a_passkey_is_added_and_signs_in(page: Page, it: Place) -> None:
    phone = device(page)
    add_one(page, it)
    [own], [kept] = it.passkeys(), keys(phone)
    assert own["RelyingPartyId"] == urlsplit(HOME).hostname
    assert kept["rpId"] == f"{own['RelyingPartyId']}.localhost" and kept["isResidentCredential"]
    for count in (1, 2):
        ask(page, it)
        look_at(page, "passkey")
        press(page, "Continue")
        at_the_app(page, it)
        page.context.clear_cookies()
        assert keys(phone)[0]["signCount"] > count


def test_it_is_not_made_twice_on_one_device(page: Page, it: Place) -> None:
    device(page)
    add_one(page, it)
    add_again = page.get_by_text("The browser gave no passkey (InvalidStateError)")
    name_herself(page, it)
    press(page, "Password")
    give_password(page, it)
    page.goto(it.address("/passkeys/add"))
    press(page, "Add a passkey")
    expect(add_again).to_be_visible()
    assert len(it.passkeys()) == 1


def test_the_browser_gives_none_for_another_domain(page: Page, it: Place) -> None:
    device(page)
    add_one(page, it)
    for domain, error in (("evil.example", "SecurityError"), ("", "SecurityError")):
        ask(page, it)
        change(page, f"asked.rpId = '{domain}'")
        press(page, "Continue")
        expect(page.get_by_text(f"The browser gave no passkey ({error})")).to_be_visible()


def test_a_passkey_of_a_wider_domain_is_refused(page: Page, it: Place) -> None:
    """The browser gives it, and the pool does not take it: neighbours could have it too."""
    phone, wider = device(page), "amazoncognito.com.localhost"
    add_one(page, it)
    [kept] = keys(phone)
    keep(phone, {**kept, "rpId": wider})
    ask(page, it)
    change(page, f"asked.rpId = '{wider}'")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("another relying party id")


def test_another_challenge_is_refused(page: Page, it: Place) -> None:
    device(page)
    add_one(page, it)
    ask(page, it)
    other = base64.urlsafe_b64encode(b"another challenge").decode().rstrip("=")
    change(page, f"asked.challenge = {json.dumps(other)}")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("could not be verified")
    press(page, "Continue")  # the page has the right one again
    at_the_app(page, it)


def test_a_device_that_was_copied_is_refused(page: Page, it: Place) -> None:
    phone = device(page)
    add_one(page, it)
    [copy] = keys(phone)
    ask(page, it)
    press(page, "Continue")
    at_the_app(page, it)
    page.context.clear_cookies()
    keep(phone, copy)
    ask(page, it)
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("could not be verified")


def test_a_device_that_does_not_know_its_owner_where_that_is_required(page: Page, it: Place) -> None:
    line, name = device(page)
    add_one(page, it)
    it.idp.set_user_pool_mfa_config(
        UserPoolId=it.pool, WebAuthnConfiguration={"UserVerification": "required"}
    )
    line.send("WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": False})
    ask(page, it)
    change(page, "asked.userVerification = 'discouraged'")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("could not be verified")
