"""The lock of the account: calls and what begins, empties or ends an account happen one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager

from cognito_lab import interrupts

PATIENCE = 3.0  # seconds that one and the same holder is waited for


class AccountLock(ContextDecorator):
    """``with lock:``, or ``@lock`` before a function: in it nobody else asks the account for anything.

    Who has it may take it again. A keyboard interrupt waits for the block's end, so what is done in it is
    done whole. Who has waited for one holder all of :data:`PATIENCE` goes on beside it: that holder itself
    waits for something, and it may be for the one who waits here. Who knows that it waits for somebody who
    asks the account, as for a Lambda function, lets go of it meanwhile: :meth:`released`.

    Attributes:
        at_home: Set while the account is the learner's own; not set while that is set aside.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._times = 0  # how often it was taken
        self._waiting_holder = 0  # the time of a holder that was waited for in vain
        self._mine = threading.local()
        self.at_home = threading.Event()
        self.at_home.set()

    @contextmanager
    def of_the_learner(self) -> Iterator[None]:
        """As ``with lock``, for requests from outside. They wait until the account is the learner's own."""
        while True:
            self.at_home.wait()
            with self:
                if self.at_home.is_set():
                    yield
                    return

    @contextmanager
    def released(self) -> Iterator[None]:
        """In this block others may ask the account, and change it. At its end the lock is taken again."""
        blocks: list[tuple[bool, interrupts.held_back]] = vars(self._mine).setdefault("blocks", [])
        for taken, _ in blocks:
            if taken:
                self._lock.release()
        try:
            yield
        finally:
            blocks[:] = [(taken and self._take(), hold) for taken, hold in blocks]

    def __enter__(self) -> None:
        hold = interrupts.held_back()
        hold.__enter__()
        vars(self._mine).setdefault("blocks", []).append((self._take(), hold))

    def __exit__(self, *_: object) -> None:
        taken, hold = self._mine.blocks.pop()
        if taken:
            self._lock.release()
        hold.__exit__()

    def _take(self) -> bool:
        """Whether the lock was taken; not, where its holder does not go on."""
        while True:
            holder = self._times
            if self._lock.acquire(timeout=0 if holder == self._waiting_holder else PATIENCE):
                self._times += 1
                return True
            if holder == self._times:
                self._waiting_holder = holder
                return False


LOCK = AccountLock()
