"""The report of a matrix: one HTML file that opens without a network, to be read in a minute."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from cognito_lab.course.notebooks.results import Result
from cognito_lab.files import complete_or_absent
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.sentences import Sentence
from cognito_lab.fleet.work import Answer, Job

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)


def row(cell: Cell, answers: Mapping[Job, Answer]) -> dict[str, Any]:
    """What became of one cell."""
    here = {job: answer for job, answer in answers.items() if job.cell == cell}
    results = [answer for answer in here.values() if isinstance(answer, Result)]
    reasons: dict[str, list[str]] = {}
    for job, answer in here.items():
        if isinstance(answer, str):
            reasons.setdefault(answer, []).append(Path(job.notebook).stem)
    failed = sorted(result.name for result in results if not result.passed)
    changed = sum(len(result.differences) for result in results)
    return {
        "cell": cell, "passed": len(results) - len(failed), "failed": failed, "changed": changed,
        "not_executed": reasons, "compared": not any(job.region for job in here),
        "mark": "✗" if failed or reasons else "≠" if changed else "✓",
    }  # fmt: skip


def among(broken: Collection[Cell], cells: Sequence[Cell]) -> str:
    """In which combinations it is: by the one version or Region that they have in common, if they do."""
    if len(broken) == len(cells) > 1:
        return "in all combinations"
    traits = {trait: None for cell in broken for trait in (*cell.versions, *filter(None, [cell.region]))}
    for trait in traits:
        having = {cell for cell in cells if trait in (*cell.versions, cell.region)}
        if having == {*broken} and len(having) > 1:
            name = trait if isinstance(trait, str) else " ".join(trait)
            return f"in all {len(having)} combinations with {name}"
    return f"in: {'; '.join(map(str, broken))}"


def entry(sentence: Sentence, cells: Sequence[Cell]) -> dict[str, Any]:
    """What the report says of one sentence: of its failure, else of its difference, else of Regions."""
    result, number = sentence.result, sentence.number
    assert isinstance(result, Result)
    shown: dict[str, Any] = {
        "of": sentence, "mark": "✗" if sentence.fails else "≠", "among": among(sentence.broken, cells),
        "anchor": f"{result.name}-{number + 1}", "since": "; ".join(map(str, sentence.changes)),
    }  # fmt: skip
    if result.failure and result.failure.cell == number:
        about, detail = result.failure, result.failure.traceback.strip()
        detail = "" if detail == about.error else detail
        return shown | {"what": f"fails: {about.error}", "about": about, "detail": detail}
    for difference in result.differences:
        if difference.cell == number:
            return shown | {"what": "says something else", "about": difference, "detail": difference.diff}
    leaks = "\n".join(text for cell, text in result.leaks if cell == number)
    return shown | {"what": "names another Region", "about": None, "detail": leaks}


def write_report(
    target: Path, cells: Sequence[Cell], answers: Mapping[Job, Answer], found: Sequence[Sentence]
) -> tuple[Path, str]:
    """Write the report; answers its file and its verdict."""
    rows = [row(cell, answers) for cell in cells]
    hold, fail = sum(line["mark"] == "✓" for line in rows), sum(sentence.fails for sentence in found)
    missing = sum(isinstance(answer, str) for answer in answers.values())
    verdict = f"In {hold} of {len(rows)} combinations everything holds. "
    verdict += f"Sentences that no longer hold somewhere: {fail}; in doubt: {len(found) - fail}."
    verdict += f" Not executed: {missing}." if missing else ""
    reasons: dict[str, list[str]] = {}
    for line in rows:
        for reason, names in line["not_executed"].items():
            one = "notebook" if len(names) == 1 else "notebooks"
            reasons.setdefault(reason, []).append(f"{line['cell']} ({len(names)} {one})")
    page = TEMPLATES.get_template("matrix.html").render(
        verdict=verdict, rows=rows, notebooks=len({job.notebook for job in answers}), not_executed=reasons,
        entries=[entry(each, cells) for each in sorted(found, key=lambda each: not each.fails)],
        system=platform.platform(), when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )  # fmt: skip
    with complete_or_absent(target) as partial:
        partial.write_text(page, encoding="utf-8")
    return target, verdict
