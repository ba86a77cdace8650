"""A recording step by step: one call at a time, its request, what happened inside, and its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from cognito_lab.views.calls import Call
from cognito_lab.views.tables import Table
from cognito_lab.views.twin import Twin, pager

Line = tuple[str, str, Table | Call | None]  # what it is, what it says, and what is folded in below it


class Steps(Twin):
    """The calls of a recording, to step through with two buttons; the plain twin is a list to open.

    Raises ValueError where there is no call.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        if not calls:
            raise ValueError("nothing was recorded, so there is nothing to step through")
        self.calls = list(calls)

    def html(self) -> str:
        steps = [
            f"<li><details><summary>{escape(heading(call))}</summary>{as_html(call)}</details></li>"
            for call in self.calls
        ]
        return "\n".join(["<ol>", *steps, "</ol>"])

    def __repr__(self) -> str:
        steps = enumerate(self.calls, 1)
        return "\n".join(line for at, call in steps for line in (f"{at}. {heading(call)}", *as_text(call)))

    def widget(self) -> Any:
        from ipywidgets import HTML, VBox

        shown = HTML()

        def show(at: int) -> None:
            call = self.calls[at]
            shown.value = f"<p><strong>{escape(heading(call))}</strong></p>{as_html(call)}"

        return VBox([pager(len(self.calls), "step", show), shown])


def heading(call: Call) -> str:
    """A call in one line: who calls whom, and how it ended."""
    chapter = f"{call.chapter}: " if call.chapter else ""
    end = f"✗ refused: {call.code}" if call.code else "answered"
    return f"{chapter}{call.who} → {call.whom}: {call.operation}, {end}"


def lines_of(call: Call) -> Iterator[Line]:
    """All that was kept of a call, in the order of time."""
    if call.asked:
        yield "asks", ", ".join(call.asked), None
    for ticket in call.sent:
        yield "sends", str(ticket), call.decoded.get(ticket.mark)
    for inner in call.inside:
        yield "inside AWS", heading(inner), inner
    status = f"HTTP {call.status}" if call.status else ""
    said = (call.code, status, call.message) if call.code else (status, *call.answered)
    if any(said) or not call.received:
        yield "✗ refused" if call.code else "answer", ", ".join(filter(None, said)) or "done", None
    for ticket in call.received:
        yield "brings", str(ticket), call.decoded.get(ticket.mark)


def as_html(call: Call) -> str:
    rows = []
    for what, text, folded in lines_of(call):
        below = ""
        if isinstance(folded, Table):
            below = f"<details><summary>what it says</summary>{folded._repr_html_()}</details>"
        elif folded is not None:
            below = as_html(folded)
        rows.append(f"<li><strong>{escape(what)}:</strong> {escape(text)}{below}</li>")
    return f"<ul>{''.join(rows)}</ul>"


def as_text(call: Call, indent: str = "    ") -> Iterator[str]:
    for what, text, folded in lines_of(call):
        yield f"{indent}{what}: {text}"
        if isinstance(folded, Table):
            yield from (f"{indent}    {line}" for line in repr(folded).splitlines())
        elif folded is not None:
            yield from as_text(folded, indent + "    ")
