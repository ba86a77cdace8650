"""A matrix on several machines: what one of them cannot execute another one does, and no course is mixed up.

The machines are workers at addresses of their own on loopback. `test_two_hosts.py` has two hosts that share
nothing but a network.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, Scheduler, SpecCluster, Worker, get_worker
from distributed.comm import get_address_host

from cognito_lab.course.notebooks.results import Result
from cognito_lab.fleet import cluster, course_state
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.work import Answer, Job

ALPHA, BETA = "127.0.0.2", "127.0.0.3"
GOOD = asdict(Result("01_directory"))
JOBS = [Job(Cell(), f"notebooks/{number}.ipynb", "", "state") for number in range(4)]


def at(host: str) -> dict[str, Any]:
    """A worker at an address."""
    return {"cls": Worker, "options": {"host": host, "nthreads": 1, "dashboard": False}}


@pytest.fixture
def machines() -> Iterator[SpecCluster]:
    """A cluster of two machines that somebody has started."""
    scheduler = {
        "cls": Scheduler,
        "options": {"host": "127.0.0.1", "port": 0, "dashboard_address": "127.0.0.1:0"},
    }
    # To end one that has ended, dask tries to reach it for as long.
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        SpecCluster({ALPHA: at(ALPHA), BETA: at(BETA)}, scheduler, at(BETA), silence_logs=50) as made,
    ):
        yield made


def here() -> str:
    """The address of the machine that executes."""
    return str(get_address_host(get_worker().address))


def executed(
    machines: SpecCluster, kept: Path, does: Callable[[Job], Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[Job, Answer], list[str]]:
    """The answers to `JOBS`, with `does` in place of `execute`, and the lines that were told."""
    monkeypatch.setattr(cluster, "execute", does)
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    told: list[str] = []
    with Client(machines.scheduler_address) as client:
        return cluster.Fleet(client, kept, told.append).execute(JOBS, lambda job, answer: None), told


def refusal(reason: str) -> dict[str, Any]:
    host = here()
    return {"machine": {ALPHA: "alpha", BETA: "beta"}[host], "host": host, "refused": reason}


def test_what_one_machine_lacks_another_may_have(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def does(job: Job) -> dict[str, Any]:
        return refusal("there is no Python 3.13") if here() == ALPHA else {"result": GOOD}

    answers, told = executed(machines, tmp_path, does, monkeypatch)
    assert len(answers) == len(JOBS) and all(isinstance(each, Result) for each in answers.values())
    assert not told and len(list(tmp_path.rglob("*.json"))) == len(JOBS)


def test_what_no_machine_has_is_said_once_with_all_their_reasons(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def does(job: Job) -> dict[str, Any]:
        return refusal("there is no Python 3.13" if here() == ALPHA else "could not download the packages")

    answers, _ = executed(machines, tmp_path, does, monkeypatch)
    assert {*answers.values()} == {"alpha: there is no Python 3.13; beta: could not download the packages"}
    assert not list(tmp_path.rglob("*.json"))


def test_another_course_is_refused_by_name_and_told_once(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**course_state.here("notebooks/0.ipynb"), "data/claims.toml": "other", "Python": "3.99"}

    def does(job: Job) -> dict[str, Any]:
        if here() == BETA:
            return {"machine": "beta", "host": BETA, "has": other}
        return {"result": GOOD}

    answers, (told,) = executed(machines, tmp_path, does, monkeypatch)
    assert all(isinstance(each, Result) for each in answers.values())
    assert told.startswith(
        "beta executes nothing: the course there is not the one here (Python 3.99, here 3."
    )
    assert told.endswith("; other files: data/claims.toml).")


def test_a_job_does_not_wait_for_a_machine_that_has_gone(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, begun = tmp_path / "end", tmp_path / "begun"

    def does(job: Job) -> dict[str, Any]:
        if here() == ALPHA:
            return refusal("there is no Python 3.13")
        while get_worker().get_current_task().endswith("/1") and not end.exists():
            begun.touch()  # one that alpha had refused
            time.sleep(0.05)
        return {"result": GOOD}

    def beta_goes() -> None:
        while not begun.exists():
            time.sleep(0.05)
        (beta,) = (address for address in machines.scheduler.workers if BETA in address)
        machines.sync(machines.scheduler.remove_worker, beta, stimulus_id="test", close=False)

    with ThreadPoolExecutor(1) as beside:
        beside.submit(beta_goes)
        answers, _ = executed(machines, tmp_path, does, monkeypatch)
        end.touch()
    assert len(answers) == len(JOBS)
    assert {each for each in answers.values() if isinstance(each, str)} == {"alpha: there is no Python 3.13"}


def test_a_cluster_without_workers_is_waited_for_with_a_line(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.scale(0)
    told: list[str] = []
    monkeypatch.setattr(cluster, "execute", lambda job: {"result": GOOD})
    monkeypatch.setattr(cluster, "PATIENCE", 1)

    def tell(line: str) -> None:
        told.append(line)
        machines.scale(1)

    with Client(machines.scheduler_address) as client:
        answers = cluster.Fleet(client, tmp_path, tell).execute(JOBS, lambda job, answer: None)
    assert told == ["The cluster has no worker. This waits for one. Ctrl-C ends it; what was done is kept."]
    assert len(answers) == len(JOBS)


def test_a_scheduler_that_ends_is_said_and_what_came_is_kept(
    machines: SpecCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def does(job: Job) -> dict[str, Any]:
        while job != JOBS[0] and not (tmp_path / "end").exists():
            time.sleep(0.1)
        return {"result": GOOD}

    def done(job: Job, answer: Answer) -> None:
        machines.loop.add_callback(machines.scheduler.close)

    monkeypatch.setattr(cluster, "execute", does)
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(cluster.connected(machines.scheduler_address, 2, tmp_path))
        stack.callback((tmp_path / "end").touch)
        with pytest.raises(cluster.ClusterGone, match="no longer there"):
            cluster.Fleet(client, tmp_path).execute(JOBS, done)
    assert [path.name for path in tmp_path.rglob("*.json")] == ["0.json"]


def test_a_state_is_of_what_outputs_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = course_state.here("tests/notebooks/changed.ipynb")
    assert {
        "data/claims.toml",
        "cognito_lab/paths.py",
        "notebooks/00_start_here.ipynb",
        "requirements.lock",
    } <= {*found}
    assert "tests/notebooks/changed.ipynb" in found and not [name for name in found if ".pyc" in name]
    assert course_state.digest(found) == course_state.digest(dict(reversed(found.items())))
    monkeypatch.setattr(course_state.marker, "is_finished", lambda target, lock: False)
    stale = course_state.here("tests/notebooks/changed.ipynb")
    assert course_state.digest(stale) != course_state.digest(found), "packages of an older lock"
    assert "packages not the lock's (make tools), here the lock's" in course_state.difference(stale, found)
    many = dict(found) | {f"data/{n}": "" for n in range(5)}
    assert "other files: data/0, data/1, data/2 and 2 more" in course_state.difference(many, found)
    assert "Start it again" in course_state.difference(found, found)
