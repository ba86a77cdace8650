"""The challenges of a second factor: one is chosen, asked for, answered, or set up during a sign-in.

Source: "Adding MFA to a user pool"; RespondToAuthChallenge in the API reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import attributes, outbox, second_factors, software_tokens
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import Code, User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.second_factors import APP, EMAIL, SMS
from cognito_lab.aws.user_pools.sign_in import challenges, lockout, user_status
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge, Challenges
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols import constant_time

DEVICE = "DEVICE_SRP_AUTH"
AMR = {SMS: "sms", APP: "otp", EMAIL: "email_otp"}  # of RFC 8176, as "acr and amr claims" names them
OLDER_NAMES = {"EMAIL_MFA": EMAIL}  # which the API reference writes


# -- asking ---------------------------------------------------------------------------------------


def ask_for_second_factor(client: AppClient, user: User) -> dict[str, Any] | None:
    """The challenge that comes after the right password; None for who needs no second factor."""
    own = second_factors.of_user(client.pool, user)
    if not own:
        return ask_to_set_up(client, user) if second_factors.is_required(client.pool) else None
    if user.preferred_factor in own:
        return ask_for_code(client, user, user.preferred_factor)
    if len(own) == 1:
        return ask_for_code(client, user, own[0])
    session = challenges.store_challenge(client, user, "SELECT_MFA_TYPE")
    return challenge_of(user, "SELECT_MFA_TYPE", session, MFAS_CAN_CHOOSE=json.dumps(own))


def ask_to_set_up(client: AppClient, user: User) -> dict[str, Any]:
    possible = json.dumps(second_factors.offered(client.pool))
    session = challenges.store_challenge(client, user, "MFA_SETUP")
    return challenge_of(user, "MFA_SETUP", session, MFAS_CAN_SETUP=possible)


def ask_for_code(client: AppClient, user: User, factor: str) -> dict[str, Any]:
    if factor == APP:
        name = user.software_token.name if user.software_token else ""
        shown = {"FRIENDLY_DEVICE_NAME": name} if name else {}
        return challenge_of(user, factor, challenges.store_challenge(client, user, factor), **shown)
    code, sent = send_code(client.pool, user, second_factors.ATTRIBUTES[factor])
    session = challenges.store_challenge(client, user, factor, code=code)
    return challenge_of(user, factor, session, **delivery_parameters(sent))


def send_code(pool: UserPool, user: User, attribute: str) -> tuple[Code, dict[str, str]]:
    """A code for a sign-in, and its CodeDeliveryDetails."""
    code = Code(randomness.digits(6), attribute, user.attributes[attribute], 0.0)  # it ends with its session
    return code, outbox.send(pool, "authentication", code.value, attribute, code.digits, user.username)


def delivery_parameters(sent: Mapping[str, str]) -> dict[str, str]:
    return {f"CODE_DELIVERY_{name}": sent[member] for name, member in
            (("DELIVERY_MEDIUM", "DeliveryMedium"), ("DESTINATION", "Destination"))}  # fmt: skip


def ask_for_device(
    client: AppClient, user: User, device: Device, amr: tuple[str, ...] = ("pwd",)
) -> dict[str, Any]:
    """The remembered device has to show itself, in place of a second factor or after it."""
    session = challenges.store_challenge(client, user, DEVICE, device=device, amr=amr)
    waiting = moto_patches.state_of(client.pool, Challenges)
    waiting[newest_on(device.key, client)] = waiting[session]
    return challenge_of(user, DEVICE, session)


def newest_on(device_key: str, client: AppClient) -> str:
    """What stands for the newest sign-in on a device, where a client sends no ``Session`` with its answer."""
    return f"{device_key} {client.id}"


def challenge_of(user: User, name: str, session: str, **parameters: str) -> dict[str, Any]:
    shown = {**parameters, "USER_ID_FOR_SRP": user.username}
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": shown}


# -- answering ------------------------------------------------------------------------------------


def check_may_go_on(pool: UserPool, challenge: Challenge, username: str) -> None:
    """Since the first factor nothing happened that makes it worth nothing.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    challenges.check_same_user(pool, challenge, username)
    user_status.check_enabled(challenge.user)
    check_password_in_force(challenge)
    lockout.check_not_locked(challenge.user)


