"""The life of a user, in any order: whatever happens, tokens come only for every factor that is required.

Mara's pool has MFA off, optional or required, and may let people begin with a code. She, an administrator
and Rook, who has her password, do what they can. The machine keeps its own account of what is true, and
compares each sign-in that succeeds with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.first_factors import CODES, Choices, choices
from support.second_factors import (
    APP,
    EMAIL,
    MAIL,
    ON,
    PHONE,
    PREFERRED,
    SMS,
    another,
    sent_to,
    wrong,
)
from support.user_pools import OTHER_PASSWORD, PASSWORD

from cognito_lab.aws.user_pools import second_factors
from cognito_lab.aws.user_pools.sign_in import mfa_challenges, user_auth

SESSION = 180  # seconds that a challenge waits
ADDRESSES = {SMS: PHONE, EMAIL: MAIL, "SMS_OTP": PHONE}
# How lives begin: what the pool lets people begin with, its MFA, and the factor that Mara has chosen.
Start = tuple[tuple[str, ...], str, str]
WITH_PASSWORD: list[Start] = [
    (("PASSWORD",), mode, chosen) for mode in ("OPTIONAL", "ON") for chosen in ("", SMS, EMAIL)
]
WITH_CODES: list[Start] = [(("PASSWORD", *CODES), "OPTIONAL", chosen) for chosen in ("", "", EMAIL)]
NEXT_PASSWORD = {PASSWORD: OTHER_PASSWORD, OTHER_PASSWORD: PASSWORD}


@dataclass
class Waiting:
    """A sign-in that waits for an answer, and what was true when it began to wait."""

    challenge: dict[str, Any]
    life: int  # which Mara: she may have been deleted and made anew
    passwords_before: int  # how often her password had changed
    until: float
    code: str = ""
    secret: str = ""
    verified: bool = False
    answered: bool = False
    first: bool = False  # whether it began without a password


@dataclass
class Truth:
    """What is true of Mara."""

    life: int = 0
    there: bool = False
    enabled: bool = True
    password: str = PASSWORD
    passwords: int = 0  # how often it changed, or had to be reset
    status: str = "CONFIRMED"
    sign_ins: int = 0
    chosen: set[str] = field(default_factory=set)
    app: pyotp.TOTP | None = None
    used: set[str] = field(default_factory=set)

    def possible(self, offered: set[str]) -> set[str]:
        return offered & ({SMS, EMAIL, APP} if self.app else {SMS, EMAIL})

    def needed(self, mode: str, offered: set[str]) -> set[str]:
        """The factors of which one must be shown."""
        possible = self.possible(offered)
        return possible if mode == "ON" and not possible & self.chosen else possible & self.chosen


class Life(RuleBasedStateMachine):
    """One account; each rule is something that somebody does. A refusal is as good as a success."""

    starts = WITH_PASSWORD + WITH_CODES

    @initialize(start=st.runner().flatmap(lambda self: st.sampled_from(self.starts)))
    def begin(self, start: Start) -> None:
        self.first, mode, chosen = start
        self.world = choices()
        self.it: Choices = self.world.__enter__()
        self.it.pool_of("OPTIONAL", first=self.first)
        self.mode, self.offered = "OPTIONAL", {SMS, EMAIL, APP}
        self.true, self.waiting, self.tokens = Truth(), [], []
        self.appear()
        self.set_mode(mode, False)
        if chosen:
            self.prefer(chosen, ON)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.__exit__(None, None, None)

    def attempt(self, call: Any, *given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            return None

    def admin(self, operation: str, **more: Any) -> Any:
        return self.attempt(getattr(self.it.idp, operation), UserPoolId=self.it.pool, Username="mara", **more)

    # -- Mara, and an administrator ---------------------------------------------------------------

    def appear(self) -> None:
        if not self.true.there:
            self.begun = self.it.sign_up(phone_number=PHONE)["Session"]
            self.code_of_sign_up = self.it.code()
            self.true = Truth(life=self.true.life + 1, there=True, status="UNCONFIRMED")
            self.session_of_sign_up = ""
            self.confirm()

    def confirm(self) -> None:
        """Mara confirms herself, and gets a session for her first sign-in."""
        who = {"ClientId": self.it.client, "Username": "mara", "ConfirmationCode": self.code_of_sign_up}
        answer = self.attempt(self.it.idp.confirm_sign_up, **who, Session=self.begun)
        if answer is not None:
            self.true.status, self.session_of_sign_up = "CONFIRMED", answer["Session"]
            self.session_until, self.session_passwords = time.time() + SESSION, self.true.passwords

    def disappear(self) -> None:
        self.admin("admin_delete_user")
        self.true.there, self.tokens = False, []

    def disable(self) -> None:
        self.admin("admin_disable_user")
        self.true.enabled, self.tokens = False, []

    def enable(self) -> None:
        self.admin("admin_enable_user")
        self.true.enabled = True

    def set_password(self, permanent: bool = True) -> None:
        new = NEXT_PASSWORD[self.true.password]
        if self.admin("admin_set_user_password", Password=new, Permanent=permanent) is not None:
            self.true.password, self.true.passwords = new, self.true.passwords + 1
            self.true.status = "CONFIRMED" if permanent else "FORCE_CHANGE_PASSWORD"

    def invite_again(self) -> None:
        self.set_password(permanent=False)

    def reset(self) -> None:
        if self.admin("admin_reset_user_password") is not None:
            self.true.status, self.true.passwords = "RESET_REQUIRED", self.true.passwords + 1

    def lose_the_app(self) -> None:
        self.admin("admin_delete_software_token")
        self.true.app, self.true.chosen = None, self.true.chosen - {APP}

    @rule(
        what=st.sampled_from([disappear, disable, invite_again, reset, lose_the_app, set_password]),
        mended=st.sampled_from([True, True, False]),
    )
    def harm(self, what: Any, mended: bool) -> None:
        what(self)
        if mended:
            self.mend()

    @rule()
    def mend(self) -> None:
        self.appear()
        self.enable()
        if self.true.status != "CONFIRMED":
            self.set_password()

    @rule(mode=st.sampled_from(["OFF", "OPTIONAL", "ON"]), only_apps=st.booleans())
    def set_mode(self, mode: str, only_apps: bool) -> None:
        factors = (APP,) if only_apps else (SMS, APP, EMAIL)
        if mode == "ON" and len(self.first) > 1:
            assert self.attempt(self.it.mfa, mode, *factors) is None, "a code first, and a second factor"
            return
        self.it.mfa(mode, *factors)
        self.mode, self.offered = mode, set(factors) if mode != "OFF" else set()

    @rule(factor=st.sampled_from([SMS, EMAIL, APP]), wanted=st.sampled_from([ON, PREFERRED, {}]))
    def prefer(self, factor: str, wanted: dict[str, bool]) -> None:
        try:
            self.it.prefer(**{factor: wanted})
        except ClientError:
            assert factor not in self.true.possible(self.offered) or not self.true.there
            return
        assert factor in self.true.possible(self.offered) or not wanted
        self.true.chosen = self.true.chosen | {factor} if wanted else self.true.chosen - {factor}

    @rule(right=st.booleans())
    def take_an_app(self, right: bool) -> None:
        begin, verify = self.it.idp.associate_software_token, self.it.idp.verify_software_token
        if made := self.tokens and self.attempt(begin, AccessToken=self.tokens[-1]):
            app = pyotp.TOTP(made["SecretCode"])
            code = app.now() if right else wrong(app)
            if self.attempt(verify, AccessToken=self.tokens[-1], UserCode=code):
                assert right
                self.true.app, self.true.used = app, {code}

    @rule(seconds=st.sampled_from([1, 40, SESSION, 900]))
    def pass_time(self, seconds: int) -> None:
        self.it.lab.travel(seconds=seconds)

    # -- whoever signs in -------------------------------------------------------------------------

    @rule(
        right=st.sampled_from([True, True, True, False]),
        way=st.sampled_from(["by password", "by password", "preferred", "challenged", "chosen"]),
    )
    def show_a_password(self, right: bool, way: str) -> None:
        given = self.true.password if right else NEXT_PASSWORD[self.true.password]
        if way == "by password":
            answer = self.attempt(self.it.initiate, password=given)
        elif way == "preferred":
            answer = self.attempt(self.it.choose, "PASSWORD", PASSWORD=given)
        else:
            asked = self.attempt(self.it.choose, "" if way == "chosen" else "PASSWORD")
            answer = asked and self.attempt(self.it.respond, asked, ANSWER="PASSWORD", PASSWORD=given)
        if answer is not None:
            assert right, "a wrong password leads nowhere"
            self.go_on(answer)

    @rule(
        name=st.sampled_from([*CODES]), chosen=st.booleans(),
        then=st.sampled_from(["wait", "wait", "wrong", "right"]),
    )  # fmt: skip
    def begin_with_a_code(self, name: str, chosen: bool, then: str) -> None:
        asked = self.attempt(self.it.choose, "" if chosen else name)
        if asked and chosen:
            asked = self.attempt(self.it.respond, asked, ANSWER=name)
        if not asked or asked["ChallengeName"] != name:
            return
        self.check_may_begin_with_a_code(name)
        true, code = self.true, sent_to(ADDRESSES[name])
        until = time.time() + SESSION
        self.waiting.append(Waiting(asked, true.life, true.passwords, until, code, first=True))
        if then != "wait":
            self.show_a_code(self.waiting[-1], then)

    def check_may_begin_with_a_code(self, name: str) -> None:
        assert name in self.first, "only where the pool allows it"
        assert not self.true.needed(self.mode, self.offered), "who has a second factor shows a password first"

    @precondition(lambda self: self.session_of_sign_up)
    @rule()
    def sign_in_with_the_session_of_the_sign_up(self) -> None:
        answer = self.attempt(self.it.choose, session=self.session_of_sign_up)
        if answer:
            assert time.time() < self.session_until and self.session_passwords == self.true.passwords
            assert not self.true.sign_ins, "it is for the first sign-in"
            if "AvailableChallenges" in answer:  # the code cannot come first, and no password was shown
                return
            self.go_on(answer)

    def go_on(self, answer: dict[str, Any]) -> None:
        """What an answer is: tokens, where nothing more is required, or the next challenge."""
        if "AuthenticationResult" in answer or "AccessToken" in answer:
            assert not self.true.needed(self.mode, self.offered) and self.mode != "ON", "a factor is required"
            self.got_tokens(answer)
            return
        name = answer["ChallengeName"]
        code = sent_to(ADDRESSES[name]) if name in ADDRESSES else ""
        true = self.true
        self.waiting.append(Waiting(answer, true.life, true.passwords, time.time() + SESSION, code))

    def got_tokens(self, answer: dict[str, Any]) -> None:
        assert self.true.there and self.true.enabled and self.true.status == "CONFIRMED"
        self.true.sign_ins += 1
        self.tokens.append(answer.get("AuthenticationResult", answer)["AccessToken"])

    def check_still_counts(self, one: Waiting) -> None:
        true = self.true
        if one.first:
            assert one.life == true.life
            self.check_may_begin_with_a_code(one.challenge["ChallengeName"])
        else:
            rests_on = (one.life, one.passwords_before)
            assert rests_on == (true.life, true.passwords), "the password is not hers now"
        assert time.time() < one.until and not one.answered, "a session counts once, for three minutes"

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), kind=st.sampled_from(["right", "wrong", "used", "skip"]))
    def answer_one(self, data: st.DataObject, kind: str) -> None:
        self.answer(data.draw(st.sampled_from(self.waiting), label="sign-in"), kind, APP)

    @precondition(lambda self: self.waiting)
    @rule(kind=st.sampled_from(["right", "right", "wrong"]), factor=st.sampled_from([SMS, EMAIL, APP]))
    def answer_the_newest(self, kind: str, factor: str) -> None:
        self.answer(self.waiting[-1], kind, factor)

    def answer(self, one: Waiting, kind: str, factor: str) -> None:
        name = one.challenge["ChallengeName"]
        if name == "NEW_PASSWORD_REQUIRED":
            self.replace_the_password(one)
        elif name == "SELECT_MFA_TYPE":
            chosen = self.attempt(self.it.respond, one.challenge, ANSWER=factor)
            if chosen:
                self.check_still_counts(one)
                one.answered = True
                self.go_on(chosen)
        elif name == "MFA_SETUP":
            self.set_up(one, skip=kind == "skip", right=kind != "wrong")
        else:
            self.show_a_code(one, kind)

    def replace_the_password(self, one: Waiting) -> None:
        new = NEXT_PASSWORD[self.true.password]
        answer = self.attempt(self.it.respond, one.challenge, NEW_PASSWORD=new)
        if answer:
            assert one.life == self.true.life and time.time() < one.until and not one.answered
            one.answered = True
            self.true.password, self.true.passwords = new, self.true.passwords + 1
            self.true.status = "CONFIRMED"
            self.go_on(answer)

    def show_a_code(self, one: Waiting, kind: str) -> None:
        app = self.true.app if one.challenge["ChallengeName"] == APP else None
        right = app.now() if app else one.code or "000000"
        code = (wrong(app) if app else another(right)) if kind == "wrong" else right
        if kind == "used" and self.true.used:
            code = max(self.true.used)
        tokens = self.attempt(self.it.answer, one.challenge, code)
        if tokens:
            self.check_still_counts(one)
            assert code not in self.true.used if app else code == one.code
            one.answered = True
            self.true.used |= {code} if app else set()
            self.got_tokens(tokens)

    def set_up(self, one: Waiting, skip: bool, right: bool) -> None:
        """The next step of MFA_SETUP, or its end."""
        session, idp = one.challenge["Session"], self.it.idp
        if skip or one.verified:
            tokens = self.attempt(self.it.respond, one.challenge)
            if tokens:
                self.check_still_counts(one)
                assert one.verified, "nobody gets in without a factor that was shown"
                one.answered = True
                self.got_tokens(tokens)
        elif not one.secret:
            made = self.attempt(idp.associate_software_token, Session=session)
            if made:
                self.check_still_counts(one)
                one.answered = True
                self.wait_again(one, made, secret=made["SecretCode"])
        else:
            app = pyotp.TOTP(one.secret)
            code = app.now() if right else wrong(app)
            made = self.attempt(idp.verify_software_token, Session=session, UserCode=code)
            if made:
                self.check_still_counts(one)
                assert right
                assert not self.true.needed(self.mode, self.offered), "a factor that she has is not replaced"
                one.answered = True
                self.true.app, self.true.used, self.true.chosen = app, {code}, self.true.chosen | {APP}
                self.wait_again(one, made, verified=True)

    def wait_again(self, one: Waiting, made: dict[str, Any], **known: Any) -> None:
        challenge = {**one.challenge, "Session": made["Session"]}
        until = time.time() + SESSION
        self.waiting.append(Waiting(challenge, one.life, one.passwords_before, until, **known))


def play(examples: int, starts: list[Start] | None = None) -> None:
    """As many lives, the same ones each time; the first that goes wrong is not made shorter."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("Life", (Life,), {"starts": starts or Life.starts}),
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False, phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )  # fmt: skip


def test_tokens_come_only_for_every_factor_that_is_required() -> None:
    play(40)


@pytest.mark.parametrize(
    ("starts", "module", "function", "instead"),
    [
        (WITH_PASSWORD, mfa_challenges, "ask_for_second_factor", lambda client, user: None),
        (WITH_PASSWORD, mfa_challenges, "check_code", lambda challenge, given: None),
        (WITH_CODES, mfa_challenges, "check_code", lambda challenge, given: None),
        (WITH_PASSWORD, second_factors, "is_required", lambda pool: False),
        (WITH_CODES, user_auth, "can_begin", lambda pool, user, name: True),
        (WITH_CODES[:1], user_auth, "check_still_open", lambda pool, challenge: None),
        (WITH_PASSWORD, user_auth, "check_first_sign_in", lambda pool, challenge: None),
    ],
)
def test_without_a_rule_the_life_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, starts: list[Start], module: Any, function: str, instead: Any
) -> None:
    monkeypatch.setattr(module, function, instead)
    with pytest.raises(AssertionError):
        play(1000, starts)  # until it does: hypothesis also draws from what is loaded, so the number varies
