"""A sign-in by SRP, as a library makes it for an app: the password is proved and never leaves the app.

Source: as :mod:`cognito_lab.aws.user_pools.srp`, whose numbers it uses.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import srp


def sign_in_by_srp(user_pools: Any, pool: str, client: str, username: str, password: str) -> dict[str, Any]:
    """Sign in with two calls of ``user_pools``, a boto3 client; ``client`` is an app client without a secret.

    The answer is that of RespondToAuthChallenge: tokens, or another challenge.

    Raises:
        ClientError: One of the calls is refused.
    """
    secret = secrets.randbits(256)
    public = pow(srp.GENERATOR, secret, srp.GROUP)
    first = {"USERNAME": username, "SRP_A": f"{public:x}"}
    asked = user_pools.initiate_auth(ClientId=client, AuthFlow="USER_SRP_AUTH", AuthParameters=first)
    given, moment = asked["ChallengeParameters"], srp.timestamp(time.time())
    name = srp.full_name(pool, given["USER_ID_FOR_SRP"])
    text = name.encode() + base64.b64decode(given["SECRET_BLOCK"]) + moment.encode()
    proof = hmac.digest(shared_key(given, name, password, secret), text, "sha256")
    claim = {
        "USERNAME": given["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(proof).decode(), "TIMESTAMP": moment,
    }  # fmt: skip
    answer: dict[str, Any] = user_pools.respond_to_auth_challenge(
        ClientId=client, ChallengeName=asked["ChallengeName"], ChallengeResponses=claim
    )
    return answer


def shared_key(given: Mapping[str, str], name: str, password: str, secret: int) -> bytes:
    """The client's half of SRP: the key at which the pool arrives too, by way of its verifier."""
    theirs, x = int(given["SRP_B"], 16), srp.private_key(int(given["SALT"], 16), name, password)
    mix = srp.digest(srp.pad(pow(srp.GENERATOR, secret, srp.GROUP)), srp.pad(theirs))
    base = (theirs - srp.MULTIPLIER * pow(srp.GENERATOR, x, srp.GROUP)) % srp.GROUP
    shared = pow(base, secret + mix * x, srp.GROUP)
    extracted = hmac.digest(srp.pad(mix), srp.pad(shared), "sha256")
    return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
