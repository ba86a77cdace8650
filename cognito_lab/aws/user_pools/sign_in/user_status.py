"""Whether a user may sign in at all: enabled, confirmed, no reset asked for, an invitation still good."""

from __future__ import annotations

import time

from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.errors import AwsError

DAY = 86400


def check_enabled(user: User) -> None:
    if not user.enabled:
        raise not_authorized("User is disabled.")


def check_confirmed(user: User) -> None:
    if user.status == "UNCONFIRMED":
        raise AwsError("UserNotConfirmedException", "User is not confirmed.")


def check_no_reset_required(user: User) -> None:
    if user.status == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")


def check_temporary_password_age(pool: UserPool, user: User) -> None:
    assert user.credential is not None
    if time.time() >= user.credential.set_at + pool.password_policy["TemporaryPasswordValidityDays"] * DAY:
        raise not_authorized("Temporary password has expired and must be reset by an administrator.")
