"""RSA keys that sign tokens, and the key sets (JWKS, RFC 7517) in which they are published.

A learner's kernel generates its keys when they are first needed: 40 to 70 ms each. `cryptography`
cannot make an RSA key from a seed, so the runs that must give the same bytes twice take theirs, in
order, from ``data/test_keys.json``: a small pool of numbers that sign nothing but test tokens.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.utils import to_base64url_uint

from cognito_lab import randomness
from cognito_lab.paths import DATA

KEY_BITS = 2048  # what user pools and Google sign with


@dataclass
class SigningKey:
    """One RSA key pair and the name (``kid``) under which its public half is published."""

    kid: str
    private: rsa.RSAPrivateKey

    def sign(
        self, claims: dict[str, Any], algorithm: str = "RS256", header: dict[str, Any] | None = None
    ) -> str:
        """A signed JWT (RFC 7519). Its header is ``kid`` and ``alg``, and what ``header`` adds."""
        fields = {"kid": self.kid, "typ": None, **(header or {})}
        return jwt.encode(claims, self.private, algorithm=algorithm, headers=fields)

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()

    def jwk(self, algorithm: str = "RS256") -> dict[str, str]:
        """The public half as a JSON Web Key."""
        numbers = self.public.public_numbers()
        return {
            "alg": algorithm,
            "e": to_base64url_uint(numbers.e).decode(),
            "kid": self.kid,
            "kty": "RSA",
            "n": to_base64url_uint(numbers.n).decode(),
            "use": "sig",
        }


class KeyPool:
    """Where new keys come from: generated, or taken in order from the committed test keys."""

    def __init__(self, fixed: bool) -> None:
        self._fixed = json.loads((DATA / "test_keys.json").read_text())["keys"] if fixed else None
        self._taken = 0

    def new(self) -> SigningKey:
        """A key that no one in this account has yet.

        Raises:
            RuntimeError: A reproducible run asked for more keys than the pool of test keys holds.
        """
        kid = base64.b64encode(randomness.octets(32)).decode()
        if self._fixed is None:
            return SigningKey(kid, rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))
        if self._taken >= len(self._fixed):
            raise RuntimeError(
                f"data/test_keys.json holds {len(self._fixed)} keys, and this run needs one more"
            )
        numbers = {name: int(value, 16) for name, value in self._fixed[self._taken].items()}
        self._taken += 1
        return SigningKey(kid, _private_key(**numbers))


_pool: KeyPool | None = None


def start_keys(fixed: bool) -> None:
    """Begin a new account's keys; ``fixed`` takes them from the committed test keys."""
    global _pool
    _pool = KeyPool(fixed)


def new_key() -> SigningKey:
    """The next signing key of the account."""
    assert _pool is not None, "no account is running"
    return _pool.new()


def _private_key(p: int, q: int, d: int) -> rsa.RSAPrivateKey:
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(65537, p * q),
    )
    # The check of the key's arithmetic costs more than making a token; test_signing_keys.py does it once.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
