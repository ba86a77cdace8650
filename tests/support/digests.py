"""What this process holds for the account, member by member, to be compared with what it holds later."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import sys
import time
import types
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from weakref import WeakSet

import boto3
from moto.core.base_backend import BackendDict
from moto.core.models import MockAWS, botocore_stubber
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from cognito_lab import Lab, clock, randomness

NOT_LOOKED_INTO = (Callable, types.ModuleType, type)
OBJECT = re.compile(r" at (0x)?[0-9a-f]+(?=>|$)")
# What is compared in another way (the account's lock, the clock), and what belongs to the process.
ELSEWHERE = ("account_lock.LOCK", "clock._traveller", "moto_patches._mock", "templates.ENVIRONMENT")


@cache
def package() -> list[str]:
    """The modules that are there while an account is, all of them loaded."""
    from cognito_lab import lessons, practice, providers, served, views

    for part in (lessons, practice, providers, served, views):
        for module in pkgutil.iter_modules(part.__path__, f"{part.__name__}."):
            importlib.import_module(module.name)
    return sorted(name for name in sys.modules if name.startswith("cognito_lab") and ".course" not in name)


def digest(same_objects: bool = True) -> dict[str, str]:
    """Each member by the way that leads to it; ``same_objects``: and which object it is."""
    found: dict[str, str] = {}
    known: dict[int, str] = {}
    roots = {
        "moto": {each.service_name: dict(each.items()) for each in BackendDict._instances},
        "buckets": s3_backends.bucket_accounts,
        "mock": [MockAWS._nested_count, botocore_stubber.enabled],
        "chance": [mock_random.getstate(), chance()],
        "environment": {name: value for name, value in os.environ.items() if "PYTEST" not in name},
        "session": boto3.DEFAULT_SESSION and id(boto3.DEFAULT_SESSION),
        "lab": [Lab._running, Lab._owner, Lab.lock.at_home.is_set()],
        "clock": [
            round(clock_ahead() / 60),  # a check takes time,
            getattr(clock._traveller, "tick", None),
            dict(clock._settings),
        ],
    }
    for name in package():
        for variable, value in vars(sys.modules[name]).items():
            place = f"{name.partition('.')[2]}.{variable}"
            ours = not variable.startswith("__") and not isinstance(value, NOT_LOOKED_INTO)
            if ours and not any(part in place for part in ELSEWHERE):
                roots[place] = value
    for name, root in roots.items():
        look(name, root, found, known)
    return found if same_objects else {name: OBJECT.sub("", text) for name, text in found.items()}


def clock_ahead() -> float:
    """How far the clock is ahead; where it stands still, what it shows."""
    stands = clock._traveller is not None and not clock._traveller.tick
    return time.time() if stands else time.time() - clock.real_time()


def chance() -> Any:
    try:
        return randomness._source.getstate()
    except NotImplementedError:  # the operating system's
        return type(randomness._source).__name__


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The members that are not as they were."""
    names = before.keys() | after.keys()
    pairs = {name: (before.get(name, "nothing"), after.get(name, "nothing")) for name in names}
    return {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}


def look(place: str, value: Any, found: dict[str, str], known: dict[int, str]) -> None:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        found[place] = repr(value) if len(repr(value)) < 200 else str(hash(value))
        return
    if isinstance(value, NOT_LOOKED_INTO):
        found[place] = f"{type(value).__name__} {getattr(value, '__qualname__', '')} at {id(value)}"
        return
    if id(value) in known:
        found[place] = f"as {known[id(value)]}"
        return
    known[id(value)] = place
    found[place] = (
        f"{type(value).__name__}{f' at {id(value)}' if place != 'moto' else ''}"
        if hasattr(value, "__dict__")
        else ""
    )
    if isinstance(value, tuple) and len(value) > 100:  # the state of a generator
        found[place] = str(hash(value))
    elif isinstance(value, Mapping):
        for key, one in list(value.items()):
            look(f"{place}[{key if isinstance(key, str) else repr(key)}]", one, found, known)
    elif isinstance(value, list | tuple | deque):
        for number, one in enumerate(value):
            look(f"{place}[{number}]", one, found, known)
    elif isinstance(value, set | frozenset):
        found[place] = repr(sorted(map(repr, value)))
    elif isinstance(value, WeakSet):
        for one in sorted(value, key=id):
            look(f"{place}{{{id(one)}}}", one, found, known)
    elif hasattr(value, "read") and hasattr(value, "tell"):
        found[place] = "closed" if value.closed else f"at {value.tell()}"
    for name, one in list(getattr(value, "__dict__", {}).items()):
        look(f"{place}.{name}", one, found, known)
