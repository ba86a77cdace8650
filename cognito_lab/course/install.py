"""Make a virtual environment from the lock: the whole of it, or nothing.

Only the standard library: this runs before anything is installed. A virtual environment cannot be moved once
made (its scripts name their interpreter), so it is built where it stays, and a marker file written last says
that it is finished. One without a marker is a leftover and is built again; so is one made from another lock,
in another folder, or by an interpreter that is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKER = "cognito_lab.json"
LIST_FONTS = """
import os
from cognito_lab.course.environment import clean_environment
os.environ.update(clean_environment(os.environ, reproducible=False))
import matplotlib.font_manager
"""

# What an installer's output means, and the way out. The first pattern that is found counts, so what can
# follow from something else comes after it: without a network pip also finds "no matching distribution".
REASONS = {
    r"do not match the hashes|hash mismatch": (
        "a package is not the one that the lock names: its hash differs. Nothing was installed. Restore the "
        "lock (git checkout requirements.lock); if it still differs, do not install that package"
    ),
    r"hashes are required|missing a hash|in `--require-hashes` mode|in --require-hashes mode": (
        "an entry of the lock has no hash or no exact version. Make the lock again: make lock"
    ),
    r"No space left on device": "the disk is full. Make room (about 700 MB), then run the command again",
    r"failed to establish a new connection|connection refused|connection reset|name resolution|dns error"
    r"|timed out|network is unreachable|error sending request|could not connect|proxyerror|sslerror": (
        "could not download the packages. The first set-up needs a network (or a mirror: PIP_INDEX_URL for "
        "pip, UV_DEFAULT_INDEX for uv); after it everything works offline. Connect, then try again"
    ),
    r"No matching distribution|no version of|no wheels|has no usable wheels|only-binary": (
        "the package index has no ready-made file of a package of the lock for this machine. Try another "
        "supported Python, for example: make setup PYTHON=python3.12"
    ),
}


class SetupFailed(Exception):
    """The set-up stopped. The text is the one line for the learner: what happened, and the way out."""


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
        installer: `uv`, `pip`, or `auto`: uv where it is on PATH, else pip.
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
    if _is_finished(target, lock, python if matching else None):
        return inside
    uv = None if installer == "pip" else shutil.which("uv")
    if installer == "uv" and not uv:
        raise SetupFailed("uv is not on PATH. Install it, or use pip: make setup INSTALLER=pip")
    if not uv and not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupFailed(
            f"this Python {version} has no venv module. On Debian, Ubuntu: apt install python{version}-venv. "
            "Elsewhere: install uv, or name a complete Python: make lab PYTHON=…"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(lock):
        if _is_finished(target, lock, python if matching else None):  # another set-up has just made it
            return inside
        with _all_or_nothing(target):
            started = time.monotonic()
            tool = "uv" if uv else "pip"
            print(
                f"Setting up {target.name} from {lock.name} with {tool}; once, about a minute …", flush=True
            )
            if uv:
                _run([uv, "venv", "--quiet", "--no-project", "--python", python, str(target)])
                install = [uv, "pip", "install", "--python", str(inside)]
            else:
                _run([python, "-I", "-m", "venv", str(target)])
                install = [str(inside), "-I", "-m", "pip", "install", "--no-input", "--retries", "2"]
                install += ["--disable-pip-version-check", "--progress-bar", "off"]
            # Wheels only: building a source package would fetch tools that no hash of the lock covers.
            _run([*install, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)])
            # pip takes no editable project together with hashes, so it comes second, with its needs there.
            _run([*install, "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
            # matplotlib lists the machine's fonts once and says so where it happens: here, not in a lesson.
            subprocess.run([str(inside), "-c", LIST_FONTS], capture_output=True)
            (target / MARKER).write_text(json.dumps(_description(target, lock, _version(str(inside)))))
            print(f"{target.name} is ready after {time.monotonic() - started:.0f} s.", flush=True)
    return inside


def _description(target: Path, lock: Path, version: str) -> dict[str, str]:
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return {"lock": digest, "folder": str(target), "project": str(ROOT), "python": version}


def _is_finished(target: Path, lock: Path, python: str | None) -> bool:
    """Whether `target` was made to its end, here, from this lock (and with this Python version, if given)."""
    try:
        found = json.loads((target / MARKER).read_text())
    except (OSError, ValueError):
        return False
    version = _version(python) if python else found.get("python", "")
    return found == _description(target, lock, version) and (target / "bin" / "python").exists()


def _version(python: str) -> str:
    """The `3.12` of an interpreter."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Two set-ups at once, such as make lab and make test in two windows: the second waits for the first."""
    with lock.open("r+") as file:
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _all_or_nothing(target: Path) -> Iterator[None]:
    """Room for a new environment at `target`. If it is not finished, what was there before is put back."""
    previous = target.with_name(target.name + ".previous")
    if (target / MARKER).exists():
        shutil.rmtree(previous, ignore_errors=True)
        target.rename(previous)
    shutil.rmtree(target, ignore_errors=True)
    asked_to_stop = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        if previous.exists():
            previous.rename(target)
        raise
    finally:
        signal.signal(signal.SIGTERM, asked_to_stop)
    shutil.rmtree(previous, ignore_errors=True)


def _run(command: list[str]) -> None:
    """Run an installer's command quietly.

    Raises:
        SetupFailed: it failed; what it said is put into one line by `REASONS`.
    """
    # A user's own pip may be set to install elsewhere, and PYTHON* can swap the standard library.
    # Index settings stay: many networks reach packages only through a mirror.
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_SYSTEM_PYTHON", "UV_PYTHON", "VIRTUAL_ENV"}
    environment = {k: v for k, v in os.environ.items() if k not in elsewhere and not k.startswith("PYTHON")}
    environment |= {"PIP_USER": "0", "UV_PYTHON_DOWNLOADS": "never"}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip
    assert process.stdout
    said = ""
    try:
        for line in process.stdout:
            said += line
            if (
                line.startswith("Collecting ") and sys.stdout.isatty()
            ):  # pip takes a minute: show that it moves
                print(f"\r{said.count('Collecting ')} packages found", end="\r", flush=True)
        process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode == 0:
        return
    for pattern, reason in REASONS.items():
        if found := re.search(rf".*({pattern}).*", said, re.IGNORECASE):
            raise SetupFailed(f"{reason}. (The installer said: {found.group().strip()[:120]})")
    end = "\n".join(said.strip().splitlines()[-15:])
    raise SetupFailed(
        f"`{' '.join(command[:4])} …` failed. With pip it may do: make setup INSTALLER=pip\n{end}"
    )


def main(argv: list[str]) -> int:
    """`make setup`: make `.venv`, or another environment with --venv. 0, 1 (failed) or 130 (interrupted)."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=main.__doc__)
    parser.add_argument(
        "--venv", default=str(ROOT / ".venv"), help="folder of the environment (default: .venv)"
    )
    parser.add_argument("--lock", default=str(ROOT / "requirements.lock"), help="requirements with hashes")
    parser.add_argument("--installer", choices=("auto", "uv", "pip"), default="auto")
    parser.add_argument(
        "--matching", action="store_true", help="remake an environment of another Python version"
    )
    options = parser.parse_args(argv)
    try:
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
