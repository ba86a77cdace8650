"""The endpoints by which apps get tokens and revoke them.

Source: "Token endpoint", "Revoke endpoint" in the Developer Guide; RFC 6749, 4.1.3, 4.4, 5 and 6; RFC 7009.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cognito_lab.aws.managed_login.oauth import authorization_codes, requests
from cognito_lab.aws.managed_login.oauth.authorization_codes import Grant
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.tokens import issuing, refreshing, revoking, token_claims
from cognito_lab.aws.user_pools.triggers import events
from cognito_lab.errors import AwsError
from cognito_lab.network import forms
from cognito_lab.network.forms import OAuthError, refuse_if
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import constant_time, json_texts, oauth

Fields = dict[str, str]


def token(request: Request) -> Response:
    """POST /oauth2/token."""
    fields = form(request)
    grant = GRANT_HANDLERS.get(fields.get("grant_type", ""))
    refuse_if(not fields.get("grant_type"), "invalid_request")
    if grant is None:
        raise OAuthError("unsupported_grant_type")
    return forms.as_json(grant(client_of(request, fields), fields))


def form(request: Request) -> Fields:
    """The parameters, of the form alone: what stands in an address ends up in logs."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    refuse_if(kind != "application/x-www-form-urlencoded", "invalid_request")
    return forms.read_form(request)


# -- which client, and its proof -------------------------------------------------------------------


def client_of(request: Request, fields: Fields) -> AppClient:
    """The app client that calls, in its one way: by HTTP Basic or in the form.

    Raises:
        OAuthError: ``invalid_client``: none of this domain's pool, or without the right secret.
            ``invalid_request``.
    """
    basic = oauth.basic_credentials(request)
    differs = basic and fields.get("client_id", basic["client_id"]) != basic["client_id"]
    refuse_if(differs or (basic and "client_secret" in fields), "invalid_request")
    given = basic or fields
    client = requests.client_at(request, given.get("client_id", ""))
    if client is None:
        raise OAuthError("invalid_client")
    check_secret(client, given.get("client_secret", ""))
    return client


def check_secret(client: AppClient, given: str) -> None:
    """A client with a secret shows it; one without has none to show."""
    if not constant_time.equal(client.secret or "", given):
        raise OAuthError("invalid_client", "invalid_client_secret")


def check_oauth_is_on(client: AppClient) -> None:
    """Settings that are stored and not in force: the flow is there, and grants nothing (measured)."""
    if not client.has_oauth and "client_credentials" in client.oauth_flows:
        raise OAuthError("invalid_grant")


def check_flow(client: AppClient, flow: str) -> None:
    """The client's OAuth settings are in force, and allow this flow."""
    allowed = client.oauth_flows
    if not client.has_oauth or flow not in allowed:
        raise OAuthError("unauthorized_client")


# -- grants ----------------------------------------------------------------------------------------


def by_code(client: AppClient, fields: Fields) -> dict[str, Any]:
    """The authorization code grant."""
    check_flow(client, "code")
    refuse_if(not fields.get("code"), "invalid_request")
    grant = find_grant(client, fields["code"])
    check_not_expired(grant)
    check_is_of(grant, client)
    check_redirect_uri(grant, fields.get("redirect_uri"))
    oauth.check_verifier(grant.asked.challenge, grant.asked.method, fields.get("code_verifier"))
    check_readable(grant)
    check_user(grant)
    consume_code(client, fields["code"])
    return authorization_codes.tokens_for(grant.asked, grant.session)


def find_grant(client: AppClient, code: str) -> Grant:
    """What a code stands for; one that was used, or never given out, stands for nothing (RFC 6749, 5.2)."""
    grant = authorization_codes.codes(client).get(code)
    if grant is None:
        raise OAuthError("invalid_grant")
    return grant


def check_not_expired(grant: Grant) -> None:
    if time.time() >= grant.expires:
        raise OAuthError("invalid_grant")


def check_is_of(grant: Grant, client: AppClient) -> None:
    """The code was given to the client that brings it."""
    if grant.asked.client is not client:
        raise OAuthError("invalid_grant")


