"""Rook has Mara's password, her old codes and tokens, her laptop and a week. She has a second factor.

The laptop took the place of the second factor, as her pool allows, until she told the pool to forget it.
(Before that, who has the laptop and the password gets in: a remembered device is meant to do that.) Each of
his ways is a function that makes public calls. Whatever they answer, no tokens may be among it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from support.devices import TRACKED, Laptop
from support.first_factors import Choices, choices
from support.second_factors import APP, EMAIL, ON, another, sent_to
from support.srp_client import Client
from support.user_pools import PASSWORD

from cognito_lab.aws.user_pools import second_factors, software_tokens
from cognito_lab.aws.user_pools.sign_in import challenges, mfa_challenges, user_auth
from cognito_lab.aws.user_pools.tokens import refreshing

MAIL = "mara@tidepool.example"


@dataclass
class Loot:
    """What Rook has."""

    it: Choices
    laptop: Laptop
    codes: list[str]  # which her app and her mails have shown; each was used once
    tokens: list[dict[str, Any]]  # of her sign-ins, before she signed out everywhere
    sessions: list[dict[str, Any]]  # challenges that were answered, and one that never was
    app: pyotp.TOTP  # Mara keeps it; here so that the test can see her get in

    def start(self, **more: str) -> dict[str, Any]:
        return self.it.initiate(**more)


@pytest.fixture(params=["ON", "OPTIONAL"])
def loot(request: pytest.FixtureRequest) -> Iterator[Loot]:
    """The pool requires a second factor, or lets people choose one and also begin with a code."""
    first = ("PASSWORD",) if request.param == "ON" else ("PASSWORD", "EMAIL_OTP", "SMS_OTP")
    with choices() as it:
        it.pool_of("OPTIONAL", APP, EMAIL, first=first, DeviceConfiguration=TRACKED)
        it.member()
        codes = [sent_to(MAIL)]
        client = Client(it)
        laptop = Laptop(it, client.send(client.claim(client.begin()))["AuthenticationResult"])
        laptop.confirm()
        app = it.app(laptop.tokens["AccessToken"])
        codes.append(app.now())
        it.prefer(SOFTWARE_TOKEN_MFA=ON)
        it.mfa(request.param, APP, EMAIL)
        it.lab.travel(seconds=60)
        answered = it.initiate()
        codes.append(app.now())
        tokens = [laptop.tokens, laptop.signs_in(), it.answer(answered, app.now())]
        assert all("AccessToken" in each for each in tokens)
        sessions = [answered, it.initiate(), it.choose(), it.choose("PASSWORD")]
        # The laptop is stolen.
        laptop.own("forget_device", DeviceKey=laptop.key)
        it.idp.global_sign_out(AccessToken=tokens[-1]["AccessToken"])
        it.lab.travel(days=7)
        yield Loot(it, laptop, codes, tokens, sessions, app)


def attempts(call: Callable[..., Any], tries: list[dict[str, Any]]) -> list[Any]:
    """What the calls answer that are carried out."""
    found = []
    for given in tries:
        try:
            found.append(call(**given))
        except ClientError as refusal:
            assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return found


def old_codes(loot: Loot) -> Any:
    asked = loot.start()
    return attempts(loot.it.answer, [{"challenge": asked, "code": code} for code in loot.codes])


def old_sessions(loot: Loot) -> Any:
    tries = [{"challenge": each, "code": code} for each in loot.sessions for code in loot.codes]
    return attempts(loot.it.answer, tries) + attempts(
        loot.it.respond, [{"challenge": each, "PASSWORD": PASSWORD} for each in loot.sessions]
    )


def laptop_by_srp(loot: Loot) -> Any:
    by_password = attempts(loot.it.initiate, [{"DEVICE_KEY": loot.laptop.key}])
    return attempts(loot.laptop.signs_in, [{}]) + by_password


def laptop_after_a_challenge(loot: Loot) -> Any:
    waiting = {**loot.start(), "ChallengeName": "DEVICE_SRP_AUTH"}
    return attempts(loot.laptop.shows_itself, [{"waiting": waiting}])


def code_alone(loot: Loot) -> Any:
    choice = loot.it.choose()
    assert not set(choice["AvailableChallenges"]) & {EMAIL, "SMS_OTP"}
    asked = attempts(loot.it.choose, [{"preferred": EMAIL}]) + attempts(
        loot.it.respond, [{"challenge": choice, "ANSWER": name} for name in (EMAIL, "WEB_AUTHN")]
    )
    mailed = [each for each in asked if each.get("ChallengeName") == EMAIL]
    tries = [{"challenge": each, "code": code} for each in mailed for code in (*loot.codes, "000000")]
    return asked + attempts(loot.it.answer, tries)


def another_challenge(loot: Loot) -> Any:
    """His session waits for the code of an app. He says that it waits for something else."""
    asked = loot.start()
    named = [
        ("MFA_SETUP", {}),
        ("SELECT_MFA_TYPE", {"ANSWER": EMAIL}),
        ("NEW_PASSWORD_REQUIRED", {"NEW_PASSWORD": "Rook-1234!"}),
        (EMAIL, {"EMAIL_OTP_CODE": loot.codes[0]}),
        ("SELECT_CHALLENGE", {"ANSWER": "PASSWORD", "PASSWORD": PASSWORD}),
        ("PASSWORD", {"PASSWORD": PASSWORD}),
        ("CUSTOM_CHALLENGE", {"ANSWER": "yes"}),
    ]
    return attempts(
        loot.it.respond, [{"challenge": {**asked, "ChallengeName": name}, **given} for name, given in named]
    )


def app_of_his_own(loot: Loot) -> Any:
    """He sets up an authenticator app with the session that he has."""
    asked = loot.start()
    if "Session" not in asked:
        return [asked]
    made = attempts(loot.it.idp.associate_software_token, [{"Session": asked["Session"]}])
    if not made:
        return []
    code = pyotp.TOTP(made[0]["SecretCode"]).now()
    verified = loot.it.idp.verify_software_token(Session=made[0]["Session"], UserCode=code)
    return attempts(
        loot.it.respond, [{"challenge": {"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}}]
    )


def by_token(loot: Loot) -> Any:
    """He switches the second factor off, or registers a passkey, with a token of last week's."""
    idp, tokens = loot.it.idp, [{"AccessToken": each["AccessToken"]} for each in loot.tokens]
    off = [{**each, "SoftwareTokenMfaSettings": {"Enabled": False}} for each in tokens]
    done = attempts(idp.set_user_mfa_preference, off) + attempts(idp.get_user, tokens)
    for call in (idp.associate_software_token, idp.start_web_authn_registration):
        done += attempts(call, tokens)
    assert not done
    return attempts(loot.start, [{}])


