"""`make wheels`: the files of a set-up without a network. `make setup WHEELS=folder` takes them.

They are the learner's part of the lock, and uv, for one kind of machine and every supported Python. With
`ROOM=yes` they do for `make room` as well.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path

from packaging.markers import Marker, default_environment

from cognito_lab.course.setup import proxy
from cognito_lab.course.setup.bootstrap import NEWEST, OLDEST
from cognito_lab.course.setup.environment import course_folder
from cognito_lab.course.setup.install import make_environment
from cognito_lab.course.setup.installers import SetupFailed, Steps, pip_installer, run
from cognito_lab.course.setup.lock import Pin, read_lock, written
from cognito_lab.course.setup.marker import COMPLETE, LEARNER, ROOM
from cognito_lab.paths import ROOT

SYSTEMS = {"linux": "Linux", "macos": "Darwin"}
PLATFORMS = ("linux-x86_64", "linux-aarch64", "macos-arm64", "macos-x86_64")
GLIBC, MACOS = 39, 14  # the newest that such a machine may have: its wheels fit all before it


def this_platform() -> str:
    """This machine's name among :data:`PLATFORMS`."""
    system = {name: key for key, name in SYSTEMS.items()}.get(platform.system(), platform.system())
    return f"{system}-{platform.machine()}"


def tags(kind: str) -> list[str]:
    """The platform tags of the wheels that a machine of this kind takes (PEP 425, PEP 600)."""
    system, _, machine = kind.partition("-")
    if system == "macos":
        return [f"macosx_{MACOS}_0_{machine}"]  # pip knows the older ones
    return [*(f"manylinux_2_{n}_{machine}" for n in range(GLIBC, 16, -1)), f"manylinux2014_{machine}"]


def needed(pins: list[Pin], kind: str, python: str) -> list[Pin]:
    """The entries for such a machine with this Python. pip itself would look at the machine it runs on."""
    system, _, machine = kind.partition("-")
    there: dict[str, str] = {**default_environment()}  # type: ignore[dict-item]
    there |= {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine}
    there |= {"platform_system": SYSTEMS[system], "sys_platform": SYSTEMS[system].lower()}
    return [pin._replace(marker="") for pin in pins if not pin.marker or Marker(pin.marker).evaluate(there)]


def download(pins: list[Pin], kind: str, into: Path) -> None:
    """Fetch the wheels of ``pins`` for such machines into the folder ``into``, hashes checked.

    Raises:
        SetupFailed: one of them cannot be had; those that were fetched stay.
    """
    into.mkdir(parents=True, exist_ok=True)
    versions = [f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    places = [word for tag in tags(kind) for word in ("--platform", tag)]
    steps = Steps(len(versions))
    try:
        for python in versions:
            steps.begin(f"{len(chosen := needed(pins, kind, python))} packages for Python {python}")
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as asked:
                asked.write("".join(map(written, chosen)))
                asked.flush()
                options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(into)]
                options += ["--implementation", "cp", "--python-version", python, *places]
                pip = pip_installer(sys.executable).command
                run([*pip[:3], "download", *pip[4:], *options, "-r", asked.name])
    finally:
        steps.close()


def main(argv: list[str]) -> int:
    """Fill a folder with the files that a set-up without a network needs."""
    parser = argparse.ArgumentParser(prog="cognito_lab wheels", description=main.__doc__)
    parser.add_argument("--platform", default=this_platform(), choices=PLATFORMS)
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "wheels")
    parser.add_argument("--room", action="store_true", help="also what make room needs")
    options = parser.parse_args(argv)
    root = course_folder()
    pins = read_lock((root / (ROOM if options.room else LEARNER)).read_text())  # one contains the other
    pins += [pin for pin in read_lock((root / COMPLETE).read_text()) if pin.name == "uv"]
    try:
        download(pins, options.platform, options.into)
        if options.room:
            proxy.fetch(make_environment(root / ".venv-room", root / ROOM), options.into)
    except SetupFailed as failed:
        print(f"Not complete: {failed}", file=sys.stderr)
        return 1
    files = [file for file in options.into.iterdir() if file.suffix in (".whl", ".tgz")]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files for {options.platform}, {size:.0f} MB. Take the folder along; in the course's")
    commands = "make lab WHEELS=… and make room WHEELS=… set" if options.room else "make lab WHEELS=… sets"
    print(f"folder, {commands} up without a network: {options.into}")
    return 0
