"""A sign-in that is at an outside provider: what is kept of it meanwhile, and the end when it has succeeded.

Source: "Third-party IdP sign-in" and "User pool managed login" in the Developer Guide; RFC 6749, 10.12 (a
state is for one browser).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.oauth import authorization_codes, requests
from cognito_lab.aws.managed_login.oauth.requests import AuthorizationRequest
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.people import federated_users
from cognito_lab.aws.user_pools.settings import domains, identity_providers
from cognito_lab.aws.user_pools.settings.identity_providers import IdentityProvider
from cognito_lab.aws.user_pools.triggers import inbound_federation
from cognito_lab.errors import AwsError
from cognito_lab.expiring import Expiring
from cognito_lab.network import forms
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import constant_time

PENDING_SECONDS = 300  # "User pool managed login": a sign-in that takes longer is given up
PENDING_COOKIE = "csrf-state"
# These answer with a form that their own site posts here: SameSite=Lax would keep the cookie back.
SAME_SITE = {"SAML": "None", "SignInWithApple": "None"}


@dataclass(frozen=True)
class Pending:
    """A sign-in that is at a provider: what the app asked for, the browser's cookie, and until when (seconds
    since 1970)."""

    asked: AuthorizationRequest
    provider: IdentityProvider
    cookie: str
    expires: float


class PendingSignIns(Expiring[Pending]):
    """The sign-ins of a pool that are at a provider, by ``state``."""


def _pending(pool: UserPool) -> PendingSignIns:
    return moto_patches.state_of(pool, PendingSignIns)


def requested_provider(asked: AuthorizationRequest) -> IdentityProvider | None:
    """The provider that the app named, if the pool has it."""
    pool = asked.client.pool
    if asked.identity_provider:
        return identity_providers.provider_by_name(pool, asked.identity_provider)
    return identity_providers.by_identifier(pool, asked.idp_identifier or "")


def is_supported(asked: AuthorizationRequest, provider: IdentityProvider) -> bool:
    return provider.name in asked.client.providers


def store_pending(asked: AuthorizationRequest, provider: IdentityProvider) -> tuple[str, str]:
    """A ``state`` for a new sign-in at ``provider``, and the ``Set-Cookie`` value for its browser."""
    state, cookie = randomness.text(43), randomness.text(43)
    _pending(asked.client.pool)[state] = Pending(asked, provider, cookie, time.time() + PENDING_SECONDS)
    return state, browser_sessions.set_cookie(
        PENDING_COOKIE, cookie, PENDING_SECONDS, SAME_SITE.get(provider.type, "Lax")
    )


def nonce_of(state: str) -> str:
    """The nonce of the sign-in with this ``state``: what the provider signs in the end must name it."""
    return hashlib.sha256(state.encode()).hexdigest()


# -- when the browser is back ------------------------------------------------------------------------


def take_pending(request: Request, state: str) -> Pending | None:
    """The sign-in that ``state`` stands for, once: begun at this pool by this browser, and in time."""
    pool = domains.pool_of(request.host)
    found = _pending(pool).get(state) if pool else None
    if pool is None or found is None or not is_this_browsers(request, found) or has_expired(found):
        return None
    if not still_stands(found):
        return None
    return _pending(pool).pop(state)


def is_this_browsers(request: Request, pending: Pending) -> bool:
    """Who has somebody else's browser open the end of a sign-in of their own would sign that person in as
    themselves (RFC 6749, 10.12)."""
    return constant_time.equal(forms.cookies(request).get(PENDING_COOKIE, ""), pending.cookie)


def has_expired(pending: Pending) -> bool:
    return time.time() >= pending.expires


def still_stands(pending: Pending) -> bool:
    """Nobody has taken away the app client, its callback URL or the provider while the person was there."""
    asked, provider = pending.asked, pending.provider
    client = asked.client
    return (
        client.pool.clients.get(client.id) is client
        and asked.redirect_uri in client.callback_urls
        and identity_providers.provider_by_name(client.pool, provider.name) is provider
        and is_supported(asked, provider)
    )


def complete_federated_sign_in(
    request: Request,
    asked: AuthorizationRequest,
    provider: IdentityProvider,
    parts: inbound_federation.Parts,
    subject: str,
) -> Response:
    """The provider has said who it is, and every check of that passed: into the pool, and back to the app.

    ``parts`` are what it said in each place; of two that say the same thing, the later one counts.
    """
    claims: Mapping[str, Any] = {name: value for part in parts.values() for name, value in part.items()}
    try:
        claims = inbound_federation.transformed(
            asked.client, provider.name, provider.type, parts, claims, subject
        )
        user = federated_users.sign_in_federated_user(asked.client, provider, claims, subject)
    except AwsError as error:
        raise requests.refusal(asked, "invalid_request", error.message.strip()) from error
    # "Understanding the ID token": where the app sent no nonce, Cognito makes one for a third-party sign-in.
    asked = replace(asked, nonce=asked.nonce or randomness.text(43))
    return authorization_codes.complete_sign_in(request, asked, user, provider.name, ("fed",))
