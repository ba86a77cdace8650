"""The account on HTTP, for programs and browsers of this machine: see
:class:`cognito_lab.served.server.Server`."""

from __future__ import annotations

from cognito_lab.network.messages import Headers, Response


class HttpRefusal(Exception):
    """A refusal of the wire itself, in one line, before any service was asked; ``status`` is HTTP's."""

    def __init__(self, line: str, status: int = 400) -> None:
        super().__init__(line)
        self.status = status

    def response(self) -> Response:
        """The line as plain text."""
        plain = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
        return Response(self.status, Headers(plain), f"{self}\n".encode())
