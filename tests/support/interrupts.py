"""Keyboard interrupts at a chosen moment, in a process of their own."""

from __future__ import annotations

import os
import pkgutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from moto.core.models import MockAWS, botocore_stubber

from cognito_lab import Lab, clock
from cognito_lab.aws.iam import principals
from cognito_lab.lessons import lies
from cognito_lab.network import exchanges, hosts

# Where something of the process is changed: the package, moto, and what both of them change it with.
CHANGING = (f"{os.sep}cognito_lab{os.sep}", f"{os.sep}moto{os.sep}core{os.sep}", "responses", "mock.py")
CHANGING += ("contextlib.py", "time_machine", "socketserver.py")
MAKE_CLIENT = boto3.client
LIE = lies.every_lie()[0]
RULES = {target: pkgutil.resolve_name(f"cognito_lab.{target}") for target in LIE.instead}
MOST_SECONDS = (
    100  # of a fork, which takes one or two: a lock that somebody held at the fork is never given back
)


def at_line(number: int, call: Callable[[], Any]) -> int:
    """Make ``call``, with an interrupt at this of the lines that it runs; answers how many it ran."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count == number:
                signal.raise_signal(signal.SIGINT)
        return trace

    def begin(frame: Any, event: str, argument: Any) -> Any:
        return trace if any(part in frame.f_code.co_filename for part in CHANGING) else None

    sys.settrace(begin)
    try:
        call()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    return count


def after(seconds: float, call: Callable[[], Any]) -> float:
    """Make ``call``, with an interrupt so long after it began; answers how long it took."""
    begun = time.perf_counter()
    with suppress(KeyboardInterrupt):  # also the one that comes when the call has just ended
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            time.sleep(0)  # an interrupt that was under way comes here
    return time.perf_counter() - begun


def check_kernel(observers: int) -> None:
    """A new account begins, and the process is as after any other beginning."""
    with Lab.start() as lab:
        assert (MockAWS._nested_count, botocore_stubber.enabled) == (1, True)
        assert boto3.client is MAKE_CLIENT
        assert not principals.EXTRA_ROOT_KEYS and all(row.name != "wire" for row in hosts.HOSTS)
        assert "wire" not in [thread.name for thread in threading.enumerate()]
        for target, rule in RULES.items():
            assert pkgutil.resolve_name(f"cognito_lab.{target}") == rule, "a lie is still told"
        assert exchanges.CALLER.get() == "app" and exchanges.CURRENT.get() is None
        assert len(exchanges.OBSERVERS) == observers + 1, "the account's own observer, and no other"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        others: list[str] = []
        other = threading.Thread(target=lambda: others.append(region_under_the_lock(lab)))
        other.start()
        other.join(30)
        assert others == [lab.region], "another thread waits for the lock"
    assert (MockAWS._nested_count, botocore_stubber.enabled) == (0, False)
    assert abs(clock.real_time() - time.time()) < 60, "the kernel has its clock back"


def region_under_the_lock(lab: Lab) -> str:
    with lab.lock:
        return lab.region


@cache
def user_pools() -> Any:
    return boto3.client("cognito-idp")


def signs_in() -> bool:
    with Lab.start() as lab:
        scene = lab.scene("members")
        asked = {"USERNAME": "mara", "PASSWORD": scene.password}
        flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": asked}
        return "AuthenticationResult" in user_pools().initiate_auth(**flow)


def in_a_fork(run: Callable[[], None], report: Path) -> str:
    """What went wrong in ``run``, in a process of its own; empty where nothing did."""
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
            run()
            os._exit(0)
        except BaseException:
            report.write_text(traceback.format_exc())
        finally:
            os._exit(1)
    give_up = time.monotonic() + MOST_SECONDS
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > give_up:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "it has not come to an end"
        time.sleep(0.01)
    status = ended[1]
    return "" if not status else report.read_text() if report.exists() else f"ended with {status}"
