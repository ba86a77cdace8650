"""Every lesson: stored whole, the same bytes everywhere, again in one kernel, and in another region."""

import copy
import subprocess
import sys
import tomllib

import nbformat
import nbval.plugin
import pytest

from cognito_lab.course.notebooks import compare, outputs, parameters, processes, run
from cognito_lab.course.setup import install, pythons

LESSONS = sorted(run.NOTEBOOKS.glob("*.ipynb"))
# What may be stored. nbval looks at no PNG or JPEG, so figures are SVG; an error would be a broken page.
KINDS = {"stdout", "text/plain", "text/html", "text/markdown", "image/svg+xml"}
EXCEPTIONS = tomllib.loads((run.ROOT / "data" / "region_exceptions.toml").read_text(encoding="utf-8"))[
    "exceptions"
]
KERNELS = not processes.CAN_FORK  # where forks do it, nbval has a real kernel of each lesson say the same
ELSEWHERE = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "4242"}

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def test_there_is_a_course():
    """Without lessons the tests of each lesson would be skipped in silence."""
    assert LESSONS


@each_lesson
def test_a_lesson_is_stored_whole_and_so_that_every_character_is_compared(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.read_text(encoding="utf-8") == outputs.normalised(notebook), "run: make outputs"
    for number, cell in enumerate(compare.code_cells(notebook)):
        kinds = {kind for kind, _ in compare.comparable(cell.outputs)}
        assert kinds <= KINDS, f"cell {number}"
        assert cell.execution_count, f"cell {number} is stored unrun, so nbval would not look at it"
        switched_off = set(cell.metadata.get("tags", [])) & set(nbval.plugin.metadata_tags)
        assert not switched_off and not list(nbval.plugin.find_comment_markers(cell.source)), f"cell {number}"


def in_one_kernel(path, folder, submit, *passes: dict) -> list[nbformat.NotebookNode]:
    """The lesson, executed in `folder` once for each of `passes` (its parameters), one after the other."""
    source = nbformat.read(path, as_version=4)
    copies = [copy.deepcopy(source) for _ in passes]
    whole = copy.deepcopy(source)
    whole.cells = []
    for notebook, values in zip(copies, passes, strict=True):
        for cell in notebook.cells:
            whole.cells.append(cell)
            if "parameters" in cell.metadata.get("tags", []):
                given = "\n".join(f"{name} = {value!r}" for name, value in values.items())
                whole.cells.append(nbformat.v4.new_code_cell(given))
    executed = submit(outputs.execute, whole, folder, KERNELS).result()
    for cell, again in zip(whole.cells, executed.cells, strict=True):
        cell.update(again)
    return copies


@pytest.fixture(scope="module")
def elsewhere():
    """A function that has a process of another time zone, locale and hash seed do something."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ELSEWHERE.items():
            environment.setenv(name, value)
        workers = processes.worker_processes(1)
        submit = workers.__enter__()
    try:
        yield submit
    finally:
        workers.__exit__(None, None, None)


@pytest.fixture(scope="module")
def passes(elsewhere, tmp_path_factory):
    """Three passes of a lesson in one kernel, elsewhere: as it is, as it is, and in eu-west-1."""
    done = {}

    def of(path):
        if path not in done:
            folder = tmp_path_factory.mktemp("another folder")
            done[path] = in_one_kernel(path, folder, elsewhere, {}, {}, {"region": "eu-west-1"})
        return done[path]

    return of


@each_lesson
def test_the_same_bytes_in_another_folder_time_zone_locale_and_hash_seed(path, passes):
    assert outputs.normalised(passes(path)[0]) == path.read_text(encoding="utf-8")


@each_lesson
def test_all_cells_again_in_the_same_kernel_say_the_same(path, passes):
    first, second, _ = passes(path)
    assert compare.differences(first, second) == []


@each_lesson
def test_in_another_region_everything_is_there(path, passes):
    exceptions = compare.region_exceptions(path.stem)
    *_, there = passes(path)
    assert "region" in parameters.declared(there)
    assert compare.region_leaks(there, "eu-west-1", exceptions) == []
    assert any(
        "eu-west-1" in body
        for cell in compare.code_cells(there)
        for _, body in compare.comparable(cell.outputs)
    )
    for text in exceptions:
        others = [other for other in exceptions if other != text]
        assert compare.region_leaks(there, "eu-west-1", others), f"no output needs this exception: {text}"


def test_each_listed_exception_is_of_a_lesson_and_gives_its_reason():
    for entry in EXCEPTIONS:
        assert set(entry) == {"notebook", "text", "reason"} and entry["reason"].strip()
        assert entry["notebook"] in {path.stem for path in LESSONS}


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in (pythons.SUPPORTED[0], pythons.SUPPORTED[-1]) if version != RUNNING]


@pytest.mark.parametrize("version", OTHERS)
def test_the_same_bytes_on_the_oldest_and_newest_supported_python(version):
    base = pythons.find_python(version)
    if not base:
        pytest.skip(f"this machine has no Python {version}")
    try:
        lock = run.ROOT / "requirements.lock"
        python = install.make_environment(run.ROOT / "build" / f"python-{version}", lock, python=base)
    except install.SetupFailed as reason:
        if "could not download" in str(reason):
            pytest.skip(f"no environment with Python {version} yet, and no network to make it")
        raise
    command = [str(python), "-I", "-m", "cognito_lab", "outputs", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
