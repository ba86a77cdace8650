"""Jobs on a cluster of Dask, each of whose results is kept as soon as it is there."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster, as_completed

from cognito_lab.course.notebooks.compare import Difference, Place
from cognito_lab.course.notebooks.results import Failure, Result
from cognito_lab.files import complete_or_absent, read_object
from cognito_lab.fleet.grid import MatrixRefused
from cognito_lab.fleet.work import Answer, Job, execute

PATIENCE = 20  # seconds for a scheduler to answer


@contextlib.contextmanager
def connected(scheduler: str, workers: int, scratch: Path) -> Iterator[Client]:
    """A client of the cluster at an address, or of one that is made here and ends with the block.

    The one that is made here can be reached from this machine only, by this process only: it asks for the
    certificate, made for it, that others do not have.

    Raises:
        MatrixRefused: nobody answers at the address.
    """
    if scheduler:
        try:
            client = Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError) as reason:
            raise MatrixRefused(f"There is no scheduler of Dask at {scheduler}: {reason}") from None
        with client:
            yield client
        return
    # Ctrl-C is for this process, which ends the workers; they would print tracebacks of it.
    on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            security=True, memory_limit=0, local_directory=str(scratch), silence_logs=logging.CRITICAL,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
    with cluster, Client(cluster) as client:
        yield client


class Fleet:
    """Has notebooks executed on a cluster. What came of each is kept in a file, which a later run reads.

    Args:
        kept: folder of the results, one folder for each cell and in it one file for each notebook.
    """

    def __init__(self, client: Client, kept: Path) -> None:
        self.client, self.kept = client, kept

    def execute(self, jobs: Iterable[Job], done: Callable[[Job, Answer], None]) -> dict[Job, Answer]:
        """What becomes of each job. `done` is called with each as it comes, the kept ones first."""
        answers: dict[Job, Answer] = {}
        waiting = {}
        for job in jobs:
            if found := self._read(job):
                answers[job] = found
                done(job, found)
            else:
                # Two who want the same get the same; a worker that ends has its jobs done by another one.
                key = f"{job.cell.name}/{job.notebook}/{job.course}"
                waiting[self.client.submit(execute, job, key=key)] = job
        for future in as_completed(list(waiting)):
            job, problem = waiting[future], future.exception()
            answer = f"its worker: {problem}" if problem else future.result()
            if isinstance(answer, dict):
                self._write(job, answer)
                answer = result(answer)
            answers[job] = answer
            done(job, answer)
        return answers

    def _file(self, job: Job) -> Path:
        return self.kept / job.cell.name / f"{Path(job.notebook).stem}.json"

    def _read(self, job: Job) -> Result | None:
        found = read_object(self._file(job))
        return result(found["result"]) if found.get("course") == job.course else None

    def _write(self, job: Job, data: dict[str, Any]) -> None:
        with complete_or_absent(self._file(job)) as partial:
            partial.write_text(json.dumps({"course": job.course, "result": data}), encoding="utf-8")


def result(data: dict[str, Any]) -> Result:
    """The result that a worker has sent, or a file has kept."""
    parts = {
        "failure": data["failure"] and Failure(**data["failure"]),
        "differences": [Difference(**each) for each in data["differences"]],
        "leaks": [(cell, text) for cell, text in data["leaks"]],
        "places": [Place(**each) for each in data["places"]],
    }
    return Result(**{**data, **parts})
