"""The two programs that can fill an environment, uv and pip: finding, fetching and running them.

Standard library only. pip is the one that Python itself carries (bundled_pip.py). It is used to fetch uv, and
for everything where uv cannot be had.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cognito_lab.course.setup.marker import MARKER

# What an installer's output means, and the way out. The first pattern that is found counts, so what can
# follow from something else comes after it: without a network pip also finds "no matching distribution".
HASH_DIFFERS, NO_HASH, DISK_FULL = (
    "a package is not the one that the lock names: its hash differs. Nothing was installed. Restore the "
    "lock (git checkout requirements.lock requirements-learner.lock); if it still differs, do not install "
    "that package",
    "an entry of the lock has no hash or no exact version. Make the lock again: make lock",
    "the disk is full. Make room (about 700 MB), then run the command again",
)
REASONS = {
    r"do not match the hashes|hash mismatch": HASH_DIFFERS,
    r"hashes are required|missing a hash|in `--require-hashes` mode|in --require-hashes mode": NO_HASH,
    r"No space left on device": DISK_FULL,
    r"failed to establish a new connection|connection refused|connection reset|name resolution|dns error"
    r"|timed out|network is unreachable|error sending request|could not connect|proxyerror|sslerror"
    r"|getaddrinfo": (  # npm
        "could not download the packages. The first set-up needs a network (or a mirror: PIP_INDEX_URL for "
        "pip, UV_DEFAULT_INDEX for uv); after it everything works offline. Connect, then try again"
    ),
    r"carries no pip": (
        "this Python carries no pip. On Debian, Ubuntu: apt install python3-venv. Elsewhere: install uv, or "
        "name a complete Python: make lab PYTHON=…"
    ),
    r"No matching distribution|no version of|no wheels|has no usable wheels|only-binary": (
        "the package index has no ready-made file of a package of the lock for this machine. Try another "
        "supported Python, for example: make setup PYTHON=python3.12"
    ),
}
FOLDER_LACKS = {
    r"No matching distribution|was not found in|no version of|has no usable wheels": (
        "the folder of wheels lacks a package of the lock for this machine and this Python. Where there is a "
        "network: make wheels, with PLATFORM=… for another kind of machine, and ROOM=yes for make room"
    )
}
FINAL = (HASH_DIFFERS, NO_HASH, DISK_FULL)  # with another installer these would be the same

# pip's settings that a uv of ours has to follow, since a network may reach packages through a mirror only.
HANDED_ON = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
INDEX = {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}


class SetupFailed(Exception):
    """The set-up stopped. The text is the one line for the learner: what happened, and the way out."""

    final = False  # whether another installer would fail in the same way


@dataclass(frozen=True)
class Installer:
    """A program that installs into one environment: ``command`` up to and including the word `install`."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    replaceable: bool = False  # not a uv that the user has set up: where it fails, pip has to do


def uv_installer(uv: str, python: Path | str, variables: Mapping[str, str], replaceable: bool) -> Installer:
    """uv, installing into the environment of `python`."""
    command: tuple[str, ...] = (uv, "pip", "install", "--python", str(python))
    if "UV_NO_INDEX" in {**os.environ, **variables}:  # of ours: uv has an option for it, and no variable
        command += ("--no-index",)
    return Installer("uv", command, variables, replaceable)


def pip_installer(python: Path | str) -> Installer:
    """The pip that comes with `python`, installing into its environment."""
    command = (str(python), "-I", str(Path(__file__).with_name("bundled_pip.py")), "install")
    options = ("--no-input", "--retries", "2", "--disable-pip-version-check", "--progress-bar", "off")
    return Installer("pip", command + options)


def existing_uv(into: Path | str, python: Path | str) -> Installer | None:
    """uv for the environment with the interpreter `into`: the one on PATH, or the environment's own.

    Args:
        into: where it is to install; need not be there yet.
        python: an interpreter that is there, whose pip says where packages come from.
    """
    own = Path(into).with_name("uv")
    found = shutil.which("uv") or (str(own) if own.is_file() else None)
    if not found:
        return None
    if (Path(found).parents[1] / MARKER).exists():  # in an environment of ours, so nobody has set it up
        return uv_installer(found, into, settings_for_uv(python), replaceable=True)
    return uv_installer(found, into, {}, replaceable=False)


