"""Which sentences of the course no longer hold in a matrix, and since which version."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from packaging.version import Version

from cognito_lab.course.notebooks.results import Result
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.work import Answer

Key = TypeVar("Key", bound=Hashable)
MOST_SKIPPED = 5  # versions that cannot be judged, in one search; each costs an environment
Search = Generator[
    Cell, bool | None, "Change"
]  # asks whether a sentence holds in a cell; None: cannot be said


@dataclass(frozen=True)
class Change:
    """Two cells that differ in one package's version: a sentence holds in the first, not in the second."""

    package: str
    holding: Cell
    broken: Cell
    between: str = "; versions in between were not tried"

    @property
    def versions(self) -> tuple[str, str]:
        """The one with which it holds, the one with which it does not."""
        return dict(self.holding.versions)[self.package], dict(self.broken.versions)[self.package]

    def __str__(self) -> str:
        holding, broken = self.versions
        later = Version(holding) < Version(broken)
        since, end = ("since", "last") if later else ("up to", "first")
        return f"{since} {self.package} {broken}; {holding} is the {end} with which it holds{self.between}"


@dataclass
class Sentence:
    """One that no longer holds, or is in doubt, in at least one cell."""

    notebook: str
    number: int  # of the code cell, as nbval counts
    broken: dict[Cell, Result] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    result: Answer = (
        ""  # one with which it is broken: of the first version that breaks it, where that is known
    )

    @property
    def fails(self) -> bool:
        """Whether it fails in some cell; else only outputs differ, and it is in doubt."""
        return any(self.number in failing(result) for result in self.broken.values())


def failing(result: Result) -> set[int]:
    """The code cells that do not pass."""
    failed = {result.failure.cell} if result.failure else set()
    return failed | {number for number, _ in result.leaks}


def breaking(result: Result) -> set[int]:
    """The code cells that do not pass, or say something else."""
    return failing(result) | {change.cell for change in result.differences}


def holds(answer: Answer, number: int) -> bool | None:
    """Whether what code cell `number` shows holds; None where it was not reached."""
    if isinstance(answer, str) or (answer.failure and number > answer.failure.cell):
        return None
    return number not in breaking(answer)


def broken(results: Mapping[tuple[Cell, str], Result]) -> list[Sentence]:
    """The sentences that do not hold in some cell, in the order of the course."""
    found: dict[tuple[str, int], Sentence] = {}
    for (cell, notebook), result in results.items():
        for number in breaking(result):
            found.setdefault((notebook, number), Sentence(notebook, number)).broken[cell] = result
    return [found[key] for key in sorted(found)]


def changes(cells: Iterable[Cell], judged: Callable[[Cell], bool | None]) -> Iterator[Change]:
    """Where, along the versions of one package, a sentence changes between holding and not."""
    seen = set()
    listed = list(cells)
    for package in dict.fromkeys(package for cell in listed for package, _ in cell.versions):
        lines: dict[Cell, list[Cell]] = {}
        for cell in listed:  # cells on one line differ in this package alone
            lines.setdefault(cell.at(package, ""), []).append(cell)
        for line in lines.values():
            line.sort(key=lambda cell: Version(dict(cell.versions)[package]))
            known = [(cell, holding) for cell in line if (holding := judged(cell)) is not None]
            for (one, before), (other, after) in itertools.pairwise(known):
                change = Change(package, one, other) if before else Change(package, other, one)
                if before != after and (package, change.versions) not in seen:
                    seen.add((package, change.versions))
                    yield change


def narrowed(change: Change, versions: Iterable[str]) -> Search:
    """Halve what lies between the two versions of a change, until nothing does.

    Args:
        versions: those that the index has.
    """
    ends = [Version(version) for version in change.versions]
    inside = sorted((v for v in versions if min(ends) < Version(v) < max(ends)), key=Version)
    between = list(inside if ends[0] < ends[1] else reversed(inside))
    holding, broken, skipped = change.holding, change.broken, 0
    while between and skipped < MOST_SKIPPED:
        middle = len(between) // 2
        cell = change.holding.at(change.package, between[middle])
        answer = yield cell
        if answer is None:
            skipped += 1
            del between[middle]
        elif answer:
            holding, between = cell, between[middle + 1 :]
        else:
            broken, between = cell, between[:middle]
    found = Change(change.package, holding, broken)
    low, high = sorted(map(Version, found.versions))
    left = sum(low < Version(version) < high for version in inside)
    return replace(found, between=f"; {left} in between cannot be judged" if left else "")


def side_by_side(
    searches: dict[Key, Search], judge: Callable[[dict[Key, Cell]], Mapping[Key, bool | None]]
) -> dict[Key, Change]:
    """Carry out searches together: each round asks for all of them at once."""
    found: dict[Key, Change] = {}
    answers: Mapping[Key, bool | None] = dict.fromkeys(searches)
    while len(found) < len(searches):
        asked = {}
        for key in [key for key in searches if key not in found]:
            try:
                asked[key] = searches[key].send(answers[key])
            except StopIteration as end:
                found[key] = end.value
        answers = judge(asked) if asked else {}
    return found
