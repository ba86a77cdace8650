"""Sign-in: the flows, the password with its lockout, the challenge of a new password, and refreshing.

Source: "Authentication with Amazon Cognito user pools" (flows, lockout), InitiateAuth and
RespondToAuthChallenge in the API reference.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import randomness, seams
from ..errors import AwsError, OutsideTheLab
from ..operations import Call, operation
from . import app_clients, attributes, passwords, tokens
from .app_clients import AppClient
from .directory import User
from .pools import UserPool
from .refusals import invalid, no_user, not_authorized

FREE_FAILURES, LONGEST_LOCK, QUIET = 5, 900, 900  # wrong passwords; seconds; seconds
DAY = 86400


@dataclass
class Challenge:
    """A sign-in that waits for its next answer; ``expires`` in seconds since 1970."""

    name: str
    user: User
    client_id: str
    expires: float
    answered: bool = False


class Challenges(dict[str, Challenge]):
    """The challenges of a pool by ``Session``."""


# -- InitiateAuth --------------------------------------------------------------------------------


@operation("cognito-idp", "InitiateAuth")
@operation("cognito-idp", "AdminInitiateAuth")
def initiate_auth(call: Call) -> dict[str, Any]:
    client, flow = app_clients.of(call), call["AuthFlow"]
    switch, doors, play = FLOWS[flow]
    check_door(call.operation, doors)
    check_flow_enabled(client, flow, switch)
    if play is None:
        raise OutsideTheLab(f"{call.operation} with {flow} is not played by this lab (AWS has it).")
    return play(client, call.get("AuthParameters", {}))


def check_door(name: str, doors: Sequence[str]) -> None:
    """A server's own flow needs IAM: it is not for the public call."""
    if name not in doors:
        raise invalid("Initiate Auth method not supported")


def check_flow_enabled(client: AppClient, flow: str, switch: str) -> None:
    if switch not in client.flows:
        raise invalid(f"{flow} flow not enabled for this client")


def required(parameters: Mapping[str, str], name: str) -> str:
    """A member of AuthParameters or ChallengeResponses that has to be there."""
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]


