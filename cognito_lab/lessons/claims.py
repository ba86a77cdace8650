"""The claims of the course: what each says, where it is shown, and how its proof was tested.

A claim begins in a lesson where a text says ``**01.2 · …``, and holds until the next claim or heading; where
the number comes again, that is part of it too. So the lessons themselves say which cells show what. The rest
is in ``data/claims.toml``: the sentence, the kind, the sources, how sure they are.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from cognito_lab.lessons import lies
from cognito_lab.paths import DATA, NOTEBOOKS
from cognito_lab.views import tables
from cognito_lab.views.twin import Twin

MARKER = re.compile(r"\*\*(\d\d\.\d+) · ")
CLAIM_KINDS = {
    "proved": "shown holding",
    "refused": "shown holding and refused",
    "stated": "stated, not shown",
    "not shown yet": "not shown yet",
}


@dataclass(frozen=True)
class Claim:
    """One row of ``data/claims.toml``, which says what each member is."""

    number: str
    says: str
    kind: str = "refused"
    confidence: str = "documented"
    sources: tuple[tuple[str, str], ...] = ()  # title and address of a page
    doubt: str = ""
    why: str = ""
    mark: str = ""

    @property
    def dagger(self) -> str:
        return "" if self.confidence == "documented" else "†"


@cache
def claims() -> dict[str, Claim]:
    """Every claim by its number, in the order of the course."""
    with open(DATA / "claims.toml", "rb") as handle:
        data = tomllib.load(handle)
    pages = {key: (title, address) for key, (title, address) in data["pages"].items()}
    rows = (row | {"sources": tuple(pages[key] for key in row.get("sources", ()))} for row in data["claim"])
    return {row["number"]: Claim(**row) for row in rows}


# -- where a claim stands ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A stretch of a lesson: a whole code cell, or as much of a text as belongs to one claim, or to none.

    ``run`` is the number that a code cell gets in a run from the top, 0 for text; ``cell`` is the cell's id.
    """

    claim: str
    heading: str
    run: int
    text: str
    cell: str = ""


def lesson(number: str) -> Path:
    """The notebook of a lesson, ``"01"``. Raises ``ValueError`` where it is not written."""
    for path in NOTEBOOKS.glob(f"{number}_*.ipynb"):
        return path
    raise ValueError(f"There is no lesson {number!r}. A lesson has a number such as '01'.")


@cache
def pieces(path: Path) -> list[Piece]:
    """A lesson from top to bottom, cut where a claim begins or ends."""
    claim = heading = ""
    run, found = 0, list[Piece]()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text, name = "".join(cell["source"]), cell.get("id", "")
        if cell["cell_type"] == "code":
            run += 1
            found.append(Piece(claim, heading, run, text, name))
            continue
        if text.startswith("## "):
            claim, heading = "", text.splitlines()[0].removeprefix("## ")
        before, *rest = MARKER.split(text)
        found.append(Piece(claim, heading, 0, before, name))
        for claim, after in zip(rest[::2], rest[1::2], strict=True):
            found.append(Piece(claim, heading, 0, after, name))
    return found


def places(number: str) -> dict[str, list[Piece]]:
    """Where a claim is shown, by heading: the text with its number, then the code cells."""
    found: dict[str, list[Piece]] = {}
    for piece in pieces(lesson(number[:2])):
        if piece.claim == number and (piece.run or piece.heading not in found):
            found.setdefault(piece.heading, []).append(piece)
    return found


# -- the index -----------------------------------------------------------------------------------------

LEFT = "text-align:left; vertical-align:top"  # JupyterLab sets tables flush right


def claims_index(number: str) -> Index:
    """The claims of a lesson, ``"01"``: where each is shown, how, the lies about it, its sources."""
    return Index(lesson(number), [claim for claim in claims().values() if claim.number[:2] == number])


@dataclass(frozen=True)
class Index(Twin):
    """The table of a lesson's claims."""

    path: Path
    rows: list[Claim]

    def html(self) -> str:
        rows = [self._cells(claim) for claim in self.rows]
        head = [tables.cell(column, LEFT, "col") for column in rows[0]]
        caption = f"The claims of lesson {self.path.stem[:2]}"
        return tables.as_html(head, [list(row.values()) for row in rows], caption)

    def _cells(self, claim: Claim) -> dict[str, str]:
        """The row of a claim by column; what a cell lists stands one under the other."""
        told = lies.lies_about(claim.number)
        missing = "why" if claim.kind == "stated" else "not shown yet"
        notes = {claim.confidence: claim.doubt, missing: claim.why}
        page = self.path.name
        where = [  # by the cells' ids, which JupyterLab finds also in a notebook that it has to open first
            " ".join(
                _link(f"[{n}]" if (n := it.run) else heading, f"{page}#cell-id={it.cell}") for it in shown
            )
            for heading, shown in places(claim.number).items()
        ]
        columns = {
            "claim": [escape(claim.says) + claim.dagger],
            "where": where or [_link(self.path.stem, page)],
            "how": [
                CLAIM_KINDS[claim.kind],
                *(escape(f"{name}: {text}") for name, text in notes.items() if text),
            ],
            "fails under these lies": [f"{n}. {escape(lie.says)}" for n, lie in enumerate(told, 1)],
            "sources": [_link(title, address) for title, address in claim.sources],
        }
        number = {"number": tables.cell(claim.number, LEFT, "row")}
        return number | {column: tables.cell("<br>".join(lines), LEFT) for column, lines in columns.items()}

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.number}  {row.says}{row.dagger} ({CLAIM_KINDS[row.kind]})" for row in self.rows
        )


def _link(text: str, address: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'
