"""`make solutions`: the instructor's copy has every exercise solved, and its checks really ran."""

from __future__ import annotations

import nbformat
import pytest

from cognito_lab.course import run, solutions
from cognito_lab.study.exercise_files import numbers
from cognito_lab.study.exercises import Exercise

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


@pytest.mark.parametrize("path", WITH_EXERCISES[:1], ids=lambda path: path.stem)
def test_a_copy_that_is_not_solved_is_told(path, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        solutions, "solved", lambda notebook, exercises: len(list(exercises))
    )  # puts nothing in
    assert solutions.main(["--into", str(tmp_path / "solved"), "--notebook", path.name[:2]]) == 1
    assert f"Exercise {numbers(path.name[:2])[0]}: not done yet" in capsys.readouterr().out
