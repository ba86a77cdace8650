"""What the OAuth endpoints of user pools and of outside providers share: forms, cookies, refusals."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from cognito_lab.network.messages import Headers, Request, Response

LONGEST_ADDRESS = 7_900  # octets; CloudFront, which stands before managed login, takes 8,192


class OAuthError(Exception):
    """A refusal of an OAuth endpoint: ``code`` is OAuth's error code, ``status`` the HTTP status code.

    An empty ``message`` is not sent: where AWS says no more than the code, neither does the lab.
    """

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def refuse_if(reason: object, code: str, message: str = "", status: int = 400) -> None:
    """Raise :class:`OAuthError` when there is a ``reason`` to."""
    if reason:
        raise OAuthError(code, message, status)


def read_query(request: Request) -> dict[str, str]:
    """The parameters in the address; none may come twice (RFC 6749, 3.1).

    Raises:
        OAuthError: ``invalid_request``.
    """
    return _once(request.query)


def read_form(request: Request) -> dict[str, str]:
    """The parameters of a GET's query or a POST's form; as :func:`read_query` (RFC 6749, 3.2)."""
    return _once(request.query if request.method == "GET" else request.body.decode("utf-8", "replace"))


def _once(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    refuse_if(len(pairs) != len(dict(pairs)), "invalid_request", "A parameter came twice.")
    return dict(pairs)


def cookies(request: Request) -> dict[str, str]:
    """The cookies that a browser sent along, by name (RFC 6265, 4.2).

    Not by werkzeug's ``parse_cookie``: it fails at octets that are not UTF-8, and drops values with a quote.
    """
    pairs = (pair.partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name.strip(): value.strip().strip('"') for name, joint, value in pairs if joint}


def redirect(address: str) -> Response:
    """The browser goes on to ``address``, and asks anew the next time.

    Not to one that its own server would refuse, made of all that a request has brought: 400.
    """
    if len(address) > LONGEST_ADDRESS:
        plain = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
        return Response(400, Headers(plain), b"The address to go on to is too long.\n")
    return Response(302, Headers({"location": address, "cache-control": "no-store"}))


def as_json(content: dict[str, Any], status: int = 200) -> Response:
    headers = Headers({"content-type": "application/json; charset=utf-8", "cache-control": "no-store"})
    return Response(status, headers, json.dumps(content, indent=2).encode())


def json_error(error: OAuthError) -> Response:
    """RFC 6749, 5.2."""
    said = {"error_description": error.message} if error.message else {}
    answer = as_json({"error": error.code, **said}, error.status)
    if error.code == "invalid_token" and error.status == 401:  # RFC 6750, 3
        answer.headers["www-authenticate"] = 'Bearer error="invalid_token"'
    return answer
