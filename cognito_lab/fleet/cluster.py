"""Jobs on a cluster of Dask, each of whose results is kept as soon as it is there."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import signal
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from distributed import Client, Future, LocalCluster, wait
from distributed.client import FuturesCancelledError
from distributed.comm import get_address_host

from cognito_lab.course.notebooks.compare import Difference, Place
from cognito_lab.course.notebooks.results import Failure, Result
from cognito_lab.files import complete_or_absent, read_object
from cognito_lab.fleet import course_state
from cognito_lab.fleet.grid import MatrixRefused
from cognito_lab.fleet.work import Answer, Job, execute

PATIENCE = 20  # seconds for a scheduler to answer, and between two looks at who is there
Reasons = dict[str, str]  # why the machines that were asked do not execute a job, by their addresses


class ClusterGone(Exception):
    """The scheduler has ended, or cannot be reached any more."""


@contextlib.contextmanager
def connected(scheduler: str, workers: int, scratch: Path) -> Iterator[Client]:
    """A client of the cluster at an address, or of one that is made here and ends with the block.

    The one that is made here can be reached from this machine only, by this process only: it asks for the
    certificate, made for it, that others do not have.

    Raises:
        MatrixRefused: nobody answers at the address, or a key is needed.
    """
    if scheduler:
        try:
            client = Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError) as reason:
            raise MatrixRefused(f"There is no scheduler of Dask at {scheduler}: {reason}") from None
        except TypeError:  # so Dask says that it was given no certificate
            raise MatrixRefused(f"{scheduler} takes a key: DASK_CONFIG=data/fleet.yaml") from None
        logging.disable(logging.CRITICAL)  # what is the matter, `Fleet` says in a line
        try:
            with client:
                yield client
        finally:
            logging.disable(logging.NOTSET)
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
        tell: is called with lines for whoever waits.
    """

    def __init__(self, client: Client, kept: Path, tell: Callable[[str], object] = print) -> None:
        self.client, self.kept = client, kept
        self.tell = functools.cache(tell)  # each line once

    def execute(self, jobs: Iterable[Job], done: Callable[[Job, Answer], None]) -> dict[Job, Answer]:
        """What becomes of each job. `done` is called with each as it comes, the kept ones first.

        Raises:
            ClusterGone: The scheduler is no longer there. The results that came are kept.
        """
        answers: dict[Job, Answer] = {}
        waiting: dict[Future, tuple[Job, Reasons]] = {}

        def end(job: Job, answer: Answer) -> None:
            answers[job] = answer
            done(job, answer)

        for job in jobs:
            if found := self._read(job):
                end(job, found)
            else:
                waiting[self._submit(job, {}, set())] = job, {}
        while waiting:
            ended, hosts = self._ended([*waiting])
            for future, came in ended.items():
                job, reasons = waiting.pop(future)
                if answer := self._answer(job, came, reasons):
                    end(job, answer)
                elif others := hosts - reasons.keys():  # they may have what this machine lacks
                    waiting[self._submit(job, reasons, others)] = job, reasons
                else:
                    end(job, _refused(reasons))
            for future, (job, reasons) in [*waiting.items()]:
                if hosts and hosts <= reasons.keys():  # the last machine that had not refused it has gone
                    del waiting[future]
                    end(job, _refused(reasons))
        return answers

    def _submit(self, job: Job, reasons: Reasons, hosts: set[str]) -> Future:
        # Two who want the same get the same; a worker that ends has its jobs done by another one.
        key = f"{job.cell.name}/{job.notebook}/{job.course}/{len(reasons)}"
        return self.client.submit(execute, job, key=key, workers=sorted(hosts) or None)

    def _ended(self, futures: list[Future]) -> tuple[dict[Future, Any], set[str]]:
        """What came of those that ended, if one has within some seconds; the machines that have workers."""
        ended = {}
        try:
            with contextlib.suppress(TimeoutError):
                done = wait(futures, PATIENCE, "FIRST_COMPLETED").done
                ended = {future: future.exception() or future.result() for future in done}
            hosts = {get_address_host(address) for address in self.client.nthreads()}
        except (CancelledError, FuturesCancelledError, OSError) as reason:
            raise ClusterGone("The scheduler of Dask is no longer there.") from reason
        if not hosts:
            self.tell("The cluster has no worker. This waits for one. Ctrl-C ends it; what was done is kept.")
        return ended, hosts

    def _answer(self, job: Job, answer: Any, reasons: Reasons) -> Answer | None:
        """What became of a job; None where a machine refused it, whose reason is then among the reasons."""
        if isinstance(answer, CancelledError):
            raise ClusterGone("The scheduler of Dask is no longer there.") from answer
        if not isinstance(answer, dict):  # it was killed with its workers, or one has another `execute`
            return f"its worker: {answer}"
        if "result" in answer:
            self._write(job, answer["result"])
            return result(answer["result"])
        if "has" in answer:
            reason = course_state.difference(answer["has"], course_state.here(job.notebook))
            self.tell(f"{answer['machine']} executes nothing: {reason}.")
        else:
            reason = answer["refused"]
        reasons[answer["host"]] = f"{answer['machine']}: {reason}"
        return None

    def _file(self, job: Job) -> Path:
        return self.kept / job.cell.name / f"{Path(job.notebook).stem}.json"

    def _read(self, job: Job) -> Result | None:
        found = read_object(self._file(job))
        return result(found["result"]) if found.get("course") == job.course else None

    def _write(self, job: Job, data: dict[str, Any]) -> None:
        with complete_or_absent(self._file(job)) as partial:
            partial.write_text(json.dumps({"course": job.course, "result": data}), encoding="utf-8")


def _refused(reasons: Reasons) -> str:
    return "; ".join(sorted(set(reasons.values())))


def result(data: dict[str, Any]) -> Result:
    """The result that a worker has sent, or a file has kept."""
    parts = {
        "failure": data["failure"] and Failure(**data["failure"]),
        "differences": [Difference(**each) for each in data["differences"]],
        "leaks": [(cell, text) for cell, text in data["leaks"]],
        "places": [Place(**each) for each in data["places"]],
    }
    return Result(**{**data, **parts})
