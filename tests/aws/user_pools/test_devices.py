"""Remembered devices: confirmed, shown at a sign-in in place of a second factor, needed to refresh."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pyotp
import pytest
from support.devices import TRACKED, Laptop
from support.second_factors import APP, ON, PHONE, SES, SMS, Factors, factors, wrong
from support.srp_client import PRIME, Client
from support.user_pools import OTHER_PASSWORD, mapping, read, refused

from cognito_lab.aws.user_pools.threat_protection import auth_events, risk
from cognito_lab.aws.user_pools.threat_protection.request_context import UNKNOWN as UNTOLD

UNKNOWN = ("ResourceNotFoundException", "Device does not exist.")
NO_REFRESH = ("NotAuthorizedException", "Invalid Refresh Token.")
WRONG = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def it() -> Iterator[Factors]:
    with factors() as it:
        it.pool_of("OPTIONAL", APP, DeviceConfiguration=TRACKED)
        yield it


def by_srp(it: Factors) -> dict[str, Any]:
    client = Client(it)
    return client.send(client.claim(client.begin()))


def new_laptop(it: Factors, name: str = "mara") -> Laptop:
    it.member(name)
    return Laptop(it, by_srp(it)["AuthenticationResult"])


@pytest.fixture
def laptop(it: Factors) -> Laptop:
    laptop = new_laptop(it)
    assert not laptop.confirm()
    return laptop


def track(it: Factors, **settings: bool) -> None:
    """Change the pool's settings for devices, and nothing else; without any, it tracks none."""
    configuration = {"DeviceConfiguration": TRACKED | settings} if settings else {}
    it.idp.update_user_pool(
        UserPoolId=it.pool, MfaConfiguration="OPTIONAL", AutoVerifiedAttributes=["email"],
        EmailConfiguration=SES, **configuration,
    )  # fmt: skip


# -- keys, and what they belong to ------------------------------------------------------------------


def test_the_setting_is_shown_and_one_member_switches_it_on(it: Factors) -> None:
    it.member()
    for given, shown in (
        ({"DeviceOnlyRememberedOnUserPrompt": True}, TRACKED | {"ChallengeRequiredOnNewDevice": False,
                                                                "DeviceOnlyRememberedOnUserPrompt": True}),
        (TRACKED, TRACKED),
    ):  # fmt: skip
        it.idp.update_user_pool(UserPoolId=it.pool, DeviceConfiguration=given)
        described = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
        assert described["DeviceConfiguration"] == shown
    it.idp.update_user_pool(UserPoolId=it.pool)
    assert "DeviceConfiguration" not in it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
    assert "NewDeviceMetadata" not in it.sign_in()


def test_each_sign_in_brings_a_key_of_its_own(it: Factors) -> None:
    it.member()
    tokens = [it.sign_in(), it.sign_in(), by_srp(it)["AuthenticationResult"]]
    keys = [one["NewDeviceMetadata"]["DeviceKey"] for one in tokens]
    assert len(set(keys)) == 3 and all(key.startswith("us-east-1_") for key in keys)
    assert [read(one["AccessToken"])["device_key"] for one in tokens] == keys
    assert "device_key" not in read(tokens[0]["IdToken"])


def test_a_device_is_confirmed_once_with_its_own_token(it: Factors) -> None:
    laptop = new_laptop(it)
    other = Laptop(it, by_srp(it)["AuthenticationResult"])
    with refused("InvalidParameterException", "Invalid device key given."):
        laptop.confirm(DeviceKey=other.key)
    group = base64.b64encode(PRIME.to_bytes(384, "big")).decode()
    configs = [{"Salt": "AAAA", "PasswordVerifier": verifier} for verifier in ("AA", "é", "AAAA", group)]
    for config in ({}, {"Salt": "AAAA"}, *configs):
        with refused("InvalidParameterException"):
            laptop.confirm(DeviceSecretVerifierConfig=config)
    assert laptop.own("list_devices")["Devices"] == []
    laptop.confirm()
    with refused("DeviceKeyExistsException"):
        laptop.confirm()
    assert [device["DeviceKey"] for device in laptop.own("list_devices")["Devices"]] == [laptop.key]


