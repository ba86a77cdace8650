"""Cross-site request forgery: a form of the pages is taken only from the page that showed it."""

from __future__ import annotations

import re

from cognito_lab import randomness
from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.network import addresses, forms
from cognito_lab.network.messages import Request
from cognito_lab.protocols import constant_time


def csrf_field(request: Request) -> tuple[str, str]:
    """What a page with forms carries twice: the value of their hidden field ``_csrf``, and a ``Set-Cookie``.

    Another site can have a form posted here, and can read neither. For a browser without the cookie each call
    draws a new value: call it once for a page.
    """
    known = forms.cookies(request).get(browser_sessions.XSRF, "")
    token = known if re.fullmatch("[A-Za-z0-9]{32}", known) else randomness.text(32)
    return token, browser_sessions.set_cookie(browser_sessions.XSRF, token)


def check_csrf(request: Request, fields: dict[str, str]) -> None:
    """The form was filled in on a page that this browser was shown.

    Raises:
        OAuthError: ``invalid_request``, 403.
    """
    token = forms.cookies(request).get(browser_sessions.XSRF, "")
    same = constant_time.equal(token, fields.get("_csrf", ""))
    wrong = not token or not same or is_of_another_origin(request)
    forms.refuse_if(wrong, "invalid_request", "This form is out of date. Open the page again.", 403)


def is_of_another_origin(request: Request) -> bool:
    """Where the browser says which page posts: not one of this host. On the wire a page of a neighbouring
    ``*.localhost`` could give the browser a cookie for both, and so know the token."""
    origin = request.headers.get("origin")
    return origin is not None and addresses.parts_of(origin).netloc != request.headers.get(
        "host", request.host
    )
