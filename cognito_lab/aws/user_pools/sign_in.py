"""Sign-in: the flows, the password with its lockout, its proof by SRP, a new password, and refreshing.

Source: "Authentication with Amazon Cognito user pools" (flows, lockout), InitiateAuth and
RespondToAuthChallenge in the API reference.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cognito_lab import clock, randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import app_clients, attributes, passwords, srp, tokens
from cognito_lab.aws.user_pools.app_clients import AppClient
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.pools import UserPool
from cognito_lab.aws.user_pools.refusals import no_user, not_authorized
from cognito_lab.errors import AwsError, OutsideTheLab, invalid
from cognito_lab.network import exchanges
from cognito_lab.protocols import constant_time

FREE_FAILURES, LONGEST_LOCK, QUIET = 5, 900, 900  # wrong passwords; seconds; seconds
SECRET_BLOCK_OCTETS = 768
SKEW = 300  # seconds of an SRP timestamp either way; AWS publishes no figure
DAY = 86400


@dataclass
class Challenge:
    """A sign-in that waits for its next answer; ``expires`` in seconds since 1970.

    ``server`` is what the answer to a PASSWORD_VERIFIER is checked with.
    """

    name: str
    user: User
    client_id: str
    expires: float
    answered: bool = False
    server: srp.Server | None = None


class Challenges(dict[str, Challenge]):
    """The challenges of a pool by ``Session``; by ``SECRET_BLOCK`` where a password is to be proved."""


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
    return after_password(client, find_by_password(client, username, password))


def find_by_password(client: AppClient, username: str, password: str) -> User:
    """The user of this name whose password this is.

    Raises:
        AwsError: ``NotAuthorizedException``, ``UserNotFoundException``, ``UserNotConfirmedException``.
    """
    user = client.pool.people.find(username)
    if user is None:
        if client.hides_users:
            count_stranger(stand_in(client, username))
        raise wrong_password() if client.hides_users else no_user()
    check_enabled(user)
    check_confirmed(user)  # before the password is looked at: AWS calls that intended
    check_password(user, lambda known: known.matches(password))
    return user


def after_password(client: AppClient, user: User) -> dict[str, Any]:
    """What comes after the right password, however it was shown: tokens, or another challenge."""
    challenge = next_challenge(client, user)
    return challenge or {"ChallengeParameters": {}, "AuthenticationResult": tokens.sign_in(client, user)}


def next_challenge(client: AppClient, user: User) -> dict[str, Any] | None:
    """What else is asked after the right password, if anything."""
    check_no_reset_required(user)  # this one only shows after the right password
    if user.status != "FORCE_CHANGE_PASSWORD":
        return None
    check_temporary_password_age(client.pool, user)
    return ask_for_new_password(client, user)


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


def check_password(user: User, shows: Callable[[passwords.Hash], bool]) -> None:
    """The right password, and no lock in force. Each wrong one counts; each right one clears the count.

    ``shows`` says whether what the caller sent goes with what the pool keeps of the password.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    check_not_locked(user)
    if user.credential is None or not shows(user.credential.current):
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


