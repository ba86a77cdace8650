"""`python -m cognito_lab doctor`: is everything here that the course needs? One line for each requirement."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from cognito_lab.course.setup.bootstrap import NEWEST, OLDEST, objection
from cognito_lab.course.setup.environment import clean_environment, course_folder
from cognito_lab.course.setup.lock import read_lock
from cognito_lab.course.setup.marker import LEARNER


class Finding(NamedTuple):
    """A requirement: whether it is met, and what was found (with the way out, where it is not)."""

    met: bool | None  # None: not there, and not needed
    what: str
    found: str


def findings(root: Path) -> Iterator[Finding]:
    """Every requirement of the course, in the order in which a failure would explain the next."""
    yield _python()
    inside = sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ
    yield Finding(
        inside, "virtual environment", sys.prefix if inside else "none: run make setup, then .venv/bin/python"
    )
    yield from _packages(root)
    lessons = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    yield Finding(
        bool(lessons),
        "notebooks",
        f"{len(lessons)} lessons in notebooks/" if lessons else "none: clone the repository again",
    )
    yield _loopback()
    yield _kernel()
    for name in ("node", "chromium"):
        path = shutil.which(name)
        yield Finding(True if path else None, name, path or "not found, and no lesson needs it")


def _python() -> Finding:
    wrong = objection(sys.version_info, sys.platform)
    supported = "supported: {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    return Finding(wrong is None, "Python", wrong or f"{platform.python_version()} ({supported})")


def _packages(root: Path) -> Iterator[Finding]:
    """A line for each package that pyproject.toml names or that differs, and one for the rest of the lock."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield Finding(False, "packages", "not installed: run make setup")
        return
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    named = {Requirement(line).name for group in groups for line in group}
    rest, tools, absent = 0, 0, 0
    part = root / LEARNER
    learners = {pin.name for pin in read_lock(part.read_text())} if part.is_file() else None
    for pin in read_lock((root / "requirements.lock").read_text()):
        requirement = Requirement(f"{pin.name}; {pin.marker}" if pin.marker else pin.name)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        needed = learners is None or pin.name in learners
        try:
            version = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            if not needed:
                absent += 1
                continue
            yield Finding(False, pin.name, f"missing; the lock has {pin.version}: run make setup")
            continue
        if version != pin.version:
            yield Finding(
                False, pin.name, f"{version}; the lock has {pin.version}: rm -r .venv, then make setup"
            )
        elif pin.name in named:
            yield Finding(True, pin.name, version)
        elif needed:
            rest += 1
        else:
            tools += 1
    yield Finding(True, "other packages", f"{rest}, as in requirements.lock")
    if absent:
        found = f"{absent} packages are missing, and no lesson needs them (make tools adds them)"
        yield Finding(None, "tests and reports", found)
    elif tools:
        yield Finding(True, "tests and reports", f"{tools} more packages, as in requirements.lock")


def _loopback() -> Finding:
    """JupyterLab and its kernels talk over 127.0.0.1."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), 2),
        ):
            return Finding(True, "loopback", "127.0.0.1 accepts connections")
    except OSError as reason:
        return Finding(False, "loopback", f"127.0.0.1 does not accept connections ({reason}): is `lo` up?")


def _kernel() -> Finding:
    """A kernel starts, in this interpreter, and answers."""
    code = (
        "from jupyter_client.manager import start_new_kernel\n"
        "manager, client = start_new_kernel(kernel_name='python3', startup_timeout=60)\n"
        "reply = client.execute_interactive('import sys; print(sys.prefix)', timeout=30)\n"
        "client.stop_channels(); manager.shutdown_kernel(now=True)\n"
    )
    clean = clean_environment(os.environ, reproducible=False)
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True)
    said = done.stdout.strip()
    if done.returncode == 0 and said == sys.prefix:
        return Finding(True, "kernel", "starts and answers")
    last = (done.stderr.strip().splitlines() or [said or "no answer"])[-1]
    return Finding(False, "kernel", f"does not start ({last}): rm -r .venv, then make setup")


def main(argv: list[str]) -> int:
    """Print a line for each requirement. 1 if one is not met."""
    argparse.ArgumentParser(prog="cognito_lab doctor", description=main.__doc__).parse_args(argv)
    unmet = 0
    for finding in findings(course_folder()):
        mark = {True: "ok", False: "MISSING", None: "-"}[finding.met]
        print(f"{mark:8}{finding.what:22}{finding.found}", flush=True)
        unmet += finding.met is False
    print(
        "Everything is here: make lab" if not unmet else f"{unmet} not met. The lines above say what to do."
    )
    return 1 if unmet else 0
