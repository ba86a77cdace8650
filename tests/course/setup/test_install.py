"""Set-up and the day-one failures, each provoked here and its line read.

Set-ups run for real, with pip and with uv, on a course of two files and a package index on this machine.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import hear_ctrl_c
from support.small_course import (
    INSTALLERS,
    PLAIN_PATH,
    UV,
    Course,
    course,
    free_port,
    make,
    needs_uv,
    one_line,
)

from cognito_lab.course.setup import pythons
from cognito_lab.course.setup.install import MARKER

__all__ = ["course"]

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


# ---------------------------------------------------------------- set-up


def each_step_is_a_line(said: str) -> None:
    first, *steps, last = said.splitlines()
    assert first.startswith("Setting up .venv") and last.startswith(".venv is ready after ")
    assert [line[:6] for line in steps] == ["  1/4 ", "  2/4 ", "  3/4 ", "  4/4 "]


@pytest.mark.parametrize("installer", INSTALLERS)
def test_set_up_installs_the_lock_and_the_course_and_does_nothing_the_second_time(course, installer):
    # Here with the uv of the environment that the tests run in, which is told what pip is told.
    first = course.set_up(
        "--installer", installer, **({"PATH": f"{Path(UV).parent}:{PLAIN_PATH}"} if UV else {})
    )
    assert first.returncode == 0, first.stderr
    assert f"with {installer}" in first.stdout and course.answers()
    assert course.leftovers() == [".venv"]
    each_step_is_a_line(first.stdout)

    marker = course.root / ".venv" / MARKER
    before = marker.stat().st_mtime_ns
    second = course.set_up(
        "--installer", installer, PIP_INDEX_URL="http://127.0.0.1:9", UV_DEFAULT_INDEX="http://127.0.0.1:9"
    )
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert marker.stat().st_mtime_ns == before


@pytest.mark.parametrize("installer", INSTALLERS)
def test_one_changed_hash_stops_the_set_up_and_leaves_nothing(course, installer):
    digest = course.hashes["tiny"]
    course.write_lock(tiny=digest[:-1] + ("0" if digest[-1] != "0" else "1"))
    done = course.set_up("--installer", installer)
    assert done.returncode == 1
    line = one_line(done.stderr)
    assert "its hash differs" in line and "git checkout requirements.lock" in line
    assert course.leftovers() == []


@pytest.mark.parametrize("installer", INSTALLERS)
def test_an_entry_without_a_hash_is_refused(course, installer):
    (course.root / "requirements.lock").write_text("tiny==1.0\nbackend==1.0\n")
    done = course.set_up("--installer", installer)
    assert done.returncode == 1
    assert "no hash" in one_line(done.stderr)
    assert course.leftovers() == []


@pytest.mark.parametrize("installer", INSTALLERS)
def test_without_a_network_the_line_says_so_and_nothing_is_left(course, installer):
    nobody = f"http://127.0.0.1:{free_port()}/simple"
    done = course.set_up(
        "--installer", installer, PIP_INDEX_URL=nobody, UV_DEFAULT_INDEX=nobody, UV_HTTP_RETRIES="0"
    )
    assert done.returncode == 1
    assert "could not download the packages" in one_line(done.stderr)
    assert course.leftovers() == []


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_package_that_the_index_lacks_is_not_taken_for_a_missing_network(course, installer):
    shutil.rmtree(course.index / "tiny")
    done = course.set_up("--installer", installer)
    assert done.returncode == 1
    assert "could not download" not in done.stderr and "package" in done.stderr
    assert course.leftovers() == []


@pytest.mark.skipif(not UV, reason="uv is not on this machine")
def test_a_new_lock_makes_the_environment_again_and_a_failure_gives_the_old_one_back(course):
    assert course.set_up().returncode == 0
    digest = course.hashes["tiny"]
    course.write_lock(tiny="0" * 64)
    assert course.set_up().returncode == 1
    assert course.leftovers() == [".venv"] and course.answers()

    course.write_lock(tiny=f"{digest} --hash=sha256:{'0' * 64}")
    done = course.set_up()
    assert done.returncode == 0 and ".venv is ready" in done.stdout
    assert course.leftovers() == [".venv"] and course.answers()


@pytest.mark.skipif(not UV, reason="uv is not on this machine")
def test_a_half_made_environment_and_one_of_another_folder_are_made_again(course):
    (course.root / ".venv" / "bin").mkdir(parents=True)  # as after a power cut: no marker
    assert course.set_up().returncode == 0 and course.answers()

    moved = course.root.with_name("moved")
    course.root.rename(moved)
    course.root = moved
    assert not course.answers()  # the environment still points at the old folder
    done = course.set_up()
    assert ".venv is ready" in done.stdout and course.answers()


@pytest.mark.skipif(not UV, reason="uv is not on this machine")
def test_an_environment_stays_on_its_python_unless_another_is_asked_for(course):
    others = [path for version, path in pythons.find_pythons().items() if version != THIS]
    if not others:
        pytest.skip("only one supported Python on this machine")
    assert course.set_up().returncode == 0
    assert course.set_up(python=others[0]).stdout == ""
    assert ".venv is ready" in course.set_up("--matching", python=others[0]).stdout
    assert course.answers()


def test_ctrl_c_during_set_up_leaves_nothing(course):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that accepts and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        process = subprocess.Popen(
            [sys.executable, "-E", "-s", "cognito_lab/course/setup/bootstrap.py", "--installer", "pip"],
            cwd=course.root, env=course.environment(PIP_INDEX_URL=address), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c,
        )  # fmt: skip
        silent.settimeout(60)
        connection, _ = silent.accept()
        assert course.leftovers() == [".venv"]
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the installer as well
        _, said = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 130
    assert "nothing half-made is left" in one_line(said)
    assert course.leftovers() == []


def test_a_python_without_venv_module_gets_a_line(course):
    # Debian's python3 without python3-venv: the module `ensurepip` is not there.
    code = (
        "import runpy, sys\n"
        "sys.modules['ensurepip'] = None\n"
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'ensurepip' else real(name, *rest)\n"
        "sys.argv = ['bootstrap.py', '--installer', sys.argv[1]]\n"
        "runpy.run_path('cognito_lab/course/setup/bootstrap.py', run_name='__main__')\n"
    )

    def run(installer: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-E", "-c", code, installer]
        return subprocess.run(
            command, cwd=course.root, env=course.environment(), capture_output=True, text=True
        )

    done = run("pip")
    assert done.returncode == 1
    line = one_line(done.stderr)
    assert "has no venv module" in line and "-venv" in line and course.leftovers() == []
    if UV:  # uv needs neither
        assert run("uv").returncode == 0


def test_without_uv_on_path_pip_is_used_and_asking_for_uv_is_refused(course):
    done = course.set_up("--installer", "uv", PATH=PLAIN_PATH)
    if shutil.which("uv", path=PLAIN_PATH):
        pytest.skip("uv belongs to this system")
    assert done.returncode == 1 and "INSTALLER=pip" in one_line(done.stderr)
    assert "with pip" in course.set_up(PATH=PLAIN_PATH).stdout


def test_a_folder_without_a_lock_gets_a_line(course):
    (course.root / "requirements.lock").unlink()
    done = course.set_up()
    assert done.returncode == 1 and "no requirements.lock" in one_line(done.stderr)
    assert course.leftovers() == []


# ---------------------------------------------------------------- a learner's part, and the rest


def has_tool(course: Course) -> bool:
    inside = course.root / ".venv" / "bin" / "python"
    return subprocess.run([inside, "-c", "import tool"], capture_output=True).returncode == 0


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_learners_environment_is_completed_in_place(course, installer):
    learner = ["--lock", "requirements-learner.lock", "--installer", installer]
    assert course.set_up(*learner).returncode == 0
    assert course.answers() and not has_tool(course)
    folder = (course.root / ".venv").stat().st_ino

    done = course.set_up("--installer", installer)
    assert done.returncode == 0 and "an empty environment" not in done.stdout, done.stderr
    assert course.answers() and has_tool(course)
    assert (course.root / ".venv").stat().st_ino == folder, "a JupyterLab that runs in it goes on"
    assert course.set_up(*learner).stdout == "", "what is there is more than learners need"


@pytest.mark.parametrize("installer", INSTALLERS)
def test_completing_that_fails_leaves_the_learners_part_and_is_made_good_afterwards(course, installer):
    learner = ["--lock", "requirements-learner.lock", "--installer", installer]
    assert course.set_up(*learner).returncode == 0
    right = course.hashes["tool"]
    course.write_lock(tool="0" * 64)
    done = course.set_up("--installer", installer)
    assert done.returncode == 1 and "its hash differs" in one_line(done.stderr)
    assert course.set_up(*learner).stdout == "" and course.answers() and course.leftovers() == [".venv"]

    course.write_lock(tool=right)
    done = course.set_up("--installer", installer)
    assert done.returncode == 0 and "an empty environment" in done.stdout, "half of it may be there: all anew"
    assert course.answers() and has_tool(course)


@needs_uv
def test_make_sets_up_the_part_that_a_command_needs_and_then_only_looks(course):
    own = course.environment(PYTHONPATH="")
    assert make("setup", cwd=course.root, **own).returncode == 0 and not has_tool(course)
    assert make("tools", cwd=course.root, **own).returncode == 0 and has_tool(course)
    # Nothing but the environment's own Python is needed to see that there is nothing to do.
    for target in ("setup", "tools"):
        done = make(target, cwd=course.root, **own | {"PATH": "/usr/bin:/bin"}, SUPPORTED="none")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
