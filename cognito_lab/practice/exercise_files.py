"""The files of the exercises, ``data/exercises/<lesson>_<number>.py``: which there are, and reading one."""

from __future__ import annotations

import linecache
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from cognito_lab.paths import DATA

EXERCISES = DATA / "exercises"


def path_of(number: str, folder: Path | None = None) -> Path:
    """Where the exercise ``"01.1"`` is, or would be."""
    return (folder or EXERCISES) / f"{number.replace('.', '_')}.py"


def numbers(lesson: str, folder: Path | None = None) -> list[str]:
    """The exercises of a lesson (``"01"``), in order."""
    paths = sorted(
        (folder or EXERCISES).glob(f"{lesson}_*.py"), key=lambda path: int(path.stem.split("_")[1])
    )
    return [path.stem.replace("_", ".") for path in paths]


def load(path: Path) -> ModuleType:
    """The file as a module that is not kept; Python finds its lines, for ``inspect`` and for errors.

    Raises:
        Exception: Whatever the file raises when it is run.
    """
    module = ModuleType(path.stem)
    exec(compiled(path.read_text(encoding="utf-8"), f"<exercise {path.name}>"), vars(module))
    return module


def compiled(source: str, where: str) -> CodeType:
    """``source``, whose lines Python finds under the name ``where``."""
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    return compile(source, where, "exec")


@cache
def is_core(number: str) -> bool:
    """Whether it is the exercise of its lesson that has the star."""
    return bool(load(path_of(number)).core)


def minutes(number: str) -> int:
    """How long it is expected to take."""
    return int(load(path_of(number)).minutes)
