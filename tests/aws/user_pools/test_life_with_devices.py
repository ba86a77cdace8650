"""Remembered devices, in any order: who skips the second factor has the password, and the device itself.

Mara has an authenticator app and signs in on several devices. Some are forgotten or not remembered any more,
her password changes, she is disabled, time passes. Rook has her password and the keys of her devices. The
machine keeps its own account of what is true, and compares each step that succeeds with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

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
from support.devices import TRACKED, Laptop
from support.second_factors import APP, Factors, factors
from support.srp_client import Client
from support.user_pools import OTHER_PASSWORD, PASSWORD

from cognito_lab.aws.user_pools import devices

SESSION = 180  # seconds that a challenge waits
NEXT_PASSWORD = {PASSWORD: OTHER_PASSWORD, OTHER_PASSWORD: PASSWORD}


@dataclass
class Own:
    """A device of Mara's."""

    laptop: Laptop
    known: bool = True
    remembered: bool = True


@dataclass
class Waiting:
    """A sign-in that waits for a device, and what was true when it began to wait."""

    own: Own
    answer: Any  # of DEVICE_SRP_AUTH; afterwards the client's half of SRP, and the answer to that
    passwords: int
    until: float
    answered: bool = False


class LifeWithDevices(RuleBasedStateMachine):
    """One account; each rule is something that somebody does. A refusal is as good as a success."""

    @initialize()
    def begin(self) -> None:
        self.world = factors()
        self.it: Factors = self.world.__enter__()
        self.it.pool_of("OPTIONAL", APP, DeviceConfiguration=TRACKED)
        self.app = self.it.with_app()
        self.password, self.passwords, self.enabled = PASSWORD, 0, True
        self.owned: list[Own] = []
        self.asked: list[Waiting] = []
        self.proofs: list[Waiting] = []
        self.add_a_device()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.__exit__(None, None, None)

    def attempt(self, call: Any, *given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            return None

    def admin(self, operation: str, **more: Any) -> None:
        getattr(self.it.idp, f"admin_{operation}")(UserPoolId=self.it.pool, Username="mara", **more)

    @rule()
    def add_a_device(self) -> None:
        """Mara signs in on a new one, with her app."""
        client = Client(self.it, self.password, 2**255 + 19)
        self.it.lab.travel(seconds=60)
        asked = self.attempt(lambda: client.send(client.claim(client.begin())))
        if asked:
            assert asked["ChallengeName"] == APP, "a new device needs the second factor"
            laptop = Laptop(self.it, self.it.answer(asked, self.app.now()))
            laptop.confirm()
            self.owned.append(Own(laptop))

    @precondition(lambda self: self.owned)
    @rule(data=st.data(), what=st.sampled_from(["forget", "not_remembered", "remembered"]))
    def change_a_device(self, data: st.DataObject, what: str) -> None:
        own = data.draw(st.sampled_from(self.owned), label="device")
        if not own.known:
            return
        if what == "forget":
            self.admin("forget_device", DeviceKey=own.laptop.key)
            own.known = False
        else:
            self.admin("update_device_status", DeviceKey=own.laptop.key, DeviceRememberedStatus=what)
            own.remembered = what == "remembered"

    @rule()
    def change_the_password(self) -> None:
        self.password, self.passwords = NEXT_PASSWORD[self.password], self.passwords + 1
        self.admin("set_user_password", Password=self.password, Permanent=True)

    @rule()
    def disable_or_enable(self) -> None:
        self.enabled = not self.enabled
        self.admin("enable_user" if self.enabled else "disable_user")

    @rule(seconds=st.sampled_from([1, 40, SESSION, 900]))
    def pass_time(self, seconds: int) -> None:
        self.it.lab.travel(seconds=seconds)

    # -- a sign-in on a device ---------------------------------------------------------------------

    @precondition(lambda self: self.owned)
    @rule(data=st.data(), right=st.sampled_from([True, True, True, False]))
    def show_the_password(self, data: st.DataObject, right: bool) -> None:
        own = data.draw(st.sampled_from(self.owned), label="device")
        given = self.password if right else NEXT_PASSWORD[self.password]
        answer = self.attempt(own.laptop.begins, given)
        if answer:
            assert right and self.enabled and own.known
            assert answer["ChallengeName"] == ("DEVICE_SRP_AUTH" if own.remembered else APP)
            if own.remembered:
                self.asked.append(Waiting(own, answer, self.passwords, time.time() + SESSION))

    def check_still_counts(self, one: Waiting, by: Own) -> None:
        assert by is one.own and by.known and by.remembered, "it is for one device, while it is remembered"
        assert one.passwords == self.passwords and self.enabled, "the password is not hers now"
        assert time.time() < one.until and not one.answered, "a challenge counts once, for three minutes"
        one.answered = True

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), own_key=st.sampled_from([True, True, False]))
    def ask(self, data: st.DataObject, own_key: bool) -> None:
        one = data.draw(st.sampled_from(self.asked), label="sign-in")
        by = one.own if own_key else data.draw(st.sampled_from(self.owned), label="device")
        found = self.attempt(by.laptop.asks, one.answer)
        if found:
            self.check_still_counts(one, by)
            self.proofs.append(Waiting(by, found, self.passwords, time.time() + SESSION))

    @precondition(lambda self: self.owned)
    @rule(data=st.data())
    def ask_without_a_session(self, data: st.DataObject) -> None:
        """It is about the newest sign-in on the device."""
        by = data.draw(st.sampled_from(self.owned), label="device")
        found = self.attempt(by.laptop.asks, {"ChallengeName": "DEVICE_SRP_AUTH"}, session=False)
        if found:
            [*_, one] = [one for one in self.asked if one.own is by]
            self.check_still_counts(one, by)
            self.proofs.append(Waiting(by, found, self.passwords, time.time() + SESSION))

    @precondition(lambda self: self.proofs)
    @rule(data=st.data(), thief=st.sampled_from([False, False, True]))
    def prove(self, data: st.DataObject, thief: bool) -> None:
        """Rook has the keys, and makes up a password of the device."""
        one = data.draw(st.sampled_from(self.proofs), label="proof")
        client, asked = one.answer
        client.password = "made-up" if thief else one.own.laptop.password
        tokens = self.attempt(one.own.laptop.proves, client, asked)
        if tokens:
            assert not thief, "who has the key alone does not get in"
            self.check_still_counts(one, one.own)
        elif thief and one.own.known:
            one.answered = True  # one challenge, one guess

    @precondition(lambda self: self.owned)
    @rule(data=st.data())
    def go_all_the_way(self, data: st.DataObject) -> None:
        own = data.draw(st.sampled_from(self.owned), label="device")
        if own.known and own.remembered and self.enabled:
            answer = self.attempt(own.laptop.begins, self.password)
            assert answer is None or own.laptop.shows_itself(answer)


def play(examples: int) -> None:
    """As many lives, the same ones each time; the first that goes wrong is not made shorter."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LifeWithDevices,
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False, phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )  # fmt: skip


def test_who_skips_the_second_factor_has_the_device() -> None:
    play(10)


def test_without_a_rule_the_life_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rules have tests of their own, which are quicker."""
    monkeypatch.setattr(devices, "remembered", lambda settings, known, key: known.get(key))
    with pytest.raises(AssertionError):
        play(60)
