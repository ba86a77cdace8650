"""The enhanced flow: one call, and an identity has AWS credentials for an hour (Cognito guide,
"Identity pools authentication flow" and "IAM roles").

What the call does inside AWS, in order: check the logins, choose the role, ask STS for a session of
it in the identity's name. STS asks the role's trust policy, which has the last word.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.cloudtrail import event_history
from cognito_lab.aws.iam import enforcement, policy_documents
from cognito_lab.aws.identity_pools import identities, open_id_tokens, role_selection
from cognito_lab.aws.sts import web_identity
from cognito_lab.aws.sts.role_sessions import RoleSession
from cognito_lab.aws.sts.web_identity import IDENTITY_POOLS
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Request

OF_THE_APP = ("aws:SourceIp", "aws:UserAgent", "aws:Referer")  # condition keys of the app's own request
SESSION_NAME = "CognitoIdentityCredentials"
SESSION_SECONDS = 3600  # fixed: the enhanced flow cannot be asked for more


@operation("cognito-identity", "GetCredentialsForIdentity")
def get_credentials_for_identity(call: Call) -> dict[str, Any]:
    pool, identity, proved = identities.identity_of_call(call)
    role = role_selection.choose(pool, proved, call.get("CustomRoleArn"))
    claims = open_id_tokens.claims(pool, identity, proved)
    try:
        session = assume_role(call, role, claims, guest_session_policies(guest=not proved))
    except AwsError as error:
        if error.code == "AccessDenied":
            raise role_selection.no_role() from error
        raise
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretKey": session.secret_access_key,  # STS calls the same thing SecretAccessKey
            "SessionToken": session.session_token,
            "Expiration": session.expiration,
        },
    }


def authorize(request: Request, call: Call, resource: str) -> None:
    """Who may make a call of identity pools that needs a signature."""
    enforcement.authorize_by_policies(request, call, resource)
    check_not_with_own_credentials(call)


def check_not_with_own_credentials(call: Call) -> None:
    """Credentials of an identity pool are not for identity pools, whatever their role may do.

    Guide, "IAM roles", which does not say with which code they are refused.
    """
    if call.principal.context.get("aws:FederatedProvider") == IDENTITY_POOLS:
        raise AwsError(
            "NotAuthorizedException", f"{call.operation} is not for identities of an identity pool."
        )


def guest_session_policies(*, guest: bool) -> tuple[dict[str, Any], ...]:
    """The session policies that hold a guest to a list of services, whatever the role says."""
    return policy_documents.guest_session_policies() if guest else ()


def assume_role(
    call: Call, role: str, claims: dict[str, Any], narrowing: tuple[dict[str, Any], ...]
) -> RoleSession:
    """The inner call of STS, which no request of the app shows, but the event history does."""
    # Cognito asks, from where it is: the app's address and program count for nothing (guide, "IAM roles").
    keys = enforcement.context(exchanges.current_request(), None)
    ours = {name: value for name, value in keys.items() if name not in OF_THE_APP}
    identity = web_identity.WebIdentity(IDENTITY_POOLS, IDENTITY_POOLS, claims, request=ours)
    asked = {"RoleArn": role, "RoleSessionName": SESSION_NAME, "DurationSeconds": SESSION_SECONDS}
    of_sts = Call("sts", "AssumeRoleWithWebIdentity", asked, call.region, call.account)
    with (
        exchanges.internal_call(
            call.service, "sts", of_sts.operation, **asked, WebIdentityClaims=claims
        ) as inner,
        event_history.made_by(call.service, of_sts, identity.user_identity(), identity.tags()) as event,
    ):
        session = web_identity.assume(
            role, SESSION_NAME, identity, duration_seconds=SESSION_SECONDS, session_policies=narrowing
        )
        event.result = web_identity.described(session, identity)
        inner.answer = {
            "Credentials": {"AccessKeyId": session.access_key_id},
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }
    return session
