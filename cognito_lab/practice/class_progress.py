"""`make progress`: how far the people of a class are, and with which mistakes they get stuck.

It reads their progress files (:mod:`cognito_lab.practice.progress`) and changes none. A mistake has the name
of the wrong answer in the exercise's file; nobody's own answer is in there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT
from cognito_lab.practice import exercise_files, exercises, progress, start_page
from cognito_lab.templates import beside
from cognito_lab.views.tables import Table

PAGE = ROOT / "build" / "progress.html"
LESSONS = (
    "Who has solved how many exercises of which lesson. ★: the one with the star is solved. ✓: and the "
    "questions are answered."
)
EXERCISES = (
    "How many have solved which exercise, and the mistakes that the checks have found. Stuck: made it, and "
    "has not solved the exercise."
)


def files(given: Sequence[Path]) -> Iterator[Path]:
    """The progress files: those that are named, and those in folders, where what people sent ends in `.json`.

    Somebody's own course is there before its file, which is written when the first thing is noted.
    """
    for path in given:
        own = (course / progress.FILE for course in path.rglob(progress.OWN.name))
        found = {*path.rglob(progress.FILE), *path.glob("[!.]*.json"), *own}
        yield from sorted(found) if path.is_dir() else [path]


def read_class(given: Sequence[Path]) -> tuple[dict[str, progress.Progress], list[str]]:
    """Each person's progress by their name, and a line for each file that is no progress file."""
    people, bad = dict[str, progress.Progress](), []
    for path in dict.fromkeys(each.resolve() for each in files(given)):
        try:
            nothing_yet = path.parent.name == progress.OWN.name and path.parent.is_dir() and not path.exists()
            if not (path.is_file() or nothing_yet):  # a pipe would be waited for
                raise ValueError("it is no file" if path.exists() else "there is no such file")
            noted = progress.read(path)
        except (OSError, ValueError) as error:
            bad.append(f"{path} is left out, and left as it is: {error}")
            continue
        name = _person(path)
        people[f"{name} ({path})" if name in people else name] = noted
    return people, bad


def _person(path: Path) -> str:
    """Whose file it is: by its own name, where somebody has given it one, else by the folder's."""
    if path.name != progress.FILE:
        return path.stem.removesuffix(progress.FILE.removesuffix(".json"))
    return (path.parents[1] if path.parent.name == progress.OWN.name else path.parent).name


def by_lesson(people: dict[str, progress.Progress]) -> Table:
    """A row for each person, a column for each lesson in which anybody has done something."""
    numbers = [number for number, lesson in start_page.plan()[0].items() if lesson.written]
    standings = {who: {n: start_page.standing(n, noted) for n in numbers} for who, noted in people.items()}
    noted_of = {key[:2] for noted in people.values() for of in noted.values() for key in of}
    begun = [n for n in numbers if n in noted_of]
    rows = []
    for who, at in sorted(standings.items()):
        marks = {n: " ✓" if at[n].done else " ★" if at[n].core else "" for n in begun}
        rows.append({"who": who} | {n: f"{len(at[n].solved)} of {at[n].of}{marks[n]}" for n in begun})
    return Table(rows, LESSONS)


def by_exercise(people: dict[str, progress.Progress]) -> Table:
    """A row for each mistake that was made, or for the exercise if it was only solved."""
    rows = []
    for number in (one for lesson in start_page.plan()[0] for one in exercise_files.numbers(lesson)):
        solved = {who for who, noted in people.items() if number in noted.get("exercise", {})}
        told = {name: says for name, _, says in exercises.Exercise(number).wrong()}
        made: dict[str, dict[str, int]] = {}  # mistake → who made it → how often
        for who, noted in people.items():
            for key, count in noted.get("mistake", {}).items():
                of, _, name = key.partition(" ")
                if of == number:
                    known = made.setdefault(name if name in told else exercises.ANOTHER, {})
                    known[who] = known.get(who, 0) + progress.times(count)
        row = {"exercise": number, "solved": f"{len(solved)} of {len(people)}"}
        mistakes: list[dict[str, Any]] = [
            {"mistake": name.removeprefix("wrong_").replace("_", " "), "made by": len(by)}
            | {"stuck": len(by.keys() - solved), "times": sum(by.values())}
            | {"the check says": told.get(name, "")}
            for name, by in sorted(made.items())
        ]
        mistakes.sort(key=lambda one: (-one["stuck"], -one["made by"], not one["the check says"]))
        rows += [row | one for one in mistakes or [{}] * bool(solved)]
    return Table(rows, EXERCISES)


def main(argv: list[str]) -> int:
    """`python -m cognito_lab progress`. Exit status 1 where no progress file was found."""
    parser = argparse.ArgumentParser(prog="cognito_lab progress", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="progress files, or folders that contain them")
    people, bad = read_class(parser.parse_args(argv).files)
    print(*bad, sep="\n", end="\n" * bool(bad), file=sys.stderr)
    if not people:
        print('No progress file (my_course/.progress.json): make progress FILES="…"', file=sys.stderr)
        return 1
    tables = [by_lesson(people), by_exercise(people)]
    page = beside(__file__)("progress.html", tables=tables, bad=bad)
    with complete_or_absent(PAGE) as partial:
        partial.write_text(page, encoding="utf-8")
    print(*tables, f"The same as a page: {PAGE}", sep="\n\n")
    return 0
