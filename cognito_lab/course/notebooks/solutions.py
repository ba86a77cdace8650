"""`make solutions`: the instructor's copy, each exercise solved and each check run: `build/solutions/`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

from cognito_lab.course.notebooks import run
from cognito_lab.paths import ROOT
from cognito_lab.practice.exercises import Exercise

TASK = re.compile(r"### Exercise (\d\d\.\d+)\b")  # how the text cell of an exercise begins
ANSWER = re.compile(r'^lab\.exercise\("(\d\d\.\d+)"\)\.check\(', re.MULTILINE)


def exercise_of(cell: nbformat.NotebookNode) -> str:
    """The number of the exercise whose task, or whose answer, stands in this cell; else empty."""
    found = TASK.match(cell.source) if cell.cell_type == "markdown" else ANSWER.search(cell.source)
    return found[1] if found else ""


def place(notebook: nbformat.NotebookNode, solve: bool = False) -> int:
    """Write each exercise's task and stub (or solution) into its cells; returns the number of answers."""
    count = 0
    for cell in notebook.cells:
        if number := exercise_of(cell):
            exercise, is_task = Exercise(number), cell.cell_type == "markdown"
            cell.source = exercise.task if is_task else exercise.solved_cell if solve else exercise.stub
            count += not is_task
    return count


def write_solved_copies(into: Path, notebooks: Iterable[Path]) -> list[Path]:
    """Write solved copies of those `notebooks` that have exercises into `into`, without outputs."""
    written = []
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        if place(notebook, solve=True):
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            nbformat.write(notebook, into / path.name)
            written.append(into / path.name)
    return written


def unsolved(notebook: Path) -> list[str]:
    """What the checks of an executed copy say, where that is not “solved”."""
    said = [
        output["data"].get("text/plain", "")
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code" and exercise_of(cell)
        for output in cell.outputs
        if "data" in output
    ]
    return [text for text in said if not text.startswith("✓")] or ([] if said else ["no check said anything"])


def main(argv: list[str]) -> int:
    """`python -m cognito_lab solutions`. Exit status 1 if a check does not pass."""
    parser = argparse.ArgumentParser(prog="cognito_lab solutions", description=__doc__)
    parser.add_argument("--notebook", action="append", default=[], help="number or name; repeatable")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "solutions")
    options = parser.parse_args(argv)
    try:
        chosen = run.choose(options.notebook)
    except FileNotFoundError as reason:
        print(reason, file=sys.stderr)
        return run.REFUSED
    with tempfile.TemporaryDirectory() as folder:
        copies = write_solved_copies(Path(folder), chosen)
        results = run.run_course([(path, {}) for path in copies], options.into, 2, lambda _: None)
    problems = {result.name: unsolved(options.into / f"{result.name}.ipynb") for result in results}
    for result in results:
        if result.failure:
            problems[result.name].append(f"cell {result.failure.cell}: {result.failure.error}")
        print(f"{result.name:<32} {' · '.join(problems[result.name]) or 'solved'}")
    print(f"The solved copies are in {os.path.relpath(options.into)}/.")
    return int(any(problems.values()))
