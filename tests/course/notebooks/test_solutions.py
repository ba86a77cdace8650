"""Solved copies of the lessons: every exercise is solved, and its checks, which really run, say so."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import nbformat
import pytest
from nbformat.v4 import new_output
from support import lessons

from cognito_lab.course.notebooks import compare, run, solutions
from cognito_lab.practice.exercise_files import numbers
from cognito_lab.practice.exercises import Exercise

WITH_EXERCISES = [path for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb")) if numbers(path.name[:2])]


def last_value(code: str, names: dict[str, object]) -> object:
    """Execute a cell; the value of its last line, where that is an expression."""
    *_, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        return lessons.execute(code, names)
    lessons.execute("\n".join(code.splitlines()[: last.lineno - 1]), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def execute_what_is_solved(notebook: nbformat.NotebookNode) -> None:
    """Execute a lesson's opening and its exercises; values are put in as outputs.

    Its other cells say nothing about exercises.
    """
    code = compare.code_cells(notebook)
    heading = next(n for n, cell in enumerate(notebook.cells) if cell.source.startswith("## "))
    opening = [cell for cell in notebook.cells[:heading] if cell in code]
    with lessons.playing() as names:
        for cell in [*opening, *filter(solutions.exercise_of, code)]:
            value = last_value(cell.source, names)
            if value is not None:
                cell.outputs = [new_output("execute_result", {"text/plain": repr(value)})]


def has_its_exercises_solved(copy: nbformat.NotebookNode, exercises: Sequence[str]) -> None:
    sources = [cell.source for cell in copy.cells]
    for number in exercises:
        assert Exercise(number).solved_cell in sources
        assert Exercise(number).stub not in sources
    said = [
        output.data["text/plain"]
        for cell in copy.cells
        if solutions.exercise_of(cell) and cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert sorted(said) == sorted(f"✓ Exercise {number}: solved" for number in exercises)


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_every_check_passes_in_the_solved_copy(path, tmp_path):
    assert solutions.write_solved_copies(tmp_path, [path]) == [tmp_path / path.name]
    copy = nbformat.read(tmp_path / path.name, as_version=4)
    execute_what_is_solved(copy)
    has_its_exercises_solved(copy, numbers(path.name[:2]))


def test_a_whole_lesson_passes_with_its_exercises_solved(tmp_path):
    """Every cell, as a reader executes it; the other lessons are executed in part, above."""
    copies = solutions.write_solved_copies(tmp_path, WITH_EXERCISES[:1])
    (result,) = run.run_course([(path, {}) for path in copies], tmp_path / "executed", 1, lambda _: None)
    assert result.failure is None
    copy = nbformat.read(tmp_path / "executed" / copies[0].name, as_version=4)
    assert all(cell.execution_count for cell in compare.code_cells(copy))
    has_its_exercises_solved(copy, numbers(copies[0].name[:2]))


def test_a_copy_that_is_not_solved_fails_here(tmp_path, monkeypatch):
    (path, *_) = WITH_EXERCISES
    monkeypatch.setattr(solutions, "place", lambda notebook, solve: 1)  # puts nothing in
    solutions.write_solved_copies(tmp_path, [path])
    copy = nbformat.read(tmp_path / path.name, as_version=4)
    execute_what_is_solved(copy)
    with pytest.raises(AssertionError):
        has_its_exercises_solved(copy, numbers(path.name[:2]))
