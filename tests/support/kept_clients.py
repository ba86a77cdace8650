"""boto3 clients that nobody holds any more are handed out again: to make one costs more than most calls do.

A client is given again only to whoever asks for one like it (the same session, keys, Region and settings),
only when the last who had it has let go of it, and never once its events have a handler more or less, or it
knows of a bucket that is in another Region.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import ref

from botocore.client import ClientCreator
from botocore.credentials import Credentials
from botocore.utils import S3RegionRedirectorv2

KINDS, OF_A_KIND = 80, 8  # so many are kept


class _Kept:
    """A client, and how many references there are to it while nobody but this holds it."""

    def __init__(self, client: Any) -> None:
        self.client, self.alone, self._state = client, 0, _State(client.meta.events)

    def references(self) -> int:
        return sys.getrefcount(self.client)

    @property
    def is_as_made(self) -> bool:
        return self._state.is_as_made

    def is_free(self) -> bool:
        return self.is_as_made and self.references() == self.alone


class _State:
    """Whether a client is as it was made. It does not know the client, which ends when nobody holds it."""

    def __init__(self, events: Any) -> None:
        self.is_as_made, events.state_of_the_client = True, self
        for name in ("register", "register_first", "register_last", "unregister"):
            setattr(events, name, self._noting(getattr(type(events), name), ref(events)))

    def _noting(self, change: Callable[..., Any], events: Callable[[], Any]) -> Callable[..., Any]:
        @wraps(change)
        def changing(*given: Any, **named: Any) -> Any:
            self.is_as_made = False
            return change(events(), *given, **named)

        return changing


def keep_clients() -> None:
    """From now on, in this process."""
    kept: OrderedDict[Any, list[_Kept]] = OrderedDict()
    lock, make = threading.Lock(), ClientCreator.create_client

    @wraps(make)
    def create_client(self: ClientCreator, service_name: str, region_name: str | None, **more: Any) -> Any:
        kind = _kind(self, service_name, region_name, **more)
        if kind is None:
            return make(self, service_name, region_name, **more)
        with lock:
            alike = kept.setdefault(kind, [])
            kept.move_to_end(kind)
            for each in alike:
                if each.is_free():
                    return each.client
        new = _Kept(make(self, service_name, region_name, **more))
        new.alone = new.references()  # nobody else has it yet
        with lock:
            alike[:] = [*(each for each in alike if each.is_as_made), new][-OF_A_KIND:]
            while len(kept) > KINDS:
                kept.popitem(last=False)
        return new.client

    ClientCreator.create_client = create_client
    redirect = S3RegionRedirectorv2.redirect_from_error

    @wraps(redirect)
    def redirect_from_error(self: Any, *given: Any, **named: Any) -> Any:
        again = redirect(self, *given, **named)
        if again is not None and (known := getattr(self._client.meta.events, "state_of_the_client", None)):
            known.is_as_made = False
        return again

    S3RegionRedirectorv2.redirect_from_error = redirect_from_error


def _kind(creator: Any, *asked: Any, credentials: Any = None, client_config: Any = None, **more: Any) -> Any:
    """What clients that are alike have in common; ``None`` for one that is not kept."""
    if credentials is not None and type(credentials) is not Credentials:
        return None
    keys = credentials and (credentials.access_key, credentials.secret_key, credentials.token)
    settings = client_config and sorted(client_config._user_provided_options.items())
    around = sorted(item for item in os.environ.items() if "AWS" in item[0] or "PROXY" in item[0].upper())
    return creator._event_emitter, keys, repr((asked, settings, sorted(more.items()), around))
