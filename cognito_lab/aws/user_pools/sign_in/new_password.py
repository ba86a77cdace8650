"""NEW_PASSWORD_REQUIRED: a temporary password is replaced by one of the user's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import attributes, passwords
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.sign_in import challenges, user_status
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge
from cognito_lab.aws.user_pools.threat_protection import auth_events, leaked_passwords
from cognito_lab.errors import invalid


def ask_for_new_password(client: AppClient, user: User) -> dict[str, Any]:
    """The challenge of a temporary password. Required attributes that are missing are asked for as well."""
    session = challenges.store_challenge(client, user, "NEW_PASSWORD_REQUIRED")
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


def answer_new_password(
    client: AppClient, challenge: Challenge, username: str, responses: Mapping[str, str]
) -> User:
    """The user of a NEW_PASSWORD_REQUIRED, who has one now."""
    challenges.check_same_user(client.pool, challenge, username)
    user_status.check_enabled(challenge.user)
    set_new_password(client, challenge.user, responses)
    auth_events.replace(client.pool, challenge.user, challenge.session)
    challenge.answered = True  # by now: a password that broke the policy may be corrected in the same session
    return challenge.user


def set_new_password(client: AppClient, user: User, responses: Mapping[str, str]) -> None:
    """Answer to NEW_PASSWORD_REQUIRED: the password, and the required attributes that were missing."""
    pool, password = client.pool, challenges.required(responses, "NEW_PASSWORD")
    prefix = "userAttributes."
    given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
    attributes.check_may_be_answered(pool.schema, given)
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
    leaked_passwords.check_new_password(client, user, password)
    pool.set_password(user, password, "CONFIRMED")
    pool.people.change(user, given)
