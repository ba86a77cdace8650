"""`make matrix`: the grid, the workers and what becomes of their answers, since when a sentence is broken."""

import contextlib
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.processes import hear_ctrl_c

from cognito_lab.course.notebooks.compare import Difference, Place
from cognito_lab.course.notebooks.results import Failure, Result
from cognito_lab.course.setup import pythons
from cognito_lab.fleet import cluster, grid, matrix, report, sentences, work
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.work import Answer, Job
from cognito_lab.paths import ROOT

FIXTURES = ROOT / "tests" / "notebooks"
INDEX = {
    "boto3": [f"1.44.{n}" for n in range(12)],
    "moto": ["5.2.4", "5.2.5"],
    "python": ["3.11", "3.12", "3.13"],
}


# --- the grid -------------------------------------------------------------------------------------


def test_a_grid_has_every_combination() -> None:
    found = grid.cells("boto3==1.44.5,latest python==3.11", ["us-east-1", "eu-west-1"], INDEX.__getitem__)
    assert [str(cell) for cell in found] == [
        "boto3 1.44.5, python 3.11, us-east-1",
        "boto3 1.44.5, python 3.11, eu-west-1",
        "boto3 1.44.11, python 3.11, us-east-1",
        "boto3 1.44.11, python 3.11, eu-west-1",
    ]
    assert grid.cells("", []) == [Cell()]
    assert len({cell.name for cell in found}) == 4 and all(re.fullmatch(r"[\w.-]+", c.name) for c in found)


def test_a_version_that_is_named_twice_is_one() -> None:
    assert len(grid.cells("moto==5.2.5,latest moto==5.2.5", [], INDEX.__getitem__)) == 1


def test_boto3_takes_botocore_along_and_python_is_not_a_package() -> None:
    cell = Cell((("boto3", "1.44.6"), ("python", "3.12")))
    assert cell.requirements == "botocore==1.44.6 boto3==1.44.6" and cell.python == "3.12"
    both = Cell((("boto3", "1.44.6"), ("botocore", "1.44.7")))
    assert "botocore==1.44.7" in both.requirements and "botocore==1.44.6" not in both.requirements


@pytest.mark.parametrize("word", ["boto3", "boto3==", "boto3>=1", "boto3==1.44.5,"])
def test_a_word_of_another_form_is_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.main(["--versions", word]) == 2
    assert f"{word!r} is not of the form" in capsys.readouterr().err


def test_the_index_is_asked_through_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    for version in ("1.9.0", "1.10.0"):
        (tmp_path / f"fleet_fixture-{version}-py3-none-any.whl").touch()
    assert sorted(grid.available("fleet-fixture")) == ["1.10.0", "1.9.0"]
    assert grid.cells("fleet-fixture==latest", [])[0].versions == (("fleet-fixture", "1.10.0"),)
    with pytest.raises(grid.MatrixRefused, match="no versions of fleet-absent: .*No matching distribution"):
        grid.available("fleet-absent")
    assert grid.cells("python==latest", []) == grid.cells(f"python=={pythons.SUPPORTED[-1]}", []), (
        "no package"
    )


def test_a_region_that_is_the_notebooks_own_is_compared_and_another_is_given() -> None:
    cells = grid.cells("", ["us-east-1", "eu-west-1"])
    assert [job.region for job in matrix.jobs_of(cells, [FIXTURES / "other_region.ipynb"])] == [
        "",
        "eu-west-1",
    ]


def test_a_notebook_that_other_machines_lack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.ipynb").write_text("{}")
    with pytest.raises(grid.MatrixRefused, match="is not in"):
        matrix.jobs_of([Cell()], [tmp_path / "own.ipynb"])


# --- since when -----------------------------------------------------------------------------------

