"""What users did, as threat protection writes it down, and what they or administrators say of it.

Source: "Viewing user event history"; AdminListUserAuthEvents, UpdateAuthEventFeedback in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User, to_datetime
from cognito_lab.aws.user_pools.errors import not_authorized, not_found
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.threat_protection import request_context, risk_configuration
from cognito_lab.aws.user_pools.threat_protection.request_context import Context
from cognito_lab.errors import AwsError
from cognito_lab.expiring import Expiring
from cognito_lab.protocols import constant_time

KEPT = 2 * 365 * 86400  # seconds: AWS keeps two years


@dataclass
class AuthEvent:
    """One event of a user; ``created`` in seconds since 1970.

    ``session`` is that of the challenge which a sign-in waits for, ``feedback_token`` what a message about
    the event carried, ``issued`` whether tokens came of it.
    """

    kind: str
    context: Context
    leaked: bool = False
    response: str = "Fail"
    decision: str = "NoRisk"
    level: str = ""
    challenges: dict[str, str] = field(default_factory=dict)
    id: str = ""
    created: float = field(default_factory=time.time)
    session: str = ""
    feedback_token: str = ""
    feedback: dict[str, Any] = field(default_factory=dict)
    issued: bool = False

    def end(self, response: str, **facts: Any) -> None:
        """``response`` is ``"Pass"``, ``"Fail"`` or ``"InProgress"``."""
        self.response = response
        for name, value in facts.items():
            setattr(self, name, value)

    @property
    def is_trusted(self) -> bool:
        """Whether network and device count as the user's own: by what somebody said of it, or by success."""
        said = self.feedback.get("FeedbackValue")
        return self.kind == "SignIn" and (said == "Valid" if said else self.response == "Pass")

    def describe(self) -> dict[str, Any]:
        """AuthEventType. The lab knows no geography: there is no city and no country."""
        where = {
            "IpAddress": str(self.context.address or ""), "DeviceName": self.context.device_name,
            "Timezone": self.context.timezone,
        }  # fmt: skip
        risk = {"RiskDecision": self.decision, "CompromisedCredentialsDetected": self.leaked}
        return {
            "EventId": self.id, "EventType": self.kind, "CreationDate": to_datetime(self.created),
            "EventResponse": self.response,
            "EventRisk": risk | ({"RiskLevel": self.level} if self.level else {}),
            "ChallengeResponses": [
                {"ChallengeName": name, "ChallengeResponse": how} for name, how in self.challenges.items()
            ],
            "EventContextData": {name: value for name, value in where.items() if value},
            **({"EventFeedback": self.feedback} if self.feedback else {}),
        }  # fmt: skip


class AuthEvents(Expiring[list[AuthEvent]]):
    """The events of a pool's users by their ``sub``, oldest first."""

    def end(self, entry: list[AuthEvent]) -> float:
        return entry[-1].created + KEPT if entry else 0.0


def of_user(pool: UserPool, user: User) -> list[AuthEvent]:
    events = moto_patches.state_of(pool, AuthEvents)
    if user.sub not in events:
        events[user.sub] = []
    kept = events[user.sub]
    while kept and time.time() >= kept[0].created + KEPT:
        del kept[0]
    return kept


def id_of_passed(pool: UserPool, user: User) -> str:
    """The id of the sign-in that the user has just passed, for its tokens; empty where nothing is kept."""
    kept = moto_patches.state_of(pool, AuthEvents).get(user.sub, [])
    passed = (one for one in reversed(kept) if one.kind == "SignIn" and one.response == "Pass")
    event = next((one for one in passed if not one.issued), None)
    if event is None:
        return ""
    event.issued = True
    return event.id


