"""Passwords: the pool's policy, the salted hash that is kept of them, and the ones used before.

Source: "Adding user pool password requirements".
"""

from __future__ import annotations

import hashlib
import hmac
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.user_pools import srp
from cognito_lab.errors import AwsError, invalid

# The API's "Cognito defaults", for a pool that names no policy of its own.
DEFAULT_POLICY = {
    "MinimumLength": 8, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True,
    "RequireSymbols": True, "TemporaryPasswordValidityDays": 7,
}  # fmt: skip
SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"
CHARACTERS = (  # in the order in which a breach is named, one at a time
    ("RequireLowercase", "lowercase", string.ascii_lowercase),
    ("RequireUppercase", "uppercase", string.ascii_uppercase),
    ("RequireNumbers", "numeric", string.digits),
    ("RequireSymbols", "symbol", SYMBOLS + " "),
)
SHORTEST = 6  # below it the request itself is malformed, whatever the policy says
# Far fewer rounds than a real directory takes (OWASP: 600,000), so that a sign-in stays quick to watch.
ROUNDS = 1000


@dataclass(frozen=True)
class Hash:
    """What the pool keeps of a password: PBKDF2 (RFC 8018) over a salt of its own, never the text.

    For SRP, its private key over the same salt is kept as well; that costs next to nothing. The verifier
    costs ten times what checking a password does, so it is made when SRP first asks. (A real directory, whose
    storage may be stolen, keeps the verifier alone: who has the private key needs no password.)
    """

    digest: bytes
    salt: bytes
    private_key: int = field(repr=False)

    @classmethod
    def of(cls, password: str, name: str) -> Hash:
        """``name`` is the user's :func:`srp.full_name`."""
        salt = randomness.octets(16)
        return cls(
            _derive(password, salt), salt, srp.private_key(int.from_bytes(salt, "big"), name, password)
        )

    @cached_property
    def verifier(self) -> int:
        """v of SRP: proofs can be checked with it, and none made."""
        return pow(srp.GENERATOR, self.private_key, srp.GROUP)

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(self.digest, _derive(password, self.salt))


# Of somebody who has none, and of nobody: no password has an empty digest, and a look costs what it costs.
NO_PASSWORD = Hash(b"", bytes(16), 1)


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)


@dataclass
class Credential:
    """A user's password and the former ones, newest last; ``set_at`` is in seconds since 1970."""

    current: Hash
    set_at: float
    former: list[Hash] = field(default_factory=list)


def with_defaults(policy: Mapping[str, Any] | None) -> dict[str, Any]:
    """The policy in force: AWS's defaults, or the one given, in which a rule left out is off."""
    if policy is None:
        return dict(DEFAULT_POLICY)
    off = dict.fromkeys((rule for rule, _, _ in CHARACTERS), False)
    days = policy.get("TemporaryPasswordValidityDays") or DEFAULT_POLICY["TemporaryPasswordValidityDays"]
    return {"MinimumLength": 8, **off, **policy, "TemporaryPasswordValidityDays": days}


def check_long_enough_to_send(password: str) -> None:
    """At sign-up a password of fewer than six characters is refused before the policy is looked at."""
    if len(password) < SHORTEST:
        raise invalid(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: "
            f"Member must have length greater than or equal to {SHORTEST}"
        )


def check_policy(policy: Mapping[str, Any], password: str, called: str = "policy") -> None:
    """The pool's password policy, by the name that the operation has for it.

    Raises:
        AwsError: ``InvalidPasswordException``, naming the first rule that is broken.
    """
    if len(password) < policy["MinimumLength"]:
        raise _breach(called, "Password not long enough")
    counted = password.strip(" ")  # an outer space is no symbol
    for rule, name, characters in CHARACTERS:
        if policy[rule] and not set(counted) & set(characters):
            raise _breach(called, f"Password must have {name} characters")


def _breach(called: str, rule: str) -> AwsError:
    return AwsError("InvalidPasswordException", f"Password did not conform with {called}: {rule}")


def check_history(policy: Mapping[str, Any], credential: Credential | None, password: str) -> None:
    """With a history of n, none of the last n passwords may come back."""
    size = policy.get("PasswordHistorySize") or 0
    if credential is None or not size:
        return
    if any(old.matches(password) for old in [*credential.former, credential.current][-size:]):
        raise AwsError("PasswordHistoryPolicyViolationException", "Password has previously been used.")


def temporary(policy: Mapping[str, Any]) -> str:
    """A password that Cognito makes up for an invitation; it keeps the policy."""
    sure = "".join(randomness.text(1, characters.strip()) for _, _, characters in CHARACTERS)
    return sure + randomness.text(max(8, policy["MinimumLength"]) - len(sure))
