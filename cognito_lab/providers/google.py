"""A stand-in for Google: an OpenID Connect provider that signs people in and refuses what Google refuses.

It answers for Google's real hosts and paths, to whoever asks inside the kernel. A sign-in goes

    authorization address → choose an account → consent → back to the app with a code → token endpoint

and each step is an HTTP request of its own; :meth:`Google.sign_in` walks the first four as a browser
does. There are no passwords: who chooses an account is that person. Every page says what this is.

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
from urllib.parse import parse_qsl, urlencode, urlsplit

from cognito_lab import randomness
from cognito_lab.errors import OutsideTheLab
from cognito_lab.expiring import Expiring
from cognito_lab.network import account_lock
from cognito_lab.network import hosts as network_hosts
from cognito_lab.network.forms import OAuthError, as_json, json_error, read_form, refuse_if
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import oauth, signing_keys
from cognito_lab.providers import google_accounts, google_checks
from cognito_lab.providers.google_accounts import GoogleAccount, GoogleClient, SignIn
from cognito_lab.providers.pages import browse, error_page, page, parse_page, submit

SCRIPTS = {name: (google_accounts.HERE / f"gsi_{name}.js").read_bytes() for name in ("client", "handover")}


def register_hosts(current: Callable[[], Google]) -> None:
    """Let Google's hosts be answered by ``current()``, the Google of the account that is running."""
    if network_hosts.find_host("accounts.google.com") is None:
        hosts = r"accounts\.google\.com|(?:oauth2|www|openidconnect)\.googleapis\.com"
        network_hosts.register_host(hosts, "google", lambda request: current().answer(request))


class SignIns(Expiring[SignIn]):
    """What codes and access tokens stand for."""


class Forms(Expiring[tuple[str, SignIn]]):
    """Forms on a screen: where each goes, and what for."""

    def end(self, entry: tuple[str, SignIn]) -> float:
        return entry[1].expires


