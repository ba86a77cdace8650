"""A stand-in for Google: an OpenID Connect provider that signs people in and refuses what Google refuses.

It answers for Google's real hosts and paths, to whoever asks inside the kernel. What it shares with other
providers is in :mod:`cognito_lab.providers.authorization_server`.

Sources: OpenID Connect Core 1.0; RFC 6749 (OAuth 2.0), 7636 (PKCE), 7009 (revocation); Google's "OpenID
Connect" and "Using OAuth 2.0 for Web Server Applications". Codes are Google's; texts may change.
"""

from __future__ import annotations

import string
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cognito_lab import randomness
from cognito_lab.network.forms import as_json, read_form, refuse_if
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import oauth, signing_keys
from cognito_lab.providers import checks, google_accounts
from cognito_lab.providers.accounts import Client, SignIn
from cognito_lab.providers.authorization_server import AuthorizationServer, Routes
from cognito_lab.providers.pages import browse, page, parse_page, submit

SCRIPTS = {name: (google_accounts.HERE / f"gsi_{name}.js").read_bytes() for name in ("client", "handover")}


class Google(AuthorizationServer):
    """Google as one account of the lab sees it: its clients, its people, and what it has given out."""

    service, name = "google", "Google"
    hosts = r"accounts\.google\.com|(?:oauth2|www|openidconnect)\.googleapis\.com"
    pages = google_accounts.ISSUER
    chooser = "/o/oauth2/v2/auth/oauthchooseaccount"
    asker = "/signin/oauth/consent"
    scopes = {
        scope: {name: name for name in names} for scope, names in google_accounts.CLAIMS_OF_SCOPE.items()
    }
    code_start = "4/0A"

    def __init__(self) -> None:
        super().__init__()
        self._on_its_way: Callable[[str], str] = str  # what becomes of an ID token behind the token endpoint

    @property
    def routes(self) -> Routes:
        return ROUTES

    def new_subject(self) -> str:
        return f"1{randomness.digits(20)}"

    # -- what a developer does in Google's console ---------------------------------------------------

    def register_client(
        self, name: str, redirect_uris: Iterable[str] = (), origins: Iterable[str] = (), secret: bool = True
    ) -> Client:
        """A new OAuth client ID. ``origins`` are those of the pages that show Google's button.

        Raises ValueError for an address that Google's console does not take.
        """
        redirects, pages = tuple(redirect_uris), tuple(origins)
        for address in redirects:
            checks.check_address(address)
        for address in pages:
            checks.check_address(address, is_origin=True)
        letters = string.ascii_lowercase + string.digits
        client_id = f"{randomness.digits(12)}-{randomness.text(32, letters)}.apps.googleusercontent.com"
        client_secret = f"GOCSPX-{randomness.text(28)}" if secret else None
        self.clients[client_id] = Client(name, client_id, client_secret, redirects, pages)
        return self.clients[client_id]

    # -- what a person does in the browser, played by Python -------------------------------------

    def credential(self, client_id: str, account: str, origin: str, nonce: str | None = None) -> str:
        """The ID token that Google Identity Services hands to the callback of a page at ``origin``.

        Raises :class:`cognito_lab.network.forms.OAuthError` for an unknown client or another origin.
        """
        asked = {"client_id": client_id, "origin": origin, **({} if nonce is None else {"nonce": nonce})}
        chooser = browse("GET", f"{google_accounts.ISSUER}/gsi/select?{urlencode(asked)}")
        return parse_page(submit(google_accounts.ISSUER, chooser, account=account)).hidden["credential"]

    @contextmanager
    def intercepted(self, change: Callable[[str], str]) -> Iterator[None]:
        """In this block somebody sits behind the token endpoint: ID tokens go on as ``change(token)``.

        For trying such an attack on those who redeem codes, or just for looking at what they get.
        """
        self._on_its_way = change
        try:
            yield
        finally:
            self._on_its_way = str

    @cached_property
    def key(self) -> signing_keys.SigningKey:
        """The key that signs, published at ``jwks_uri``. Google's key ids are hexadecimal."""
        return replace(signing_keys.new_key(), kid=randomness.octets(20).hex())

    def publish(self, request: Request) -> Response:
        return as_json({"keys": [self.key.jwk()]})

    # -- tokens ----------------------------------------------------------------------------------

    def tokens(self, sign_in: SignIn) -> dict[str, Any]:
        access_token = self.access_token(sign_in, f"ya29.a0{randomness.text(160)}", google_accounts.HOUR)
        answer = {
            "access_token": access_token,
            "expires_in": google_accounts.HOUR - 1,
            "token_type": "Bearer",
        }
        if "openid" in sign_in.scopes:
            at_hash = oauth.access_token_hash(access_token)
            answer["id_token"] = self._on_its_way(self._id_token(sign_in, at_hash=at_hash))
        return answer | {"scope": " ".join(sign_in.scopes)}

    def grant(self, sign_in: SignIn) -> dict[str, str]:
        return {**super().grant(sign_in), "scope": " ".join(sign_in.scopes)}

    def _id_token(self, sign_in: SignIn, **more: Any) -> str:
        """An ID token: ``sub`` is the person, ``aud`` the one app that it is for."""
        now, client_id = int(time.time()), sign_in.client.client_id
        claims = {
            "iss": google_accounts.ISSUER,
            "azp": client_id,
            "aud": client_id,
            **self.claims(sign_in),
            **more,
        }
        if sign_in.nonce is not None:
            claims["nonce"] = sign_in.nonce
        return self.key.sign(claims | {"iat": now, "exp": now + google_accounts.HOUR}, header={"typ": "JWT"})

    # -- Google Identity Services: the button on a page ------------------------------------------

    def select(self, request: Request) -> Response:
        fields = read_form(request)
        client = checks.check_client(self.clients, fields.get("client_id"))
        checks.check_origin(client, fields.get("origin"))
        sign_in = SignIn(
            client, tuple(self.scopes), nonce=fields.get("nonce"), origin=fields.get("origin", "")
        )
        no = {"": "Cancel"} if fields.get("ux_mode") == "popup" else {}
        return self._choose_account(sign_in, "/gsi/issue", no)

    def issue(self, request: Request) -> Response:
        """The page gets an ID token at once: there is no access token, and so no ``at_hash``."""
        sign_in, fields = self._resume(request)
        if fields.get("account") == "":
            return _handover(sign_in)
        sign_in = self._chosen_by(sign_in, fields)
        token = self._id_token(sign_in, jti=randomness.octets(20).hex(), nbf=int(time.time()) - 300)
        return _handover(sign_in, credential=token)

    # -- what an access token opens --------------------------------------------------------------

    def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        sign_in = self._access_tokens.get(token) if scheme.lower() == "bearer" else None
        return as_json(self.claims(checks.check_access(sign_in)))

    def revoke(self, request: Request) -> Response:
        """Withdraw an access token (RFC 7009). Google's own example sends it in the query of a POST."""
        token = dict(parse_qsl(request.query)).get("token") or read_form(request).get("token", "")
        refuse_if(token not in self._access_tokens, "invalid_token", "Token expired or revoked")
        del self._access_tokens[token]
        return as_json({})


