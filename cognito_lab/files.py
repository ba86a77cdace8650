"""Files and folders that are there whole or not at all. Standard library only: set-up uses it as well."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def complete_or_absent(target: Path) -> Iterator[Path]:
    """A path for a file or folder to be made, which takes the name `target` only when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}-*"):  # of a process that was killed
        owner = left.name.rpartition("-")[2]
        if owner.isdigit() and not _is_running(int(owner)):
            _remove(left)
    partial = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        yield partial
        if partial.is_dir():  # a folder takes the place of none but an empty one
            _remove(target)
        partial.replace(target)
    finally:
        _remove(partial)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is no file.

    Raises:
        ValueError: There is something else in it.
        OSError: It cannot be read.
    """
    try:
        return as_object(path.read_bytes())
    except FileNotFoundError:
        return {}


def as_object(octets: bytes) -> dict[str, Any]:
    """The JSON object that a file says.

    Raises:
        ValueError: It says something else.
    """
    try:
        found = json.loads(octets.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, which is answered: nothing that was set aside before is lost."""
    names = (f"{path.name}.unreadable{f'-{number}' if number > 1 else ''}" for number in itertools.count(1))
    kept = next(other for name in names if not (other := path.with_name(name)).exists())
    with contextlib.suppress(FileNotFoundError):  # another kernel was faster
        path.replace(kept)
    return kept


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 is sent to nobody: it asks whether the process is there
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
