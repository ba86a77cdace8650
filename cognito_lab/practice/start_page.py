"""The start page: the routes through the course, and how far this learner has come on each.

It is a Markdown file in the learner's own folder, written when JupyterLab is opened and whenever an exercise
is solved or questions are answered. What it knows comes from `progress`, which stays on this machine.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT
from cognito_lab.practice import exercise_files, progress

FILE = "START.md"
APPENDIX = "A*.ipynb"


@dataclass(frozen=True)
class Lesson:
    """A lesson as `data/routes.toml` describes it; ``minutes`` are those for reading and for exercises."""

    file: str
    title: str
    minutes: tuple[int, int]
    builds_on: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return self.file[:2]

    @property
    def written(self) -> bool:
        return (ROOT / "notebooks" / f"{self.file}.ipynb").is_file()


@dataclass(frozen=True)
class Route:
    """A way through the course: ``lessons`` by number, in order."""

    title: str
    what: str
    lessons: tuple[str, ...]


@dataclass
class Standing:
    """How far somebody is with one lesson. ``core`` is the exercise with the star."""

    solved: list[str] = field(default_factory=list)
    of: int = 0
    core: bool = False
    answered: str = ""  # "6 of 8"

    @property
    def done(self) -> bool:
        return self.core and bool(self.answered)


@cache
def plan() -> tuple[dict[str, Lesson], list[Route]]:
    """The lessons by number, and the routes."""
    data = tomllib.loads((ROOT / "data" / "routes.toml").read_text(encoding="utf-8"))
    lessons = [Lesson(**{name: _fixed(value) for name, value in row.items()}) for row in data["lesson"]]
    routes = [Route(**{name: _fixed(value) for name, value in row.items()}) for row in data["route"]]
    return {lesson.number: lesson for lesson in lessons}, routes


def standing(number: str, noted: progress.Progress) -> Standing:
    """What was done of the lesson ``number``."""
    known = exercise_files.numbers(number)
    solved = [one for one in known if one in noted.get("exercise", {})]
    core = [one for one in known if exercise_files.is_core(one)]
    return Standing(
        solved, len(known), bool(core) and set(core) <= set(solved), noted.get("quiz", {}).get(number, "")
    )


def page(noted: progress.Progress) -> str:
    """The start page in Markdown."""
    lessons, routes = plan()
    at = {number: standing(number, noted) for number, lesson in lessons.items() if lesson.written}
    lines = [
        "# Cognito Lab",
        "",
        "Amazon Cognito in notebooks: an AWS account inside the kernel, every rule shown holding and "
        "refused. **New here? Open [00 · An AWS account inside this notebook](00_start_here.ipynb).**",
        "",
        "## Routes",
        "",
        "✓ means: the ★ exercise is solved and the questions are answered. What comes next is bold.",
        "",
        "| route | for | lessons | minutes left |",
        "|---|---|---|---|",
    ]
    for route in routes:
        ahead = [n for n in route.lessons if n in at and not at[n].done]
        steps = " → ".join(_step(lessons[n], at.get(n), n == next(iter(ahead), "")) for n in route.lessons)
        left = sum(sum(lessons[n].minutes) for n in ahead)
        lines.append(f"| **{route.title}** | {route.what} | {steps} | {left} |")
    lines += [
        "",
        "Numbers in parentheses are lessons that are not written yet; no other lesson needs them.",
        "",
        "## Lessons",
        "",
        "| done | lesson | read + exercises (min) | exercises | questions |",
        "|---|---|---|---|---|",
    ]
    for number, where in at.items():
        lesson = lessons[number]
        tick = "✓" if where.done else "–"
        minutes = " + ".join(map(str, lesson.minutes))
        solved = f"{len(where.solved)} of {where.of}" + ", ★ solved" * where.core
        link = f"[{number} · {lesson.title}]({lesson.file}.ipynb)"
        lines.append(f"| {tick} | {link} | {minutes} | {solved} | {where.answered or '–'} |")
    pages = sorted((ROOT / "notebooks").glob(APPENDIX))
    appendix = [f"- [{_heading(path)}]({path.name})" for path in pages]
    lines += ["", "## To look things up", "", *appendix] if appendix else []
    lines += [
        "",
        f"Your progress is kept in the file `{progress.FILE}` beside this page and is sent nowhere. To begin "
        "again: `make lab FORGET=yes`. This page is written anew at `make lab` and when you solve something; "
        "close it and open it again to see the latest.",
        "",
    ]
    return "\n".join(lines)


def write_start_page(folder: Path) -> Path:
    """Write the page into a learner's folder."""
    path = folder / FILE
    with progress.alone(folder), complete_or_absent(path) as partial:
        partial.write_text(page(progress.load_progress(folder)), encoding="utf-8")
    return path


def note(kind: str, number: str, how: str = "done", folder: Path | None = None) -> str:
    """Note that something was done (:func:`progress.note`), and write the page that shows it.

    Returns:
        Why that cannot be, in words for the learner; empty where it was noted, or nothing had to be.
    """
    try:
        kept = progress.note(kind, number, how, folder)
        if kept is not None:
            write_start_page(kept)
    except OSError as error:
        where = error.filename or progress.OWN
        return f"This could not be noted: {error.strerror or 'it is in use'} ({where})."
    return ""


def _step(lesson: Lesson, at: Standing | None, following: bool) -> str:
    if at is None:
        return f"({lesson.number})"
    link = f"[{lesson.number}]({lesson.file}.ipynb)"
    return f"✓ {link}" if at.done else f"**{link}**" if following else link


def _heading(notebook: Path) -> str:
    """The title of a page: the first line of its first cell."""
    source = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(source).splitlines()[0].lstrip("# ")


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
