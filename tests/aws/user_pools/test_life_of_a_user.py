"""The life of a user, in any order: whatever happens, tokens come only for every factor that is required.

Mara's pool has MFA off, optional or required. She, an administrator and Rook, who has her password, do what
they can. The machine keeps its own account of what is true, and compares each sign-in that succeeds with it.
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
from support.second_factors import (
    APP,
    EMAIL,
    MAIL,
    ON,
    PHONE,
    PREFERRED,
    SMS,
    Factors,
    another,
    factors,
    sent_to,
    wrong,
)
from support.user_pools import OTHER_PASSWORD, PASSWORD

from cognito_lab.aws.user_pools import second_factors
from cognito_lab.aws.user_pools.sign_in import mfa_challenges

SESSION = 180  # seconds that a challenge waits
ADDRESSES = {SMS: PHONE, EMAIL: MAIL}
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


@dataclass
class Truth:
    """What is true of Mara."""

    life: int = 0
    there: bool = False
    enabled: bool = True
    password: str = PASSWORD
    passwords: int = 0  # how often it changed, or had to be reset
    status: str = "CONFIRMED"
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

    @initialize()
    def begin(self) -> None:
        self.world = factors()
        self.it: Factors = self.world.__enter__()
        self.mode, self.offered = "OPTIONAL", {SMS, EMAIL, APP}
        self.true, self.waiting, self.tokens = Truth(), [], []
        self.appear()

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
            self.it.member(phone_number=PHONE)
            self.true = Truth(life=self.true.life + 1, there=True)

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

    @rule(what=st.sampled_from([disappear, disable, invite_again, reset, lose_the_app, set_password]))
    def harm(self, what: Any) -> None:
        what(self)

    @rule()
    def mend(self) -> None:
        self.appear()
        self.enable()
        if self.true.status != "CONFIRMED":
            self.set_password()

    @rule(mode=st.sampled_from(["OFF", "OPTIONAL", "ON"]), only_apps=st.booleans())
    def set_mode(self, mode: str, only_apps: bool) -> None:
        factors = (APP,) if only_apps else (SMS, APP, EMAIL)
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

    @rule(right=st.sampled_from([True, True, True, False]))
    def show_a_password(self, right: bool) -> None:
        given = self.true.password if right else NEXT_PASSWORD[self.true.password]
        answer = self.attempt(self.it.initiate, password=given)
        if answer is not None:
            assert right, "a wrong password leads nowhere"
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
        self.tokens.append(answer.get("AuthenticationResult", answer)["AccessToken"])

    def check_still_counts(self, one: Waiting) -> None:
        true = self.true
        assert (one.life, one.passwords_before) == (true.life, true.passwords), "the password is not hers now"
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


def play(examples: int) -> None:
    """As many lives, the same ones each time; the first that goes wrong is not made shorter."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False, phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )  # fmt: skip


def test_tokens_come_only_for_every_factor_that_is_required() -> None:
    play(40)


@pytest.mark.parametrize(
    ("module", "function", "instead"),
    [
        (mfa_challenges, "ask_for_second_factor", lambda client, user: None),
        (mfa_challenges, "check_code", lambda challenge, given: None),
        (second_factors, "is_required", lambda pool: False),
    ],
)
def test_without_a_rule_the_life_goes_wrong(monkeypatch: pytest.MonkeyPatch, module: Any, function: str,
                                            instead: Any) -> None:  # fmt: skip
    monkeypatch.setattr(module, function, instead)
    with pytest.raises(AssertionError):
        play(100)
