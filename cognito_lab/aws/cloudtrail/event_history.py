"""The event history: of each call that was answered, what an event is made of when somebody asks for it.

A call is noted when its caller is known, and kept when it is answered. Data events are not kept.
Source: CloudTrail User Guide, "Working with CloudTrail event history".
"""

from __future__ import annotations

import json
import re
import sys
import time
import tomllib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Response
from cognito_lab.paths import DATA

MOST = 500  # events that are kept at the most
REACH = 90 * 86400  # seconds that the event history reaches back
LONGEST = 100_000  # letters of parameters that are kept (CloudTrail User Guide, "CloudTrail record contents")


@dataclass(slots=True)
class Event:
    """A call, as it was made and answered.

    Attributes:
        asked: The input as JSON; empty where it was too long.
        who: The principal who signed, or whom an identity provider vouched for, as a ``userIdentity``.
        source: The address that the call came from, or the AWS service that made it.
        sub: Of the user of a user pool that the call was about, if somebody is known.
        tags: Session tags that an identity provider asks for.
        body: The answer, in the wire form of the service; ``result`` or ``error`` where a service asked.
    """

    service: str
    operation: str
    region: str
    asked: str
    who: Any
    source: str = "127.0.0.1"
    agent: str = ""
    sub: str = ""
    time: float = field(default_factory=time.time)
    number: int = 0
    request_id: str = ""
    status: int = 200
    body: bytes = b""
    result: dict[str, Any] | None = None
    error: AwsError | None = None
    tags: dict[str, str] | None = None

    @property
    def is_read(self) -> bool:
        return re.fullmatch(table()["reads"], self.operation) is not None


@dataclass
class History:
    """The events of the account, the oldest first. ``count`` has counted them all."""

    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST))
    count: int = 0

    def keep(self, event: Event) -> None:
        """Add the newest, and forget what is over. What many events have in common is held once."""
        self.count += 1
        while self.events and self.events[0].time < event.time - REACH:
            self.events.popleft()
        if self.events and self.events[-1].who == event.who:
            event.who = self.events[-1].who
        for name in ("service", "operation", "region", "agent"):
            setattr(event, name, sys.intern(getattr(event, name)))
        event.number = self.count
        self.events.append(event)


@cache
def table() -> dict[str, Any]:
    """What stands in ``data/cloudtrail.toml``."""
    return tomllib.loads((DATA / "cloudtrail.toml").read_text(encoding="utf-8"))


def history() -> History:
    return moto_patches.account_state(History)


def note(call: Call) -> None:
    """Note a call whose caller is known. It is an event when it is answered, however that is."""
    if call.operation not in table()["data_events"].get(call.service, ()):
        agent = exchanges.current_request().headers.get("user-agent", "")
        event = _event(call, call.principal, agent=agent, sub=sub_of(call))
        exchanges.describe_current(call.service, call.operation, event=event)


def vouched_for(identity: dict[str, Any], tags: dict[str, str]) -> None:
    """Somebody else says who makes the call that is being answered: ``identity`` a ``userIdentity``."""
    if event := exchanges.current_exchange().details.get("event"):
        event.who, event.tags = identity, tags


def keep(answer: Response) -> Response:
    """Keep the event of the call that has just been answered, if it has one; returns the answer."""
    if event := exchanges.current_exchange().details.pop("event", None):
        names = ("x-amzn-requestid", "x-amz-request-id")
        event.request_id = next((answer.headers[name] for name in names if name in answer.headers), "")
        event.status = answer.status
        told = (
            answer.status >= 400
            or not event.is_read
            or re.fullmatch(table()["answers_told"], event.operation)
        )
        event.body = answer.body if told else b""
        history().keep(event)
    return answer


@contextmanager
def made_by(service: str, call: Call, identity: dict[str, Any], tags: dict[str, str]) -> Iterator[Event]:
    """The event of a call that an AWS service makes for somebody; set ``result`` on what is handed out."""
    event = _event(
        call, identity, source=f"{service}.amazonaws.com", agent=f"{service}.amazonaws.com", tags=tags
    )
    try:
        yield event
    except AwsError as error:
        event.error = error
        raise
    finally:
        history().keep(event)


def _event(call: Call, who: Any, **more: Any) -> Event:
    given = {name: value for name, value in call.parameters.items() if value != b""}
    asked = json.dumps(given, default=lambda octets: octets.decode(errors="replace"))
    return Event(
        call.service, call.operation, call.region, asked if len(asked) <= LONGEST else "", who, **more
    )


def sub_of(call: Call) -> str:
    """The ``sub`` of the user whom a call of a user pool names, before the call may delete them."""
    if call.service != "cognito-idp":
        return ""
    named = [call.get(member, {}).get("USERNAME") for member in ("AuthParameters", "ChallengeResponses")]
    name = next(filter(None, [call.get("Username"), *named]), "")
    from cognito_lab.aws.user_pools import model  # user pools call functions, whose calls are events too

    client = model.registry().clients.get(call.get("ClientId", ""))
    pool = client.pool if client else model.registry().pools.get(call.get("UserPoolId", ""))
    user = pool.people.find(name) if pool and name else None
    return user.sub if user else ""
