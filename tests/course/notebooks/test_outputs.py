"""`make outputs` stores the same bytes everywhere, and what is stored is compared to the last character."""

import base64
import copy
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jwt
import nbformat
import nbval.plugin
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cognito_lab.course.notebooks import compare, outputs, run
from cognito_lab.paths import ROOT

pytest_plugins = ["pytester"]

FIXTURES = ROOT / "tests" / "notebooks"
LESSONS = sorted(run.NOTEBOOKS.glob("*.ipynb"))
# What may be stored. nbval looks at no PNG or JPEG, so figures are SVG; an error would be a broken page.
KINDS = {"stdout", "text/plain", "text/html", "text/markdown", "image/svg+xml"}


# --- storing --------------------------------------------------------------------------------------


def test_the_bytes_depend_on_no_folder_time_zone_locale_or_hash_seed_and_check_finds_those_that_do(tmp_path):
    folder = tmp_path / "another folder"
    folder.mkdir()
    names = ["every_output", "chance", "failing"]
    copies = [shutil.copy(FIXTURES / f"{name}.ipynb", folder) for name in names]
    before = [Path(path).read_bytes() for path in copies]
    command = [
        sys.executable,
        "-m",
        "cognito_lab",
        "outputs",
        "--check",
        *(f"--notebook={path}" for path in copies),
    ]
    strange = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "4242", "COLUMNS": "40"}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **strange})
    said = {line.split(maxsplit=1)[0]: line for line in done.stdout.splitlines()}
    assert said["every_output"].endswith(" unchanged")
    assert said["chance"].endswith(" differs") and "“It says something else in every process.”" in done.stdout
    assert said["failing"].endswith("NOT STORED: cell 1: AssertionError: <b>000000</b> is not the code")
    assert done.returncode == 1
    assert [Path(path).read_bytes() for path in copies] == before, "--check stores nothing"


def test_what_changed_is_stored_whole(tmp_path, monkeypatch):
    path = Path(shutil.copy(FIXTURES / "chance.ipynb", tmp_path))
    before = path.read_bytes()
    monkeypatch.setenv("PYTHONHASHSEED", "4242")
    same, changes = outputs.refresh(path, check=False)
    assert not same and "It says something else in every process." in changes
    assert path.read_bytes() != before and os.listdir(tmp_path) == ["chance.ipynb"]
    assert outputs.refresh(path, check=True) == (True, "")


def test_a_notebook_that_fails_is_not_stored(tmp_path):
    path = Path(shutil.copy(FIXTURES / "failing.ipynb", tmp_path))
    with pytest.raises(outputs.NotStored, match="cell 1: AssertionError"):
        outputs.refresh(path, check=False)
    assert path.read_bytes() == (FIXTURES / "failing.ipynb").read_bytes()


@pytest.mark.filterwarnings("ignore:Cell is missing an id")
def test_what_no_reader_sees_is_left_out():
    stream = [new_output("stream", name="stdout", text=text) for text in ("one ", "line\n")]
    cell = new_code_cell("f()", outputs=stream, execution_count=1, id="kept")
    cell.metadata.update(execution={"iopub.status.busy": "2026-01-01"}, tags=["parameters"], collapsed=True)
    without_id = new_markdown_cell("more")
    del without_id["id"]
    notebook = new_notebook(cells=[new_markdown_cell("text", id="same"), without_id, cell])
    notebook.metadata.update(
        kernelspec={"name": "my-venv", "display_name": "Mine"}, widgets={"state": {}},
        language_info={"name": "python", "version": "3.12.1"}, papermill={"duration": 1.0},
    )  # fmt: skip
    text = outputs.normalised(notebook)
    again = nbformat.reads(text, as_version=4)
    assert again.metadata == {
        "kernelspec": outputs.KERNEL,
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
    }
    assert again.cells[2].metadata == {"tags": ["parameters"]} and len(again.cells[2].outputs) == 1
    assert again.cells[0].id == "same" and again.cells[2].id == "kept", "ids that a cell has stay"
    assert again.cells[1].id, "and one without gets one, not by chance"
    assert outputs.normalised(notebook) == text
    assert text.endswith("}\n") and outputs.normalised(again) == text


# --- one character --------------------------------------------------------------------------------


