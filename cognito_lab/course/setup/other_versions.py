"""`make run WITH=…`: the lock's packages, some in other versions, in an environment under `build/`."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

from cognito_lab.course.setup import install, installers, marker

# What the course's sentences rest on: AWS's SDK, the account underneath, tokens and their keys, HTTP.
LATEST = ("boto3", "botocore", "moto", "pyjwt", "cryptography", "requests")


def environment_with(
    requirements: str, into: Path, python: str | None = None, only_these: bool = False
) -> Path:
    """An environment with the lock's packages, except those named and what they need in turn.

    Args:
        requirements: as pip writes them, separated by blanks (`boto3==1.44.0 moto==5.2.4`), or `latest`.
        into: folder in which the environment is made; the same requirements find it again.
        python: interpreter to base it on; the running one's if not given.
        only_these: what they need stays as the lock has it where it can, so that a difference is theirs. They
            are exact versions then, and an environment that has them is not looked over again.

    Returns:
        The environment's own interpreter.

    Raises:
        install.SetupFailed: with one line; `.venv` is untouched in any case and nothing half-made is left.
    """
    wanted = list(LATEST) if requirements == "latest" else requirements.split()
    target = into / ("with-" + re.sub(r"[^A-Za-z0-9.]+", "-", requirements).strip("-"))
    lock = install.ROOT / "requirements.lock"
    if only_these and marker.is_finished(target, lock) and set(wanted) <= installed(target):
        return target / "bin" / "python"
    inside = install.make_environment(target, lock, python)
    if not wanted:
        return inside
    # Without its marker an environment counts as half-made, should this be killed in between.
    mark, aside = target / install.MARKER, target / f"{install.MARKER}.aside"
    mark.rename(aside)
    tool = installers.existing_uv(inside, sys.executable) or installers.pip_installer(inside)
    try:
        options = ["--quiet"] if only_these else ["--quiet", "--upgrade"]
        install._run([*tool.command, *options, *wanted], tool.variables)
        aside.rename(mark)
    except install.SetupFailed as reason:
        raise install.SetupFailed(f"{requirements} cannot be had beside the lock's rest: {reason}") from None
    finally:
        if not mark.exists():
            shutil.rmtree(target, ignore_errors=True)
    return inside


def installed(target: Path) -> set[str]:
    """What is in an environment, as `name==version`."""
    folders = [str(folder) for folder in target.glob("lib/python*/site-packages")]
    found = importlib.metadata.distributions(path=folders)
    return {f"{canonicalize_name(each.name)}=={each.version}" for each in found}