def test_after_a_password_that_was_sent_no_device_can_be_confirmed(it: Factors) -> None:
    it.member()
    with refused("InvalidParameterException", "Invalid device key given."):
        Laptop(it, it.sign_in()).confirm()


def test_after_a_second_factor_the_flow_still_counts(it: Factors) -> None:
    app = it.with_app()
    client = Client(it)
    with refused("InvalidParameterException", "Invalid device key given."):
        Laptop(it, it.answer(it.initiate(), app.now())).confirm()
    it.lab.travel(seconds=30)
    Laptop(it, it.answer(client.send(client.claim(client.begin())), app.now())).confirm()


def test_a_user_sees_remembered_devices_and_an_administrator_all(it: Factors, laptop: Laptop) -> None:
    key = {"DeviceKey": laptop.key}
    shown = laptop.own("get_device", **key)["Device"]
    assert shown == laptop.admin("get_device", **key)["Device"] == laptop.admin("list_devices")["Devices"][0]
    said = {"device_status": "valid", "device_name": "laptop", "dev:device_remembered_status": "remembered"}
    assert mapping(shown["DeviceAttributes"]) == said
    laptop.own("update_device_status", DeviceRememberedStatus="not_remembered", **key)
    assert laptop.own("list_devices")["Devices"] == []
    with refused(*UNKNOWN):
        laptop.own("get_device", **key)
    [device] = laptop.admin("list_devices")["Devices"]
    assert mapping(device["DeviceAttributes"])["dev:device_remembered_status"] == "not_remembered"
    laptop.admin("update_device_status", DeviceRememberedStatus="remembered", **key)
    assert laptop.own("get_device", **key)["Device"]["DeviceKey"] == laptop.key


def test_nobody_reaches_a_device_of_somebody_else(it: Factors, laptop: Laptop) -> None:
    it.member("ben")
    token = it.sign_in("ben")["AccessToken"]
    for call in (it.idp.get_device, it.idp.forget_device, it.idp.update_device_status):
        with refused(*UNKNOWN):
            call(AccessToken=token, DeviceKey=laptop.key)
    with refused(*UNKNOWN):
        it.idp.admin_forget_device(UserPoolId=it.pool, Username="ben", DeviceKey=laptop.key)
    for unsigned in (it.idp.get_device, it.idp.forget_device):
        with refused("InvalidParameterException"):
            unsigned(DeviceKey=laptop.key)
    assert laptop.signs_in()


def answered_by_srp(it: Factors, name: str) -> dict[str, Any]:
    client = Client(it)
    return client.send(client.claim(client.begin(name)))


def test_a_device_can_be_confirmed_after_each_challenge_that_srp_led_to(it: Factors) -> None:
    it.mfa("ON", APP)
    it.invited("ben")
    challenge = it.respond(answered_by_srp(it, "ben"), "ben", NEW_PASSWORD=OTHER_PASSWORD)
    assert challenge["ChallengeName"] == "MFA_SETUP"
    setup = it.idp.associate_software_token(Session=challenge["Session"])
    app = pyotp.TOTP(setup["SecretCode"])
    shown = it.idp.verify_software_token(Session=setup["Session"], UserCode=app.now())
    tokens = it.respond(challenge | {"Session": shown["Session"]}, "ben")
    assert not Laptop(it, tokens).confirm()
    it.mfa("OPTIONAL", APP, SMS)
    it.member(phone_number=PHONE)
    app = it.app(it.sign_in()["AccessToken"])
    it.prefer(SOFTWARE_TOKEN_MFA=ON, SMS_MFA=ON)
    for begin in (lambda: answered_by_srp(it, "mara"), it.initiate):
        it.lab.travel(seconds=60)
        asked = it.respond(begin(), ANSWER=APP)
        tokens = it.answer(asked, app.now())
        if begin == it.initiate:
            with refused("InvalidParameterException", "Invalid device key given."):
                Laptop(it, tokens).confirm()
        else:
            assert not Laptop(it, tokens).confirm()


