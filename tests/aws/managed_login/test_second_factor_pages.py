"""Managed login asks for a second factor, sets up an app, and refuses, as the API does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from support.iam_people import allow, make_role
from support.managed_login_pages import Place, Visitor
from support.second_factors import APP, EMAIL, MAIL, PHONE, SES, another, sent_to, trust, wrong
from support.user_pools import PASSWORD, read

from cognito_lab import Lab
from cognito_lab.aws.managed_login.pages import second_factor_pages
from cognito_lab.aws.user_pools.sign_in import mfa_challenges

MEMBERS = {APP: {"SoftwareTokenMfaConfiguration": {"Enabled": True}}, EMAIL: {"EmailMfaConfiguration": {}}}


@pytest.fixture
def it() -> Iterator[Place]:
    with Lab.start() as lab:
        it = Place(lab)
        it.new_pool(AutoVerifiedAttributes=["email"], EmailConfiguration=SES)
        it.member()
        yield it


def mfa(it: Place, mode: str, *factors: str, **more: Any) -> None:
    given = {name: value for factor in factors for name, value in MEMBERS[factor].items()}
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration=mode, **given, **more)


def signed_in(it: Place) -> Visitor:
    return it.visitor().press("Sign in", username="mara", password=PASSWORD)


def secret_on(visitor: Visitor) -> str:
    return re.findall(r"<code>([A-Z2-7]+)</code>", visitor.html)[0]


def test_a_code_by_email(it: Place) -> None:
    mfa(it, "ON", EMAIL)
    visitor = signed_in(it)
    assert visitor.title == "Enter your code" and visitor.status == 200 and not visitor.arrived
    assert visitor.notice == "A code was sent to m***@t***." and MAIL not in visitor.html
    visitor.press("Continue", code=another(sent_to(MAIL)))
    assert (visitor.status, visitor.error) == (400, "Invalid code or auth state for the user.")
    before = visitor.page.forms[0]
    assert visitor.press("Continue", code=sent_to(MAIL)).arrived
    visitor.post(before.action, {**before.hidden, "code": sent_to(MAIL)})
    assert "session can only be used once" in visitor.error


def test_the_tokens_say_by_what(it: Place) -> None:
    mfa(it, "ON", EMAIL)
    visitor = signed_in(it).press("Continue", code=sent_to(MAIL))
    tokens = visitor.browser.post(
        it.address("/oauth2/token").partition("?")[0],
        {"grant_type": "authorization_code", "client_id": it.client, "code": visitor.query["code"],
         "redirect_uri": visitor.location.partition("?")[0]},
    ).json()  # fmt: skip
    claims = read(tokens["id_token"])
    assert (claims["amr"], claims["acr"]) == (["pwd", "email_otp", "mfa"], "urn:cognito:loa:3")


def test_an_app_is_set_up_and_asked_for(it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mfa(it, "ON", APP)
    drawn: list[str] = []
    draw = second_factor_pages.segno.make_qr
    monkeypatch.setattr(second_factor_pages.segno, "make_qr", lambda text: drawn.append(text) or draw(text))
    visitor = signed_in(it)
    assert visitor.title == "Set up an authenticator app"
    image = re.findall(r'<img src="(data:image/svg[^"]+)" alt="QR code', visitor.html)
    scanned = pyotp.parse_uri(drawn[0])
    assert len(image) == 1 and (scanned.secret, scanned.name) == (secret_on(visitor), "mara")
    app = pyotp.TOTP(secret_on(visitor))
    visitor.press("Set up", code=wrong(app))
    assert visitor.error == "Code mismatch and fail enable Software Token MFA"
    assert secret_on(visitor) == app.secret  # still to be scanned
    assert visitor.press("Set up", code=app.now()).arrived
    it.lab.travel(seconds=30)
    assert signed_in(it).press("Continue", code=app.now()).arrived
    again = signed_in(it).press("Continue", code=app.now())
    assert again.error == "Your software token has already been used once."


def test_one_of_several(it: Place) -> None:
    role = make_role("sms", allow("sns:Publish"), trust=trust())
    sms = {"SmsConfiguration": {"SnsCallerArn": role, "ExternalId": "tidepool"}}
    mfa(it, "ON", EMAIL, SmsMfaConfiguration=sms)
    phone = [{"Name": "phone_number", "Value": PHONE}]
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=phone)
    visitor = signed_in(it)
    assert visitor.title == "Choose how to continue"
    hidden = visitor.page.forms[0].hidden
    visitor.press("A code by SMS")
    assert visitor.press("Continue", code=sent_to(PHONE)).arrived
    visitor.post(it.address("/mfaSelect"), {**hidden, "factor": APP})
    assert "session can only be used once" in visitor.error


def test_nobody_is_asked_without_a_factor_where_it_is_optional(it: Place) -> None:
    mfa(it, "OPTIONAL", APP)
    assert signed_in(it).arrived


def test_where_nothing_can_be_set_up_the_page_says_so(it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mfa(it, "ON", EMAIL)
    it.idp.admin_delete_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributeNames=["email"])
    visitor = signed_in(it)
    assert visitor.error.startswith("You must have multi-factor authentication (MFA) set up to sign in.")
    assert it.lab.why().check == "managed_login.pages.second_factor_pages.check_can_set_up"
    monkeypatch.setattr(second_factor_pages, "check_can_set_up", lambda pool: None)
    assert signed_in(it).error == "Software Token MFA has not been enabled by the userPool"


@pytest.mark.parametrize("path", second_factor_pages.FORMS)
def test_a_forged_session_leads_nowhere(it: Place, path: str) -> None:
    mfa(it, "ON", EMAIL)
    visitor = signed_in(it)
    hidden = visitor.page.forms[0].hidden
    for forged in ({"session": ""}, {"session": "x" * 200}, {"challenge": "SIGN_UP"}, {"username": "ben"}):
        fields = {**hidden, "code": sent_to(MAIL), "factor": EMAIL, **forged}
        if forged.keys() == {"username"} and path != "/mfa":
            continue  # the session is for another page in any case
        visitor.post(it.address(path), fields)
        assert visitor.error == "Invalid session for the user." and not visitor.arrived


def test_without_the_check_of_the_code_the_page_lets_in(it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mfa(it, "ON", EMAIL)
    monkeypatch.setattr(mfa_challenges, "check_code", lambda challenge, given: None)
    assert signed_in(it).press("Continue", code="000000").arrived
