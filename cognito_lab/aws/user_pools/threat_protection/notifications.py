"""Messages about risky sign-ins, with what a user needs to say whether it was them.

Source: "Message templates"; NotifyConfigurationType in the API reference.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.user_pools import outbox
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.threat_protection.auth_events import AuthEvent

DETAILS = (
    " at {login-time} from {ip-address} with {device-name}. Was it you? Your answer needs the event id "
    "{event-id} and the feedback token {feedback-token}."
)
DEFAULTS = {  # subject and text where the configuration has none
    "BlockEmail": ("Blocked sign-in attempt", "We blocked a sign-in to your account" + DETAILS),
    "MfaEmail": (
        "New sign-in attempt",
        "We asked for a second factor at a sign-in to your account" + DETAILS,
    ),
    "NoActionEmail": ("New sign-in attempt", "There was an unusual sign-in to your account" + DETAILS),
}


def send(user: User, event: AuthEvent, kind: str, configuration: Mapping[str, Any] | None) -> None:
    """Send the message of a ``kind``: ``"BlockEmail"``, ``"MfaEmail"`` or ``"NoActionEmail"``.

    Without a NotifyConfiguration there is no sender, and without a verified address no reader.
    """
    if not configuration or not user.is_verified("email"):
        return
    template = configuration.get(kind, {})
    subject, default = DEFAULTS[kind]
    text = template.get("TextBody") or template.get("HtmlBody") or default
    event.feedback_token = randomness.text(64) if "{feedback-token}" in text else ""
    moment = datetime.fromtimestamp(event.created, UTC)
    values = {
        "username": user.username, "login-time": f"{moment:%Y-%m-%d %H:%M} UTC",
        "ip-address": str(event.context.address or "unknown"), "city": "unknown", "country": "unknown",
        "device-name": event.context.device_name or "unknown", "event-id": event.id,
        "feedback-token": event.feedback_token,
    }  # fmt: skip
    if text == template.get("HtmlBody"):  # whoever signs in chose the name of the device
        values = {name: html.escape(value) for name, value in values.items()}
    text = re.sub(r"\{([a-z-]+)\}", lambda found: values.get(found[1], found[0]), text)
    sender = configuration.get("From") or configuration["SourceArn"].rpartition("/")[2]
    outbox.deliver(
        outbox.Message(
            user.attributes["email"], "EMAIL", template.get("Subject", subject), text, event.feedback_token,
            datetime.now(UTC), sender, configuration.get("ReplyTo", ""),
        )
    )  # fmt: skip
