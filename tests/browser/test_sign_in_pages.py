"""The pages of managed login on the wire, in a real browser: seen by axe-core, used by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pyotp
import pytest
from browser_support import axe_faults, photograph, tab_to
from playwright.sync_api import Browser, Page, expect

from cognito_lab import Lab
from cognito_lab.aws.managed_login.pages import rendering
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served.server import Server

PASSWORD = "Tide-pools-2026!"
HOME = "https://tidepool.auth.us-east-1.amazoncognito.com"
LOOKS = {
    "wide_light": ("light", 1000),
    "wide_dark": ("dark", 1000),
    "narrow_light": ("light", 360),
    "narrow_dark": ("dark", 360),
}
SES = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/hello@tidepool.example",
}
NAMES = ("email", "name", "phone_number", "birthdate")
EVERYTHING = [{"Name": name, "Required": True, "Mutable": True} for name in NAMES]
RED = {"defaults": {"backgroundColor": "b3261eff", "textColor": "ffffffff"}}
STYLE = {
    "components": {
        "primaryButton": {"lightMode": RED, "darkMode": RED},
        "form": {"logo": {"enabled": True}},
    }
}
LOGO = {
    "Category": "FORM_LOGO", "ColorMode": "DYNAMIC", "Extension": "SVG",
    "Bytes": b"<svg xmlns='http://www.w3.org/2000/svg' width='80' height='48'>"
    b"<script>parent.document.title = 'ran'</script>"
    b"<path d='M0 30q20 -30 40 0t40 0' fill='none' stroke='#b3261e' stroke-width='8'/></svg>",
}  # fmt: skip
MARA = {
    "email": "mara@tidepool.example", "email_verified": "true", "name": "Mara",
    "phone_number": "+4915112345678", "birthdate": "1999-12-31",
}  # fmt: skip


class Place:
    """A served account: a pool that asks for much, Mara, Ben who was invited, an app client with a style."""

    def __init__(self, server: Server) -> None:
        self.server, self.idp = server, boto3.client("cognito-idp")
        self.callback = server.url + "/_lab/health"  # a page that answers; it stands in for the app's
        made = self.idp.create_user_pool(
            PoolName="tidepool", AutoVerifiedAttributes=["email"], Schema=EVERYTHING, EmailConfiguration=SES
        )
        self.pool = made["UserPool"]["Id"]
        self.idp.create_identity_provider(
            UserPoolId=self.pool, ProviderName="Google", ProviderType="Google",
            ProviderDetails={"client_id": "1", "client_secret": "2", "authorize_scopes": "openid"},
        )  # fmt: skip
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain="tidepool", ManagedLoginVersion=2)
        self.client, self.with_choice = (
            self.new_client(),
            self.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"]),
        )
        self.invite("ben")
        self.invite("mara", UserAttributes=[{"Name": name, "Value": value} for name, value in MARA.items()])
        self.password("mara", permanent=True)

    def new_client(self, **settings: Any) -> str:
        """An app client with pages, and a style for them."""
        client = self.idp.create_user_pool_client(
            UserPoolId=self.pool, ClientName="Tidepool", CallbackURLs=[self.callback],
            AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"],
            SupportedIdentityProviders=["COGNITO", "Google"], **settings,
        )["UserPoolClient"]["ClientId"]  # fmt: skip
        self.idp.create_managed_login_branding(
            UserPoolId=self.pool, ClientId=client, Settings=STYLE, Assets=[LOGO]
        )
        return str(client)

    def first_factors(self, *names: str) -> None:
        policies = {"SignInPolicy": {"AllowedFirstAuthFactors": list(names)}}
        settings = {"AutoVerifiedAttributes": ["email"], "EmailConfiguration": SES}
        self.idp.update_user_pool(UserPoolId=self.pool, Policies=policies, **settings)

    def invite(self, name: str, **more: Any) -> None:
        self.idp.admin_create_user(
            UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS", TemporaryPassword=PASSWORD, **more
        )

    def password(self, name: str, permanent: bool = False) -> None:
        self.idp.admin_set_user_password(
            UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=permanent
        )

    def address(self, path: str = "/oauth2/authorize", **more: str) -> str:
        asked = {
            "client_id": self.client,
            "redirect_uri": self.callback,
            "response_type": "code",
            "state": "st",
        }
        query = "&".join(f"{name}={value}" for name, value in {**asked, **more}.items())
        return self.server.address(HOME + path) + "?" + query

    def code(self, name: str) -> str:
        return str(self.server.account.inbox(f"{name}@tidepool.example")[-1].code)


@pytest.fixture(scope="module")
def it() -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(REPRODUCIBLE, raising=False)
        with Lab.start() as lab:
            yield Place(lab.serve(0))


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 1000, "height": 800})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def fill(page: Page, **values: str) -> None:
    for label, value in values.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def at_the_app(page: Page, it: Place) -> None:
    page.wait_for_url(f"{it.callback}?code=*")
    assert page.url.endswith("&state=st")


def test_a_person_signs_in_by_keyboard_alone(page: Page, it: Place) -> None:
    page.goto(it.address())
    expect(page).to_have_title("Sign in – Tidepool")
    for _ in range(2):  # the first field, whatever the browser's own bars take
        page.keyboard.press("Tab")
        if page.locator("#username:focus").count():
            break
    page.keyboard.type("mara")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    at_the_app(page, it)
    page.goto(it.address())  # the browser has a session now
    at_the_app(page, it)


def test_a_person_signs_up_confirms_and_is_signed_in(page: Page, it: Place, request: Any) -> None:
    name = "ida" if "without" in request.node.name else "nina"
    page.goto(it.address())
    page.get_by_role("link", name="Create an account").click()
    fill(page, Username=name, Email=f"{name}@tidepool.example", Name=name, Phone_number="+491")
    fill(page, Birthdate="2000-01-31", Password="short")
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("Username")).to_have_value(name)
    fill(page, Password=PASSWORD)
    press(page, "Sign up")
    expect(page.get_by_role("status")).to_contain_text("***@t***")
    fill(page, Code=it.code(name))
    press(page, "Confirm account")
    at_the_app(page, it)


def test_a_temporary_and_a_forgotten_password_are_replaced(page: Page, it: Place, request: Any) -> None:
    page.goto(it.address("/login"))
    page.get_by_role("link", name="Forgot your password?").click()
    fill(page, Username="mara")
    press(page, "Reset my password")
    fill(page, Code=it.code("mara"), New_password=PASSWORD)
    press(page, "Change password")
    expect(page.get_by_role("status")).to_contain_text("is changed")
    it.password("ben")
    fill(page, Username="ben", Password=PASSWORD)
    press(page, "Sign in")
    fill(page, New_password=PASSWORD + "2")
    if page.get_by_label("Email").count():
        fill(page, Email="ben@tidepool.example", Name="Ben", Phone_number="+491", Birthdate="2001-01-31")
    press(page, "Change password")
    at_the_app(page, it)


# -- looked at -----------------------------------------------------------------------------------


def shown(page: Page, it: Place) -> Iterator[str]:
    """Every page, refused and not, as the browser shows it: its name in photographs."""
    page.goto(it.address("/login"))
    yield "login"
    fill(page, Username="mara", Password="wrong-Password-1")
    press(page, "Sign in")
    yield "login_refused"
    for path in ("signup", "confirm", "forgotPassword", "confirmforgotPassword"):
        page.goto(it.address(f"/{path}", username="mara"))
        yield path
    it.password("ben")
    page.goto(it.address("/login"))
    fill(page, Username="ben", Password=PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    yield "changePassword"
    yield from shown_for_a_choice(page, it)
    yield from shown_for_a_second_factor(page, it)
    page.goto(it.address("/login", client_id="none"))
    yield "error"


def shown_for_a_choice(page: Page, it: Place) -> Iterator[str]:
    """Mara gives her name, and then a password or a code."""
    it.first_factors("PASSWORD", "EMAIL_OTP")
    try:
        page.goto(it.address("/login", client_id=it.with_choice))
        yield "login_name"
        fill(page, Username="mara")
        press(page, "Next")
        yield "firstFactor"
        press(page, "Password")
        fill(page, Password="wrong-Password-1")
        press(page, "Sign in")
        yield "password_refused"
        page.goto(it.address("/login", client_id=it.with_choice, login_hint="mara"))
        press(page, "Next")
        press(page, "A code by e-mail")
        yield "firstFactorCode"
        fill(page, Code=it.code("mara"))
        press(page, "Continue")
        at_the_app(page, it)
        page.context.clear_cookies()
    finally:
        it.first_factors("PASSWORD")


def shown_for_a_second_factor(page: Page, it: Place) -> Iterator[str]:
    """Mara has no factor, then an app, then the choice of two."""
    named, apps = {"UserPoolId": it.pool}, {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    it.idp.set_user_pool_mfa_config(**named, MfaConfiguration="ON", **apps)
    try:
        sign_in_as_mara(page, it)
        secret = page.locator("code").inner_text()
        assert page.get_by_role("img", name="QR code").bounding_box()
        yield "mfaSetup"
        fill(page, Code=pyotp.TOTP(secret).now())
        press(page, "Set up")
        at_the_app(page, it)
        page.context.clear_cookies()
        sign_in_as_mara(page, it)
        yield "mfa"
        both = {"EmailMfaConfiguration": {}, **apps}
        it.idp.set_user_pool_mfa_config(**named, MfaConfiguration="ON", **both)
        it.idp.admin_set_user_mfa_preference(**named, Username="mara", EmailMfaSettings={"Enabled": True})
        sign_in_as_mara(page, it)
        yield "mfaSelect"
        press(page, "A code by e-mail")
        fill(page, Code=it.code("mara"))
        press(page, "Continue")
        at_the_app(page, it)
        page.context.clear_cookies()
    finally:
        it.idp.set_user_pool_mfa_config(**named, MfaConfiguration="OFF")


def sign_in_as_mara(page: Page, it: Place) -> None:
    it.password("mara", permanent=True)
    page.goto(it.address("/login"))
    fill(page, Username="mara", Password=PASSWORD)
    press(page, "Sign in")


def test_every_page_is_easy_to_see_and_to_press(browser: Browser, it: Place) -> None:
    page = browser.new_page()
    for name in shown(page, it):
        for look, (scheme, width) in LOOKS.items():
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            seen = f"matchMedia('(prefers-color-scheme: {scheme})').matches && innerWidth"
            assert page.evaluate(seen) == width
            assert axe_faults(page, "html") == [], (name, look)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide"
            sizes = page.locator("button, input:not([type=hidden]), a").evaluate_all(
                "all => all.map(one => one.getBoundingClientRect().height)"
            )
            assert all(height >= 44 for height in sizes), (name, look, sizes)
            photograph(page, f"managed_login_{name}_{look}", full_page=True)
        assert page.locator("html").get_attribute("lang") == "en" and page.locator("main").count() == 1
    page.close()


def test_what_has_the_keyboard_is_seen(browser: Browser, it: Place) -> None:
    page = browser.new_page()
    page.goto(it.address("/login"))
    for target in (page.get_by_label("Username"), page.get_by_role("button"), page.get_by_role("link").first):
        tab_to(page, target)
        assert target.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.close()


def test_the_style_of_the_pool_is_on_the_page(browser: Browser, it: Place) -> None:
    page = browser.new_page()
    page.goto(it.address("/login"))
    colour = "one => getComputedStyle(one).backgroundColor"
    assert page.get_by_role("button").evaluate(colour) == "rgb(179, 38, 30)"
    assert page.locator("img").evaluate("one => [one.naturalWidth, one.alt]") == [80, ""]
    assert page.title() == "Sign in – Tidepool"  # a script in a picture does not run
    page.close()


def test_no_script_runs_in_a_page(browser: Browser, it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    page = browser.new_page()
    add = (
        "() => { const s = document.createElement('script'); s.textContent = 'document.title = `ran`';"
        " document.body.append(s) }"
    )
    page.goto(it.address("/login"))
    page.evaluate(add)
    assert page.title() == "Sign in – Tidepool"
    monkeypatch.delitem(rendering.HEADERS, "content-security-policy")
    page.goto(it.address("/login"))
    page.evaluate(add)
    assert page.title() == "ran"  # so it was that header that held
    page.close()


def test_no_other_page_may_frame_it(browser: Browser, it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    page = browser.new_page()
    frame = f"<iframe src='{it.address('/login')}'></iframe>"
    page.goto(it.callback)
    page.set_content(frame)
    expect(page.frame_locator("iframe").locator("body")).not_to_contain_text("Sign in")
    monkeypatch.delitem(rendering.HEADERS, "content-security-policy")
    page.set_content(frame)
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Sign in")
    page.close()
