"""`make progress`: how far the people of a class are, and with which mistakes they get stuck.

It reads their progress files (:mod:`cognito_lab.practice.progress`) and changes none. A mistake has the name
of the wrong answer in the exercise's file; nobody's own answer is in there.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT
from cognito_lab.practice import exercise_files, exercises, progress, start_page
from cognito_lab.templates import beside
from cognito_lab.views.tables import Table, shown

PAGE = ROOT / "build" / "progress.html"
MOST = 80_000  # bytes of a progress file: twice as many as everything that can be noted takes
LESSONS = (
    "Who has solved how many exercises of which lesson. ★: the one with the star is solved. ✓: and the "
    "questions are answered."
)
EXERCISES = (
    "How many have solved which exercise, and the mistakes that the checks have found. Stuck: made it, and "
    "has not solved the exercise."
)


def files(given: Iterable[Path]) -> Iterator[Path]:
    """The progress files: those that are named, and those in folders, where what people sent ends in `.json`.

    Somebody's own course is there before its file, which is written when the first thing is noted. What they
    have beside it is not searched: it could be much, or other people's names.
    """
    for path in given:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(path.glob("[!.]*.json"))
        for at, folders, names in os.walk(path):  # which follows no links
            there = {*folders, *names}
            if progress.OWN.name in there:
                yield Path(at, progress.OWN.name, progress.FILE)
            elif progress.FILE in there:
                yield Path(at, progress.FILE)
            own = {progress.OWN.name, progress.FILE} & there
            folders[:] = [] if own else sorted(name for name in folders if not name.startswith("."))


def read_class(paths: Iterable[Path]) -> tuple[dict[str, progress.Progress], list[str]]:
    """Each person's progress by their name, and a line for each file that is no progress file."""
    people, bad = dict[str, progress.Progress](), []
    for path in dict.fromkeys(Path(os.path.abspath(each)) for each in paths):
        try:
            noted = read(path)
        except (OSError, ValueError) as error:
            bad.append(shown(f"{path} is left out, and left as it is: {error}"))
            continue
        name = _person(path)
        people[f"{name} ({path})" if name in people else name] = noted
    return people, bad


def read(path: Path) -> progress.Progress:
    """What a progress file says that somebody else may write; nothing where their course has none yet.

    They could have put something else there: a pipe, which would be waited for, or a link to what only root
    may read, where root reads. So no link is followed, and in a person's folder root reads what is theirs.

    Raises:
        ValueError: It is no progress file.
        OSError: It may not be read.
    """
    own = path.parent.name == progress.OWN.name
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW * own)

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)

    try:
        with open(path.name, "rb", opener=opener) as file:
            its, owner = os.fstat(file.fileno()), os.fstat(folder).st_uid
            if not stat.S_ISREG(its.st_mode):
                raise ValueError("it is no file")
            if os.getuid() == 0 and owner not in (0, its.st_uid):
                raise ValueError("it is somebody else's")
            octets = file.read(MOST + 1)
    except FileNotFoundError:
        if own:
            return {}
        raise
    finally:
        os.close(folder)
    if len(octets) > MOST:
        raise ValueError(f"it is larger than {MOST} bytes")
    return progress.parsed(octets)


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
    numbers = [one for lesson in start_page.plan()[0] for one in exercise_files.numbers(lesson)]
    # exercise → mistake → who made it → how often
    made_in: dict[str, dict[str, dict[str, int]]] = {number: {} for number in numbers}
    for who, noted in people.items():
        for key, count in noted.get("mistake", {}).items():
            number, _, name = key.partition(" ")
            if number in made_in:
                known = name if name in _told(number) else exercises.ANOTHER
                by = made_in[number].setdefault(known, {})
                by[who] = by.get(who, 0) + progress.times(count)
    for number, made in made_in.items():
        solved = {who for who, noted in people.items() if number in noted.get("exercise", {})}
        row = {"exercise": number, "solved": f"{len(solved)} of {len(people)}"}
        mistakes: list[dict[str, Any]] = [
            {"mistake": name.removeprefix("wrong_").replace("_", " "), "made by": len(by)}
            | {"stuck": len(by.keys() - solved), "times": sum(by.values())}
            | {"the check says": _told(number).get(name, "")}
            for name, by in sorted(made.items())
        ]
        mistakes.sort(key=lambda one: (-one["stuck"], -one["made by"], not one["the check says"]))
        rows += [row | one for one in mistakes or [{}] * bool(solved)]
    return Table(rows, EXERCISES)


@cache
def _told(number: str) -> dict[str, str]:
    """What the check of an exercise says to each named mistake."""
    return {name: says for name, _, says in exercises.Exercise(number).wrong()}


def page(people: dict[str, progress.Progress], bad: Sequence[str], again: bool = False) -> str:
    """Both tables as a page; ``again``: it can be asked for again."""
    tables = [by_lesson(people), by_exercise(people)]
    return beside(__file__)("progress.html", tables=tables, bad=bad, again=again)


def main(argv: list[str]) -> int:
    """`python -m cognito_lab progress`. Exit status 1 where no progress file was found."""
    parser = argparse.ArgumentParser(prog="cognito_lab progress", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="progress files, or folders that contain them")
    people, bad = read_class(files(parser.parse_args(argv).files))
    print(*bad, sep="\n", end="\n" * bool(bad), file=sys.stderr)
    if not people:
        print('No progress file (my_course/.progress.json): make progress FILES="…"', file=sys.stderr)
        return 1
    with complete_or_absent(PAGE) as partial:
        partial.write_text(page(people, bad), encoding="utf-8")
    print(by_lesson(people), by_exercise(people), f"The same as a page: {PAGE}", sep="\n\n")
    return 0
