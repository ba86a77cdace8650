"""What a user pool publishes at its issuer's address: keys (RFC 7517) and the discovery document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.tokens import token_store
from cognito_lab.network.messages import Headers, Request, Response

PUBLISHED = re.compile(r"/([\w-]+_[0-9a-zA-Z]+)/\.well-known/(jwks\.json|openid-configuration)")
DOMAIN_ENDPOINTS = {  # of a pool's domain, by the members of the discovery document
    "authorization_endpoint": "/oauth2/authorize",
    "end_session_endpoint": "/logout",
    "revocation_endpoint": "/oauth2/revoke",
    "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/oauth2/userInfo",
}


def discovery_response(request: Request) -> Response | None:
    """Answers a GET of a pool's key set or discovery document; ``None`` if ``request`` is for neither."""
    found = PUBLISHED.fullmatch(request.path)
    if request.method not in ("GET", "HEAD") or not found:
        return None
    pool = model.registry().pools.get(found[1])
    if pool is None or request.host != f"cognito-idp.{pool.region}.amazonaws.com":
        return _document(404, {"message": f"User pool {found[1]} does not exist."})
    if found[2] == "jwks.json":
        return _document(200, {"keys": [key.jwk() for key in token_store.token_store(pool).published()]})
    members = (
        {name: f"{pool.domain.url}{path}" for name, path in DOMAIN_ENDPOINTS.items()} if pool.domain else {}
    )
    return _document(
        200,
        {
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": pool.issuer,
            "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            **members,
        },
    )


def _document(status: int, body: Mapping[str, Any]) -> Response:
    headers = {"content-type": "application/json", "cache-control": "public, max-age=86400"}
    return Response(status, Headers(headers), json.dumps(body).encode())
