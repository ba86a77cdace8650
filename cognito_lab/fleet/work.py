"""What a worker does: execute one notebook with the versions of one cell, and answer what became of it.

The worker is a process of Dask, on this machine or on another one, where the course is cloned and `make
tools` was run. The notebook is executed in a process beside it, in the cell's environment.
What comes back is data; no machine needs the files of another. What is executed is the worker's own course,
so a worker answers instead what it has where that is not what was asked for.
"""

from __future__ import annotations

import contextlib
import dataclasses
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
from cognito_lab.fleet import course_state
from cognito_lab.fleet.grid import Cell
from cognito_lab.paths import ROOT

ENVIRONMENTS = ROOT / "build" / "matrix" / "environments"

Answer = Result | str  # what became of a job; a text says why it was not executed


@dataclasses.dataclass(frozen=True)
class Job:
    """One notebook in one cell, as it travels to a worker."""

    cell: Cell
    notebook: str  # below the course's folder, which is elsewhere on each machine
    region: str  # empty where it is the notebook's own, with which its stored outputs were made
    course: str  # digest of the state of the course that is meant: `course_state`


def execute(job: Job) -> dict[str, Any]:
    """Execute a notebook.

    Returns:
        The machine's name and address, and the `Result` as JSON has it (`result`), or a line that says why
        there is none (`refused`), or what is here in place of the course that was asked for (`has`).
    """
    from distributed import get_worker  # takes a second, which a notebook's process need not pay
    from distributed.comm import get_address_host

    machine = {"machine": platform.node(), "host": get_address_host(get_worker().address)}
    here = course_state.here(job.notebook)
    if course_state.digest(here) != job.course:
        return machine | {"has": here}
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
            last = said[-1] if said else f"its process ended with status {process.returncode}"
            return machine | {"refused": last}
        return machine | {"result": found}


def environment(cell: Cell) -> Path:
    """The interpreter of a cell's environment, which is made where it is not there yet.

    Raises:
        SetupFailed: It cannot be had.
    """
    python = pythons.find_python(cell.python) if cell.python else None
    if cell.python and not python:
        raise SetupFailed(f"there is no Python {cell.python}")
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
