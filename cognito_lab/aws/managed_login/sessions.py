"""Cookies of managed login: the session that signs a browser in again, and the token that guards the forms.

Source: "User pool managed login" (the cookies ``cognito`` and ``XSRF-TOKEN``); RFC 6265.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.http import dump_cookie

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.network import forms
from cognito_lab.network.messages import Request
from cognito_lab.protocols import constant_time

SECONDS = 3600  # from the sign-in on; using the session does not put its end off
SESSION, XSRF = "cognito", "XSRF-TOKEN"


def set_cookie(name: str, value: str, seconds: int | None = None, same_site: str = "Lax") -> str:
    """The ``Set-Cookie`` value of a cookie for this domain; without ``seconds`` it ends with the browser."""
    return dump_cookie(
        name, value, seconds, secure=True, httponly=True, samesite=same_site, sync_expires=False
    )


@dataclass(frozen=True)
class Session:
    """Who has signed in with this browser, at which ``provider``, how (``amr``), and when (since 1970)."""

    user: User
    provider: str
    amr: tuple[str, ...]
    auth_time: int


class Sessions(dict[str, Session]):
    """The sessions at one domain, by the value of the cookie."""


def begin(request: Request, session: Session) -> str:
    """A new session at the domain of ``request``: the ``Set-Cookie`` value that a browser keeps it by.

    It takes the place of the browser's last one, whose cookie somebody may have kept.
    """
    end(request)
    key = randomness.text(64)
    _at(request)[key] = session
    return set_cookie(SESSION, key, SECONDS)


def current(request: Request) -> Session | None:
    """The browser's session at this domain, while it lasts and its user may sign in."""
    session = _at(request).get(forms.cookies(request).get(SESSION, ""))
    if session is None or has_ended(session) or is_gone(request, session):
        return None
    return session


def has_ended(session: Session) -> bool:
    return time.time() >= session.auth_time + SECONDS


def is_gone(request: Request, session: Session) -> bool:
    """Whether the user has been disabled or deleted since."""
    pool = domains.pool_of(request.host)
    return not session.user.enabled or pool is None or not pool.people.has(session.user)


def end(request: Request) -> str:
    """Forget the browser's session: the ``Set-Cookie`` value that takes its cookie away."""
    _at(request).pop(forms.cookies(request).get(SESSION, ""), None)
    return set_cookie(SESSION, "", 0)


def _at(request: Request) -> Sessions:
    return moto_patches.state_of(domains.at(request.host), Sessions)


# -- forms that another site cannot post -----------------------------------------------------------


def csrf_field(request: Request) -> tuple[str, str]:
    """What a page with forms carries twice: the value of their hidden field ``_csrf``, and a ``Set-Cookie``.

    Another site can have a form posted here, and can read neither. For a browser without the cookie each call
    draws a new value: call it once for a page.
    """
    known = forms.cookies(request).get(XSRF, "")
    token = known if re.fullmatch("[A-Za-z0-9]{32}", known) else randomness.text(32)
    return token, set_cookie(XSRF, token)


def check_csrf(request: Request, fields: dict[str, str]) -> None:
    """The form was filled in on a page that this browser was shown.

    Raises
    ------
    OAuthError
        ``invalid_request``, 403.
    """
    token = forms.cookies(request).get(XSRF, "")
    same = constant_time.equal(token, fields.get("_csrf", ""))
    wrong = not token or not same or is_of_another_origin(request)
    forms.refuse_if(wrong, "invalid_request", "This form is out of date. Open the page again.", 403)


def is_of_another_origin(request: Request) -> bool:
    """Where the browser says which page posts: not one of this host. On the wire a page of a neighbouring
    ``*.localhost`` could give the browser a cookie for both, and so know the token."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", request.host)
