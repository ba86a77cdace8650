"""What became of the notebooks of a run: made by `run`, shown on the terminal and by `report`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cognito_lab.course.notebooks.compare import Difference, Place


@dataclass(frozen=True)
class Failure:
    """The cell that ended a notebook."""

    cell: int  # as nbval counts: code cells only, from 0
    source: str
    sentence: str
    error: str  # one line
    traceback: str


@dataclass
class Result:
    """What became of one notebook."""

    name: str
    seconds: float = 0.0
    failure: Failure | None = None
    differences: list[Difference] = field(default_factory=list)
    leaks: list[tuple[int, str]] = field(
        default_factory=list
    )  # places that name another region than the one given
    places: list[Place] = field(default_factory=list)  # one for each code cell, in nbval's order

    @property
    def passed(self) -> bool:
        return self.failure is None and not self.leaks

    def place(self, cell: int) -> Place:
        """Where code cell `cell` (as nbval counts) is; without an executed notebook, its number alone."""
        return self.places[cell] if cell < len(self.places) else Place(cell + 1, "", "")


def verdict(results: Sequence[Result], compared: bool) -> str:
    """One line: how many passed, how many failed, how many cells differ."""
    failed = sum(not result.passed for result in results)
    changed = sum(len(result.differences) for result in results)
    cells = f"cells that differ: {changed}" if compared else "outputs not compared (other parameters)"
    notebooks = "1 notebook" if len(results) == 1 else f"{len(results)} notebooks"
    return f"{notebooks}: {len(results) - failed} passed, {failed} failed; {cells}."


def describe(result: Result) -> str:
    """A line for the terminal, and under it one for each thing that no longer holds."""
    word = "passed" if result.passed else "FAILED"
    lines = [f"{result.name:<32} {word}  {result.seconds:6.1f} s"]
    if result.failure:
        lines.append(f"    {result.place(result.failure.cell)} failed: {result.failure.error}")
        lines.append(f"    no longer holds: “{result.failure.sentence}”")
    for change in result.differences:
        lines.append(f"    {result.place(change.cell)} says something else. In doubt: “{change.sentence}”")
    lines += [f"    {result.place(cell)} names another region: … {text} …" for cell, text in result.leaks]
    return "\n".join(lines)
