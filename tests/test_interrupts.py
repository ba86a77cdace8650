"""A learner stops cells all the time: after a keyboard interrupt anywhere, an account can be begun."""

from __future__ import annotations

import gc
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from support import interrupts as support
from support.user_pools import world

from cognito_lab import Lab, interrupts
from cognito_lab.lessons import lies
from cognito_lab.network import exchanges

ROUNDS = 150  # interrupts of a call
FEWER = {"check": 20, "serve": 25, "server's stop": 25, "record": 40, "scene": 60}  # of those that take long


@cache
def sts() -> Any:
    return boto3.client("sts")


def record(lab: Lab) -> None:
    with lab.record():
        sts().get_caller_identity()


def tell_a_lie(_: Lab) -> None:
    with lies.active(support.LIE):
        pass


def solve(lab: Lab) -> None:
    task = lab.exercise("01.1")
    task.judge(task.right())


CALLS: dict[str, Callable[[Lab], Any]] = {
    "start": lambda _: Lab.start(),
    "stop": Lab.stop,
    "reset": Lab.reset,
    "travel": lambda lab: lab.travel(hours=1),
    "google": lambda lab: lab.google,
    "serve": lambda lab: lab._served(0, "aws"),
    "server's stop": lambda lab: lab._server.stop(),
    "record": record,
    "lie": tell_a_lie,
    "scene": lambda lab: lab.scene("directory"),
    "check": solve,
}


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    """Clients and models, once: the processes that are forked have them then."""
    assert support.signs_in()
    with Lab.start() as lab:
        record(lab)
        solve(lab)


def what_happens(name: str, report: Path) -> str:
    """After interrupts at chance moments of the call: what is wrong with the process, or nothing."""
    call, chance, long = CALLS[name], random.Random(name), name in ("scene", "check")

    def make(moment: float) -> float:
        lab = Lab.start()
        if name == "server's stop":
            lab._served(0, "aws")
        if long:
            return support.after(moment, lambda: call(lab))
        return support.at_line(int(moment), lambda: call(lab))

    def interrupted() -> None:
        Lab.start().stop()
        observers = len(exchanges.OBSERVERS)
        whole = max(make(0) for _ in range(2))
        for number in range(FEWER.get(name, ROUNDS)):
            moment = chance.uniform(0, whole) if long else chance.randint(1, int(whole))
            try:
                make(moment)
                support.check_kernel(observers)
            except BaseException as error:
                raise AssertionError(f"dead after interrupt {number}, at {moment} of {whole}") from error
        assert support.signs_in()

    return support.in_a_fork(interrupted, report)


@pytest.mark.parametrize("name", CALLS)
def test_after_an_interrupt_anywhere_an_account_can_be_begun(name: str, tmp_path: Path) -> None:
    assert what_happens(name, tmp_path / "report") == ""


@pytest.mark.parametrize("name", ["reset", "travel", "lie"])
def test_without_the_rule_kernels_die(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts.held_back, "__enter__", lambda _: None)
    assert "dead after interrupt" in what_happens(name, tmp_path / "report")


# -- the block itself ------------------------------------------------------------------------------


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """An interrupt that this process hears, as a kernel does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_comes_at_the_end_of_the_outermost_block(ctrl_c: Callable[[], None]) -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts.held_back():
            with interrupts.held_back():
                ctrl_c()
                steps.append("inner")
            steps.append("outer")
        steps.append("behind")
    assert steps == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_block_that_hangs_is_interrupted_all_the_same(
    ctrl_c: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "LONGEST", 0.0)
    with pytest.raises(KeyboardInterrupt), interrupts.held_back():
        ctrl_c()
        raise AssertionError("it goes on")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_interrupts_goes_on_ignoring_them(ctrl_c: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.held_back():
        ctrl_c()


def test_a_thread_leaves_the_handler_alone(ctrl_c: Callable[[], None]) -> None:
    found = []

    def work() -> None:
        with interrupts.held_back():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


def test_what_is_begun_whole_is_ended_even_if_nobody_ends_it() -> None:
    told = []

    @contextmanager
    def manager() -> Iterator[int]:
        told.append("begun")
        yield 7
        told.append("ended")

    with interrupts.whole(manager()) as value:
        assert (value, told) == (7, ["begun"])
    assert told == ["begun", "ended"]
    interrupts.whole(manager()).__enter__()  # and an interrupt came before its end
    gc.collect()
    assert told == ["begun", "ended"] * 2


def test_a_call_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    """An interrupted SignUp has made a user with everything that belongs to one, or nobody."""
    chance = random.Random(5)

    def interrupted() -> None:
        with world() as it:
            whole = support.at_line(0, lambda: it.sign_up("first"))
            made = 0
            for number in range(FEWER["scene"]):
                name = f"n{number}"
                support.at_line(chance.randint(1, whole), lambda name=name: it.sign_up(name))
                found = it.idp.list_users(UserPoolId=it.pool, Filter=f'username = "{name}"')["Users"]
                assert len(it.lab.inbox(f"{name}@tidepool.example")) == len(found), name
                if found:
                    made += 1
                    it.confirm(name)
                    it.idp.admin_delete_user(UserPoolId=it.pool, Username=name)
            assert 0 < made < FEWER["scene"]

    assert support.in_a_fork(interrupted, tmp_path / "report") == ""
