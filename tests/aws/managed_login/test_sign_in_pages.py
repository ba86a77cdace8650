"""The pages of managed login: each form does and refuses what the API does, and gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from support.managed_login_pages import CALLBACK, HOME, Place, Visitor
from support.user_pools import OTHER_PASSWORD, PASSWORD, world

from cognito_lab.aws.managed_login import browser_sessions, csrf
from cognito_lab.aws.managed_login.pages import rendering, sign_in_pages
from cognito_lab.aws.managed_login.pages.sign_in_pages import Input
from cognito_lab.aws.user_pools.people import sign_up
from cognito_lab.aws.user_pools.settings import branding
from cognito_lab.aws.user_pools.sign_in import lockout, user_status
from cognito_lab.templates import ENVIRONMENT

HOSTILE = "\"'><img src=x onerror=alert(1)>{{7*7}}${x}</title></style><script>alert(1)</script>"
WRONG = "Incorrect username or password."


@pytest.fixture
def it() -> Iterator[Place]:
    with world() as place:
        yield Place(place.lab)


# -- sign in -------------------------------------------------------------------------------------


def test_the_right_password_leads_back_to_the_app_with_a_code(it: Place) -> None:
    it.member()
    visitor = it.visitor().press("Sign in", username="mara", password=PASSWORD)
    assert visitor.arrived, visitor.html
    shown = it.visitor().html
    body = shown.partition("<body>")[2]
    assert "<title>Sign in – web</title>" in shown and "aria-" not in body and "error" not in body
    assert "cognito" in visitor.browser.cookies


def test_the_code_is_redeemed_for_tokens_of_who_signed_in(it: Place) -> None:
    it.member()
    code = it.visitor().press("Sign in", username="mara", password=PASSWORD).query["code"]
    form = {
        "grant_type": "authorization_code",
        "client_id": it.client,
        "code": code,
        "redirect_uri": CALLBACK,
    }
    tokens = requests.post(f"{HOME}/oauth2/token", form).json()
    told = requests.get(
        f"{HOME}/oauth2/userInfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert told.json()["username"] == "mara"


def test_a_client_needs_neither_a_flow_of_the_api_nor_a_secret_hash_from_the_page(it: Place) -> None:
    it.new_pool(
        ["ALLOW_CUSTOM_AUTH"],
        {"GenerateSecret": True},
        AutoVerifiedAttributes=["email"],
    )
    visitor = it.visitor("/signup").press(
        "Sign up", username="mara", email="m@tidepool.example", password=PASSWORD
    )
    assert visitor.press("Confirm account", code=it.code()).arrived
    assert it.visitor().press("Sign in", username="mara", password=PASSWORD).arrived


def test_a_wrong_password_is_refused_and_the_name_stays(it: Place) -> None:
    it.member()
    visitor = it.visitor().press("Sign in", username="mara", password=OTHER_PASSWORD)
    assert visitor.status == 400 and visitor.error == WRONG and visitor.title == "Sign in"
    assert visitor.page.forms[0].fields == {"username": "mara", "password": ""}
    assert OTHER_PASSWORD not in visitor.html
    assert 'aria-describedby="error"' in visitor.html and "<title>Error: Sign in" in visitor.html
    assert visitor.press("Sign in", password=PASSWORD).arrived


def test_somebody_unknown_is_told_the_same_as_a_wrong_password_where_the_client_hides_users(
    it: Place,
) -> None:
    it.member()
    it.update_client(PreventUserExistenceErrors="ENABLED")
    seen = []
    for name in ("mara", "nobody"):
        visitor = it.visitor().press("Sign in", username=name, password=OTHER_PASSWORD)
        seen.append((visitor.status, re.sub(r'value="\w{32}"', "", visitor.html.replace(name, "NAME"))))
    assert seen[0] == seen[1] and WRONG in seen[0][1]
    it.update_client(PreventUserExistenceErrors="LEGACY")
    assert it.visitor().press("Sign in", username="nobody", password=PASSWORD).error == "User does not exist."


def test_five_wrong_passwords_lock_the_page_as_they_lock_the_api(it: Place) -> None:
    it.member()
    visitor = it.visitor()
    for _ in range(5):
        visitor.press("Sign in", username="mara", password=OTHER_PASSWORD)
    assert visitor.press("Sign in", password=PASSWORD).error == "Password attempts exceeded"
    it.lab.travel(seconds=2)
    assert visitor.press("Sign in", password=PASSWORD).arrived


def test_a_disabled_user_is_refused(it: Place) -> None:
    it.member()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    assert it.visitor().press("Sign in", username="mara", password=PASSWORD).error == "User is disabled."


@pytest.mark.parametrize("field", ["username", "password"])
def test_an_empty_field_is_refused(it: Place, field: str) -> None:
    given = {"username": "mara", "password": PASSWORD} | {field: ""}
    visitor = it.visitor().press("Sign in", **given)
    assert visitor.error == f"Missing required parameter {field}"


def test_a_login_hint_is_filled_in(it: Place) -> None:
    assert it.visitor(login_hint="mara").page.forms[0].fields["username"] == "mara"


def test_people_are_asked_for_the_name_that_the_pool_knows_them_by(it: Place) -> None:
    def label() -> str:
        return re.findall(r'for="username">([^<]*)</label>', it.visitor().html)[0]

    assert label() == "Username"
    it.new_pool(UsernameAttributes=["email"])
    assert label() == "Email" and 'type="email" required="" autocomplete="username"' in it.visitor().html
    it.new_pool(UsernameAttributes=["email", "phone_number"])
    assert label() == "Email or phone number"
    it.new_pool(AliasAttributes=["email"])
    assert label() == "Username or email"
    assert ">Username</label>" in it.visitor("/signup").html
    it.new_pool(UsernameAttributes=["email"])
    assert ">Email</label>" in it.visitor("/signup").html


def test_what_is_sent_has_the_form_that_the_api_wants(it: Place) -> None:
    visitor = it.visitor("/confirm").press("Confirm account", username="m" * 129, code="12 34")
    assert visitor.error.startswith("2 validation errors detected") and "'confirmationCode'" in visitor.error


def test_a_link_may_name_who_is_to_confirm(it: Place) -> None:
    for path in ("/confirm", "/confirmforgotPassword"):
        named, unnamed = it.visitor(path, username="mara").page, it.visitor(path).page
        assert named.forms[0].hidden["username"] == "mara" and len(named.forms) == 2
        looks = re.findall(r'<button class="([^"]*)">', named.html)
        assert looks == [
            "button submitButton-customizable",
            "button",
        ]  # the second one is not the page's purpose
        assert "username" in unnamed.forms[0].fields and len(unnamed.forms) == 1  # nobody to send a code to


def test_a_code_by_sms_is_said_to_go_by_sms(it: Place) -> None:
    it.new_pool(AutoVerifiedAttributes=["phone_number"])
    visitor = it.visitor("/signup")
    visitor.press("Sign up", username="mara", phone_number="+4915112345678", password=PASSWORD)
    assert visitor.notice == "A code was sent by SMS to +*********5678."


# -- states in which more is asked ---------------------------------------------------------------


def test_who_is_not_confirmed_is_led_to_the_page_for_the_code(it: Place) -> None:
    it.sign_up()
    visitor = it.visitor().press("Sign in", username="mara", password=PASSWORD)
    assert visitor.title == "Confirm your account" and visitor.error == "User is not confirmed."
    visitor.press("Confirm account", code=it.code())
    # Nobody has shown a password here, or it was not looked at: so there is no session yet.
    assert visitor.title == "Sign in" and visitor.notice and it.status() == "CONFIRMED"
    assert visitor.press("Sign in", username="mara", password=PASSWORD).arrived


def test_who_has_to_reset_the_password_is_led_to_the_page_for_it(it: Place) -> None:
    it.member()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    assert it.visitor().press("Sign in", username="mara", password=OTHER_PASSWORD).error == WRONG
    visitor = it.visitor().press("Sign in", username="mara", password=PASSWORD)
    assert visitor.title == "Choose a new password" and visitor.error.startswith("Password reset required")
    visitor.press("Change password", code=it.code(), password=OTHER_PASSWORD)
    assert visitor.notice.startswith("Your password is changed")
    assert visitor.press("Sign in", username="mara", password=OTHER_PASSWORD).arrived


def test_a_temporary_password_is_changed_and_what_is_missing_is_asked_for(it: Place) -> None:
    needed = [{"Name": name, "Required": True, "Mutable": True} for name in ("given_name", "email")]
    it.new_pool(Schema=needed)
    it.invited("ben", email="ben@tidepool.example")
    visitor = it.visitor().press("Sign in", username="ben", password=PASSWORD)
    assert visitor.title == "Choose a new password" and visitor.status == 200
    assert list(visitor.page.forms[0].fields) == ["password", "given_name"]
    visitor.press("Change password", password="short", given_name="Ben")
    assert visitor.error == "Password did not conform with policy: Password not long enough"
    assert visitor.page.forms[0].fields["given_name"] == "Ben"
    visitor.press("Change password", password=OTHER_PASSWORD, given_name="")
    assert visitor.error == "Invalid attributes given, given_name is missing"
    before = visitor.page.forms[0]
    assert visitor.press("Change password", password=OTHER_PASSWORD, given_name="Ben").arrived
    assert it.status("ben") == "CONFIRMED" and it.attributes("ben")["given_name"] == "Ben"
    visitor.post(before.action, {**before.hidden, "password": PASSWORD, "given_name": "Eve"})
    assert "session can only be used once" in visitor.error


def test_a_new_password_needs_the_proof_of_the_old_one(it: Place) -> None:
    it.invited("ben")
    it.invited("eve")
    visitor = it.visitor().press("Sign in", username="eve", password=PASSWORD)
    hidden = visitor.page.forms[0].hidden
    for forged in ({"session": ""}, {"session": "x" * 200}, {"username": "ben"}, {"username": "nobody"}):
        visitor.post(it.address("/changePassword"), {**hidden, "password": OTHER_PASSWORD, **forged})
        assert visitor.error == "Invalid session for the user.", forged
    it.lab.travel(minutes=4)
    visitor.post(it.address("/changePassword"), {**hidden, "password": OTHER_PASSWORD})
    assert "session is expired" in visitor.error
    assert it.status("ben") == it.status("eve") == "FORCE_CHANGE_PASSWORD"


def test_the_page_for_a_new_password_tells_nothing_about_somebody_else(it: Place) -> None:
    it.new_pool(Schema=[{"Name": "given_name", "Required": True, "Mutable": True}])
    it.invited("ben")
    visitor = it.visitor()
    hidden = visitor.page.forms[0].hidden
    seen = [
        visitor.post(it.address("/changePassword"), {**hidden, "username": name}).html.replace(name, "NAME")
        for name in ("ben", "nobody")
    ]
    assert seen[0] == seen[1]


# -- sign up -------------------------------------------------------------------------------------


def test_who_signs_up_and_confirms_is_signed_in(it: Place) -> None:
    visitor = it.visitor().follow("New here? Create an account")
    assert visitor.title == "Create an account"
    visitor.press("Sign up", username="mara", email="mara@tidepool.example", password=PASSWORD)
    assert visitor.title == "Confirm your account" and it.status() == "UNCONFIRMED"
    assert visitor.notice == "A code was sent by e-mail to m***@t***."
    assert visitor.press("Confirm account", code=it.code()).arrived
    assert it.status() == "CONFIRMED" and it.attributes()["email_verified"] == "true"


def test_the_page_asks_for_the_required_attributes_and_says_how(it: Place) -> None:
    it.new_pool(
        UsernameAttributes=["email"], AutoVerifiedAttributes=["email"],
        Schema=[{"Name": name, "Required": True} for name in ("email", "phone_number", "birthdate", "name")],
    )  # fmt: skip
    visitor = it.visitor("/signup")
    given = {"username": "mara@tidepool.example", "password": PASSWORD}
    asked = {"birthdate": "1999-12-31", "phone_number": "+4915112345678", "name": "Mara"}
    assert visitor.page.forms[0].fields.keys() == {**given, **asked}.keys()
    for name, kind, complete in (
        ("phone_number", "tel", "tel"), ("birthdate", "date", "bday"),
        ("password", "password", "new-password"),
    ):  # fmt: skip
        (found,) = re.findall(rf'<input [^>]*name="{name}"[^>]*>', visitor.html)
        assert f'type="{kind}"' in found and f'autocomplete="{complete}"' in found
        if name != "birthdate":
            assert f'aria-describedby="{name}-hint"' in found and f'id="{name}-hint"' in visitor.html
    visitor.press("Sign up", **given, **{**asked, "phone_number": "0151"})
    assert visitor.error == "Invalid phone number format."
    assert visitor.page.forms[0].fields == {**given, **asked, "phone_number": "0151", "password": ""}
    visitor.press("Sign up", **{**given, **asked, "name": ""})
    assert "name: The attribute is required" in visitor.error
    visitor.press("Sign up", **given, **asked)
    assert visitor.press("Confirm account", code=it.code()).arrived
    assert it.attributes("mara@tidepool.example")["name"] == "Mara"


def test_the_policy_is_told_before_and_enforced_after(it: Place) -> None:
    policy = {"MinimumLength": 10, "RequireNumbers": True, "RequireSymbols": True}
    it.new_pool(Policies={"PasswordPolicy": policy})
    visitor = it.visitor("/signup")
    assert "At least 10 characters, among them a digit, a symbol." in visitor.html
    for password, error in (
        ("tide!2026", "Password not long enough"), ("tide-pools!", "Password must have numeric characters"),
        ("tidepools2026", "Password must have symbol characters"),
    ):  # fmt: skip
        visitor.press("Sign up", username="mara", password=password)
        assert visitor.error == f"Password did not conform with policy: {error}"
    it.new_pool(Policies={"PasswordPolicy": {"MinimumLength": 6}})
    assert "At least 6 characters.<" in it.visitor("/signup").html


def test_a_name_that_is_taken_is_refused(it: Place) -> None:
    it.member()
    visitor = it.visitor("/signup").press(
        "Sign up", username="mara", email="eve@tidepool.example", password=PASSWORD
    )
    assert visitor.error == "User already exists"


def test_nothing_but_what_the_page_asks_for_is_taken(it: Place) -> None:
    visitor = it.visitor("/signup")
    hidden = visitor.page.forms[0].hidden
    given = {"username": "mara", "email": "m@tidepool.example", "password": PASSWORD}
    visitor.post(it.address("/signup"), {**hidden, **given, "email_verified": "true", "name": "Eve"})
    assert it.attributes()["email_verified"] == "false" and "name" not in it.attributes()


def test_without_self_sign_up_there_is_no_link_no_page_and_no_form(it: Place) -> None:
    it.new_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    visitor = it.visitor()
    assert "/signup" not in visitor.html
    hidden = visitor.page.forms[0].hidden
    off = "SignUp is not permitted for this user pool"
    visitor.open(it.address("/signup"))
    assert (visitor.status, visitor.error, visitor.page.forms) == (400, off, [])
    visitor.post(it.address("/signup"), {**hidden, "username": "mara", "password": PASSWORD})
    assert visitor.error == off and not it.idp.list_users(UserPoolId=it.pool)["Users"]


# -- the code ------------------------------------------------------------------------------------


def test_a_wrong_an_old_and_a_used_code_are_refused(it: Place) -> None:
    visitor = it.visitor("/signup").press(
        "Sign up", username="mara", email="m@tidepool.example", password=PASSWORD
    )
    wrong = f"{(int(it.code()) + 1) % 10**6:06}"
    visitor.press("Confirm account", code=wrong)
    assert visitor.error.startswith("Invalid verification code") and it.status() == "UNCONFIRMED"
    old = it.code()
    visitor.press("Send a new code")
    assert visitor.notice.startswith("A code was sent") and it.code() != old
    assert visitor.press("Confirm account", code=old).error.startswith("Invalid verification code")
    it.lab.travel(hours=25)
    assert visitor.press("Confirm account", code=it.code()).error.startswith("Invalid code provided")
    visitor.press("Send a new code").press("Confirm account", code=it.code())
    assert visitor.title == "Sign in" and visitor.notice  # too late to be signed in as well
    visitor.open(it.address("/confirm")).press("Confirm account", username="mara", code=it.code())
    assert visitor.error == "User cannot be confirmed. Current status is CONFIRMED"


def test_only_the_browser_that_signed_up_is_signed_in_by_the_code(it: Place) -> None:
    it.visitor("/signup").press("Sign up", username="mara", email="m@tidepool.example", password=PASSWORD)
    code = it.code()
    eve = it.visitor("/signup").press(
        "Sign up", username="eve", email="e@tidepool.example", password=PASSWORD
    )
    own, form = it.code(), eve.page.forms[0]
    eve.post(form.action, {**form.hidden, "username": "mara", "code": code})
    assert eve.title == "Sign in" and "cognito" not in eve.browser.cookies
    eve.post(form.action, {**form.hidden, "code": own})
    assert eve.arrived
    sent_again = eve.post(form.action, {**form.hidden, "code": own})
    assert not sent_again.arrived


def test_a_session_of_the_sign_up_page_is_no_session_of_the_api(it: Place) -> None:
    visitor = it.visitor("/signup").press(
        "Sign up", username="mara", email="m@tidepool.example", password=PASSWORD
    )
    form = visitor.page.forms[0]
    visitor.post(it.address("/changePassword"), {**form.hidden, "password": OTHER_PASSWORD})
    assert visitor.error == "Invalid session for the user." and it.status() == "UNCONFIRMED"


def test_a_code_is_sent_five_times_an_hour(it: Place) -> None:
    visitor = it.visitor("/signup").press(
        "Sign up", username="mara", email="m@tidepool.example", password=PASSWORD
    )
    for _ in range(5):
        assert visitor.press("Send a new code").notice
    assert visitor.press("Send a new code").error.startswith("Attempt limit exceeded")


def test_the_page_for_a_code_gives_nobody_away(it: Place) -> None:
    it.sign_up()
    it.update_client(PreventUserExistenceErrors="ENABLED")
    visitor = it.visitor("/confirm").press("Confirm account", username="nobody", code="123456")
    assert visitor.error.startswith("Invalid code provided")
    assert visitor.press("Send a new code").notice.startswith("A code was sent by e-mail to ")


def test_the_link_of_an_e_mail_confirms_in_any_browser(it: Place) -> None:
    it.sign_up()
    link = {"client_id": it.client, "user_name": "mara", "confirmation_code": it.code()}
    wrong = f"{HOME}/confirmUser/?{urlencode({**link, 'confirmation_code': '0'})}"
    assert Visitor(wrong).error.startswith("Invalid verification code") and it.status() == "UNCONFIRMED"
    visitor = Visitor(f"{HOME}/confirmUser/?{urlencode(link)}")
    assert visitor.notice == "Your registration has been confirmed!" and it.status() == "CONFIRMED"
    assert "cognito" not in visitor.browser.cookies
    assert visitor.open(f"/confirmUser/?{urlencode(link)}").error.startswith("User cannot be confirmed")
    assert (
        Visitor(f"{HOME}/confirmUser/?{urlencode({**link, 'user_name': HOSTILE})}").html.count("<script") == 0
    )
    visitor.open(f"/confirmUser?{urlencode({**link, 'client_id': 'none'})}")
    assert visitor.status == 302 and visitor.location.startswith("/error?")


def test_who_was_disabled_before_the_code_came_is_not_signed_in(it: Place) -> None:
    visitor = it.visitor("/signup")
    visitor.press("Sign up", username="mara", email="m@tidepool.example", password=PASSWORD)
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    assert visitor.press("Confirm account", code=it.code()).title == "Sign in"


# -- a forgotten password ------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_the_code(it: Place) -> None:
    it.member()
    visitor = it.visitor().follow("Forgot your password?").press("Reset my password", username="mara")
    assert (
        visitor.title == "Choose a new password"
        and visitor.notice == "A code was sent by e-mail to m***@t***."
    )
    visitor.press("Change password", code=it.code(), password="short!")
    assert visitor.error.startswith("Password did not conform")
    wrong = f"{(int(it.code()) + 1) % 10**6:06}"
    assert visitor.press("Change password", code=wrong, password=OTHER_PASSWORD).error.startswith(
        "Invalid verif"
    )
    old = it.code()
    visitor.press("Send a new code")
    assert visitor.press("Change password", code=old, password=OTHER_PASSWORD).error.startswith(
        "Invalid verif"
    )
    visitor.press("Change password", code=it.code(), password=OTHER_PASSWORD)
    assert visitor.title == "Sign in" and visitor.notice
    assert visitor.press("Sign in", username="mara", password=PASSWORD).error == WRONG
    assert visitor.press("Sign in", password=OTHER_PASSWORD).arrived


def test_a_reset_code_is_valid_for_an_hour(it: Place) -> None:
    it.member()
    visitor = it.visitor("/forgotPassword").press("Reset my password", username="mara")
    it.lab.travel(minutes=61)
    visitor.press("Change password", code=it.code(), password=OTHER_PASSWORD)
    assert visitor.error.startswith("Invalid code provided")


def test_a_forgotten_password_gives_nobody_away(it: Place) -> None:
    it.update_client(PreventUserExistenceErrors="ENABLED")
    visitor = it.visitor("/forgotPassword").press("Reset my password", username="nobody")
    assert visitor.notice.startswith("A code was sent by e-mail to ")
    visitor.press("Change password", code="123456", password=OTHER_PASSWORD)
    assert visitor.error.startswith("Invalid verification code")
    it.update_client(PreventUserExistenceErrors="LEGACY")
    visitor = it.visitor("/forgotPassword").press("Reset my password", username="nobody")
    assert visitor.error == "Username/client id combination not found."


def test_who_was_invited_and_never_came_cannot_reset(it: Place) -> None:
    it.invited("ben", email="ben@tidepool.example")
    visitor = it.visitor("/forgotPassword").press("Reset my password", username="ben")
    assert visitor.error == "User password cannot be reset in the current state."


# -- clients and their pages ---------------------------------------------------------------------


def test_a_client_without_users_of_its_own_has_no_form_and_takes_none(it: Place) -> None:
    it.member()
    visitor = it.visitor()
    hidden = visitor.page.forms[0].hidden
    it.update_client(SupportedIdentityProviders=[])
    visitor.open(it.address())
    assert visitor.page.forms == [] and "SupportedIdentityProviders" in visitor.html
    given = {**hidden, "username": "mara", "password": PASSWORD, "code": "1"}
    for path in sign_in_pages.FORMS:
        visitor.post(it.address(path), given)
        assert visitor.error == "This app client does not take users of the user pool.", path
    for path in sign_in_pages.PAGES.keys() - {"/login"}:
        visitor.open(it.address(path))
        assert visitor.page.forms == [] and visitor.error, path


def test_other_providers_are_links_that_keep_what_the_app_asked_for(it: Place) -> None:
    it.idp.create_identity_provider(
        UserPoolId=it.pool, ProviderName="Google", ProviderType="Google",
        ProviderDetails={"client_id": "1", "client_secret": "2", "authorize_scopes": "openid email"},
    )  # fmt: skip
    it.update_client(SupportedIdentityProviders=["COGNITO", "Google"])
    visitor = it.visitor(nonce="n1")
    assert visitor.page.forms and visitor.page.links.keys() > {"Continue with Google"}
    assert "<h2>Or</h2>" in visitor.html and "<h2>" not in Visitor(it.address("/signup")).html
    address = visitor.page.links["Continue with Google"]
    asked = dict(parse_qsl(urlsplit(it.address(nonce="n1", identity_provider="Google")).query))
    assert urlsplit(address).path == "/oauth2/authorize" and dict(parse_qsl(urlsplit(address).query)) == asked
    assert visitor.follow("Continue with Google").location.startswith("https://accounts.google.com/")
    it.update_client(SupportedIdentityProviders=["Google"])
    visitor = it.visitor()
    assert visitor.page.forms == [] and list(visitor.page.links) == ["Continue with Google"]
    assert "SupportedIdentityProviders" not in visitor.html and "<h2>" not in visitor.html
    assert "<ul" not in visitor.html  # there is nowhere else to go


def test_a_client_without_a_style_has_no_pages_in_managed_login(it: Place) -> None:
    it.new_pool(version=2)
    text = "Login pages unavailable. Please contact an administrator."
    for path in sign_in_pages.PAGES:
        assert it.visitor(path).error == text
    it.idp.create_managed_login_branding(
        UserPoolId=it.pool, ClientId=it.client, UseCognitoProvidedValues=True
    )
    visitor = it.visitor()
    assert visitor.title == "Sign in" and not visitor.error and "<h2>" not in visitor.html
    number = it.idp.describe_managed_login_branding_by_client(UserPoolId=it.pool, ClientId=it.client)
    it.idp.delete_managed_login_branding(
        UserPoolId=it.pool, ManagedLoginBrandingId=number["ManagedLoginBranding"]["ManagedLoginBrandingId"]
    )
    it.invited("ben")
    assert visitor.press("Sign in", username="ben", password=PASSWORD).error == text


def test_the_pages_wear_what_was_set_for_them(it: Place) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    plain = it.visitor().html
    assert "<img" not in plain and 'rel="icon"' not in plain and "-hint" not in plain
    css = ".submitButton-customizable { background-color: #123456; }"
    it.idp.set_ui_customization(UserPoolId=it.pool, ClientId=it.client, CSS=css, ImageFile=png)
    icon = {"Category": "FAVICON_SVG", "ColorMode": "LIGHT", "Extension": "SVG", "Bytes": b"<svg/>"}
    for path in sign_in_pages.PAGES:
        shown = it.visitor(path).html
        assert css in shown and 'src="data:image/png;base64,iVBORw0KGgo="' in shown, path

    it.new_pool(version=2)
    it.idp.create_managed_login_branding(UserPoolId=it.pool, ClientId=it.client, Assets=[icon])
    assert '<link rel="icon" href="data:image/svg+xml;base64,PHN2Zy8+">' in it.visitor().html


# -- attacks -------------------------------------------------------------------------------------


def assert_harmless(html: str, seen: str = "onerror") -> None:
    html = html.replace(f"<script>{rendering.SCRIPT.decode()}</script>", "")  # the lab's own
    assert "<script" not in html and "<img src=x" not in html and html.count("</style>") == 1
    assert html.count("</title>") == 1 and seen in html


@pytest.mark.parametrize("path", sign_in_pages.PAGES)
def test_nothing_in_the_address_becomes_part_of_the_page(it: Place, path: str) -> None:
    for name in ("state", "nonce", "login_hint", "username", "lang", "error", "x" + HOSTILE):
        assert_harmless(it.visitor(path, **{name: HOSTILE}).html)


def test_nothing_in_a_form_becomes_part_of_the_page(it: Place) -> None:
    it.new_pool(AutoVerifiedAttributes=["email"], Schema=[{"Name": "name", "Required": True}])
    hidden = it.visitor().page.forms[0].hidden
    for path in sign_in_pages.FORMS:
        for name in ("username", "password", "code", "session", "email", "name"):
            given = {
                "username": "mara",
                "password": PASSWORD,
                "code": "1",
                "email": "m@t.example",
                "name": "M",
            }
            visitor = it.visitor()
            token = visitor.page.forms[0].hidden["_csrf"]
            visitor.post(it.address(path), {**hidden, **given, name: HOSTILE, "_csrf": token})
            assert_harmless(visitor.html, "<h1>")
            if name in ("password", "code"):
                assert "onerror" not in visitor.html or "at 'confirmationCode'" in visitor.error


def test_nothing_that_an_owner_names_becomes_part_of_the_page(it: Place) -> None:
    client = {"SupportedIdentityProviders": ["COGNITO", HOSTILE]}
    name = "A <b>bold</b> & 'quoted' \"name\""
    with patch.object(sign_in_pages, "attributes_asked", return_value=[f"custom:{HOSTILE}"]):
        found = next(iter(_clients(it)))
        found.settings |= client
        found.name = HOSTILE
        for path in sign_in_pages.PAGES:
            assert_harmless(it.visitor(path).html)
        found.name = name
        assert "<b>" not in it.visitor().html


def _clients(it: Place) -> Any:
    from cognito_lab.aws.user_pools import model

    return model.get_pool("us-east-1", it.pool).clients.values()


class Anything(dict[str, object]):
    """What the templates need, with a hostile text wherever a text stands."""

    def __init__(self) -> None:
        fields = [Input(*[HOSTILE] * 5)]
        super().__init__(
            address=lambda path, **more: f"{path}?{HOSTILE}{more}", token=HOSTILE, others={HOSTILE: HOSTILE},
            filled_in=dict.fromkeys(("username", "session", "challenge", HOSTILE), HOSTILE),
            password_hint=HOSTILE,
            username_field=replace(fields[0], name="username"), name=replace(fields[0], name="username"),
            attributes=fields, own_users=True, sign_up=True, notice=HOSTILE, error=HOSTILE, label=HOSTILE,
            factors={HOSTILE: HOSTILE}, secret=HOSTILE, image=HOSTILE, path=HOSTILE, name_first=False,
            options=HOSTILE,
        )  # fmt: skip


TEMPLATES = sorted(path.name for path in (Path(rendering.__file__).parent / "templates").glob("*.html"))


@pytest.mark.parametrize(
    "template", [name for name in TEMPLATES if name not in ("layout.html", "parts.html")]
)
def test_every_value_in_a_template_is_escaped(template: str) -> None:
    client = SimpleNamespace(name=HOSTILE, pool=None)
    style = branding.Style(logo=HOSTILE, icon=HOSTILE, scheme=HOSTILE)
    for status in (200, 400):
        with patch.object(branding, "style_of", lambda *_: style):
            page = rendering.page(template, client, client, status=status, **Anything())  # type: ignore[arg-type]
        html = page.body.decode()
        assert_harmless(html)
        assert "'><" not in html and "\"'" not in html and "{{7*7}}" in html and "${x}" in html


def test_escaping_is_what_holds(it: Place) -> None:
    ENVIRONMENT.cache.clear()
    try:
        with patch.object(ENVIRONMENT, "autoescape", False), pytest.raises(AssertionError):
            assert_harmless(it.visitor(login_hint=HOSTILE).html)
    finally:
        ENVIRONMENT.cache.clear()


@pytest.mark.parametrize("path", sign_in_pages.FORMS)
def test_another_site_cannot_post_a_form(it: Place, path: str) -> None:
    it.member()
    given = {"username": "mara", "password": PASSWORD, "code": "1"}
    victim, eve = it.visitor(), it.visitor()
    of_eve = eve.page.forms[0].hidden["_csrf"]
    for token in ({}, {"_csrf": ""}, {"_csrf": of_eve}, {"_csrf": "x" * 32}):
        victim.post(it.address(path), {**given, **token})
        assert victim.status == 403 and not victim.location, token
        assert not victim.browser.cookies.get("cognito")
    fresh = requests.Session().post(it.address(path), {**given, "_csrf": ""}, allow_redirects=False)
    assert fresh.status_code == 403  # without a cookie, an empty token is not the right one either


def test_the_token_of_the_form_is_what_holds(it: Place) -> None:
    it.member()
    with patch.object(csrf, "check_csrf", lambda *_: None):
        posted = requests.post(
            it.address(), {"username": "mara", "password": PASSWORD}, allow_redirects=False
        )
    assert posted.headers["location"].startswith(CALLBACK)


def test_a_page_leads_nowhere_but_to_this_domain_and_the_callback(it: Place) -> None:
    it.member()
    evil = "https://evil.example/"
    assert it.visitor(redirect_uri=evil).page.forms == []
    visitor = it.visitor()
    hidden = visitor.page.forms[0].hidden
    given = {**hidden, "username": "mara", "password": PASSWORD}
    visitor.post(it.address(redirect_uri=evil), given)
    assert not visitor.location.startswith(evil) and "cognito" not in visitor.browser.cookies
    visitor.post(it.address(), {**given, "redirect_uri": evil, "state": "other"})  # the form has no say in it
    assert visitor.arrived
    for path in sign_in_pages.PAGES:
        shown = it.visitor(path, next=evil, ReturnTo=evil, logout_uri=evil).html
        assert all(found.startswith("/") for found in re.findall(r'(?:href|action)="([^"]*)"', shown))


def test_headers_forbid_scripts_frames_and_keeping(it: Place) -> None:
    for path in sign_in_pages.PAGES:
        headers = it.visitor(path).answer.headers
        policy = headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
        )
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_no_secret_is_ever_written_back(it: Place) -> None:
    for path in sign_in_pages.PAGES:
        shown = it.visitor(path, password=PASSWORD, code="123456", session="s3ss10n").html
        inputs = "".join(re.findall(r"<input[^>]*>", shown))
        assert PASSWORD not in inputs and "123456" not in inputs and 's3ss10n"' not in inputs


def test_a_refusal_on_a_page_can_be_explained(it: Place) -> None:
    it.member()
    it.visitor().press("Sign in", username="mara", password=OTHER_PASSWORD)
    why = it.lab.why()
    assert (why.operation, why.status, why.aws_said) == ("POST /login", 400, WRONG)
    assert why.check == "user_pools.sign_in.lockout.check_password"
    it.new_pool(version=2)
    it.visitor()
    assert it.lab.why().check == "managed_login.pages.sign_in_pages.check_pages_work"
    it.new_pool(version=1)
    it.visitor("/confirmUser", user_name="nobody", confirmation_code="1")
    why = it.lab.why()
    assert why.aws_said == "Username/client id combination not found." and why.check


# -- mutations: each of these rules, switched off, lets something through -------------------------


@pytest.mark.parametrize(
    ("owner", "rule", "name"),
    [
        (lockout, "check_password", "mara"),
        (user_status, "check_enabled", "eve"),
        (user_status, "check_confirmed", "ida"),
        (user_status, "check_no_reset_required", "ron"),
    ],
)
def test_the_rules_of_the_pool_are_what_holds(it: Place, owner: Any, rule: str, name: str) -> None:
    for member in ("mara", "eve", "ron"):
        it.member(member)
    it.sign_up("ida")
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="eve")
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="ron")
    password = OTHER_PASSWORD if name == "mara" else PASSWORD
    assert not it.visitor().press("Sign in", username=name, password=password).arrived
    with (
        patch.object(owner, rule, lambda *_: None),
        patch.object(browser_sessions, "is_gone", lambda *_: False),
    ):
        assert it.visitor().press("Sign in", username=name, password=password).arrived


def test_self_sign_up_is_what_holds(it: Place) -> None:
    it.new_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    with patch.object(sign_up, "check_self_sign_up", lambda _: None):
        assert it.visitor("/signup").press("Sign up", username="mara", password=PASSWORD).status == 200
