"""Signing out of the pages: the browser's session ends; tokens that apps have live on.

Source: "Logout endpoint" in the Developer Guide.
"""

from __future__ import annotations

from urllib.parse import urlencode

from cognito_lab.aws import web
from cognito_lab.aws.managed_login import authorize, sessions
from cognito_lab.aws.managed_login.authorize import PageError
from cognito_lab.aws.network import Headers, Request, Response
from cognito_lab.aws.user_pools.app_clients import AppClient


def logout(request: Request) -> Response:
    """GET /logout: on to a sign-out address of the client, or back to the sign-in page."""
    fields = web.read_query(request)
    client = authorize.check_client(request, fields.get("client_id", ""))
    if "logout_uri" in fields:
        where = fields["logout_uri"]
        check_logout_uri(client, where)
    else:
        authorize.read(request)  # an authorization request: the person can sign in again, as somebody else
        where = f"/login?{urlencode(fields)}"
    response = Response(302, Headers({"location": where, "cache-control": "no-store"}))
    response.headers.add("set-cookie", sessions.end(request))
    return response


def check_logout_uri(client: AppClient, uri: str) -> None:
    """One of the client's sign-out URLs, letter for letter: a link that goes anywhere is phishers' bait."""
    if uri not in client.logout_urls:
        raise PageError("redirect_mismatch", "The sign-out address is no sign-out URL of the app client.")
