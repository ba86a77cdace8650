"""Which Python interpreters this machine has. Standard library only; run, it prints the supported ones.

$ PYTHONPATH=. python cognito_lab/course/setup/pythons.py
3.11 /usr/bin/python3.11
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from cognito_lab.course.setup.bootstrap import NEWEST, OLDEST

SUPPORTED = tuple(f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1))


def find_python(version: str) -> str | None:
    """The path of an interpreter of this minor version (such as `3.12`), or None.

    Looked for in `COGNITO_LAB_PYTHONS` (paths, separated as in PATH), on PATH, and behind pyenv, whose names
    on PATH work only for the versions that are switched on.
    """
    named = [path for path in os.environ.get("COGNITO_LAB_PYTHONS", "").split(os.pathsep) if path]
    for command in [*named, sys.executable, f"python{version}"]:
        if path := _is_version(version, command, {}):
            return path
    if shutil.which("pyenv"):
        bare = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True).stdout.split()
        for release in reversed([release for release in bare if release.startswith(f"{version}.")]):
            if path := _is_version(version, f"python{version}", {"PYENV_VERSION": release}):
                return path
    return None


def find_pythons(versions: tuple[str, ...] = SUPPORTED) -> dict[str, str]:
    """Version to path, oldest first, for those of `versions` that the machine has."""
    return {version: path for version in versions if (path := find_python(version))}


def _is_version(version: str, command: str, extra: dict[str, str]) -> str | None:
    """The interpreter's own path (a virtual environment's base), if it starts and is of that version."""
    code = (
        "import sys; print('%d.%d' % sys.version_info[:2]); "
        "print(getattr(sys, '_base_executable', sys.executable))"
    )
    try:
        done = subprocess.run(
            [command, "-E", "-c", code],
            env={**os.environ, **extra},
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.splitlines()
    return said[1] if done.returncode == 0 and said and said[0] == version else None


if __name__ == "__main__":
    for found, where in find_pythons().items():
        print(found, where)
