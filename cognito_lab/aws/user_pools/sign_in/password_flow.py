"""Sign-in by password (USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH), and what comes after the right one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import client_secrets, devices, passwords, second_factors
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import no_user
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.people import migration
from cognito_lab.aws.user_pools.sign_in import (
    challenges,
    hidden_users,
    lockout,
    mfa_challenges,
    new_password,
    user_status,
)
from cognito_lab.aws.user_pools.threat_protection import auth_events, risk
from cognito_lab.aws.user_pools.tokens import issuing
from cognito_lab.aws.user_pools.triggers import authentication


def by_password(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH."""
    username, password = (
        challenges.required(parameters, "USERNAME"),
        challenges.required(parameters, "PASSWORD"),
    )
    client_secrets.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    user = find_by_password(client, username, password)
    return after_password(client, user, password, device_key=parameters.get("DEVICE_KEY"))


def find_by_password(client: AppClient, username: str, password: str) -> User:
    """The user of this name whose password this is.

    Raises:
        AwsError: ``NotAuthorizedException``, ``UserNotFoundException``, ``UserNotConfirmedException``.
    """
    user = client.pool.people.find_for_sign_in(username) or migration.at_sign_in(client, username, password)
    if user is None:
        if client.hides_users:
            authentication.before(client, hidden_users.placeholder_user(client, username), is_known=False)
            lockout.count_placeholder_failure(hidden_users.placeholder_user(client, username))
            passwords.NO_PASSWORD.matches(
                password
            )  # the same work: a quick answer would say that nobody is there
        raise lockout.wrong_password() if client.hides_users else no_user()
    user_status.check_enabled(user)
    user_status.check_confirmed(user)  # before the password is looked at: AWS calls that intended
    authentication.before(client, user)
    user_status.check_enabled(user)  # still, after a function has run
    with auth_events.first_factor(client, user):
        lockout.check_password(user, lambda known: known.matches(password))
    return user


def after_password(
    client: AppClient,
    user: User,
    password: str | None = None,
    *,
    device_key: str | None = None,
    by_srp: bool = False,
) -> dict[str, Any]:
    """What comes after the right password, however it was shown: tokens, or another challenge."""
    device = devices.remembered(client.pool.settings, user.devices, device_key)
    challenge = next_challenge(client, user, password, device)
    if challenge is not None:
        challenges.go_on(client.pool, challenge["Session"], by_srp, device_key)
        return challenge
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": issuing.issue_tokens(client, user, by_srp=by_srp),
    }


def next_challenge(
    client: AppClient, user: User, password: str | None = None, device: Device | None = None
) -> dict[str, Any] | None:
    """What else is asked after the right password, if anything; ``password`` is what was sent, if it was, and
    ``device`` the remembered one on which the user is."""
    user_status.check_no_reset_required(user)  # this one only shows after the right password
    event, at_risk = risk.judge(client, user, password)
    challenge = challenge_of(client, user, at_risk, device)
    if challenge is None:
        lockout.forgive(user)
        event.end("Pass")
    else:
        event.end("InProgress", session=challenge["Session"])
    return challenge


def challenge_of(
    client: AppClient, user: User, at_risk: bool, device: Device | None
) -> dict[str, Any] | None:
    if user.status == "FORCE_CHANGE_PASSWORD":
        user_status.check_temporary_password_age(client.pool, user)
        return new_password.ask_for_new_password(client, user)
    challenge = None
    if at_risk or device is None or not devices.replaces_second_factor(client.pool.settings):
        challenge = mfa_challenges.ask_for_second_factor(client, user)
    if challenge is None and at_risk:  # the user has a factor, which not every sign-in asks for
        [factor, *_] = second_factors.at_risk(client.pool, user)
        return mfa_challenges.ask_for_code(client, user, factor)
    if challenge is None and device is not None:
        return mfa_challenges.ask_for_device(client, user, device)
    return challenge
