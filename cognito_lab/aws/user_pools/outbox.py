"""What Cognito sent: every e-mail and SMS of the account, kept instead of delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.triggers import messages

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.model import UserPool

SENDER = "no-reply@verificationemail.com"
MEDIUM = {"email": "EMAIL", "phone_number": "SMS"}


@dataclass(frozen=True)
class Message:
    """One message as its reader gets it.

    Attributes:
        to: E-mail address or phone number.
        medium: ``"EMAIL"`` or ``"SMS"``.
        subject: Empty for an SMS.
        code: The code, temporary password or feedback token that stands in ``text``.
        time: When it was sent, in UTC by the account's clock.
        sender, reply_to: Of an e-mail, as the pool's EmailConfiguration says; empty for an SMS.
    """

    to: str
    medium: str
    subject: str
    text: str
    code: str
    time: datetime
    sender: str = ""
    reply_to: str = ""

    def __str__(self) -> str:
        """The message as it lies in the inbox."""
        subject = f"Subject: {self.subject}\n" if self.subject else ""
        return f"To:      {self.to}\n{subject}\n{self.text}"


@dataclass
class Outbox:
    """The account's messages, all of them and by address, oldest first."""

    sent: list[Message] = field(default_factory=list)
    to: dict[str, list[Message]] = field(default_factory=dict)


def outbox() -> list[Message]:
    """Every message that Cognito sent in this account, newest last."""
    return list(moto_patches.account_state(Outbox).sent)


def inbox(address: str) -> list[Message]:
    """The messages to an e-mail address or phone number, newest last."""
    return list(moto_patches.account_state(Outbox).to.get(address, ()))


def send(
    pool: UserPool, kind: str, to: str, attribute: str, code: str, username: str, link: str = ""
) -> dict[str, str]:
    """Send the pool's message of a ``kind`` to ``to``, the user's ``attribute``; answers CodeDeliveryDetails.

    ``kind`` is ``"verification"``, ``"link"`` or ``"invitation"``: each has a template in the pool's
    settings.
    """
    subject, text = pool.template(kind, MEDIUM[attribute])
    own_subject, own_text = messages.written_by_function(pool, kind, MEDIUM[attribute], username)
    subject, text = own_subject or subject, own_text or text
    text = text.replace("{####}", code).replace("{username}", username)
    if link:
        text = re.sub(messages.SHOWN_LINK, lambda shown: f'<a href="{link}">{shown[1]}</a>', text)
    headers = email_headers(pool) if attribute == "email" else {}
    sent = Message(to, MEDIUM[attribute], subject, text, code, datetime.now(UTC), **headers)
    deliver(sent)
    return delivery_details(attribute, to)


def deliver(message: Message) -> None:
    """Put a message where its reader finds it."""
    kept = moto_patches.account_state(Outbox)
    kept.sent.append(message)
    kept.to.setdefault(message.to, []).append(message)


def email_headers(pool: UserPool) -> dict[str, str]:
    """Who an e-mail is from: the pool's own address in Amazon SES, or else Cognito's."""
    email = pool.settings["EmailConfiguration"]
    own = email.get("From") or email.get("SourceArn", "").rpartition("/")[2]
    return {"sender": own or SENDER, "reply_to": email.get("ReplyToEmailAddress", "")}


def delivery_details(attribute: str, to: str) -> dict[str, str]:
    """CodeDeliveryDetails: where a message went, masked, so that a stranger does not learn the address."""
    return {
        "Destination": masked(attribute, to),
        "DeliveryMedium": MEDIUM[attribute],
        "AttributeName": attribute,
    }


def masked(attribute: str, value: str) -> str:
    """``j***@e***`` for an address, ``+*******9878`` for a number."""
    if attribute == "phone_number":
        return f"+{'*' * (len(value) - 5)}{value[-4:]}"
    name, _, host = value.partition("@")
    return f"{name[:1]}***@{host[:1]}***"
