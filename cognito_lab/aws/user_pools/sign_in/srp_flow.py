"""Sign-in by SRP: USER_SRP_AUTH and its answer, PASSWORD_VERIFIER. The arithmetic is in `srp`."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping
from typing import Any

from cognito_lab import clock, randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import client_secrets, devices, srp
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.sign_in import challenges, hidden_users, lockout, user_status
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge, Challenges
from cognito_lab.aws.user_pools.sign_in.hidden_users import PlaceholderUsers
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.triggers import authentication
from cognito_lab.errors import invalid
from cognito_lab.network import exchanges
from cognito_lab.protocols import constant_time

SECRET_BLOCK_OCTETS = 768
SKEW = 300  # seconds of an SRP timestamp either way; AWS publishes no figure


def by_srp(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """USER_SRP_AUTH: a challenge that nobody can answer who does not know the password."""
    username, given = challenges.required(parameters, "USERNAME"), challenges.required(parameters, "SRP_A")
    client_secrets.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    parse_srp_a(given)
    user = client.pool.people.find_for_sign_in(username) or hidden_users.placeholder_user(client, username)
    user_status.check_enabled(user)
    user_status.check_confirmed(user)  # as by password: before any proof
    authentication.before(client, user, is_known=not hidden_users.is_placeholder(user))
    return ask_for_password(client, user, parameters)


def ask_for_password(client: AppClient, user: User, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The challenge for the password of ``user``, once they may try."""
    username, client_public = parameters["USERNAME"], parse_srp_a(challenges.required(parameters, "SRP_A"))
    known = (
        user.credential.current if user.credential else hidden_users.placeholder_hash(client.pool, username)
    )
    salt = int.from_bytes(known.salt, "big")
    asked = ask_for_proof(
        client, user, "PASSWORD_VERIFIER", salt, known.verifier, client_public, USER_ID_FOR_SRP=user.username
    )
    challenge = moto_patches.state_of(client.pool, Challenges)[asked["ChallengeParameters"]["SECRET_BLOCK"]]
    challenge.device_key = parameters.get("DEVICE_KEY", "")
    return asked


def ask_for_proof(
    client: AppClient, user: User, name: str, salt: int, verifier: int, client_public: int, **shown: str
) -> dict[str, Any]:
    """The challenge ``name``, which the signature of a password answers whose ``verifier`` this is."""
    secret = int.from_bytes(randomness.octets(srp.SECRET_OCTETS), "big")
    server = srp.Server(client_public, secret, verifier)
    # AWS says no more than that it waits "a few seconds" here. The lab waits as for any other challenge, so
    # that a reader can answer by hand. There is no Session: the secret block says which challenge is meant.
    block = base64.b64encode(randomness.octets(SECRET_BLOCK_OCTETS)).decode()
    expires = time.time() + 60 * client.settings["AuthSessionValidity"]
    challenge = Challenge(name, user, client.id, expires, server=server, credential=user.credential)
    moto_patches.state_of(client.pool, Challenges)[block] = challenge
    # In hexadecimal: numbers, as clients read them, so without zeros in front.
    numbers = {"SALT": f"{salt:x}", "SRP_B": f"{server.public:x}"}
    parameters = {**numbers, "SECRET_BLOCK": block, "USERNAME": user.username, **shown}
    return {"ChallengeName": name, "ChallengeParameters": parameters}


def parse_srp_a(given: str) -> int:
    """A, in hexadecimal digits. With a multiple of N, both sides' S would be 0 whatever the password is.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{1,770}", given) or int(given, 16) % srp.GROUP == 0:
        raise invalid("Invalid SRP_A value.")
    return int(given, 16)


def prove_password(client: AppClient, username: str, responses: Mapping[str, str]) -> Challenge:
    """Answer to PASSWORD_VERIFIER: a signature by the key that only the right password leads to.

    Somebody unknown meets the same refusals, in the same order, as who gives a wrong password.
    """
    challenge = find_challenge(client, "PASSWORD_VERIFIER", responses)
    user, server, key = challenge.user, challenge.server, responses.get("DEVICE_KEY")
    assert server is not None, "a PASSWORD_VERIFIER has its half of SRP"
    devices.remembered(
        client.pool.settings, user.devices, key
    )  # if there is none such, the proof may be sent again without
    same = is_signed(challenge, srp.full_name(client.pool.id, user.username), responses)
    if moto_patches.state_of(client.pool, PlaceholderUsers).get(client.pool.people.key(username)) is user:
        lockout.count_placeholder_failure(user)
    challenges.check_same_user(client.pool, challenge, username)
    user_status.check_enabled(user)
    # A password that was changed since the challenge counts no more, so the verifier must be the present one.
    with auth_events.first_factor(client, user):
        lockout.check_password(user, lambda known: same and known.verifier == server.verifier)
    return challenge


def find_challenge(client: AppClient, name: str, responses: Mapping[str, str]) -> Challenge:
    """The challenge ``name`` that a signature answers, with all that such an answer has."""
    claim = ("PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")
    block, _, timestamp = (challenges.required(responses, member) for member in claim)
    check_timestamp(timestamp)
    return challenges.find_challenge(client, block, name)


def is_signed(challenge: Challenge, name: str, responses: Mapping[str, str]) -> bool:
    """Whether the password of ``name`` made the signature. Right or wrong: one challenge, one guess."""
    assert challenge.server is not None, "who proves a password has a half of SRP here"
    challenge.answered = True
    block = base64.b64decode(responses["PASSWORD_CLAIM_SECRET_BLOCK"])
    right = base64.b64encode(challenge.server.signature(name, block, responses["TIMESTAMP"]))
    return constant_time.equal(right.decode(), responses["PASSWORD_CLAIM_SIGNATURE"])


def check_timestamp(given: str) -> None:
    """The TIMESTAMP of an SRP answer has one form, and is of now.

    Raises:
        AwsError: ``InvalidParameterException``: it cannot be read. ``NotAuthorizedException``: Cognito would
            write that moment otherwise, so the signature is over another text; or the moment is not about
            now.
    """
    moment = srp.parse_timestamp(given)
    if moment is None:
        raise invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
    # A program outside of the kernel goes by the machine's clock.
    now = clock.real_time() if exchanges.current_request().outside else time.time()
    written = srp.timestamp(moment)
    if written != given or abs(now - moment) > SKEW:
        raise lockout.wrong_password()
