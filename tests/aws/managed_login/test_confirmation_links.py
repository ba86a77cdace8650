"""Confirmation by link: the e-mail after a sign-up has one, to a page that does what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from support.managed_login_pages import HOME, Place, Visitor
from support.user_pools import PASSWORD, pairs, refused, world

from cognito_lab.aws.user_pools import outbox
from cognito_lab.aws.user_pools.people import verification_codes

BY_LINK: dict[str, Any] = {"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}}
NO_DOMAIN = (
    "InvalidParameterException",
    "Cannot perform specific action because there does not exist a valid",
)
ADDRESS = "mara@tidepool.example"


@pytest.fixture
def it() -> Iterator[Place]:
    with world() as place:
        it = Place(place.lab)
        it.new_pool(AutoVerifiedAttributes=["email"], **BY_LINK)
        yield it


def link(address: str = ADDRESS) -> str:
    [found] = re.findall(r'<a href="([^"]*)">[^<]+</a>', outbox.inbox(address)[-1].text)
    return str(found)


def test_the_link_confirms_once(it: Place) -> None:
    it.sign_up()
    message = outbox.inbox(ADDRESS)[-1]
    assert message.subject == "Your verification link" and message.text.endswith(">Verify Email</a>")
    assert link().startswith(f"{HOME}/confirmUser?client_id={it.client}&user_name=mara&confirmation_code=")
    assert Visitor(link()).notice == "Your registration has been confirmed!"
    assert (it.status(), it.attributes()["email_verified"]) == ("CONFIRMED", "true")
    assert Visitor(link()).error == "User cannot be confirmed. Current status is CONFIRMED"


def test_a_wrong_and_a_late_link_do_not(it: Place) -> None:
    it.sign_up()
    wrong = link()[:-1] + str((int(link()[-1]) + 1) % 10)
    assert Visitor(wrong).error.startswith("Invalid verification code") and it.status() == "UNCONFIRMED"
    old = link()
    it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")
    assert Visitor(old).error.startswith("Invalid verification code")
    it.lab.travel(hours=24)
    assert Visitor(link()).error.startswith("Invalid code provided") and it.status() == "UNCONFIRMED"


def test_the_pools_own_text_and_names_that_an_address_cannot_hold(it: Place) -> None:
    text = {"EmailMessageByLink": "Ahoi {##here & now##}!", "EmailSubjectByLink": "Ahoi"}
    it.new_pool(
        AutoVerifiedAttributes=["email"],
        VerificationMessageTemplate=BY_LINK["VerificationMessageTemplate"] | text,
    )
    it.sign_up('m"&<a', email=ADDRESS)
    message = outbox.inbox(ADDRESS)[-1]
    assert message.subject == "Ahoi" and message.text == f'Ahoi <a href="{link()}">here & now</a>!'
    assert "user_name=m%22%26%3Ca&" in link()
    assert Visitor(link()).notice and it.status('m"&<a') == "CONFIRMED"


def test_without_a_domain_nobody_signs_up(it: Place) -> None:
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    with refused(*NO_DOMAIN):
        it.sign_up()
    assert it.idp.list_users(UserPoolId=it.pool)["Users"] == []
    it.sign_up("ben", email="")  # to whom no e-mail goes
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    it.sign_up()
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    with refused(*NO_DOMAIN):
        it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")


def test_that_rule_is_seen_to_be_off(it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification_codes, "check_domain", lambda pool: SimpleNamespace(url=HOME))
    with pytest.raises(AssertionError):
        test_without_a_domain_nobody_signs_up(it)


def test_other_messages_have_codes(it: Place) -> None:
    it.sign_up()
    it.confirm(code=outbox.inbox(ADDRESS)[-1].code)
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    token = it.sign_in()["AccessToken"]
    it.idp.update_user_attributes(AccessToken=token, UserAttributes=pairs(email="m@tidepool.example"))
    for message in (outbox.inbox(ADDRESS)[-1], outbox.inbox("m@tidepool.example")[-1]):
        assert message.text == f"Your verification code is {message.code}."


def test_the_pages_say_what_was_sent(it: Place) -> None:
    visitor = it.visitor("/signup").press("Sign up", username="mara", email=ADDRESS, password=PASSWORD)
    assert visitor.notice == "A link was sent by e-mail to m***@t***."
    assert visitor.press("Send a new code").notice.startswith("A link was sent")
    Visitor(link())
    assert it.status() == "CONFIRMED"
    visitor = it.visitor("/forgotPassword").press("Reset my password", username="mara")
    assert visitor.notice.startswith("A code was sent")
