"""The Makefile, and the command line that it calls."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from support.small_course import course, make, one_line

from cognito_lab.course.setup import pythons
from cognito_lab.paths import ROOT

__all__ = ["course"]

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_make_alone_prints_every_target_with_a_line():
    said = make(cwd=ROOT).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    shown = re.findall(r"^  make (\w+) +\S", said, re.MULTILINE)
    assert set(shown) == set(targets) - {"here"}
    assert {"lab", "test", "setup", "run", "outputs", "check", "bench", "lock", "clean"} <= set(shown)


@pytest.mark.parametrize("target", ["lab", "test", "run", "setup", "clean"])
def test_make_in_another_folder_says_so(tmp_path, target):
    keep = tmp_path / "build"
    keep.mkdir()
    done = make("-f", str(ROOT / "Makefile"), target, cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("This is not the folder of the course")
    assert keep.exists()


def test_make_setup_is_not_swayed_by_the_shells_python_settings(course, tmp_path):
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    canary = tmp_path / "canary"
    (hostile / "sitecustomize.py").write_text(f"open({str(canary)!r}, 'w')\n")
    settings = {
        "PYTHONPATH": str(hostile),
        "PYTHONSTARTUP": str(hostile / "sitecustomize.py"),
        "PIP_USER": "1",
    }
    subprocess.run([sys.executable, "-c", ""], env={**os.environ, **settings}, check=True)
    assert canary.exists()  # the trap works
    canary.unlink()
    done = make("setup", f"PYTHON={sys.executable}", cwd=course.root, **course.environment(**settings))
    assert done.returncode == 0, done.stderr
    assert course.answers() and not canary.exists()


def test_no_python_setting_of_the_shell_reaches_what_make_starts(tmp_path):
    known = subprocess.run([sys.executable, "--help-env"], capture_output=True, text=True).stdout
    settings = {*re.findall(r"^(PYTHON\w+)", known, re.MULTILINE), "PYTEST_ADDOPTS", "PYTEST_PLUGINS"}
    assert {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS"} <= settings
    own = f"include {ROOT / 'Makefile'}\nshow:\n\t@env\n"
    (tmp_path / "Makefile").write_text(own)
    shown = make("show", cwd=tmp_path, **dict.fromkeys(settings, "1")).stdout
    reached = {line.partition("=")[0] for line in shown.splitlines()}
    assert reached & settings == {"PYTHONNOUSERSITE"} and "PATH" in reached
    (tmp_path / "Makefile").write_text(own.removeprefix(own.partition("\n")[0]))
    shown = make("show", cwd=tmp_path, **dict.fromkeys(settings, "1")).stdout
    assert all(f"{name}=1" in shown for name in settings)  # the trap works


def test_make_takes_the_first_python_that_will_do(course, tmp_path):
    # An old python3 comes first on PATH, a good one under another name.
    tools = tmp_path / "tools"
    tools.mkdir()
    good = pythons.find_python(THIS)
    for name, text in {"python3": "exit 1", "python3.12": f'exec "{good}" "$@"'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    path = f"{tools}:{course.environment()['PATH']}"
    done = make("setup", cwd=course.root, **course.environment(PATH=path))
    assert done.returncode == 0, done.stderr
    assert course.answers()


def test_make_clean_keeps_the_learners_notebooks(course):
    for name in ("my_course", "build", ".venv"):
        (course.root / name).mkdir()
        (course.root / name / "file").touch()
    (course.root / "tests").mkdir()
    assert make("clean", cwd=course.root).returncode == 0
    assert (course.root / "my_course" / "file").exists()
    assert not (course.root / "build").exists() and not (course.root / ".venv").exists()


def test_the_pre_commit_checks_are_those_of_make_check():
    makefile = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    made = re.findall(r"-m (ruff check|ruff format --check|mypy)", makefile)
    hooked = re.findall(
        r"-m (ruff check|ruff format --check|mypy)", (ROOT / ".pre-commit-config.yaml").read_text()
    )
    assert made == hooked == ["ruff check", "ruff format --check", "mypy"]


# ---------------------------------------------------------------- the command line


def test_the_command_line_lists_its_commands_and_refuses_others():
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cognito_lab", *arguments], cwd=ROOT, capture_output=True, text=True
        )

    listed = run()
    assert listed.returncode == 0
    assert all(f"  {name} " in listed.stderr for name in ("lab", "run", "outputs", "lock"))
    assert run("runn").returncode == 2


def test_a_package_without_its_course_gets_a_line(tmp_path):
    shutil.copytree(
        ROOT / "cognito_lab", tmp_path / "cognito_lab", ignore=shutil.ignore_patterns("__pycache__")
    )
    for command in ("lock", "lab"):
        done = subprocess.run(
            [sys.executable, "-m", "cognito_lab", command], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "no notebooks, no data" in one_line(done.stderr)


def test_starting_the_command_line_needs_only_the_standard_library():
    # It says what a command needs that is not installed.
    code = "import cognito_lab.__main__; print('ready')"
    base = pythons.find_python(THIS)
    done = subprocess.run([base, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "ready\n", done.stderr
