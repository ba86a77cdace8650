"""`make solutions`: the instructor's copy has every exercise solved, and its checks really ran."""

from __future__ import annotations

import nbformat

from cognito_lab.course.notebooks import run, solutions
from cognito_lab.practice.exercise_files import numbers
from cognito_lab.practice.exercises import Exercise

WITH_EXERCISES = [path for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb")) if numbers(path.name[:2])]


def test_every_check_passes_in_the_instructors_copy(tmp_path, capsys):
    assert solutions.main(["--into", str(tmp_path / "solved")]) == 0, capsys.readouterr().out
    for path in WITH_EXERCISES:
        copy = nbformat.read(tmp_path / "solved" / path.name, as_version=4)
        sources = [cell.source for cell in copy.cells]
        for number in numbers(path.name[:2]):
            assert Exercise(number).solved_cell in sources
            assert Exercise(number).stub not in sources
        said = [
            output.data["text/plain"]
            for cell in copy.cells
            if "task.check(" in cell.source
            for output in cell.outputs
        ]
        assert said == [f"✓ Exercise {number}: solved" for number in numbers(path.name[:2])]


def test_a_copy_that_is_not_solved_is_told(tmp_path, monkeypatch, capsys):
    """The opening of a lesson and its first exercise are enough for that."""
    path, number = WITH_EXERCISES[0], numbers(WITH_EXERCISES[0].name[:2])[0]
    lesson = nbformat.read(path, as_version=4)
    heading = next(n for n, cell in enumerate(lesson.cells) if cell.source.startswith("## "))
    begins = next(n for n, cell in enumerate(lesson.cells) if f'lab.exercise("{number}")' in cell.source)
    stub = next(n for n, cell in enumerate(lesson.cells) if cell.source == Exercise(number).stub)
    lesson.cells = lesson.cells[:heading] + lesson.cells[begins : stub + 1]
    nbformat.write(lesson, tmp_path / path.name)
    options = ["--into", str(tmp_path / "solved"), "--notebook", str(tmp_path / path.name)]

    assert solutions.main(options) == 0
    assert f"{path.stem:<32} solved" in capsys.readouterr().out
    monkeypatch.setattr(
        solutions, "solved", lambda notebook, exercises: len(list(exercises))
    )  # puts nothing in
    assert solutions.main(options) == 1
    assert f"Exercise {number}: not done yet" in capsys.readouterr().out