def by_srp(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """USER_SRP_AUTH: a challenge that nobody can answer who does not know the password."""
    username, given = required(parameters, "USERNAME"), required(parameters, "SRP_A")
    app_clients.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    client_public = read_srp_a(given)
    user = client.pool.people.find(username) or stand_in(client, username)
    check_enabled(user)
    check_confirmed(user)  # as by password: before any proof
    known = user.credential.current if user.credential else pretended_password(client.pool, username)
    secret = int.from_bytes(randomness.octets(srp.SECRET_OCTETS), "big")
    server = srp.Server(client_public, secret, known.verifier)
    # AWS says no more than that it waits "a few seconds" here. The lab waits as for any other challenge, so
    # that a reader can answer by hand. There is no Session: the secret block says which challenge is meant.
    block = base64.b64encode(randomness.octets(SECRET_BLOCK_OCTETS)).decode()
    expires = time.time() + 60 * client.settings["AuthSessionValidity"]
    challenge = Challenge("PASSWORD_VERIFIER", user, client.id, expires, server=server)
    moto_patches.state_of(client.pool, Challenges)[block] = challenge
    # In hexadecimal: numbers, as clients read them, so without zeros in front.
    numbers = {"SALT": f"{int.from_bytes(known.salt, 'big'):x}", "SRP_B": f"{server.public:x}"}
    names = {"USERNAME": user.username, "USER_ID_FOR_SRP": user.username}
    parameters = {**numbers, "SECRET_BLOCK": block, **names}
    return {"ChallengeName": challenge.name, "ChallengeParameters": parameters}


def read_srp_a(given: str) -> int:
    """A, in hexadecimal digits. With a multiple of N, both sides' S would be 0 whatever the password is.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{1,770}", given) or int(given, 16) % srp.GROUP == 0:
        raise invalid("Invalid SRP_A value.")
    return int(given, 16)


class Pretence:
    """What a pool makes its pretended answers from, so that nobody else can tell them from true ones."""

    def __init__(self) -> None:
        self.secret = randomness.octets(32)


def pretended(pool: UserPool, what: str, username: str) -> bytes:
    """32 octets, the same ones for the same name each time: true salts do not change between calls either."""
    name = pool.people.key(username)
    return hmac.digest(moto_patches.state_of(pool, Pretence).secret, f"{what} {name}".encode(), "sha256")


def pretended_password(pool: UserPool, username: str) -> passwords.Hash:
    """The salt and verifier of somebody without a password (RFC 5054, 2.5.1.3)."""
    key = int.from_bytes(pretended(pool, "private key", username), "big")
    return passwords.Hash(b"", pretended(pool, "salt", username)[:16], key)


class Strangers(dict[str, User]):
    """Who stands for names that nobody has, by the name that was given and the one that was answered."""


def count_stranger(stranger: User) -> None:
    """A password for nobody is wrong, and locks like any other: if only people who exist were locked, the
    lock would say who does. (AWS does not say what it does there.)"""
    check_not_locked(stranger)
    count_failure(stranger)


def stand_in(client: AppClient, username: str) -> User:
    """Who is challenged in place of somebody unknown, by a client that hides users: the same one each time.

    Their username is a UUID ("Managing user existence error responses") where the name given is an address by
    which the pool would find people; any other name is the username itself, as with people who exist.

    Raises:
        AwsError: ``UserNotFoundException``, from a client that does not hide them.
    """
    if not client.hides_users:
        raise no_user()
    strangers, given = moto_patches.state_of(client.pool, Strangers), client.pool.people.key(username)
    found_by = {*client.pool.people.username_attributes, *client.pool.people.alias_attributes}
    if any(attributes.has_form_of(name, username) for name in found_by & set(attributes.VERIFIED)):
        username = str(uuid.UUID(bytes=pretended(client.pool, "username", username)[:16], version=4))
    known = strangers.setdefault(given, User(username, "", {}, "CONFIRMED"))
    return strangers.setdefault(client.pool.people.key(known.username), known)


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
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.refresh(client, login, token)}


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
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH", (PUBLIC, ADMIN), by_srp),
    "USER_AUTH": ("ALLOW_USER_AUTH", (PUBLIC, ADMIN), None),
}


# -- RespondToAuthChallenge ----------------------------------------------------------------------


def ask_for_new_password(client: AppClient, user: User) -> dict[str, Any]:
    """The challenge of a temporary password. Required attributes that are missing are asked for as well."""
    session = wait_for(client, user, "NEW_PASSWORD_REQUIRED")
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


def wait_for(client: AppClient, user: User, name: str) -> str:
    """Remember a sign-in of ``user`` that waits for the challenge ``name``; answers its ``Session``."""
    session = randomness.text(200, randomness.ALPHANUMERIC + "-_")
    expires = time.time() + 60 * client.settings["AuthSessionValidity"]
    moto_patches.state_of(client.pool, Challenges)[session] = Challenge(name, user, client.id, expires)
    return session


def missing_attributes(pool: UserPool, user: User) -> list[str]:
    return [name for name in pool.schema.required if not user.attributes.get(name)]


@operation("cognito-idp", "RespondToAuthChallenge")
@operation("cognito-idp", "AdminRespondToAuthChallenge")
def respond_to_auth_challenge(call: Call) -> dict[str, Any]:
    client, responses = app_clients.of(call), call.get("ChallengeResponses", {})
    username = required(responses, "USERNAME")
    app_clients.check_secret_hash(client, username, responses.get("SECRET_HASH"))
    if call["ChallengeName"] == "PASSWORD_VERIFIER":
        return prove_password(client, username, responses)
    challenge = find_challenge(client, required(call.parameters, "Session"), call["ChallengeName"])
    user = answer_new_password(client, challenge, username, responses)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.sign_in(client, user)}


def answer_new_password(
    client: AppClient, challenge: Challenge, username: str, responses: Mapping[str, str]
) -> User:
    """The user of a NEW_PASSWORD_REQUIRED, who has one now."""
    check_same_user(client.pool, challenge, username)
    check_enabled(challenge.user)
    set_new_password(client, challenge.user, responses)
    challenge.answered = True  # by now: a password that broke the policy may be corrected in the same session
    return challenge.user


def prove_password(client: AppClient, username: str, responses: Mapping[str, str]) -> dict[str, Any]:
    """Answer to PASSWORD_VERIFIER: a signature by the key that only the right password leads to.

    Somebody unknown meets the same refusals, in the same order, as who gives a wrong password.
    """
    claim = ("PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")
    block, signature, timestamp = (required(responses, name) for name in claim)
    check_timestamp(timestamp)
    challenge = find_challenge(client, block, "PASSWORD_VERIFIER")
    user, server = challenge.user, challenge.server
    assert server is not None, "a PASSWORD_VERIFIER has its half of SRP"
    challenge.answered = True  # right or wrong: one challenge, one guess
    name = srp.full_name(client.pool.id, user.username)
    right = base64.b64encode(server.signature(name, base64.b64decode(block), timestamp))
    if moto_patches.state_of(client.pool, Strangers).get(client.pool.people.key(username)) is user:
        count_stranger(user)
    check_same_user(client.pool, challenge, username)
    check_enabled(user)
    # A password that was changed since the challenge counts no more, so the verifier must be the present one.
    same = constant_time.equal(right.decode(), signature)
    check_password(user, lambda known: same and known.verifier == server.verifier)
    return after_password(client, user)


def check_timestamp(given: str) -> None:
    """The TIMESTAMP of an SRP answer has one form, and is of now.

    Raises:
        AwsError: ``InvalidParameterException``: it cannot be read. ``NotAuthorizedException``: Cognito would
            write that moment otherwise, so the signature is over another text; or the moment is not about
            now.
    """
    moment = srp.moment(given)
    if moment is None:
        raise invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
    # A program outside of the kernel goes by the machine's clock.
    now = clock.machine() if exchanges.current_request().outside else time.time()
    written = srp.timestamp(moment)
    if written != given or abs(now - moment) > SKEW:
        raise wrong_password()


def find_challenge(client: AppClient, session: str, name: str) -> Challenge:
    """The challenge that a session or secret block stands for: of this client and name, unanswered, in time.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    challenge = moto_patches.state_of(client.pool, Challenges).get(session)
    if challenge is None or challenge.client_id != client.id or challenge.name != name:
        raise not_this_one(name)
    check_session_unused(challenge)
    check_session_in_time(challenge)
    return challenge


def not_this_one(name: str) -> AwsError:
    """Of an SRP proof no caller learns which part of it was wrong, nor whether the user exists."""
    return wrong_password() if name == "PASSWORD_VERIFIER" else invalid_session("")


def invalid_session(why: str) -> AwsError:
    return not_authorized(f"Invalid session for the user{why}.")


def check_session_unused(challenge: Challenge) -> None:
    if challenge.answered:
        raise invalid_session(", session can only be used once")


def check_session_in_time(challenge: Challenge) -> None:
    if time.time() >= challenge.expires:
        raise invalid_session(", session is expired")


def check_same_user(pool: UserPool, challenge: Challenge, username: str) -> None:
    """A session or secret block belongs to one user; nobody else's password is set or proved with it."""
    if pool.people.find(username) is not challenge.user:  # nor is that of anybody who does not exist
        raise not_this_one(challenge.name)


def set_new_password(client: AppClient, user: User, responses: Mapping[str, str]) -> None:
    """Answer to NEW_PASSWORD_REQUIRED: the password, and the required attributes that were missing."""
    pool, password = client.pool, required(responses, "NEW_PASSWORD")
    prefix = "userAttributes."
    given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
    attributes.check_values(pool.schema, given)
    attributes.check_write_rights(pool.schema, client.write_attributes, given)
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
    pool.people.check_free(user, pool.people.names({**user.attributes, **given}, confirmed=True))
    pool.set_password(user, password, "CONFIRMED")
    pool.people.change(user, given)


# -- the two calls for refresh tokens ------------------------------------------------------------


@operation("cognito-idp", "GetTokensFromRefreshToken")
def get_tokens_from_refresh_token(call: Call) -> dict[str, Any]:
    """The way to refresh that also works with rotation; it takes the secret itself."""
    client = app_clients.of(call)
    app_clients.check_secret(client, call.get("ClientSecret"))
    login = tokens.find_login(client, call["RefreshToken"])
    check_enabled(login.user)
    return {"AuthenticationResult": tokens.refresh(client, login, call["RefreshToken"])}


@operation("cognito-idp", "RevokeToken")
def revoke_token(call: Call) -> None:
    try:
        client = app_clients.of(call)
        app_clients.check_secret(client, call.get("ClientSecret"))
    except AwsError as error:  # this operation declares a code of its own for both
        raise AwsError("UnauthorizedException", error.message) from None
    tokens.revoke(client, call["Token"])
