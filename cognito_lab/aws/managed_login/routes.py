"""Which path of a user pool's domain is answered by whom, and how a refusal is told.

Source: "Managed login and OAuth 2.0 endpoints" in the Developer Guide. What AWS says at a path that does not
exist it does not document.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from cognito_lab.aws.managed_login.federation import oidc, saml
from cognito_lab.aws.managed_login.oauth import authorize, logout, requests, token_endpoint, userinfo
from cognito_lab.aws.managed_login.oauth.requests import PageError, RedirectError
from cognito_lab.aws.managed_login.pages import rendering, sign_in_pages
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges, forms
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Request, Response

Handler = Callable[[Request], Response]

CALLED_BY_APPS: dict[tuple[str, str], Handler] = {  # also by scripts of any page, and with JSON in return
    ("POST", "/oauth2/token"): token_endpoint.token,
    ("GET", "/oauth2/userInfo"): userinfo.user_info,
    ("POST", "/oauth2/userInfo"): userinfo.user_info,
    ("POST", "/oauth2/revoke"): token_endpoint.revoke,
}
OPENED_BY_BROWSERS: dict[tuple[str, str], Handler] = {
    ("GET", "/oauth2/authorize"): authorize.authorize,
    ("GET", "/oauth2/idpresponse"): oidc.oidc_response,
    ("POST", "/oauth2/idpresponse"): oidc.oidc_response,
    ("GET", "/logout"): logout.logout,
    ("GET", "/error"): lambda request: error_page(request),
    ("POST", "/saml2/idpresponse"): saml.idp_response,
    ("GET", "/saml2/logout"): saml.log_out,
    ("POST", "/saml2/logout"): saml.log_out,
    **sign_in_pages.ROUTES,
}
REASONS = {  # of /error, by its parameter: whatever else the address says is not shown
    "invalid_client": "Client does not exist.",
    "redirect_mismatch": "The address to go to is not registered for this app.",
}


def handle(request: Request) -> Response:
    """One request to a domain of the form ``PREFIX.auth.REGION.amazoncognito.com``."""
    if domains.at(request.host) is None:
        return rendering.error_page(f"There is no user pool at {request.host}.", 404)
    path = request.path.rstrip("/") or "/"
    if path in {path for _, path in CALLED_BY_APPS}:
        return across_origins(request, call(request, path))
    method = "GET" if request.method == "HEAD" else request.method
    handler = OPENED_BY_BROWSERS.get((method, path))
    if handler is None:
        return rendering.error_page("There is no such page.", 404)
    try:
        return handler(request)
    except RedirectError as refusal:
        return exchanges.record_refusal(refusal).response
    except PageError as error:
        exchanges.record_refusal(error)
        query = {"error": error.code, "client_id": forms.read_query(request).get("client_id", "")}
        return forms.redirect(f"/error?{urlencode(query)}")
    except OAuthError as error:
        exchanges.record_refusal(error)
        return rendering.error_page(error.message or error.code, error.status)
    except AwsError as error:  # of a function that runs in a sign-in
        return rendering.error_page(exchanges.record_refusal(error).message)


def call(request: Request, path: str) -> Response:
    if request.method == "OPTIONS":
        return Response(200)
    handler = CALLED_BY_APPS.get((request.method, path))
    if handler is None:
        return forms.json_error(OAuthError("invalid_request", status=405))
    try:
        return handler(request)
    except OAuthError as error:
        return forms.json_error(exchanges.record_refusal(error))
    except AwsError as error:  # of a function before tokens
        return forms.json_error(OAuthError("invalid_request", exchanges.record_refusal(error).message))


def across_origins(request: Request, response: Response) -> Response:
    """A page of any origin may call these: they go by what is in the request, and not by cookies."""
    if "origin" in request.headers:
        response.headers["access-control-allow-origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["access-control-allow-methods"] = "GET, POST"
        response.headers["access-control-allow-headers"] = "Authorization, Content-Type"
    return response


def error_page(request: Request) -> Response:
    """GET /error: for refusals that were not sent to the address that was asked for."""
    fields = forms.read_query(request)
    client = requests.client_at(request, fields.get("client_id", ""))
    text = REASONS.get(fields.get("error", ""), "The request is not valid.")
    return rendering.error_page(text, pool=domains.pool_of(request.host), client=client)
