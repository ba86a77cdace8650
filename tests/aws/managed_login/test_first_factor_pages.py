"""Managed login lets people choose how they begin, where the app client allows USER_AUTH."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.managed_login_pages import Place, Visitor
from support.second_factors import MAIL, SES, another, sent_to
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, read

from cognito_lab import Lab
from cognito_lab.aws.managed_login.pages import first_factor_pages
from cognito_lab.aws.user_pools import outbox
from cognito_lab.aws.user_pools.sign_in import mfa_challenges, user_auth

CHOICE = [*FLOWS, "ALLOW_USER_AUTH"]


class Choosing(Place):
    """A pool in which people begin with a password or with a code, and Mara."""

    def begin(self, *first: str, version: int = 2, **client: Any) -> None:
        policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *first]}}
        settings = {"AutoVerifiedAttributes": ["email"], "EmailConfiguration": SES, "Policies": policies}
        self.new_pool(CHOICE, client, version, **settings)
        if version == 2:
            self.idp.create_managed_login_branding(
                UserPoolId=self.pool, ClientId=self.client, UseCognitoProvidedValues=True
            )
        self.member()

    def named(self, name: str = "mara") -> Visitor:
        return self.visitor().press("Next", username=name)


@pytest.fixture
def it() -> Iterator[Choosing]:
    with Lab.start() as lab:
        it = Choosing(lab)
        it.begin("EMAIL_OTP")
        yield it


def claims_of(it: Choosing, visitor: Visitor) -> dict[str, Any]:
    tokens = visitor.browser.post(
        it.address("/oauth2/token").partition("?")[0],
        {"grant_type": "authorization_code", "client_id": it.client, "code": visitor.query["code"],
         "redirect_uri": visitor.location.partition("?")[0]},
    ).json()  # fmt: skip
    return read(tokens["id_token"])


def test_the_name_comes_first_and_then_the_choice(it: Choosing) -> None:
    first = it.visitor()
    assert [set(form.fields) for form in first.page.forms] == [{"username"}]
    choice = it.named()
    assert choice.title == "Choose how to continue"
    assert [button for form in choice.page.forms for button in form.buttons] == [
        "Password",
        "A code by e-mail",
    ]


def test_a_code_alone_signs_in(it: Choosing) -> None:
    visitor = it.named().press("A code by e-mail")
    assert visitor.title == "Enter your code" and visitor.notice == "A code was sent to m***@t***."
    visitor.press("Continue", code=another(sent_to(MAIL)))
    assert (visitor.status, visitor.error) == (400, "Invalid code or auth state for the user.")
    before = visitor.page.forms[0]
    assert visitor.press("Continue", code=sent_to(MAIL)).arrived
    claims = claims_of(it, visitor)
    assert (claims["amr"], claims["acr"]) == (["email_otp"], "urn:cognito:loa:2")
    visitor.post(before.action, {**before.hidden, "code": sent_to(MAIL)})
    assert "session can only be used once" in visitor.error


def test_a_password_may_be_chosen_and_corrected(it: Choosing) -> None:
    visitor = it.named().press("Password")
    assert visitor.title == "Enter your password" and "Forgot your password?" in visitor.page.links
    visitor.press("Sign in", password=OTHER_PASSWORD)
    assert (visitor.status, visitor.title) == (400, "Enter your password")
    assert visitor.error == "Incorrect username or password." and PASSWORD not in visitor.html
    assert visitor.press("Sign in", password=PASSWORD).arrived
    assert claims_of(it, visitor)["amr"] == ["pwd"]


def test_who_has_one_way_is_not_asked(it: Choosing) -> None:
    it.idp.admin_create_user(
        UserPoolId=it.pool,
        Username="ben",
        UserAttributes=[{"Name": "email", "Value": "ben@tidepool.example"}],
    )
    assert it.named("ben").notice == "A code was sent to b***@t***."
    it.begin()
    assert it.named().title == "Enter your password"


def test_who_has_a_second_factor_shows_a_password_first(it: Choosing) -> None:
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={})
    it.idp.admin_set_user_mfa_preference(
        UserPoolId=it.pool, Username="mara", EmailMfaSettings={"Enabled": True}
    )
    visitor = it.named()
    assert visitor.title == "Enter your password"
    assert visitor.press("Sign in", password=PASSWORD).title == "Enter your code"
    assert visitor.press("Continue", code=sent_to(MAIL)).arrived
    assert claims_of(it, visitor)["amr"] == ["pwd", "email_otp", "mfa"]


@pytest.mark.parametrize("why", ["a client without the flow", "the hosted UI (classic)"])
def test_without_the_choice_the_page_asks_for_both(it: Choosing, why: str) -> None:
    if why == "a client without the flow":
        it.update_client()
    else:
        it.begin("EMAIL_OTP", version=1)
    assert [set(form.fields) for form in it.visitor().page.forms] == [{"username", "password"}]
    assert it.visitor().press("Sign in", username="mara", password=PASSWORD).arrived


def test_what_was_not_offered_cannot_be_chosen(it: Choosing) -> None:
    visitor = it.named()
    (form, *_) = visitor.page.forms
    for factor in ("SMS_OTP", "PASSWORD_SRP", "SOFTWARE_TOKEN", ""):
        visitor.post(form.action, {**form.hidden, "factor": factor})
        assert visitor.status == 400 and "is not one of the available challenges" in visitor.error
    assert len(outbox.inbox(MAIL)) == 1, "the code of the sign-up, and no other"


def test_a_client_without_the_choice_takes_none(it: Choosing, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = it.named()
    (_, form) = visitor.page.forms
    it.update_client()
    visitor.post(form.action, form.hidden)
    assert (visitor.status, visitor.error) == (400, "USER_AUTH flow not enabled for this client")
    monkeypatch.setattr(first_factor_pages, "check_offers_choice", lambda client: None)
    assert visitor.post(form.action, form.hidden).title == "Enter your code"


def test_nobody_is_told_apart_where_the_client_hides_its_users(it: Choosing) -> None:
    visitor = it.named("nobody")
    assert (visitor.status, visitor.error) == (400, "User does not exist.")
    it.update_client(ExplicitAuthFlows=CHOICE, PreventUserExistenceErrors="ENABLED")
    seen = {it.named(f"nobody{number}").title for number in range(12)}
    assert seen == {"Choose how to continue", "Enter your code", "Enter your password"}


def test_a_sign_up_still_takes_a_password(it: Choosing) -> None:
    visitor = it.visitor("/signup")
    given = {"username": "ben", "email": "ben@tidepool.example"}
    visitor.press("Sign up", **given, password="")
    assert (visitor.status, visitor.error) == (400, "Missing required parameter password")
    visitor.press("Sign up", **given, password=PASSWORD)
    assert visitor.press("Confirm account", code=sent_to("ben@tidepool.example")).arrived


def test_a_first_code_is_no_second_one_and_the_reverse(it: Choosing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are EMAIL_OTP to the same address; each page takes its own alone."""
    first = it.named().press("A code by e-mail")
    (form,) = first.page.forms
    sent = {**form.hidden, "code": sent_to(MAIL)}
    first.post(it.address("/mfa"), sent)
    assert (first.status, first.error) == (400, "Invalid session for the user.")
    with monkeypatch.context() as off:
        off.setattr(mfa_challenges, "check_password_in_force", lambda challenge: None)
        assert first.post(it.address("/mfa"), sent).arrived
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={})
    wanted = {"UserPoolId": it.pool, "Username": "mara"}
    it.idp.admin_set_user_mfa_preference(**wanted, EmailMfaSettings={"Enabled": True})
    second = it.named().press("Sign in", password=PASSWORD)
    (form,) = second.page.forms
    sent = {**form.hidden, "code": sent_to(MAIL)}
    it.idp.admin_set_user_mfa_preference(**wanted, EmailMfaSettings={"Enabled": False})
    second.post(it.address("/firstFactorCode"), sent)
    assert (second.status, second.error) == (400, "Invalid session for the user.")
    monkeypatch.setattr(user_auth, "check_may_answer", lambda *_: None)
    assert second.post(it.address("/firstFactorCode"), sent).arrived