class ReplayingKernel:
    """In place of nbval's kernel: it 'executes' a notebook by repeating the outputs that are stored in it.

    So all of nbval's own reading and comparing is tried on every output of every lesson, at once.
    """

    def __init__(self, notebook: nbformat.NotebookNode) -> None:
        self.stored = iter([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])

    def execute_cell_input(self, source: str, allow_stdin: bool) -> str:
        self.messages = iter(
            [*map(self._message, next(self.stored)), ("status", {"execution_state": "idle"})]
        )
        return "id"

    @staticmethod
    def _message(output: nbformat.NotebookNode) -> tuple[str, dict]:
        content = copy.deepcopy(dict(output))
        return content.pop("output_type"), content

    def get_message(self, stream: str, timeout: float) -> dict:
        kind, content = next(self.messages)
        return {"msg_type": kind, "content": content, "parent_header": {"msg_id": "id"}}

    def await_reply(self, message_id: str, timeout: float) -> None: ...
    def is_alive(self) -> bool:
        return True

    def stop(self) -> None: ...


def other_character(text: str, place: int) -> str:
    return text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]


def places(text: str) -> list[int]:
    """The first, a middle and the last character; in a picture the middle one is of the picture."""
    picture = compare.DATA_URI.search(text)
    middle = (picture.start("body") + picture.end("body")) // 2 if picture else len(text) // 2
    return sorted({0, middle, len(text) - 1})


def one_character_changed(notebook: nbformat.NotebookNode):
    """Copies of the notebook, each with one character changed in each of some cells, and how many those are.

    Together they change each stored text at each of its `places`.
    """
    variants: list[list[nbformat.NotebookNode]] = []
    for index, cell in enumerate(notebook.cells):
        changes = []
        for number, output in enumerate(cell.get("outputs", [])):
            bodies = {"text": output.text} if output.output_type == "stream" else output.data
            for kind, body in bodies.items():
                for place in places(body):
                    changed = copy.deepcopy(cell)
                    target = changed.outputs[number]
                    (target if kind == "text" else target.data)[kind] = other_character(body, place)
                    changes.append((index, changed))
        for layer, change in enumerate(changes):
            variants[layer:] = variants[layer:] or [[]]
            variants[layer].append(change)
    for layer in variants:
        altered = copy.deepcopy(notebook)
        for index, changed in layer:
            altered.cells[index] = changed
        yield altered, len(layer)


