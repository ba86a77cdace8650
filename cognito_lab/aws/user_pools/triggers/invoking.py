"""A trigger is invoked: whether Cognito may, how long it waits, and what it makes of the answer.

The call that is under way lets go of the account meanwhile. What it knew before counts no more afterwards.

Source: "Customizing user pool workflows with Lambda triggers". The texts are those that users quote; which
code stands for which fault AWS does not say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.lambda_functions import function_policies, functions, invocations
from cognito_lab.aws.lambda_functions.invocations import Outcome
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import no_user, not_found
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.triggers import events
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.protocols import json_texts

COGNITO = "cognito-idp.amazonaws.com"
SECONDS, TRIES = 5.0, 3  # AWS no longer says how often it tries; for long it said three times
# Errors of Lambda itself, not of the function.
BROKEN = (
    "Sandbox.Timedout", "Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError",
    "Runtime.ExitError",
)  # fmt: skip
WHOLE_EVENT = ("version", "triggerSource", "region", "userPoolId", "request", "response")


def run(
    pool: UserPool, trigger: str, source: str, request: Mapping[str, Any], *,
    username: str | None, client: AppClient | None = None, client_id: str = events.NO_CLIENT,
) -> dict[str, Any] | None:  # fmt: skip
    """What the pool's function for ``trigger`` answers; ``None`` without one.

    Args:
        trigger: Its name in ``LambdaConfig``.
        source: The end of ``triggerSource``: ``SignUp``.
        request: Members that are ``...`` are left out.

    Raises:
        AwsError: ``UserLambdaValidationException``: the function raises an error, and this is its text.
            ``InvalidLambdaResponseException``: it answers something else than the event.
            ``UnexpectedLambdaException``: it cannot be invoked, or does not end in time.
            ``ResourceNotFoundException``: meanwhile somebody has deleted the pool or app client.
    """
    arn = events.arn_of(pool, trigger)
    if arn is None:
        return None
    whole_source = f"{events.PREFIXES.get(trigger, trigger)}_{source}"
    event = events.event(pool, trigger, whole_source, client.id if client else client_id, username, request)
    with exchanges.internal_call("cognito-idp", "lambda", whole_source) as exchange:
        outcome = invoked(pool, trigger, arn, json.dumps(event).encode())
        check_still_there(pool, client)
        check_succeeded(trigger, outcome)
        exchange.answer = response_in(trigger, event["version"], outcome.payload)
    return dict(exchange.answer)


def invoked(pool: UserPool, trigger: str, arn: str, payload: bytes) -> Outcome:
    """The outcome of the first try that ends in time.

    Raises:
        AwsError: ``UnexpectedLambdaException``.
    """
    for _ in range(TRIES):
        try:
            function = functions.find(arn.split(":")[3], arn)
            check_permission(pool, trigger, function)
            return invocations.invoke(function, payload, SECONDS)
        except TimeoutError:
            check_still_there(pool)
        except AwsError as error:
            raise unexpected(trigger, error.code) from None
    raise unexpected(trigger, "Socket timeout while invoking Lambda function")


def unexpected(trigger: str, what: str) -> AwsError:
    return AwsError("UnexpectedLambdaException", f"{trigger} invocation failed due to error {what}.")


def check_permission(pool: UserPool, trigger: str, function: functions.Function) -> None:
    """The function's own policy lets Cognito in, for this pool."""
    if not function_policies.lets_in(function, COGNITO, pool.arn):
        raise AwsError("AccessDeniedException", f"{COGNITO} may not invoke {function.arn} for {pool.arn}")


def check_succeeded(trigger: str, outcome: Outcome) -> None:
    """An error of the function is the user's to read; one of Lambda's is not.

    Raises:
        AwsError: ``UserLambdaValidationException``, ``UnexpectedLambdaException``.
    """
    if outcome.error is None:
        return
    kind, text = outcome.error["errorType"], outcome.error["errorMessage"]
    if kind in BROKEN:
        raise unexpected(trigger, text)
    raise AwsError("UserLambdaValidationException", f"{trigger} failed with error {text}.")


def response_in(trigger: str, version: str, payload: bytes) -> dict[str, Any]:
    """The ``response`` in the event that came back.

    Raises:
        AwsError: ``InvalidLambdaResponseException``: it is not the whole event, or a member has another form.
    """
    try:
        answer = json_texts.read(payload)
    except json_texts.NotJson:  # Python writes NaN, and any depth
        answer = None
    response = answer.get("response") if is_event(answer) else None
    if not isinstance(response, dict) or not events.fits(response, events.form_of(trigger, version)):
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return response


def is_event(answer: Any) -> bool:
    """Whether the function has given back the event, not only its ``response``."""
    return isinstance(answer, dict) and all(name in answer for name in WHOLE_EVENT)


def check_still_there(pool: UserPool, client: AppClient | None = None) -> None:
    """While the function ran, nobody has deleted the pool or the app client."""
    if model.registry().pools.get(pool.id) is not pool:
        raise not_found(f"User pool {pool.id} does not exist.")
    if client is not None and pool.clients.get(client.id) is not client:
        raise not_found(f"User pool client {client.id} does not exist.")


def check_user_still_there(pool: UserPool, user: User) -> None:
    """While the function ran, nobody has deleted the user.

    Raises:
        AwsError: ``UserNotFoundException``.
    """
    if not pool.people.has(user):
        raise no_user()
