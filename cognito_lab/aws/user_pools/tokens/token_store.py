"""What a pool knows of the tokens it issued: its keys, and each authentication of a user."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.threat_protection.request_context import Context
from cognito_lab.expiring import Expiring
from cognito_lab.protocols import signing_keys

LONGEST_ACCESS_TOKEN = 86400  # seconds, whatever an app client is set to


@dataclass
class Authentication:
    """One authentication of a user by an app client: what all tokens born of it have in common.

    Times are seconds since 1970; ``expires`` is the refresh token's, which rotation does not put off.
    ``scopes`` is None for a sign-in through the API, ``amr`` says by what means it was, and ``device`` on
    which device, in a pool that tracks them.
    """

    user: User
    client_id: str
    auth_time: int
    expires: float
    scopes: tuple[str, ...] | None = None
    amr: tuple[str, ...] = ("pwd",)
    event_id: str = ""
    device: Device | None = None
    origin_jti: str = field(default_factory=randomness.uuid4)
    revoked: bool = False
    session: Session | None = None
    # Each refresh token, and when it was rotated out (if it was).
    refresh_tokens: dict[str, float | None] = field(default_factory=dict)


@dataclass(eq=False)
class Session:
    """A session that its pool tracks: one of tokens, with its ``login`` and perhaps the browser's session it
    came through (``origin``), or one of a browser. Times are seconds since 1970."""

    id: str
    client_id: str
    ends: float
    context: Context
    login: Authentication | None = None
    origin: Session | None = None
    created: float = field(default_factory=time.time)
    last_active: float = field(default_factory=time.time)
    ended: bool = False

    @property
    def is_active(self) -> bool:
        over = self.ended or (self.login is not None and self.login.revoked)
        return not over and time.time() < self.ends

    def end(self) -> None:
        self.ended = True
        if self.login is not None:
            self.login.revoked = True


class Logins(Expiring[Authentication]):
    """Logins until no token of theirs is good: the last refresh may bring an access token of a day."""

    kept = LONGEST_ACCESS_TOKEN


@dataclass
class TokenStore:
    """A pool's two keys, and what only the pool knows: which logins it has answered and revoked."""

    logins: Logins = field(default_factory=Logins)  # by event id, which every token carries
    by_refresh_token: Logins = field(default_factory=Logins)
    _of_user: dict[str, WeakValueDictionary[str, Authentication]] = field(default_factory=dict)  # by sub
    _keys: dict[str, signing_keys.SigningKey] = field(default_factory=dict)

    def add(self, login: Authentication) -> None:
        self.logins[login.event_id] = login
        self._of_user.setdefault(login.user.sub, WeakValueDictionary())[login.event_id] = login

    def logins_of(self, user: User) -> Iterable[Authentication]:
        """The logins of a user that are not forgotten; those of others are not looked at."""
        return list(self._of_user.get(user.sub, {}).values())

    def key(self, token_use: str) -> signing_keys.SigningKey:
        """The key that signs ``"id"`` or ``"access"`` tokens; made when it is first needed."""
        if not self._keys:
            self._keys = {use: signing_keys.new_key() for use in ("id", "access")}
        return self._keys[token_use]

    def published(self) -> list[signing_keys.SigningKey]:
        return [self.key("id"), self.key("access")]


def token_store(pool: UserPool) -> TokenStore:
    return moto_patches.state_of(pool, TokenStore)
