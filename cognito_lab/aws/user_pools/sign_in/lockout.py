"""Wrong passwords and codes: counted, and answered by a lock that grows.

Source: "Authentication with Amazon Cognito user pools" (lockout).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cognito_lab.aws.user_pools import passwords
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.errors import AwsError

FREE_FAILURES, LONGEST_LOCK, QUIET = 5, 900, 900  # wrong passwords; seconds; seconds


def wrong_password() -> AwsError:
    return not_authorized("Incorrect username or password.")


def check_password(user: User, shows: Callable[[passwords.Hash], bool]) -> None:
    """The right password, and no lock in force. Each wrong one counts, until a sign-in succeeds.

    ``shows`` says whether what the caller sent goes with what the pool keeps of the password.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    check_not_locked(user)
    known = user.credential.current if user.credential else passwords.NO_PASSWORD
    if not shows(known) or user.credential is None:
        count_failure(user)
        raise wrong_password()


def forgive(user: User) -> None:
    """A sign-in that succeeded, second factor included, clears the count. The right password alone does not:
    who has it could guess codes for ever."""
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


def count_placeholder_failure(placeholder: User) -> None:
    """A password for nobody is wrong, and locks like any other: if only people who exist were locked, the
    lock would say who does. (AWS does not say what it does there.)"""
    check_not_locked(placeholder)
    count_failure(placeholder)
