"""What the server needs of the account that it serves; :class:`cognito_lab.lab.Lab` is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from cognito_lab.network.account_lock import AccountLock

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.outbox import Message


class Account(Protocol):
    """An account: its Region, its twelve-digit number, its clock, its mail, and its lock.

    Attributes:
        lock: Held by whoever asks the account for something, or ends it: one after the other.
    """

    region: str
    account: str
    lock: AccountLock

    @property
    def now(self) -> datetime:
        """The account's time, UTC."""

    def inbox(self, address: str) -> Sequence[Message]:
        """The messages to an e-mail address or phone number, the newest last."""

    def travel(self, **duration: float) -> datetime:
        """Move the clock forward, by what :class:`datetime.timedelta` takes."""

    def reset(self) -> object:
        """Empty the account."""
