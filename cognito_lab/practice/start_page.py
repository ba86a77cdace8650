"""The start page: the routes through the course, and how far this learner has come on each.

It is a Markdown file in the learner's own folder, written when JupyterLab is opened and whenever an exercise
is solved or questions are answered. What it knows comes from `progress`, which stays on this machine.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT
from cognito_lab.practice import exercise_files, progress

FILE = "START.md"
APPENDIX = "A*.ipynb"
SHORT = 2  # minutes of an exercise that belongs to its section
AS_EXPECTED, NOT_AS_EXPECTED = "as expected", "not as expected"  # how a prediction is noted


@dataclass(frozen=True)
class Lesson:
    """A lesson as `data/routes.toml` describes it; ``minutes`` are those for reading and for exercises.

    ``topic`` is its title in a word or two, for the score of the practice paper.
    """

    file: str
    title: str
    minutes: tuple[int, int]
    builds_on: tuple[str, ...] = ()
    topic: str = ""

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


@dataclass(frozen=True)
class Day:
    """A day of a course in a room: ``steps`` are a lesson, or a pause in minutes.

    A lesson names the exercises that are done there. Those of one or two minutes always are.
    """

    begins: str
    steps: tuple[dict[str, Any], ...]

    def timetable(self, lessons: dict[str, Lesson]) -> Iterator[tuple[str, str, str, int]]:
        """Begin, what, exercises, minutes (for reading and for these exercises) of each step."""
        at = datetime.strptime(self.begins, "%H:%M")
        for step in self.steps:
            what, chosen, minutes = "pause", list[str](), step.get("pause", 0)
            if number := step.get("lesson"):
                for one in exercise_files.numbers(number):
                    if one in step["exercises"] or exercise_files.minutes(one) <= SHORT:
                        chosen.append(one)
                what = _link(lessons[number])
                minutes = lessons[number].minutes[0] + sum(map(exercise_files.minutes, chosen))
            yield f"{at:%H:%M}", what, ", ".join(chosen), minutes
            at += timedelta(minutes=minutes)


@dataclass
class Standing:
    """How far somebody is with one lesson. ``core`` is the exercise with the star."""

    solved: list[str] = field(default_factory=list)
    of: int = 0
    core: bool = False
    answered: str = ""  # "6 of 8"
    expected: str = ""  # "2 of 3": what came was expected

    @property
    def done(self) -> bool:
        return self.core and bool(self.answered)


@cache
def plan() -> tuple[dict[str, Lesson], list[Route], Day]:
    """The lessons by number, the routes, and the day in a room."""
    data = tomllib.loads((ROOT / "data" / "routes.toml").read_text(encoding="utf-8"))
    lessons = [Lesson(**_fixed_values(row)) for row in data["lesson"]]
    routes = [Route(**_fixed_values(row)) for row in data["route"]]
    return {lesson.number: lesson for lesson in lessons}, routes, Day(**_fixed_values(data["day"]))


def standing(number: str, noted: progress.Progress) -> Standing:
    """What was done of the lesson ``number``."""
    known = exercise_files.numbers(number)
    solved = [one for one in known if one in noted.get("exercise", {})]
    core = [one for one in known if exercise_files.is_core(one)]
    predicted = [how for one, how in noted.get("prediction", {}).items() if one[:2] == number]
    return Standing(
        solved,
        len(known),
        bool(core) and set(core) <= set(solved),
        noted.get("quiz", {}).get(number, ""),
        f"{predicted.count(AS_EXPECTED)} of {len(predicted)}" if predicted else "",
    )


def page(noted: progress.Progress) -> str:
    """The start page in Markdown."""
    lessons, routes, day = plan()
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
        "| done | lesson | read + exercises (min) | exercises | questions | came as you expected |",
        "|---|---|---|---|---|---|",
    ]
    for number, where in at.items():
        lesson = lessons[number]
        tick = "✓" if where.done else "–"
        minutes = " + ".join(map(str, lesson.minutes))
        solved = f"{len(where.solved)} of {where.of}" + ", ★ solved" * where.core
        said = f"{where.answered or '–'} | {where.expected or '–'}"
        lines.append(f"| {tick} | {_link(lesson)} | {minutes} | {solved} | {said} |")
    lines += [
        "",
        "## One day in a room",
        "",
        "| at | what | exercises in the room | minutes |",
        "|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(map(str, row))} |" for row in day.timetable(lessons)]
    pages = sorted((ROOT / "notebooks").glob(APPENDIX))
    appendix = [f"- [{_heading(path)}]({path.name})" for path in pages]
    lines += ["", "## To look things up", "", *appendix] if appendix else []
    lines += [
        "",
        f"Your progress is kept in the file `{progress.FILE}` beside this page and is sent nowhere. The file "
        "says which exercises and questions you have done, which predictions came true, which known mistakes "
        "the checks have found, and how often. It has none of your answers. Your instructor can see it if "
        "you send the file, or if you work on a machine that the instructor has set up. To begin again: "
        "`make lab FORGET=yes`.",
        "",
        "This page is written anew at `make lab` and when you check an answer; close it and open it again to "
        "see the latest.",
        "",
    ]
    return "\n".join(lines)


def write_start_page(folder: Path) -> Path:
    """Write the page into a learner's folder."""
    path = folder / FILE
    with progress.alone(folder), complete_or_absent(path) as partial:
        partial.write_text(page(progress.load_progress(folder)), encoding="utf-8")
    return path


def note(kind: str, number: str, how: str | Callable[[str], str] = "done", folder: Path | None = None) -> str:
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


def _link(lesson: Lesson) -> str:
    return f"[{lesson.number} · {lesson.title}]({lesson.file}.ipynb)"


def _step(lesson: Lesson, at: Standing | None, following: bool) -> str:
    if at is None:
        return f"({lesson.number})"
    link = f"[{lesson.number}]({lesson.file}.ipynb)"
    return f"✓ {link}" if at.done else f"**{link}**" if following else link


def _heading(notebook: Path) -> str:
    """The title of a page: the first line of its first cell."""
    source = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(source).splitlines()[0].lstrip("# ")


def _fixed_values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
