"""What the learner has done, kept in one file beside their notebooks and sent nowhere.

Of an answer that a check refuses, the file has only the name of its mistake, and how often it was made.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cognito_lab import interrupts
from cognito_lab.files import as_object, complete_or_absent, set_aside
from cognito_lab.paths import ROOT
from cognito_lab.views.twin import live

FOLDER = "COGNITO_LAB_MY_COURSE"  # names the learner's folder where several people use one copy of the course
OWN = Path(os.environ.get(FOLDER) or ROOT / "my_course")
FILE = ".progress.json"
LOCK = ".progress.lock"
PATIENCE = 5.0  # seconds that another kernel, which is noting something, is waited for
NOTHING_NOTED = "COGNITO_LAB_NOTHING_NOTED"  # set where the copies are not the learner's own
Progress = dict[str, dict[str, str]]  # kind ("exercise", "quiz", "mistake") → its number → how it went


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """In this block no other kernel, and no other thread, notes anything in ``folder``.

    Raises:
        OSError: The folder is read-only, or somebody else was waited for in vain.
    """
    from filelock import FileLock

    lock = FileLock(folder / LOCK, timeout=PATIENCE, is_singleton=True)  # a thread may take it again
    with interrupts.held_back(), lock:
        yield


def load_progress(folder: Path | None = None) -> Progress:
    """What was noted; empty where nothing was, or where the file is damaged (it is kept beside).

    Raises:
        OSError: The file may not be read, or a damaged one not be set aside.
    """
    path = (folder or OWN) / FILE
    try:
        return parsed(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        set_aside(path)
        return {}


def parsed(octets: bytes) -> Progress:
    """What a progress file says.

    Raises:
        ValueError: It is none.
    """
    try:
        found = as_object(octets)
        return {str(kind): {str(k): str(v) for k, v in of.items()} for kind, of in found.items()}
    except (AttributeError, RecursionError):
        raise ValueError("it has another form than a progress file") from None


def one_more(before: str) -> str:
    """A count after this time; ``before`` is empty at the first."""
    return str(times(before) + 1)


def times(count: str) -> int:
    """How often something was noted; a count that somebody has changed into something else is one."""
    return int(count) if re.fullmatch("[0-9]{1,6}", count) else 1 if count else 0


def note(
    kind: str, number: str, how: str | Callable[[str], str] = "done", folder: Path | None = None
) -> Path | None:
    """Note that something was done, and answer where. Outside a learner's own course, nowhere.

    Args:
        kind: Of what it is: ``"exercise"``, for example.
        number: Its number, ``"01.1"`` for example.
        how: How it went; or a function that makes this of what was noted before (empty: nothing).
        folder: Where, if not in the learner's own course.

    Raises:
        OSError: It cannot be written down.
    """
    if folder is None and not (live() and OWN.is_dir() and NOTHING_NOTED not in os.environ):
        return None
    with alone(folder or OWN):
        noted = load_progress(folder)
        of = noted.setdefault(kind, {})
        of[number] = how if isinstance(how, str) else how(of.get(number, ""))
        _write(noted, folder or OWN)
    return folder or OWN


def reset(folder: Path | None = None) -> None:
    """Forget everything that was noted."""
    with alone(folder or OWN):
        _write({}, folder or OWN)


def _write(noted: Progress, folder: Path) -> None:
    with complete_or_absent(folder / FILE) as partial:
        partial.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
