"""`make run`: what it executes, what it says no longer holds, what it refuses, what it leaves behind."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from support.processes import hear_ctrl_c

from cognito_lab.course.notebooks import compare, parameters, report, run
from cognito_lab.course.notebooks import results as notebooks_results
from cognito_lab.course.notebooks.processes import CAN_FORK
from cognito_lab.course.setup import install, installers, other_versions
from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT

FIXTURES = ROOT / "tests" / "notebooks"


def command(*names: str, into: Path, options: tuple[str, ...] = ()) -> list[str]:
    """`python -m cognito_lab run` on fixture notebooks."""
    chosen = [word for name in names for word in ("--notebook", str(FIXTURES / f"{name}.ipynb"))]
    return [sys.executable, "-m", "cognito_lab", "run", *chosen, "--into", str(into), *options]


def run_command(*names: str, into: Path, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*names, into=into, options=options), capture_output=True, text=True)


def stored(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FIXTURES / f"{name}.ipynb", as_version=4)


# --- a run in which everything happens ------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A run of a notebook that is as stored, one that is not, one that fails and one whose kernel dies."""
    into = tmp_path_factory.mktemp("build")
    return run_command("every_output", "changed", "failing", "dying", into=into), into


def test_a_failing_notebook_makes_the_exit_status_1(mixed):
    done, _ = mixed
    assert done.returncode == 1
    assert "4 notebooks: 2 passed, 2 failed; cells that differ: 1.\n" in done.stdout


def test_the_terminal_names_each_sentence_that_no_longer_holds(mixed):
    lines = mixed[0].stdout
    assert "    cell [2] failed: AssertionError: <b>000000</b> is not the code" in lines
    assert "no longer holds: “A wrong code is refused, see the page.”" in lines
    assert "In doubt: “Its name cannot be changed afterwards.”" in lines
    assert "It is as it was." not in lines, "that cell has not changed"


def test_a_dead_kernel_fails_its_notebook_and_names_the_cell(mixed):
    assert re.search(r"dying +FAILED.*\n    cell \[2\] failed: DeadKernelError", mixed[0].stdout)


def test_the_executed_notebooks_are_complete_and_nothing_else_is_left(mixed):
    _, into = mixed
    assert sorted(path.name for path in into.iterdir()) == ["report.html", "run"]
    names = {"every_output", "changed", "failing", "dying"}
    assert {path.name for path in (into / "run").iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("ipynb", "html")
    }
    executed = {path.stem: nbformat.read(path, as_version=4) for path in (into / "run").glob("*.ipynb")}
    assert compare.comparable(executed["every_output"].cells[3].outputs)[0][0] == "stdout"


@pytest.mark.parametrize("name", ["report", "run/every_output", "run/changed", "run/failing", "run/dying"])
def test_the_report_and_its_pages_load_nothing_from_anywhere(mixed, name):
    page = (mixed[1] / f"{name}.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|iframe|object)\b|@import|url\(", page)
    assert all(address.startswith("data:image/") for address in re.findall(r'src="([^"]*)"', page))
    if name == "report":  # a lesson's own links lead where they lead
        assert all(re.match(r"run/\w+\.html(#|$)|#", link) for link in re.findall(r'href="([^"]*)"', page))
    assert "default-src 'none'" in page


def test_every_link_of_the_report_leads_to_a_cell_or_a_page_that_is_there(mixed):
    page = (mixed[1] / "report.html").read_text(encoding="utf-8")
    links = set(re.findall(r'href="([^"#]*)(?:#([^"]*))?"', page))
    assert ("run/failing.html", "cell-2") in links and ("run/changed.html", "cell-1") in links
    for file, anchor in links:
        text = (mixed[1] / file).read_text(encoding="utf-8") if file else page
        assert not anchor or f'id="{anchor}"' in text


