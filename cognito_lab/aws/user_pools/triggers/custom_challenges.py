"""A sign-in of one's own (CUSTOM_AUTH): three functions of the pool decide, ask, and judge the answer.

The first one sees what has been answered so far, and says what comes next: another challenge, tokens, or the
end. A password can be one of the steps, by SRP. The lockout counts passwords alone.

Source: "Custom authentication challenge Lambda triggers".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools import client_secrets, devices, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.sign_in import (
    challenges,
    hidden_users,
    lockout,
    mfa_challenges,
    srp_flow,
    user_status,
)
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.tokens import issuing
from cognito_lab.aws.user_pools.triggers import authentication, events, invoking
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

CUSTOM, PASSWORD = "CUSTOM_CHALLENGE", "PASSWORD_VERIFIER"
Results = list[dict[str, Any]]  # what was answered so far, as the functions are told


def by_functions(client: AppClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """CUSTOM_AUTH: whatever the functions ask first."""
    username = challenges.required(parameters, "USERNAME")
    client_secrets.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    if events.arn_of(client.pool, "DefineAuthChallenge") is None:
        raise not_configured()
    user = client.pool.people.find_for_sign_in(username) or hidden_users.placeholder_user(client, username)
    user_status.check_enabled(user)
    user_status.check_confirmed(user)
    check_no_second_factor(client, user)
    authentication.before(client, user, is_known=not hidden_users.is_placeholder(user))
    if parameters.get("CHALLENGE_NAME") == "SRP_A":
        return decide(client, user, [result("SRP_A", True)], parameters)
    return decide(client, user, [], device_key=parameters.get("DEVICE_KEY", ""))


def not_configured() -> AwsError:
    return invalid("Custom auth lambda trigger is not configured for the user pool.")


def check_no_second_factor(client: AppClient, user: User) -> None:
    if second_factors.is_required(client.pool) or second_factors.of_user(client.pool, user):
        raise OutsideTheLab("CUSTOM_AUTH with a second factor is not played by this lab (AWS has it).")


def result(name: str, is_right: bool, metadata: str | None = None) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": is_right, "challengeMetadata": metadata}


def has_shown_password(results: Results) -> bool:
    return result(PASSWORD, True) in results


def ask_function(
    client: AppClient, trigger: str, user: User, results: Results | None, **more: Any
) -> dict[str, Any]:
    """What one of the three functions answers.

    Raises:
        AwsError: ``InvalidParameterException``: the pool has none. And those of ``invoking.run``.
    """
    is_known = not hidden_users.is_placeholder(user)
    answering = events.called() in authentication.ANSWERS  # only then ClientMetadata arrives
    request = {
        "userAttributes": events.attributes_of(client.pool, user) if is_known else {},
        "session": ... if results is None else results,
        "clientMetadata": events.given("ClientMetadata") if answering else ...,
        **more,
        **authentication.user_not_found(client, is_known),
    }
    response = invoking.run(
        client.pool, trigger, "Authentication", request, username=user.username, client=client
    )
    if response is None:
        raise not_configured()
    if is_known:
        invoking.check_user_still_there(client.pool, user)
        user_status.check_enabled(user)
    return response


def decide(
    client: AppClient,
    user: User,
    results: Results,
    parameters: Mapping[str, str] | None = None,
    device_key: str = "",
) -> dict[str, Any]:
    """What comes next, as the first function says. ``parameters`` are there as long as SRP may begin, and
    ``device_key`` names the device, if the caller did.

    Raises:
        AwsError: ``NotAuthorizedException``: the sign-in has failed. ``InvalidLambdaResponseException``: the
            function says nothing.
    """
    response = ask_function(client, "DefineAuthChallenge", user, results)
    if response.get("failAuthentication"):
        raise lockout.wrong_password()
    if response.get("issueTokens"):
        return finish(client, user, results, device_key)
    name = response.get("challengeName")
    if name == CUSTOM:
        return ask(client, user, results, device_key)
    if name == PASSWORD and parameters is not None:
        answer = srp_flow.ask_for_password(client, user, parameters)
        block = answer["ChallengeParameters"]["SECRET_BLOCK"]
        challenges.find_challenge(client, block, PASSWORD).results = results
        return answer
    if name:
        raise OutsideTheLab(f"{name} as the next challenge is not played by this lab (AWS has it).")
    raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def ask(client: AppClient, user: User, results: Results, device_key: str) -> dict[str, Any]:
    """The challenge that the second function makes: the caller sees its public half alone."""
    made = ask_function(client, "CreateAuthChallenge", user, results, challengeName=CUSTOM)
    session = challenges.store_challenge(client, user, CUSTOM, device_key=device_key)
    challenge = challenges.find_challenge(client, session, CUSTOM)
    challenge.results, challenge.metadata = results, made.get("challengeMetadata")
    challenge.private = made.get("privateChallengeParameters") or {}
    shown = {**(made.get("publicChallengeParameters") or {}), "USERNAME": user.username}
    return {"ChallengeName": CUSTOM, "Session": session, "ChallengeParameters": shown}


def answer(
    client: AppClient, challenge: Challenge, username: str, responses: Mapping[str, str]
) -> dict[str, Any]:
    """The answer to it: the third function judges, and the first one says what comes of that."""
    given = challenges.required(responses, "ANSWER")
    if hidden_users.find_person(client.pool, username) is not challenge.user:
        raise challenges.invalid_session("")
    user_status.check_enabled(challenge.user)
    if has_shown_password(challenge.results or []):
        mfa_challenges.check_password_in_force(challenge)
    challenge.answered = True  # right or wrong, and before any function runs: one session, one answer
    judged = ask_function(
        client, "VerifyAuthChallengeResponse", challenge.user, None,
        privateChallengeParameters=challenge.private, challengeAnswer=given,
    )  # fmt: skip
    return go_on(client, challenge, bool(judged.get("answerCorrect")))


def go_on(client: AppClient, challenge: Challenge, is_right: bool) -> dict[str, Any]:
    """A step has been answered."""
    if challenge.name == PASSWORD:
        user_status.check_no_reset_required(challenge.user)
    results = [*(challenge.results or []), result(challenge.name, is_right, challenge.metadata)]
    return decide(client, challenge.user, results, device_key=challenge.device_key)


def finish(client: AppClient, user: User, results: Results, device_key: str) -> dict[str, Any]:
    """Tokens, once a remembered device that was named has shown itself; never for a name that nobody has.
    (AWS does not say what ``amr`` is then: here it names a password if there was one, and nothing else.)"""
    if hidden_users.is_placeholder(user):
        raise lockout.wrong_password()
    amr = ("pwd",) if has_shown_password(results) else ()
    event = auth_events.record(client, user, "SignIn")
    key = device_key if device_key in user.devices else None
    device = devices.remembered(client.pool.settings, user.devices, key)
    if device is not None:
        asked = mfa_challenges.ask_for_device(client, user, device, amr)
        event.end("InProgress", session=asked["Session"])
        return asked
    lockout.forgive(user)
    event.end("Pass")
    tokens = issuing.issue_tokens(client, user, amr=amr)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens}
