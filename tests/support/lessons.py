"""Lessons without a kernel: their code cells, executed in order in this process."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from cognito_lab import Lab
from cognito_lab.lessons.claims import Piece, pieces
from cognito_lab.practice import exercise_files


@contextlib.contextmanager
def playing() -> Iterator[dict[str, object]]:
    """The names of a lesson that is being executed; its account ends with the block. Nothing is printed."""
    names: dict[str, object] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield names
    finally:
        running = names.get("lab")
        if isinstance(running, Lab):
            running.stop()


def execute(code: str, names: dict[str, object]) -> None:
    exec(exercise_files.compiled(code, f"<cell {hashlib.sha256(code.encode()).hexdigest()}>"), names)


def first_failure(lesson: Iterable[Piece], names: dict[str, object]) -> tuple[Piece, Exception] | None:
    """The first code cell that fails in a lesson that is being played, and how; ``None`` if all pass."""
    for piece in lesson:
        if piece.run:
            try:
                execute(piece.text, names)
            except Exception as problem:
                return piece, problem
    return None


def sections(path: Path) -> dict[str, list[str]]:
    """The code of a lesson by heading; the opening, before the first heading, is under ``""``."""
    found: dict[str, list[str]] = {"": []}
    for piece in pieces(path):
        if piece.run:
            found.setdefault(piece.heading, []).append(piece.text)
    return found
