"""What outside providers share: apps and people, the pages of a sign-in, codes and access tokens.

A sign-in goes

    authorization address → choose an account → consent → back to the app

and each step is an HTTP request of its own; :meth:`AuthorizationServer.sign_in` walks them as a browser does.
There are no passwords: who chooses an account is that person. Every page says what this is.

Source: RFC 6749 (OAuth 2.0), 7636 (PKCE).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from cognito_lab import randomness
from cognito_lab.errors import OutsideTheLab
from cognito_lab.expiring import Expiring
from cognito_lab.network import account_lock
from cognito_lab.network.forms import OAuthError, as_json, json_error, read_form, refuse_if
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import oauth
from cognito_lab.providers import checks
from cognito_lab.providers.accounts import Account, Client, SignIn
from cognito_lab.providers.pages import browse, error_page, page, submit

FORM_SECONDS = 24 * 3600
Routes = Mapping[tuple[str, str], Callable[[Any, Request], Response]]
CODE_SECONDS = 600  # the longest life of a code that RFC 6749, 4.1.2, recommends


class SignIns(Expiring[SignIn]):
    """What codes and access tokens stand for."""


class Forms(Expiring[tuple[str, SignIn]]):
    """Forms on a screen: where each goes, and what for."""

    def end(self, entry: tuple[str, SignIn]) -> float:
        return entry[1].expires


class AuthorizationServer:
    """A provider as one account of the lab sees it: its apps, its people, and what it has given out.

    Attributes:
        service: What the lab calls it. ``name``: what its pages call it.
        hosts: The pattern of its hosts' names.
        pages: What the addresses of its pages begin with; what others answer is JSON.
        chooser: The path of the form on which an account is chosen; ``asker`` that of the consent.
        subject: The claim with the key of a person.
        scopes: The claims that each scope opens, and the attribute of the account in each.
        scope: The scopes of a request that names none.
        separator: What stands between scopes, besides spaces.
        response_types: What a request may ask for (RFC 6749, 3.1.1).
        denied: What the app hears of a person who does not consent.
        code_start: What authorization codes begin with.
    """

    service: ClassVar[str]
    name: ClassVar[str]
    hosts: ClassVar[str]
    pages: ClassVar[str]
    chooser: ClassVar[str]
    asker: ClassVar[str]
    subject: ClassVar[str] = "sub"
    scopes: ClassVar[Mapping[str, Mapping[str, str]]]
    scope: ClassVar[str] = ""
    separator: ClassVar[str] = " "
    response_types: ClassVar[tuple[str, ...]] = ("code",)
    denied: ClassVar[Mapping[str, str]] = {"error": "access_denied"}
    code_start: ClassVar[str] = ""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.accounts: dict[str, Account] = {}  # by e-mail address
        self._open = Forms()
        self._codes = SignIns()
        self._access_tokens = SignIns()

    # -- what each of them has of its own --------------------------------------------------------

    @property
    def routes(self) -> Routes:
        """Who answers, by method and address."""
        raise NotImplementedError

    def new_subject(self) -> str:
        """The key of a new person."""
        raise NotImplementedError

    def tokens(self, sign_in: SignIn) -> dict[str, Any]:
        """What a code is exchanged for."""
        raise NotImplementedError

    # -- people ----------------------------------------------------------------------------------

    @account_lock.LOCK
    def add_account(self, email: str, name: str, given_name: str, family_name: str, **more: Any) -> Account:
        """A person with an account here; ``more``: what else :class:`.accounts.Account` has.

        Raises ValueError when somebody has this address already.
        """
        if email in self.accounts:
            raise ValueError(f"{email} already has an account at {self.name}")
        self.accounts[email] = Account(self.new_subject(), email, name, given_name, family_name, **more)
        return self.accounts[email]

    join = add_account

    def sign_in(self, address: str, account: str, consent: bool = True) -> str:
        """Open an authorization ``address``, choose the account with this e-mail address, consent or not.

        Returns the address to which the browser is sent back. Raises :class:`OAuthError` where the provider
        shows an error page instead and sends the browser nowhere.
        """
        return self._walk(address, account, consent).headers["location"]

    def _walk(self, address: str, account: str, consent: bool = True) -> Response:
        chooser = browse("GET", address)
        question = submit(self.pages, chooser, account=account)
        return submit(self.pages, question, decision="allow" if consent else "deny")

    # -- requests --------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """One HTTP request to one of its hosts; OutsideTheLab for an address that is not played."""
        address = f"{urlsplit(request.url).scheme}://{request.host}{self.path(request)}"
        handler = self.routes.get((request.method, address))
        if handler is None:
            raise OutsideTheLab(f"{request.method} {address} is not played by this lab's {self.name}.")
        try:
            return handler(self, request)
        except OAuthError as error:
            return error_page(self.name, error) if address.startswith(self.pages) else self.json_error(error)

    def path(self, request: Request) -> str:
        """The path by which a request is answered."""
        return request.path

    def json_error(self, error: OAuthError) -> Response:
        return json_error(error)

    # -- the flow, page by page ------------------------------------------------------------------

    def authorize(self, request: Request) -> Response:
        """The authorization request (RFC 6749, 4.1.1). Its errors are shown here, and redirect nobody."""
        fields = read_form(request)
        scope = fields.get("scope", self.scope).replace(self.separator, " ")
        sign_in = SignIn(
            client=checks.check_client(self.clients, fields.get("client_id")),
            scopes=tuple(dict.fromkeys(scope.split())),
            redirect_uri=fields.get("redirect_uri", ""),
            state=fields.get("state"),
            nonce=fields.get("nonce"),
            challenge=fields.get("code_challenge"),
            method=fields.get("code_challenge_method"),
            response_type=fields.get("response_type", ""),
            response_mode=fields.get("response_mode", ""),
        )
        checks.check_redirect_uri(sign_in)
        known = sign_in.response_type in self.response_types
        said = " or ".join(self.response_types)
        refuse_if(not known, "unsupported_response_type", f"This stand-in knows response_type={said}.")
        self.check_scopes(sign_in)
        checks.check_challenge(sign_in)
        return self._choose_account(sign_in, self.chooser)

    def check_scopes(self, sign_in: SignIn) -> None:
        checks.check_scopes(sign_in, self.scopes)

    def choose(self, request: Request) -> Response:
        sign_in = self._chosen_by(*self._resume(request))
        form = self._form(sign_in, self.asker)
        told: dict[str, Any] = {"app": sign_in.client.name, "claims": list(self.claims(sign_in))}
        return page(self.name, "consent.html", told | form)

    def consent(self, request: Request) -> Response:
        """Back to the app: with what it asked for (RFC 6749, 4.1.2), or without (4.1.2.1)."""
        sign_in, fields = self._resume(request)
        given = self.grant(sign_in) if fields.get("decision") == "allow" else dict(self.denied)
        return self.back(sign_in, given)

    def grant(self, sign_in: SignIn) -> dict[str, str]:
        """What the app gets with the browser: a code."""
        code = f"{self.code_start}{randomness.text(70)}"
        self._codes[code] = replace(sign_in, expires=time.time() + CODE_SECONDS)
        return {"code": code}

    def back(self, sign_in: SignIn, fields: dict[str, str]) -> Response:
        """The browser goes back to the app: with a code in the query, with tokens behind ``#``."""
        if sign_in.state is not None:
            fields["state"] = sign_in.state
        return oauth.back_to(sign_in.redirect_uri, fields, fragment=sign_in.response_type != "code")

    def exchange(self, request: Request) -> Response:
        """The token request (RFC 6749, 4.1.3): the app shows who it is, and gives the code for tokens."""
        fields = read_form(request) | oauth.basic_credentials(request)
        client = checks.check_client(self.clients, fields.get("client_id"))
        self.check_secret(client, fields.get("client_secret", ""))
        self.check_grant(fields.get("grant_type"))
        sign_in = checks.check_code(self._codes.get(fields.get("code", "")), client)
        checks.check_same_redirect_uri(sign_in, fields.get("redirect_uri"))
        checks.check_verifier(sign_in, fields.get("code_verifier"))
        del self._codes[fields["code"]]  # a code counts once
        return as_json(self.tokens(sign_in))

    def check_grant(self, grant: str | None) -> None:
        known = grant == "authorization_code"
        refuse_if(not known, "unsupported_grant_type", "This stand-in knows grant_type=authorization_code.")

    def check_secret(self, client: Client, secret: str) -> None:
        checks.check_secret(client, secret)

    def access_token(self, sign_in: SignIn, token: str, seconds: int) -> str:
        """``token``, from now on the access token of this sign-in."""
        self._access_tokens[token] = replace(sign_in, expires=time.time() + seconds)
        return token

    def claims(self, sign_in: SignIn) -> dict[str, Any]:
        """What the scopes open of the person (OpenID Connect Core 1.0, 5.4); the unknown is left out."""
        opened = {self.subject: "sub"}
        for scope in sign_in.scopes:
            opened |= self.scopes[scope]
        claims = {name: getattr(sign_in.account, attribute) for name, attribute in opened.items()}
        return {name: value for name, value in claims.items() if value is not None}

    # -- forms: each counts once, and only where it is meant to go -------------------------------

    def _form(self, sign_in: SignIn, action: str) -> dict[str, Any]:
        number = randomness.text(40)
        self._open[number] = action, replace(sign_in, expires=time.time() + FORM_SECONDS)
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
        return page(self.name, "choose_account.html", told | self._form(sign_in, action))

    def _chosen_by(self, sign_in: SignIn, fields: dict[str, str]) -> SignIn:
        account = self.accounts.get(fields.get("account", ""))
        refuse_if(account is None, "invalid_request", f"Couldn't find this {self.name} account.")
        return replace(sign_in, account=account)