class Google:
    """Google as one account of the lab sees it: its clients, its people, and what it has given out."""

    def __init__(self) -> None:
        self.clients: dict[str, GoogleClient] = {}
        self.accounts: dict[str, GoogleAccount] = {}  # by e-mail address
        self._open = Forms()
        self._codes = SignIns()
        self._access_tokens = SignIns()
        self._on_its_way: Callable[[str], str] = str  # what becomes of an ID token behind the token endpoint

    # -- what a developer does in Google's console, and a person once in a life ------------------

    def register_client(
        self, name: str, redirect_uris: Iterable[str] = (), origins: Iterable[str] = (), secret: bool = True
    ) -> GoogleClient:
        """A new OAuth client ID. ``origins`` are those of the pages that show Google's button.

        Raises ValueError for an address that Google's console does not take.
        """
        redirects, pages = tuple(redirect_uris), tuple(origins)
        for address in redirects:
            google_checks.check_address(address)
        for address in pages:
            google_checks.check_address(address, is_origin=True)
        letters = string.ascii_lowercase + string.digits
        client_id = f"{randomness.digits(12)}-{randomness.text(32, letters)}.apps.googleusercontent.com"
        client_secret = f"GOCSPX-{randomness.text(28)}" if secret else None
        self.clients[client_id] = GoogleClient(name, client_id, client_secret, redirects, pages)
        return self.clients[client_id]

    @account_lock.LOCK
    def add_account(
        self, email: str, name: str, given_name: str, family_name: str, **more: Any
    ) -> GoogleAccount:
        """A person with a Google account; ``more``: ``picture``, ``hd``, ``email_verified``.

        Raises ValueError when somebody has this address already.
        """
        if email in self.accounts:
            raise ValueError(f"{email} already has a Google account")
        sub = f"1{randomness.digits(20)}"
        self.accounts[email] = GoogleAccount(sub, email, name, given_name, family_name, **more)
        return self.accounts[email]

    # -- what a person does in the browser, played by Python -------------------------------------

    def sign_in(self, address: str, account: str, consent: bool = True) -> str:
        """Open an authorization ``address``, choose the account with this e-mail address, consent or not.

        Returns the address to which Google sends the browser back. Raises :class:`OAuthError` where
        Google shows an error page instead and sends the browser nowhere.
        """
        chooser = browse("GET", address)
        question = submit(google_accounts.ISSUER, chooser, account=account)
        return submit(google_accounts.ISSUER, question, decision="allow" if consent else "deny").headers[
            "location"
        ]

    def credential(self, client_id: str, account: str, origin: str, nonce: str | None = None) -> str:
        """The ID token that Google Identity Services hands to the callback of a page at ``origin``.

        Raises :class:`OAuthError` for an unknown client, or an origin that it has not registered.
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

    # -- requests --------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """One HTTP request to one of Google's hosts; OutsideTheLab for an address that is not played."""
        address = f"{urlsplit(request.url).scheme}://{request.host}{request.path}"
        handler = ROUTES.get((request.method, address))
        if handler is None:
            raise OutsideTheLab(f"{request.method} {address} is not played by this lab's Google.")
        try:
            return handler(self, request)
        except OAuthError as error:
            return (
                error_page("Google", error)
                if address.startswith(google_accounts.ISSUER)
                else json_error(error)
            )

    @cached_property
    def key(self) -> signing_keys.SigningKey:
        """The key that signs, published at ``jwks_uri``. Google's key ids are hexadecimal."""
        return replace(signing_keys.new_key(), kid=randomness.octets(20).hex())

    def publish(self, request: Request) -> Response:
        return as_json({"keys": [self.key.jwk()]})

    # -- the code flow, page by page -------------------------------------------------------------

    def authorize(self, request: Request) -> Response:
        """The authorization request (RFC 6749, 4.1.1). Google shows its errors itself and redirects none."""
        fields = read_form(request)
        sign_in = SignIn(
            client=google_checks.check_client(self.clients, fields.get("client_id")),
            scopes=tuple(dict.fromkeys(fields.get("scope", "").split())),
            redirect_uri=fields.get("redirect_uri", ""),
            state=fields.get("state"),
            nonce=fields.get("nonce"),
            challenge=fields.get("code_challenge"),
            method=fields.get("code_challenge_method"),
        )
        google_checks.check_redirect_uri(sign_in)
        known = fields.get("response_type") == "code"
        refuse_if(not known, "unsupported_response_type", "This stand-in knows response_type=code.")
        google_checks.check_scopes(sign_in)
        google_checks.check_challenge(sign_in)
        return self._choose_account(sign_in, "/o/oauth2/v2/auth/oauthchooseaccount")

    def choose(self, request: Request) -> Response:
        sign_in = self._chosen(request)
        form = self._form(sign_in, "/signin/oauth/consent")
        told: dict[str, Any] = {"app": sign_in.client.name, "claims": list(sign_in.claims)}
        return page("Google", "google_consent.html", told | form)

    def consent(self, request: Request) -> Response:
        """Back to the app: with a code (RFC 6749, 4.1.2), or without one (4.1.2.1)."""
        sign_in, fields = self._resume(request)
        if fields.get("decision") != "allow":
            return _back_to_the_app(sign_in, error="access_denied")
        code = f"4/0A{randomness.text(70)}"
        self._codes[code] = replace(sign_in, expires=time.time() + google_accounts.CODE_SECONDS)
        return _back_to_the_app(sign_in, code=code, scope=" ".join(sign_in.scopes))

    def exchange(self, request: Request) -> Response:
        """The token request (RFC 6749, 4.1.3): the app shows who it is, and gives the code for tokens."""
        fields = read_form(request) | oauth.basic_credentials(request)
        client = google_checks.check_client(self.clients, fields.get("client_id"))
        google_checks.check_secret(client, fields.get("client_secret", ""))
        known = fields.get("grant_type") == "authorization_code"
        refuse_if(not known, "unsupported_grant_type", "This stand-in knows grant_type=authorization_code.")
        sign_in = google_checks.check_code(self._codes.get(fields.get("code", "")), client)
        google_checks.check_same_redirect_uri(sign_in, fields.get("redirect_uri"))
        google_checks.check_verifier(sign_in, fields.get("code_verifier"))
        del self._codes[fields["code"]]  # a code counts once
        access_token = f"ya29.a0{randomness.text(160)}"
        self._access_tokens[access_token] = replace(sign_in, expires=time.time() + google_accounts.HOUR)
        answer = {
            "access_token": access_token,
            "expires_in": google_accounts.HOUR - 1,
            "token_type": "Bearer",
        }
        if "openid" in sign_in.scopes:
            at_hash = oauth.access_token_hash(access_token)
            answer["id_token"] = self._on_its_way(self._id_token(sign_in, at_hash=at_hash))
        return as_json(answer | {"scope": " ".join(sign_in.scopes)})

    def _id_token(self, sign_in: SignIn, **more: Any) -> str:
        """An ID token: ``sub`` is the person, ``aud`` the one app that it is for."""
        now, client_id = int(time.time()), sign_in.client.client_id
        claims = {"iss": google_accounts.ISSUER, "azp": client_id, "aud": client_id, **sign_in.claims, **more}
        if sign_in.nonce is not None:
            claims["nonce"] = sign_in.nonce
        return self.key.sign(claims | {"iat": now, "exp": now + google_accounts.HOUR}, header={"typ": "JWT"})

    # -- Google Identity Services: the button on a page ------------------------------------------

    def select(self, request: Request) -> Response:
        fields = read_form(request)
        client = google_checks.check_client(self.clients, fields.get("client_id"))
        google_checks.check_origin(client, fields.get("origin"))
        sign_in = SignIn(client, nonce=fields.get("nonce"), origin=fields.get("origin", ""))
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
        return as_json(google_checks.check_access(sign_in).claims)

    def revoke(self, request: Request) -> Response:
        """Withdraw an access token (RFC 7009). Google's own example sends it in the query of a POST."""
        token = dict(parse_qsl(request.query)).get("token") or read_form(request).get("token", "")
        refuse_if(token not in self._access_tokens, "invalid_token", "Token expired or revoked")
        del self._access_tokens[token]
        return as_json({})

    # -- forms: each counts once, and only where it is meant to go -------------------------------

    def _form(self, sign_in: SignIn, action: str) -> dict[str, Any]:
        number = randomness.text(40)
        self._open[number] = action, replace(sign_in, expires=time.time() + google_accounts.FORM_SECONDS)
        return {"action": action, "hidden": {"sign_in": number}}

    def _resume(self, request: Request) -> tuple[SignIn, dict[str, str]]:
        fields = read_form(request)
        action, sign_in = self._open.pop(fields.get("sign_in", ""), ("", None))
        if sign_in is None or action != request.path:
            raise OAuthError("invalid_request", "This page was used already, or never shown. Start again.")
        return sign_in, fields

    def _choose_account(self, sign_in: SignIn, action: str, more: dict[str, str] | None = None) -> Response:
        people = {person.email: f"{person.name} ({person.email})" for person in self.accounts.values()}
        told: dict[str, Any] = {"service": sign_in.client.name, "accounts": people | (more or {})}
        return page("Google", "choose_account.html", told | self._form(sign_in, action))

    def _chosen(self, request: Request) -> SignIn:
        return self._chosen_by(*self._resume(request))

    def _chosen_by(self, sign_in: SignIn, fields: dict[str, str]) -> SignIn:
        account = self.accounts.get(fields.get("account", ""))
        refuse_if(account is None, "invalid_request", "Couldn't find this Google Account.")
        return replace(sign_in, account=account)


# -- small parts ---------------------------------------------------------------------------------


def _back_to_the_app(sign_in: SignIn, **fields: str) -> Response:
    if sign_in.state is not None:
        fields["state"] = sign_in.state
    return oauth.back_to(sign_in.redirect_uri, fields)


def _handover(sign_in: SignIn, *, credential: str = "") -> Response:
    """The last page in Google's window, whose script gives the credential to the page that asked."""
    told = {"app": sign_in.client.name, "origin": sign_in.origin, "credential": credential}
    response = page("Google", "google_handover.html", told)
    response.headers["content-security-policy"] += "; script-src 'self'"
    return response


def _script(name: str) -> Response:
    return Response(200, Headers({"content-type": "text/javascript; charset=utf-8"}), SCRIPTS[name])


ROUTES: dict[tuple[str, str], Callable[[Google, Request], Response]] = {
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
