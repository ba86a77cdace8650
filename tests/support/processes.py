"""Processes that tests begin."""

from __future__ import annotations

import signal


def hear_ctrl_c() -> None:
    """Of a process that is begun: tests that run in the background may have been told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
