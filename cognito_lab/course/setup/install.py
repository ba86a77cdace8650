"""Make a virtual environment from a lock: the whole of it, or nothing.

Only the standard library: this runs before anything is installed. A virtual environment cannot be moved once
made (its scripts name their interpreter), so it is built where it stays, and a marker file written last says
that it is finished. One without a marker is a leftover and is built again; so is one made from another lock,
in another folder, or by an interpreter that is gone.

There are two locks: what learners need, and with it what tests, reports and releases need besides. An
environment with the first is completed where it is, so that a JupyterLab which runs in it goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cognito_lab.course.setup import marker
from cognito_lab.course.setup.installers import (
    Installer,
    SetupFailed,
    Steps,
    existing_uv,
    fetched_uv,
    from_folder,
    pip_installer,
)
from cognito_lab.course.setup.installers import run as _run
from cognito_lab.course.setup.marker import COMPLETE, LEARNER, MARKER
from cognito_lab.paths import ROOT

# In an environment: packages were being added to it, and perhaps not all are there.
UNFINISHED = "cognito_lab.unfinished"
LIST_FONTS = """
import os
from cognito_lab.course.setup.environment import clean_environment
os.environ.update(clean_environment(os.environ, reproducible=False))
import matplotlib.font_manager
"""


def make_environment(
    target: Path | str,
    lock: Path | str,
    python: str | None = None,
    installer: str = "auto",
    matching: bool = False,
) -> Path:
    """Make the virtual environment `target` from `lock` (hashes checked) with this project in it, editable.

    Args:
        target: folder of the environment, made or remade unless it is finished and up to date.
        lock: requirements file with hashes; it has to hold the project's build backend as well.
        python: interpreter to base it on; the running one's if not given.
        installer: `uv`, `pip`, or `auto`: uv where it is on PATH or can be fetched, else pip.
        matching: an up-to-date environment of another Python version is remade too.

    Returns:
        The environment's own interpreter.

    Raises:
        SetupFailed: nothing half-made is left, and an environment that was there before is back in place.
    """
    target, lock = Path(target).absolute(), Path(lock).absolute()
    python = python or (getattr(sys, "_base_executable", None) or sys.executable)
    inside = target / "bin" / "python"
    if not lock.is_file():
        raise SetupFailed(
            f"there is no {lock.name} in {lock.parent}. Run make in the folder of the course, as cloned"
        )
    version = _version(python) if matching else ""
    if marker.is_finished(target, lock, version):
        return inside
    target.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(lock):
        if marker.is_finished(target, lock, version):  # another set-up has just made it
            return inside
        started = time.monotonic()
        print(f"Setting up {target.name} from {lock.name}; once, about a minute …", flush=True)
        if _is_learners(target, lock, version):
            _complete(target, lock, python, installer)
        else:
            with _all_or_nothing(target):
                _build(target, lock, python, installer)
        print(f"{target.name} is ready after {time.monotonic() - started:.0f} s.", flush=True)
    return inside


def _build(target: Path, lock: Path, python: str, wanted: str) -> None:
    """Make the environment `target`, where there is none; its marker comes last."""
    inside = target / "bin" / "python"
    uv = _existing(inside, python, wanted)
    steps = Steps(4 if uv or wanted == "pip" or not _names_uv(lock) else 5)
    with contextlib.closing(steps), tempfile.TemporaryDirectory() as folder:
        steps.begin("an empty environment")
        if uv:
            _run([uv.command[0], "venv", "--quiet", "--no-project", "--python", python, str(target)])
        else:
            _run([python, "-I", "-m", "venv", "--without-pip", str(target)])
        tool = uv or _fetched(inside, lock, wanted, Path(folder) / "uv", steps)
        _install(tool, inside, lock, steps)
        steps.begin("matplotlib's list of the machine's fonts")
        # It makes one, once, and says so where it happens: here, not in a lesson.
        subprocess.run([str(inside), "-c", LIST_FONTS], capture_output=True)
        marker.write_marker(target, marker.covered(lock), _version(str(inside)))


def _complete(target: Path, lock: Path, python: str, wanted: str) -> None:
    """Add to a learner's environment what `lock` has besides. Should it fail, learners can go on with it."""
    inside, unfinished = target / "bin" / "python", target / UNFINISHED
    uv = _existing(inside, python, wanted)
    steps = Steps(2 if uv or wanted == "pip" or not _names_uv(lock) else 3)
    unfinished.touch()
    with contextlib.closing(steps), tempfile.TemporaryDirectory() as folder, _stopped_by_sigterm():
        tool = uv or _fetched(inside, lock, wanted, Path(folder) / "uv", steps)
        _install(tool, inside, lock, steps)
        marker.write_marker(target, marker.covered(lock), _version(str(inside)))
    unfinished.unlink()