# -- at a sign-in ------------------------------------------------------------------------------------


def with_app(it: Factors, laptop: Laptop) -> Any:
    app = it.app(laptop.tokens["AccessToken"])
    it.prefer(SOFTWARE_TOKEN_MFA={"Enabled": True})
    it.lab.travel(seconds=30)
    return app


def test_a_remembered_device_takes_the_place_of_the_second_factor(it: Factors, laptop: Laptop) -> None:
    with_app(it, laptop)
    assert by_srp(it)["ChallengeName"] == APP
    for session in (True, False):  # pycognito sends none
        tokens = laptop.shows_itself(laptop.begins(), session)
        claims = read(tokens["AccessToken"])
        assert (claims["device_key"], claims["amr"]) == (laptop.key, ["pwd"])
        assert "NewDeviceMetadata" not in tokens


def test_where_it_does_not_the_code_is_asked_first(it: Factors, laptop: Laptop) -> None:
    app = with_app(it, laptop)
    track(it, ChallengeRequiredOnNewDevice=False)
    waiting = laptop.begins()
    assert waiting["ChallengeName"] == APP
    waiting = it.answer(waiting, app.now(), DEVICE_KEY=laptop.key)
    assert read(laptop.shows_itself(waiting)["AccessToken"])["amr"] == ["pwd", "otp", "mfa"]


def test_the_first_call_may_name_the_device_for_the_whole_sign_in(it: Factors, laptop: Laptop) -> None:
    app = with_app(it, laptop)

    def begins(key: str) -> dict[str, Any]:
        client = Client(it)
        answer: dict[str, Any] = client.send(client.claim(client.begin(DEVICE_KEY=key)))
        return answer

    assert laptop.shows_itself(begins(laptop.key))["AccessToken"]
    assert begins(f"us-east-1_{uuid.uuid4()}")["ChallengeName"] == APP  # as if none had been named
    track(it, ChallengeRequiredOnNewDevice=False)
    waiting = begins(laptop.key)
    assert waiting["ChallengeName"] == APP
    assert laptop.shows_itself(it.answer(waiting, app.now()))["AccessToken"]
    with_sent_password = it.initiate(DEVICE_KEY=laptop.key)
    it.lab.travel(seconds=30)
    assert laptop.shows_itself(it.answer(with_sent_password, app.now()))["AccessToken"]


def test_one_that_is_not_remembered_is_like_a_new_one(it: Factors, laptop: Laptop) -> None:
    with_app(it, laptop)
    laptop.admin("update_device_status", DeviceKey=laptop.key, DeviceRememberedStatus="not_remembered")
    assert laptop.begins()["ChallengeName"] == APP


def test_the_user_is_asked_where_the_pool_says_so(it: Factors) -> None:
    track(it, DeviceOnlyRememberedOnUserPrompt=True)
    laptop = new_laptop(it)
    assert laptop.confirm()
    assert "NewDeviceMetadata" in laptop.begins()["AuthenticationResult"]
    laptop.own("update_device_status", DeviceKey=laptop.key, DeviceRememberedStatus="remembered")
    assert laptop.signs_in()


def test_with_a_forgotten_one_the_same_answer_counts_without_it(it: Factors, laptop: Laptop) -> None:
    laptop.own("forget_device", DeviceKey=laptop.key)
    client = Client(it)
    claim = client.claim(client.begin())
    with refused(*UNKNOWN):
        client.send(claim | {"DEVICE_KEY": laptop.key})
    assert "NewDeviceMetadata" in client.send(claim)["AuthenticationResult"]
    with refused(*UNKNOWN):
        it.initiate(DEVICE_KEY=laptop.key)


