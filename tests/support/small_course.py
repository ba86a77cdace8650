"""A course of two files with the set-up as it is, and a package index on this machine."""

import contextlib
import hashlib
import http.server
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from cognito_lab.course.notebooks import kernel_ports
from cognito_lab.paths import ROOT

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
# A PATH without uv and with little else.
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"

needs_uv = pytest.mark.skipif(not UV, reason="uv is not on this machine")
INSTALLERS = ["pip", pytest.param("uv", marks=pytest.mark.skipif(not UV, reason="uv is not on this machine"))]


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


def make(*arguments: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in (os.environ | extra).items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=cwd, env=own, capture_output=True, text=True)


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
