"""Managed login: people add a passkey, and sign in with it. Python does what a browser would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import requests
from support.managed_login_pages import CALLBACK, HOME, Place, Visitor
from support.passkeys import FACTORS
from support.user_pools import FLOWS, PASSWORD, read

from cognito_lab import Lab, SoftwarePasskey

CHOICE = [*FLOWS, "ALLOW_USER_AUTH"]
HOST = HOME.removeprefix("https://")
EVIL = "https://tidepool.evil.example"


@pytest.fixture
def it() -> Iterator[Place]:
    with Lab.start() as lab:
        it = Place(lab)
        it.new_pool(CHOICE, version=2, AutoVerifiedAttributes=["email"], Policies=FACTORS)
        it.idp.create_managed_login_branding(
            UserPoolId=it.pool, ClientId=it.client, UseCognitoProvidedValues=True
        )
        it.member()
        yield it


def named(it: Place, name: str = "mara") -> Visitor:
    return it.visitor().press("Next", username=name)


def signed_in(it: Place) -> Visitor:
    return named(it).press("Sign in", password=PASSWORD)


def options_on(visitor: Visitor) -> Any:
    return json.loads(unescape(re.findall('data-options="([^"]*)"', visitor.html)[0]))


def send(visitor: Visitor, credential: Any, **fields: str) -> Visitor:
    form = visitor.page.forms[0]
    text = credential if isinstance(credential, str) else json.dumps(credential)
    return visitor.post(form.action, {**form.hidden, "credential": text, **fields})


def added(it: Place, visitor: Visitor | None = None) -> SoftwarePasskey:
    visitor = (visitor or signed_in(it)).open(it.address("/passkeys/add"))
    device = SoftwarePasskey()
    send(visitor, device.create(options_on(visitor), HOME))
    assert (visitor.status, visitor.location) == (302, it.address("/oauth2/authorize").removeprefix(HOME))
    return device


def asked(it: Place, name: str = "mara") -> Visitor:
    return named(it, name).press("A passkey")


def answer(visitor: Visitor, device: SoftwarePasskey, origin: str = HOME, **how: bool) -> str:
    return device.get(json.dumps(options_on(visitor)), origin, **how)


# -- adding one -----------------------------------------------------------------------------------


def test_who_is_signed_in_adds_one_and_goes_on_to_the_app(it: Place) -> None:
    visitor = signed_in(it)
    added(it, visitor)
    assert visitor.open(visitor.location).arrived
    token = it.sign_in()["AccessToken"]
    [own] = it.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert own["RelyingPartyId"] == HOST


def test_who_is_not_signed_in_comes_to_the_sign_in_page(it: Place) -> None:
    visitor = it.visitor("/passkeys/add")
    assert (visitor.status, visitor.location.partition("?")[0]) == (302, "/login")
    page = signed_in(it).open(it.address("/passkeys/add"))
    credential = SoftwarePasskey().create(options_on(page), HOME)
    visitor = it.visitor()
    visitor.post(it.address("/passkeys/add"), {**visitor.page.hidden, "credential": json.dumps(credential)})
    assert (visitor.status, visitor.error) == (400, "Sign in first.")


@pytest.mark.parametrize("credential", ["", "x", "{}", "[" * 30_000])
def test_what_is_no_credential(it: Place, credential: str) -> None:
    visitor = signed_in(it).open(it.address("/passkeys/add"))
    send(visitor, credential)
    assert (visitor.status, visitor.error) == (400, "The credential is not a RegistrationResponseJSON.")
    send(visitor, SoftwarePasskey().create(options_on(visitor), HOME))
    assert visitor.status == 302, "and the next try succeeds"


def test_a_page_elsewhere_adds_none(it: Place) -> None:
    visitor = signed_in(it).open(it.address("/passkeys/add"))
    send(visitor, SoftwarePasskey().create(options_on(visitor), EVIL, checked=False))
    assert visitor.status == 400 and "origin" in visitor.error


def test_a_pool_that_takes_none(it: Place) -> None:
    visitor = signed_in(it).open(it.address("/passkeys/add"))
    credential = SoftwarePasskey().create(options_on(visitor), HOME)
    it.idp.update_user_pool(UserPoolId=it.pool, AutoVerifiedAttributes=["email"])
    send(visitor, credential)
    assert (visitor.status, visitor.error) == (400, "WebAuthn is not enabled for this user pool.")
    assert visitor.open(it.address("/passkeys/add")).status == 400


def test_a_form_from_elsewhere_adds_none(it: Place) -> None:
    visitor = signed_in(it).open(it.address("/passkeys/add"))
    send(visitor, SoftwarePasskey().create(options_on(visitor), HOME), _csrf="x")
    assert visitor.status == 403


# -- signing in -----------------------------------------------------------------------------------


def test_a_passkey_signs_in_and_the_tokens_say_so(it: Place) -> None:
    device = added(it)
    visitor = asked(it)
    assert visitor.title == "Sign in with a passkey" and not visitor.arrived
    assert send(visitor, answer(visitor, device)).arrived
    fields = {"grant_type": "authorization_code", "client_id": it.client, "code": visitor.query["code"]}
    fields["redirect_uri"] = CALLBACK
    tokens = requests.post(f"{HOME}/oauth2/token", fields).json()
    claims = read(tokens["access_token"])
    assert (claims["amr"], claims["acr"]) == (["swk"], "urn:cognito:loa:3")


def test_it_is_refused_for_another_page_and_another_challenge_and_may_be_tried_again(it: Place) -> None:
    device = added(it)
    visitor, before = asked(it), asked(it)
    send(visitor, answer(visitor, device, EVIL, checked=False))
    assert visitor.status == 400 and "origin" in visitor.error
    send(visitor, answer(before, device))
    assert (visitor.status, visitor.error) == (400, "The passkey's answer could not be verified.")
    good = answer(visitor, device)
    form = visitor.page.forms[0]
    assert send(visitor, good).arrived
    visitor.post(form.action, {**form.hidden, "credential": good})
    assert "session can only be used once" in visitor.error


def test_somebody_disabled_or_with_a_second_factor_by_now(it: Place) -> None:
    device = added(it)
    visitor = asked(it)
    good = answer(visitor, device)
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    send(visitor, good)
    assert "disabled" in visitor.error
    it.idp.admin_enable_user(UserPoolId=it.pool, Username="mara")
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    assert "Invalid session" in send(visitor, good).error
    assert "Invalid session" in send(visitor, good, username="rook").error


def buttons(visitor: Visitor) -> list[str]:
    return [label for form in visitor.page.forms for label in form.buttons]


def test_who_has_one_may_choose_it_and_nobody_seems_to_as_well(it: Place) -> None:
    assert named(it).title == "Enter your password", "there is no other way yet"
    added(it)
    assert buttons(named(it)) == ["Password", "A passkey"]
    chosen = named(it).page.forms[0]
    it.update_client(ExplicitAuthFlows=CHOICE, PreventUserExistenceErrors="ENABLED")
    titles = {named(it, f"nobody{number}").title for number in range(20)}
    assert titles == {"Enter your password", "Sign in with a passkey", "Choose how to continue"}
    it.idp.update_user_pool(UserPoolId=it.pool, AutoVerifiedAttributes=["email"])
    visitor = it.visitor()
    visitor.post(chosen.action, {**chosen.hidden, **visitor.page.forms[0].hidden, "username": "mara",
                                 "factor": "WEB_AUTHN"})  # fmt: skip
    assert visitor.error == "WEB_AUTHN is not one of the available challenges."


def test_the_classic_pages_have_none(it: Place) -> None:
    page = signed_in(it).open(it.address("/passkeys/add"))
    credential = SoftwarePasskey().create(options_on(page), HOME)
    it.idp.update_user_pool_domain(UserPoolId=it.pool, Domain="tidepool", ManagedLoginVersion=1)
    classic = it.visitor().press("Sign in", username="mara", password=PASSWORD)
    assert classic.arrived
    classic.open(it.address("/passkeys/add"))
    assert (classic.status, classic.error) == (400, "Passkeys are added in managed login.")
    form = page.page.forms[0]
    classic.post(form.action, {**form.hidden, "_csrf": classic.browser.cookies["XSRF-TOKEN"],
                               "credential": json.dumps(credential)})  # fmt: skip
    assert (classic.status, classic.error) == (400, "Passkeys are added in managed login.")


def test_one_script_may_run_on_these_pages_and_none_on_others(it: Place) -> None:
    added(it)
    policy = asked(it).answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and policy.count("script-src 'sha256-") == 1
    assert "script-src" not in it.visitor().answer.headers["content-security-policy"]