def test_a_wrong_password_is_none_on_a_known_device_either(laptop: Laptop) -> None:
    with refused(*WRONG):
        laptop.begins(OTHER_PASSWORD)


def test_who_has_the_key_alone_does_not_get_in(it: Factors, laptop: Laptop) -> None:
    thief = Laptop(it, laptop.tokens)
    client, asked = thief.asks(thief.begins())
    for refusal in (WRONG, WRONG[:1]):  # one challenge, one guess
        with refused(*refusal):
            thief.proves(client, asked)
    assert laptop.signs_in()


def test_a_device_counts_for_its_own_sign_in_alone(it: Factors, laptop: Laptop) -> None:
    it.member("ben")
    with refused("NotAuthorizedException"):  # no password was shown for this
        laptop.asks({"ChallengeName": "DEVICE_SRP_AUTH", "Session": "x" * 40})
    with refused("NotAuthorizedException"):
        laptop.asks({"ChallengeName": "DEVICE_SRP_AUTH", "Session": ""}, session=False)
    waiting = laptop.begins()
    with refused("NotAuthorizedException"):
        laptop.asks(waiting, USERNAME="ben")
    with refused(*UNKNOWN):
        laptop.asks(waiting, DEVICE_KEY="us-east-1_" + "0" * 8)
    proof = laptop.asks(waiting)
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once"):
        laptop.asks(waiting)
    laptop.admin("forget_device", DeviceKey=laptop.key)
    with refused(*UNKNOWN):
        laptop.proves(*proof)


def test_the_device_that_was_named_is_the_one_that_shows_itself(it: Factors, laptop: Laptop) -> None:
    other = Laptop(it, by_srp(it)["AuthenticationResult"])
    other.confirm()
    waiting = laptop.begins()
    with refused(*WRONG):
        other.asks(waiting)
    assert other.signs_in() and laptop.shows_itself(waiting)


def test_a_changed_password_ends_what_began_with_the_old_one(it: Factors, laptop: Laptop) -> None:
    waiting = laptop.begins()
    proof = laptop.asks(laptop.begins())
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    with refused("NotAuthorizedException"):
        laptop.asks(waiting)
    with refused("NotAuthorizedException"):
        laptop.proves(*proof)


def test_the_count_of_failures_is_not_cleared_before_the_device_is_shown(it: Factors, laptop: Laptop) -> None:
    app = with_app(it, laptop)
    for _ in range(2):
        waiting = by_srp(it)
        for _ in range(2):
            with refused("CodeMismatchException"):
                it.answer(waiting, wrong(app))
        laptop.begins()
    with refused("CodeMismatchException"):
        it.answer(by_srp(it), wrong(app))
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        by_srp(it)


def test_threat_protection_sees_one_sign_in(it: Factors, laptop: Laptop) -> None:
    it.idp.update_user_pool(
        UserPoolId=it.pool, MfaConfiguration="OPTIONAL", EmailConfiguration=SES, DeviceConfiguration=TRACKED,
        UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
    )  # fmt: skip
    client, asked = laptop.asks(laptop.begins())
    thief = Laptop(it, laptop.tokens)
    events = lambda: [one["EventResponse"] for one in laptop.admin("list_user_auth_events")["AuthEvents"]]  # noqa: E731
    assert events() == ["InProgress"]
    laptop.proves(client, asked)
    assert events() == ["Pass"]
    with refused(*WRONG):
        thief.signs_in()
    assert events() == ["Fail", "Pass"]


