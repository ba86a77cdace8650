"""The one source of chance: codes, secrets, ids.

On a learner's machine it is the operating system's. The runs that make or compare stored outputs
seed it, so that two of them give the same bytes; :func:`seed` says which of the two is in force.
"""

from __future__ import annotations

import random
import string
import uuid

ALPHANUMERIC = string.ascii_letters + string.digits

_source: random.Random = random.SystemRandom()


def seed(number: int | None) -> None:
    """Start the source anew: from ``number``, or from the operating system when it is ``None``."""
    global _source
    _source = random.SystemRandom() if number is None else random.Random(number)


def uuid4() -> str:
    """A random UUID in its usual form of 36 characters."""
    return str(uuid.UUID(int=_source.getrandbits(128), version=4))


def digits(count: int) -> str:
    """``count`` decimal digits, leading zeros included: a code as people read it."""
    return "".join(_source.choice(string.digits) for _ in range(count))


def text(count: int, alphabet: str = ALPHANUMERIC) -> str:
    """``count`` characters of ``alphabet``."""
    return "".join(_source.choice(alphabet) for _ in range(count))


def octets(count: int) -> bytes:
    """``count`` random bytes."""
    return _source.getrandbits(8 * count).to_bytes(count, "big") if count else b""
