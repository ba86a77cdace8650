"""A learner who is late or lost can join at any section: each one runs after the opening alone."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from cognito_lab import Lab
from cognito_lab.course import run


def sections(path: Path) -> dict[str, list[str]]:
    """The code of a lesson by heading; the opening, before the first heading, is under ``""``."""
    heading, found = "", {"": []}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and text.startswith("## "):
            heading = text.splitlines()[0].removeprefix("## ")
            found[heading] = []
        elif cell["cell_type"] == "code":
            found[heading].append(text)
    return {heading: code for heading, code in found.items() if code}


def execute(cells: list[str], names: dict[str, object]) -> None:
    for code in cells:
        exec(compile(ast.parse(code), "<cell>", "exec"), names)


def test_a_heading_begins_a_cell_or_it_would_not_be_found():
    for path in run.NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                assert "\n## " not in "".join(cell["source"]), path.stem


EACH = [
    pytest.param(path, heading, id=f"{path.stem}: {heading}")
    for path in sorted(run.NOTEBOOKS.glob("*.ipynb"))
    for heading in sections(path)
    if heading
]


@pytest.mark.parametrize(("path", "heading"), EACH)
def test_a_section_runs_after_the_opening_alone(path, heading):
    code = sections(path)
    names: dict[str, object] = {}
    try:
        execute([*code[""], *code[heading]], names)
    finally:
        running = names.get("lab")
        if isinstance(running, Lab):
            running.stop()
