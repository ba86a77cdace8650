"""The report of a run: one HTML file that opens without a network and loads nothing from anywhere."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from cognito_lab.course.processes import complete_or_absent
from cognito_lab.paths import ROOT

if TYPE_CHECKING:
    from cognito_lab.course.run import Result

HERE = Path(__file__).parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)


def canonical(name: str) -> str:
    """A package's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, set[str]]:
    """The versions in the lock; a package may have one for each Python."""
    pins: dict[str, set[str]] = {}
    for name, version in PINNED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        pins.setdefault(canonical(name), set()).add(version)
    return pins


def versions() -> list[tuple[str, str, str]]:
    """(package, installed, version in the lock if that is another one), those that differ first."""
    pins = locked()
    installed = {canonical(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    rows = [
        (name, version, "" if version in pins.get(name, {version}) else " or ".join(sorted(pins[name])))
        for name, version in installed.items()
    ]
    return sorted(rows, key=lambda row: (not row[2], row[0]))


def moved() -> list[tuple[str, str, str]]:
    """The packages that are not the lock's."""
    return [row for row in versions() if row[2]]


def write(target: Path, results: Sequence[Result], parameters: dict[str, str]) -> Path:
    """Write the report to `target`, at once or not at all."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.html").render(
        results=results,
        failed=sum(not result.passed for result in results),
        changed=sum(len(result.differences) for result in results),
        parameters=parameters,
        packages=versions(),
        moved=moved(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=platform.platform(),
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    with complete_or_absent(target) as partial:
        partial.write_text(page, encoding="utf-8")
    return target
