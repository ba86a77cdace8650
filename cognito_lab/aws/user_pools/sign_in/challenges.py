"""Challenges: a sign-in that waits for its next answer, and which answer belongs to it.

Source: RespondToAuthChallenge in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import passwords, srp
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import Code, User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.sign_in import lockout
from cognito_lab.aws.user_pools.software_tokens import SoftwareToken
from cognito_lab.errors import AwsError, invalid
from cognito_lab.expiring import Expiring


@dataclass
class Challenge:
    """A sign-in that waits for its next answer; ``expires`` in seconds since 1970.

    ``server`` is what the answer to a PASSWORD_VERIFIER is checked with, ``code`` what was sent for a second
    factor, ``token`` the authenticator app that is being set up, ``credential`` the password of that moment,
    ``session`` the key under which it is kept, where it has one. ``is_first`` marks a challenge for a first
    factor: its code is never a second one. ``by_srp``: the password was proved and not sent. ``device`` is
    the one that has to show itself, ``device_key`` the one that the sign-in named when it began, ``amr`` what
    was shown before. ``to_sign`` is for a passkey.
    """

    name: str
    user: User
    client_id: str
    expires: float
    answered: bool = False
    server: srp.Server | None = None
    code: Code | None = None
    token: SoftwareToken | None = None
    credential: passwords.Credential | None = None
    session: str = ""
    by_srp: bool = False
    device: Device | None = None
    device_key: str = ""
    amr: tuple[str, ...] = ("pwd",)
    is_first: bool = False
    to_sign: bytes = b""
    # Of a sign-in of one's own: what was answered so far, and what its functions have kept for the next one.
    results: list[dict[str, Any]] | None = None
    private: dict[str, str] = field(default_factory=dict)
    metadata: str | None = None


class Challenges(Expiring[Challenge]):
    """The challenges of a pool by ``Session``; by ``SECRET_BLOCK`` where a password is to be proved."""

    kept = 3600


def required(parameters: Mapping[str, str], name: str) -> str:
    """A member of AuthParameters or ChallengeResponses that has to be there."""
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]


def store_challenge(client: AppClient, user: User, name: str, **facts: Any) -> str:
    """Remember a sign-in of ``user`` that waits for the challenge ``name``; answers its ``Session``."""
    session = randomness.text(200, randomness.ALPHANUMERIC + "-_")
    expires = time.time() + 60 * client.settings["AuthSessionValidity"]
    challenge = Challenge(name, user, client.id, expires, credential=user.credential, **facts)
    challenge.session = session
    moto_patches.state_of(client.pool, Challenges)[session] = challenge
    return session


def go_on(pool: UserPool, session: str, by_srp: bool, device_key: str | None) -> None:
    """The sign-in of this new ``Session`` began by SRP, or not, and on this device, if it named one."""
    challenge = moto_patches.state_of(pool, Challenges)[session]
    challenge.by_srp, challenge.device_key = by_srp, device_key or ""


def device_key(challenge: Challenge, responses: Mapping[str, str]) -> str | None:
    """The device that the answer names, or that the sign-in did when it began. That one may be forgotten by
    now: client libraries leave it out then, and only of the answer."""
    begun = challenge.device_key if challenge.device_key in challenge.user.devices else None
    return responses.get("DEVICE_KEY") or begun


def find_challenge(client: AppClient, session: str, name: str) -> Challenge:
    """The challenge that a session or secret block stands for: of this client and name, unanswered, in time.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    challenge = moto_patches.state_of(client.pool, Challenges).get(session)
    if challenge is None or challenge.client_id != client.id or challenge.name != name:
        raise challenge_refusal(name)
    check_session_unused(challenge)
    check_session_in_time(challenge)
    return challenge


def challenge_refusal(name: str) -> AwsError:
    """Of an SRP proof no caller learns which part of it was wrong, nor whether the user exists."""
    return lockout.wrong_password() if name.endswith("PASSWORD_VERIFIER") else invalid_session("")


def invalid_session(why: str) -> AwsError:
    return not_authorized(f"Invalid session for the user{why}.")


def check_session_unused(challenge: Challenge) -> None:
    if challenge.answered:
        raise invalid_session(", session can only be used once")


def check_session_in_time(challenge: Challenge) -> None:
    if time.time() >= challenge.expires:
        raise invalid_session(", session is expired")


def check_same_user(pool: UserPool, challenge: Challenge, username: str) -> None:
    """A session or secret block belongs to one user; nobody else's password is set or proved with it."""
    if pool.people.find(username) is not challenge.user:  # nor is that of anybody who does not exist
        raise challenge_refusal(challenge.name)
