"""Codes by e-mail and SMS: made, checked, counted, expired.

Source: "Quotas in Amazon Cognito" (validity and attempts); the error texts are those that users quote.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cognito_lab import randomness
from cognito_lab.aws.user_pools import outbox
from cognito_lab.aws.user_pools.directory import Code
from cognito_lab.aws.user_pools.sign_in import hidden_users
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols import constant_time

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.directory import User
    from cognito_lab.aws.user_pools.model import AppClient, Domain, UserPool

HOUR = 3600
DAY = 24 * HOUR
LIFETIME = {"sign-up": DAY, "recovery": HOUR, "verify email": DAY, "verify phone_number": DAY}
# Attempts per user per hour. AWS allows 5 to 20 recoveries "by risk"; the lab sees no risk.
ATTEMPTS = {
    "recovery": 20,
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
}


def send(
    pool: UserPool,
    user: User,
    purpose: str,
    attribute: str,
    value: str | None = None,
    client: AppClient | None = None,
) -> dict[str, str]:
    """Send a new code; the former one of the same purpose is dead from now on. Answers CodeDeliveryDetails.

    ``value`` is an address that the user wants to change to; without it the present one is used. With
    ``client`` it goes as a link, in which the client is named.
    """
    to = user.attributes[attribute] if value is None else value
    code = Code(randomness.digits(6), attribute, to, time.time() + LIFETIME[purpose])
    user.codes[purpose] = code
    if client is None:
        return outbox.send(pool, "verification", to, attribute, code.digits, user.username)
    link = confirmation_link(client, user, code)
    return outbox.send(pool, "link", to, attribute, code.digits, user.username, link)


def confirmation_link(client: AppClient, user: User, code: Code) -> str:
    """Where the link of an e-mail leads: a page of the pool's domain (its form as people quote it)."""
    domain = check_domain(client.pool)
    query = {"client_id": client.id, "user_name": user.username, "confirmation_code": code.digits}
    return f"{domain.url}/confirmUser?{urlencode(query)}"


def check_domain(pool: UserPool) -> Domain:
    """Links lead to the pool's domain."""
    if pool.domain is None:
        raise invalid(
            "Cannot perform specific action because there does not exist a valid use pool domain "
            "associated with the user pool"
        )
    return pool.domain


def pretend_to_send(
    client: AppClient, user: User, name: str, purpose: str, ways: Sequence[str]
) -> dict[str, str]:
    """CodeDeliveryDetails as if a code for a ``purpose`` had gone one of the ``ways`` to this ``name``, which
    nobody has, or whose ``user`` has no proved address: from a client that hides users."""
    store_impossible_code(user, purpose)
    attribute = hidden_users.placeholder_attribute(client.pool, name, ways)
    return hidden_users.placeholder_delivery(client, name, attribute)


def store_impossible_code(user: User, purpose: str) -> None:
    """A code that went to nobody: every other one is wrong, and nobody has this one, the empty one, which no
    operation takes."""
    user.codes[purpose] = Code("", "", "nobody", time.time() + LIFETIME[purpose])


def check(user: User, purpose: str, given: str) -> Code:
    """The code that was sent for ``purpose`` is the one ``given``. It stays valid: see :func:`use_up`.

    Raises:
        AwsError: ``ExpiredCodeException``: none was sent, or too long ago; ``CodeMismatchException``: another
            one.
    """
    code = user.codes.get(purpose)
    if code is None or is_expired(code):
        raise expired()
    if not is_same(code, given):
        raise mismatch()
    return code


def is_expired(code: Code) -> bool:
    return time.time() >= code.expires


def is_same(code: Code, given: str) -> bool:
    return constant_time.equal(code.digits, given)


def expired() -> AwsError:
    return AwsError("ExpiredCodeException", "Invalid code provided, please request a code again.")


def mismatch() -> AwsError:
    return AwsError("CodeMismatchException", "Invalid verification code provided, please try again.")


def use_up(user: User, purpose: str) -> None:
    """A code works once."""
    user.codes.pop(purpose, None)


def count_attempt(attempts: MutableMapping[str, list[float]], what: str) -> None:
    """Count one attempt at ``what`` (a key of ``ATTEMPTS``) against the hour's allowance.

    Raises:
        AwsError: ``LimitExceededException``.
    """
    now = time.time()
    recent = [moment for moment in attempts.get(what, []) if now - moment < HOUR]
    if len(recent) >= ATTEMPTS[what]:
        raise AwsError("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    attempts[what] = [*recent, now]
