"""What an outside provider shows, and the browser that Python plays in front of it."""

from __future__ import annotations

import html
import re
import string
from pathlib import Path
from urllib.parse import urlencode, urljoin

from cognito_lab.aws import network
from cognito_lab.aws.network import Headers, Response
from cognito_lab.aws.web import OAuthError

PAGE = string.Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    # No script runs in the page, and no other site may frame it and have its buttons pressed unseen.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def page(provider: str, title: str, text: str, form: str = "", status: int = 200) -> Response:
    """A page; ``title`` and ``text`` are escaped here, ``form`` is HTML made by :func:`form`."""
    content = f"<p>{html.escape(text)}</p>{form}"
    filled = PAGE.substitute(provider=provider, title=html.escape(title), content=content)
    return Response(status, Headers(PAGE_HEADERS), filled.encode())


def page_error(provider: str, error: OAuthError) -> Response:
    return page(provider, f"Error {error.status}: {error.code}", error.message, status=error.status)


def form(action: str, hidden: dict[str, str], button: str, choices: dict[str, str]) -> str:
    """A form with one button, called ``button``, for each of ``choices`` (value → label)."""
    fields = [f'<input type="hidden" name="{_e(k)}" value="{_e(v)}">' for k, v in hidden.items()]
    fields += [f'<button name="{button}" value="{_e(k)}">{_e(v)}</button>' for k, v in choices.items()]
    return f'<form method="post" action="{_e(action)}">{"".join(fields)}</form>'


def _e(text: str) -> str:
    return html.escape(text, quote=True)


# -- the browser ---------------------------------------------------------------------------------


def browse(method: str, address: str, body: bytes = b"") -> Response:
    """One request of the browser's; :class:`OAuthError` when an error page comes back."""
    headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    answer = network.fetch("browser", method, address, headers, body)
    error = re.search(r"<h1>Error (\d+): (\w+)</h1>\s*<p>(.*)</p>", answer.body.decode())
    if error:
        raise OAuthError(error[2], html.unescape(error[3]), int(error[1]))
    return answer


def submit(base: str, shown: Response, **pressed: str) -> Response:
    """Press a button of the form on the page that ``base`` has ``shown``."""
    action = re.findall(r'<form method="post" action="([^"]*)">', shown.body.decode())[0]
    body = urlencode(hidden_fields(shown) | pressed).encode()
    return browse("POST", urljoin(base, html.unescape(action)), body)


def hidden_fields(shown: Response) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', shown.body.decode())
    return {html.unescape(name): html.unescape(value) for name, value in found}
