"""What an app asks the authorization endpoint for: the request, its checks, and the two ways back to the app.

Source: "Authorize endpoint" in the Developer Guide; RFC 6749, 4.1 and 4.2; RFC 7636; OpenID Connect Core 1.0,
3.1.2. AWS does not document its page for errors that it must not redirect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import forms
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import oauth

RESPONSE_TYPES = {"code": "code", "token": "implicit"}  # response_type → what AllowedOAuthFlows calls it
UNAVAILABLE = "Login option is not available. Please try another one"
UNSUPPORTED_PARAMETERS = ("acr_values", "resource")


class PageError(OAuthError):
    """A refusal that may not be sent to the address that was asked for: whoever wrote the link named it."""


class RedirectError(Exception):
    """A refusal that the app hears of, at an address of its own (RFC 6749, 4.1.2.1)."""

    def __init__(self, response: Response, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.response, self.code, self.message = response, code, message


@dataclass(frozen=True)
class AuthorizationRequest:
    """What an app asked for, every check passed. ``fields`` are the parameters as they were sent.

    ``scopes`` are those that the app gets: what it asked for, or all that it may have.
    """

    client: AppClient
    redirect_uri: str
    response_type: str = "code"
    scopes: tuple[str, ...] = ()
    state: str | None = None
    nonce: str | None = None
    challenge: str | None = None
    method: str | None = None
    identity_provider: str | None = None
    idp_identifier: str | None = None
    login_hint: str | None = None
    prompt: str | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def query(self) -> str:
        """The request for the address of another page, which goes on with it."""
        return urlencode(self.fields)


# -- what was asked for, and the checks of it ----------------------------------------------------------


def parse_authorization_request(request: Request) -> AuthorizationRequest:
    """The authorization request in the query of ``request``: a page of managed login has it there, too.

    Raises:
        PageError: Unknown app client, or a redirect address that is not one of its callback URLs.
        RedirectError: Any other refusal.
    """
    fields = forms.read_query(request)
    client = check_client(request, fields.get("client_id", ""))
    uri = fields.get("redirect_uri") or client.settings.get("DefaultRedirectURI", "")
    check_redirect_uri(client, uri)
    asked = AuthorizationRequest(
        client,
        uri,
        fields.get("response_type", ""),
        granted(client, fields.get("scope", "")),
        challenge=fields.get("code_challenge") or None,
        method=fields.get("code_challenge_method") or None,
        fields=fields,
        **{name: fields.get(name) for name in ("state", "nonce", "identity_provider", "idp_identifier")},
        **{name: fields.get(name) for name in ("login_hint", "prompt")},
    )
    for check in (check_flow, check_scopes, check_challenge, check_provider):
        check(asked)
    for name in UNSUPPORTED_PARAMETERS:
        if name in fields:
            raise OutsideTheLab(f"{name} in an authorization request is not played by this lab (AWS has it).")
    return asked


def client_at(request: Request, client_id: str) -> AppClient | None:
    """The app client of this id, if it is one of the pool whose domain this is."""
    client = model.registry().clients.get(client_id)
    return client if client and client.pool is domains.pool_of(request.host) else None


def check_client(request: Request, client_id: str) -> AppClient:
    """An app client of the pool whose domain this is."""
    client = client_at(request, client_id)
    if client is None:
        raise PageError("invalid_client", "Client does not exist.")
    return client


def check_redirect_uri(client: AppClient, uri: str) -> None:
    """A callback URL, letter for letter: anything else would hand the code to whoever wrote the link."""
    if not uri or uri not in client.callback_urls:
        raise PageError("redirect_mismatch", "The redirect address is no callback URL of the app client.")


def check_flow(asked: AuthorizationRequest) -> None:
    redirect_error_if(not asked.response_type, asked, "invalid_request", "response_type is required")
    redirect_error_if(
        asked.response_type not in RESPONSE_TYPES, asked, "invalid_request", "response_type is not supported"
    )
    off = not asked.client.has_oauth
    redirect_error_if(off, asked, "invalid_request", "Client is not enabled for OAuth2.0 flows")
    allowed = RESPONSE_TYPES[asked.response_type] in asked.client.oauth_flows
    redirect_error_if(not allowed, asked, "unauthorized_client")


def granted(client: AppClient, asked: str) -> tuple[str, ...]:
    """The scopes that a client gets: of those ``asked`` for the allowed, and all that it may have if none."""
    allowed = client.oauth_scopes
    return tuple(scope for scope in dict.fromkeys(asked.split() or allowed) if scope in allowed)


def check_scopes(asked: AuthorizationRequest) -> None:
    """One scope that the client may not have refuses the whole request: so measured, while AWS's page says
    that it is ignored."""
    beyond = set(asked.fields.get("scope", "").split()) - set(asked.scopes)
    redirect_error_if(beyond or not asked.scopes, asked, "invalid_request", "invalid_scope")


def check_challenge(asked: AuthorizationRequest) -> None:
    """PKCE's first half: a challenge and its method come together, and the method is S256.

    Who could say "plain" would show the verifier to everybody who sees the address.
    """
    both = (asked.challenge is None) == (asked.method is None)
    redirect_error_if(
        not both, asked, "invalid_request", "code_challenge and code_challenge_method are required together"
    )
    known = asked.method in (None, "S256")
    redirect_error_if(not known, asked, "invalid_request", "code_challenge_method must be S256")


def check_provider(asked: AuthorizationRequest) -> None:
    """One that the client supports; AWS's page says so, and the app is not told."""
    provider = asked.identity_provider
    if provider and provider not in asked.client.providers:
        raise OAuthError("invalid_request", UNAVAILABLE)


def redirect_error_if(reason: object, asked: AuthorizationRequest, error: str, description: str = "") -> None:
    """Raise :class:`RedirectError` when there is a ``reason`` to."""
    if reason:
        raise refusal(asked, error, description)


def refusal(asked: AuthorizationRequest, error: str, description: str) -> RedirectError:
    """That nobody signs in, for the app to hear: ``raise`` it ``from`` the check that says so."""
    return RedirectError(redirect_with_error(asked, error, description), error, description)


# -- the two ways back to the app ------------------------------------------------------------------


def redirect_with_error(asked: AuthorizationRequest, error: str, description: str = "") -> Response:
    """Back to the app without a sign-in: ``error`` is OAuth's code, ``description`` AWS's text."""
    said = {"error_description": description} if description else {}
    return return_to_app(asked, {"error": error, **said})


def return_to_app(asked: AuthorizationRequest, fields: Mapping[str, Any]) -> Response:
    """Back to the app, with ``fields`` and its own state, where its response type has them."""
    state = {} if asked.state is None else {"state": asked.state}
    return oauth.back_to(asked.redirect_uri, {**fields, **state}, fragment=asked.response_type == "token")