def test_a_link_to_another_notebook_leads_to_its_page_from_texts_and_from_outputs():
    link = '<a href="12_together.ipynb">lesson 12</a>'
    output = nbformat.v4.new_output("display_data", {"text/html": link})
    cells = [
        nbformat.v4.new_markdown_cell("[lesson 12](12_together.ipynb#roles)"),
        nbformat.v4.new_code_cell(f"print('{link}')", outputs=[output]),
    ]
    page = report.notebook_page("lesson", nbformat.v4.new_notebook(cells=cells))
    assert re.findall(r'href="(12_[^"]*)"', page) == ["12_together.html#roles", "12_together.html"]
    assert link in html.unescape(page)  # the code says what it said


def test_the_verdict_stands_first_in_the_report(mixed):
    page = (mixed[1] / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]*>", "", page[page.index("<body>") :]).split("CPython")[0]
    assert " ".join(words.split()).startswith("✗ 4 notebooks: 2 passed, 2 failed; cells that differ: 1.")
    for sentence in ("A wrong code is refused", "The kernel goes on", "Its name cannot be changed"):
        assert sentence in words, "what no longer holds comes before when, where and the table"


def test_a_cell_is_named_by_its_claim_and_by_the_number_that_jupyter_shows():
    def cell(make, text, **more):
        return nbformat.from_dict(make(text) | more)

    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    notebook = nbformat.v4.new_notebook(
        cells=[
            cell(code, "region = 1", execution_count=1, metadata={"tags": ["parameters"]}),
            cell(code, "region = 2", execution_count=2, metadata={"tags": ["injected-parameters"]}),
            text("**01.2 · A rule.** And its proof."),
            cell(code, "a", execution_count=3),
            text("More of it."),
            cell(code, "b", execution_count=4),
            text("## Another subject"),
            code("c"),  # not reached
        ]
    )
    places = compare.places(notebook)
    assert [str(place) for place in places] == ["cell [1]", "01.2, cell [3]", "01.2, cell [4]", "cell [5]"]
    failed = notebooks_results.Failure(1, "a", "And its proof.", "NameError: a", "")
    said = notebooks_results.describe(notebooks_results.Result("01_directory", failure=failed, places=places))
    assert "    01.2, cell [3] failed: NameError: a" in said


def test_an_executed_notebook_is_a_page_with_its_texts_code_outputs_and_errors(mixed):
    page = (mixed[1] / "run" / "failing.html").read_text(encoding="utf-8")
    shown = stored("failing")
    code = [cell for cell in shown.cells if cell.cell_type == "code"]
    assert code and all(html.escape(cell.source, quote=False) in page.replace("&#34;", '"') for cell in code)
    assert 'class="code failed" id="cell-2"' in page and ">[2]</a>" in page
    assert "AssertionError" in page and "\x1b" not in page


def test_the_report_says_what_failed_what_differs_and_with_which_versions(mixed):
    page = (mixed[1] / "report.html").read_text(encoding="utf-8")
    assert "AssertionError: &lt;b&gt;000000&lt;/b&gt; is not the code</h3>" in page
    assert "<blockquote>A wrong code is refused, see the page.</blockquote>" in page
    assert "<blockquote>Its name cannot be changed afterwards.</blockquote>" in page
    assert "-stdout: old" in page and "+stdout: new &lt;script&gt;" in page and "<script>" not in page
    assert "\x1b" not in page, "the traceback's colours are for terminals"
    assert re.search(r"<td>boto3</td><td>[\d.]+</td>", page) and "Operating system" in page
    row = re.search(r'every_output\.html">.*?</tr>', page, re.S)
    assert float(re.search(r'<td class="number">([\d.]+)</td>', row[0])[1]) > 0, "a notebook takes time"


