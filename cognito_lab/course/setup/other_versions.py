"""`make run WITH=…`: the lock's packages, some in other versions, in an environment under `build/`."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from cognito_lab.course.setup import install, installers

# What the course's sentences rest on: AWS's SDK, the account underneath, tokens and their keys, HTTP.
LATEST = ("boto3", "botocore", "moto", "pyjwt", "cryptography", "requests")


def environment_with(requirements: str, into: Path) -> Path:
    """An environment with the lock's packages, except those named and what they need in turn.

    Args:
        requirements: as pip writes them, separated by blanks (`boto3==1.44.0 moto==5.2.4`), or `latest`.
        into: folder in which the environment is made; the same requirements find it again.

    Returns:
        The environment's own interpreter.

    Raises:
        install.SetupFailed: with one line; `.venv` is untouched in any case and nothing half-made is left.
    """
    wanted = list(LATEST) if requirements == "latest" else requirements.split()
    target = into / ("with-" + re.sub(r"[^A-Za-z0-9.]+", "-", requirements).strip("-"))
    python = install.make_environment(target, install.ROOT / "requirements.lock")
    # Without its marker an environment counts as half-made, should this be killed in between.
    marker, aside = target / install.MARKER, target / f"{install.MARKER}.aside"
    marker.rename(aside)
    tool = installers.existing_uv(python, sys.executable) or installers.pip_installer(python)
    try:
        install._run([*tool.command, "--quiet", "--upgrade", *wanted], tool.variables)
        aside.rename(marker)
    except install.SetupFailed as reason:
        raise install.SetupFailed(f"{requirements} cannot be had beside the lock's rest: {reason}") from None
    finally:
        if not marker.exists():
            shutil.rmtree(target, ignore_errors=True)
    return python
