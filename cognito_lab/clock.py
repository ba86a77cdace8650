"""The kernel's clock: it can be set, stand still or go on, and be given back.

Everything in the process agrees on it, boto3, PyJWT and a learner's own ``time.time()``; the machine's
clock and ``time.monotonic`` stay as they are, so that Jupyter notices nothing.
"""

from __future__ import annotations

import sys
from datetime import datetime
from types import ModuleType
from typing import Any


def _import_time_machine() -> ModuleType:
    """time_machine without pytest, which it imports where it finds it: that takes longer than all the lab."""
    without_pytest = "pytest" not in sys.modules
    if without_pytest:
        sys.modules["pytest"] = None  # type: ignore[assignment]  # Python's way to make an import fail
    try:
        import time_machine
    finally:
        if without_pytest:
            del sys.modules["pytest"]
    return time_machine


class Clock:
    """The clock of one account; until it is set, it is the machine's."""

    def __init__(self) -> None:
        self._traveller: Any = None

    def set(self, moment: datetime, *, ticking: bool) -> None:
        """Let it be ``moment``, an aware datetime; from then on the clock goes on, or stands still."""
        self.give_back()
        self._traveller = _import_time_machine().travel(moment, tick=ticking)
        self._traveller.start()

    def give_back(self) -> None:
        """Let it be the machine's time again."""
        if self._traveller is not None:
            self._traveller.stop()
            self._traveller = None