@pytest.fixture
def run_nbval(pytester, monkeypatch):
    """A function that has nbval run all notebooks in the test's folder, with no other plugin.

    After a run pytester forgets what it imported: each run would import all the other plugins again.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return functools.partial(
        pytester.inline_run, "-p", "nbval.plugin", "--nbval", "--nbval-current-env", "-q"
    )


@pytest.mark.parametrize("path", [FIXTURES / "every_output.ipynb", *LESSONS], ids=lambda path: path.stem)
def test_nbval_notices_one_changed_character_in_each_stored_output(path, pytester, run_nbval, monkeypatch):
    stored = nbformat.read(path, as_version=4)
    monkeypatch.setattr(nbval.plugin, "RunningKernel", lambda *_, **__: ReplayingKernel(stored))

    changes = list(one_character_changed(stored))
    assert changes
    notebooks = [stored, *(altered for altered, _ in changes)]
    for number, notebook in enumerate(notebooks):
        nbformat.write(notebook, pytester.path / f"{number}.ipynb")
    passed, skipped, failed = run_nbval().listoutcomes()
    assert not skipped and len(passed) + len(failed) == len(notebooks) * len(compare.code_cells(stored))
    noticed = [report.nodeid.partition(".")[0] for report in failed]
    assert [noticed.count(str(number)) for number in range(len(notebooks))] == [0, *(n for _, n in changes)]


def test_nbval_with_a_real_kernel_notices_it_too(pytester, run_nbval):
    (altered, cells), *_ = one_character_changed(nbformat.read(FIXTURES / "every_output.ipynb", as_version=4))
    nbformat.write(altered, pytester.path / "altered.ipynb")
    shutil.copy(FIXTURES / "every_output.ipynb", pytester.path / "as_stored.ipynb")
    passed, _, failed = run_nbval().listoutcomes()
    assert cells == 4 and len(failed) == cells
    assert all("altered.ipynb" in report.nodeid for report in failed)
    assert sum("as_stored.ipynb" in report.nodeid for report in passed) == 7


# --- comparing ------------------------------------------------------------------------------------


def cell_with(*cell_outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return new_notebook(
        cells=[new_markdown_cell("It says so."), new_code_cell("f()", outputs=list(cell_outputs))]
    )


def test_where_a_stream_is_cut_is_no_difference_but_its_text_is():
    whole = cell_with(new_output("stream", text="ab\n"))
    cut = cell_with(new_output("stream", text="a"), new_output("stream", text="b\n"))
    other = cell_with(new_output("stream", name="stderr", text="ab\n"))
    assert compare.differences(whole, cut) == []
    (difference,) = compare.differences(whole, other)
    assert (
        difference.sentence == "It says so."
        and "-stdout: ab" in difference.diff
        and "+stderr: ab" in difference.diff
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/html", "image/svg+xml", "image/png", "application/json"]
)
def test_every_kind_of_output_is_compared(kind):
    before, after = (cell_with(new_output("display_data", {kind: body})) for body in ("aXa", "aYa"))
    assert compare.differences(before, before) == []
    assert len(compare.differences(before, after)) == 1


def test_a_lost_output_is_a_difference():
    assert compare.differences(cell_with(new_output("stream", text="a")), cell_with())


def test_the_difference_of_two_pictures_is_shown_decoded():
    def picture(word: str) -> nbformat.NotebookNode:
        body = base64.b64encode(f"<svg>{word}</svg>".encode()).decode()
        return cell_with(
            new_output("display_data", {"text/html": f'<img src="data:image/svg+xml;base64,{body}">'})
        )

    (difference,) = compare.differences(picture("Mara"), picture("Ben"))
    assert (
        "-text/html: <svg>Mara</svg>" in difference.diff and "+text/html: <svg>Ben</svg>" in difference.diff
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two is `x`. Three follows:", "Three follows:"),
        ("# Title\n\nSaid here.", "Said here."),
        ("## Only a title", "Only a title"),
        ("A **bold** claim, see [the page](https://e.example/a.b).", "A bold claim, see the page."),
        ("Two things:\n\n- first one.\n- Second. And its end.", "And its end."),
        ("Before.\n\n```python\nx = 1. \n```", "Before."),
        ("Before.\n\n| a | b |\n|---|---|\n| 1 | 2 |", "Before."),
        ("It takes 1.5 hours at v2.0 of it.", "It takes 1.5 hours at v2.0 of it."),
        ("<!-- hidden. --> <b>Shown</b> text.", "Shown text."),
    ],
)
def test_the_sentence_above_a_cell(text, sentence):
    notebook = new_notebook(
        cells=[new_markdown_cell("Far above."), new_markdown_cell(text), new_code_cell("f()")]
    )
    assert compare.sentence_above(notebook, 2) == sentence
    assert compare.sentence_above(notebook, 0) == ""


# --- regions --------------------------------------------------------------------------------------


def leaks(body: str, region: str = "eu-west-1", *exceptions: str) -> list[tuple[int, str]]:
    return compare.region_leaks(
        cell_with(new_output("display_data", {"text/html": body})), region, exceptions
    )


ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab"


@pytest.mark.parametrize(
    "body",
    [
        "us-east-1_AbCdEf123",
        "us-east-1:01234567-89ab-cdef-0123-456789abcdef",
        "arn:aws:cognito-idp:us-east-1:123456789012:userpool/x",
        "https://tidepool.auth.us-east-1.amazoncognito.com/login",
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg>us-east-1</svg>").decode(),
        "data:image/svg+xml,%3Csvg%3Eus%2Deast-1%3C/svg%3E",
        jwt.encode({"iss": ISSUER}, "k" * 32, algorithm="HS256"),
    ],
)
def test_another_region_is_found_wherever_it_stands(body):
    assert leaks(body)
    assert not leaks(body, "us-east-1")


def test_another_region_is_right_only_within_a_listed_text():
    assert not leaks(f"see {ISSUER}", "eu-west-1", ISSUER)
    assert len(leaks(f"see {ISSUER} and us-east-1_Other", "eu-west-1", ISSUER)) == 1
    assert not leaks("west-1 is no region, nor is focus-east-1 or eu-west-12")
