"""Signing out of the pages: the browser's session ends; tokens that apps have live on.

Source: "Logout endpoint" in the Developer Guide.
"""

from __future__ import annotations

from urllib.parse import urlencode

from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.oauth import requests
from cognito_lab.aws.managed_login.oauth.requests import PageError
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.network import forms
from cognito_lab.network.messages import Request, Response


def logout(request: Request) -> Response:
    """GET /logout: on to a sign-out address of the client, or back to the sign-in page."""
    fields = forms.read_query(request)
    client = requests.check_client(request, fields.get("client_id", ""))
    if "logout_uri" in fields:
        where = fields["logout_uri"]
        check_logout_uri(client, where)
    else:
        requests.parse_authorization_request(
            request
        )  # an authorization request: the person can sign in again, as somebody else
        where = f"/login?{urlencode(fields)}"
    response = forms.redirect(where)
    response.headers.add("set-cookie", browser_sessions.end(request))
    return response


def check_logout_uri(client: AppClient, uri: str) -> None:
    """One of the client's sign-out URLs, letter for letter: a link that goes anywhere is phishers' bait."""
    if uri not in client.logout_urls:
        raise PageError("redirect_mismatch", "The sign-out address is no sign-out URL of the app client.")