def test_real_kernels_say_the_same(mixed, tmp_path):
    """The rest of this file runs in forks, where the system has them."""
    done = run_command("every_output", "changed", "failing", "dying", into=tmp_path, options=("--kernels",))
    said = [
        sorted(re.sub(r"(?m)Report: .*| +[\d.]+ s$", "", one.stdout).splitlines()) for one in (mixed[0], done)
    ]
    assert said[0] == said[1]
    before, after = (
        nbformat.read(into / "run" / "failing.ipynb", as_version=4) for into in (mixed[1], tmp_path)
    )
    error, again = (compare.code_cells(notebook)[1].outputs[0] for notebook in (before, after))
    assert error == again and error.traceback, "with its traceback"


def test_differences_alone_do_not_fail_a_run(tmp_path):
    done = run_command("changed", into=tmp_path)
    assert done.returncode == 0 and "1 notebook: 1 passed, 0 failed; cells that differ: 1." in done.stdout


# --- parameters -----------------------------------------------------------------------------------


def test_a_parameter_that_a_notebook_lacks_is_refused_before_anything_runs(tmp_path):
    done = run_command("every_output", into=tmp_path / "build", options=("-p", "regoin", "eu-west-1"))
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "every_output has no parameter 'regoin'. It has: region = 'us-east-1', count = 3, shown = True."
    )
    assert not (tmp_path / "build").exists()


def test_every_chosen_notebook_must_have_the_parameter(tmp_path):
    done = run_command(
        "every_output", "changed", into=tmp_path / "build", options=("-p", "region", "eu-west-1")
    )
    assert done.returncode == 2 and done.stderr.strip() == "changed has no parameter 'region'. It has: none."


def test_values_take_the_type_of_the_default():
    def resolve(name: str, text: str):
        return parameters.resolve("every_output", stored("every_output"), [(name, text)])[name]

    assert resolve("region", "012345") == "012345", "not a number: the zero would be lost"
    assert resolve("count", "5") == 5 and resolve("shown", "False") is False
    for name, text in [("count", "many"), ("count", "True"), ("shown", "1")]:
        with pytest.raises(parameters.ParameterRefused, match=f"{name} is of type"):
            resolve(name, text)


def test_another_region_is_carried_through_or_the_run_fails(tmp_path):
    done = run_command("every_output", "other_region", into=tmp_path, options=("-p", "region", "eu-west-1"))
    assert done.returncode == 1
    assert re.search(r"every_output +passed", done.stdout) and re.search(r"other_region +FAILED", done.stdout)
    assert "cell [4] names another region: … https://cognito-idp.us-east-1" in done.stdout
    assert "outputs not compared (other parameters)" in done.stdout


# --- choosing -------------------------------------------------------------------------------------


def test_a_notebook_is_chosen_by_number_name_or_path(tmp_path, monkeypatch):
    for name in ("00_start_here", "01_directory", "09_identities"):
        (tmp_path / f"{name}.ipynb").touch()
    monkeypatch.setattr(run, "NOTEBOOKS", tmp_path)
    names = ["00_start_here", "01_directory", "09_identities"]
    assert [path.stem for path in run.choose([])] == names
    for word in ("09", "9", "09_identities", "09_identities.ipynb", str(tmp_path / "09_identities.ipynb")):
        assert run.choose([word]) == [tmp_path / "09_identities.ipynb"]
    assert [path.stem for path in run.choose(["9 01"])] == ["09_identities", "01_directory"]
    with pytest.raises(FileNotFoundError, match=r"no notebook '10'. The course has: 00_start_here, 01_d"):
        run.choose(["10"])


