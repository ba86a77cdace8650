"""Secure Remote Password, SRP-6a, as Cognito computes it: a password is proved and never sent.

The names of the letters: N group, g generator, k multiplier, x private key, v verifier, A and B the public
values of client and server, a and b their secrets, u what mixes both, S what both arrive at.

Source: RFC 5054 (protocol, group, pretended answers), RFC 5869 (the key out of S). How Cognito writes numbers
and what it signs is told by the source of AWS's own client libraries (Amplify JavaScript, package auth).
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from functools import cached_property

GROUP = int(  # N: 3072 bits, RFC 5054 appendix A
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
GENERATOR = 2
SECRET_OCTETS = 32  # of b; RFC 5054, 2.6: at least 256 bits
DAYS, MONTHS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun", "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
TIMESTAMP = re.compile(rf"(?:{DAYS}) ({MONTHS}) (\d\d?) (\d\d):(\d\d):(\d\d) UTC (20\d\d)", re.ASCII)


def pad(number: int) -> bytes:
    """Big-endian, with a zero octet in front if the first bit is set: as Java writes a number with a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def digest(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


MULTIPLIER = digest(pad(GROUP), pad(GENERATOR))


def full_name(pool_id: str, username: str) -> str:
    """What stands before the password in x and first in the signed text: no Region, and no alias."""
    return pool_id.partition("_")[2] + username


def private_key(salt: int, name: str, password: str) -> int:
    """x, for a :func:`full_name`. The client has it from the password each time anew."""
    inner = hashlib.sha256(f"{name}:{password}".encode()).digest()
    return digest(pad(salt), inner)


@dataclass(frozen=True)
class Server:
    """Cognito's half of one sign-in: ``client_public`` is A, ``secret`` b, ``verifier`` v."""

    client_public: int
    secret: int
    verifier: int

    @cached_property
    def public(self) -> int:
        """B. Without v it is a number like any other, so it gives nothing of the password away."""
        return (MULTIPLIER * self.verifier + pow(GENERATOR, self.secret, GROUP)) % GROUP

    def key(self) -> bytes:
        """16 octets, at which the client arrives too, by way of a and x, if its password is the right one."""
        mix = digest(pad(self.client_public), pad(self.public))
        shared = pow(self.client_public * pow(self.verifier, mix, GROUP), self.secret, GROUP)
        extracted = hmac.digest(pad(mix), pad(shared), "sha256")
        return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]

    def signature(self, name: str, secret_block: bytes, timestamp: str) -> bytes:
        """PASSWORD_CLAIM_SIGNATURE before Base64, for a :func:`full_name`."""
        return hmac.digest(self.key(), name.encode() + secret_block + timestamp.encode(), "sha256")


def timestamp(moment: float) -> str:
    """``Mon Jun 1 09:00:00 UTC 2026``: English, in UTC, the day without a leading zero."""
    # strftime would write in the language of the process; asctime does not.
    day, month, number, clock, year = time.asctime(time.gmtime(moment)).split()
    return f"{day} {month} {number} {clock} UTC {year}"


def parse_timestamp(text: str) -> float | None:
    """The seconds since 1970 that a TIMESTAMP stands for; ``None`` if it has another form."""
    found = TIMESTAMP.fullmatch(text)
    if not found:
        return None
    month, *numbers = found.groups()
    day, hour, minute, second, year = map(int, numbers)
    return calendar.timegm((year, MONTHS.split("|").index(month) + 1, day, hour, minute, second))
