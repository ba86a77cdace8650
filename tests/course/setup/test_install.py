"""Set-up, the learner's copy, JupyterLab and the day-one failures, each provoked here and its line read.

Set-ups run for real, with pip and with uv, on a course of two files and a package index on this machine.
"""

import ast
import contextlib
import hashlib
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import websocket
from support.processes import hear_ctrl_c

from cognito_lab.course import learner_copy
from cognito_lab.course.notebooks import kernel_ports
from cognito_lab.course.setup import bootstrap, environment, installers, lock, pythons
from cognito_lab.course.setup import wheels as setup_wheels
from cognito_lab.course.setup.install import MARKER
from cognito_lab.course.setup.marker import KUBERNETES, ROOM
from cognito_lab.paths import ROOT
from cognito_lab.practice import progress
from cognito_lab.practice.exercises import Exercise

BOOTSTRAP = ROOT / "cognito_lab" / "course" / "setup" / "bootstrap.py"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCK = lock.read_lock((ROOT / "requirements.lock").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
# A PATH without uv and with little else.
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"

INSTALLERS = ["pip", pytest.param("uv", marks=pytest.mark.skipif(not UV, reason="uv is not on this machine"))]


# ---------------------------------------------------------------- a course of two files, and an index for it


def wheel(folder: Path, name: str, module: str, script: str = "") -> str:
    """A wheel with one module, and a script of its name, in `folder`/`name`/; returns its SHA-256."""
    file = folder / name / f"{name}-1.0-py3-none-any.whl"
    file.parent.mkdir(parents=True, exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", module)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        if script:
            entry = zipfile.ZipInfo(f"{name}-1.0.data/scripts/{name}")
            entry.external_attr = (stat.S_IFREG | 0o755) << 16  # without it, it could not be run
            archive.writestr(entry, script)
    return hashlib.sha256(file.read_bytes()).hexdigest()


# A build backend (PEP 517, PEP 660) that writes an editable wheel. It is in the lock, as the course's own is.
BACKEND = """
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "cognito_lab-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("course.pth", os.getcwd())
        info = "cognito_lab-1.0.dist-info/"
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: cognito_lab\\nVersion: 1.0\\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "RECORD", "")
    return name
build_wheel = build_editable
"""


class Course:
    """A folder like the repository's, with set-up and Makefile as they are and one package to install."""

    def __init__(self, root: Path, index: Path, address: str) -> None:
        self.root, self.index, self.address = root, index, address
        # A uv as a user has it, on PATH and outside the course's environments: pip is not asked for settings.
        self.tools = root.with_name("tools of a user")
        self.tools.mkdir()
        if UV:
            (self.tools / "uv").symlink_to(UV)
        modules = ("bootstrap", "install", "installers", "bundled_pip", "marker", "environment", "__init__")
        for name in [*(f"course/setup/{module}" for module in modules), "course/__init__", "paths", "files"]:
            self.copy(f"cognito_lab/{name}.py")
        self.copy("Makefile")
        (root / "cognito_lab" / "__init__.py").touch()
        (root / "notebooks").mkdir()
        (root / "data").mkdir()
        (root / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'
            '[project]\nname = "cognito_lab"\nversion = "1.0"\n'
        )
        self.hashes = {
            "tiny": wheel(index, "tiny", "answer = 42\n"),
            "backend": wheel(index, "backend", BACKEND),
            "tool": wheel(index, "tool", ""),  # not for learners
        }
        self.write_lock()

    def copy(self, name: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, self.root / name)

    def write_lock(self, **changed: str) -> None:
        lines = [f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in (self.hashes | changed).items()]
        (self.root / "requirements.lock").write_text("".join(lines))
        learners = [line for line in lines if not line.startswith(("tool", "uv"))]
        (self.root / "requirements-learner.lock").write_text("".join(learners))

    def environment(self, **extra: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        own |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": self.address, "PIP_NO_CACHE_DIR": "1"}
        own |= {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": self.address, "UV_NO_CACHE": "1"}
        return own | {"PATH": f"{self.tools}:{PLAIN_PATH}"} | extra

    def set_up(
        self, *arguments: str, python: str = sys.executable, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        command = [python, "-E", "-s", "cognito_lab/course/setup/bootstrap.py", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environment(**extra), capture_output=True, text=True
        )

    def answers(self) -> bool:
        """Whether what was installed can be used: the package, and the course itself."""
        code = "import tiny, cognito_lab; print(tiny.answer)"
        inside = self.root / ".venv" / "bin" / "python"
        done = subprocess.run([inside, "-c", code], cwd="/", capture_output=True, text=True)
        return done.stdout == "42\n"

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.root.glob(".venv*"))


@pytest.fixture
def course(tmp_path):
    index = tmp_path / "simple"
    index.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        root = tmp_path / "the course"  # a blank, as in many home folders
        root.mkdir()
        yield Course(root, index, f"http://127.0.0.1:{server.server_port}/simple")
        server.shutdown()


def one_line(text: str) -> str:
    assert text.count("\n") == 1 and text.endswith("\n"), text
    assert "Traceback" not in text
    return text.strip()


def free_port() -> int:
    """A port that stays free: below those that systems give to whoever asks for any, and to near ends."""
    while True:
        port = random.randrange(2_000, kernel_ports.LOWEST)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


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
        _, said = process.communicate(timeout=30)
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


# ---------------------------------------------------------------- uv, fetched by pip


needs_uv = pytest.mark.skipif(not UV, reason="uv is not on this machine")


@pytest.fixture
def without_uv(course):
    """A function that sets the course up on a machine without uv, whose index has this program as uv."""

    def set_up(script: str, *arguments: str, digest: str = "", **extra: str):
        made = wheel(course.index, "uv", "", f"#!/bin/sh\n{script}\n")
        course.hashes["uv"] = digest or made
        course.write_lock()
        command = [sys.executable, "-E", "-s", "cognito_lab/course/setup/bootstrap.py", *arguments]
        own = {k: v for k, v in course.environment().items() if not k.startswith("UV_")}
        own |= {"PATH": PLAIN_PATH, "UV_NO_CACHE": "1", **extra}
        return subprocess.run(command, cwd=course.root, env=own, capture_output=True, text=True)

    if shutil.which("uv", path=PLAIN_PATH):
        pytest.skip("uv belongs to this system")
    return set_up


@needs_uv
def test_the_locked_uv_is_fetched_and_installs_from_where_pip_is_told_to_look(course, without_uv, tmp_path):
    # No setting of uv's is there: what it finds, it finds by pip's.
    done = without_uv(f'exec "{UV}" "$@"')
    assert done.returncode == 0, done.stderr
    assert "2/5 uv, which" in done.stdout and "with uv" in done.stdout and course.answers()
    assert course.leftovers() == [".venv"]

    shutil.rmtree(course.root / ".venv")
    (tmp_path / "empty").mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(
        f"[global]\nindex-url = {course.address.removesuffix('simple')}empty\n"
        f"[install]\nextra-index-url = {course.address}\n"
    )
    own = {"PIP_CONFIG_FILE": str(settings), "PIP_INDEX_URL": ""}
    done = without_uv(f'exec "{UV}" "$@"', **own)
    assert done.returncode == 0, done.stderr
    assert "with uv" in done.stdout and course.answers()


@needs_uv
@pytest.mark.parametrize(
    "script", ["exit 1", 'test "$1" = --version', "exec /no/such/program"], ids=["start", "install", "run"]
)
def test_a_uv_that_does_not_start_or_cannot_install_is_replaced_by_pip(course, without_uv, script):
    done = without_uv(script)
    assert done.returncode == 0, done.stderr
    assert "with pip" in done.stdout and course.answers()
    assert course.leftovers() == [".venv"]


@pytest.mark.parametrize("part", ["requirements.lock", "requirements-learner.lock"])
def test_a_uv_that_is_not_the_locks_is_not_run(course, without_uv, tmp_path, part):
    canary = tmp_path / "canary"
    done = without_uv(f"touch {canary}", "--lock", part, digest="0" * 64)
    assert done.returncode == 1 and "its hash differs" in one_line(done.stderr)
    assert not canary.exists() and course.leftovers() == []


def test_pip_is_used_alone_where_it_is_asked_for(course, without_uv, tmp_path):
    canary = tmp_path / "canary"
    done = without_uv(f"touch {canary}", "--installer", "pip")
    assert done.returncode == 0 and "with pip" in done.stdout and course.answers() and not canary.exists()


def test_uv_is_used_alone_where_it_is_asked_for(course, without_uv):
    done = without_uv("exit 1", "--installer", "uv")
    assert done.returncode == 1 and "INSTALLER=pip" in one_line(done.stderr)
    assert course.leftovers() == []


def test_pips_settings_are_read_as_pip_weighs_them():
    listed = (
        ":env:.index-url='https://env'\nglobal.index-url='https://all'\ninstall.cert='/a b.pem'\n"
        "global.extra-index-url='https://one\\nhttps://two'\ndownload.proxy='http://other'\n"
    )
    assert installers.pip_settings(listed) == {
        "index-url": "https://env", "cert": "/a b.pem", "extra-index-url": "https://one\nhttps://two"
    }  # fmt: skip


def test_every_setting_of_pips_for_reaching_an_index_is_handed_on_to_uv(monkeypatch, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n"
        "find-links = /w1 /w2\ntrusted-host = a b\ncert = /ca.pem\nclient-cert = /me.pem\n"
        "proxy = http://proxy:3128\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name in ("SSL_CERT_FILE", "SSL_CLIENT_CERT", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))  # no settings of whoever runs this
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    found = installers.settings_for_uv(sys.executable)
    assert found == found | {
        "UV_DEFAULT_INDEX": "https://a/simple",
        "UV_INDEX": "https://b/simple https://c/simple",
        "UV_INSECURE_HOST": "a b",
        "SSL_CERT_FILE": "/ca.pem",
        "SSL_CLIENT_CERT": "/me.pem",
        "ALL_PROXY": "http://proxy:3128",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert found["UV_FIND_LINKS"].endswith("/w1,/w2")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv/simple")  # uv's own settings count
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX"} & installers.settings_for_uv(sys.executable).keys()


@needs_uv
def test_uv_knows_every_variable_by_which_it_is_told_of_pips_settings():
    said = subprocess.run([UV, "pip", "install", "--help"], capture_output=True, text=True).stdout
    known = set(re.findall(r"env:\s+(\w+)", said))
    told = {name for name in installers.HANDED_ON.values() if name.startswith("UV_")}
    assert told - known == {"UV_NO_INDEX"}  # which is an option
    assert "--no-index" in installers.uv_installer(UV, "python", {"UV_NO_INDEX": "1"}, False).command


# ---------------------------------------------------------------- a folder of wheels, and no network

NO_NETWORK = ["unshare", "-rn"]
needs_namespaces = pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode,
    reason="this kernel does not allow a network of one's own",
)


@pytest.fixture
def wheels(course, tmp_path, monkeypatch) -> Path:
    """The wheels of the course's lock, as `make wheels` fetches them from its index."""
    for name, value in course.environment().items():
        monkeypatch.setenv(name, value)
    pins = lock.read_lock((course.root / "requirements-learner.lock").read_text())
    setup_wheels.download(pins, setup_wheels.this_platform(), tmp_path / "a folder")
    return tmp_path / "a folder"


@needs_namespaces
@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_folder_of_wheels_is_enough_without_a_network(course, wheels, installer, monkeypatch):
    assert len(list(wheels.iterdir())) == 2
    command = [sys.executable, "-E", "-s", "cognito_lab/course/setup/bootstrap.py"]
    command += ["--lock", "requirements-learner.lock", "--installer", installer, "--wheels", str(wheels)]

    def set_up() -> subprocess.CompletedProcess[str]:
        own = course.environment()
        return subprocess.run(
            [*NO_NETWORK, *command], cwd=course.root, env=own, capture_output=True, text=True
        )

    done = set_up()
    assert done.returncode == 0, done.stderr
    assert f"with {installer}" in done.stdout and course.answers()

    shutil.rmtree(course.root / ".venv")
    tiny = next(wheels.glob("tiny*"))
    changed = tiny.read_bytes()
    with zipfile.ZipFile(tiny, "a") as archive:
        archive.writestr("more.py", "")
    assert "its hash differs" in one_line(set_up().stderr)
    assert tiny.read_bytes() != changed
    tiny.unlink()
    line = one_line(set_up().stderr)
    assert "folder of wheels lacks" in line and "tiny" in line
    assert course.leftovers() == []
    shutil.rmtree(wheels)
    assert "there is no folder" in one_line(set_up().stderr)


def test_wheels_are_chosen_for_the_machine_that_is_named():
    pins = lock.read_lock((ROOT / "requirements-learner.lock").read_text())
    names = {
        kind: {pin.name for pin in setup_wheels.needed(pins, kind, "3.11")} for kind in setup_wheels.PLATFORMS
    }
    assert names["macos-arm64"] - names["linux-x86_64"] == {"appnope"}
    later = {pin.name for pin in setup_wheels.needed(pins, "linux-x86_64", "3.13")}
    assert names["linux-x86_64"] - later == {"overrides"}
    assert not [pin for kind in names for pin in setup_wheels.needed(pins, kind, "3.12") if pin.marker]


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


# ---------------------------------------------------------------- which Python, which system


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


# ---------------------------------------------------------------- make


def make(*arguments: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in (os.environ | extra).items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=cwd, env=own, capture_output=True, text=True)


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


# ---------------------------------------------------------------- the lock


def test_the_lock_holds_what_the_project_asks_for_with_hashes_and_names_no_index():
    from packaging.requirements import Requirement

    rooms = (ROOM, KUBERNETES)
    room = [pin for name in rooms for pin in lock.read_lock((ROOT / name).read_text())]
    locked = {pin.name: pin.version for pin in (*room, *LOCK)}
    groups = [PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"].values()]
    for requirement in (Requirement(line) for group in groups for line in group if isinstance(line, str)):
        assert requirement.specifier.contains(locked[requirement.name]), requirement
    assert all(
        pin.hashes and all(digest.startswith("sha256:") for digest in pin.hashes) for pin in (*room, *LOCK)
    )
    assert all(locked[pin.name] == pin.version for pin in room)  # a lesson says the same in a room
    for name in ("requirements.lock", *rooms):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_the_build_backend_is_in_the_lock():
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def test_the_conda_environment_is_the_one_that_the_lock_makes():
    text = (ROOT / "environment.yml").read_text()
    assert text == lock.environment_file(LOCK)
    # ... and says what it seems to say, to a YAML reader.
    import yaml

    content = yaml.safe_load(text)
    *_, pip = content["dependencies"]
    pins = [f"{pin.name}=={pin.version}" for pin in LOCK]
    assert [line.partition(" ; ")[0] for line in pip["pip"]] == [*pins, "-e ."]
    assert len({pin.name for pin in LOCK}) > 100


# ---------------------------------------------------------------- the learner's copy


@pytest.fixture
def lessons(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here", "09_identities"):
        (folder / f"{name}.ipynb").write_text(f"{name}, first version")
    return folder


def test_the_copy_is_made_once_and_never_overwritten_and_gets_new_lessons(lessons, tmp_path):
    own = tmp_path / "my_course"
    assert learner_copy.copy_notebooks(lessons, own) == []
    (own / "09_identities.ipynb").write_text("mine")
    (lessons / "12_together.ipynb").write_text("new")
    assert learner_copy.copy_notebooks(lessons, own) == []
    assert (own / "09_identities.ipynb").read_text() == "mine"
    assert (own / "12_together.ipynb").read_text() == "new"


def test_fresh_starts_one_lesson_again_and_keeps_the_old_one_beside_it(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    for name in ("00_start_here", "09_identities"):
        (own / f"{name}.ipynb").write_text("mine")
    (line,) = learner_copy.copy_notebooks(lessons, own, fresh="09")
    (kept,) = own.glob("09_identities.2*.ipynb")
    assert kept.read_text() == "mine" and kept.name in line
    assert (own / "09_identities.ipynb").read_text() == "09_identities, first version"
    assert (own / "00_start_here.ipynb").read_text() == "mine"


def test_fresh_all_starts_all_again(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    for name in ("00_start_here", "09_identities"):
        (own / f"{name}.ipynb").write_text("mine")
    assert len(learner_copy.copy_notebooks(lessons, own, fresh="all")) == 2
    for name in ("00_start_here", "09_identities"):
        assert (own / f"{name}.ipynb").read_text() == f"{name}, first version"
        (kept,) = own.glob(f"{name}.2*.ipynb")
        assert kept.read_text() == "mine"


def test_the_copy_of_a_lesson_gives_nothing_away_and_that_of_a_page_to_look_things_up_does(tmp_path):
    source = ROOT / "notebooks"
    learner_copy.copy_notebooks(source, tmp_path / "own")
    learner_copy.copy_notebooks(source, tmp_path / "with", outputs=True)
    for path in source.glob("*.ipynb"):
        assert (tmp_path / "with" / path.name).read_bytes() == path.read_bytes()
        stored, copied = (
            json.loads((folder / path.name).read_text()) for folder in (source, tmp_path / "own")
        )
        if path.name[0].isdigit():
            code = [cell for cell in copied["cells"] if cell["cell_type"] == "code"]
            assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
            for cell in stored["cells"]:
                if cell["cell_type"] == "code":
                    cell |= {"outputs": [], "execution_count": None}
        assert copied == stored


def test_a_lesson_of_which_only_the_outputs_changed_has_not_changed(tmp_path):
    lessons, own = tmp_path / "notebooks", tmp_path / "own"
    lessons.mkdir()
    lesson = {"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": [], "execution_count": 1}]}
    for said in ("2", "two"):
        lesson["cells"][0]["outputs"] = [said]
        (lessons / "00_start_here.ipynb").write_text(json.dumps(lesson))
        assert learner_copy.copy_notebooks(lessons, own) == []
    lesson["cells"][0]["source"] = "1 + 2"
    (lessons / "00_start_here.ipynb").write_text(json.dumps(lesson))
    assert learner_copy.copy_notebooks(lessons, own) != []


@pytest.mark.parametrize("fresh", ["7", "0", "identities", "../09_identities"])
def test_fresh_refuses_a_lesson_that_is_not_there_and_names_those_that_are(lessons, tmp_path, fresh):
    with pytest.raises(learner_copy.CannotStart, match="09_identities") as refusal:
        learner_copy.copy_notebooks(lessons, tmp_path / "my_course", fresh=fresh)
    assert repr(fresh) in str(refusal.value)


def test_a_lesson_that_the_course_has_changed_is_named_and_not_touched(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    (own / "00_start_here.ipynb").write_text("mine")  # the learner's own change is no news
    assert learner_copy.copy_notebooks(lessons, own) == []
    (lessons / "09_identities.ipynb").write_text("second version")
    (line,) = learner_copy.copy_notebooks(lessons, own)
    assert "09_identities" in line and "00_start_here" not in line
    assert (own / "09_identities.ipynb").read_text() == "09_identities, first version"
    learner_copy.copy_notebooks(lessons, own, fresh="09_identities")
    assert learner_copy.copy_notebooks(lessons, own) == []


def test_the_solved_copies_have_a_folder_of_their_own_and_are_never_overwritten(tmp_path):
    folder = tmp_path / "build" / "solved"
    assert learner_copy.copy_solved(ROOT / "notebooks", folder) == []
    solved = {path.name for path in folder.glob("*.ipynb")}
    lesson = next(path for path in sorted((ROOT / "notebooks").glob("01_*.ipynb")))
    stub, answer = Exercise("01.1").stub, Exercise("01.1").solved_cell
    sources = [cell["source"] for cell in json.loads((folder / lesson.name).read_text())["cells"]]
    assert lesson.name in solved and answer in map("".join, sources) and stub not in map("".join, sources)
    (folder / lesson.name).write_text("mine")
    assert learner_copy.copy_solved(ROOT / "notebooks", folder) == []
    assert (folder / lesson.name).read_text() == "mine"
    learner_copy.copy_solved(ROOT / "notebooks", folder, fresh="01")
    assert (folder / lesson.name).read_text() != "mine"


def test_make_lab_with_solutions_opens_them_and_leaves_the_learners_own_alone(monkeypatch, course_folder):
    own = course_folder / "my_course"
    own.mkdir()
    (own / "09_identities.ipynb").write_text("mine")
    begun = {}

    def execve(program, command, variables):
        begun.update(command=command, variables=variables)
        raise SystemExit

    monkeypatch.setattr(learner_copy, "course_folder", lambda: course_folder)
    monkeypatch.setattr(learner_copy.os, "execve", execve)
    monkeypatch.chdir(course_folder)
    with pytest.raises(SystemExit):
        learner_copy.main(["--solutions", "--no-browser"])
    folder = course_folder / "build" / "solved"
    assert f"--ServerApp.root_dir={folder}" in begun["command"]
    assert "--LabApp.default_url=/lab/tree" in begun["command"]
    assert progress.NOTHING_NOTED in begun["variables"]
    assert [path.name for path in own.iterdir()] == ["09_identities.ipynb"]
    assert (own / "09_identities.ipynb").read_text() == "mine"


def test_what_is_done_in_a_solved_copy_is_no_tick_of_the_learners(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "OWN", tmp_path)
    monkeypatch.setattr(progress, "live", lambda: True)
    monkeypatch.setenv(progress.NOTHING_NOTED, "1")
    progress.note("exercise", "01.1")
    assert progress.load_progress(tmp_path) == {}
    monkeypatch.delenv(progress.NOTHING_NOTED)
    progress.note("exercise", "01.1")
    assert progress.load_progress(tmp_path) == {"exercise": {"01.1": "done"}}


# ---------------------------------------------------------------- ports


def port_of(bound: socket.socket) -> int:
    with bound:
        return bound.getsockname()[1]


def test_a_taken_port_that_was_asked_for_is_refused_with_a_way_out():
    port = free_port()
    taken = pytest.raises(learner_copy.CannotStart, match=rf"Port {port} is taken.*PORT={port + 1}")
    with socket.create_server(("127.0.0.1", port)), taken:
        learner_copy.bind_port(port)
    assert port_of(learner_copy.bind_port(port)) == port
    with pytest.raises(learner_copy.CannotStart, match="1024 to 65535"):
        learner_copy.bind_port(80)


def test_a_taken_default_port_gives_the_next_one_and_says_so(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(learner_copy, "DEFAULT_PORT", taken)
        chosen = port_of(learner_copy.bind_port(None))
    assert taken < chosen < taken + 20
    assert f"Port {taken} is taken by another program; using {chosen}." in capsys.readouterr().out
    monkeypatch.setattr(learner_copy, "_bind", lambda port: None)
    with pytest.raises(learner_copy.CannotStart, match="all taken"):
        learner_copy.bind_port(None)


def test_of_two_at_once_each_has_a_port_of_its_own(monkeypatch):
    monkeypatch.setattr(learner_copy, "DEFAULT_PORT", free_port())
    with ThreadPoolExecutor(8) as pool:
        bound = list(pool.map(lambda _: learner_copy.bind_port(None), range(8)))
    assert len({port_of(each) for each in bound}) == 8


# ---------------------------------------------------------------- a hostile home


def test_the_clean_environment_drops_what_could_change_a_lesson_and_keeps_the_rest():
    hostile = {
        "AWS_PROFILE": "work", "AWS_ENDPOINT_URL": "x", "https_proxy": "x", "HTTP_PROXY": "x",
        "NO_PROXY": "*",
        "PYTHONPATH": "x", "PYTHONSTARTUP": "x", "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTER_PATH": "x", "JUPYTER_CONFIG_PATH": "x",
        "JUPYTER_NO_CONFIG": "1", "MPLBACKEND": "TkAgg", "MATPLOTLIBRC": "x", "MOTO_ACCOUNT_ID": "1",
        "TEST_SERVER_MODE": "true", "NO_COLOR": "1", "COGNITO_LAB_REPRODUCIBLE": "1",
    }  # fmt: skip
    harmless = {
        "HOME": "/somewhere/mara",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "de_DE",
        "PYTHONHASHSEED": "7",
        "LANG": "C",
    }
    kept = environment.clean_environment(hostile | harmless | {"COGNITO_LAB_GUARD": "1"}, reproducible=False)
    assert not hostile.keys() & kept.keys()
    assert harmless.items() <= kept.items() and kept["COGNITO_LAB_GUARD"] == "1"
    fixed = environment.clean_environment(harmless, reproducible=True)
    assert fixed["COGNITO_LAB_REPRODUCIBLE"] == "1"
    assert environment.clean_environment(fixed, reproducible=True) | {"PATH": ""} == fixed | {"PATH": ""}


CANARY = "open({!r} + '/' + {!r}, 'w').close()\n"


@pytest.fixture
def hostile_home(tmp_path):
    """A home folder with a trap at each place that Python, IPython, Jupyter and matplotlib read.

    Each trap only leaves a file in `sprung`, so that one start shows which of them are read.
    """
    home, sprung = tmp_path / "home", tmp_path / "sprung"
    sprung.mkdir()
    for place in (
        "pythonpath/sitecustomize.py",
        ".ipython/profile_default/startup/00-mine.py",
        ".ipython/profile_default/ipython_kernel_config.py",
        ".jupyter/jupyter_server_config.py",
        ".jupyter/jupyter_lab_config.py",
    ):
        file = home / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CANARY.format(str(sprung), file.name))
    kernel = home / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    run = f"touch '{sprung}/kernel.json'; "
    run += f"exec '{sys.executable}' -m ipykernel_launcher -f '{{connection_file}}'"
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/sh", "-c", run], "display_name": "mine", "language": "python"})
    )
    style = home / ".config/matplotlib/matplotlibrc"
    style.parent.mkdir(parents=True)
    style.write_text("lines.linewidth: 77\n")
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "MPL"))
    }
    own |= {"HOME": str(home), "PYTHONPATH": str(home / "pythonpath"), "JUPYTER_PREFER_ENV_PATH": "0"}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "PYTHONNOUSERSITE", "COGNITO_LAB_GUARD"):
        own.pop(name, None)
    return own, sprung


ASK_A_KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)
code = "import sys, matplotlib; print(sys.prefix, matplotlib.rcParams['lines.linewidth'])"
client.execute_interactive(code, timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def test_a_users_kernelspec_startup_files_and_styles_do_not_reach_a_kernel(hostile_home):
    hostile, sprung = hostile_home

    def start_a_kernel(variables: dict[str, str]) -> str:
        command = [sys.executable, "-c", ASK_A_KERNEL]
        return subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=120
        ).stdout.strip()

    assert start_a_kernel(hostile).endswith(" 77.0")
    traps = {"sitecustomize.py", "00-mine.py", "ipython_kernel_config.py", "kernel.json"}
    assert traps <= {file.name for file in sprung.iterdir()}  # without care, each of them is read
    for file in sprung.iterdir():
        file.unlink()

    assert start_a_kernel(environment.clean_environment(hostile, reproducible=False)) == f"{sys.prefix} 1.5"
    assert list(sprung.iterdir()) == []


@pytest.fixture
def course_folder(tmp_path):
    """The package beside two lessons, so that starting it touches nobody's own notebooks."""
    root = tmp_path / "a course"
    shutil.copytree(ROOT / "cognito_lab", root / "cognito_lab", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "data").mkdir()
    shutil.copyfile(ROOT / "data" / "routes.toml", root / "data" / "routes.toml")
    (root / "notebooks").mkdir()
    for name in ("00_start_here", "09_identities"):
        notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))
    return root


