"""Who and what Google knows: accounts, OAuth clients, and a sign-in of one at the other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DISCOVERY = json.loads((HERE / "google_discovery.json").read_text(encoding="utf-8"))
ISSUER = "https://accounts.google.com"
HOUR = 3600  # seconds that an ID token and an access token live
FORM_SECONDS = 24 * HOUR
CODE_SECONDS = 600  # the longest life of a code that RFC 6749, 4.1.2, recommends
CLAIMS_OF_SCOPE = {
    "openid": ("hd",),
    "email": ("email", "email_verified"),
    "profile": ("name", "picture", "given_name", "family_name"),
}


@dataclass(frozen=True)
class GoogleClient:
    """An OAuth client ID as Google's console shows it; ``client_secret`` is None for an app without one."""

    name: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    origins: tuple[str, ...]


@dataclass(frozen=True)
class GoogleAccount:
    """A person at Google. ``sub`` is the key that never changes; ``hd`` the Workspace domain, if any."""

    sub: str
    email: str
    name: str
    given_name: str
    family_name: str
    picture: str | None = None
    hd: str | None = None
    email_verified: bool = True


@dataclass(frozen=True)
class SignIn:
    """What is known of one sign-in, from the request to the tokens; ``account`` once it is chosen.

    ``expires``: when the form, the code or the access token that it has become ends (seconds since 1970).
    """

    client: GoogleClient
    scopes: tuple[str, ...] = tuple(CLAIMS_OF_SCOPE)
    redirect_uri: str = ""
    state: str | None = None
    nonce: str | None = None
    origin: str = ""  # of the page with the button
    challenge: str | None = None
    method: str | None = None
    account: GoogleAccount | None = None
    expires: float = 0.0

    @property
    def claims(self) -> dict[str, Any]:
        """What the scopes open of the person (OpenID Connect Core 1.0, 5.4); the unknown is left out."""
        names = ["sub", *(name for scope in self.scopes for name in CLAIMS_OF_SCOPE[scope])]
        claims = {name: getattr(self.account, name) for name in names}
        return {name: value for name, value in claims.items() if value is not None}
