"""The authorization endpoint: straight back to the app, on to another provider, or to the sign-in page.

Source: "Authorize endpoint" and "Login endpoint" in the Developer Guide; OpenID Connect Core 1.0, 3.1.2.1.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cognito_lab.aws.managed_login import federation, grants, pending, requests, saml, sessions
from cognito_lab.aws.managed_login.requests import AuthorizationRequest, refuse_if
from cognito_lab.aws.managed_login.sessions import Session
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.settings.identity_providers import IdentityProvider
from cognito_lab.network import forms
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Request, Response

# How a sign-in begins at a provider, by its type.
BEGIN: dict[str, Callable[[Request, AuthorizationRequest, IdentityProvider], Response]] = {
    "Google": federation.begin,
    "OIDC": federation.begin,
    "SAML": saml.begin,
}


def authorize(request: Request) -> Response:
    """GET /oauth2/authorize: straight back to the app, on to another provider, or to the sign-in page."""
    asked = requests.read(request)
    session = sessions.current(request)
    if session is not None and will_do(session, asked):
        return grants.back_to_the_app(asked, session)
    refuse_if(prompt(asked) == "none", asked, "login_required")
    if asked.idp_identifier or asked.identity_provider not in (None, "", "COGNITO"):
        return begin(request, asked)
    return forms.redirect(f"/login?{asked.query()}")


def prompt(asked: AuthorizationRequest) -> str | None:
    """What the app wants the person to be asked; the classic hosted UI pays no heed."""
    return asked.prompt if domains.version_of(asked.client.pool) == model.MANAGED_LOGIN else None


def will_do(session: Session, asked: AuthorizationRequest) -> bool:
    """Whether the browser's session is one that the app would accept, by its age and its provider."""
    limit, age = asked.fields.get("max_age", ""), time.time() - session.auth_time
    return (
        not {"login", "select_account"} & set((prompt(asked) or "").split())
        and not asked.idp_identifier
        and (asked.identity_provider or session.provider) == session.provider
        and session.provider in asked.client.providers
        and not (limit.isdecimal() and age > float(limit))  # which a number of any length is, int() is not
    )


def begin(request: Request, asked: AuthorizationRequest) -> Response:
    """To the provider that the app asked for by name or identifier.

    Raises
    ------
    OAuthError
        A page of the domain's, and no redirect: the pool does not have it, or the app client does not
        support it.
    """
    provider = pending.asked_for(asked)
    if provider is None or not pending.is_supported(asked, provider):
        raise OAuthError("invalid_request", requests.UNAVAILABLE)
    return BEGIN[provider.type](request, asked, provider)
