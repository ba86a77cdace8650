"""Stand-ins for Facebook and Login with Amazon: authorization servers that sign no tokens.

Facebook's and Amazon's access tokens are opaque: only the provider can say for which app and which person one
is, and whether it still counts. So whoever is given one asks there: at ``/app`` and ``/me``, or at
``/auth/o2/tokeninfo``.

Sources: Meta, "Manually build a login flow" and "Graph API"; Amazon, "Login with Amazon developer guide for
websites". Ids have the shape that people see; texts may change.
"""

from __future__ import annotations

import re
import string
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from cognito_lab import randomness
from cognito_lab.network.forms import OAuthError, as_json, read_form
from cognito_lab.network.messages import Request, Response
from cognito_lab.providers import checks
from cognito_lab.providers.accounts import Client, SignIn
from cognito_lab.providers.authorization_server import AuthorizationServer, Routes

HOUR = 3600


class Social(AuthorizationServer):
    """Facebook, Amazon or Apple.

    Attributes:
        login: The address at which a sign-in begins. ``pages`` is where its forms go, too.
        seconds: How long its access tokens live.
        artefact: What an identity pool takes: the name of the token in the answer to a page.
        asks: What a page asks for, to get it at once.
    """

    login: ClassVar[str]
    seconds: ClassVar[int] = HOUR
    artefact: ClassVar[str] = "access_token"
    asks: ClassVar[Mapping[str, str]] = {"response_type": "token"}
    response_types = ("code", "token")
    chooser, asker = "/ap/choose", "/ap/consent"

    # -- what a developer does in the console, and a person in the settings ----------------------

    def register_client(self, name: str, redirect_uris: Iterable[str]) -> Client:
        """A new app, and the addresses to which people are sent back.

        Raises ValueError for an address that the console does not take, or without any.
        """
        redirects = tuple(redirect_uris)
        for address in redirects or ("",):
            checks.check_address(address)
        client = self.new_client(name, redirects)
        self.clients[client.client_id] = client
        return client

    def new_client(self, name: str, redirects: tuple[str, ...]) -> Client:
        raise NotImplementedError

    def credential(self, client_id: str, account: str) -> str:
        """What a page of this app gets when somebody signs in there, and hands to an identity pool.

        Raises :class:`OAuthError` for an unknown app.
        """
        client = checks.check_client(self.clients, client_id)
        asked = {"client_id": client_id, "redirect_uri": client.redirect_uris[0], **self.asks}
        fragment = urlsplit(self.sign_in(f"{self.login}?{urlencode(asked)}", account)).fragment
        return dict(parse_qsl(fragment))[self.artefact]

    def withdraw(self, client_id: str, account: str) -> None:
        """The person removes the app from their own account: its access tokens stop working at once."""
        for token, sign_in in list(self._access_tokens.items()):
            if sign_in.client.client_id == client_id and sign_in.account == self.accounts[account]:
                del self._access_tokens[token]

    # -- tokens ----------------------------------------------------------------------------------

    def new_token(self) -> str:
        """A new access token."""
        raise NotImplementedError

    def tokens(self, sign_in: SignIn) -> dict[str, Any]:
        token = self.access_token(sign_in, self.new_token(), self.seconds)
        return {"access_token": token, "token_type": "bearer", "expires_in": self.seconds}

    def grant(self, sign_in: SignIn) -> dict[str, str]:
        """A page gets a token at once (the implicit grant, RFC 6749, 4.2), a server a code."""
        return super().grant(sign_in) if sign_in.response_type == "code" else self.tokens(sign_in)

    def bearer(self, request: Request) -> SignIn:
        """The sign-in that the access token of a request stands for, in its query or its header."""
        given = read_form(request).get("access_token")
        token = given or request.headers.get("authorization", "").removeprefix("Bearer ")
        return checks.check_access(self._access_tokens.get(token))

    def profile(self, request: Request) -> Response:
        """What the access token opens of the person."""
        return as_json(self.claims(self.bearer(request)))


