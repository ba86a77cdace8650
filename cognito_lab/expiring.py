"""What ends by itself, kept until it has ended: an account of many years stays as small as one of days."""

from __future__ import annotations

import time
from typing import Any, TypeVar

FEW = 500  # entries that are never looked through
T = TypeVar("T")


class Expiring(dict[Any, T]):
    """Entries that end at a moment; now and then, when one is added, those that are over are forgotten.

    That happens when there are twice as many as the last time it left, so an entry costs the same however
    many there are. A subclass says with :meth:`end` when an entry ends, and with ``kept`` for how many
    seconds more somebody who asks for it is told that it has ended, and not that it never was.
    """

    kept = 0.0
    _look_through_at = FEW

    def end(self, entry: T) -> float:
        """When ``entry`` ends, in seconds since 1970."""
        return float(entry.expires)  # type: ignore[attr-defined]

    def __setitem__(self, key: Any, entry: T) -> None:
        if len(self) >= self._look_through_at:
            self.forget()
            self._look_through_at = max(FEW, 2 * len(self))
        super().__setitem__(key, entry)

    def forget(self) -> list[Any]:
        """Drop what is over; answers its keys."""
        now = time.time()
        over = [key for key, entry in self.items() if now >= self.end(entry) + self.kept]
        for key in over:
            del self[key]
        return over