def record(client: AppClient, user: User, kind: str, **facts: Any) -> AuthEvent:
    """Write down what a user does now, if threat protection is on in the pool."""
    if risk_configuration.mode(client.pool) == risk_configuration.OFF or not client.pool.people.has(user):
        return AuthEvent(kind, request_context.UNKNOWN, **facts)
    event = AuthEvent(kind, request_context.of_request(client), id=randomness.uuid4(), **facts)
    of_user(client.pool, user).append(event)
    return event


# -- a sign-in with more than one step --------------------------------------------------------------


@contextmanager
def first_factor(client: AppClient, user: User, by_password: bool = True) -> Iterator[None]:
    """Writes a sign-in down that fails in this block by its password, or by a first factor for which AWS has
    no name here."""
    try:
        yield
    except AwsError:
        record(client, user, "SignIn", challenges={"Password": "Failure"} if by_password else {})
        raise


@contextmanager
def second_factor(pool: UserPool, user: User, session: str) -> Iterator[None]:
    """Writes down how this block answers the challenge that the sign-in of ``session`` waits for."""
    event = of_session(pool, user, session)
    try:
        yield
    except AwsError:
        event.end("Fail", challenges={**event.challenges, "Mfa": "Failure"})
        raise
    event.end("Pass", challenges={**event.challenges, "Mfa": "Success"})


def of_session(pool: UserPool, user: User, session: str) -> AuthEvent:
    """The sign-in that waits with this ``Session``; without threat protection, one that nobody keeps."""
    kept = moto_patches.state_of(pool, AuthEvents).get(user.sub, [])
    waiting = (event for event in reversed(kept) if event.session == session)
    return next(waiting, AuthEvent("SignIn", request_context.UNKNOWN))


def replace(pool: UserPool, user: User, session: str) -> None:
    """The sign-in that waited for a new password is judged again, and is still one event."""
    kept = moto_patches.state_of(pool, AuthEvents).get(user.sub, [])
    kept[:] = [event for event in kept if event.session != session]


# -- reading it, and saying what it was -------------------------------------------------------------


@operation("cognito-idp", "AdminListUserAuthEvents")
def admin_list_user_auth_events(call: Call) -> dict[str, Any]:
    """The newest first."""
    pool = model.pool_in(call)
    risk_configuration.check_add_on(pool)
    kept = of_user(pool, model.user_in_admin_call(call))
    found, after = paginate(call, kept[::-1], "MaxResults")
    return {"AuthEvents": [event.describe() for event in found], **after}


@operation("cognito-idp", "AdminUpdateAuthEventFeedback")
def admin_update_auth_event_feedback(call: Call) -> dict[str, Any]:
    give_feedback(call, event_in(call), "Admin")
    return {}


@operation("cognito-idp", "UpdateAuthEventFeedback")
def update_auth_event_feedback(call: Call) -> dict[str, Any]:
    event = event_in(call)
    check_feedback_token(event, call["FeedbackToken"])
    give_feedback(call, event, "User")
    return {}


def event_in(call: Call) -> AuthEvent:
    """The event of a user that the call names.

    Raises:
        AwsError: ``UserPoolAddOnNotEnabledException``, ``UserNotFoundException``,
            ``ResourceNotFoundException``.
    """
    pool = model.pool_in(call)
    risk_configuration.check_add_on(pool)
    user = model.user_in_admin_call(call)
    found = next((event for event in of_user(pool, user) if event.id == call["EventId"]), None)
    if found is None:
        raise not_found(f"Event {call['EventId']} does not exist.")
    return found


def check_feedback_token(event: AuthEvent, given: str) -> None:
    """Who gives feedback without a signature has the message about the event; without one, nobody does."""
    if not event.feedback_token or not constant_time.equal(event.feedback_token, given):
        raise not_authorized("Invalid feedback token.")


def give_feedback(call: Call, event: AuthEvent, provider: str) -> None:
    """It counts for the next sign-in: see :attr:`AuthEvent.is_trusted`."""
    now = to_datetime(time.time())
    event.feedback = {"FeedbackValue": call["FeedbackValue"], "Provider": provider, "FeedbackDate": now}
