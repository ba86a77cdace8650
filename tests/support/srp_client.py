"""The client's half of SRP, written from its formulas alone: it shares no code with the pool's half."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timezone

from support.user_pools import PASSWORD

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The 3072-bit prime of RFC 3526 (group 15) by its own formula: 2^3072 - 2^3008 - 1 + 2^64 (floor(2^2942 pi) +
# 1690314). The digits of pi are made here, so that a slip of the pen in the pool's constant would be noticed.


def pi_times(power):
    """floor(2^power * pi), by Machin's formula."""
    unity = 1 << (power + 64)

    def arctan(inverse):
        term = total = unity // inverse
        number, sign = 3, -1
        while term:
            term //= inverse * inverse
            total += sign * (term // number)
            number, sign = number + 2, -sign
        return total

    return (4 * (4 * arctan(5) - arctan(239))) >> 64


PRIME = 2**3072 - 2**3008 - 1 + 2**64 * (pi_times(2942) + 1690314)


def hexadecimal(number):
    text = f"{number:x}"
    text = text if len(text) % 2 == 0 else "0" + text
    return "00" + text if text[0] in "89abcdef" else text


def sha(text):
    return hashlib.sha256(bytes.fromhex(text)).hexdigest()


K = int(sha(hexadecimal(PRIME) + hexadecimal(2)), 16)


def written(when=None):
    when = when or datetime.now(timezone.utc)
    return f"{DAYS[when.weekday()]} {MONTHS[when.month - 1]} {when.day} {when:%H:%M:%S} UTC {when.year}"


class Client:
    """An application that signs in by SRP; ``secret`` is a, and every step can be changed on the way."""

    def __init__(self, it, password=PASSWORD, secret=None):
        self.it, self.password = it, password
        self.secret = secret or secrets.randbits(1024)
        self.public = pow(2, self.secret, PRIME)

    def begin(self, name="mara", client="", **more):
        parameters = {"USERNAME": name, "SRP_A": f"{self.public:x}", **more}
        return self.it.idp.initiate_auth(
            ClientId=client or self.it.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
        )

    def signature(self, given, timestamp, pool=None, name=None):
        pool, name = pool or self.it.pool.split("_")[1], name or given["USER_ID_FOR_SRP"]
        theirs = int(given["SRP_B"], 16)
        u = int(sha(hexadecimal(self.public) + hexadecimal(theirs)), 16)
        inner = hashlib.sha256(f"{pool}{name}:{self.password}".encode()).hexdigest()
        x = int(sha(hexadecimal(int(given["SALT"], 16)) + inner), 16)
        shared = pow((theirs - K * pow(2, x, PRIME)) % PRIME, self.secret + u * x, PRIME)
        extracted = hmac.new(bytes.fromhex(hexadecimal(u)), bytes.fromhex(hexadecimal(shared)), "sha256")
        key = hmac.new(extracted.digest(), b"Caldera Derived Key" + bytes([1]), "sha256").digest()[:16]
        text = pool.encode() + name.encode() + base64.b64decode(given["SECRET_BLOCK"]) + timestamp.encode()
        return base64.b64encode(hmac.new(key, text, "sha256").digest()).decode()

    def claim(self, challenge, timestamp=None, **changes):
        given, timestamp = challenge["ChallengeParameters"], timestamp or written()
        return {
            "USERNAME": given["USERNAME"],
            "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": self.signature(given, timestamp),
            "TIMESTAMP": timestamp,
            **changes,
        }

    def send(self, claim, client=""):
        return self.it.idp.respond_to_auth_challenge(
            ClientId=client or self.it.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=claim
        )

    def sign_in(self, name="mara", **more):
        return self.send(self.claim(self.begin(name), **more))
