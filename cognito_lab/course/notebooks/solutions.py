"""Tasks, stubs and solutions in a notebook's cells; `make lab SOLUTIONS=yes` opens copies that are solved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

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
