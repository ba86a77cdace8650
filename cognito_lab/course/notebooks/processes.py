"""Work in processes of its own: two at a time, ended with whoever asked for it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

import psutil

from cognito_lab.course.notebooks import kernel_ports
from cognito_lab.course.setup.environment import clean_environment

CAN_FORK = sys.platform == "linux"  # on macOS the system's own libraries may fail in a process that is a fork


SPAWN = multiprocessing.get_context("spawn")
Answers = Generator[tuple[int, Any], None, None]


@contextlib.contextmanager
def worker_processes(most: int) -> Iterator[Callable[..., concurrent.futures.Future[Any]]]:
    """Start up to `most` processes; gives a function that has one of them do `task(*job)`.

    They, and the kernels that they start, have the course's clean, reproducible environment with the guard
    on, made from what the environment is now. When the block ends by an exception, they are ended with all
    that they have started.
    """
    clean = _clean()
    pool = concurrent.futures.ProcessPoolExecutor(most, SPAWN, _begin)

    def submit(task: Callable[..., Any], *job: Any) -> concurrent.futures.Future[Any]:
        with _starting(clean):
            return pool.submit(task, *job)

    try:
        with _ended_by_exceptions():
            yield submit
    finally:
        pool.shutdown(cancel_futures=True)


def in_processes(
    task: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    workers: int,
    prepare: Callable[[], None] | None = None,
) -> Answers:
    """Do `task(*job)` for each job, `workers` at a time; yields (index of the job, its answer or exception).

    When the caller is interrupted or closes the generator, the processes and their kernels are ended.

    Args:
        prepare: is called once, in a process from which the workers are then forked. For imports, which cost
            seconds.
    """
    workers = max(1, min(workers, len(jobs)))
    if prepare is not None:
        yield from _in_forks(prepare, task, jobs, workers)
        return
    with worker_processes(workers) as submit:
        futures = {submit(task, *job): index for index, job in enumerate(jobs)}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.exception() or future.result()


def _in_forks(
    prepare: Callable[[], None], task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], workers: int
) -> Answers:
    receiving, sending = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_fork_workers, args=(sending, prepare, task, jobs, workers))
    with _ended_by_exceptions(), receiving:
        with _starting(_clean()):
            process.start()
        sending.close()
        missing = set(range(len(jobs)))
        with contextlib.suppress(EOFError):  # the process has ended before its time
            while missing:
                index, answer = receiving.recv()
                missing.discard(index)
                yield index, answer
        process.join()
        for index in sorted(missing):
            yield index, RuntimeError(f"the process for this ended with status {process.exitcode}")


def _fork_workers(
    answers: Connection, prepare: Callable[[], None], task: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]], workers: int,
) -> None:  # fmt: skip
    """In a new process: prepare, then have forks do the jobs, and tell of each what came of it."""
    _begin()
    prepare()
    with concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin) as pool:
        futures = {pool.submit(task, *job): index for index, job in enumerate(jobs)}
        for future in concurrent.futures.as_completed(futures):
            answers.send((futures[future], future.exception() or future.result()))


def _clean() -> dict[str, str]:
    return clean_environment(os.environ, reproducible=True) | {"COGNITO_LAB_GUARD": "1"}


@contextlib.contextmanager
def _starting(clean: dict[str, str]) -> Iterator[None]:
    """What a new process takes over, even while it is still importing: its environment, and no Ctrl-C."""
    environment, on_interrupt = dict(os.environ), signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.environ.clear()
        os.environ.update(clean)
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        signal.signal(signal.SIGINT, on_interrupt)


@contextlib.contextmanager
def _ended_by_exceptions() -> Iterator[None]:
    """When the block ends by an exception, this process's children end with all that they have started."""
    try:
        yield
    except BaseException:
        for worker in multiprocessing.active_children():
            for process in [*psutil.Process(worker.pid).children(recursive=True), worker]:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        raise


def _begin() -> None:
    """In a new process: Ctrl-C reaches the parent alone; when the parent is gone, this process ends too."""
    os.setpgrp()
    kernel_ports.keep_apart()

    def end_with_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
