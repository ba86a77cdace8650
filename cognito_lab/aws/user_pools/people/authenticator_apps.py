"""An authenticator app is set up: by a signed-in user, or in the middle of a sign-in that requires it.

Source: AssociateSoftwareToken, VerifySoftwareToken and AdminDeleteSoftwareToken in the API reference.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model, second_factors, software_tokens
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.sign_in import challenges, mfa_challenges
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge, Challenges
from cognito_lab.aws.user_pools.software_tokens import SoftwareToken
from cognito_lab.aws.user_pools.threat_protection import auth_events
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.errors import AwsError, invalid


@operation("cognito-idp", "AssociateSoftwareToken")
def associate_software_token(call: Call) -> dict[str, Any]:
    """A new secret. The app that the user has keeps working until a code of the new one was shown."""
    if by_session(call):
        client, challenge = sign_in_of(call)
        check_offered(client.pool)
        challenge.answered = True
        token = SoftwareToken()
        session = challenges.store_challenge(
            client, challenge.user, "MFA_SETUP", token=token, by_srp=challenge.by_srp,
            device_key=challenge.device_key,
        )  # fmt: skip
        auth_events.of_session(client.pool, challenge.user, call["Session"]).session = session
        return {"SecretCode": token.secret, "Session": session}
    who = checking.user_of_access_token(call)
    check_offered(who.pool)
    who.user.pending_token = SoftwareToken()
    return {"SecretCode": who.user.pending_token.secret}


@operation("cognito-idp", "VerifySoftwareToken")
def verify_software_token(call: Call) -> dict[str, Any]:
    """The app shows that it has the secret; from now on it is the user's."""
    if not by_session(call):
        who = checking.user_of_access_token(call)
        take_app(who.user, who.user.pending_token, call)
        who.user.pending_token = None
        return {"Status": "SUCCESS"}
    client, challenge = sign_in_of(call)
    take_app(challenge.user, challenge.token, call)
    challenge.answered = True
    if second_factors.APP not in challenge.user.second_factors:
        challenge.user.second_factors.append(second_factors.APP)
    session = challenges.store_challenge(
        client, challenge.user, "MFA_SETUP", token=challenge.token, by_srp=challenge.by_srp,
        device_key=challenge.device_key,
    )  # fmt: skip
    auth_events.of_session(client.pool, challenge.user, call["Session"]).session = session
    return {"Status": "SUCCESS", "Session": session}


@operation("cognito-idp", "AdminDeleteSoftwareToken")
def admin_delete_software_token(call: Call) -> dict[str, Any]:
    user = model.user_in_admin_call(call)
    user.software_token = user.pending_token = None
    second_factors.drop(user, second_factors.APP)
    return {}


def by_session(call: Call) -> bool:
    """Whether a session stands for the user, and not an access token.

    Raises:
        AwsError: ``InvalidParameterException``: neither, or both.
    """
    if ("AccessToken" in call.parameters) is ("Session" in call.parameters):
        raise invalid("Either an access token or a session is required, not both.")
    return "Session" in call.parameters


def sign_in_of(call: Call) -> tuple[AppClient, Challenge]:
    """The sign-in that waits for a second factor to be set up, and its app client."""
    for pool in model.registry().pools.values():
        challenge = moto_patches.state_of(pool, Challenges).get(call["Session"])
        if challenge is not None and pool.region == call.region:
            client = model.get_client(call.region, challenge.client_id)
            challenges.find_challenge(client, call["Session"], "MFA_SETUP")
            mfa_challenges.check_may_go_on(pool, challenge, challenge.user.username)
            mfa_challenges.check_has_no_factor(pool, challenge.user)
            return client, challenge
    raise challenges.invalid_session("")


def check_offered(pool: UserPool) -> None:
    if second_factors.APP not in second_factors.offered(pool):
        raise software_tokens.not_found("Software Token MFA has not been enabled by the userPool")


def take_app(user: User, token: SoftwareToken | None, call: Call) -> None:
    """The app of ``token`` is the user's, if it shows the right code."""
    if token is None:
        raise software_tokens.not_found("Software Token MFA does not exist for the user.")
    if not software_tokens.accepts(token, call["UserCode"]):
        text = "Code mismatch and fail enable Software Token MFA"
        raise AwsError("EnableSoftwareTokenMFAException", text)
    token.name = call.get("FriendlyDeviceName", "")
    user.software_token = token
