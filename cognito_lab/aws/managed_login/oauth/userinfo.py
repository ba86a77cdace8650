"""The userInfo endpoint: the claims of whoever an access token is about.

Source: "UserInfo endpoint" in the Developer Guide; RFC 6750.
"""

from __future__ import annotations

from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.tokens import checking, token_claims
from cognito_lab.aws.user_pools.tokens.token_store import Authentication
from cognito_lab.errors import AwsError
from cognito_lab.network import forms
from cognito_lab.network.forms import OAuthError, refuse_if
from cognito_lab.network.messages import Request, Response


def user_info(request: Request) -> Response:
    """GET or POST /oauth2/userInfo: the attributes that the access token's scopes open, all of them texts."""
    try:
        login = authentication_of_bearer(request)
        client = model.registry().clients.get(login.client_id)
        if client is None:
            raise invalid_token()
    except OAuthError as error:  # RFC 6750, 3
        answer = forms.json_error(error)
        said = f'error="{error.code}", error_description="{error.message}"'
        answer.headers["www-authenticate"] = f"Bearer {said}"
        return answer
    user = login.user
    return forms.as_json(
        {"sub": user.sub, **token_claims.attributes_for_app(client, login), "username": user.username}
    )


def authentication_of_bearer(request: Request) -> Authentication:
    """The login of the access token in the request's header: this pool's, of somebody who may sign in."""
    scheme, _, access_token = request.headers.get("authorization", "").partition(" ")
    malformed = scheme.lower() != "bearer" or not access_token
    refuse_if(malformed, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
    pool = domains.pool_of(request.host)
    assert pool is not None
    try:
        login = checking.verified_authentication(pool, access_token, check_open_id)
    except AwsError:
        raise invalid_token() from None
    if not pool.people.has(login.user):
        raise invalid_token()
    return login


def invalid_token() -> OAuthError:
    text = "Access token is expired, disabled, or deleted, or the user has globally signed out."
    return OAuthError("invalid_token", text, 401)


def check_open_id(claims: checking.Claims) -> None:
    """The token came from the token endpoint, with the scope ``openid``. (The text is measured; of the code
    AWS says nothing.)"""
    if "version" not in claims or "openid" not in claims["scope"].split():
        raise OAuthError("invalid_token", "Access token does not contain openid scope", 401)
