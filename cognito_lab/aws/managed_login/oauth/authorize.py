"""The authorization endpoint: straight back to the app, on to another provider, or to the sign-in page.

Source: "Authorize endpoint" and "Login endpoint" in the Developer Guide; OpenID Connect Core 1.0, 3.1.2.1.
"""

from __future__ import annotations

import time

from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.browser_sessions import Session
from cognito_lab.aws.managed_login.federation import oidc, pending, saml
from cognito_lab.aws.managed_login.oauth import authorization_codes, requests
from cognito_lab.aws.managed_login.oauth.requests import AuthorizationRequest, redirect_error_if
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.tokens import session_tracking
from cognito_lab.network import forms
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Request, Response


def authorize(request: Request) -> Response:
    """GET /oauth2/authorize: straight back to the app, on to another provider, or to the sign-in page."""
    asked = requests.parse_authorization_request(request)
    session = browser_sessions.current_session(request)
    if session is not None and session_satisfies(session, asked):
        return authorization_codes.back_to_the_app(asked, session)
    redirect_error_if(prompt(asked) == "none", asked, "login_required")
    if asked.idp_identifier or asked.identity_provider not in (None, "", "COGNITO"):
        return start_at_provider(request, asked)
    return forms.redirect(f"/login?{asked.query()}")


def prompt(asked: AuthorizationRequest) -> str | None:
    """What the app wants the person to be asked; the classic hosted UI pays no heed."""
    return asked.prompt if domains.version_of(asked.client.pool) == model.MANAGED_LOGIN else None


def session_satisfies(session: Session, asked: AuthorizationRequest) -> bool:
    """Whether the browser's session is one that the app would accept, by its age and its provider."""
    limit, age = asked.fields.get("max_age", ""), time.time() - session.auth_time
    return (
        not {"login", "select_account"} & set((prompt(asked) or "").split())
        and not asked.idp_identifier
        and (asked.identity_provider or session.provider) == session.provider
        and session.provider in asked.client.providers
        and session_tracking.reuses(asked.client, session.sso, session.auth_time)
        and not (limit.isdecimal() and age > float(limit))  # which a number of any length is, int() is not
    )


def start_at_provider(request: Request, asked: AuthorizationRequest) -> Response:
    """To the provider that the app asked for by name or identifier.

    Raises:
        OAuthError: A page of the domain's, and no redirect: the pool does not have it, or the app client does
            not support it.
    """
    provider = pending.requested_provider(asked)
    if provider is None or not pending.is_supported(asked, provider):
        raise OAuthError("invalid_request", requests.UNAVAILABLE)
    start = saml.start_saml if provider.type == "SAML" else oidc.start_oidc
    return start(request, asked, provider)
