"""The accounts of this kernel that are over: what they held, and the scene with which each began.

A learner goes on with an id from an earlier section. AWS says no more of it than that it does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cognito_lab import reproducible
from cognito_lab.aws import moto_patches
from cognito_lab.aws.identity_pools import pools
from cognito_lab.aws.sts import role_sessions
from cognito_lab.aws.user_pools import model
from cognito_lab.network import account_lock

MOST = 20_000  # ids that are remembered


@dataclass(eq=False)
class Account:
    """One account, from its beginning to its end. ``scene`` is the name of its scene, if it has one."""

    scene: str = ""

    @property
    def is_over(self) -> str:
        """What is to be said of something from it, and what to do."""
        if self.scene:
            return f"the scene “{self.scene}”, which is over: {self.run_again}"
        return f"an account that is over: {self.run_again}"

    @property
    def run_again(self) -> str:
        """Where to begin once more."""
        beginning = f'lab.scene("{self.scene}")' if self.scene else "its beginning"
        return f"run the section again from {beginning}."


_current = Account()
_held: dict[str, tuple[str, Account]] = {}  # id, of what, of which account


def current() -> Account:
    """The account that runs now."""
    return _current


def begin() -> None:
    """From here on it is another account."""
    global _current
    _current = Account()


def remember() -> None:
    """Keep the ids of the account that ends now, if it is the learner's own."""
    if account_lock.LOCK.at_home.is_set():
        _held.update((name, (kind, _current)) for name, kind in _ids())
        for name in list(_held)[: max(0, len(_held) - MOST)]:
            del _held[name]


def told_by(text: str) -> str:
    """What to say where ``text`` names something of an account that is over; empty where it does not."""
    if reproducible.is_asked_for():  # there all accounts have the same ids
        return ""
    there = {name for name, _ in _ids()} if moto_patches.running() else set()
    for name, (kind, account) in reversed(_held.items()):
        if _names(text, name) and name not in there:
            return f"{name} was {kind} of {account.is_over}"
    return ""


def own_id_in(text: str) -> str:
    """An id of the account that runs now which ``text`` names; empty where it names none.

    A name that somebody has chosen, as of a bucket, may be in other accounts as well, and is not meant.
    """
    if reproducible.is_asked_for() or not moto_patches.running():
        return ""
    chosen = ("a bucket", "the domain")
    return next((name for name, kind in _ids() if kind not in chosen and _names(text, name)), "")


def _names(text: str, name: str) -> bool:
    """Whether ``name`` stands in ``text``, and not only as a part of a longer name."""
    return name in text and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def _ids() -> Iterator[tuple[str, str]]:
    """What can be named in the account, and of what kind it is."""
    registry, identity_pools = model.registry(), moto_patches.account_state(pools.IdentityPools)
    yield from ((name, "a user pool") for name in registry.pools)
    yield from ((name, "an app client") for name in registry.clients)
    yield from ((f"{prefix}.auth.{region}", "the domain") for region, prefix in registry.domains)
    for pool in [pool for region in identity_pools.by_region.values() for pool in region.values()]:
        yield from ((name, "an identity") for name in pool.identities)
        yield pool.id, "an identity pool"
    yield from ((name, "an access key") for name in moto_patches.account_state(role_sessions.Sessions).by_key)
    yield from ((name, "a bucket") for name in moto_patches.s3().buckets)
