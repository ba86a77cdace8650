"""Who and what an outside provider knows: people, apps, and a sign-in of one at the other."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Client:
    """An app as the provider's console shows it; ``client_secret`` is None for an app without one.

    ``origins`` are the pages that show Google's button. ``profile_id`` is the security profile at Amazon.
    ``team_id``, ``key_id`` and ``private_key`` (PEM) are what an app has at Apple in place of a secret.
    """

    name: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    origins: tuple[str, ...] = ()
    profile_id: str = ""
    team_id: str = ""
    key_id: str = ""
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Account:
    """A person at a provider. ``sub`` is the key that never changes; ``hd`` a Google Workspace domain."""

    sub: str
    email: str
    name: str
    given_name: str
    family_name: str
    picture: str | None = None
    hd: str | None = None
    email_verified: bool = True
    postal_code: str | None = None


@dataclass(frozen=True)
class SignIn:
    """What is known of one sign-in, from the request to the tokens; ``account`` once it is chosen.

    ``expires``: when the form, the code or the access token that it has become ends (seconds since 1970).
    """

    client: Client
    scopes: tuple[str, ...] = ()
    redirect_uri: str = ""
    state: str | None = None
    nonce: str | None = None
    origin: str = ""  # of the page with the button
    challenge: str | None = None
    method: str | None = None
    response_type: str = "code"
    response_mode: str = ""
    account: Account | None = None
    expires: float = 0.0