def refresh(loot: Loot) -> Any:
    known = [{"token": each["RefreshToken"]} for each in loot.tokens if "RefreshToken" in each]
    with_key = [{**each, "DEVICE_KEY": loot.laptop.key} for each in known]
    return [{"AuthenticationResult": each} for each in attempts(loot.it.refresh, known + with_key)]


def recovery(loot: Loot) -> Any:
    """He has no mailbox of hers: the code that comes is not among those that he has."""
    it, person = loot.it, {"ClientId": loot.it.client, "Username": "mara"}
    attempts(it.idp.forgot_password, [person])
    unlike = another(sent_to(MAIL))
    tries = [{**person, "ConfirmationCode": code, "Password": "Rook-1234!"} for code in (*loot.codes, unlike)]
    assert not attempts(it.idp.confirm_forgot_password, tries)
    again = [{**person, "ConfirmationCode": code} for code in loot.codes]
    confirmed = attempts(it.idp.confirm_sign_up, again)
    return attempts(it.choose, [{"session": each["Session"]} for each in confirmed if "Session" in each])


def another_app_client(loot: Loot) -> Any:
    """A challenge of one app client is answered through another."""
    other, asked = loot.it.new_client()["ClientId"], loot.start()
    tries = [{"challenge": asked, "client": other, f"{APP}_CODE": loot.app.now()}]
    return attempts(loot.it.respond, tries) + attempts(loot.it.initiate, [{"client": other}])


WAYS = [
    old_codes, old_sessions, laptop_by_srp, laptop_after_a_challenge, code_alone, another_challenge,
    app_of_his_own, by_token, refresh, recovery, another_app_client,
]  # fmt: skip


def is_in(answers: list[Any]) -> bool:
    return any("AuthenticationResult" in each or "AccessToken" in each for each in answers)


@pytest.mark.parametrize("way", WAYS)
def test_rook_does_not_get_in(loot: Loot, way: Callable[[Loot], Any]) -> None:
    assert not is_in(way(loot))
    loot.it.lab.travel(hours=1)  # a lock that he has caused is over
    assert loot.it.answer(loot.start(), loot.app.now())["AccessToken"]  # and Mara does


def passes(*_: Any, **__: Any) -> None:
    return None


@pytest.mark.parametrize(
    ("way", "rules"),
    [
        (old_codes, [(software_tokens, "accepts", lambda token, given: True)]),
        (old_sessions, [
            (challenges, "check_session_in_time", passes), (challenges, "check_session_unused", passes),
            (mfa_challenges, "check_code", passes),
        ]),
        (code_alone, [(user_auth, "can_begin", lambda pool, user, name: True),
                      (mfa_challenges, "check_code", passes)]),
        (app_of_his_own, [(second_factors, "of_user", lambda pool, user: [])]),
        (refresh, [(refreshing, "authentication_of", lambda client, token, key=None: (
            refreshing.token_store.token_store(client.pool).by_refresh_token[token]))]),
        (another_app_client, [(challenges, "find_challenge", lambda client, session, name: (
            challenges.moto_patches.state_of(client.pool, challenges.Challenges)[session]))]),
    ],
)  # fmt: skip
def test_without_a_rule_he_does(
    loot: Loot, way: Callable[[Loot], Any], rules: list[tuple[Any, str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, instead in rules:
        monkeypatch.setattr(module, name, instead)
    assert is_in(way(loot))
