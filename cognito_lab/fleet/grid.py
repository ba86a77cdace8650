"""The cells of a matrix: combinations of versions and Regions, from the words of `make matrix`."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from cognito_lab.course.setup import installers, pythons

PYTHON = "python"
# Released together under one number; what changes is mostly in the second.
TOGETHER = {"boto3": "botocore"}


class MatrixRefused(ValueError):
    """The words of a matrix cannot be understood. The text says what was expected."""


@dataclass(frozen=True)
class Cell:
    """One combination. What it does not name is as the lock has it, or as the notebook itself says."""

    versions: tuple[tuple[str, str], ...] = ()  # (package or `python`, version)
    region: str = ""

    def __str__(self) -> str:
        words = [f"{package} {version}" for package, version in self.versions]
        return ", ".join([*words, *([self.region] if self.region else [])]) or "the lock's versions"

    @property
    def name(self) -> str:
        """As the name of a folder."""
        return re.sub(r"[^\w.]+", "-", str(self))

    @property
    def python(self) -> str:
        """The version of Python; empty for the one that is running."""
        return dict(self.versions).get(PYTHON, "")

    @property
    def requirements(self) -> str:
        """The packages, as pip writes them."""
        named = {package: version for package, version in self.versions if package != PYTHON}
        along = {TOGETHER[package]: version for package, version in named.items() if package in TOGETHER}
        return " ".join(f"{package}=={version}" for package, version in (along | named).items())

    def at(self, package: str, version: str) -> Cell:
        """The cell that differs from this one in the version of one package."""
        return replace(self, versions=tuple((p, version if p == package else v) for p, v in self.versions))


def available(package: str) -> list[str]:
    """The versions that the index has of a package (of Python: those that the course supports).

    Raises:
        MatrixRefused: It has none, or it cannot be reached.
    """
    if package == PYTHON:
        return list(pythons.SUPPORTED)
    # uv has no command for this.
    command = [*installers.pip_installer(sys.executable).command[:3], "index", "versions", package]
    done = subprocess.run(command, env=installers.environment(), capture_output=True, text=True)
    found = re.search(r"Available versions: (.+)", done.stdout)
    if not found:
        reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise MatrixRefused(f"The index names no versions of {package}: {reason}")
    return found[1].split(", ")


def cells(
    matrix: str, regions: Iterable[str], versions: Callable[[str], list[str]] = available
) -> list[Cell]:
    """All combinations of what the words name, such as `boto3==1.44.5,latest python==3.11,3.13`.

    Args:
        versions: says which versions there are of a package. It is asked about `latest` alone.

    Raises:
        MatrixRefused: A word is not of this form, or there is no such package.
    """
    axes: dict[str, list[tuple[str, str]]] = {}
    for word in matrix.split():
        package, _, listed = word.partition("==")
        package = canonicalize_name(package)
        try:
            exact = [max(versions(package), key=Version) if v == "latest" else v for v in listed.split(",")]
            axes.setdefault(package, []).extend((package, str(Version(version))) for version in exact)
        except InvalidVersion:
            raise MatrixRefused(
                f"{word!r} is not of the form package==version,version. `latest` is a version, too."
            ) from None
    # A version that is named twice, as the latest is at times, is one.
    combinations = itertools.product(*(dict.fromkeys(axis) for axis in axes.values()))
    places = list(dict.fromkeys(regions)) or [""]
    return [Cell(versions, region) for versions, region in itertools.product(combinations, places)]
