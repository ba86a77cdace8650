"""The network inside the kernel: who answers for which host.

Every HTTP request of the kernel, whether it comes from boto3, ``requests`` or ``urllib``, ends in
:func:`play`. The hosts that the lab plays stand in one table; for any other host there is one line
of refusal, and nothing is looked up or connected to.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from cognito_lab.aws.errors import PLAYED, AwsError, OutsideTheLab


@dataclass(frozen=True)
class Request:
    """One HTTP request as it leaves a client: absolute ``url``, ``body`` in bytes.

    ``outside``: it came from another program, which goes by the machine's clock and not by the account's.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    outside: bool = False

    @property
    def host(self) -> str:
        """Host name in lower case, without a port."""
        return (urlsplit(self.url).hostname or "").lower()

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        return urlsplit(self.url).query


@dataclass
class Response:
    """One HTTP response; ``status`` is the HTTP status code. Each cookie is a ``Set-Cookie`` of its own."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


@dataclass
class Exchange:
    """What an observer sees: who asked whom for what, and how it ended.

    ``service`` and ``operation`` are AWS's names where an AWS API was called, else empty.
    ``answer`` is the parsed answer of an inner step; HTTP exchanges carry ``response`` instead.
    ``refusal`` is what a check raised before it became an error answer; the wire form says less.
    """

    caller: str
    callee: str
    request: Request | None = None
    response: Response | None = None
    service: str = ""
    operation: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    answer: Any = None
    error: Exception | None = None
    refusal: Exception | None = None


def headers_of(fields: Mapping[str, str | bytes]) -> Headers:
    """The header fields of a client's request; some clients hold values as octets."""
    texts = {name: v.decode("latin-1") if isinstance(v, bytes) else v for name, v in fields.items()}
    return Headers(texts)


def one_line(value: object) -> str:
    """``value`` as that of one header field: a line break in it would begin another (RFC 9110, 5.5)."""
    return " ".join(str(value).splitlines())


def octets_of(body: Any) -> bytes:
    """What a client sends as a body, which may be text, octets, a file, pieces of these, or nothing."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, bytes | bytearray | memoryview):
        return bytes(body or b"")
    return b"".join(map(octets_of, body))


Handler = Callable[[Request], Response]
Refused = TypeVar("Refused", bound=Exception)


@dataclass(frozen=True)
class Host:
    """A row of the table of hosts: ``pattern`` must match the whole host name."""

    pattern: re.Pattern[str]
    name: str
    answer: Handler


HOSTS: list[Host] = []
OBSERVERS: list[Callable[[Exchange], None]] = []
_caller: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="app")
_current: contextvars.ContextVar[Exchange | None] = contextvars.ContextVar("exchange", default=None)


def serve(pattern: str, name: str, answer: Handler) -> None:
    """Let ``answer`` speak for every host whose whole name matches ``pattern`` (a regular expression)."""
    HOSTS.append(Host(re.compile(pattern, re.IGNORECASE), name, answer))


def who_answers(host: str) -> Host | None:
    """The row for ``host``, or ``None`` when the lab does not play it."""
    return next((row for row in HOSTS if row.pattern.fullmatch(host)), None)


def play(request: Request) -> Response:
    """Answer ``request`` inside the kernel.

    Raises:
        OutsideTheLab: The lab does not play the host, or not this operation of the service.
    """
    host = who_answers(request.host)
    if host is None:
        raise OutsideTheLab(
            f"{request.host or request.url} is not part of this lab: nothing was looked up or sent. "
            f"The lab plays {PLAYED}."
        )
    exchange = Exchange(_caller.get(), host.name, request=request)
    token = _current.set(exchange)
    try:
        exchange.response = host.answer(request)
        return exchange.response
    except Exception as error:
        exchange.error = error
        raise
    finally:
        _current.reset(token)
        _tell(exchange)


def fetch(
    caller: str, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Response:
    """A request that a service of the lab makes itself, for example to read a provider's keys."""
    with speaking_as(caller):
        return play(Request(method, url, Headers(headers), body))


@contextmanager
def speaking_as(caller: str) -> Iterator[None]:
    """What is asked in this block is asked by ``caller``; outside of any block, by the learner's app."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def current_exchange() -> Exchange:
    """The exchange being played."""
    exchange = _current.get()
    assert exchange is not None, "no request is being played"
    return exchange


def current_request() -> Request:
    """The request being played, byte for byte as it left the client: what a signature was made over."""
    request = current_exchange().request
    assert request is not None
    return request


def describe_current(service: str, operation: str, **details: Any) -> None:
    """Name the AWS operation of the exchange being played, for its observers."""
    exchange = _current.get()
    if exchange is not None:
        exchange.service, exchange.operation = service, operation
        exchange.details.update(details)


def keep_refusal(error: Refused) -> Refused:
    """Keep ``error`` with the exchange being played, for its observers."""
    current_exchange().refusal = error
    return error


@contextmanager
def step(caller: str, callee: str, operation: str, **details: Any) -> Iterator[Exchange]:
    """A step between two AWS services that no HTTP request of the learner shows, made visible.

    The identity pool's call of STS is one. Set ``answer`` on the exchange that is handed out.
    """
    exchange = Exchange(caller, callee, service=callee, operation=operation, details=dict(details))
    try:
        yield exchange
    except AwsError as error:
        exchange.error = error
        raise
    finally:
        _tell(exchange)


def _tell(exchange: Exchange) -> None:
    for observer in list(OBSERVERS):
        observer(exchange)
