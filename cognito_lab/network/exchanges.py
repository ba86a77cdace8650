"""What is said on the network: each exchange, told to the observers, and the one being answered now."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request, Response


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


E = TypeVar("E", bound=Exception)
OBSERVERS: list[Callable[[Exchange], None]] = []
CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="app")
# What a request passes before it is answered. A Lambda function's ends those that come after its time.
GATE: contextvars.ContextVar[AbstractContextManager[Any] | None] = contextvars.ContextVar(
    "gate", default=None
)
CURRENT: contextvars.ContextVar[Exchange | None] = contextvars.ContextVar("exchange", default=None)


@contextmanager
def calling_as(caller: str) -> Iterator[None]:
    """What is asked in this block is asked by ``caller``; outside of any block, by the learner's app."""
    before = CALLER.get()
    try:
        CALLER.set(caller)
        yield
    finally:
        CALLER.set(before)


def current_exchange() -> Exchange:
    """The exchange being played."""
    exchange = CURRENT.get()
    assert exchange is not None, "no request is being played"
    return exchange


def current_request() -> Request:
    """The request being played, byte for byte as it left the client: what a signature was made over."""
    request = current_exchange().request
    assert request is not None
    return request


def describe_current(service: str, operation: str, **details: Any) -> None:
    """Name the AWS operation of the exchange being played, for its observers."""
    exchange = CURRENT.get()
    if exchange is not None:
        exchange.service, exchange.operation = service, operation
        exchange.details.update(details)


def record_refusal(error: E) -> E:
    """Keep ``error`` with the exchange being played, for its observers."""
    current_exchange().refusal = error
    return error


@contextmanager
def internal_call(caller: str, callee: str, operation: str, **details: Any) -> Iterator[Exchange]:
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
        tell_observers(exchange)


def tell_observers(exchange: Exchange) -> None:
    for observer in list(OBSERVERS):
        observer(exchange)
