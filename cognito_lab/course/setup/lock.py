"""`make lock`: requirements.lock from pyproject.toml; the learner's part, the room's two, environment.yml."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cognito_lab.course.setup.bootstrap import NEWEST
from cognito_lab.course.setup.environment import course_folder
from cognito_lab.course.setup.marker import KUBERNETES, LEARNER, ROOM


class Pin(NamedTuple):
    """One entry of the lock."""

    name: str
    version: str
    marker: str  # such as "sys_platform == 'darwin'"; empty where the package is needed everywhere
    hashes: tuple[str, ...]


def read_lock(text: str) -> list[Pin]:
    """The entries of a requirements file as `uv pip compile --generate-hashes` writes it."""
    entries = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    pins = []
    for entry in filter(str.strip, entries):
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        pin, _, marker = requirement.partition(" ; ")
        name, _, version = pin.partition("==")
        pins.append(Pin(name, version, marker.strip(), tuple(hashes)))
    return pins


def written(pin: Pin) -> str:
    """The entry as it stands in a lock."""
    marker = f" ; {pin.marker}" if pin.marker else ""
    hashes = "".join(f" \\\n    --hash={digest}" for digest in pin.hashes)
    return f"{pin.name}=={pin.version}{marker}{hashes}\n"


def learners_part(pins: list[Pin], names: set[str]) -> str:
    """The lock of those packages of `pins` that `names` has, entry for entry the same."""
    head = (
        "# Made by `make lock` from requirements.lock: the part that learners need (make lab, make demo).\n"
    )
    return head + "".join(written(pin) for pin in pins if pin.name in names)


def environment_file(pins: list[Pin]) -> str:
    """The environment.yml of these pins, for conda."""
    packages = "".join(
        f'      - "{pin.name}=={pin.version}{" ; " + pin.marker if pin.marker else ""}"\n' for pin in pins
    )
    return f"""\
# Made by `make lock` from requirements.lock: the same versions through pip (conda's files hold no hashes).
name: cognito-lab
channels:
  - conda-forge
dependencies:
  - python={NEWEST[0]}.{NEWEST[1]}
  - pip
  - pip:
{packages}      - "-e ."
"""


def make_lock(root: Path, upgrade: list[str]) -> str:
    """Text of the lock: everything that pyproject.toml asks for, for all supported Pythons and systems.

    Beside it the room's locks are written: learners' packages in the same versions, and JupyterHub.

    Versions that the present lock has stay, except those of the packages in `upgrade` (`all` for every one).

    Raises:
        subprocess.CalledProcessError: uv cannot resolve it; it has said why.
    """
    options = ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    options += ["--custom-compile-command", "make lock"]
    for name in upgrade:
        options += ["--upgrade"] if name == "all" else ["--upgrade-package", name]
    lock = root / "requirements.lock"
    _compile(root, "--group", "dev", *options, "--output-file", lock.name)
    same = ["--constraints", lock.name, "--no-annotate"]  # a lesson must say the same in a room
    _compile(root, "--group", "room", *options, *same, "--output-file", ROOM)
    same = ["--constraints", ROOM, "--no-annotate"]
    _compile(root, "--group", "kubernetes", *options, *same, "--output-file", KUBERNETES)
    return lock.read_text()


def learners_names(root: Path) -> set[str]:
    """The packages of requirements.lock that a learner needs: the project's dependencies, and theirs."""
    said = _compile(root, "--constraints", "requirements.lock", "--no-header", "--no-annotate")
    return {pin.name for pin in read_lock(said)}


def _compile(root: Path, *options: str) -> str:
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "build"]
    command += ["--universal", "--only-binary", ":all:", "--quiet"]
    command += ["--fork-strategy", "fewest"]  # one numpy for all Pythons, so one picture for all
    return subprocess.run(
        [*command, *options], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def main(argv: list[str]) -> int:
    """Make requirements.lock, the learner's part of it, the room's locks and environment.yml again."""
    parser = argparse.ArgumentParser(prog="cognito_lab lock", description=main.__doc__)
    parser.add_argument(
        "--upgrade", action="append", default=[], metavar="PACKAGE", help="take its newest; or `all`"
    )
    options = parser.parse_args(argv)
    root = course_folder()
    try:
        pins = read_lock(make_lock(root, options.upgrade))
        part = learners_part(pins, learners_names(root))
    except subprocess.CalledProcessError as failed:
        print("No lock could be made; uv says why above. Nothing was changed.", file=sys.stderr)
        return failed.returncode
    (root / LEARNER).write_text(part)
    (root / "environment.yml").write_text(environment_file(pins))
    print(
        f"requirements.lock, environment.yml: {len(pins)} packages; {LEARNER}: {len(read_lock(part))}. "
        "Next: make tools, make outputs, make test"
    )
    return 0
