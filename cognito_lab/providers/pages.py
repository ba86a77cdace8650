"""What an outside provider shows, and somebody in front of it: pages opened and buttons pressed by Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urljoin

from cognito_lab import templates
from cognito_lab.network import hosts
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.html_forms import Page
from cognito_lab.network.messages import Headers, Response

PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    # No script runs in the page, and no other site may frame it and have its buttons pressed unseen.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
render = templates.beside(__file__)


def page(provider: str, template: str, values: Mapping[str, object], status: int = 200) -> Response:
    """A page of ``provider``: one of the ``templates``, and what it is filled in with."""
    filled = render(template, provider=provider, **values)
    return Response(status, Headers(PAGE_HEADERS), filled.encode())


def error_page(provider: str, error: OAuthError) -> Response:
    told = {"status": error.status, "code": error.code, "message": error.message}
    return page(provider, "error.html", told, error.status)


# -- the browser ---------------------------------------------------------------------------------


def browse(method: str, address: str, body: bytes = b"") -> Response:
    """One request of the browser's; :class:`OAuthError` when an error page comes back."""
    headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    answer = hosts.fetch("browser", method, address, headers, body)
    if answer.status >= 400:
        lines = iter(parse_page(answer).lines)
        heading = next(found for line in lines if (found := re.fullmatch(r"Error (\d+): (\w+)", line)))
        raise OAuthError(heading[2], next(lines, ""), int(heading[1]))
    return answer


def submit(base: str, shown: Response, **pressed: str) -> Response:
    """Press a button of the form on the page that ``base`` has ``shown``."""
    form = parse_page(shown).forms[0]
    return browse("POST", urljoin(base, form.action), urlencode(form.hidden | pressed).encode())


def parse_page(shown: Response) -> Page:
    return Page(shown.body.decode())
