"""The network inside the kernel: who answers for which host.

Every HTTP request of the kernel, whether it comes from boto3, ``requests`` or ``urllib``, ends in
:func:`dispatch`. The hosts that the lab plays stand in one table; for any other host there is one line
of refusal, and nothing is looked up or connected to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers

from cognito_lab.errors import PLAYED, OutsideTheLab
from cognito_lab.network import account_lock, exchanges
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Handler, Request, Response

FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1 and 5.6.2


def headers_of(fields: Mapping[str, str | bytes]) -> Headers:
    """The header fields of a client's request; some clients hold values as octets."""
    texts = {name: v.decode("latin-1") if isinstance(v, bytes) else v for name, v in fields.items()}
    return Headers(texts)


def one_line(value: object) -> str:
    """``value`` as that of one header field: a line break in it would begin another (RFC 9110, 5.5)."""
    return " ".join(str(value).splitlines())


def field_names(text: str) -> str:
    """The names in a list of header fields' names; what is no name is left out (RFC 9110, 5.6.1)."""
    return ",".join(name for name in text.split(",") if FIELD_NAME.fullmatch(name.strip(" \t")))


def octets_of(body: Any) -> bytes:
    """What a client sends as a body, which may be text, octets, a file, pieces of these, or nothing."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, bytes | bytearray | memoryview):
        return bytes(body or b"")
    return b"".join(map(octets_of, body))


@dataclass(frozen=True)
class Host:
    """A row of the table of hosts: ``pattern`` must match the whole host name."""

    pattern: re.Pattern[str]
    name: str
    answer: Handler


HOSTS: list[Host] = []


def register_host(pattern: str, name: str, answer: Handler) -> None:
    """Let ``answer`` speak for every host whose whole name matches ``pattern`` (a regular expression)."""
    HOSTS.append(Host(re.compile(pattern, re.IGNORECASE), name, answer))


def find_host(host: str) -> Host | None:
    """The row for ``host``, or ``None`` when the lab does not play it."""
    return next((row for row in HOSTS if row.pattern.fullmatch(host)), None)


def dispatch(request: Request) -> Response:
    """Answer ``request`` inside the kernel, whole, and when no other one is being answered.

    Raises:
        OutsideTheLab: The lab does not play the host, or not this operation of the service.
    """
    host = find_host(request.host)
    if host is None:
        raise OutsideTheLab(
            f"{request.host or request.url} is not part of this lab: nothing was looked up or sent. "
            f"The lab plays {PLAYED}."
        )
    with exchanges.GATE.get() or nullcontext(), account_lock.LOCK:
        exchange = Exchange(exchanges.CALLER.get(), host.name, request=request)
        token = exchanges.CURRENT.set(exchange)
        try:
            exchange.response = host.answer(request)
            return exchange.response
        except Exception as error:
            exchange.error = error
            raise
        finally:
            exchanges.CURRENT.reset(token)
            exchanges.tell_observers(exchange)


def fetch(
    caller: str, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Response:
    """A request that a service of the lab makes itself, for example to read a provider's keys."""
    with exchanges.calling_as(caller):
        return dispatch(Request(method, url, Headers(headers), body))
