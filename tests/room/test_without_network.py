"""`make wheels ROOM=yes` fetches what `make room WHEELS=folder` needs. `make clients` runs this."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from room_support import python_for_everybody

from cognito_lab.course.setup import wheels
from cognito_lab.course.setup.lock import read_lock
from cognito_lab.course.setup.marker import COMPLETE, LEARNER, ROOM
from cognito_lab.paths import ROOT
from cognito_lab.room import command

NO_NETWORK = ["unshare", "-rn"]
SET_UP = """
import sys
from pathlib import Path
from cognito_lab.course.setup.installers import SetupFailed
from cognito_lab.room import command
try:
    python, proxy = command.set_up(Path(sys.argv[1]), None, *map(Path, sys.argv[2:]))
except SetupFailed as failed:
    sys.exit(f"failed: {failed}")
print(python, proxy, sep="\\n")
"""


def test_the_rooms_lock_contains_the_learners() -> None:
    """So one folder does for both."""
    learners, room = (read_lock((ROOT / name).read_text()) for name in (LEARNER, ROOM))
    assert [pin for pin in learners if pin not in room] == []


@pytest.mark.skipif(not os.environ.get("COGNITO_LAB_CLIENTS"), reason="180 MB: make clients runs it")
@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode,
    reason="this kernel does not allow a network of one's own",
)
def test_a_folder_is_enough_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "OLDEST", sys.version_info[:2])
    monkeypatch.setattr(wheels, "NEWEST", sys.version_info[:2])
    command.set_up(ROOT, (python_for_everybody() or [None])[-1])  # with that of the other tests
    folder, course = tmp_path / "a folder", tmp_path / "course"
    assert wheels.main(["--room", "--into", str(folder)]) == 0
    course.mkdir()
    for lock in (ROOM, COMPLETE):
        shutil.copy(ROOT / lock, course)

    def set_up(*given: Path) -> subprocess.CompletedProcess[str]:
        variables = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        variables |= {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}  # no cache, no other folder
        words = [*NO_NETWORK, sys.executable, "-c", SET_UP, str(course), *map(str, given)]
        return subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True)

    assert "needs a network" in set_up().stderr
    done = set_up(folder)
    assert done.returncode == 0, done.stderr
    python, proxy = map(Path, done.stdout.splitlines()[-2:])
    assert ROOT not in python.parents and ROOT not in proxy.parents
    for program in ([python, "-m", "jupyterhub"], [python.with_name("node"), proxy]):
        assert subprocess.run([*program, "--version"], capture_output=True).returncode == 0

    tarball = next(folder.glob("color-string-*.tgz"))
    (python.parents[1] / "proxy" / "made").unlink()
    whole = tarball.read_bytes()
    tarball.write_bytes(whole + b"\0")
    assert f"{tarball} is not the one" in set_up(folder).stderr
    tarball.unlink()
    assert f"failed: {folder} lacks {tarball.name}." in set_up(folder).stderr
    assert "needs a network" in set_up().stderr
    tarball.write_bytes(whole)
    assert set_up(folder).returncode == 0

    shutil.rmtree(course / ".venv-room")
    next(folder.glob("jupyterhub-*.whl")).unlink()
    failed = set_up(folder)
    assert "folder of wheels lacks" in failed.stderr and "jupyterhub" in failed.stderr.lower()
    assert not (course / ".venv-room").exists()
