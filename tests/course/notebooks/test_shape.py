"""The shape of a lesson: it asks first, gives something to do every few cells, and has a place to stop."""

from __future__ import annotations

import ast
import itertools
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from cognito_lab.course.notebooks import run, solutions
from cognito_lab.lessons.claims import MARKER
from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files, predictions
from cognito_lab.practice.exercises import Exercise

LESSONS = sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))

MOST_CELLS = 50
LONGEST_STRETCH = 8  # code cells in which a learner only looks
DOES = re.compile(r"\bpredict\(|\bquiz\(|\.check\(")
PREDICT = re.compile(r'^predict\("([^"]+)"\)$', re.MULTILINE)
STOP = re.compile(r"\bquiz\(.*stop=True\)")
OUTCOME = re.compile(r'^with outcome\("([^"]+)"', re.MULTILINE)


def faults(lesson: NotebookNode, number: str) -> list[str]:
    """What is not as it should be in a lesson."""
    code = [cell for cell in lesson.cells if cell.cell_type == "code" and cell.source.strip()]
    found = []
    if len(code) > MOST_CELLS:
        found.append(f"{len(code)} code cells, of at most {MOST_CELLS}")
    if (longest := longest_stretch(code)) > LONGEST_STRETCH:
        found.append(f"{longest} code cells without anything to do, of at most {LONGEST_STRETCH}")
    stops = [place for place, cell in enumerate(code) if STOP.search(cell.source)]
    if len(stops) != 1 or not 0.3 < stops[0] / len(code) < 0.75:
        found.append("no place to stop in the middle")
    asked = [number for cell in code for number in PREDICT.findall(cell.source)]
    if not 3 <= len(asked) <= 8:
        found.append(f"{len(asked)} predictions, of three to eight")
    found += [f"“{heading}” has nothing to do at its end" for heading in sections_without_a_task(lesson)]
    found += [f"nothing is seen of: {cell.source}" for cell in code if is_silent(cell)]
    shadowed = names_of_stubs(number) & names_of_the_lesson(code)
    found += [f"a stub takes the lesson's name {name}" for name in sorted(shadowed)]
    return found


def longest_stretch(code: list[NotebookNode]) -> int:
    """Code cells in a row, from the third on (region, account), in which nothing is asked of the learner."""
    longest = stretch = 0
    for cell in code[2:]:
        stretch = 0 if DOES.search(cell.source) else stretch + 1
        longest = max(longest, stretch)
    return longest


def sections_without_a_task(lesson: NotebookNode) -> list[str]:
    """The sections with claims after whose last claim no exercise comes."""
    open_sections, heading = list[str](), ""
    for cell in lesson.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            heading = cell.source.splitlines()[0].removeprefix("## ")
        if cell.cell_type == "markdown" and MARKER.search(cell.source) and heading not in open_sections:
            open_sections.append(heading)
        if cell.cell_type == "code" and solutions.exercise_of(cell) and heading in open_sections:
            open_sections.remove(heading)
    return open_sections


def is_silent(cell: NotebookNode) -> bool:
    asserts = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
    return asserts and not cell.outputs


def names_of_stubs(number: str) -> set[str]:
    return {Exercise(each).name for each in exercise_files.numbers(number)}


def names_of_the_lesson(code: list[NotebookNode]) -> set[str]:
    """What the cells of a lesson, without those of its exercises, assign, define and import at their top."""
    found: set[str] = set()
    for cell in code:
        if solutions.exercise_of(cell):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.alias(name=name, asname=other):
                    found.add(other or name)
    return found


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_the_shape_of_one(path):
    assert faults(read(path), path.name[:2]) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_prediction_is_asked_once_and_the_next_cell_shows_its_outcome(path):
    number = path.name[:2]
    known = predictions.load(number) if (predictions.PREDICTIONS / f"{number}.toml").is_file() else {}
    code = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    asked = [PREDICT.findall(source) for source in code]
    assert sorted(itertools.chain(*asked)) == sorted(known), "each is asked, and once"
    assert [[], *asked] == [*(OUTCOME.findall(source) for source in code), []], "the cell after it shows it"


def test_lesson_00_introduces_everybody_before_they_act():
    people = {name.lower() for name in json.loads((DATA / "cast.json").read_text(encoding="utf-8"))["people"]}
    texts = [cell.source for cell in read(LESSONS[0]).cells if cell.cell_type == "markdown"]
    table = next(place for place, text in enumerate(texts) if "| who |" in text)
    assert {name.lower() for name in re.findall(r"\*\*(\w+)\*\*", texts[table])} == people
    assert not people & set(re.findall(r"\w+", " ".join(texts[:table]).lower()))


# -- the rules see what they should -----------------------------------------------------------------


def lesson_of(*cells: str) -> NotebookNode:
    """A lesson of these cells; one that begins with # is text."""
    made = nbformat.v4.new_notebook()
    kinds = (nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell)
    made.cells = [kinds[text.startswith(("#", "*"))](text) for text in cells]
    return made


ANSWER = 'lab.exercise("00.1").check(confirm)'
WHOLE = (
    "region = 1", "lab = 1",
    "## One", "**77.1 · It is so.**", 'predict("77.1")', "a", 'predict("77.2")', ANSWER,
    "## A place to stop", 'quiz("77", stop=True)',
    "## Two", "**77.3 · So too.**", 'predict("77.3")', ANSWER,
)  # fmt: skip


def test_a_lesson_that_asks_has_no_fault():
    assert faults(lesson_of(*WHOLE), "77") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda cells: [*cells, *["a", ANSWER] * 25], "code cells, of at most 50"),
        (lambda cells: [*cells, *["a"] * 9], "9 code cells without anything to do"),
        (lambda cells: [cell for cell in cells if "stop" not in cell], "no place to stop"),
        (lambda cells: [*cells[:2], 'quiz("77", stop=True)', *cells[2:]], "no place to stop"),
        (lambda cells: [cell for cell in cells if cell != 'predict("77.3")'], "2 predictions"),
        (lambda cells: cells[:-1], "“Two” has nothing to do"),
        (lambda cells: [*cells, "assert 1 + 1 == 2"], "nothing is seen of"),
    ],
)
def test_a_fault_is_seen(change, says):
    found = faults(lesson_of(*change(list(WHOLE))), "77")
    assert any(says in fault for fault in found), found


def test_a_stub_that_takes_a_name_of_the_lesson_is_seen():
    name = Exercise("00.1").name
    for cell in (f"{name} = 1", f"def {name}():\n    pass", f"from somewhere import {name}"):
        assert f"a stub takes the lesson's name {name}" in faults(lesson_of(*WHOLE, cell), "00")
