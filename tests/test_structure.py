"""The package as its README draws it: floors, no circles of imports, no crowded folder, true references."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from cognito_lab.paths import ROOT

PACKAGE = ROOT / "cognito_lab"
MOST_FILES = 13  # modules in one folder
# From the top. A module may import what stands on its own floor, and below.
FLOORS = (
    ("__main__", "fleet", "room"),
    ("course", "served.command"),
    ("lab",),
    ("lessons", "practice", "served"),
    ("views",),
    ("aws", "providers"),
    ("guard",),
    ("protocols",),
    ("network",),
    ("clock", "randomness", "reproducible", "interrupts", "expiring", "errors"),
    ("paths", "files", "templates"),
)
# Arrows that point up, each with its reason.
UP: dict[tuple[str, str], str] = {}


@cache
def modules(root: Path = PACKAGE) -> dict[str, Path]:
    """Every module below ``root`` by its dotted name without the package's; a package goes by its folder."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "jupyter" not in parts:  # Jupyter's configuration, which Jupyter executes itself
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(source: str, known: set[str]) -> set[str]:
    """The modules of the package that ``source`` imports, anywhere in it, also for types alone."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            base = node.module or ""
            if base.split(".")[0] == PACKAGE.name:
                base = base.partition(".")[2]
                for alias in node.names:
                    whole = f"{base}.{alias.name}" if base else alias.name
                    found.add(whole if whole in known else base)
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE.name)
            found |= {name.partition(".")[2] for name in names}
    return found - {""}


def arrows(root: Path = PACKAGE) -> dict[str, set[str]]:
    files = modules(root)
    return {
        name: imported(path.read_text(encoding="utf-8"), set(files)) - {name} for name, path in files.items()
    }


def floor(module: str) -> int:
    """Which floor a module stands on, counted from the top; the most exact name counts."""
    fitting = [
        (len(name), number)
        for number, names in enumerate(FLOORS)
        for name in names
        if module == name or module.startswith(name + ".")
    ]
    assert fitting, f"{module} stands on no floor: give it one here and in the README"
    return max(fitting)[1]


ARROWS = arrows()


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_imports_in_a_circle() -> None:
    assert circle(ARROWS) == []


@pytest.mark.parametrize("module", sorted(name for name in ARROWS if name))
def test_arrows_point_down(module: str) -> None:
    up = {other for other in ARROWS[module] if floor(other) < floor(module)}
    assert up == {other for source, other in UP if source == module}


def test_no_folder_is_crowded() -> None:
    crowded = {}
    for folder in {path.parent for path in modules().values()}:
        count = sum(1 for path in folder.glob("*.py") if path.name != "__init__.py")
        if count > MOST_FILES:
            crowded[str(folder.relative_to(ROOT))] = count
    assert crowded == {}


REFERENCE = re.compile(r":(?:func|class|data|meth|mod|attr):`~?([^`]+)`")


def leads_somewhere(reference: str, module: str) -> bool:
    """Whether what a docstring of ``module`` refers to is there: beside it, in it, or under its full name."""
    if reference.startswith(f"{PACKAGE.name}."):
        return reaches("", reference.partition(".")[2])
    room = module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]
    if reaches(room, reference.lstrip(".")):
        return True
    here = importlib.import_module(f"{PACKAGE.name}.{module}" if module else PACKAGE.name)
    own = [
        each for each in vars(here).values() if isinstance(each, type) and each.__module__ == here.__name__
    ]
    return any(has(each, reference.split(".")) for each in (here, *own)) or is_of_a_library(reference)


def reaches(room: str, reference: str) -> bool:
    """Whether ``reference`` is a module below ``room``, or something in one."""
    parts = [part for part in (*room.split("."), *reference.split(".")) if part]
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in modules():
            found = importlib.import_module(".".join((PACKAGE.name, *parts[:length])))
            return has(found, parts[length:]) and (length > len(room.split(".")) or not room)
    return False


def has(owner: object, names: list[str]) -> bool:
    for name in names:
        if not hasattr(owner, name) and name not in getattr(owner, "__annotations__", {}):
            return False
        owner = getattr(owner, name, None)
    return True


def is_of_a_library(reference: str) -> bool:
    """Whether it is Python's or another package's, such as ``datetime.timedelta``."""
    first, *rest = reference.split(".")
    known = first and rest and importlib.util.find_spec(first) is not None
    return bool(known) and has(importlib.import_module(first), rest)


@pytest.mark.parametrize("module", sorted(modules()))
def test_references_lead_somewhere(module: str) -> None:
    found = REFERENCE.findall(modules()[module].read_text(encoding="utf-8"))
    assert [reference for reference in found if not leads_somewhere(reference, module)] == []


def test_a_reference_that_leads_nowhere_is_found() -> None:
    assert leads_somewhere("get_pool", "aws.user_pools.model")
    assert leads_somewhere(".model", "aws.user_pools") and leads_somewhere("datetime.timedelta", "lab")
    assert not leads_somewhere("find_pool", "aws.user_pools.model")
    assert not leads_somewhere(".pools", "aws.user_pools")
    assert not leads_somewhere("model.gone", "aws.user_pools")


def test_the_readme_draws_every_room() -> None:
    drawn = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {path.parent for path in modules().values() if path.parent != PACKAGE}
    missing = {str(room.relative_to(PACKAGE)) for room in rooms if f"{room.name}/" not in drawn}
    assert missing == set()


# -- the test itself is tested ------------------------------------------------------------------------


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    from cognito_lab import b\n")
    (tmp_path / "b.py").write_text("from cognito_lab.a import f\n")
    assert set(circle(arrows(tmp_path))) == {"a", "b"}
    (tmp_path / "a.py").write_text("")
    assert circle(arrows(tmp_path)) == []


def test_a_module_without_a_floor_is_found() -> None:
    with pytest.raises(AssertionError, match="stands on no floor"):
        floor("attic.boxes")
