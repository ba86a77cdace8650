"""A remembered device shows itself: DEVICE_SRP_AUTH, and DEVICE_PASSWORD_VERIFIER. Arithmetic: `srp`.

Source: RespondToAuthChallenge in the API reference; what is signed is told by AWS's own client libraries.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import devices
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.sign_in import challenges, lockout, mfa_challenges, srp_flow
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge, Challenges
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.tokens import issuing


def ask_for_proof(
    client: AppClient, username: str, session: str | None, responses: Mapping[str, str]
) -> dict[str, Any]:
    """Answer to DEVICE_SRP_AUTH: a challenge for who knows the password of the device.

    The ``session`` may be left out, as some clients do: then it is the newest sign-in on this device.
    """
    key, given = (challenges.required(responses, name) for name in ("DEVICE_KEY", "SRP_A"))
    client_public = srp_flow.parse_srp_a(given)
    session = session or mfa_challenges.newest_on(key, client)
    waiting = challenges.find_challenge(client, session, mfa_challenges.DEVICE)
    device = check_device(client, waiting, username, key)
    waiting.answered = True
    asked = srp_flow.ask_for_proof(
        client, waiting.user, "DEVICE_PASSWORD_VERIFIER", device.salt, device.verifier, client_public,
        DEVICE_KEY=key,
    )  # fmt: skip
    proof = moto_patches.state_of(client.pool, Challenges)[asked["ChallengeParameters"]["SECRET_BLOCK"]]
    proof.device, proof.amr, proof.session = device, waiting.amr, waiting.session
    return asked


def prove_device(client: AppClient, username: str, responses: Mapping[str, str]) -> dict[str, Any]:
    """Answer to DEVICE_PASSWORD_VERIFIER: tokens."""
    key = challenges.required(responses, "DEVICE_KEY")
    challenge = srp_flow.find_challenge(client, "DEVICE_PASSWORD_VERIFIER", responses)
    device = check_device(client, challenge, username, key)
    event = auth_events.of_session(client.pool, challenge.user, challenge.session)
    event.end("Fail")
    check_signature(challenge, device, responses)
    event.end("Pass")
    lockout.forgive(challenge.user)
    device.last_sign_in = time.time()
    tokens = issuing.issue_tokens(client, challenge.user, amr=challenge.amr, device=device)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens}


def check_device(client: AppClient, challenge: Challenge, username: str, key: str) -> Device:
    """The device for which the challenge is, still the user's and remembered.

    Raises:
        AwsError: ``NotAuthorizedException``; ``ResourceNotFoundException``: it was forgotten since.
    """
    mfa_challenges.check_may_go_on(client.pool, challenge, username)
    device = devices.remembered(client.pool.settings, challenge.user.devices, key)
    if device is None or device is not challenge.device:
        raise lockout.wrong_password()
    return device


def check_signature(challenge: Challenge, device: Device, responses: Mapping[str, str]) -> None:
    """Made with the password that the device had when it was confirmed."""
    if not srp_flow.is_signed(challenge, device.group + device.key, responses):
        lockout.count_failure(challenge.user)
        raise lockout.wrong_password()
