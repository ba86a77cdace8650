"""Tokens that somebody else signed: their issuer's discovery document, its keys, and the signature.

An identity pool reads login tokens this way, and STS reads web identity tokens. Both fetch what the
issuer publishes over HTTP, keep it, and look again when a token names a key they have not seen
(OpenID Connect Discovery 1.0; RFC 7517; AWS page "Verifying JSON web tokens").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jwt

from cognito_lab.aws import moto_patches
from cognito_lab.network import hosts
from cognito_lab.protocols import json_texts

# Only the signature is left to PyJWT. Every claim is checked by the service that reads the token,
# each in a rule of its own, with that service's error.
ONLY_THE_SIGNATURE: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class NoKey(Exception):
    """The issuer publishes no key of the name that the token gives, or does not answer."""


class BadSignature(Exception):
    """The published key did not make this signature, or the algorithm is not one that is accepted."""


# The endpoint at which user pools are issuers, while a server of the lab makes them so; "": at AWS.
local_endpoint = ""


def of_user_pool(region: str, pool_id: str) -> str:
    """The ``iss`` of a user pool's tokens, and where its keys are published."""
    return f"{local_endpoint or f'https://cognito-idp.{region}.amazonaws.com'}/{pool_id}"


@dataclass
class Published:
    """What issuers have published so far: key sets by their address, and discovery documents by issuer."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)


def discover(caller: str, issuer: str) -> dict[str, Any]:
    """The discovery document of ``issuer``, a URL; :class:`NoKey` if there is none of its own."""
    found = moto_patches.account_state(Published).documents
    if issuer not in found:
        document = _fetch(caller, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != issuer or not str(document.get("jwks_uri")).startswith("https://"):
            raise NoKey(f"{issuer} publishes no discovery document of its own")
        found[issuer] = document
    return found[issuer]


def keys_address(caller: str, issuer: str) -> str:
    """``jwks_uri`` of ``issuer``, a URL; :class:`NoKey` as in :func:`discover`."""
    return str(discover(caller, issuer)["jwks_uri"])


def check_signature(caller: str, token: str, address: str, algorithms: tuple[str, ...]) -> None:
    """Check ``token`` against the key set at ``address``; ``caller`` is the service that fetches it.

    The algorithm is chosen from ``algorithms``, never by the token: a token that says ``none``, or
    HS256 with the public key as the secret, fails here. Raises :class:`NoKey` or :class:`BadSignature`.
    """
    try:
        key = published_key(caller, address, str(jwt.get_unverified_header(token).get("kid")))
        jwt.decode(token, key, algorithms=list(algorithms), options=ONLY_THE_SIGNATURE)
    except (jwt.PyJWTError, TypeError, ValueError) as error:  # the last two: the key is of another kind
        raise BadSignature(str(error)) from None


def published_key(caller: str, address: str, kid: str) -> Any:
    """The public key called ``kid``; an unknown one makes the caller fetch the set once more."""
    sets = moto_patches.account_state(Published).keys
    if kid not in sets.get(address, {}):
        sets[address] = dict(_signing_keys(_fetch(caller, address).get("keys")))
    if kid not in sets[address]:
        raise NoKey(f"no key {kid} at {address}")
    return sets[address][kid]


def _signing_keys(rows: Any) -> Iterator[tuple[str, Any]]:
    """The keys that can be read, by their ids; an issuer may publish others besides (RFC 7517, 5)."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("kid"), str) and row.get("use", "sig") == "sig":
            with suppress(jwt.PyJWTError, TypeError, ValueError):
                yield row["kid"], jwt.PyJWK(row).key


def _fetch(caller: str, url: str) -> dict[str, Any]:
    answer = hosts.fetch(caller, "GET", url)
    if answer.status != 200:
        raise NoKey(f"{url} answered {answer.status}")
    try:
        found = json_texts.read(answer.body)
    except json_texts.NotJson:
        found = None
    if not isinstance(found, dict):
        raise NoKey(f"{url} answered something else than a JSON object")
    return found
