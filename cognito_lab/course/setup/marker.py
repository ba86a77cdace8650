"""Whether a virtual environment is finished, by the file that set-up writes into it last.

Run, it says so by its exit status: `.venv/bin/python -I -S cognito_lab/course/setup/marker.py
requirements.lock`. That is asked before every command of the Makefile, so it imports next to nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

MARKER = "cognito_lab.json"
COMPLETE, LEARNER, ROOM = "requirements.lock", "requirements-learner.lock", "requirements-room.lock"
KUBERNETES = "requirements-kubernetes.lock"
COURSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(COURSE))


def digest(lock: str | os.PathLike[str]) -> str:
    """SHA-256 of a lock's bytes, in hex."""
    with open(lock, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def covered(lock: str | os.PathLike[str]) -> list[str]:
    """Digests of the locks that an environment made from `lock` satisfies; one is a part of the other."""
    folder, name = os.path.split(os.path.abspath(lock))
    part = os.path.join(folder, LEARNER)
    return [digest(lock), *([digest(part)] if name == COMPLETE and os.path.isfile(part) else [])]


def read_marker(target: str | os.PathLike[str]) -> dict[str, object]:
    """What the marker of the environment `target` says; empty where there is none, or where it was moved."""
    try:
        with open(os.path.join(target, MARKER), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    here = {"folder": os.path.abspath(target), "project": ROOT}
    inside = os.path.exists(os.path.join(target, "bin", "python"))
    whole = isinstance(found, dict) and {"locks", "python"} <= found.keys()  # an older course wrote less
    return found if inside and whole and here.items() <= found.items() else {}


def is_finished(target: str | os.PathLike[str], lock: str | os.PathLike[str], version: str = "") -> bool:
    """Whether `target` was made to its end, here, from this lock (and with this Python version, if given)."""
    found = read_marker(target)
    return bool(found) and digest(lock) in found["locks"] and version in ("", found["python"])  # type: ignore[operator]


def write_marker(target: str | os.PathLike[str], locks: list[str], version: str) -> None:
    """Mark `target` as finished; ``locks`` are digests, ``version`` is its Python's, such as 3.12."""
    found = {"locks": locks, "folder": os.path.abspath(target), "project": ROOT, "python": version}
    partial = os.path.join(target, f".{MARKER}-{os.getpid()}")
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.replace(partial, os.path.join(target, MARKER))


if __name__ == "__main__":
    sys.exit(not is_finished(os.path.join(ROOT, ".venv"), os.path.join(ROOT, sys.argv[1])))