def test_a_sign_in_at_risk_needs_a_second_factor_on_a_known_device_too(
    it: Factors, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_app(it, laptop)
    assert laptop.begins()["ChallengeName"] == "DEVICE_SRP_AUTH"
    monkeypatch.setattr(
        risk, "judge", lambda *_, **__: risk.Judgement(auth_events.AuthEvent("SignIn", UNTOLD), True)
    )
    assert laptop.begins()["ChallengeName"] == APP


# -- afterwards --------------------------------------------------------------------------------------


def refresh(it: Factors, tokens: dict[str, Any], key: str = "") -> dict[str, Any]:
    given = {"DEVICE_KEY": key} if key else {}
    result = it.refresh(tokens["RefreshToken"], **given)
    also = it.idp.get_tokens_from_refresh_token(
        RefreshToken=tokens["RefreshToken"], ClientId=it.client, **({"DeviceKey": key} if key else {})
    )["AuthenticationResult"]
    assert set(also) == set(result)
    return result


def test_tokens_are_renewed_on_their_device_alone(it: Factors, laptop: Laptop) -> None:
    tokens = laptop.signs_in()
    for given in (tokens, laptop.tokens):
        assert read(refresh(it, given, laptop.key)["AccessToken"])["device_key"] == laptop.key
        with refused(*NO_REFRESH):
            refresh(it, given)
        with refused(*NO_REFRESH):
            refresh(it, given, laptop.key + "0")
    unconfirmed = by_srp(it)["AuthenticationResult"]
    by_password = it.sign_in()
    for given in (unconfirmed, by_password):
        with refused(*NO_REFRESH):
            refresh(it, given, given["NewDeviceMetadata"]["DeviceKey"])
    laptop.admin("forget_device", DeviceKey=laptop.key)
    with refused(*NO_REFRESH):
        refresh(it, tokens, laptop.key)
    track(it)
    assert refresh(it, tokens)


@pytest.mark.parametrize(
    "rule, lie, test",
    [
        ("tokens.refreshing:check_device", lambda *_: None, test_tokens_are_renewed_on_their_device_alone),
        ("sign_in.device_challenges:check_signature", lambda *_: None,
         test_who_has_the_key_alone_does_not_get_in),
        ("devices:replaces_second_factor", lambda settings: True,
         test_where_it_does_not_the_code_is_asked_first),
        ("devices:remembered", lambda settings, known, key: known.get(key),
         test_one_that_is_not_remembered_is_like_a_new_one),
        ("people.remembered_devices:check_not_confirmed", lambda device: None,
         test_a_device_is_confirmed_once_with_its_own_token),
        ("people.remembered_devices:check_verifier", lambda verifier: verifier,
         test_a_device_is_confirmed_once_with_its_own_token),
        ("people.remembered_devices:confirmable", lambda device, key: device,
         test_a_device_is_confirmed_once_with_its_own_token),
        ("people.remembered_devices:by_administrator", lambda call: False,
         test_a_user_sees_remembered_devices_and_an_administrator_all),
        ("sign_in.challenges:go_on", lambda *_: None, test_after_a_second_factor_the_flow_still_counts),
        ("sign_in.mfa_challenges:check_may_go_on", lambda *_: None,
         test_a_changed_password_ends_what_began_with_the_old_one),
    ],
)  # fmt: skip
def test_each_rule_is_seen_to_be_off(
    it: Factors, monkeypatch: pytest.MonkeyPatch, rule: str, lie: Any, test: Callable[..., None]
) -> None:
    module, name = rule.split(":")
    monkeypatch.setattr(import_module(f"cognito_lab.aws.user_pools.{module}"), name, lie)
    given = [it] if test.__code__.co_argcount == 1 else []
    if not given:
        laptop = new_laptop(it)
        laptop.confirm()
        given = [it, laptop]
    with pytest.raises(BaseException):  # noqa: B017 - whatever the test notices it by
        test(*given)


def test_a_device_of_nobody_is_not_found(it: Factors) -> None:
    """The two operations declare no UserNotFoundException."""
    nobody = {"UserPoolId": it.pool, "Username": "nobody"}
    with refused("ResourceNotFoundException"):
        it.idp.admin_list_devices(**nobody)
    with refused("ResourceNotFoundException"):
        it.idp.admin_get_device(**nobody, DeviceKey=f"us-east-1_{uuid.uuid4()}")
