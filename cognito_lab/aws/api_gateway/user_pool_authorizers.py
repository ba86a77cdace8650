"""The authorizer of REST APIs that believes user pools: an ID token, or with scopes an access token.

What it found it keeps for the authorizer's lifetime, by the token. It asks the pool for its keys and for
nothing else, so it never hears of a revocation.

Source: API Gateway Developer Guide, "Control access to REST APIs using Amazon Cognito user pools as an
authorizer" and "Gateway response types". The statuses of a token of the other kind are only probable.
"""

from __future__ import annotations

import time
from functools import partial

from cognito_lab.aws import jwt_issuers
from cognito_lab.aws.api_gateway.apis import Api, Row
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request
from cognito_lab.protocols import jwt_checks

UNAUTHORIZED = partial(AwsError, "UnauthorizedException", "Unauthorized", 401)


def claims_for(api: Api, stage: str, authorizer: Row, scopes: list[str], request: Request) -> Row:
    """The claims of the caller's token, if it may pass.

    Raises:
        AwsError: 401: there is no token that counts here. 403: it has none of ``scopes``.
    """
    token = given_token(authorizer, request)
    claims = kept_claims(api, stage, authorizer, token) or verified(api, stage, authorizer, token)
    check_kind(claims, scopes)
    check_scopes(claims, scopes)
    return claims


def given_token(authorizer: Row, request: Request) -> str:
    """The token in the authorizer's header, with ``Bearer`` before it or not."""
    header = authorizer["identitySource"].rpartition(".")[2]
    text = request.headers.get(header, "")
    token = text[7:] if text.lower().startswith("bearer ") else text
    if not token:
        raise UNAUTHORIZED()
    return token


def kept_claims(api: Api, stage: str, authorizer: Row, token: str) -> Row | None:
    """What was found out about ``token`` not long ago; nobody looks at it again meanwhile."""
    until, claims = api.cache.get((stage, authorizer["id"], token), (0.0, {}))
    return claims if time.time() < until else None


def verified(api: Api, stage: str, authorizer: Row, token: str) -> Row:
    """The claims of ``token``, verified now, and kept for the authorizer's lifetime."""
    try:
        _, claims = jwt_checks.decode_unverified(token)
    except jwt_checks.NotAToken:
        raise UNAUTHORIZED() from None
    check_issuer(claims, authorizer["providerARNs"])
    check_signature(claims, token)
    check_expiry(claims)
    lifetime = authorizer["authorizerResultTtlInSeconds"]
    if lifetime:
        api.cache[stage, authorizer["id"], token] = time.time() + lifetime, claims
    return claims


def check_issuer(claims: Row, pools: list[str]) -> None:
    """The token is from one of the authorizer's user pools."""
    known = [jwt_issuers.of_user_pool(arn.split(":")[3], arn.rpartition("/")[2]) for arn in pools]
    if claims.get("iss") not in known:
        raise UNAUTHORIZED()


def check_signature(claims: Row, token: str) -> None:
    """The pool has signed it, with a key that it publishes."""
    try:
        address = jwt_issuers.keys_address("API Gateway", claims["iss"])
        jwt_issuers.check_signature("API Gateway", token, address, ("RS256",))
    except (jwt_issuers.NoKey, jwt_issuers.BadSignature):
        raise UNAUTHORIZED() from None


def check_expiry(claims: Row) -> None:
    if jwt_checks.has_ended(claims):
        raise AwsError("UnauthorizedException", "The incoming token has expired", 401)


def check_kind(claims: Row, scopes: list[str]) -> None:
    """Without scopes the method expects an ID token; with scopes, an access token."""
    expected = "access" if scopes else "id"
    if claims.get("token_use") != expected:
        raise UNAUTHORIZED()


def check_scopes(claims: Row, scopes: list[str]) -> None:
    """One of the method's scopes is enough."""
    has = str(claims.get("scope", "")).split()
    if scopes and not set(scopes) & set(has):
        text = "User is not authorized to access this resource"
        raise AwsError("AccessDeniedException", text, 403)
