"""HTTP messages as they travel inside the kernel: requests, responses, header fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers


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


Handler = Callable[[Request], Response]
