"""JupyterHub's proxy, a program for Node: npm installs it from a lock, `data/room/package-lock.json`.

Without a network npm takes the packages from a folder, where `make wheels ROOM=yes` has put them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from cognito_lab.course.setup.installers import SetupFailed, run
from cognito_lab.paths import DATA

PACKAGE, LOCK = DATA / "room" / "package.json", DATA / "room" / "package-lock.json"


def install(python: Path, wheels: Path | None = None) -> Path:
    """The proxy's program in the environment of ``python``, installed if need be: from ``wheels``, if given.

    Raises:
        SetupFailed: it could not be, and will be tried again.
    """
    folder, wanted = python.parents[1] / "proxy", LOCK.read_bytes()
    made = folder / "made"
    program = folder / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    if made.exists() and made.read_bytes() == wanted:
        return program
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lock = json.loads(wanted)
    if wheels:
        for (_, entry), file in zip(_packages(lock), checked(wheels), strict=True):
            entry["resolved"] = f"file:{file.absolute()}"
    shutil.copy(PACKAGE, folder)
    (folder / LOCK.name).write_text(json.dumps(lock))
    print("Installing JupyterHub's proxy …", flush=True)
    _npm(python, "ci", "--prefix", str(folder), "--ignore-scripts", *["--offline"] * bool(wheels))
    made.write_bytes(wanted)  # last: npm may be interrupted
    return program


def fetch(python: Path, into: Path) -> None:
    """Put the proxy's packages into the folder ``into``.

    Raises:
        SetupFailed: they cannot be had, or are not those of the lock.
    """
    names = [f"{path.rpartition('node_modules/')[2]}@{entry['version']}" for path, entry in _packages()]
    print(f"  {len(names)} packages for Node, JupyterHub's proxy", flush=True)
    _npm(python, "pack", *names, "--pack-destination", str(into), "--ignore-scripts")
    checked(into)


def checked(folder: Path) -> list[Path]:
    """The lock's packages as files of ``folder``.

    Raises:
        SetupFailed: one is not there, or has another hash than in the lock.
    """
    files = []
    for path, entry in _packages():
        name = path.rpartition("node_modules/")[2].lstrip("@").replace("/", "-")
        files.append(file := folder / f"{name}-{entry['version']}.tgz")
        if not file.is_file():
            raise SetupFailed(f"{folder} lacks {file.name}. Where there is a network: make wheels ROOM=yes")
        kind, _, digest = entry["integrity"].partition("-")
        if base64.b64encode(hashlib.new(kind, file.read_bytes()).digest()).decode() != digest:
            raise SetupFailed(f"{file} is not the one that {LOCK.name} names: its hash differs")
    return files


def _packages(lock: dict[str, Any] | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Where each package of the lock goes, and its entry; the first one is the folder itself."""
    entries: dict[str, dict[str, Any]] = (lock or json.loads(LOCK.read_bytes()))["packages"]
    return [(path, entry) for path, entry in entries.items() if path]


def _npm(python: Path, *words: str) -> None:
    npm = [str(python.with_name("npm")), *words, "--no-audit", "--no-fund"]
    run(npm, {"PATH": f"{python.parent}:{os.environ['PATH']}"})
