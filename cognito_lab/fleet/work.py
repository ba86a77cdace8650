"""What a worker does: execute one notebook with the versions of one cell, and answer what became of it.

The worker is a process of Dask, on this machine or on another one, where the course is cloned and `make
tools` was run. The notebook is executed in a process beside it, in the cell's environment.
What comes back is data; no machine needs the files of another.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from filelock import FileLock

from cognito_lab.course.notebooks.results import Result
from cognito_lab.course.setup import other_versions, pythons
from cognito_lab.course.setup.install import SetupFailed
from cognito_lab.fleet.grid import Cell
from cognito_lab.paths import DATA, NOTEBOOKS, ROOT

ENVIRONMENTS = ROOT / "build" / "matrix" / "environments"


Answer = Result | str  # what became of a job; a text says why it was not executed


@dataclasses.dataclass(frozen=True)
class Job:
    """One notebook in one cell, as it travels to a worker."""

    cell: Cell
    notebook: str  # below the course's folder, which is elsewhere on each machine
    region: str  # empty where it is the notebook's own, with which its stored outputs were made
    course: str  # the state of the course that is meant: `state()`


def state(notebook: Path) -> str:
    """A digest of what a notebook's outputs depend on besides versions: the course's files, and itself."""
    files = {path for folder in (ROOT / "cognito_lab", DATA) for path in folder.rglob("*") if path.is_file()}
    files = {path for path in files if "__pycache__" not in path.parts} | {*NOTEBOOKS.glob("*.ipynb")}
    digest = hashlib.sha256()
    for path in sorted({*files, ROOT / "requirements.lock", notebook}):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def execute(job: Job) -> dict[str, Any] | str:
    """Execute a notebook. Answers its `Result` as JSON has it, or says in a line why there is none."""
    if state(ROOT / job.notebook) != job.course:
        return (
            f"the course on {platform.node()} is not in the state in which this matrix began. Bring it to "
            "that state, or start the matrix again"
        )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "job.json").write_text(json.dumps(dataclasses.asdict(job)))
        command = [sys.executable, "-I", "-m", __name__, folder]
        # Its input ends when this process does, however it does; a Ctrl-C is for whoever started the matrix.
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout
            said = process.stdout.read().strip().splitlines()
        try:
            found: dict[str, Any] = json.loads(Path(folder, "answer.json").read_text())
        except FileNotFoundError:
            return said[-1] if said else f"its process ended with status {process.returncode}"
        return found


def environment(cell: Cell) -> Path:
    """The interpreter of a cell's environment, which is made where it is not there yet.

    Raises:
        SetupFailed: It cannot be had.
    """
    python = pythons.find_python(cell.python) if cell.python else None
    if cell.python and not python:
        raise SetupFailed(f"there is no Python {cell.python} on {platform.node()}")
    into = ENVIRONMENTS / f"python{cell.python}"
    into.mkdir(parents=True, exist_ok=True)
    with FileLock(into / f"{cell.name}.lock"):  # the cell's other notebooks wait for it
        return other_versions.environment_with(cell.requirements, into, python, only_these=True)


def main(argv: list[str]) -> int:
    """In a process of its own, with `argv` the folder of a job: execute it, and write the answer there."""
    folder = Path(argv[0])
    threading.Thread(target=end_with_worker, args=(folder,), daemon=True).start()
    job = json.loads((folder / "job.json").read_text())
    cell = Cell(tuple((package, version) for package, version in job["cell"]["versions"]))
    if cell.versions and argv[1:] != ["inside"]:
        try:
            python = str(environment(cell))
        except SetupFailed as reason:
            print(*str(reason).split())
            return 1
        os.execv(python, [python, "-I", "-m", "cognito_lab.fleet.work", str(folder), "inside"])

    from cognito_lab.course.notebooks import run  # in this environment's versions

    values = {"region": job["region"]} if job["region"] else {}
    (result,) = run.run_course([(ROOT / job["notebook"], values)], folder / "run", 1, lambda _: None)
    (folder / "answer.json").write_text(json.dumps(dataclasses.asdict(result)))
    return 0


def end_with_worker(folder: Path) -> None:
    """Wait for the end of the input, which is the worker's end; then end this process and an installer."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)  # the notebook's processes, in groups of their own, see to it themselves


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