# -- small parts ---------------------------------------------------------------------------------


def _handover(sign_in: SignIn, *, credential: str = "") -> Response:
    """The last page in Google's window, whose script gives the credential to the page that asked."""
    told = {"app": sign_in.client.name, "origin": sign_in.origin, "credential": credential}
    response = page("Google", "google_handover.html", told)
    response.headers["content-security-policy"] += "; script-src 'self'"
    return response


def _script(name: str) -> Response:
    return Response(200, Headers({"content-type": "text/javascript; charset=utf-8"}), SCRIPTS[name])


ROUTES: Routes = {
    ("GET", f"{google_accounts.ISSUER}/.well-known/openid-configuration"): lambda google, _: as_json(
        google_accounts.DISCOVERY
    ),
    ("GET", f"{google_accounts.ISSUER}/o/oauth2/v2/auth"): Google.authorize,
    ("POST", f"{google_accounts.ISSUER}/o/oauth2/v2/auth/oauthchooseaccount"): Google.choose,
    ("POST", f"{google_accounts.ISSUER}/signin/oauth/consent"): Google.consent,
    ("GET", f"{google_accounts.ISSUER}/gsi/client"): lambda *_: _script("client"),
    ("GET", f"{google_accounts.ISSUER}/gsi/handover.js"): lambda *_: _script("handover"),
    ("GET", f"{google_accounts.ISSUER}/gsi/select"): Google.select,
    ("POST", f"{google_accounts.ISSUER}/gsi/issue"): Google.issue,
    ("POST", "https://oauth2.googleapis.com/token"): Google.exchange,
    ("POST", "https://www.googleapis.com/oauth2/v4/token"): Google.exchange,  # what Cognito has stored
    ("POST", "https://oauth2.googleapis.com/revoke"): Google.revoke,
    ("GET", "https://www.googleapis.com/oauth2/v3/certs"): Google.publish,
    ("GET", "https://openidconnect.googleapis.com/v1/userinfo"): Google.userinfo,
    ("POST", "https://openidconnect.googleapis.com/v1/userinfo"): Google.userinfo,
}
