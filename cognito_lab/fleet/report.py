"""The report of a matrix: one HTML file that opens without a network, to be read in a minute."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jinja2

from cognito_lab.course.notebooks.compare import Difference
from cognito_lab.course.notebooks.results import Result
from cognito_lab.files import complete_or_absent
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.sentences import Sentence
from cognito_lab.fleet.work import Answer, Job

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)


class Row(NamedTuple):
    """What became of one cell."""

    cell: Cell
    passed: int
    failed: list[str]  # names of notebooks
    changed: int  # code cells whose outputs differ
    compared: bool
    not_executed: dict[str, list[str]]  # reason to names of notebooks


class Shown(NamedTuple):
    """A sentence, as the report shows it."""

    name: str  # of the notebook
    place: str
    text: str
    what: str  # in a line
    source: str
    detail: str  # the difference, or the traceback
    fails: bool  # in at least one cell; else only an output differs
    since: list[str]
    cells: list[Cell]


def row(cell: Cell, answers: Mapping[Job, Answer]) -> Row:
    """The line of one cell."""
    here = {job: answer for job, answer in answers.items() if job.cell == cell}
    results = [answer for answer in here.values() if isinstance(answer, Result)]
    reasons: dict[str, list[str]] = {}
    for job, answer in here.items():
        if isinstance(answer, str):
            reasons.setdefault(answer, []).append(Path(job.notebook).stem)
    return Row(
        cell, sum(result.passed for result in results), sorted(r.name for r in results if not r.passed),
        sum(len(result.differences) for result in results), not any(job.region for job in here), reasons,
    )  # fmt: skip


def shown(sentence: Sentence) -> Shown:
    """What the report says of one sentence."""
    result, number = sentence.result, sentence.number
    assert isinstance(result, Result)
    failure = result.failure if result.failure and result.failure.cell == number else None
    difference = next((each for each in result.differences if each.cell == number), None)
    leaks = [text for cell, text in result.leaks if cell == number]
    about = failure or difference or Difference(number, "", "", "\n".join(leaks))
    what = "names another Region" if leaks else "says something else"
    return Shown(
        name=result.name,
        place=str(result.place(number)),
        text=about.sentence,
        what=f"fails: {failure.error}" if failure else what,
        source=about.source,
        detail=about.diff if isinstance(about, Difference) else about.traceback or about.error,
        fails=sentence.fails,
        since=[str(change) for change in sentence.changes],
        cells=list(sentence.broken),
    )


def write_report(
    target: Path, cells: Sequence[Cell], answers: Mapping[Job, Answer], found: Sequence[Sentence]
) -> tuple[Path, str]:
    """Write the report; answers its file and its verdict."""
    rows, entries = [row(cell, answers) for cell in cells], [shown(sentence) for sentence in found]
    hold = sum(not (r.failed or r.changed or r.not_executed) for r in rows)
    fail = sum(entry.fails for entry in entries)
    verdict = (
        f"In {hold} of {len(rows)} cells everything holds. Sentences that no longer hold somewhere: {fail}"
    )
    verdict += f"; in doubt: {len(entries) - fail}."
    page = TEMPLATES.get_template("matrix.html").render(
        verdict=verdict, rows=rows, entries=sorted(entries, key=lambda e: not e.fails),
        notebooks=len({job.notebook for job in answers}), system=platform.platform(),
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )  # fmt: skip
    with complete_or_absent(target) as partial:
        partial.write_text(page, encoding="utf-8")
    return target, verdict
