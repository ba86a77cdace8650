"""The identity pool's own token, and the basic flow that hands it out (Cognito guide, "Identity pools
authentication flow").

In the basic flow the app takes this token to STS and asks for a role of its choice. In the enhanced
flow the same claims go to STS inside AWS, and the app never sees them.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.iam.identity_providers import SAML_PROVIDER
from cognito_lab.aws.identity_pools import identities, pools, principal_tags
from cognito_lab.aws.identity_pools.logins import Login
from cognito_lab.aws.identity_pools.pools import Identity, IdentityPool
from cognito_lab.aws.sts import web_identity
from cognito_lab.errors import OutsideTheLab, invalid
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import signing_keys

ISSUER_HOST = pools.POOLS_HOST
ISSUER = f"https://{ISSUER_HOST}"
ALGORITHM = "RS512"
TOKEN_SECONDS = 600  # life of a token of the basic flow


@dataclass
class Signer:
    """The key that signs for all identity pools."""

    key: signing_keys.SigningKey = field(default_factory=signing_keys.new_key)


@operation("cognito-identity", "GetOpenIdToken")
def get_open_id_token(call: Call) -> dict[str, Any]:
    if ISSUER_HOST in call.get("Logins", {}):  # or one such token would last for ever
        raise OutsideTheLab(
            "GetOpenIdToken with a developer's token is not played by this lab (AWS does not document it)."
        )
    pool, identity, proved = identities.identity_of_call(call)
    check_classic_flow(pool)
    check_no_saml(proved)
    return issued(claims(pool, identity, proved), TOKEN_SECONDS)


def issued(said: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The answer with a token that says ``said`` and is good for ``seconds``."""
    now = int(time.time())
    said = {**said, "exp": now + seconds, "iat": now}
    token = moto_patches.account_state(Signer).key.sign(said, ALGORITHM, {"typ": "JWS"})
    return {"IdentityId": said["sub"], "Token": token}


def check_classic_flow(pool: IdentityPool) -> None:
    """The basic flow lets the app pick the role, so it can be switched off, and role mappings exclude it.

    A pool that never said anything about it still hands out tokens.
    """
    if pool.role_mappings:
        raise invalid("Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
    if pool.settings.get("AllowClassicFlow") is False:
        raise invalid("Basic (classic) flow is not enabled, please use enhanced flow.")


def check_no_saml(proved: list[Login]) -> None:
    """SAML providers are for the enhanced flow alone (Cognito guide, "Customizing your user role with SAML");
    AWS does not say with which code it refuses others."""
    if any(SAML_PROVIDER.fullmatch(login.key) for login in proved):
        raise invalid("Basic (classic) flow is not supported with SAML providers, please use enhanced flow.")


def claims(pool: IdentityPool, identity: Identity, proved: list[Login]) -> dict[str, Any]:
    """Who it is (``sub``), of which pool (``aud``), how they came (``amr``): what a trust policy sees."""
    methods = ["authenticated"] if proved else ["unauthenticated"]
    for login in proved:
        methods += [login.key, f"{login.key}:{login.source}:{login.subject}"]
    tags = principal_tags.tags_of(pool, proved)
    more = {web_identity.TAGS: {"principal_tags": tags}} if tags else {}
    return {"sub": identity.id, "aud": pool.id, "amr": methods, "iss": ISSUER, **more}


def discovery_response(request: Request) -> Response:
    """What anyone may read at the issuer's host: its discovery document and its keys."""
    documents = {
        "/.well-known/openid-configuration": {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/.well-known/jwks_uri",
            "authorization_endpoint": ISSUER,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        },
        "/.well-known/jwks_uri": {"keys": [moto_patches.account_state(Signer).key.jwk(ALGORITHM)]},
    }
    if request.method != "GET" or request.path not in documents:
        return Response(404)
    body = json.dumps(documents[request.path]).encode()
    return Response(200, Headers({"content-type": "application/json"}), body)
