"""Keyboard interrupts, held back while something happens that must happen whole or not at all.

Python raises ``KeyboardInterrupt`` between any two steps of the main thread, in the middle of a library as
well. In a block of :class:`held_back` it does not: an interrupt that comes meanwhile is raised at its end.

Source: Python's documentation of ``signal``, "Note on Signal Handlers and Exceptions".
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import AbstractContextManager
from typing import Any, TypeVar

LONGEST = 10.0  # seconds; a block that takes longer hangs, and is interrupted like anything else
T = TypeVar("T")


class held_back:
    """``with held_back():``: in this block of the main thread nothing is interrupted.

    Blocks may stand in one another; the outermost one counts. In other threads there are no interrupts.
    """

    _former: Any = None  # the handler that was there, for the outermost block
    _begun = 0.0
    _came = False

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        former = signal.getsignal(signal.SIGINT)
        held = isinstance(getattr(former, "__self__", None), held_back)
        if callable(former) and not held:  # otherwise nobody is interrupted, or it is held back already
            self._begun = time.monotonic()
            signal.signal(signal.SIGINT, self._note)
            self._former = former

    def __exit__(self, *_: object) -> None:
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)
            if self._came:
                signal.raise_signal(signal.SIGINT)

    def _note(self, number: int, frame: Any) -> None:
        self._came = True
        if time.monotonic() - self._begun > LONGEST and self._former is not None:
            self._came = False
            self._former(number, frame)


class whole(AbstractContextManager[T]):
    """``manager``, begun whole or not at all, and ended whole: no interrupt leaves it begun."""

    def __init__(self, manager: AbstractContextManager[T]) -> None:
        self._manager = manager
        self._is_begun = False

    def __enter__(self) -> T:
        with held_back():
            value = self._manager.__enter__()
            self._is_begun = True
        return value

    def __exit__(self, *error: Any) -> bool | None:
        with held_back():
            self._is_begun = False
            return self._manager.__exit__(*error)

    def __del__(self) -> None:
        if self._is_begun:  # interrupted between block and manager, so that nobody else ends it
            self.__exit__(None, None, None)
