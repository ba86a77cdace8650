"""`make pictures`: each picture of a lesson is a file that can be drawn, with its alt text."""

import xml.etree.ElementTree as ElementTree

import nbformat
import pytest

from cognito_lab.course import pictures
from cognito_lab.course.notebooks import run

LESSONS = sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_picture_of_a_lesson_is_a_file_with_its_alt_text(path, tmp_path):
    count = pictures.write_pictures(path, tmp_path / "of")
    shown = path.read_text(encoding="utf-8").count('src=\\"data:image/svg+xml')
    assert count == shown and shown >= 1
    lines = (tmp_path / "of" / "pictures.md").read_text(encoding="utf-8").split("\n\n")
    files = sorted((tmp_path / "of").glob("*.svg"), key=lambda file: int(file.stem))
    assert len(files) == len(lines) == count
    for file, line in zip(files, lines, strict=True):
        drawn = ElementTree.parse(file).getroot()
        title = drawn.find("{http://www.w3.org/2000/svg}title")
        alt = line.strip().removeprefix("![").removesuffix(f"]({file.name})")
        assert len(alt) > 20 and "](" not in alt
        assert title is None or title.text == alt  # plots have none


def test_pictures_that_are_gone_leave_no_file(tmp_path):
    (path, *_) = LESSONS
    pictures.write_pictures(path, tmp_path / "of")
    empty = nbformat.read(path, as_version=4)
    for cell in empty.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbformat.write(empty, tmp_path / path.name)
    assert pictures.write_pictures(tmp_path / path.name, tmp_path / "of") == 0
    assert [file.name for file in (tmp_path / "of").iterdir()] == ["pictures.md"]


def test_a_notebook_that_is_not_there_is_named(capsys):
    assert pictures.main(["--notebook", "77"]) == run.REFUSED
    assert "There is no notebook '77'" in capsys.readouterr().err
