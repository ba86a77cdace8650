"""The sessions of a user, listed and ended: by the user, or by an administrator.

Source: ListUserSessions and RevokeUserSession in the API reference.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User, to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.settings import session_configuration
from cognito_lab.aws.user_pools.tokens import checking, session_tracking
from cognito_lab.aws.user_pools.tokens.token_store import Session
from cognito_lab.errors import invalid


def parties(call: Call) -> tuple[UserPool, User, Session | None]:
    """Whose sessions the call is about, and the session of the access token, if it has one.

    Raises:
        AwsError: ``OperationNotEnabledException``: the pool does not track sessions.
    """
    if "AccessToken" in call.parameters:
        who = checking.user_of_access_token(call)
        found = who.pool, who.user, who.login.session
    else:
        found = model.pool_in(call), model.user_in_admin_call(call), None
    session_configuration.check_tracking(found[0])
    return found


@operation("cognito-idp", "ListUserSessions")
@operation("cognito-idp", "AdminListUserSessions")
def list_user_sessions(call: Call) -> dict[str, Any]:
    """All of them in one page, as AWS answers: so no token of a next one is right."""
    pool, user, own = parties(call)
    paginate(call, ())
    return {"Sessions": [describe(one, one is own) for one in session_tracking.active(pool, user)]}


def describe(session: Session, is_own: bool) -> dict[str, Any]:
    """SessionDescriptionType. The lab knows no geography: there is no city and no country."""
    origin = {"OriginSessionId": session.origin.id} if session.origin else {}
    address = {"LastIPAddress": str(session.context.address)} if session.context.address else {}
    return {
        "SessionId": session.id, "SessionType": "TOKEN" if session.login else "SSO",
        "ClientId": session.client_id, "CreateDate": to_datetime(session.created),
        "LastActiveDate": to_datetime(session.last_active),
        "DeviceType": session.context.device_name[:1024] or "unknown", **address, **origin,
        "IsCurrentSession": is_own,
    }  # fmt: skip


@operation("cognito-idp", "RevokeUserSession")
@operation("cognito-idp", "AdminRevokeUserSession")
def revoke_user_session(call: Call) -> dict[str, Any]:
    pool, user, own = parties(call)
    others = session_tracking.active(pool, user)
    session = find(others, call["SessionId"])
    check_not_own(session, own)
    session.end()
    if call.get("RevokeAssociatedSessions") == "LINKED":
        session_tracking.end_linked(session, others)
    return {}


def find(sessions: list[Session], name: str) -> Session:
    """The session of this id among those of a user that have not ended.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    for session in sessions:
        if session.id == name:
            return session
    raise not_found("Session does not exist.")


def check_not_own(session: Session, own: Session | None) -> None:
    """Who signs out uses RevokeToken or GlobalSignOut. (AWS names no code.)"""
    if session is own:
        raise invalid("The session of the access token cannot be revoked.")
