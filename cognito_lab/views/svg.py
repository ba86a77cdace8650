"""The few things that every picture of the course is drawn with, as SVG text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from cognito_lab.views.palette import FONT, INK, PAPER, QUIET, REFUSED, WIDTH

# Widths of characters in hundredths of an em, those of a wide sans-serif: what fits there fits in any.
WIDE = {**dict.fromkeys("iljIrtf.,:;'|!()[]-/ ", 42), **dict.fromkeys("mwMW@%…–→", 100)}
JOINTS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[/.:_])")


def width_of(text: str, size: float) -> float:
    """The room that ``text`` takes, in pixels, at most; bold text is measured one pixel larger.

    Whole pixels: Python 3.12 began to add fractions otherwise, and every Python shall draw the same.
    """
    return -(-sum(WIDE.get(char, 75 if char.isupper() else 62) for char in text) * size // 100)


def wrapped(text: str, room: float, size: float, lines: int = 2) -> list[str]:
    """``text`` in at most so many ``lines``; what does not fit ends in an ellipsis.

    A word that is too long alone is broken where a name has a joint: before a capital, after ``/ . : _``.
    """
    pieces = []
    for word in text.split(" "):
        parts = [word] if width_of(word, size) <= room else JOINTS.split(word)
        pieces += [(" ", parts[0]), *(("", part) for part in parts[1:])]
    done = [""]
    for glue, piece in pieces:
        longer = done[-1] + glue + piece if done[-1] else piece
        if done[-1] and width_of(longer, size) > room:
            done.append(piece)
        else:
            done[-1] = longer
    if len(done) > lines:
        done = [*done[: lines - 1], done[lines - 1] + "…"]
    while width_of(done[-1], size) > room and len(done[-1]) > 2:
        done[-1] = done[-1].removesuffix("…")[:-1] + "…"
    return done


def svg_text(
    x: float, y: float, text: str, size: int, fill: str = INK, more: str = "", anchor: str = "middle"
) -> str:
    """One line of text; ``more`` are further attributes."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
        f"{' ' + more if more else ''}>{escape(text)}</text>"
    )


def box(x: float, y: float, w: float, h: float, fill: str, stroke: str = "none", more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}" {more}/>'


def document(body: Sequence[str], height: float, alt: str) -> str:
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        f'orient="auto">'
        f'<path d="{path}" fill="{colour if filled else "none"}" stroke="{colour}"/></marker>'
        for name, path, colour, filled in (
            ("call", "M0 1 9 5 0 9z", INK, True),
            ("answer", "M0 1 9 5 0 9", QUIET, False),
            ("refused", "M0 1 9 5 0 9", REFUSED, False),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONT}" role="img"><title>{escape(alt)}</title>'
        f"<defs>{heads}</defs>{box(0, 0, WIDTH, height, PAPER)}" + "".join(body) + "</svg>"
    )
