"""Access tokens that only their issuer can read: whoever is given one asks there whose it is.

Identity pools and STS do. Nothing is kept: a token that was withdrawn counts no more at the next call.
Sources: Meta, "Graph API"; Amazon, "Login with Amazon developer guide for websites". AWS does not say how it
asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cognito_lab.network import hosts
from cognito_lab.protocols import json_texts


@dataclass(frozen=True)
class Issuer:
    """Where an issuer is asked about a token, and what it calls things.

    ``facts`` are the address and the member of its answer, by the names of AWS's condition keys.
    ``user`` is the person, ``client`` the app that the token was made for, ``app`` that which an identity
    pool lists.
    """

    facts: dict[str, tuple[str, str]]
    user: str
    client: str
    app: str = "app_id"


FACEBOOK, AMAZON = "graph.facebook.com", "www.amazon.com"
GRAPH = f"https://{FACEBOOK}"
TOKEN_INFO = "https://api.amazon.com/auth/o2/tokeninfo"
ISSUERS = {
    FACEBOOK: Issuer({"app_id": (f"{GRAPH}/app", "id"), "id": (f"{GRAPH}/me", "id")}, "id", "app_id"),
    AMAZON: Issuer(
        {"app_id": (TOKEN_INFO, "app_id"), "user_id": (TOKEN_INFO, "user_id"), "aud": (TOKEN_INFO, "aud")},
        "user_id", "aud",
    ),
}  # fmt: skip


class NotValid(Exception):
    """The issuer says that the token does not count."""


class NoAnswer(Exception):
    """The issuer does not say anything that can be read."""


def look_up(caller: str, issuer: str, token: str) -> dict[str, Any]:
    """What ``issuer`` says of the token now, by the names of ``facts``, and as ``iss``, ``aud`` and ``sub``.

    ``caller`` is the service that asks.

    Raises:
        NotValid: It is forged, has expired, or was withdrawn.
        NoAnswer: The issuer is not there.
    """
    known = ISSUERS[issuer]
    said = {address: _ask(caller, address, token) for address in dict(known.facts.values())}
    if any(not isinstance(said[address].get(member), str) for address, member in known.facts.values()):
        raise NoAnswer(f"{issuer} does not say whose the token is")
    found = {name: said[address][member] for name, (address, member) in known.facts.items()}
    return {**found, "iss": issuer, "aud": found[known.client], "sub": found[known.user]}


def _ask(caller: str, address: str, token: str) -> dict[str, Any]:
    answer = hosts.fetch(caller, "GET", f"{address}?{urlencode({'access_token': token})}")
    if answer.status in (400, 401):
        raise NotValid(f"{address} answered {answer.status}")
    try:
        found = json_texts.read(answer.body) if answer.status == 200 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NoAnswer(f"{address} answered {answer.status}")
    return found
