"""A recorded call: who called whom, what went along, what came back, and what happened inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cognito_lab.views import tables
from cognito_lab.views.diagrams import Arrow, Ticket


@dataclass
class Call:
    """One call. ``inside`` are the calls between services that it led to before it was answered.

    ``decoded``: header and claims of the JSON Web Tokens that went along, by the mark of their tickets.
    """

    who: str
    whom: str
    operation: str
    asked: list[str] = field(default_factory=list)
    sent: list[Ticket] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    received: list[Ticket] = field(default_factory=list)
    status: int | None = None
    code: str = ""  # of the refusal; empty where the call was carried out
    message: str = ""
    chapter: str = ""
    inside: list[Call] = field(default_factory=list)
    decoded: dict[str, tables.Table] = field(default_factory=dict)

    def arrows(
        self, inner: bool = True, without: tuple[str, ...] = (), within: bool = False
    ) -> Iterator[Arrow]:
        """The call as arrows in the order of time: there, what happened inside, and back."""
        if self.operation in without:
            return
        asked, sent = ", ".join(self.asked), tuple(self.sent)
        yield Arrow(self.who, self.whom, self.operation, asked, sent, inside=within)
        for call in self.inside if inner else ():
            yield from call.arrows(inner, without, within=True)
        said = f"HTTP {self.status}" if self.code and self.status else ", ".join(self.answered)
        received, no = tuple(self.received), bool(self.code)
        yield Arrow(self.whom, self.who, self.code, said, received, answer=True, refused=no, inside=within)

    def left_out(self, inner: bool, without: tuple[str, ...]) -> Iterator[str]:
        """What :meth:`arrows` leaves out."""
        if self.operation in without:
            yield self.operation
        elif not inner and self.inside:
            yield "what happens inside AWS"
        else:
            for call in self.inside:
                yield from call.left_out(inner, without)
