"""The JWT authorizer of HTTP APIs: any issuer of OpenID Connect, an audience, and the scopes of the route.

Nothing in it tells an ID token from an access token, except that only the second one has scopes.

Source: API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers", in whose order the
checks stand here, and "Troubleshooting issues with HTTP API JWT authorizers".
"""

from __future__ import annotations

import time
from urllib.parse import parse_qs

from cognito_lab.aws import jwt_issuers
from cognito_lab.aws.api_gateway.apis import Row
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request
from cognito_lab.protocols import jwt_checks

ALGORITHMS = ("RS256", "RS384", "RS512")  # "only RSA-based algorithms"


def invalid(why: str) -> AwsError:
    """A token that does not count; the caller is told why in ``WWW-Authenticate``."""
    return AwsError("invalid_token", why, 401)


def claims_for(authorizer: Row, scopes: list[str], request: Request) -> Row:
    """The claims of the caller's token, if it may pass.

    Raises:
        AwsError: 401: there is no token that counts here. 403: it has none of ``scopes``.
    """
    trusted = authorizer["JwtConfiguration"]
    token = given_token(authorizer["IdentitySource"][0], request)
    try:
        _, claims = jwt_checks.decode_unverified(token)
    except jwt_checks.NotAToken:
        raise invalid("the token is not a JSON Web Token") from None
    check_signature(trusted["Issuer"], token)
    check_issuer(claims, trusted["Issuer"])
    check_audience(claims, trusted["Audience"])
    check_times(claims)
    check_scopes(claims, scopes)
    return claims


def given_token(source: str, request: Request) -> str:
    """The token at the identity source, with ``Bearer`` before it or not."""
    _, place, name = source.split(".", 2)
    texts = {
        "header": [request.headers.get(name, "")],
        "querystring": parse_qs(request.query).get(name, [""]),
    }
    token = texts[place][0]
    if not token:
        raise AwsError("no token", "", 401)
    return token[7:] if token.lower().startswith("bearer ") else token


def check_signature(issuer: str, token: str) -> None:
    """One of the keys that the issuer publishes has signed it."""
    try:
        address = jwt_issuers.keys_address("API Gateway", issuer)
        jwt_issuers.check_signature("API Gateway", token, address, ALGORITHMS)
    except (jwt_issuers.NoKey, jwt_issuers.BadSignature):
        raise invalid("the token has no valid signature") from None


def check_issuer(claims: Row, issuer: str) -> None:
    if claims.get("iss") != issuer:
        raise invalid("the token does not have a valid issuer")


def check_audience(claims: Row, audience: list[str]) -> None:
    """``client_id`` counts only without ``aud``: in an access token that is bound to no resource."""
    named = jwt_checks.audiences(claims if "aud" in claims else {"aud": str(claims.get("client_id", ""))})
    if set(named).isdisjoint(audience):
        raise invalid("the token does not have a valid audience")


def check_times(claims: Row) -> None:
    """``exp`` is to come; ``nbf`` and ``iat``, where they are there, are not."""
    now = time.time()
    if jwt_checks.has_ended(claims):
        raise invalid("the token has expired")
    if any(claims.get(name, now) > now for name in ("nbf", "iat")):
        raise invalid("the token is not valid yet")


def check_scopes(claims: Row, scopes: list[str]) -> None:
    """One of the route's scopes is enough, in ``scope`` or ``scp``."""
    has = str(claims.get("scope", claims.get("scp", ""))).split()
    if scopes and not set(scopes) & set(has):
        raise AwsError("insufficient_scope", "the token does not have any of the route's scopes", 403)


def challenge(error: AwsError, scopes: list[str]) -> str:
    """What ``WWW-Authenticate`` says to a caller without a token that counts (RFC 6750, 3)."""
    if not error.message:
        return "Bearer"
    text = f'Bearer scope="{" ".join(scopes)}" error="{error.code}"'
    return f'{text} error_description="{error.message}"'
