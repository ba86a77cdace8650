"""The weekly run with the newest versions: .ci/regression and its workflow, with `make` and `gh` played."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cognito_lab.course.notebooks.compare import Difference, Place
from cognito_lab.course.notebooks.results import Failure, Result, describe, verdict
from cognito_lab.paths import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "regression.yml").read_text())
GOOD = Result("01_directory", 3.2, places=[Place(1, "01.1", "cell-1")])
CHANGED = replace(GOOD, name="02_tokens", differences=[Difference(0, "show()", "It is old.", "-old\n+new")])
FAILED = replace(GOOD, name="09_identities", failure=Failure(0, "", "It is refused.", "KeyError: 1", ""))


def script(job: str, name: str) -> str:
    """What a step of the workflow runs."""
    (found,) = (
        step["run"] for step in WORKFLOW["jobs"][job]["steps"] if step.get("name", "").startswith(name)
    )
    return str(found)


def played(folder: Path, name: str, text: str) -> None:
    """A program on PATH."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / "bin" / name).chmod(0o755)


def run(folder: Path, text: str, **variables: str) -> None:
    """A step, as a runner does it: `bash -e`, without `pipefail`."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=folder,
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def issue(folder: Path, *results: Result, status: int = 0, says: str = "") -> str:
    """The issue's text after a run in which this became of the notebooks; empty where there is none."""
    lines = [describe(result) for result in results]
    if results:
        lines += ["Not the lock's version: boto3 1.99 (lock: 1.44)", verdict(results, compared=True)]
    (folder / "log").write_text("\n".join([says, *lines, "Report: build/report.html"]) + "\n")
    played(folder, "make", f'[ "$*" = "run WITH=latest" ] && cat "{folder}/log"; exit {status}')
    (folder / ".ci").mkdir(exist_ok=True)
    shutil.copy(ROOT / ".ci" / "regression", folder / ".ci")
    (folder / "output").write_text("")
    run(folder, script("latest", "Run the course"), GITHUB_OUTPUT=str(folder / "output"))
    first, *rest = (folder / "output").read_text().splitlines() or [""]
    if first:
        assert first == f"issue<<{rest.pop()}"
    return "\n".join(rest)


def test_a_course_that_holds_opens_nothing(tmp_path: Path) -> None:
    assert issue(tmp_path, GOOD, GOOD) == ""


def test_an_issue_begins_with_the_verdict_and_names_the_sentences(tmp_path: Path) -> None:
    text = issue(tmp_path, GOOD, CHANGED, FAILED, status=2)
    assert text.splitlines()[0] == "3 notebooks: 2 passed, 1 failed; cells that differ: 1."
    assert text.splitlines()[-1] == "Not the lock's version: boto3 1.99 (lock: 1.44)"
    for part in ("02_tokens", "01.1, cell [1] says something else", "09_identities", "“It is refused.”"):
        assert part in text
    assert "01_directory" not in text and "Report:" not in text
    later = replace(FAILED, seconds=99.9)
    assert issue(tmp_path, replace(GOOD, seconds=1), CHANGED, later, status=2) == text, "the same bytes"


def test_outputs_that_differ_are_an_issue_although_every_notebook_passes(tmp_path: Path) -> None:
    assert issue(tmp_path, GOOD, CHANGED).startswith("2 notebooks: 2 passed, 0 failed; cells that differ: 1.")
    assert issue(tmp_path, *[FAILED] * 10, status=2).startswith("10 notebooks: 0 passed, 10 failed;")


def test_a_long_report_keeps_its_verdict(tmp_path: Path) -> None:
    text = issue(tmp_path, *[FAILED] * 90, status=2)
    assert text.startswith("90 notebooks: 0 passed, 90 failed") and len(text.splitlines()) < 90
    assert text.splitlines()[-3:-1] == ["``````", ""]


def test_a_run_that_does_not_come_to_an_end_says_nothing_about_the_course(tmp_path: Path) -> None:
    text = issue(tmp_path, status=2, says="could not download the packages")
    assert text.startswith("The run did not come to an end.") and "could not download the packages" in text


GH = """case "$1 $2" in
"issue list") for filter; do :; done; jq -r "$filter" < open.json ;;
"issue view") for filter; do :; done; jq -r "$filter" < issue.json ;;
*) echo "$@" >> said; cat issue.md >> said ;;
esac"""


@pytest.mark.skipif(not shutil.which("jq"), reason="gh's filters are played by jq, which this machine lacks")
def test_a_fault_is_said_once_and_another_one_is_a_comment(tmp_path: Path) -> None:
    played(tmp_path, "gh", GH)
    said = tmp_path / "said"

    def week(text: str, *issues: dict[str, Any]) -> str:
        said.write_text("")
        (tmp_path / "open.json").write_text(json.dumps([{"number": 7}] if issues else []))
        (tmp_path / "issue.json").write_text(json.dumps(issues[0] if issues else {}))
        run(tmp_path, script("issue", "Say what"), ISSUE=text, RUN="https://github.example/run/1")
        return said.read_text()

    fault = issue(tmp_path, FAILED, status=2)
    first = week(fault)
    assert first.startswith("issue create --title With the newest versions the course does not hold, ")
    assert fault in first and "[the run](https://github.example/run/1)" in first

    body = (tmp_path / "issue.md").read_text().replace("\n", "\r\n")  # as GitHub may keep it
    person = {"author": {"login": "somebody"}, "body": "I look at it."}
    assert week(fault, {"body": body, "comments": [person]}) == ""
    assert week(fault.replace("1.99", "1.100"), {"body": body, "comments": [person]}) == "", "a newer boto3"
    other = issue(tmp_path, CHANGED)
    assert week(other, {"body": body, "comments": [person]}).startswith("issue comment 7 --body-file")
    ours = {"author": {"login": "github-actions"}, "body": (tmp_path / "issue.md").read_text()}
    assert week(other, {"body": body, "comments": [ours, person]}) == ""
    assert week(fault, {"body": body, "comments": [ours]}).startswith("issue comment 7")


def test_what_ran_the_newest_packages_may_not_write() -> None:
    rights = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}
    assert rights == {"latest": {"contents": "read"}, "issue": {"issues": "write"}}
    assert not [step for step in WORKFLOW["jobs"]["issue"]["steps"] if "uses" in step]
