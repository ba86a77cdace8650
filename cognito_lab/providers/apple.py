"""A stand-in for Sign in with Apple: OpenID Connect, whose apps sign a JWT of their own in place of a secret.

Source: Apple, "Sign in with Apple REST API", "Creating a client secret". Ids have the shape that people see.
Apple does not say how long an ID token counts; people see a day.
"""

from __future__ import annotations

import json
import re
import string
import time
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cognito_lab import randomness
from cognito_lab.network.forms import OAuthError, as_json, refuse_if
from cognito_lab.network.messages import Response
from cognito_lab.protocols import oauth, signing_keys
from cognito_lab.providers.accounts import Client, SignIn
from cognito_lab.providers.authorization_server import AuthorizationServer, Routes
from cognito_lab.providers.pages import page, parse_page
from cognito_lab.providers.social import HOUR, Social

HALF_A_YEAR = 15_777_000  # seconds; "Creating a client secret"
PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


class Apple(Social):
    """Apple as one account of the lab sees it."""

    service, name = "apple", "Apple"
    hosts = r"appleid\.apple\.com"
    issuer = "https://appleid.apple.com"
    pages = login = f"{issuer}/auth/authorize"
    chooser, asker = "/auth/authorize/choose", "/auth/authorize/consent"
    scopes: ClassVar = {"name": {}, "email": {"email": "email", "email_verified": "email_verified"}}
    artefact = "id_token"
    asks: ClassVar = {"response_type": "code id_token", "response_mode": "fragment"}
    response_types = ("code", "code id_token")
    denied: ClassVar = {"error": "user_cancelled_authorize"}
    published: ClassVar = {
        "issuer": issuer, "authorization_endpoint": login, "token_endpoint": f"{issuer}/auth/token",
        "jwks_uri": f"{issuer}/auth/keys", "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "name"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._known_to: set[tuple[str, str]] = set()  # apps and the people who told them their names

    @property
    def routes(self) -> Routes:
        return {
            ("GET", f"{self.issuer}/.well-known/openid-configuration"): lambda *_: as_json(self.published),
            ("GET", f"{self.issuer}/auth/keys"): lambda *_: as_json({"keys": [self.key.jwk()]}),
            ("GET", self.login): Apple.authorize,
            ("POST", self.issuer + self.chooser): Apple.choose,
            ("POST", self.issuer + self.asker): Apple.consent,
            ("POST", f"{self.issuer}/auth/token"): Apple.exchange,
        }

    @cached_property
    def key(self) -> signing_keys.SigningKey:
        """The key that signs ID tokens."""
        return replace(signing_keys.new_key(), kid=randomness.text(10))

    def new_subject(self) -> str:
        return f"00{randomness.digits(4)}.{randomness.octets(16).hex()}.{randomness.digits(4)}"

    def new_client(self, name: str, redirects: tuple[str, ...]) -> Client:
        """A Services ID, which the developer chooses, and a key of the developer's team."""
        services_id = f"example.{re.sub(r'[^a-z0-9]', '', name.lower())}.web"
        if services_id in self.clients:
            raise ValueError(f"{services_id} is taken")
        team, key_id = (randomness.text(10, string.ascii_uppercase + string.digits) for _ in range(2))
        private = ec.derive_private_key(int.from_bytes(randomness.octets(31)) + 1, ec.SECP256R1())
        pem = private.private_bytes(*PEM, serialization.NoEncryption()).decode()
        return Client(name, services_id, None, redirects, team_id=team, key_id=key_id, private_key=pem)

    def new_token(self) -> str:
        return f"a{randomness.octets(16).hex()}.0.{randomness.text(60)}"

    def check_scopes(self, sign_in: SignIn) -> None:
        """None is needed. Name and address come in a form, and never in an address."""
        if sign_in.scopes:
            super().check_scopes(sign_in)
            text = "response_mode must be form_post when name or email scope is requested."
            refuse_if(sign_in.response_mode != "form_post", "invalid_request", text)

    def check_secret(self, client: Client, secret: str) -> None:
        """A JWT that the app's key has signed, for Apple, and for half a year at most."""
        key: Any = serialization.load_pem_private_key(client.private_key.encode(), None).public_key()
        try:
            claims: dict[str, Any] = jwt.decode(
                secret, key, algorithms=["ES256"], audience=self.issuer, issuer=client.team_id,
                options={"require": ["exp", "iat", "sub"]},
            )  # fmt: skip
            signed_by = jwt.get_unverified_header(secret).get("kid")
        except (jwt.PyJWTError, TypeError):
            raise OAuthError("invalid_client") from None
        late = claims["exp"] - claims["iat"] > HALF_A_YEAR
        wrong = late or signed_by != client.key_id or claims["sub"] != client.client_id
        refuse_if(wrong, "invalid_client")

    def grant(self, sign_in: SignIn) -> dict[str, str]:
        """A code; an ID token, if the page asks for it; the name, the first time only."""
        given = AuthorizationServer.grant(self, sign_in)
        if "id_token" in sign_in.response_type:
            given["id_token"] = self.id_token(sign_in, c_hash=oauth.access_token_hash(given["code"]))
        person = sign_in.account
        if person and "name" in sign_in.scopes and (it := (sign_in.client.client_id, person.sub)):
            if it not in self._known_to:
                name = {"firstName": person.given_name, "lastName": person.family_name}
                given["user"] = json.dumps({"name": name, "email": person.email})
            self._known_to.add(it)
        return given

    def withdraw(self, client_id: str, account: str) -> None:
        """As for the others. An ID token counts until it expires: nobody asks Apple about it."""
        super().withdraw(client_id, account)
        self._known_to.discard((client_id, self.accounts[account].sub))

    def tokens(self, sign_in: SignIn) -> dict[str, Any]:
        given = super().tokens(sign_in)
        return given | {
            "id_token": self.id_token(sign_in, at_hash=oauth.access_token_hash(given["access_token"]))
        }

    def id_token(self, sign_in: SignIn, **more: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": sign_in.client.client_id, "exp": now + 24 * HOUR, "iat": now}
        claims |= {**self.claims(sign_in), **more, "auth_time": now, "nonce_supported": True}
        if sign_in.nonce is not None:
            claims["nonce"] = sign_in.nonce
        return self.key.sign(claims)

    def back(self, sign_in: SignIn, fields: dict[str, str]) -> Response:
        """By a form that the browser posts, where the app asks for that. No script runs: it has a button."""
        if sign_in.response_mode != "form_post":
            return super().back(sign_in, fields)
        state = {} if sign_in.state is None else {"state": sign_in.state}
        return page(self.name, "answer.html", {"action": sign_in.redirect_uri, "hidden": {**state, **fields}})

    def sign_in_by_form(self, address: str, account: str, consent: bool = True) -> dict[str, str]:
        """As ``sign_in``, for ``response_mode=form_post``: the fields that the browser posts to the app."""
        return parse_page(self._walk(address, account, consent)).forms[0].hidden
