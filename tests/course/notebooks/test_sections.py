"""A learner who is late or lost can join at any section: each one runs after the opening alone."""

from __future__ import annotations

import json

import pytest
from support.kept_scenes import kept_scenes
from support.lessons import execute, playing, sections

from cognito_lab.course.notebooks import run

__all__ = ["kept_scenes"]


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
    with playing() as names:
        for cell in [*code[""], *code[heading]]:
            execute(cell, names)
