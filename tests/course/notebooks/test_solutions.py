"""`make solutions`: the instructor's copy has every exercise solved, and its checks really ran."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output
from support import lessons

from cognito_lab.course.notebooks import compare, run, solutions
from cognito_lab.course.notebooks.results import Result
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


def in_this_process(
    jobs: Sequence[tuple[Path, dict[str, Any]]], into: Path, workers: int, done: Callable[[Result], None]
) -> list[Result]:
    """In the place of `run.run_course`, which starts processes and executes the lessons whole."""
    into.mkdir(exist_ok=True)
    for path, _ in jobs:
        notebook = nbformat.read(path, as_version=4)
        execute_what_is_solved(notebook)
        nbformat.write(notebook, into / path.name)
    return [Result(path.stem) for path, _ in jobs]


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


def test_every_check_passes_in_the_instructors_copy(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "run_course", in_this_process)
    assert solutions.main(["--into", str(tmp_path / "solved")]) == 0, capsys.readouterr().out
    for path in WITH_EXERCISES:
        copy = nbformat.read(tmp_path / "solved" / path.name, as_version=4)
        has_its_exercises_solved(copy, numbers(path.name[:2]))


def test_a_whole_lesson_passes_with_its_exercises_solved(tmp_path, capsys):
    """As `make solutions` executes it, every cell; the other lessons are executed in part, above."""
    path = WITH_EXERCISES[0]
    assert solutions.main(["--into", str(tmp_path / "solved"), "--notebook", path.name[:2]]) == 0
    assert f"{path.stem:<32} solved" in capsys.readouterr().out
    copy = nbformat.read(tmp_path / "solved" / path.name, as_version=4)
    assert all(cell.execution_count for cell in compare.code_cells(copy))
    has_its_exercises_solved(copy, numbers(path.name[:2]))


@pytest.fixture
def lesson(tmp_path) -> Path:
    """The opening of a lesson and its first exercise."""
    path, number = WITH_EXERCISES[0], numbers(WITH_EXERCISES[0].name[:2])[0]
    lesson = nbformat.read(path, as_version=4)
    heading = next(n for n, cell in enumerate(lesson.cells) if cell.source.startswith("## "))
    begins = next(n for n, cell in enumerate(lesson.cells) if f'lab.exercise("{number}")' in cell.source)
    stub = next(n for n, cell in enumerate(lesson.cells) if cell.source == Exercise(number).stub)
    lesson.cells = [*lesson.cells[: heading + 1], *lesson.cells[begins : stub + 1]]
    nbformat.write(lesson, tmp_path / path.name)
    return tmp_path / path.name


def test_a_copy_that_is_not_solved_is_told(lesson, tmp_path, monkeypatch, capsys):
    number = numbers(lesson.name[:2])[0]
    options = ["--into", str(tmp_path / "solved"), "--notebook", str(lesson)]
    monkeypatch.setattr(run, "run_course", in_this_process)

    assert solutions.main(options) == 0
    assert f"{lesson.stem:<32} solved" in capsys.readouterr().out
    monkeypatch.setattr(solutions, "place", lambda notebook, solve: 1)  # puts nothing in
    assert solutions.main(options) == 1
    assert f"Exercise {number}: not done yet" in capsys.readouterr().out