def _is_learners(target: Path, lock: Path, version: str) -> bool:
    """Whether `target` is a learner's environment, as set-up left it, and `lock` asks for the rest."""
    part = lock.with_name(LEARNER)
    if lock.name != COMPLETE or not part.is_file() or (target / UNFINISHED).exists():
        return False
    return marker.is_finished(target, part, version) and marker.read_marker(target)["locks"] == [
        marker.digest(part)
    ]


def _existing(inside: Path, python: str, wanted: str) -> Installer | None:
    """A uv that this machine has; None where pip is to do, or to fetch it.

    Raises:
        SetupFailed: there is none, and this Python cannot make an environment by itself.
    """
    uv = None if wanted == "pip" else existing_uv(inside, python)
    if not uv and not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupFailed(
            f"this Python {version} has no venv module. On Debian, Ubuntu: apt install python{version}-venv. "
            "Elsewhere: install uv, or name a complete Python: make lab PYTHON=…"
        )
    return dataclasses.replace(uv, replaceable=wanted == "auto" and uv.replaceable) if uv else None


def _names_uv(lock: Path) -> bool:
    complete = lock.with_name(COMPLETE)
    return complete.is_file() and bool(re.search(r"(?m)^uv==", complete.read_text()))


def _fetched(inside: Path, lock: Path, wanted: str, into: Path, steps: Steps) -> Installer:
    """uv, fetched by pip, which takes a tenth of pip's time for the rest; pip where it cannot be had.

    Raises:
        SetupFailed: uv was asked for and cannot be had.
    """
    uv = None
    if wanted != "pip" and _names_uv(lock):
        steps.begin("uv, which installs the rest in less time than pip")
        uv = fetched_uv(inside, lock.with_name(COMPLETE), into)
    if wanted == "uv" and not uv:
        raise SetupFailed(
            "uv is not on PATH and cannot be fetched. Install it, or use pip: make setup INSTALLER=pip"
        )
    return dataclasses.replace(uv, replaceable=wanted == "auto") if uv else pip_installer(inside)


def _install(tool: Installer, inside: Path, lock: Path, steps: Steps) -> None:
    """Install the packages of `lock`, then this project. Where a uv of ours fails, pip has to do."""
    count = len(re.findall(r"(?m)^[^\s#-]", lock.read_text()))
    steps.begin(f"{count} packages with {tool.name}")
    found = 0

    def heard(line: str) -> None:
        nonlocal found
        found += line.startswith("Collecting ")  # pip says so of each
        steps.detail = f", {found} of about {count} found" if found else ""

    try:
        # Wheels only: building a source package would fetch tools that no hash of the lock covers.
        words = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
        _run([*tool.command, *words], tool.variables, heard)
    except SetupFailed as failed:
        if failed.final or not tool.replaceable:
            raise
        steps.count += 1
        return _install(pip_installer(inside), inside, lock, steps)
    steps.begin("this course")
    # pip takes no editable project together with hashes, so it comes second, with its needs there.
    words = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    _run([*dict.fromkeys([*tool.command, "--no-index"]), *words], tool.variables)


def _version(python: str) -> str:
    """The `3.12` of an interpreter."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Two set-ups at once, such as make lab and make test in two windows: the second waits for the first."""
    complete = lock.with_name(COMPLETE)  # whichever of the two locks they install
    with (complete if complete.is_file() else lock).open("r+") as file:
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does."""
    asked_to_stop = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, asked_to_stop)


@contextlib.contextmanager
def _all_or_nothing(target: Path) -> Iterator[None]:
    """Room for a new environment at `target`. If it is not finished, what was there before is put back."""
    previous = target.with_name(target.name + ".previous")
    if (target / MARKER).exists():
        shutil.rmtree(previous, ignore_errors=True)
        target.rename(previous)
    shutil.rmtree(target, ignore_errors=True)
    with _stopped_by_sigterm():
        try:
            yield
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            if previous.exists():
                previous.rename(target)
            raise
    shutil.rmtree(previous, ignore_errors=True)


def main(argv: list[str]) -> int:
    """`make setup`: make `.venv`, or another environment with --venv. 0, 1 (failed) or 130 (interrupted)."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=main.__doc__)
    parser.add_argument(
        "--venv", default=str(ROOT / ".venv"), help="folder of the environment (default: .venv)"
    )
    parser.add_argument("--lock", default=str(ROOT / COMPLETE), help="requirements with hashes")
    parser.add_argument("--installer", choices=("auto", "uv", "pip"), default="auto")
    parser.add_argument(
        "--matching", action="store_true", help="remake an environment of another Python version"
    )
    parser.add_argument(
        "--wheels", type=Path, help="install from the files of this folder, without a network"
    )
    options = parser.parse_args(argv)
    try:
        if options.wheels:
            os.environ.update(from_folder(options.wheels))
        make_environment(options.venv, options.lock, installer=options.installer, matching=options.matching)
    except SetupFailed as failed:
        print(f"Set-up failed: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "Set-up interrupted; nothing half-made is left. Run the command again to start over.",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