def consume_code(client: AppClient, code: str) -> None:
    """A code counts once."""
    del authorization_codes.codes(client)[code]


def check_redirect_uri(grant: Grant, redirect_uri: str | None) -> None:
    """The address to which the code went: who caught it at another cannot redeem it (RFC 6749, 4.1.3)."""
    if redirect_uri != grant.asked.redirect_uri:
        raise OAuthError("unauthorized_client", "invalid_redirect")


def check_readable(grant: Grant) -> None:
    """The client may read what the scopes promise."""
    asked = grant.asked
    promised = {name for scope in asked.scopes for name in token_claims.ATTRIBUTES_OF_SCOPE.get(scope, ())}
    hidden = promised - asked.client.readable
    if hidden:
        raise OAuthError("invalid_grant")


def check_user(grant: Grant) -> None:
    """Nobody has been disabled, deleted or signed out everywhere since the code was given out. (What a code
    is worth after GlobalSignOut AWS does not say; who signs out means everybody.)"""
    user, pool = grant.session.user, grant.asked.client.pool
    signed_out = user.sign_outs > grant.sign_outs
    if not user.enabled or signed_out or not pool.people.has(user):
        raise OAuthError("invalid_grant")


def by_refresh_token(client: AppClient, fields: Fields) -> dict[str, Any]:
    """Fresh tokens, also for a login that began through the API."""
    check_refreshable(client)
    refuse_if(not fields.get("refresh_token"), "invalid_request")
    try:
        login = refreshing.authentication_of(client, fields["refresh_token"])
        return authorization_codes.oauth_names(refreshing.refresh(client, login, fields["refresh_token"]))
    except AwsError as error:
        if "Lambda" in error.code:  # a function's refusal has words of its own
            raise
        raise OAuthError("invalid_grant") from None


def check_refreshable(client: AppClient) -> None:
    """The client may refresh; with rotation the flow of the API is off, and this way is open."""
    refuse_if("ALLOW_REFRESH_TOKEN_AUTH" not in client.flows and not client.rotates, "unauthorized_client")


def by_client_credentials(client: AppClient, fields: Fields) -> dict[str, Any]:
    """For a program that acts for nobody: an access token with custom scopes, and nothing else."""
    check_oauth_is_on(client)
    check_flow(client, "client_credentials")
    asked = fields.get("scope", "").split()
    scopes = requests.granted(client, fields.get("scope", ""))
    refuse_if(not scopes or set(asked) - set(scopes), "invalid_scope")
    return {
        "access_token": issuing.for_machine(client, scopes, client_metadata(fields)),
        "expires_in": client.lifetime("AccessToken"),
        "token_type": "Bearer",
    }


def client_metadata(fields: Fields) -> Any:
    """``aws_client_metadata``, JSON for the function before tokens; ``...`` without it. (AWS's page does not
    say what becomes of something else.)"""
    if "aws_client_metadata" not in fields:
        return ...
    try:
        metadata = json_texts.read_once(fields["aws_client_metadata"])
    except json_texts.NotJson:
        raise OAuthError("invalid_request") from None
    refuse_if(not events.texts(metadata), "invalid_request")
    return metadata


GRANT_HANDLERS: dict[str, Callable[[AppClient, Fields], dict[str, Any]]] = {
    "authorization_code": by_code,
    "refresh_token": by_refresh_token,
    "client_credentials": by_client_credentials,
}


def revoke(request: Request) -> Response:
    """POST /oauth2/revoke: a refresh token, and with it what was born of it. One long dead is no error."""
    fields = form(request)
    client = client_of(request, fields)
    refuse_if(not fields.get("token"), "invalid_request")
    try:
        revoking.revoke(client, fields["token"])
    except AwsError as error:
        raise OAuthError(REVOKE_ERRORS[error.code]) from None
    return Response(200)


REVOKE_ERRORS = {
    "UnsupportedOperationException": "invalid_request",  # revocation is off for this client
    "UnsupportedTokenTypeException": "unsupported_token_type",
    "UnauthorizedException": "invalid_client",  # another client's token
}