def by_password(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH."""
    username, password = required(parameters, "USERNAME"), required(parameters, "PASSWORD")
    app_clients.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    user = client.pool.people.find(username)
    if user is None:
        raise wrong_password() if client.hides_users else no_user()
    check_enabled(user)
    check_confirmed(user)  # before the password is looked at: AWS calls that intended
    check_password(user, password)
    check_no_reset_required(user)  # this one only shows after the right password
    if user.status == "FORCE_CHANGE_PASSWORD":
        check_temporary_password_age(client.pool, user)
        return ask_for_new_password(client, user)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.sign_in(client, user)}


def wrong_password() -> AwsError:
    return not_authorized("Incorrect username or password.")


def check_enabled(user: User) -> None:
    if not user.enabled:
        raise not_authorized("User is disabled.")


def check_confirmed(user: User) -> None:
    if user.status == "UNCONFIRMED":
        raise AwsError("UserNotConfirmedException", "User is not confirmed.")


def check_no_reset_required(user: User) -> None:
    if user.status == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")


def check_password(user: User, password: str) -> None:
    """The right password, and no lock in force. Each wrong one counts; each right one clears the count.

    Raises
    ------
    AwsError
        ``NotAuthorizedException``.
    """
    check_not_locked(user)
    if user.credential is None or not user.credential.current.matches(password):
        count_failure(user)
        raise wrong_password()
    user.failures = 0


def check_not_locked(user: User) -> None:
    """During a lock even the right password is refused; the attempt does not lengthen it."""
    if time.time() < user.locked_until:
        raise not_authorized("Password attempts exceeded")


def count_failure(user: User) -> None:
    """The fifth wrong password locks for a second, each further one twice as long, up to 15 minutes."""
    now = time.time()
    if now - max(user.last_failure, user.locked_until) >= QUIET:
        user.failures = 0
    user.failures += 1
    user.last_failure = now
    if user.failures >= FREE_FAILURES:
        user.locked_until = now + min(2 ** (user.failures - FREE_FAILURES), LONGEST_LOCK)


def check_temporary_password_age(pool: UserPool, user: User) -> None:
    assert user.credential is not None
    if time.time() >= user.credential.set_at + pool.password_policy["TemporaryPasswordValidityDays"] * DAY:
        raise not_authorized("Temporary password has expired and must be reset by an administrator.")


def by_refresh_token(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """REFRESH_TOKEN_AUTH. The secret hash is over the real username or the ``sub``: an alias does not do."""
    token = required(parameters, "REFRESH_TOKEN")
    login = tokens.find_login(client, token)
    given, names = parameters.get("SECRET_HASH"), (login.user.username, login.user.sub)
    if not client.secret or given is None:
        app_clients.check_secret_hash(client, login.user.username, given)
    elif given not in [app_clients.secret_hash(client, name) for name in names]:
        raise not_authorized(f"SecretHash does not match for the client: {client.id}")
    check_enabled(login.user)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.refresh(client, token)}


def by_lambda(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """CUSTOM_AUTH needs three Lambda triggers; no pool of this lab has any."""
    raise invalid("Custom auth lambda trigger is not configured for the user pool.")


PUBLIC, ADMIN = "InitiateAuth", "AdminInitiateAuth"
Play = Callable[[AppClient, Mapping[str, str]], dict[str, Any]]
# What an app client must allow, by which operation it may begin, and how it goes (None: not played yet).
FLOWS: dict[str, tuple[str, tuple[str, ...], Play | None]] = {
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", (PUBLIC,), by_password),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", (ADMIN,), by_password),
    "ADMIN_NO_SRP_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", (ADMIN,), by_password),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH", (PUBLIC, ADMIN), by_refresh_token),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH", (PUBLIC, ADMIN), by_refresh_token),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", (PUBLIC, ADMIN), by_lambda),
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH", (PUBLIC, ADMIN), None),
    "USER_AUTH": ("ALLOW_USER_AUTH", (PUBLIC, ADMIN), None),
}


# -- RespondToAuthChallenge ----------------------------------------------------------------------


def ask_for_new_password(client: AppClient, user: User) -> dict[str, Any]:
    """The challenge of a temporary password. Required attributes that are missing are asked for as well."""
    session = randomness.text(200, randomness.ALPHANUMERIC + "-_")
    expires = time.time() + 60 * client.settings["AuthSessionValidity"]
    challenge = Challenge("NEW_PASSWORD_REQUIRED", user, client.id, expires)
    seams.attached(client.pool, Challenges)[session] = challenge
    missing = [f"userAttributes.{name}" for name in missing_attributes(client.pool, user)]
    known = {name: value for name, value in user.attributes.items() if name != "sub"}
    return {
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": session,
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": json.dumps(missing),
            "userAttributes": json.dumps(known),
        },
    }


def missing_attributes(pool: UserPool, user: User) -> list[str]:
    return [name for name in pool.schema.required if not user.attributes.get(name)]


@operation("cognito-idp", "RespondToAuthChallenge")
@operation("cognito-idp", "AdminRespondToAuthChallenge")
def respond_to_auth_challenge(call: Call) -> dict[str, Any]:
    client, responses = app_clients.of(call), call.get("ChallengeResponses", {})
    username = required(responses, "USERNAME")
    app_clients.check_secret_hash(client, username, responses.get("SECRET_HASH"))
    challenge = find_challenge(client, required(call.parameters, "Session"), call["ChallengeName"])
    check_same_user(client.pool, challenge, username)
    check_enabled(challenge.user)
    set_new_password(client, challenge.user, responses)
    challenge.answered = True  # by now: a password that broke the policy may be corrected in the same session
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.sign_in(client, challenge.user)}


def find_challenge(client: AppClient, session: str, name: str) -> Challenge:
    """The challenge that a session stands for: of this client, this name, unanswered, in time.

    Raises
    ------
    AwsError
        ``NotAuthorizedException``.
    """
    challenge = seams.attached(client.pool, Challenges).get(session)
    if challenge is None or challenge.client_id != client.id or challenge.name != name:
        raise invalid_session("")
    check_session_unused(challenge)
    check_session_in_time(challenge)
    return challenge


def invalid_session(why: str) -> AwsError:
    return not_authorized(f"Invalid session for the user{why}.")


def check_session_unused(challenge: Challenge) -> None:
    if challenge.answered:
        raise invalid_session(", session can only be used once")


def check_session_in_time(challenge: Challenge) -> None:
    if time.time() >= challenge.expires:
        raise invalid_session(", session is expired")


def check_same_user(pool: UserPool, challenge: Challenge, username: str) -> None:
    """A session belongs to one user; nobody else's password is set with it."""
    if pool.people.find(username) is not challenge.user:
        raise invalid_session("")


def set_new_password(client: AppClient, user: User, responses: Mapping[str, str]) -> None:
    """Answer to NEW_PASSWORD_REQUIRED: the password, and the required attributes that were missing."""
    pool, password = client.pool, required(responses, "NEW_PASSWORD")
    prefix = "userAttributes."
    given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
    attributes.check_values(pool.schema, given)
    attributes.check_write_rights(pool.schema, client.settings.get("WriteAttributes"), given)
    missing = missing_attributes(pool, user)
    for name in given:
        if name not in missing and pool.schema.find(name).required:
            raise not_authorized(f"Cannot modify an already provided {name}")
    for name in missing:
        if not given.get(name):
            raise invalid(f"Invalid attributes given, {name} is missing")
    passwords.check_policy(pool.password_policy, password)
    passwords.check_history(pool.password_policy, user.credential, password)
    given |= {proof: "false" for name, proof in attributes.VERIFIED.items() if name in given}
    pool.people.claim(user, pool.people.names({**user.attributes, **given}, confirmed=True))
    user.set_password(password, "CONFIRMED")
    pool.people.change(user, given)


# -- the two calls for refresh tokens ------------------------------------------------------------


@operation("cognito-idp", "GetTokensFromRefreshToken")
def get_tokens_from_refresh_token(call: Call) -> dict[str, Any]:
    """The way to refresh that also works with rotation; it takes the secret itself."""
    client = app_clients.of(call)
    app_clients.check_secret(client, call.get("ClientSecret"))
    check_enabled(tokens.find_login(client, call["RefreshToken"]).user)
    return {"AuthenticationResult": tokens.refresh(client, call["RefreshToken"])}


@operation("cognito-idp", "RevokeToken")
def revoke_token(call: Call) -> None:
    try:
        client = app_clients.of(call)
        app_clients.check_secret(client, call.get("ClientSecret"))
    except AwsError as error:  # this operation declares a code of its own for both
        raise AwsError("UnauthorizedException", error.message) from None
    tokens.revoke(client, call["Token"])