def test_make_lab_opens_the_copy_with_the_courses_own_settings(hostile_home, course_folder):
    hostile, sprung = hostile_home
    show = [sys.executable, "-m", "jupyterlab", "--show-config"]
    subprocess.run(show, env=hostile, capture_output=True, timeout=60)
    traps = {"jupyter_server_config.py", "jupyter_lab_config.py"}
    assert traps <= {file.name for file in sprung.iterdir()}
    for file in sprung.iterdir():
        file.unlink()
    hostile.pop("PYTHONPATH")  # `make` takes it away (tested above)
    hostile |= {"CODESPACE_NAME": "quiet-reef", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"}

    port = free_port()
    command = [sys.executable, "-m", "cognito_lab", "lab", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=course_folder, env=hostile, text=True, preexec_fn=hear_ctrl_c,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said = ""
        assert process.stdout
        while not (address := re.search(rf"http://127\.0\.0\.1:{port}(/lab\S*)\?token=(\w+)", said)):
            line = process.stdout.readline()
            assert line, said  # it ended
            said += line
        assert address[1] == "/lab/tree/START.md"
        while True:  # Jupyter prints its address a moment before it listens there
            assert process.poll() is None
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)

        def get(path: str) -> str:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"token {address[2]}"}
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=30) as answer:
                return answer.read().decode()

        kernels = json.loads(get("/api/kernelspecs"))["kernelspecs"]
        assert list(kernels) == ["python3"] and kernels["python3"]["spec"]["argv"][0] == "python"
        listed = {entry["name"] for entry in json.loads(get("/api/contents"))["content"]}
        assert listed == {"START.md", "00_start_here.ipynb", "09_identities.ipynb"}
        page = json.loads(
            re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', get("/lab"), re.DOTALL)[1]
        )
        assert page["news"] == {"disabled": True}
        assert page["extensionManager"]["can_install"] is False
        assert "@jupyterlab/extensionmanager-extension" in page["disabledExtensions"]
        assert "@jupyterlab/apputils-extension:announcements" in page["disabledExtensions"]
        notices = json.loads(get("/lab/api/settings/@jupyterlab/apputils-extension:notification"))["schema"]
        assert notices["properties"]["fetchNews"]["default"] == "false"
        assert notices["properties"]["checkForUpdates"]["default"] is False

        # As a browser does, which has the token once and then a cookie.
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token={address[2]}") as answer:
            cookies = "; ".join(each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie"))

        def a_page_can_use_kernels(origin: str) -> bool:
            channel = f"ws://127.0.0.1:{port}/api/events/subscribe"
            try:
                websocket.create_connection(channel, origin=origin, cookie=cookies, timeout=30).close()
            except websocket.WebSocketBadStatusException:
                return False
            return True

        assert a_page_can_use_kernels(f"http://127.0.0.1:{port}")
        assert a_page_can_use_kernels(f"https://quiet-reef-{port}.app.github.dev")
        for origin in (
            "loud-reef-8888.app.github.dev",
            "quiet-reef-1.app.github.dev.example.org",
            "example.org",
        ):
            assert not a_page_can_use_kernels(f"https://{origin}")

        import psutil

        listening = [
            c.laddr for c in psutil.Process(process.pid).net_connections("inet") if c.status == "LISTEN"
        ]
        assert listening and {address.ip for address in listening} == {"127.0.0.1"}
        assert list(sprung.iterdir()) == []
    finally:
        process.send_signal(signal.SIGINT)  # one Ctrl-C is enough, and nothing is asked
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said + rest


def test_make_lab_on_a_taken_port_prints_a_line_and_starts_nothing(course_folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "cognito_lab", "lab", "--no-browser", "--port", port],
            cwd=course_folder, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"Port {port} is taken" in one_line(done.stderr)


def test_a_kernel_that_should_be_guarded_and_cannot_be_does_not_start(tmp_path):
    file = environment.TEMPLATES / "ipython" / "profile_default" / "startup" / "00-guard.py"
    (tmp_path / "cognito_lab").mkdir()
    (tmp_path / "cognito_lab" / "__init__.py").touch()  # a package without a guard
    code = f"exec(open({str(file)!r}).read()); print('started')"

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run(
            [sys.executable, "-S", "-c", code], cwd=tmp_path, env=own, capture_output=True, text=True
        )

    guarded = run(COGNITO_LAB_GUARD="1")
    assert guarded.returncode == 1 and "started" not in guarded.stdout
    assert run().stdout == "started\n"


# ---------------------------------------------------------------- .ci/run


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
