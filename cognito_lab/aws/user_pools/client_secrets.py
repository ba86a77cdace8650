"""How an app client proves itself: the secret hash, or the secret.

Source: "Computing secret hash values".
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.protocols import constant_time


def secret_hash(client: AppClient, username: str) -> str:
    """Base64(HMAC-SHA256(client secret, username + client id)): "Computing secret hash values"."""
    digest = hmac.digest((client.secret or "").encode(), (username + client.id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def check_secret_hash(client: AppClient, username: str, given: str | None) -> None:
    """A client with a secret proves with every public call that it knows it.

    Raises:
        AwsError: ``NotAuthorizedException``: missing, wrong, or sent for a client that has no secret.
    """
    if client.secret is None and given is not None:
        raise not_authorized(f"Client {client.id} is not configured for secret but secret hash was received")
    if client.secret is not None and given is None:
        raise not_authorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    if client.secret is not None and not constant_time.equal(secret_hash(client, username), given or ""):
        raise not_authorized(f"Unable to verify secret hash for client {client.id}")


def check_secret(client: AppClient, given: str | None) -> None:
    """The calls that take the secret itself instead of a hash."""
    if not constant_time.equal(client.secret or "", given or ""):
        raise not_authorized(f"Unable to verify secret for client {client.id}")
