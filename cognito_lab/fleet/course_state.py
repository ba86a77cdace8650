"""What a notebook's outputs depend on besides versions: whether two machines have the same course."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping

from cognito_lab.course.setup import marker
from cognito_lab.paths import DATA, NOTEBOOKS, ROOT

State = Mapping[str, str]  # a file's place in the course's folder to its digest; `Python`, `packages`
LOCK = ROOT / marker.COMPLETE
NAMED = 3  # files, in a line


def here(notebook: str) -> State:
    """The state of the course on this machine, and of what would execute it.

    Args:
        notebook: its place in the course's folder; it may be absent.
    """
    files = {path for folder in (ROOT / "cognito_lab", DATA) for path in folder.rglob("*")}
    files |= {*NOTEBOOKS.glob("*.ipynb"), LOCK, ROOT / notebook}
    found = {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        # An editor's and a desktop's own files are hidden ones.
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    found["Python"] = platform.python_version().rpartition(".")[0]
    # An environment that was made before the lock changed would execute another course.
    found["packages"] = (
        "the lock's" if marker.is_finished(sys.prefix, LOCK) else "not the lock's (make tools)"
    )
    return found


def digest(state: State) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def difference(there: State, here: State) -> str:
    """How another machine's course differs from this one's, in a line."""
    differ = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    files = [name for name in differ if name not in ("Python", "packages")]
    found = [f"{name} {there.get(name)}, here {here.get(name)}" for name in differ if name not in files]
    if files:
        more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
        found.append(f"other files: {', '.join(files[:NAMED])}{more}")
    if not differ:
        return "the course has changed since this matrix began. Start it again"
    return f"the course there is not the one here ({'; '.join(found)})"
