"""Set the learner's account aside: an empty account takes its place, and afterwards everything is as it was.

Most of an account hangs on moto's storage. The process holds the rest: the clock, the sources of chance, and
what :data:`KEPT` lists. ``tests/support/digests.py`` compares all of it, before and after.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

import boto3

from cognito_lab import clock, randomness
from cognito_lab.aws import former_accounts, jwt_issuers, moto_patches
from cognito_lab.network import account_lock, exchanges
from cognito_lab.protocols import signing_keys

KEPT: tuple[tuple[Any, str], ...] = (  # variables of modules: module and name
    (randomness, "_source"),
    (signing_keys, "_pool"),
    (jwt_issuers, "local_endpoint"),
    (former_accounts, "_current"),
    (boto3, "DEFAULT_SESSION"),
)


class SetAside(AbstractContextManager[Any]):
    """In the block, ``lab`` is an empty account. At its end the learner's account is put back.

    Requests from outside wait until then. Use it within :class:`cognito_lab.interrupts.whole`.
    """

    def __init__(self, lab: Any) -> None:
        self._lab, self._kernel = lab, type(lab)

    def __enter__(self) -> Any:
        lab, lock = self._lab, account_lock.LOCK
        with lock:
            self._at_home = lock.at_home.is_set()
            lock.at_home.clear()
            self._running = self._kernel._running
            self._labs = [(one, dict(vars(one))) for one in {lab, self._running or lab}]
            self._kept = [(where, name, getattr(where, name)) for where, name in KEPT]
            self._environment, self._observers = dict(os.environ), list(exchanges.OBSERVERS)
            self._put_time_back, self._account = clock.take_out(), moto_patches.take_out()
            for (
                one,
                state,
            ) in self._labs:  # nothing that the account does now reaches server, stories, Google, …
                vars(one).clear()
                one.__init__(state["region"])
                one._ended = "Another account takes its place for a while."
            exchanges.OBSERVERS.clear()
            jwt_issuers.local_endpoint = ""
            lab._begin()
        return lab

    def __exit__(self, *_: object) -> None:
        with account_lock.LOCK:
            if other := self._kernel._running:  # maybe one that was begun in the block
                other._ended = "It began while another account was set aside, and ended with that block."
            moto_patches.put_back(self._account)
            self._put_time_back()
            for where, name, value in self._kept:
                setattr(where, name, value)
            for one, state in self._labs:
                vars(one).clear()
                vars(one).update(state)
                if one._server is not None and not one._server.running:
                    jwt_issuers.local_endpoint = ""  # somebody has stopped it meanwhile
            self._kernel._running = self._running
            exchanges.OBSERVERS[:] = self._observers
            for name in os.environ.keys() - self._environment:
                del os.environ[name]
            os.environ.update(self._environment)
            if self._at_home:
                account_lock.LOCK.at_home.set()
