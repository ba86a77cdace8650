"""What a sign-in ends in: a code for the app, or in the implicit grant the tokens themselves.

Source: RFC 6749, 4.1.2 and 4.2.2; "Authorize endpoint" in the Developer Guide.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.browser_sessions import Session
from cognito_lab.aws.managed_login.oauth import requests
from cognito_lab.aws.managed_login.oauth.requests import AuthorizationRequest
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.tokens import issuing, session_tracking
from cognito_lab.aws.user_pools.triggers import authentication
from cognito_lab.expiring import Expiring
from cognito_lab.network.messages import Request, Response

CODE_SECONDS = 300


@dataclass(frozen=True)
class Grant:
    """What a code stands for: whose sign-in, for which request, until when (seconds since 1970), how often
    the user had been signed out everywhere by then."""

    asked: AuthorizationRequest
    session: Session
    expires: float
    sign_outs: int = 0


class Codes(Expiring[Grant]):
    """The codes of a user pool that nobody has redeemed yet."""


def codes(client: AppClient) -> Codes:
    return moto_patches.state_of(client.pool, Codes)


def complete_sign_in(
    request: Request,
    asked: AuthorizationRequest,
    user: User,
    provider: str = "COGNITO",
    amr: tuple[str, ...] = ("pwd",),
) -> Response:
    """Somebody has just signed in: the browser gets its session, and goes back to the app."""
    event_id = auth_events.id_of_passed(asked.client.pool, user)
    if provider == "COGNITO":  # who comes from another provider was looked at when they came
        authentication.after(asked.client, user)
    sso = session_tracking.begin_sso(asked.client, user, browser_sessions.SESSION_SECONDS)
    session = Session(user, provider, amr, int(time.time()), event_id, sso)
    response = back_to_the_app(asked, session)
    response.headers.add("set-cookie", browser_sessions.new_session(request, session))
    return response


def back_to_the_app(asked: AuthorizationRequest, session: Session) -> Response:
    """With a code, or in the implicit grant with the tokens themselves."""
    if asked.response_type == "code":
        code = randomness.uuid4()
        expires, before = time.time() + CODE_SECONDS, session.user.sign_outs
        codes(asked.client)[code] = Grant(asked, session, expires, before)
        return requests.return_to_app(asked, {"code": code})
    made = tokens_for(asked, session, refreshable=False)
    return requests.return_to_app(asked, {**made, "token_type": "bearer"})


def tokens_for(asked: AuthorizationRequest, session: Session, refreshable: bool = True) -> dict[str, Any]:
    """The tokens of a sign-in, under OAuth's names."""
    return oauth_names(
        issuing.issue_tokens(
            asked.client, session.user, scopes=asked.scopes, nonce=asked.nonce, amr=session.amr,
            auth_time=session.auth_time, event_id=session.event_id, refreshable=refreshable,
            sso=session.sso,
        )
    )  # fmt: skip


def oauth_names(result: Mapping[str, Any]) -> dict[str, Any]:
    """An AuthenticationResultType as the OAuth endpoints say it."""
    names = {"IdToken": "id_token", "AccessToken": "access_token", "RefreshToken": "refresh_token"}
    names |= {"ExpiresIn": "expires_in", "TokenType": "token_type"}
    return {names[name]: value for name, value in result.items()}