A, B, C = (Cell((("boto3", version), ("moto", "5.2.5"))) for version in ("1.44.0", "1.44.5", "1.44.11"))
PLACES = [Place(number + 1, "01.2", f"cell-{number + 1}") for number in range(4)]
GOOD = Result("01_directory", places=PLACES)
CHANGED = replace(GOOD, differences=[Difference(1, "show()", "It is old.", "-old\n+<new>")])
LEAKING = replace(GOOD, leaks=[(3, "arn:aws:s3:us-east-1")])
FAILED = replace(GOOD, failure=Failure(2, "call()", "It is refused.", "AssertionError: no", "Traceback"))


def job(cell: Cell, notebook: str = "notebooks/01_directory.ipynb") -> Job:
    return Job(cell, notebook, "", "state")


def searched(answers: dict[Cell, Answer], runner: Any) -> tuple[list[sentences.Sentence], list[Cell]]:
    """The sentences of a grid, with their changes, and the cells of which a runner was asked besides."""
    asked: list[Cell] = []

    def execute(jobs: list[Job]) -> dict[Job, Answer]:
        asked.extend(each.cell for each in jobs)
        return {each: runner(dict(each.cell.versions)["boto3"]) for each in jobs}

    known = {job(cell): answer for cell, answer in answers.items()}
    results = {(j.cell, j.notebook): each for j, each in known.items() if isinstance(each, Result)}
    found = sentences.broken(results)
    matrix.since_when(found, known, execute, INDEX.__getitem__)
    return found, asked


@pytest.mark.parametrize("first", range(1, 12))
def test_the_first_version_that_breaks_a_sentence_is_found_by_halving(first: int) -> None:
    def runner(version: str) -> Answer:
        return FAILED if int(version.split(".")[-1]) >= first else GOOD

    (sentence,), asked = searched({A: GOOD, C: FAILED}, runner)
    assert [str(change) for change in sentence.changes] == [
        f"since boto3 1.44.{first}; 1.44.{first - 1} is the last with which it holds"
    ]
    assert len(asked) <= 4, "ten versions in between"


def test_versions_that_are_too_old_are_found_as_well() -> None:
    (sentence,), _ = searched({A: FAILED, B: GOOD}, lambda version: FAILED if version < "1.44.3" else GOOD)
    assert str(sentence.changes[0]) == "up to boto3 1.44.2; 1.44.3 is the first with which it holds"


def test_the_difference_is_that_of_the_first_version_that_breaks() -> None:
    other = replace(CHANGED, differences=[Difference(1, "show()", "It is old.", "the first difference")])
    (sentence,), _ = searched({B: GOOD, C: CHANGED}, lambda version: other if version >= "1.44.7" else GOOD)
    assert sentence.result is other and not sentence.fails


def test_versions_that_cannot_be_judged_are_counted_and_given_up() -> None:
    (sentence,), asked = searched({A: GOOD, C: FAILED}, lambda version: "cannot be had")
    assert str(sentence.changes[0]).endswith("the last with which it holds; 10 in between cannot be judged")
    assert len(asked) == sentences.MOST_SKIPPED
    (sentence,), _ = searched(
        {A: GOOD, C: FAILED}, lambda v: "no" if v == "1.44.5" else (FAILED if v > "1.44.4" else GOOD)
    )
    assert "1.44.4 is the last with which it holds; 1 in between" in str(sentence.changes[0])


def test_a_cell_behind_a_failure_is_not_judged() -> None:
    early = replace(GOOD, failure=Failure(0, "", "", "ImportError", ""))
    assert sentences.holds(early, 1) is None and sentences.holds("not executed", 1) is None
    assert (
        sentences.holds(FAILED, 1)
        and sentences.holds(FAILED, 2) is False
        and sentences.holds(CHANGED, 1) is False
    )


def test_sentences_are_searched_side_by_side_and_nothing_is_asked_twice() -> None:
    both = replace(FAILED, differences=CHANGED.differences)
    found, asked = searched({A: GOOD, C: both}, lambda version: both if version >= "1.44.4" else GOOD)
    assert [sentence.number for sentence in found] == [1, 2]
    assert len({str(change) for sentence in found for change in sentence.changes}) == 1
    assert len(asked) == len(set(asked)), "both ask for the same notebook in the same cells"


