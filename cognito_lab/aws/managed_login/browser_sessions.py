"""The session of managed login, by which a browser is signed in again without its user being asked.

Source: "User pool managed login" (the cookies ``cognito`` and ``XSRF-TOKEN``); RFC 6265.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from werkzeug.http import dump_cookie

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.tokens import token_store
from cognito_lab.expiring import Expiring
from cognito_lab.network import forms
from cognito_lab.network.messages import Request

SESSION_SECONDS = 3600  # from the sign-in on; using the session does not put its end off
SESSION, XSRF = "cognito", "XSRF-TOKEN"


def set_cookie(name: str, value: str, seconds: int | None = None, same_site: str = "Lax") -> str:
    """The ``Set-Cookie`` value of a cookie for this domain; without ``seconds`` it ends with the browser."""
    return dump_cookie(
        name, value, seconds, secure=True, httponly=True, samesite=same_site, sync_expires=False
    )


@dataclass(frozen=True)
class Session:
    """Who has signed in with this browser, at which ``provider``, how (``amr``), when (since 1970), and by
    which auth event, where one was written down. ``sso`` is there in a pool that tracks sessions."""

    user: User
    provider: str
    amr: tuple[str, ...]
    auth_time: int
    event_id: str = ""
    sso: token_store.Session | None = None

    @property
    def ends(self) -> float:
        return self.auth_time + SESSION_SECONDS if self.sso is None else self.sso.ends


class Sessions(Expiring[Session]):
    """The sessions at one domain, by the value of the cookie."""

    def end(self, entry: Session) -> float:
        return entry.ends


def new_session(request: Request, session: Session) -> str:
    """A new session at the domain of ``request``: the ``Set-Cookie`` value that a browser keeps it by.

    It takes the place of the browser's last one, whose cookie somebody may have kept.
    """
    end(request)
    key = randomness.text(64)
    _at(request)[key] = session
    return set_cookie(SESSION, key, round(session.ends - session.auth_time))


def current_session(request: Request) -> Session | None:
    """The browser's session at this domain, while it lasts and its user may sign in."""
    session = _at(request).get(forms.cookies(request).get(SESSION, ""))
    if session is None or has_ended(session) or is_gone(request, session):
        return None
    return session


def has_ended(session: Session) -> bool:
    return time.time() >= session.ends


def is_gone(request: Request, session: Session) -> bool:
    """Whether the user has been disabled or deleted since, or the session was revoked."""
    pool = domains.pool_of(request.host)
    revoked = session.sso is not None and session.sso.ended
    return revoked or not session.user.enabled or pool is None or not pool.people.has(session.user)


def end(request: Request) -> str:
    """Forget the browser's session: the ``Set-Cookie`` value that takes its cookie away."""
    session = _at(request).pop(forms.cookies(request).get(SESSION, ""), None)
    if session is not None and session.sso is not None:
        session.sso.end()
    return set_cookie(SESSION, "", 0)


def _at(request: Request) -> Sessions:
    return moto_patches.state_of(domains.at(request.host), Sessions)
