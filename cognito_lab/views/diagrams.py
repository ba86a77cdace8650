"""Sequence diagrams, drawn from recordings; and how every picture that is drawn here is shown.

A picture is SVG made here, byte for byte the same for the same recording. It is shown as one HTML output:
an image with its text, and a transcript below. Every front end shows that, in an untrusted notebook too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cognito_lab.paths import DATA
from cognito_lab.views.palette import INK, LANE, LINE, MARK, PAPER, QUIET, REFUSED, TICKETS, WIDTH
from cognito_lab.views.svg import box, document, svg_text, width_of, wrapped
from cognito_lab.views.twin import in_words, picture

OVERTURE = DATA / "overture.json"
MOST_ARROWS = 12
SIGNS = {  # the sign of a family of tickets, drawn in a square of 12 by 12
    "token": "M1 2h10v3a1.2 1.2 0 0 0 0 2.4V10H1V7.4a1.2 1.2 0 0 0 0-2.4z",  # a ticket with notches
    "credentials": "M4 3a3 3 0 1 0 2.8 4H8v2h2V7h1.5V5H6.8A3 3 0 0 0 4 3zm0 2a1 1 0 1 1 0 2 1 1 0 0 1 0-2z",
    "secret": "M1 5h2.4v2.4H1zM4.8 5h2.4v2.4H4.8zM8.6 5H11v2.4H8.6z",  # three blotted letters
}


@dataclass(frozen=True)
class Ticket:
    """Something that opens doors and travels along: ``family`` is token, credentials or secret.

    Within a recording, tickets with the same ``mark`` (a letter) are one and the same value.
    """

    family: str
    label: str
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.label} · {self.mark}" if self.mark else self.label


@dataclass(frozen=True)
class Arrow:
    """One arrow: ``label`` is an operation or the code of a refusal, ``inside`` a step between services."""

    tail: str
    head: str
    label: str
    note: str = ""
    tickets: tuple[Ticket, ...] = ()
    answer: bool = False
    refused: bool = False
    inside: bool = False

    def text(self) -> str:
        """The arrow as a line of a transcript."""
        label = f"✗ refused: {self.label}" if self.refused else self.label
        note = f"({self.note})" if self.note and label else self.note
        sign = "⇠" if self.answer else "→"
        along = " + ".join(map(str, self.tickets))
        what = " ".join(filter(None, (label, note, f"[{along}]" if along else "")))
        ends = f"{self.head} {sign} {self.tail}" if self.answer else f"{self.tail} {sign} {self.head}"
        return f"{'    ' if self.inside else ''}{ends}: {what}"


@dataclass
class Picture:
    """One sequence diagram. ``marked`` is the lane that is set off, ``left_out`` says what is not shown."""

    title: str
    arrows: Sequence[Arrow]
    left_out: str = ""
    marked: str = ""

    def __post_init__(self) -> None:
        if not self.arrows:
            raise ValueError("nothing was recorded, so there is nothing to draw")
        if len(self.arrows) > MOST_ARROWS:
            raise ValueError(
                f"“{self.title}” has {len(self.arrows)} arrows, and nobody reads more than {MOST_ARROWS}. "
                'Record it in chapters (story.chapter("…")), or leave something out: without=…, inner=False'
            )
        if self.marked and self.marked not in self.lanes:
            raise ValueError(f"there is no lane {self.marked!r}; the lanes are: {', '.join(self.lanes)}")

    @property
    def lanes(self) -> list[str]:
        """Who takes part, in order of appearance."""
        return list(dict.fromkeys(end for arrow in self.arrows for end in (arrow.tail, arrow.head)))

    def transcript(self) -> str:
        lines = [f"{number:2}. {arrow.text()}" for number, arrow in enumerate(self.arrows, 1)]
        return "\n".join(filter(None, [self.title, *lines, self.left_out]))

    def alt(self) -> str:
        """What the picture says, in a few sentences."""
        said = []
        for arrow in self.arrows:
            along = " and ".join(map(str, arrow.tickets))
            if not arrow.answer:
                along = along and f" with {along}"
                said.append(f"{arrow.tail} calls {arrow.label} of {arrow.head}{along}")
            elif arrow.refused:
                said.append(f"{arrow.tail} refuses with {arrow.label}")
            else:
                said.append(f"{arrow.tail} answers {along or arrow.note}")
        lanes = f"{', '.join(self.lanes[:-1])} and {self.lanes[-1]}"
        mark = f" The part marked is {self.marked}." if self.marked else ""
        title = self.title or "Sequence diagram"
        return f"{title}: {len(self.arrows)} arrows between {lanes}. {'; '.join(said)}.{mark}"

    def svg(self) -> str:
        return _sequence(self)


class Diagram:
    """Pictures with their text, as a notebook shows them.

    Raises:
        ValueError: There is no picture in it.
    """

    def __init__(self, pictures: Sequence[Any]) -> None:
        if not pictures:
            raise ValueError("nothing was recorded, so there is nothing to draw")
        self.pictures = list(pictures)

    def marked(self, lane: str) -> Diagram:
        """The same with one lane set off, in every picture that has it."""
        return Diagram([replace(one, marked=lane if lane in one.lanes else "") for one in self.pictures])

    def as_data(self) -> list[dict[str, Any]]:
        """The pictures as JSON can hold them; :meth:`from_data` makes the diagram again."""
        return [asdict(picture) for picture in self.pictures]

    @classmethod
    def from_data(cls, data: Iterable[dict[str, Any]]) -> Diagram:
        pictures = []
        for one in data:
            arrows = [
                Arrow(**{**row, "tickets": tuple(Ticket(**each) for each in row["tickets"])})
                for row in one["arrows"]
            ]
            pictures.append(Picture(**{**one, "arrows": arrows}))
        return cls(pictures)

    def transcript(self) -> str:
        return "\n\n".join(picture.transcript() for picture in self.pictures)

    def __repr__(self) -> str:
        return self.transcript()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": repr(self)}

    def html(self) -> str:
        """One piece of HTML that needs nothing from anywhere."""
        return "\n".join(
            picture(one.svg(), one.alt(), "The picture in words", in_words(one.transcript()))
            for one in self.pictures
        )


def overture(mark: str = "") -> Diagram:
    """The story of lesson 00, from sign-in to picture, with one part set off, ``"user pool"`` for example."""
    # It was recorded in us-east-1, and is shown in the Region of the account that is running.
    recording = OVERTURE.read_text(encoding="utf-8").replace(
        "us-east-1", os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    )
    diagram = Diagram.from_data(json.loads(recording))
    if mark and not any(mark in picture.lanes for picture in diagram.pictures):
        raise ValueError(f"there is no lane {mark!r} in the overture")
    return diagram.marked(mark) if mark else diagram


# -- drawing ------------------------------------------------------------------------------------


def _sequence(picture: Picture) -> str:
    lanes = picture.lanes
    step = (WIDTH - 20) / len(lanes)
    centre = {lane: 10 + step * (number + 0.5) for number, lane in enumerate(lanes)}
    top = 12.0
    front: list[str] = []
    if picture.title:
        front.append(svg_text(WIDTH / 2, top + 15, picture.title, 16, more='font-weight="bold"'))
        top += 34
    if picture.marked:
        front.append(
            svg_text(centre[picture.marked], top + 10, "▼ this lesson", 12, MARK, 'font-weight="bold"')
        )
        top += 18
    y = top + 54
    for number, arrow in enumerate(picture.arrows, 1):
        drawn, y = _arrow(number, arrow, centre[arrow.tail], centre[arrow.head], y)
        front += drawn
    bottom = y + 16
    back: list[str] = []
    for lane in lanes:
        chosen = lane == picture.marked
        x, room = centre[lane], min(step - 14, 160)
        line = f'stroke="{MARK}" stroke-width="4"' if chosen else f'stroke="{LINE}" stroke-width="1.5"'
        back.append(f'<path d="M{x:.1f} {top + 40:.1f}V{bottom:.1f}" {line}/>')
        border = 'rx="7" stroke-width="3"' if chosen else 'rx="7"'
        fill, edge = (PAPER, MARK) if chosen else (LANE, LINE)
        back.append(box(x - room / 2, top, room, 40, fill, edge, border))
        name = wrapped(lane, room - 10, 15)
        first = top + 25 - 8 * (len(name) - 1)
        for row, text in enumerate(name):
            back.append(svg_text(x, first + 16 * row, text, 14, more='font-weight="bold"'))
    inside = " · slanted: inside AWS" * any(arrow.inside for arrow in picture.arrows)
    marks = " · same letter: the same" * any(one.mark for arrow in picture.arrows for one in arrow.tickets)
    small = [f"solid: call · dashed: answer · ✗: refused{inside}{marks}", picture.left_out]
    for row, text in enumerate(filter(None, small)):
        front.append(svg_text(WIDTH / 2, bottom + 18 + 16 * row, text, 11, QUIET))
    return document(back + front, bottom + 14 + 16 * len(list(filter(None, small))), picture.alt())


def _arrow(number: int, arrow: Arrow, start: float, end: float, y: float) -> tuple[list[str], float]:
    """The drawing of one arrow, whose words begin at ``y``, and where the next one's may begin."""
    kind = "refused" if arrow.refused else "answer" if arrow.answer else "call"
    colour = {"refused": REFUSED, "answer": QUIET, "call": INK}[kind]
    room = max(abs(end - start) - 36, 310)
    slant = 'font-style="italic"' if arrow.inside else ""
    words: list[tuple[str, int, str, str]] = []  # text, size, colour, more
    if arrow.label:
        label = f"✗ refused: {arrow.label}" if arrow.refused else arrow.label
        words += [(line, 13, colour, f'font-weight="bold" {slant}') for line in wrapped(label, room, 14, 1)]
    if arrow.note:
        parts = [part.replace(" ", "\u00a0") for part in arrow.note.split(", ")]  # break between parts
        words += [(line, 12, QUIET, slant) for line in wrapped(", ".join(parts), room, 12, 3)]
    rows = _rows(arrow.tickets, room)
    widths = [width_of(text, size + 1) for text, size, *_ in words] + [
        sum(map(_pill_width, row)) for row in rows
    ]
    widest = max(widths, default=0)
    middle = (start + end) / 2 if start != end else start + 30 + widest / 2
    middle = min(max(middle, widest / 2 + 8), WIDTH - widest / 2 - 8)
    drawn: list[str] = []
    for text, size, fill, more in words:
        wide = width_of(text, size)
        drawn.append(box(middle - wide / 2, y, wide, size + 4, PAPER))
        drawn.append(svg_text(middle, y + size, text, size, fill, more))
        y += size + 4
    for row in rows:
        x = middle - sum(_pill_width(ticket) for ticket in row) / 2
        for ticket in row:
            drawn += _pill(ticket, x + 3, y + 1)
            x += _pill_width(ticket)
        y += 23
    y += 8
    side = 1 if end > start else -1
    path = f"M{start:.1f} {y:.1f}H{end - 2 * side:.1f}" if start != end else f"M{start:.1f} {y:.1f}h36v14h-34"
    dash = ' stroke-dasharray="6 4"' if arrow.answer else ""
    thick = 1.2 if arrow.inside else 1.8
    pen = f'stroke="{colour}" stroke-width="{thick}"'
    drawn.append(f'<path d="{path}" fill="none" {pen}{dash} marker-end="url(#{kind})"/>')
    if arrow.refused:
        cross = start + 24 * side
        drawn.append(
            f'<path d="M{cross - 6:.1f} {y - 6:.1f}l12 12m0 -12l-12 12" stroke="{REFUSED}" stroke-width="3"/>'
        )
    drawn.append(f'<circle cx="{start:.1f}" cy="{y:.1f}" r="9.5" fill="{PAPER}" stroke="{colour}"/>')
    drawn.append(svg_text(start, y + 4, str(number), 11, colour))
    return drawn, y + (30 if start == end else 16)