# --- interruption ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--kernels",)], ids=["", "kernels"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "kill"])
def test_an_interrupted_run_leaves_what_was_there_before(tmp_path, by, options):
    earlier = [tmp_path / "build" / "run" / "lesson.ipynb", tmp_path / "build" / "report.html"]
    earlier[0].parent.mkdir(parents=True)
    for path in earlier:
        path.write_text("of an earlier run")
    lesson = Path(shutil.copy(FIXTURES / "slow.ipynb", tmp_path / "slow.ipynb"))
    into = tmp_path / "build"
    process = subprocess.Popen(
        [sys.executable, "-m", "cognito_lab", "run", f"--notebook={lesson}", f"--into={into}", *options],
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip
    give_up = time.monotonic() + 120
    while not (tmp_path / "started").exists():  # the lesson makes this file beside itself
        assert process.poll() is None and time.monotonic() < give_up
        time.sleep(0.05)
    assert len(list(into.iterdir())) == 3, "what was there, and the folder that the run is filling"
    family = psutil.Process(process.pid).children(recursive=True)
    kernels = [child for child in family if "ipykernel" in " ".join(child.cmdline())]
    assert bool(kernels) == bool(options or not CAN_FORK), "a kernel is at work, where one is wanted"
    above = (
        2 if kernels else 3
    )  # a worker above a kernel; above a fork, also whoever imported for all workers
    assert max(len(child.parents()) for child in family) == len(psutil.Process(process.pid).parents()) + above
    if by == signal.SIGINT:
        os.killpg(process.pid, by)  # as a terminal does: to the whole group
    else:
        process.send_signal(by)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1] == "Interrupted. The results of an earlier run are as they were."
    assert "Traceback" not in errors
    assert sorted(path.name for path in into.rglob("*")) == ["lesson.ipynb", "report.html", "run"]
    assert [path.read_text() for path in earlier] == ["of an earlier run"] * 2
    assert not psutil.wait_procs(family, timeout=60)[1], "no worker and no kernel goes on"


def test_what_a_killed_run_left_is_swept_up_but_not_what_another_is_writing(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for owner in (gone.pid, os.getppid()):
        (tmp_path / f".run-{owner}").mkdir()
    with complete_or_absent(tmp_path / "run") as partial:
        partial.mkdir()
        assert not (tmp_path / "run").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"run", f".run-{os.getppid()}"}


# --- nothing leaves the machine -------------------------------------------------------------------

WAYS_OUT = [
    "look up a name", "gethostbyname", "connect to an address", "connect by IPv6", "send a datagram",
    "urllib", "requests", "a socket made in C",
]  # fmt: skip


@pytest.fixture(scope="module")
def leaks(tmp_path_factory) -> dict[str, run.Result]:
    """The notebook that tries to leak, run once for each way."""
    folder = tmp_path_factory.mktemp("leaks")
    copies = {}
    for number, way in enumerate(WAYS_OUT):
        copies[way] = folder / f"leak{number}.ipynb"
        copies[way].write_bytes((FIXTURES / "leak.ipynb").read_bytes())
    jobs = [(path, {"way": way}) for way, path in copies.items()]
    results = run.run_course(jobs, folder / "run", 2, lambda result: None)
    return dict(zip(WAYS_OUT, results, strict=True))


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_notebook_that_tries_to_leave_the_machine_fails_by_the_guard(leaks, way):
    failure = leaks[way].failure
    assert failure and failure.cell == 2
    # Not "network is unreachable" or a time-out: those would mean that it was tried.
    assert re.match(r"OutsideTheLab: \S+ was not looked up, and nothing was sent", failure.error), (
        failure.error
    )


def test_the_leaking_notebook_tries_every_way():
    ways = re.findall(r'^    "(.*?)": ', stored("leak").cells[2].source, re.M)
    assert ways == WAYS_OUT


# --- other versions -------------------------------------------------------------------------------


@pytest.fixture
def installer(monkeypatch, tmp_path):
    """An environment that is 'made' at once, and the commands that were to install on top of it."""
    commands: list[list[str]] = []

    def make(target, lock, python=None):
        assert lock.name == "requirements.lock"
        (target / "bin").mkdir(parents=True, exist_ok=True)
        (target / install.MARKER).write_text("{}")
        return target / "bin" / "python"

    def installing(words, variables):
        assert not list(tmp_path.rglob(install.MARKER)), "killed now, the environment counts as half-made"
        commands.append(words)

    monkeypatch.setattr(install, "make_environment", make)
    monkeypatch.setattr(install, "_run", installing)
    monkeypatch.setattr(installers, "settings_for_uv", lambda python: {})  # asks pip, which takes a second
    return commands


