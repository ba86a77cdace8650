"""Sessions that a pool tracks: begun with tokens or on its pages, limited in number, used, and ended.

Source: SetUserPoolSessionConfiguration and SessionDescriptionType in the API reference.
"""

from __future__ import annotations

import string
import time
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.threat_protection import request_context
from cognito_lab.aws.user_pools.tokens.token_store import Authentication, Session

TOKEN, SSO = "tkn", "sso"  # the kinds of session, by the beginning of their ids
DEFAULT_MINUTES = 60


@dataclass
class Tracking:
    """What a pool is set to: whether it tracks sessions, how many of tokens a user has at ``most``, and for
    how many minutes an app client (by its id) reuses a browser's. The sessions, by the user's ``sub``."""

    on: bool = False
    most: int = 20
    minutes: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, WeakValueDictionary[str, Session]] = field(default_factory=dict)


def of(pool: UserPool) -> Tracking:
    return moto_patches.state_of(pool, Tracking)


def active(pool: UserPool, user: User) -> list[Session]:
    kept = list(of(pool).sessions.get(user.sub, WeakValueDictionary()).values())
    return [session for session in kept if session.is_active]


def begin_tokens(client: AppClient, login: Authentication, origin: Session | None) -> None:
    """A session of tokens, which came through the browser's session ``origin``, if it did."""
    if of(client.pool).on:
        make_room(client.pool, login.user)
        login.session = _begin(client, login.user, TOKEN, login.expires)
        login.session.login, login.session.origin = login, origin
        use(client, login)


def make_room(pool: UserPool, user: User) -> None:
    """The sessions that were not used for the longest time end, until a new one is within the limit."""
    own = sorted((one for one in active(pool, user) if one.login), key=lambda one: one.last_active)
    for session in own[: max(0, len(own) + 1 - of(pool).most)]:
        session.end()


def begin_sso(client: AppClient, user: User, shortest: int) -> Session | None:
    """A browser's session, which lasts as long as any app client reuses it: ``shortest`` seconds, or more."""
    tracking = of(client.pool)
    if not tracking.on:
        return None
    seconds = max([shortest, *(60 * minutes for minutes in tracking.minutes.values())])
    return _begin(client, user, SSO, int(time.time()) + seconds)


def _begin(client: AppClient, user: User, kind: str, ends: float) -> Session:
    name = kind + randomness.text(25, string.ascii_lowercase + string.digits)
    session = Session(name, client.id, ends, request_context.of_request(client))
    of(client.pool).sessions.setdefault(user.sub, WeakValueDictionary())[name] = session
    return session


def use(client: AppClient, login: Authentication) -> None:
    """Tokens were given out or renewed."""
    session = login.session
    while session is not None:
        session.last_active, session.context = time.time(), request_context.of_request(client)
        session = session.origin


def reuses(client: AppClient, session: Session | None, auth_time: float) -> bool:
    """Whether the app client signs in with a browser's session of this age without asking."""
    minutes = of(client.pool).minutes.get(client.id, DEFAULT_MINUTES)
    return session is None or time.time() < auth_time + 60 * minutes


def end_linked(session: Session, others: list[Session]) -> None:
    """End what hangs together with ``session``: the browser's session of tokens, or the tokens of a
    browser's, which are among the ``others``."""
    for other in others:
        if other is session.origin or other.origin is session:
            other.end()