def test_without_an_index_the_versions_of_the_grid_have_to_do() -> None:
    def unreachable(package: str) -> list[str]:
        raise grid.MatrixRefused("no network")

    found = sentences.broken({(C, job(C).notebook): FAILED})
    matrix.since_when(found, {job(A): GOOD, job(C): FAILED}, lambda jobs: {}, unreachable)
    assert str(found[0].changes[0]).endswith("it holds; versions in between were not tried")


def test_a_change_is_one_however_many_cells_show_it() -> None:
    cells = [replace(cell, region=region) for cell in (A, B, C) for region in ("us-east-1", "eu-west-1")]
    (change,) = sentences.changes(cells, lambda cell: cell.versions != C.versions)
    assert change.versions == ("1.44.5", "1.44.11")


def test_cells_that_differ_in_two_versions_tell_nothing() -> None:
    other = Cell((("boto3", "1.44.11"), ("moto", "5.2.4")))
    (sentence,), asked = searched({A: GOOD, other: FAILED}, lambda version: GOOD)
    assert not sentence.changes and not asked


def test_the_report_says_it_in_a_minute(tmp_path: Path) -> None:
    answers: dict[Job, Answer] = {job(A): GOOD, job(B): CHANGED, job(C): FAILED}
    answers[job(Cell((("boto3", "9"),)))] = "boto3==9 cannot be had"
    answers[replace(job(replace(A, region="eu-west-1")), region="eu-west-1")] = LEAKING
    found, _ = searched({A: GOOD, B: CHANGED, C: FAILED}, lambda version: GOOD)
    found += sentences.broken({(replace(A, region="eu-west-1"), "x"): LEAKING})
    found[-1].result = LEAKING
    page, verdict = report.write_report(
        tmp_path / "matrix.html", [each.cell for each in answers], answers, found
    )
    text = page.read_text()
    assert verdict.startswith(
        "In 1 of 5 combinations everything holds. Sentences that no longer hold somewhere: 2;"
    )
    assert verdict.endswith("in doubt: 1. Not executed: 1.")
    assert verdict in text and "01.2, cell [3]" in text and "It is refused." in text
    assert "Since boto3 1.44.11; 1.44.10 is the last with which it holds." in text
    assert text.index("It is refused.") < text.index("It is old."), "what fails comes first"
    assert "+&lt;new&gt;" in text and "boto3==9 cannot be had" in text
    assert "names another Region" in text and "arn:aws:s3:us-east-1" in text and "not compared" in text


def test_the_report_begins_with_what_no_longer_holds_and_says_with_what(tmp_path: Path) -> None:
    cells = grid.cells("boto3==1.44.0,1.44.11 moto==5.2.4,5.2.5", ["us-east-1", "eu-west-1"])
    answers: dict[Job, Answer] = {
        job(cell): FAILED if dict(cell.versions)["moto"] == "5.2.4" else GOOD for cell in cells
    }
    results = {(each.cell, each.notebook): answer for each, answer in answers.items()}
    found = sentences.broken(results)  # type: ignore[arg-type]
    matrix.since_when(found, answers, lambda jobs: {}, INDEX.__getitem__)
    page, _ = report.write_report(tmp_path / "matrix.html", cells, answers, found)
    text = page.read_text().partition("<body>")[2]
    order = ["Up to moto 5.2.4; 5.2.5 is the first with which it holds.", "01.2, cell [3]", "It is refused.",
             "in all 4 combinations with moto 5.2.4", "call()", "AssertionError: no", "<table>"]  # fmt: skip
    assert sorted(order, key=text.index) == order


def test_combinations_are_named_by_what_they_share() -> None:
    cells = grid.cells("boto3==1,2 moto==3,4", ["us-east-1", "eu-west-1"])
    in_region = [cell for cell in cells if cell.region == "eu-west-1"]
    assert report.among(in_region, cells) == "in all 4 combinations with eu-west-1"
    assert report.among(cells, cells) == "in all combinations"
    assert report.among(cells[1:3], cells) == "in: boto3 1, moto 3, eu-west-1; boto3 1, moto 4, us-east-1"
    assert report.among([Cell()], [Cell()]) == "in: the lock's versions"


