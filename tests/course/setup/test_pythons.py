"""Which Pythons and systems set-up takes, and what it says to the others."""

import ast
import sys
import tomllib

import pytest
from support.small_course import course, one_line

from cognito_lab.course.setup import bootstrap, pythons
from cognito_lab.paths import ROOT

__all__ = ["course"]

BOOTSTRAP = ROOT / "cognito_lab" / "course" / "setup" / "bootstrap.py"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize(
    ("version", "platform", "wanted"),
    [
        ((3, 11, 0), "linux", None),
        ((3, 13, 9), "darwin", None),
        ((3, 10, 13), "linux", "Python 3.11 to 3.13"),
        ((3, 14, 0), "darwin", "Python 3.11 to 3.13"),
        ((2, 7, 18), "linux", "Python 3.11 to 3.13"),
        ((3, 12, 1), "win32", "WSL"),
        ((3, 12, 1), "msys", "WSL"),
    ],
)
def test_the_supported_range_and_systems(version, platform, wanted):
    line = bootstrap.objection(version, platform)
    assert line is None if wanted is None else wanted in line and "\n" not in line


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.10", "3.14"])
def test_a_python_outside_the_range_is_told_so_in_one_line(course, version):
    old = pythons.find_python(version)
    if not old:
        pytest.skip(f"no Python {version} on this machine")
    done = course.set_up(python=old)
    assert done.returncode == 1
    line = one_line(done.stderr)
    assert (
        "needs Python 3.11 to 3.13" in line
        and f"is Python {version}." in line
        and "PYTHON=python3.13" in line
    )
    assert course.leftovers() == []


def test_bootstrap_uses_no_syntax_that_an_old_python_cannot_parse():
    tree = ast.parse(BOOTSTRAP.read_text())
    for node in ast.walk(tree):
        assert not isinstance(
            node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr | ast.Match | ast.Starred
        ), node.lineno
        assert not (isinstance(node, ast.FunctionDef) and (node.returns or node.args.kwonlyargs)), node.lineno
        assert not (isinstance(node, ast.arg) and node.annotation), node.lineno
    BOOTSTRAP.read_bytes().decode("ascii")  # Python 2 wants a declaration for anything else


def test_the_range_is_the_same_wherever_it_stands():
    oldest, newest = bootstrap.OLDEST, bootstrap.NEWEST
    assert PROJECT["project"]["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    makefile = (ROOT / "Makefile").read_text()
    assert f"{oldest} <= sys.version_info[:2] <= {newest}" in makefile
    assert [
        f"python{version}" in makefile.split("SUPPORTED =")[1].split("\n")[0] for version in pythons.SUPPORTED
    ]
    assert (
        pythons.SUPPORTED[0] == f"{oldest[0]}.{oldest[1]}"
        and pythons.SUPPORTED[-1] == f"{newest[0]}.{newest[1]}"
    )


def test_interpreters_are_found_by_variable_and_are_what_they_say(monkeypatch, tmp_path):
    version = THIS
    liar = tmp_path / "python3.99"
    liar.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    liar.chmod(0o755)
    monkeypatch.setenv("COGNITO_LAB_PYTHONS", str(liar))
    assert pythons.find_python("3.99") is None
    assert pythons.find_python(version)