def test_other_versions_go_into_an_environment_of_their_own(installer, tmp_path):
    python = other_versions.environment_with("boto3==1.44.0 moto==5.2.4", tmp_path)
    assert python.parents[1].parent == tmp_path and python.parents[1].name.startswith(
        "with-boto3-1.44.0-moto"
    )
    assert installer[0][-3:] == ["--upgrade", "boto3==1.44.0", "moto==5.2.4"]
    assert any(str(python) in word for word in installer[0]), "into it, not into the running one"
    assert (python.parents[1] / install.MARKER).exists()


def test_latest_names_what_the_sentences_rest_on(installer, tmp_path):
    other_versions.environment_with("latest", tmp_path)
    assert {"boto3", "botocore", "moto"} <= set(installer[0])


def test_only_these_versions_leave_the_rest_as_the_lock_has_it(installer, tmp_path, monkeypatch):
    python = other_versions.environment_with("moto==5.2.4", tmp_path, only_these=True)
    assert installer[0][-2:] == ["--quiet", "moto==5.2.4"]
    monkeypatch.setattr(other_versions.marker, "is_finished", lambda target, lock: True)
    other_versions.environment_with("moto==5.2.4", tmp_path, only_these=True)
    assert len(installer) == 2, "it does not have that version: installed again"
    (python.parents[1] / "lib" / "python3" / "site-packages" / "moto-5.2.4.dist-info").mkdir(parents=True)
    (python.parents[1] / "lib/python3/site-packages/moto-5.2.4.dist-info/METADATA").write_text(
        "Name: moto\nVersion: 5.2.4\n"
    )
    assert other_versions.environment_with("moto==5.2.4", tmp_path, only_these=True) == python
    assert len(installer) == 2


def test_versions_that_cannot_be_had_are_refused_and_leave_nothing(installer, tmp_path, monkeypatch, capsys):
    def fails(words, variables):
        raise install.SetupFailed("no such version")

    monkeypatch.setattr(install, "_run", fails)
    options = [
        "--notebook",
        str(FIXTURES / "changed.ipynb"),
        "--into",
        str(tmp_path),
        "--with",
        "moto==0.0.0",
    ]
    assert run.main(options) == 2
    assert capsys.readouterr().err.startswith("moto==0.0.0 cannot be had")
    assert not list(tmp_path.iterdir())


def test_the_same_run_goes_on_in_that_environment(installer, tmp_path, monkeypatch):
    started: list[list[str]] = []

    def execv(path, words):
        started.append(words)
        raise SystemExit

    monkeypatch.setattr(os, "execv", execv)
    options = [
        "--notebook",
        str(FIXTURES / "every_output.ipynb"),
        "--into",
        str(tmp_path),
        "--with",
        "latest",
    ]
    with pytest.raises(SystemExit):
        run.main([*options, "-p", "count", "2"])
    assert started[0][0] == str(tmp_path / "with-latest" / "bin" / "python")
    assert "--with" not in started[0] and started[0][-3:] == ["-p", "count", "2"]
    assert f"--notebook={FIXTURES / 'every_output.ipynb'}" in started[0]


def test_a_package_that_is_not_the_locks_is_named(monkeypatch):
    assert report.locked()["boto3"], "the lock was read"
    monkeypatch.setattr(
        report, "locked", lambda: {"boto3": {"0.1"}, "moto": {report.importlib.metadata.version("moto")}}
    )
    rows = report.packages_off_the_lock()
    assert [(name, pinned) for name, _, pinned in rows] == [("boto3", "0.1")]


# --- what counts as a difference ------------------------------------------------------------------


def test_the_fixtures_are_stored_as_this_file_expects():
    assert json.loads((FIXTURES / "changed.ipynb").read_text())["cells"][1]["outputs"][0]["text"] == ["old\n"]
