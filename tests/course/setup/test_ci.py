"""What runs on machines of others: .ci/run, and the container."""

import json
import subprocess
import sys

import pytest

from cognito_lab.course import learner_copy
from cognito_lab.course.setup import bootstrap
from cognito_lab.paths import ROOT


def test_ci_runs_every_command_and_a_course_without_a_network():
    text = (ROOT / ".ci" / "run").read_text()
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"]).returncode == 0
    positions = [text.index(step) for step in ("\nmake check", "\nmake test", "\nmake run", "unshare -rn sh")]
    assert positions == sorted(positions)


def test_loopback_comes_up_in_a_network_of_ones_own():
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("this kernel does not allow a network namespace of one's own")
    reach = "import socket as s; here = s.create_server(('127.0.0.1', 0)); "
    reach += "s.create_connection(here.getsockname(), 2)"

    def offline(*commands: str) -> int:
        return subprocess.run(
            ["unshare", "-rn", "sh", "-ec", "; ".join(commands)], capture_output=True
        ).returncode

    python = f"'{sys.executable}'"
    assert offline(f'{python} -c "{reach}"') != 0  # down at first
    assert offline(f"{python} '{ROOT}/.ci/loopback.py'", f'{python} -c "{reach}"') == 0


def test_a_container_sets_the_course_up_by_its_own_commands():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert (container["postCreateCommand"], container["postAttachCommand"]) == (
        "make setup",
        "make lab OPEN=no",
    )
    assert container["image"].endswith(f":{bootstrap.NEWEST[0]}.{bootstrap.NEWEST[1]}")
    assert container["forwardPorts"] == [learner_copy.DEFAULT_PORT]
    (attributes,) = container["portsAttributes"].values()
    assert attributes["onAutoForward"] == "notify"  # opened by itself, the page would lack the token
