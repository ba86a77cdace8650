"""OAuth 2.0 as any authorization server has it: user pools, and the outside providers.

Sources: RFC 6749 (OAuth 2.0), RFC 7636 (PKCE), OpenID Connect Core 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from jwt.utils import base64url_encode

from cognito_lab.network import addresses
from cognito_lab.network.forms import OAuthError, redirect, refuse_if
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import constant_time


def base64url(octets: bytes) -> str:
    """Without padding (RFC 7515, 2)."""
    return base64url_encode(octets).decode()


def access_token_hash(access_token: str) -> str:
    """``at_hash`` of an ID token signed with RS256 (OpenID Connect Core 1.0, 3.1.3.6)."""
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def basic_credentials(request: Request) -> dict[str, str]:
    """Client id and secret where they come by HTTP Basic instead of in the form (RFC 6749, 2.3.1).

    Raises:
        OAuthError: ``invalid_client``, 401.
    """
    scheme, _, pair = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", "Unauthorized", 401) from None
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}


def is_challenge(challenge: str | None) -> bool:
    """Whether a PKCE challenge is well formed (RFC 7636, 4.2)."""
    return re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", challenge or "") is not None


def check_verifier(challenge: str | None, method: str | None, verifier: str | None) -> None:
    """PKCE's second half (RFC 7636, 4.6): who redeems the code is who began. Both halves, or neither.

    Raises:
        OAuthError: ``invalid_grant``.
    """
    if challenge is None:
        refuse_if(verifier is not None, "invalid_grant", "code_verifier or verifier is not needed.")
        return
    refuse_if(verifier is None, "invalid_grant", "Missing code verifier.")
    made = verifier or ""
    if method == "S256":
        made = base64url(hashlib.sha256(made.encode()).digest())
    same = constant_time.equal(made, challenge)
    refuse_if(not same, "invalid_grant", "Invalid code verifier.")


def back_to(redirect_uri: str, fields: Mapping[str, str], fragment: bool = False) -> Response:
    """The browser goes back to the app, with ``fields`` in the query or the fragment.

    The address may have a query of its own, which is kept (RFC 6749, 3.1.2, 4.1.2 and 4.2.2).
    """
    joint = "#" if fragment else "&" if addresses.parts_of(redirect_uri).query else "?"
    return redirect(f"{redirect_uri}{joint}{urlencode(fields)}")