class Facebook(Social):
    """Facebook Login, and what of the Graph API tells whose an access token is."""

    service, name = "facebook", "Facebook"
    hosts = r"(?:www|graph)\.facebook\.com"
    pages = "https://www.facebook.com"
    login = "https://www.facebook.com/dialog/oauth"
    subject = "id"
    scopes: ClassVar = {
        "public_profile": {
            "name": "name", "first_name": "given_name", "last_name": "family_name", "picture": "picture",
        },
        "email": {"email": "email"},
    }  # fmt: skip
    scope = "public_profile"
    separator = ","
    seconds = 2 * HOUR  # "short-lived tokens", about an hour or two
    denied: ClassVar = {
        "error": "access_denied", "error_code": "200", "error_description": "Permissions error",
        "error_reason": "user_denied",
    }  # fmt: skip
    code_start = "AQ"

    @property
    def routes(self) -> Routes:
        return {
            ("GET", self.login): Facebook.authorize,
            ("POST", self.pages + self.chooser): Facebook.choose,
            ("POST", self.pages + self.asker): Facebook.consent,
            ("GET", "https://graph.facebook.com/oauth/access_token"): Facebook.exchange,
            ("GET", "https://graph.facebook.com/app"): Facebook.app,
            ("GET", "https://graph.facebook.com/me"): Facebook.me,
        }

    def path(self, request: Request) -> str:
        """Addresses may begin with a version of the API; the stand-in has one."""
        return re.sub(r"^/v\d{1,2}\.\d(?=/)", "", request.path)

    def new_subject(self) -> str:
        return f"1{randomness.digits(16)}"

    def new_client(self, name: str, redirects: tuple[str, ...]) -> Client:
        return Client(name, f"7{randomness.digits(14)}", randomness.octets(16).hex(), redirects)

    def new_token(self) -> str:
        return f"EAA{randomness.text(180)}"

    def check_grant(self, grant: str | None) -> None:
        """There is one kind of grant, which nobody names."""

    def app(self, request: Request) -> Response:
        """The app that the access token is for."""
        client = self.bearer(request).client
        return as_json({"id": client.client_id, "name": client.name})

    def me(self, request: Request) -> Response:
        """The person, as far as ``fields`` asks; an id and a name without it."""
        claims = self.claims(self.bearer(request))
        fields = read_form(request).get("fields") or "id,name"
        return as_json({name: claims[name] for name in ("id", *fields.split(",")) if name in claims})

    def json_error(self, error: OAuthError) -> Response:
        """Errors of the Graph API: 190 is a token that does not count, 100 anything else here."""
        told = {
            "message": error.message,
            "type": "OAuthException",
            "code": 190 if error.status == 401 else 100,
        }
        return as_json({"error": told}, 400)


class Amazon(Social):
    """Login with Amazon."""

    service, name = "amazon", "Amazon"
    hosts = r"(?:www|api)\.amazon\.com"
    pages = "https://www.amazon.com"
    login = "https://www.amazon.com/ap/oa"
    subject = "user_id"
    scopes: ClassVar = {
        "profile": {"name": "name", "email": "email"},
        "profile:user_id": {},
        "postal_code": {"postal_code": "postal_code"},
    }
    scope = "profile"

    @property
    def routes(self) -> Routes:
        return {
            ("GET", self.login): Amazon.authorize,
            ("POST", self.pages + self.chooser): Amazon.choose,
            ("POST", self.pages + self.asker): Amazon.consent,
            ("POST", "https://api.amazon.com/auth/o2/token"): Amazon.exchange,
            ("GET", "https://api.amazon.com/auth/o2/tokeninfo"): Amazon.token_info,
            ("GET", "https://api.amazon.com/user/profile"): Amazon.profile,
        }

    def new_subject(self) -> str:
        return f"amzn1.account.{randomness.text(28, string.ascii_uppercase + string.digits)}"

    def new_client(self, name: str, redirects: tuple[str, ...]) -> Client:
        """A security profile: one id for the whole, another for the app that shows it with a secret."""
        own, profile = (
            f"amzn1.application{kind}.{randomness.octets(16).hex()}" for kind in ("-oa2-client", "")
        )
        return Client(
            name, own, f"amzn1.oa2-cs.v1.{randomness.octets(32).hex()}", redirects, profile_id=profile
        )

    def new_token(self) -> str:
        return f"Atza|{randomness.text(200)}"

    def token_info(self, request: Request) -> Response:
        """For which app (``aud``) of which security profile (``app_id``) a token is, and for whom."""
        sign_in = self.bearer(request)
        told = {"iss": self.pages, "user_id": sign_in.account and sign_in.account.sub}
        told |= {"aud": sign_in.client.client_id, "app_id": sign_in.client.profile_id}
        return as_json(told | {"exp": max(0, int(sign_in.expires - time.time()))})

    def json_error(self, error: OAuthError) -> Response:
        """What counts as no token is told with the status 400."""
        return super().json_error(OAuthError(error.code, error.message, 400))
