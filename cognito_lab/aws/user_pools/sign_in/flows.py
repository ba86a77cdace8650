"""Authentication flows: which one a call asks for, whether its app client allows it, and who goes on with it.

Source: "Authentication with Amazon Cognito user pools"; InitiateAuth and RespondToAuthChallenge in the API
reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import client_secrets, devices, model
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.sign_in import (
    challenges,
    device_challenges,
    mfa_challenges,
    new_password,
    password_flow,
    refresh,
    srp_flow,
    user_auth,
)
from cognito_lab.aws.user_pools.tokens import issuing
from cognito_lab.aws.user_pools.triggers import custom_challenges
from cognito_lab.errors import invalid


@operation("cognito-idp", "InitiateAuth")
@operation("cognito-idp", "AdminInitiateAuth")
def initiate_auth(call: Call) -> dict[str, Any]:
    client, flow = model.client_in(call), call["AuthFlow"]
    switch, operations, handler = FLOWS[flow]
    check_operation_allowed(call.operation, operations)
    check_flow_enabled(client, flow, switch)
    parameters = call.get("AuthParameters", {})
    if flow == "USER_AUTH" and call.get("Session"):
        return user_auth.by_sign_up(client, call["Session"], parameters)
    return handler(client, parameters)


def check_operation_allowed(name: str, operations: Sequence[str]) -> None:
    """A server's own flow needs IAM: it is not for the public call."""
    if name not in operations:
        raise invalid("Initiate Auth method not supported")


def check_flow_enabled(client: AppClient, flow: str, switch: str) -> None:
    if switch not in client.flows:
        raise invalid(NOT_ENABLED.get(flow, f"{flow} flow not enabled for this client"))


# AWS's words differ from flow to flow, as people quote them.
NOT_ENABLED = {
    "ADMIN_USER_PASSWORD_AUTH": "Auth flow not enabled for this client",
    "ADMIN_NO_SRP_AUTH": "Auth flow not enabled for this client",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "CUSTOM_AUTH": "CUSTOM_AUTH is not enabled for the client.",
}
PUBLIC, ADMIN = "InitiateAuth", "AdminInitiateAuth"
FlowHandler = Callable[[AppClient, Mapping[str, str]], dict[str, Any]]
# What an app client must allow, by which operation it may begin, and how it goes.
FLOWS: dict[str, tuple[str, tuple[str, ...], FlowHandler]] = {
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", (PUBLIC,), password_flow.by_password),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", (ADMIN,), password_flow.by_password),
    "ADMIN_NO_SRP_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", (ADMIN,), password_flow.by_password),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH", (PUBLIC, ADMIN), refresh.by_refresh_token),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH", (PUBLIC, ADMIN), refresh.by_refresh_token),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", (PUBLIC, ADMIN), custom_challenges.by_functions),
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH", (PUBLIC, ADMIN), srp_flow.by_srp),
    "USER_AUTH": ("ALLOW_USER_AUTH", (PUBLIC, ADMIN), user_auth.by_choice),
}


@operation("cognito-idp", "RespondToAuthChallenge")
@operation("cognito-idp", "AdminRespondToAuthChallenge")
def respond_to_auth_challenge(call: Call) -> dict[str, Any]:
    client, responses = model.client_in(call), call.get("ChallengeResponses", {})
    username = challenges.required(responses, "USERNAME")
    client_secrets.check_secret_hash(client, username, responses.get("SECRET_HASH"))
    if call["ChallengeName"] == "PASSWORD_VERIFIER":
        challenge = srp_flow.prove_password(client, username, responses)
        key = challenges.device_key(challenge, responses)
        if challenge.results is not None:
            challenge.device_key = key or ""
            return custom_challenges.go_on(client, challenge, is_right=True)
        return password_flow.after_password(client, challenge.user, device_key=key, by_srp=True)
    if call["ChallengeName"] == "DEVICE_SRP_AUTH":
        return device_challenges.ask_for_proof(client, username, call.get("Session"), responses)
    if call["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER":
        return device_challenges.prove_device(client, username, responses)
    session = challenges.required(call.parameters, "Session")
    challenge = challenges.find_challenge(client, session, call["ChallengeName"])
    if challenge.is_first:
        return user_auth.respond(client, challenge, username, responses)
    if challenge.name == "CUSTOM_CHALLENGE":
        return custom_challenges.answer(client, challenge, username, responses)
    device_key = challenges.device_key(challenge, responses)
    if challenge.name == "NEW_PASSWORD_REQUIRED":
        user = new_password.answer_new_password(client, challenge, username, responses)
        by_srp = challenge.by_srp
        return password_flow.after_password(client, user, device_key=device_key, by_srp=by_srp)
    if challenge.name == "SELECT_MFA_TYPE":
        mfa_challenges.check_may_go_on(client.pool, challenge, username)
        return mfa_challenges.select_factor(client, challenge, responses)
    device = devices.remembered(client.pool.settings, challenge.user.devices, device_key)
    amr = mfa_challenges.complete(client, challenge, username, responses)
    if device is not None:
        return mfa_challenges.ask_for_device(client, challenge.user, device, amr)
    tokens = issuing.issue_tokens(client, challenge.user, amr=amr, by_srp=challenge.by_srp)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens}
