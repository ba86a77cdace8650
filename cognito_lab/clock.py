"""The kernel's clock: it can be set, stand still or go on, and be given back; while no cell runs, it rests.

Everything in the process agrees on it, boto3, PyJWT and a learner's own ``time.time()``; the machine's
clock and ``time.monotonic`` stay as they are, so that Jupyter notices nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from cognito_lab import interrupts


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


# Each setting of the kernel's clock: the machine's second then, and how far ahead it was from there on.
_settings: dict[float, float] = {}
_traveller: Any = None  # what holds the kernel's clock where it was set


def real_time() -> float:
    """The machine's time in seconds since 1970, wherever the kernel's clock stands."""
    time_machine = sys.modules.get("time_machine")
    if time_machine is not None:
        with suppress(ValueError):  # nobody has moved the clock
            return float(time_machine.escape_hatch.time.time())
    return time.time()


def elapsed_since(moment: float) -> float:
    """Seconds that the kernel's clock has gone on since ``moment`` of the machine's: hours, after a jump."""
    ahead = next((_settings[at] for at in reversed(_settings) if at <= moment), 0.0)
    return time.time() - (moment + ahead)


class Clock:
    """The clock of one account; until it is set, it is the machine's."""

    def set(self, moment: datetime, *, ticking: bool) -> None:
        """Let it be ``moment``, an aware datetime; from then on the clock goes on, or stands still."""
        global _traveller
        with interrupts.held_back():
            _stop()
            traveller = _import_time_machine().travel(moment, tick=ticking)
            at = real_time()
            traveller.start()
            _traveller = traveller
            _settings[at // 1] = moment.timestamp() - at

    def give_back(self) -> None:
        """Let it be the machine's time again."""
        with interrupts.held_back():
            _stop()
            _settings.clear()


_resting: Callable[[], Clock | None] = lambda: None  # noqa: E731


def rest_between_cells(shell: Any, resting: Callable[[], Clock | None]) -> None:
    """Let nothing expire because somebody reads on, or eats: some things of Cognito's live for three minutes.

    Args:
        shell: IPython's; to hear of its cells twice is nothing new.
        resting: The clock that may stand while no cell runs; nothing where somebody else goes by it.
    """
    global _resting
    _resting = resting
    shell.events.register("pre_run_cell", _cell_begins)
    shell.events.register("post_run_cell", _cell_has_ended)


def _cell_begins(_: Any) -> None:
    if clock := _resting():
        clock.set(datetime.now(UTC), ticking=True)


def _cell_has_ended(_: Any) -> None:
    if clock := _resting():
        clock.set(datetime.now(UTC), ticking=False)


def take_out() -> Callable[[], None]:
    """Give back the machine's time. What is returned sets the clock to what it would show then."""
    settings, traveller, stood_at = dict(_settings), _traveller, time.time()
    ahead = stood_at - real_time()
    Clock().give_back()

    def put_back() -> None:
        Clock().give_back()
        if traveller is not None:
            now = real_time() + ahead if traveller.tick else stood_at
            Clock().set(datetime.fromtimestamp(now, UTC), ticking=traveller.tick)
        _settings.clear()
        _settings.update(settings)

    return put_back


def _stop() -> None:
    global _traveller
    if _traveller is not None:
        _traveller.stop()
        _traveller = None
