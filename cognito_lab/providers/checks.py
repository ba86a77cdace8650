"""What every outside provider checks: registered addresses, scopes, codes, secrets, PKCE.

Source: RFC 6749, RFC 7636; the codes are those of Google's "Using OAuth 2.0 to access Google APIs".
"""

from __future__ import annotations

import time
from collections.abc import Container
from urllib.parse import urlsplit

from cognito_lab.network.forms import OAuthError, refuse_if
from cognito_lab.protocols import constant_time, oauth
from cognito_lab.providers.accounts import Client, SignIn

# -- the rules, one by one -----------------------------------------------------------------------


def check_address(address: str, is_origin: bool = False) -> None:
    """The console takes https addresses without wildcard or fragment, and http for localhost only."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise ValueError(f"{address!r}: the console takes https addresses, and http for localhost only")
    if "*" in address or "#" in address or "@" in parts.netloc:
        raise ValueError(f"{address!r}: the console takes no wildcard, no fragment and no user name")
    if is_origin and (parts.path or parts.query):
        raise ValueError(f"{address!r}: an origin ends after the host or the port, without a slash")


def check_client(clients: dict[str, Client], client_id: str | None) -> Client:
    if client_id not in clients:
        raise OAuthError("invalid_client", "The OAuth client was not found.", 401)
    return clients[client_id]


def check_redirect_uri(sign_in: SignIn) -> None:
    """Registered, letter for letter: anything else would hand the code to whoever wrote the link."""
    unknown = sign_in.redirect_uri not in sign_in.client.redirect_uris
    refuse_if(unknown, "redirect_uri_mismatch", f"Not registered: redirect_uri={sign_in.redirect_uri}")


def check_origin(client: Client, origin: str | None) -> None:
    """Registered for this client. Any page can name it: so the token is sent to pages of it alone."""
    text = "The given origin is not allowed for the given client ID."
    refuse_if(origin not in client.origins, "origin_mismatch", text, 403)


def check_scopes(sign_in: SignIn, known: Container[str]) -> None:
    refuse_if(not sign_in.scopes, "invalid_request", "Missing required parameter: scope")
    unknown = [name for name in sign_in.scopes if name not in known]
    refuse_if(unknown, "invalid_scope", f"Some requested scopes were invalid: {unknown}")


def check_challenge(sign_in: SignIn) -> None:
    """PKCE's first half (RFC 7636, 4.3): a challenge, and how it was made ("plain" where nothing is said)."""
    known = sign_in.method in (None, "plain", "S256")
    refuse_if(not known, "invalid_request", f"Invalid code_challenge_method: {sign_in.method}")
    begun = sign_in.challenge is not None or sign_in.method is not None
    malformed = begun and not oauth.is_challenge(sign_in.challenge)
    refuse_if(malformed, "invalid_request", "Invalid code_challenge")


def check_secret(client: Client, secret: str) -> None:
    right = constant_time.equal(secret, client.client_secret or "")
    refuse_if(client.client_secret and not right, "invalid_client", "Unauthorized", 401)


def check_code(sign_in: SignIn | None, client: Client) -> SignIn:
    """Known and not used before, in time, and this client's (RFC 6749, 5.2)."""
    if sign_in is None or sign_in.expires <= time.time() or sign_in.client != client:
        raise OAuthError("invalid_grant", "Malformed auth code.")
    return sign_in


def check_same_redirect_uri(sign_in: SignIn, redirect_uri: str | None) -> None:
    """RFC 6749, 4.1.3. (The code there would be invalid_grant; Google has one of its own.)"""
    refuse_if(redirect_uri != sign_in.redirect_uri, "redirect_uri_mismatch", "Bad Request")


def check_verifier(sign_in: SignIn, verifier: str | None) -> None:
    oauth.check_verifier(sign_in.challenge, sign_in.method, verifier)


def check_access(sign_in: SignIn | None) -> SignIn:
    if sign_in is None or sign_in.expires <= time.time():
        raise OAuthError("invalid_token", "Invalid Credentials", 401)
    return sign_in
