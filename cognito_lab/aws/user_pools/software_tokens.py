"""Authenticator apps: a secret that a pool shares with one user, and the codes of it (RFC 6238).

Source: "TOTP software token MFA".
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field

import pyotp
from pyotp.exceptions import OTPVerificationError

from cognito_lab import clock, randomness
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges

SECRET_OCTETS = 32
DRIFT = 1  # steps of 30 seconds that an app's clock may be early or late


def new_secret() -> str:
    """A secret in Base32, without padding: people type it where they cannot scan it."""
    return base64.b32encode(randomness.octets(SECRET_OCTETS)).decode().rstrip("=")


@dataclass
class SoftwareToken:
    """One user's secret; ``used`` holds the newest time steps whose codes were accepted."""

    secret: str = field(default_factory=new_secret)
    name: str = ""
    used: set[int] = field(default_factory=set)


def accepts(token: SoftwareToken, code: str) -> bool:
    """Whether ``code`` is one of ``token`` for now. A code is accepted once.

    Raises:
        AwsError: ``ExpiredCodeException``: the code was accepted before.
    """
    step = step_of(token, code)
    if step is None:
        return False
    check_unused(token, step)
    token.used = {one for one in token.used if abs(one - step) <= 2 * DRIFT} | {step}
    return True


def step_of(token: SoftwareToken, code: str) -> int | None:
    """The time step of ``code``: now, or as many before or after as an app's clock may be wrong."""
    # An app outside of the kernel goes by the machine's clock.
    now = clock.real_time() if exchanges.current_request().outside else time.time()
    try:
        found = pyotp.TOTP(token.secret).verify_and_get_timecode(code, for_time=now, valid_window=DRIFT)
    except OTPVerificationError:
        return None
    return found if code.isascii() else None  # pyotp takes the digits of other scripts as well


def check_unused(token: SoftwareToken, step: int) -> None:
    if step in token.used:
        raise AwsError("ExpiredCodeException", "Your software token has already been used once.")


def not_found(text: str) -> AwsError:
    return AwsError("SoftwareTokenMFANotFoundException", text)