def fetched_uv(python: Path, lock: Path, into: Path) -> Installer | None:
    """uv as `lock` names it, fetched by pip into the folder `into`; None where it cannot be had or started.

    Raises:
        SetupFailed: what came is not what the lock names, or the disk is full.
    """
    entry = re.search(r"(?m)^uv==(?:.*\\\n)*.*", lock.read_text()) if lock.is_file() else None
    if not entry:
        return None
    into.mkdir()
    (into / "uv.txt").write_text(entry.group() + "\n")
    options = [
        "--target",
        str(into),
        "--no-deps",
        "--no-compile",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    try:
        run([*pip_installer(python).command, *options, "-r", str(into / "uv.txt")])
        uv = into / "bin" / "uv"
        run([str(uv), "--version"])
    except SetupFailed as failed:
        if failed.final:
            raise
        return None
    except OSError:  # a file for another kind of machine
        return None
    return uv_installer(str(uv), python, settings_for_uv(python), replaceable=True)


def settings_for_uv(python: Path | str) -> dict[str, str]:
    """Variables by which uv looks where pip, as it is set up on this machine, would look.

    Where uv's own are set as well, they count: so it is with a uv that the user installed.
    """
    command = [*pip_installer(python).command[:3], "config", "list"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    settings = {setting: text.split() for setting, text in pip_settings(done.stdout).items()}
    variables = {}
    for setting, variable in HANDED_ON.items():
        if setting in settings and not (variable in INDEX and INDEX & os.environ.keys()):
            variables[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(settings[setting])
    if "UV_INDEX" in variables:
        # As pip does, which takes the lock's file wherever it is; the hash says that it is the one.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in variables.items() if name not in os.environ}


def from_folder(wheels: Path) -> dict[str, str]:
    """Variables by which pip and uv find packages in the folder ``wheels``, and nowhere else.

    Raises:
        SetupFailed: there is no such folder.
    """
    if not wheels.is_dir():
        raise SetupFailed(f"there is no folder {wheels}. make wheels makes one, where there is a network")
    place = wheels.absolute().as_uri()  # the two split a path at its blanks
    settings = {"NO_INDEX": "1", "FIND_LINKS": place}
    return {f"{tool}_{name}": value for tool in ("PIP", "UV") for name, value in settings.items()}


def pip_settings(listed: str) -> dict[str, str]:
    """The settings of `pip config list` that hold for an installation: for it alone, or for all commands.

    >>> pip_settings("global.index-url='https://a'\\n:env:.index-url='https://b'")
    {'index-url': 'https://b'}
    """
    lines = [line.partition("=") for line in listed.splitlines()]
    found = {}
    for section in ("global.", "install.", ":env:."):  # what comes later counts more
        for name, _, value in lines:
            if name.startswith(section):
                found[name.removeprefix(section)] = str(ast.literal_eval(value))
    return found


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of an installer: the user's, without what would have it install elsewhere.

    Index settings stay: many networks reach packages only through a mirror. PYTHON* can swap the standard
    library.
    """
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_SYSTEM_PYTHON", "UV_PYTHON", "VIRTUAL_ENV"}
    kept = {k: v for k, v in os.environ.items() if k not in elsewhere and not k.startswith("PYTHON")}
    return {**kept, **(variables or {}), "PIP_USER": "0", "UV_PYTHON_DOWNLOADS": "never"}


def run(
    command: list[str],
    variables: Mapping[str, str] | None = None,
    heard: Callable[[str], object] = lambda line: None,
) -> None:
    """Run an installer's command quietly; ``heard`` gets each line that it prints.

    Raises:
        SetupFailed: it failed; what it said is put into one line by `REASONS`.
    """
    process = subprocess.Popen(
        command, env=environment(variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    assert process.stdout
    said = ""
    try:
        for line in process.stdout:
            said += line
            heard(line)
        process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode:
        raise _failure(command, said)


def _failure(command: list[str], said: str) -> SetupFailed:
    reasons = FOLDER_LACKS if "PIP_NO_INDEX" in os.environ else {}
    for pattern, reason in (reasons | REASONS).items():
        if found := re.search(rf".*({pattern}).*", said, re.IGNORECASE):
            failed = SetupFailed(f"{reason}. (The installer said: {found.group().strip()[:120]})")
            failed.final = reason in FINAL
            return failed
    end = "\n".join(said.strip().splitlines()[-15:])
    return SetupFailed(
        f"`{' '.join(command[:4])} …` failed. With pip it may do: make setup INSTALLER=pip\n{end}"
    )


class Steps:
    """Says on standard output which step is being done; on a terminal also for how long already."""

    def __init__(self, count: int) -> None:
        self.count, self.number = count, 0
        self.detail = ""  # more about the step, shown on a terminal
        self._over: threading.Event | None = None

    def begin(self, what: str) -> None:
        """End the step before, if there is one, and begin the next."""
        self.close()
        self.number, self.detail = self.number + 1, ""
        line = f"  {self.number}/{self.count} {what}"
        if not sys.stdout.isatty():
            print(line, flush=True)
            return
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, args=(line, self._over), daemon=True)
        self._clock.start()

    def close(self) -> None:
        """The step that was begun is done, or has failed."""
        if self._over:
            self._over.set()
            self._clock.join()
            self._over = None

    def _tick(self, line: str, over: threading.Event) -> None:
        started = time.monotonic()
        while not over.wait(0.5):
            print(f"\r{line}, {time.monotonic() - started:.0f} s{self.detail}\033[K", end="", flush=True)
        print(f"\r{line}, {time.monotonic() - started:.0f} s\033[K", flush=True)
