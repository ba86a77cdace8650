"""Threat protection: leaked passwords, risk and its answers, what is written down, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import boto3
import pyotp
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from support import managed_login
from support.managed_login import fields_of
from support.second_factors import APP, EMAIL, MAIL, ON, SES, another, wrong
from support.threat_protection import (
    AWAY,
    BLOCK_LEAKED,
    HOME,
    LAPTOP,
    LEAKED,
    NOTIFY,
    PHONE,
    Protected,
    encoded,
    protected,
    server_context,
)
from support.user_pools import OTHER_PASSWORD, PASSWORD, read, refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools import outbox
from cognito_lab.aws.user_pools.threat_protection import request_context


@pytest.fixture
def it() -> Iterator[Protected]:
    with protected() as it:
        yield it


def token_of(answer: dict[str, Any]) -> str:
    return str(answer["AuthenticationResult"]["AccessToken"])


def event_of(token: str) -> str:
    return str(read(token)["event_id"])


def set_by_administrator(it: Protected, password: str = LEAKED) -> None:
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=password, Permanent=True)


# -- rules: refused by the rule, and by nothing else ------------------------------------------------

Case = tuple[Callable[[Protected], Any], str, str, Any]
RULES: dict[str, Case] = {}
HERE = "threat_protection"


def nothing(*_: Any, **__: Any) -> None:
    return None


def never(*_: Any, **__: Any) -> bool:
    return False


def rule(
    code: str, function: str, instead: Any = nothing
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        RULES[call.__name__] = call, code, function, instead
        return call

    return register


@rule("InvalidPasswordException", f"{HERE}.leaked_passwords.is_leaked", never)
def a_leaked_password_at_sign_up(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.idp.sign_up(ClientId=it.client, Username="nele", Password=LEAKED)


@rule("InvalidPasswordException", f"{HERE}.leaked_passwords.check_new_password")
def a_leaked_password_chosen_by_a_user(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.idp.change_password(
        AccessToken=token_of(it.comes()), PreviousPassword=PASSWORD, ProposedPassword=LEAKED
    )


@rule("InvalidPasswordException", f"{HERE}.leaked_passwords.check_new_password")
def a_leaked_password_after_a_forgotten_one(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="mara", ConfirmationCode=it.code(), Password=LEAKED
    )


@rule("InvalidPasswordException", f"{HERE}.leaked_passwords.check_new_password")
def a_leaked_password_in_place_of_a_temporary_one(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.invited()
    it.respond(it.initiate("ben"), "ben", NEW_PASSWORD=LEAKED)


@rule("PasswordResetRequiredException", f"{HERE}.risk.check_not_leaked")
def a_leaked_password_at_sign_in(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    set_by_administrator(it)
    it.initiate(password=LEAKED)


@rule("NotAuthorizedException", f"{HERE}.risk.check_not_risky")
def a_level_that_is_blocked(it: Protected) -> None:
    it.answers(Medium="BLOCK")
    it.settled()
    it.comes(AWAY, PHONE)


@rule("NotAuthorizedException", f"{HERE}.risk.level_of", lambda *_: "")
def a_journey_without_time(it: Protected) -> None:
    it.answers(High="BLOCK")
    it.comes()
    it.comes(AWAY, PHONE)


@rule("NotAuthorizedException", f"{HERE}.risk.is_blocked", never)
def a_factor_required_of_who_has_none(it: Protected) -> None:
    it.answers(Medium="MFA_REQUIRED")
    it.settled()
    it.comes(AWAY, PHONE)


@rule("NotAuthorizedException", f"{HERE}.risk.check_address_not_blocked")
def an_address_that_is_blocked(it: Protected) -> None:
    it.configure(addresses={"BlockedIPRangeList": ["198.51.100.0/24"]})
    it.comes(AWAY)


@rule("UserPoolAddOnNotEnabledException", f"{HERE}.risk_configuration.check_add_on")
def a_configuration_without_threat_protection(it: Protected) -> None:
    it.protect("OFF")
    it.configure(leaked=BLOCK_LEAKED)


@rule("UserPoolAddOnNotEnabledException", f"{HERE}.risk_configuration.check_add_on")
def events_without_threat_protection(it: Protected) -> None:
    it.protect("OFF")
    it.events()


@rule("InvalidParameterException", f"{HERE}.risk_configuration.check_ranges")
def an_address_that_is_none(it: Protected) -> None:
    it.configure(addresses={"SkippedIPRangeList": ["203.0.113.0/33"]})


@rule("NotAuthorizedException", f"{HERE}.auth_events.check_feedback_token")
def feedback_with_another_token(it: Protected) -> None:
    feedback(it, token="another")


def feedback(it: Protected, token: str = "", value: str = "Valid") -> None:
    """Mara says of a sign-in that a message told her of whether it was hers."""
    it.answers(notify=True, Medium="NO_ACTION")
    it.settled()
    it.comes(AWAY, PHONE)
    nobody = boto3.client("cognito-idp", config=Config(signature_version=UNSIGNED))
    nobody.update_auth_event_feedback(
        UserPoolId=it.pool, Username="mara", EventId=it.events()[0]["EventId"], FeedbackValue=value,
        FeedbackToken=token or outbox.inbox(MAIL)[-1].code,
    )  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses(it: Protected, name: str) -> None:
    call, code, _, _ = RULES[name]
    with refused(code):
        call(it)


@pytest.mark.parametrize("name", RULES)
def test_without_the_rule_nothing_refuses(it: Protected, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    call, _, function, instead = RULES[name]
    module, _, attribute = f"cognito_lab.aws.user_pools.{function}".rpartition(".")
    monkeypatch.setattr(import_module(module), attribute, instead)
    call(it)


# -- leaked passwords -------------------------------------------------------------------------------


def test_a_blocked_password_has_to_be_replaced(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    set_by_administrator(it)
    with refused("PasswordResetRequiredException"):
        it.initiate(password=LEAKED)
    assert it.status() == "RESET_REQUIRED"
    event = it.events()[0]
    assert (event["EventResponse"], event["EventRisk"]) == (
        "Fail", {"RiskDecision": "Block", "CompromisedCredentialsDetected": True},
    )  # fmt: skip
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="mara", ConfirmationCode=it.code(), Password=OTHER_PASSWORD
    )
    assert it.sign_in(password=OTHER_PASSWORD)


def test_only_the_chosen_events_are_looked_at(it: Protected) -> None:
    shown = it.configure(leaked={**BLOCK_LEAKED, "EventFilter": ["SIGN_IN"]})
    assert shown["CompromisedCredentialsRiskConfiguration"]["EventFilter"] == ["SIGN_IN"]
    it.idp.sign_up(ClientId=it.client, Username="nele", Password=LEAKED)
    assert it.events("nele")[0]["EventRisk"]["CompromisedCredentialsDetected"]
    set_by_administrator(it)
    with refused("PasswordResetRequiredException"):
        it.initiate(password=LEAKED)


@pytest.mark.parametrize("mode", ["AUDIT", "ENFORCED"])
def test_without_blocking_it_is_only_written_down(it: Protected, mode: str) -> None:
    it.protect(mode)
    it.configure(leaked={"Actions": {"EventAction": "BLOCK" if mode == "AUDIT" else "NO_ACTION"}})
    set_by_administrator(it)
    assert it.sign_in(password=LEAKED)
    it.idp.sign_up(ClientId=it.client, Username="nele", Password=LEAKED)
    for name, kind in (("mara", "SignIn"), ("nele", "SignUp")):
        event = it.events(name)[0]
        assert (event["EventType"], event["EventResponse"]) == (kind, "Pass")
        assert event["EventRisk"] == {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": True}


def test_a_temporary_password_is_replaced_anyhow(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.idp.admin_create_user(UserPoolId=it.pool, Username="ben", TemporaryPassword=LEAKED)
    challenge = it.initiate("ben", LEAKED)
    assert it.respond(challenge, "ben", NEW_PASSWORD=OTHER_PASSWORD)["AccessToken"]
    kinds = [(event["EventType"], event["EventResponse"]) for event in it.events("ben")]
    assert kinds == [("SignIn", "Pass"), ("PasswordChange", "Pass")]


def test_a_refused_password_does_not_cost_the_code(it: Protected) -> None:
    it.configure(leaked=BLOCK_LEAKED)
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    given = {"ClientId": it.client, "Username": "mara", "ConfirmationCode": it.code()}
    with refused("InvalidPasswordException", "Provided password cannot be used for security reasons."):
        it.idp.confirm_forgot_password(**given, Password=LEAKED)
    assert it.sign_in()
    it.idp.confirm_forgot_password(**given, Password=OTHER_PASSWORD)


# -- the configuration ------------------------------------------------------------------------------


def test_a_configuration_is_shown_as_it_was_given(it: Protected) -> None:
    table = {"LowAction": {"Notify": False, "EventAction": "NO_ACTION"}}
    given = {
        "leaked": BLOCK_LEAKED, "risk": {"NotifyConfiguration": NOTIFY, "Actions": table},
        "addresses": {"BlockedIPRangeList": ["198.51.100.0/24", "2001:db8::/32"]},
    }  # fmt: skip
    shown = it.configure(**given)
    assert shown == it.idp.describe_risk_configuration(UserPoolId=it.pool)["RiskConfiguration"]
    assert shown["UserPoolId"] == it.pool and shown["LastModifiedDate"]
    assert shown["CompromisedCredentialsRiskConfiguration"] == {
        **BLOCK_LEAKED, "EventFilter": ["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"],
    }  # fmt: skip
    assert shown["AccountTakeoverRiskConfiguration"] == given["risk"]
    assert shown["RiskExceptionConfiguration"] == given["addresses"]
    assert it.configure() == {"UserPoolId": it.pool}


def test_an_app_client_can_have_a_configuration_of_its_own(it: Protected) -> None:
    own = it.new_client()["ClientId"]
    it.configure(leaked=BLOCK_LEAKED)
    assert it.configure(own, leaked={"Actions": {"EventAction": "NO_ACTION"}})["ClientId"] == own
    set_by_administrator(it)
    assert it.sign_in(password=LEAKED, client=own)
    it.configure(own)  # goes back to the pool's
    with refused("PasswordResetRequiredException"):
        it.sign_in(password=LEAKED, client=own)
    with refused("ResourceNotFoundException"):
        it.configure("nobody", leaked=BLOCK_LEAKED)


def test_a_pool_without_a_configuration_refuses_nothing(it: Protected) -> None:
    it.comes()
    assert it.comes(AWAY, PHONE)["AuthenticationResult"]
    assert it.events()[0]["EventRisk"]["RiskLevel"] == "High"


def test_links_for_one_click_are_refused_by_name(it: Protected) -> None:
    template = {"Subject": "Was it you?", "TextBody": "{one-click-link-valid}"}
    with pytest.raises(OutsideTheLab, match="one-click-link"):
        it.configure(risk={"Actions": {}, "NotifyConfiguration": {**NOTIFY, "BlockEmail": template}})


# -- levels and answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "device", "hours", "level"),
    [
        (HOME, LAPTOP, 0, None),
        ("203.0.113.200", LAPTOP, 0, None),  # another address of the same network
        (AWAY, LAPTOP, 0, "Low"),
        (HOME, PHONE, 0, "Low"),
        (AWAY, PHONE, 1, "Medium"),
        (AWAY, PHONE, 0.9, "High"),
        ("2001:db8:7:1::1", PHONE, 1, "Medium"),
    ],
)
def test_a_level_says_what_is_new(
    it: Protected, address: str, device: str, hours: float, level: str | None
) -> None:
    it.comes()
    it.lab.travel(hours=hours)
    it.comes(address, device)
    assert it.events()[0]["EventRisk"].get("RiskLevel") == level
    it.lab.travel(days=1)
    it.comes(address, device)  # which has become known by its success
    assert "RiskLevel" not in it.events()[0]["EventRisk"]


def test_the_first_sign_in_and_failed_ones_make_nothing_known(it: Protected) -> None:
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.comes(AWAY, PHONE, OTHER_PASSWORD)
    failed = it.events()[0]
    assert failed["EventResponse"] == "Fail"
    assert failed["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Failure"}]
    it.settled()
    assert "RiskLevel" not in it.events()[0]["EventRisk"]
    it.comes(AWAY, PHONE)
    assert it.events()[0]["EventRisk"]["RiskLevel"] == "Medium"


def with_app(it: Protected) -> pyotp.TOTP:
    """Mara has an app, which she did not choose for each sign-in."""
    app = it.app(token_of(it.comes()))
    it.lab.travel(days=1)
    return app


@pytest.mark.parametrize("action", ["MFA_REQUIRED", "MFA_IF_CONFIGURED"])
def test_risk_asks_for_the_factor_that_a_user_has(it: Protected, action: str) -> None:
    app = with_app(it)
    it.answers(Medium=action)
    assert it.comes()["AuthenticationResult"]
    it.lab.travel(days=1)
    challenge = it.comes(AWAY, PHONE)
    assert challenge["ChallengeName"] == APP and "AuthenticationResult" not in challenge
    assert it.events()[0]["EventResponse"] == "InProgress"
    with refused("CodeMismatchException"):
        it.answer(challenge, wrong(app))
    assert it.events()[0]["EventResponse"] == "Fail"
    assert it.answer(challenge, app.now())["AccessToken"]
    event = it.events()[0]
    assert (event["EventResponse"], event["EventRisk"]["RiskDecision"]) == ("Pass", "AccountTakeover")
    assert event["ChallengeResponses"] == [
        {"ChallengeName": "Password", "ChallengeResponse": "Success"},
        {"ChallengeName": "Mfa", "ChallengeResponse": "Success"},
    ]
    assert it.comes(AWAY, PHONE)["AuthenticationResult"]


def test_who_has_no_factor_passes_where_it_is_asked_only_of_who_has_one(it: Protected) -> None:
    it.answers(Medium="MFA_IF_CONFIGURED")
    it.settled()
    assert it.comes(AWAY, PHONE)["AuthenticationResult"]


def test_a_factor_of_each_sign_in_is_asked_whatever_the_risk_is(it: Protected) -> None:
    it.answers(Low="NO_ACTION", Medium="NO_ACTION", High="NO_ACTION")
    with_app(it)
    it.prefer(SOFTWARE_TOKEN_MFA=ON)
    assert it.comes(AWAY, PHONE)["ChallengeName"] == it.comes()["ChallengeName"] == APP


def test_audit_lets_the_same_sign_in_pass(it: Protected) -> None:
    for mode in ("ENFORCED", "AUDIT"):
        it.protect(mode)
        it.answers(notify=True, Medium="BLOCK")
        it.configure(
            risk={"Actions": {"MediumAction": {"Notify": True, "EventAction": "BLOCK"}}},
            addresses={"BlockedIPRangeList": ["192.0.2.0/24"]},
        )
        it.settled()
        if mode == "ENFORCED":
            with refused("NotAuthorizedException", "Unable to login because of security reasons."):
                it.comes(AWAY, PHONE)
            with refused("NotAuthorizedException", "Request not allowed due to security reasons."):
                it.comes("192.0.2.1")
        else:
            assert it.comes(AWAY, PHONE)["AuthenticationResult"]
            assert it.events()[0]["EventRisk"] == {
                "RiskDecision": "NoRisk", "RiskLevel": "Medium", "CompromisedCredentialsDetected": False,
            }  # fmt: skip
            assert it.comes("192.0.2.1")["AuthenticationResult"]


def test_addresses_that_are_skipped_have_no_risk_and_blocked_ones_pass_nothing(it: Protected) -> None:
    it.answers(Medium="BLOCK", High="BLOCK")
    takeover = it.idp.describe_risk_configuration(UserPoolId=it.pool)["RiskConfiguration"]
    risk = takeover["AccountTakeoverRiskConfiguration"]
    it.settled()
    it.configure(risk=risk, addresses={"SkippedIPRangeList": [f"{AWAY}/32"]})
    assert it.comes(AWAY, PHONE)["AuthenticationResult"]
    assert "RiskLevel" not in it.events()[0]["EventRisk"]
    both = {"SkippedIPRangeList": [f"{AWAY}/32"], "BlockedIPRangeList": ["198.51.100.0/24"]}
    it.configure(risk=risk, addresses=both)
    with refused("NotAuthorizedException"):
        it.comes(AWAY, PHONE)


# -- messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "kind"),
    [("BLOCK", "BlockEmail"), ("NO_ACTION", "NoActionEmail"), ("MFA_REQUIRED", "MfaEmail")],
)
def test_a_message_tells_of_the_sign_in(it: Protected, action: str, kind: str) -> None:
    if action == "MFA_REQUIRED":
        with_app(it)
    else:
        it.settled()
    template = {"Subject": kind, "TextBody": "{ip-address} {device-name} {event-id} {feedback-token}"}
    it.configure(
        risk={
            "Actions": {"MediumAction": {"Notify": True, "EventAction": action}},
            "NotifyConfiguration": {**NOTIFY, kind: template},
        }
    )
    if action == "BLOCK":
        with refused("NotAuthorizedException"):
            it.comes(AWAY, PHONE)
    else:
        it.comes(AWAY, PHONE)
    message = outbox.inbox(MAIL)[-1]
    assert message.text == f"{AWAY} {PHONE} {it.events()[0]['EventId']} {message.code}"
    assert (message.subject, message.sender, message.reply_to) == (kind, NOTIFY["From"], NOTIFY["ReplyTo"])


def test_the_name_of_a_device_is_only_a_name(it: Protected) -> None:
    it.settled()
    template = {"Subject": "Was it you?", "HtmlBody": "<p>{device-name}</p>"}
    it.configure(
        risk={
            "Actions": {"LowAction": {"Notify": True, "EventAction": "NO_ACTION"}},
            "NotifyConfiguration": {**NOTIFY, "NoActionEmail": template},
        }
    )
    it.comes(HOME, "<b>{feedback-token}</b>")
    message = outbox.inbox(MAIL)[-1]
    assert (message.text, message.code) == ("<p>&lt;b&gt;{feedback-token}&lt;/b&gt;</p>", "")


def test_nobody_is_told_without_notify_a_sender_and_a_proved_address(it: Protected) -> None:
    it.settled()
    before = len(outbox.outbox())
    it.answers(notify=False, Medium="NO_ACTION")
    it.comes(AWAY, PHONE)
    it.configure(risk={"Actions": {"LowAction": {"Notify": True, "EventAction": "NO_ACTION"}}})
    it.comes(AWAY, LAPTOP)
    it.answers(notify=True, Low="NO_ACTION")
    it.idp.admin_update_user_attributes(
        UserPoolId=it.pool, Username="mara", UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    it.comes(HOME, "a third device")
    assert len(outbox.outbox()) == before


# -- from where -------------------------------------------------------------------------------------


def test_the_address_of_a_public_call_counts_from_a_client_that_may_propagate_it(it: Protected) -> None:
    it.configure(addresses={"BlockedIPRangeList": [f"{AWAY}/32"]})
    public = it.new_client()["ClientId"]
    plain = it.new_client(GenerateSecret=True)
    trusted = it.new_client(GenerateSecret=True, EnablePropagateAdditionalUserContextData=True)
    given = {"IpAddress": AWAY, "EncodedData": encoded(LAPTOP, ClientTimezone="+02:00")}
    assert it.directly("", public, **given)["AuthenticationResult"]
    assert it.directly(plain["ClientSecret"], plain["ClientId"], **given)["AuthenticationResult"]
    context = it.events()[0]["EventContextData"]
    assert context == {"IpAddress": "127.0.0.1", "DeviceName": LAPTOP, "Timezone": "+02:00"}
    with refused("NotAuthorizedException", "Request not allowed due to security reasons."):
        it.directly(trusted["ClientSecret"], trusted["ClientId"], **given)
    assert it.events()[0]["EventContextData"]["IpAddress"] == AWAY


@pytest.mark.parametrize(
    "text", ["", "x", "é", "e30=", "W10=", "bnVsbA==", "eyJwYXlsb2FkIjogMX0=", "eyJwYXlsb2FkIjogIltdIn0="]
)
def test_data_that_cannot_be_read_says_nothing(text: str) -> None:
    assert request_context.device_data(text) == {}


def test_an_address_that_is_none_is_as_new_as_one_that_is_not_told(it: Protected) -> None:
    it.settled()
    it.comes("fe80::1%eth0", LAPTOP)
    event = it.events()[0]
    assert event["EventRisk"]["RiskLevel"] == "Low" and "IpAddress" not in event["EventContextData"]


def test_a_browser_is_known_by_the_header_that_a_server_passes_on(it: Protected) -> None:
    headers = [{"headerName": "User-Agent", "headerValue": "Seabird/7"}]
    it.idp.admin_initiate_auth(
        UserPoolId=it.pool, ClientId=it.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": PASSWORD},
        ContextData={"IpAddress": HOME, "ServerName": "a", "ServerPath": "/", "HttpHeaders": headers},
    )  # fmt: skip
    assert it.events()[0]["EventContextData"]["DeviceName"] == "Seabird/7"


# -- the pages of managed login ---------------------------------------------------------------------


def test_the_pages_have_the_same_rules() -> None:
    with managed_login.pages() as pages:
        pages.idp.update_user_pool(
            UserPoolId=pages.pool, AutoVerifiedAttributes=["email"], UserPoolTier="PLUS",
            UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
        )  # fmt: skip
        assert "code" in fields_of(pages.sign_in_at("mara", PASSWORD).headers["location"])
        named = {"UserPoolId": pages.pool, "Username": "mara"}
        [event] = pages.idp.admin_list_user_auth_events(**named)["AuthEvents"]
        assert event["EventResponse"] == "Pass" and event["EventContextData"]["IpAddress"] == "127.0.0.1"
        assert event["EventContextData"]["DeviceName"].startswith("python-requests")
        pages.idp.set_risk_configuration(
            UserPoolId=pages.pool, CompromisedCredentialsRiskConfiguration=BLOCK_LEAKED
        )
        pages.idp.admin_set_user_password(**named, Password=LEAKED, Permanent=True)
        assert "Password reset required" in pages.sign_in_at("mara", LEAKED).text
        pages.idp.set_risk_configuration(
            UserPoolId=pages.pool, RiskExceptionConfiguration={"BlockedIPRangeList": ["127.0.0.0/8"]}
        )
        pages.idp.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
        assert "Request not allowed due to security reasons." in pages.sign_in_at("mara", PASSWORD).text


def test_a_page_asks_for_the_factor_that_risk_needs() -> None:
    with managed_login.pages() as pages:
        named = {"UserPoolId": pages.pool}
        pages.idp.update_user_pool(
            **named, AutoVerifiedAttributes=["email"], UserPoolTier="PLUS",
            UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
        )  # fmt: skip
        offers = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
        pages.idp.set_user_pool_mfa_config(**named, MfaConfiguration="OPTIONAL", **offers)
        token = pages.sign_in()["AccessToken"]  # from a program, at this address
        app = pyotp.TOTP(pages.idp.associate_software_token(AccessToken=token)["SecretCode"])
        pages.idp.verify_software_token(AccessToken=token, UserCode=app.now())
        pages.lab.travel(seconds=30)
        asks = {"LowAction": {"Notify": False, "EventAction": "MFA_REQUIRED"}}
        pages.idp.set_risk_configuration(**named, AccountTakeoverRiskConfiguration={"Actions": asks})
        asked = pages.sign_in_at("mara", PASSWORD)
        assert "authenticator app" in asked.text
        done = pages.post_form(asked, code=app.now())
        assert "code" in fields_of(done.headers["location"])
        event = pages.idp.admin_list_user_auth_events(**named, Username="mara")["AuthEvents"][0]
        assert (event["EventResponse"], event["EventRisk"]["RiskLevel"]) == ("Pass", "Low")
        assert event["ChallengeResponses"][-1] == {"ChallengeName": "Mfa", "ChallengeResponse": "Success"}
        pages.browser.cookies.clear()
        assert "code" in fields_of(pages.sign_in_at("mara", PASSWORD).headers["location"])


def test_the_code_of_a_page_brings_the_event_to_the_tokens_of_one_app() -> None:
    with managed_login.pages() as pages:
        named = {"UserPoolId": pages.pool}
        pages.idp.update_user_pool(
            **named, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"}
        )
        codes = [pages.code_of(scope="openid")]
        codes.append(fields_of(pages.authorize(scope="openid"))["code"])  # by the browser's session
        pages.sign_in()  # meanwhile
        found = [event_of(pages.redeem(code).json()["id_token"]) for code in codes]
        events = pages.idp.admin_list_user_auth_events(**named, Username="mara")["AuthEvents"]
        assert found[0] == events[1]["EventId"]
        assert found[1] not in {event["EventId"] for event in events}


# -- events and feedback ----------------------------------------------------------------------------


def test_each_kind_of_event_is_written_down_newest_first(it: Protected) -> None:
    it.sign_up("nele")
    it.idp.resend_confirmation_code(ClientId=it.client, Username="nele")
    it.confirm("nele")
    it.idp.forgot_password(ClientId=it.client, Username="nele")
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="nele", ConfirmationCode=it.code(), Password=OTHER_PASSWORD
    )
    it.sign_in("nele", OTHER_PASSWORD)
    kinds = ["SignIn", "PasswordChange", "ForgotPassword", "ResendCode", "SignUp"]
    assert [event["EventType"] for event in it.events("nele")] == kinds
    page = it.idp.admin_list_user_auth_events(UserPoolId=it.pool, Username="nele", MaxResults=2)
    rest = it.events("nele", NextToken=page["NextToken"])
    assert [event["EventType"] for event in [*page["AuthEvents"], *rest]] == kinds
    assert len({event["EventId"] for event in it.events("nele")}) == 5


def test_tokens_name_the_event_that_they_come_of(it: Protected) -> None:
    """Whatever was asked on the way, and for both of two sign-ins at a time."""
    first = event_of(token_of(it.comes()))
    assert first == it.events()[0]["EventId"] != event_of(token_of(it.comes()))
    app = with_app(it)
    it.prefer(SOFTWARE_TOKEN_MFA=ON)
    challenges = [it.comes(), it.comes()]
    waiting = [event["EventId"] for event in it.events()[1::-1]]
    for challenge, wanted in zip(challenges, waiting, strict=True):
        it.lab.travel(seconds=30)
        assert event_of(it.answer(challenge, app.now())["AccessToken"]) == wanted
    it.invited()
    answer = it.respond(it.initiate("ben"), "ben", NEW_PASSWORD=OTHER_PASSWORD)
    assert event_of(answer["AccessToken"]) == it.events("ben")[0]["EventId"]
    renewed = it.idp.get_tokens_from_refresh_token(ClientId=it.client, RefreshToken=answer["RefreshToken"])
    assert event_of(token_of(renewed)) == event_of(answer["AccessToken"])


def pool_with_codes(it: Protected) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    it.new_pool(["ALLOW_USER_AUTH"], UserPoolTier="PLUS", AutoVerifiedAttributes=["email"], Policies=policies,
                UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"}, EmailConfiguration=SES)  # fmt: skip
    it.member()


def comes_with_a_code(it: Protected, address: str = HOME, device: str = LAPTOP, right: bool = True) -> Any:
    named = {"UserPoolId": it.pool, "ClientId": it.client}
    prefers = {"USERNAME": "mara", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    asked = it.idp.admin_initiate_auth(**named, AuthFlow="USER_AUTH", AuthParameters=prefers)
    code = it.code() if right else another(it.code())
    return it.idp.admin_respond_to_auth_challenge(
        **named, ChallengeName="EMAIL_OTP", Session=asked["Session"],
        ChallengeResponses={"USERNAME": "mara", "EMAIL_OTP_CODE": code},
        ContextData=server_context(address, device),
    )["AuthenticationResult"]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "passes"), [("BLOCK", False), ("MFA_REQUIRED", False), ("MFA_IF_CONFIGURED", True)]
)
def test_risk_adds_no_factor_to_a_code_alone(it: Protected, action: str, passes: bool) -> None:
    """Mara could receive another code, as a second factor; but none is added to such a sign-in."""
    pool_with_codes(it)
    it.mfa("OPTIONAL", EMAIL)
    it.answers(Medium=action)
    comes_with_a_code(it)
    it.lab.travel(days=1)
    if passes:
        assert comes_with_a_code(it, AWAY, PHONE)
    else:
        with refused("NotAuthorizedException"):
            comes_with_a_code(it, AWAY, PHONE)
    newest = it.events()[0]
    assert (newest["EventRisk"]["RiskLevel"], newest["EventResponse"]) == (
        "Medium", "Pass" if passes else "Fail",
    )  # fmt: skip


def test_a_wrong_code_alone_is_written_down(it: Protected) -> None:
    pool_with_codes(it)
    with refused("CodeMismatchException"):
        comes_with_a_code(it, right=False)
    comes_with_a_code(it)
    assert [one["EventResponse"] for one in it.events() if one["EventType"] == "SignIn"] == ["Pass", "Fail"]


def test_tokens_for_a_code_alone_name_their_event(it: Protected) -> None:
    pool_with_codes(it)
    prefers = {"USERNAME": "mara", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    challenge = it.idp.initiate_auth(ClientId=it.client, AuthFlow="USER_AUTH", AuthParameters=prefers)
    answer = it.answer(challenge, it.code())
    assert event_of(answer["AccessToken"]) == it.events()[0]["EventId"]


def test_two_years_of_events_are_kept(it: Protected) -> None:
    it.comes()
    it.lab.travel(days=2 * 365 - 1)
    it.comes()
    assert [event["EventType"] for event in it.events()] == ["SignIn", "SignIn", "SignUp"]
    it.lab.travel(days=1)
    assert [event["EventType"] for event in it.events()] == ["SignIn"]


def test_what_is_said_of_an_event_counts_at_the_next_sign_in(it: Protected) -> None:
    it.answers(Medium="BLOCK")
    it.settled()
    with refused("NotAuthorizedException"):
        it.comes(AWAY, PHONE)
    named = {"UserPoolId": it.pool, "Username": "mara", "EventId": it.events()[0]["EventId"]}
    it.idp.admin_update_auth_event_feedback(**named, FeedbackValue="Valid")
    said = it.events()[0]["EventFeedback"]
    assert (said["FeedbackValue"], said["Provider"]) == ("Valid", "Admin") and said["FeedbackDate"]
    assert it.comes(AWAY, PHONE)["AuthenticationResult"]
    for event in it.events():
        it.idp.admin_update_auth_event_feedback(
            UserPoolId=it.pool, Username="mara", EventId=event["EventId"],
            FeedbackValue="Invalid" if event["EventContextData"].get("IpAddress") == AWAY else "Valid",
        )  # fmt: skip
    it.lab.travel(days=1)
    with refused("NotAuthorizedException"):
        it.comes(AWAY, PHONE)
    with refused("ResourceNotFoundException"):
        it.idp.admin_update_auth_event_feedback(**{**named, "EventId": "nothing"}, FeedbackValue="Valid")


def test_a_user_needs_no_signature_to_say_it_was_not_them(it: Protected) -> None:
    feedback(it, value="Invalid")
    assert it.events()[0]["EventFeedback"]["Provider"] == "User"
    it.lab.travel(days=1)
    it.comes(AWAY, PHONE)
    assert it.events()[0]["EventRisk"]["RiskLevel"] == "Medium"


def test_who_had_to_set_up_an_app_first_is_one_event(it: Protected) -> None:
    it.mfa("ON", APP)
    challenge = it.comes()
    made = it.idp.associate_software_token(Session=challenge["Session"])
    verified = it.idp.verify_software_token(
        Session=made["Session"], UserCode=pyotp.TOTP(made["SecretCode"]).now()
    )
    assert it.respond({**challenge, "Session": verified["Session"]})["AccessToken"]
    [event] = [event for event in it.events() if event["EventType"] == "SignIn"]
    assert event["EventResponse"] == "Pass"
