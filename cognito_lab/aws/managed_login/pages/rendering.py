"""The pages of managed login as HTML: what each of the ``templates`` is filled in with, whatever it shows.

No page needs a script, and none would run, but for the lab's own on the pages of passkeys.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from cognito_lab import templates
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.settings import branding
from cognito_lab.aws.user_pools.settings.branding import Style
from cognito_lab.network.messages import Headers, Response

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    # The address says who signs in where: it is for no other site. (With "no-referrer", browsers would
    # hide the origin of a form from its own server too.)
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    # No script, nothing from elsewhere, and no other site may frame the page and have its buttons pressed
    # unseen. form-action is left open: browsers hold it against the redirect to the app as well.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'none'",
}
WITH_SCRIPT = ("passkey.html", "add_passkey.html")
SCRIPT = (Path(__file__).parent / "templates" / "passkey.js").read_bytes()
ALLOWED = f"; script-src 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()}'"
render = templates.beside(__file__)


def page(
    template: str,
    pool: UserPool | None,
    client: AppClient | None,
    *,
    status: int = 200,
    error: str = "",
    notice: str = "",
    **values: object,
) -> Response:
    """A page that looks as ``pool`` has set it for ``client``.

    Args:
        template: Name of the file in ``templates``; ``values`` are what it needs beside the ones below.
        status: HTTP status code; from 400 on, the window's title says "Error".
        error, notice: What was refused, and what went well; empty where there is nothing to tell.
    """
    style = (branding.style_of(pool, client) if pool and client else None) or Style()
    filled = render(
        template,
        app=client.name if client else "Sign-in",
        style=style,
        css=Markup(
            style.css
        ),  # which branding has checked: nothing in it ends the element, or loads anything
        failed=status >= 400,
        error=error,
        notice=notice,
        **values,
    )
    headers = Headers(HEADERS)
    if template in WITH_SCRIPT:
        headers["content-security-policy"] += ALLOWED
    return Response(status, headers, filled.encode())


def error_page(
    message: str, status: int = 400, pool: UserPool | None = None, client: AppClient | None = None
) -> Response:
    """A page for what can be told to nobody but the person in front of the browser."""
    return page("error.html", pool, client, status=status, error=message)