# --- the workers ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with cluster.connected("", 2, tmp_path_factory.mktemp("scratch")) as made:
        yield made


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Path]:
    """A notebook that goes on until it is told to end, and leaves the id of its process where it began."""
    notebook = json.loads((FIXTURES / "changed.ipynb").read_text())
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["source"] = (
        f"import os, pathlib, time\nhere = pathlib.Path({str(tmp_path)!r})\n"
        "(here / f'began-{os.getpid()}').touch()\nwhile not (here / 'end').exists():\n    time.sleep(0.05)\n"
        "print('lasted')"
    )
    path = ROOT / "build" / f"lasting-{os.getpid()}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(notebook))
    yield path
    path.unlink()


def until(found: Any, seconds: float = 60) -> Any:
    """What `found` answers, as soon as it answers something."""
    last = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < last, "it did not come"
        time.sleep(0.05)
    return answer


def test_a_worker_is_killed_in_the_middle_and_nothing_is_lost(
    client: Any, lasting: Path, tmp_path: Path
) -> None:
    fleet = cluster.Fleet(client, tmp_path / "kept")
    jobs = matrix.jobs_of([Cell()], [lasting, FIXTURES / "failing.ipynb"])
    workers = {*client.run(os.getpid).values()}
    assert len(workers) == 2
    killed: list[int] = []

    def kill() -> int:
        """End the process whose notebook has begun; the notebook's process."""
        (began,) = until(lambda: list(tmp_path.glob("began-*")))
        notebook = int(began.name.partition("-")[2])
        (worker,) = {each.pid for each in psutil.Process(notebook).parents()} & workers
        os.kill(worker, signal.SIGKILL)
        killed.append(worker)
        until(lambda: not psutil.pid_exists(notebook) or psutil.Process(notebook).status() == "zombie")
        until(lambda: len(list(tmp_path.glob("began-*"))) == 2)
        (tmp_path / "end").touch()
        return notebook

    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill)
        answers = fleet.execute(jobs, lambda job, answer: None)
        killing.result()
    assert killed
    results = {Path(each.notebook).stem: answer for each, answer in answers.items()}
    assert "lasted" in results[lasting.stem].differences[0].diff  # type: ignore[union-attr]
    assert results["failing"].failure.cell == 1  # type: ignore[union-attr]
    assert len(list((tmp_path / "kept").rglob("*.json"))) == 2


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a cluster that somebody else has started."""
    options: Any = {"processes": False, "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    with cluster.LocalCluster(n_workers=1, host="127.0.0.1", **options) as started:
        yield started.scheduler_address


def test_what_is_kept_is_not_executed_again_unless_the_course_has_changed(
    elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = matrix.jobs_of([Cell()], [FIXTURES / "other_region.ipynb"])
    other = replace(job, course="of another state")
    with cluster.connected(elsewhere, 2, tmp_path) as client:
        fleet = cluster.Fleet(client, tmp_path)
        first = fleet.execute([job], lambda job, answer: None)
        sent: list[Job] = []
        submit = client.submit
        monkeypatch.setattr(
            client, "submit", lambda do, job, **options: sent.append(job) or submit(do, job, **options)
        )
        told: list[Job] = []
        answers = fleet.execute([job, other], lambda job, answer: told.append(job))
    assert isinstance(first[job], Result) and first[job].passed
    assert sent == [other] and told == [job, other] and answers[job] == first[job]
    assert str(answers[other]).endswith("the course has changed since this matrix began. Start it again")
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"], (
        "no notebook comes back"
    )


@pytest.mark.parametrize("became", [GOOD, CHANGED, FAILED, LEAKING])
def test_a_result_travels_as_json(became: Result) -> None:
    assert cluster.result(json.loads(json.dumps(asdict(became)))) == became


def test_ctrl_c_ends_everything_and_the_same_command_goes_on(lasting: Path, tmp_path: Path) -> None:
    into, changed = tmp_path / "build", FIXTURES / "changed.ipynb"
    command = [sys.executable, "-m", "cognito_lab", "matrix", f"--into={into}", f"--notebook={lasting}"]
    options: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        [*command, f"--notebook={changed}"], start_new_session=True, preexec_fn=hear_ctrl_c, **options
    )
    until(lambda: list(into.rglob("changed.json")) and list(tmp_path.glob("began-*")))
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 5, "two workers, the notebook's process, and those around them"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.strip().splitlines()[-1].startswith(
        "Interrupted. What was done"
    )
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in family))
    (tmp_path / "end").touch()
    before = (kept := next(into.rglob("changed.json"))).stat().st_mtime_ns
    done = subprocess.run([*command, f"--notebook={changed}"], **options)
    assert done.returncode == 0 and "in doubt: 2" in done.stdout and (into / "matrix.html").is_file()
    assert kept.stat().st_mtime_ns == before, "it was not executed again"


def test_a_notebook_is_executed_in_the_environment_of_its_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []

    def environment_with(requirements: str, into: Path, python: str | None, only_these: bool) -> Path:
        made.append((requirements, into.name, python, only_these))
        return tmp_path / "bin" / "python"

    started: list[list[str]] = []

    def execv(path: str, words: list[str]) -> None:
        started.append(words)
        raise SystemExit

    monkeypatch.setattr(work.other_versions, "environment_with", environment_with)
    monkeypatch.setattr(work, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(work, "end_with_worker", lambda folder: None)
    monkeypatch.setattr(os, "execv", execv)
    running = "{}.{}".format(*sys.version_info[:2])
    (tmp_path / "job.json").write_text(json.dumps(asdict(job(A.at("moto", "5.2.4")))))
    with pytest.raises(SystemExit):
        work.main([str(tmp_path)])
    (tmp_path / "job.json").write_text(json.dumps(asdict(job(Cell((("python", running),))))))
    with pytest.raises(SystemExit):
        work.main([str(tmp_path)])
    assert made[0] == ("botocore==1.44.0 boto3==1.44.0 moto==5.2.4", "python", None, True)
    assert made[1][:2] == ("", f"python{running}") and made[1][2], "that Python, with the lock's packages"
    inside = [str(tmp_path / "bin" / "python"), "-I", "-m", "cognito_lab.fleet.work", str(tmp_path), "inside"]
    assert started == [inside, inside]


def test_a_cell_that_cannot_be_had_says_why(client: Any, tmp_path: Path) -> None:
    jobs = matrix.jobs_of([Cell((("python", "3.99"),))], [FIXTURES / "changed.ipynb"])
    (answer,) = cluster.Fleet(client, tmp_path).execute(jobs, lambda job, answer: None).values()
    assert str(answer) == f"{platform.node()}: there is no Python 3.99"
    assert not list(tmp_path.rglob("*.json")), "tried again the next time"


def test_the_cluster_of_this_machine_listens_to_this_machine_alone(client: Any) -> None:
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = set()
    for process in family:
        with contextlib.suppress(psutil.Error):
            listening |= {c.laddr for c in process.net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening and {place.ip for place in listening} == {"127.0.0.1"}
    assert client.scheduler.address.startswith("tls://")


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    connecting = cluster.connected(f"tcp://127.0.0.1:{port}", 2, tmp_path)
    with pytest.raises(grid.MatrixRefused, match=f"no scheduler of Dask at tcp://127.0.0.1:{port}"):
        connecting.__enter__()


def test_an_address_that_takes_a_key_is_refused_without_one(tmp_path: Path) -> None:
    with pytest.raises(grid.MatrixRefused, match=r"takes a key: DASK_CONFIG=data/fleet\.yaml"):
        cluster.connected("tls://127.0.0.1:8786", 2, tmp_path).__enter__()
