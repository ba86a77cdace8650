"""What a machine says that has no browser, or not the one that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys

from cognito_lab.paths import ROOT


def run_pytest(**variables: str) -> subprocess.CompletedProcess[str]:
    """The tests of the exported pages, with no program of this machine on PATH."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/browser/test_exported_pages.py",
    ]
    own = {name: value for name, value in os.environ.items() if name != "COGNITO_LAB_BROWSER"}
    own = {name: value for name, value in own.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=ROOT, env=own | {"PATH": "/nowhere"} | variables, capture_output=True, text=True
    )


def test_the_tests_that_need_one_are_left_out_and_the_end_names_them_and_the_remedy():
    done = run_pytest()
    assert done.returncode == 0, done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("Left out"))
    assert "test_an_exported_lesson_has_its_pictures_and_no_serious_fault" in line
    assert "apt-get install chromium" in line and "COGNITO_LAB_BROWSER" in line
    assert " passed" not in done.stdout.splitlines()[-1]


def test_a_browser_that_is_named_and_not_there_is_a_failure():
    done = run_pytest(COGNITO_LAB_BROWSER="/nowhere/chromium")
    assert done.returncode == 1
    assert "COGNITO_LAB_BROWSER is /nowhere/chromium, and that is no program of this machine" in done.stdout