def _pill_width(ticket: Ticket) -> float:
    return width_of(ticket.label, 11) + 34 + _badge_width(ticket)


def _badge_width(ticket: Ticket) -> float:
    return width_of(ticket.mark, 13) + 10 if ticket.mark else 0


def _rows(tickets: Sequence[Ticket], room: float) -> list[list[Ticket]]:
    rows: list[list[Ticket]] = []
    for ticket in tickets:
        short = replace(ticket, label=wrapped(ticket.label, room - 40 - _badge_width(ticket), 11, 1)[0])
        if rows and sum(map(_pill_width, rows[-1])) + _pill_width(short) <= room:
            rows[-1].append(short)
        else:
            rows.append([short])
    return rows


def _pill(ticket: Ticket, x: float, y: float) -> list[str]:
    colour, ground = TICKETS[ticket.family]
    wide, badge = _pill_width(ticket) - 6, _badge_width(ticket)
    mark = [
        box(x + wide - badge, y, badge, 19, colour, colour, 'rx="4"'),
        svg_text(x + wide - badge / 2, y + 14, ticket.mark, 12, PAPER, 'font-weight="bold"'),
    ]
    return [
        box(x, y, wide, 19, ground, colour, 'rx="4"'),
        f'<path d="{SIGNS[ticket.family]}" transform="translate({x + 5:.1f} {y + 3.5:.1f})" '
        f'fill="{colour}" fill-rule="evenodd"/>',
        svg_text(x + 22, y + 13.5, ticket.label, 11, INK, anchor="start"),
        *(mark if ticket.mark else ()),
    ]
