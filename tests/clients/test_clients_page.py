"""The page about clients says what the tests do: the programs of this folder, at the versions pinned here."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from clients_support import HERE, PINS, ROOT

ROWS = tomllib.loads((ROOT / "data" / "clients.toml").read_text(encoding="utf-8"))["client"]
SERVED = {"account": "aws", "proxied": "aws", "local": "local"}  # fixture: issuer


def pinned(folder: str, package: str) -> str | None:
    """The version of a package that is installed for a client."""
    if (HERE / folder / PINS[1]).exists():
        lock = json.loads((HERE / folder / PINS[1]).read_text())
        return lock["packages"][f"node_modules/{package}"]["version"]
    found = re.search(rf"^{package}==(\S+)", (HERE / folder / PINS[0]).read_text(), re.MULTILINE)
    return found and found[1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["package"])
def test_the_page_names_the_version_that_is_run(row: dict[str, str]) -> None:
    assert pinned(row.get("folder", row["package"]), row["package"]) == row["version"]


def test_every_client_stands_on_the_page_and_has_a_test_with_that_issuer() -> None:
    folders = {row.get("folder", row["package"]): row["issuer"] for row in ROWS}
    there = {path.parent.name for name in PINS for path in HERE.glob(f"*/{name}")}
    assert set(folders) == there - {"actionlint"}  # which reads the workflows
    tests = "".join((HERE / f"test_{kind}_clients.py").read_text() for kind in ("python", "node"))
    used = re.findall(r'(\w+)\.client\("([\w-]+)"', tests)
    run = {(name, SERVED[fixture]) for fixture, name in used}
    assert {name for name, _ in run} == set(folders) and run >= set(folders.items())