def check_password_in_force(challenge: Challenge) -> None:
    """The session rests on a password. Once that was changed or must be reset, it rests on nothing; nor does
    the session of a first factor."""
    user = challenge.user
    if challenge.is_first or challenge.credential is not user.credential or user.status == "RESET_REQUIRED":
        raise challenges.invalid_session("")


def select_factor(client: AppClient, challenge: Challenge, responses: Mapping[str, str]) -> dict[str, Any]:
    """Answer to SELECT_MFA_TYPE: the next challenge."""
    answer = challenges.required(responses, "ANSWER")
    factor = OLDER_NAMES.get(answer, answer)
    if factor not in second_factors.of_user(client.pool, challenge.user):
        raise invalid(f"The user does not have the MFA type {answer}.")
    challenge.answered = True
    asked = ask_for_code(client, challenge.user, factor)
    challenges.go_on(client.pool, asked["Session"], challenge.by_srp, challenge.device_key)
    auth_events.of_session(client.pool, challenge.user, challenge.session).session = asked["Session"]
    return asked


def complete(
    client: AppClient, challenge: Challenge, username: str, responses: Mapping[str, str]
) -> tuple[str, ...]:
    """The answer that ends a sign-in: how the user has authenticated (``amr``)."""
    check_may_go_on(client.pool, challenge, username)
    with auth_events.second_factor(client.pool, challenge.user, challenge.session):
        factor = ANSWERS[challenge.name](client, challenge, responses)
    lockout.forgive(challenge.user)
    return "pwd", factor, "mfa"


def answer_code(client: AppClient, challenge: Challenge, responses: Mapping[str, str]) -> str:
    """Answer to a challenge for a code: its name in the tokens (``amr``). A wrong code may be corrected."""
    check_code(challenge, challenges.required(responses, f"{challenge.name}_CODE"))
    challenge.answered = True
    if challenge.code is not None:
        prove_address(client.pool, challenge.user, challenge.code)
    return AMR[challenge.name]


def check_code(challenge: Challenge, given: str) -> None:
    """The code that was sent, or one of the user's app. Wrong ones count like wrong passwords.

    Raises:
        AwsError: ``CodeMismatchException``, ``ExpiredCodeException``, ``SoftwareTokenMFANotFoundException``.
    """
    user, text = challenge.user, "Invalid code or auth state for the user."
    if challenge.code is not None:
        right = constant_time.equal(challenge.code.digits, given)
    elif user.software_token is not None:
        text = "Invalid code received for user"
        right = software_tokens.accepts(user.software_token, given)
    else:
        raise software_tokens.not_found("Software Token MFA does not exist for the user.")
    if not right:
        lockout.count_failure(user)
        raise AwsError("CodeMismatchException", text)


def prove_address(pool: UserPool, user: User, code: Code) -> None:
    """Who has the code has the address. It is not taken from somebody who signs in with it as an alias."""
    proved = {attributes.VERIFIED[code.attribute]: "true"}
    if user.attributes.get(code.attribute) != code.value:
        return
    try:
        pool.people.check_free(user, pool.people.names({**user.attributes, **proved}, confirmed=True))
    except AwsError:
        return
    pool.people.change(user, proved)


# -- setting one up -------------------------------------------------------------------------------


def check_has_no_factor(pool: UserPool, user: User) -> None:
    """Only the password was shown: it must not replace a factor that the user has by now."""
    if second_factors.of_user(pool, user):
        raise challenges.invalid_session("")


def finish_setup(client: AppClient, challenge: Challenge, responses: Mapping[str, str]) -> str:
    """Answer to MFA_SETUP, with the session of a VerifySoftwareToken that succeeded."""
    if challenge.token is None or challenge.token is not challenge.user.software_token:
        raise software_tokens.not_found("Software Token MFA does not exist for the user.")
    challenge.answered = True
    return AMR[APP]


ANSWERS = {SMS: answer_code, APP: answer_code, EMAIL: answer_code, "MFA_SETUP": finish_setup}  # by challenge
