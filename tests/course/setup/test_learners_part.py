"""The learner's part of the lock is enough for all that learners do: imports, lessons, exercises, kernels."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from cognito_lab.course.setup import install, lock
from cognito_lab.paths import DATA, NOTEBOOKS, ROOT

PINS = lock.read_lock((ROOT / "requirements.lock").read_text())
LEARNERS = lock.read_lock((ROOT / "requirements-learner.lock").read_text())
NAMES = {canonicalize_name(pin.name) for pin in LEARNERS}
DISTRIBUTIONS = metadata.packages_distributions()
# What runs, compares and releases the course. Its modules may need more inside their functions. These need it
# to be imported at all: classes of papermill's, Dask, and JupyterHub, which has an environment of its own.
COURSE = ROOT / "cognito_lab" / "course"
FLEET, ROOM = COURSE.with_name("fleet"), COURSE.with_name("room")
COMMANDS = {COURSE, FLEET, ROOM}
REPORTING = {COURSE / "notebooks" / "engine.py", FLEET / "cluster.py", ROOM / "hub.py"}


def test_both_locks_have_the_same_versions_and_hashes():
    assert set(LEARNERS) <= set(PINS)
    left_out = {pin.name for pin in PINS} - {pin.name for pin in LEARNERS}
    assert left_out >= {
        "playwright",
        "axe-playwright-python",
        "mypy",
        "ruff",
        "pytest",
        "nbval",
        "papermill",
        "uv",
    }
    assert {"boto3", "jupyterlab", "moto", "hatchling", "jinja2", "werkzeug"} <= NAMES


def trees() -> Iterator[tuple[Path, ast.AST]]:
    """What learners run: the package, scenes, exercises and the cells of every notebook."""
    for path in sorted({*(ROOT / "cognito_lab").rglob("*.py")} - REPORTING):
        if "jupyter" not in path.relative_to(ROOT).parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted([*DATA.glob("scenes/*.py"), *DATA.glob("exercises/*.py")]):
        yield path, ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                lines = [
                    line for line in "".join(cell["source"]).splitlines() if not line.startswith(("%", "!"))
                ]
                try:
                    yield path, ast.parse("\n".join(lines))
                except SyntaxError:  # a stub that is to be filled in
                    continue


def imported(tree: ast.AST, inside_functions: bool) -> Iterator[str]:
    """The top-level names of what is imported absolutely."""
    left = list(ast.iter_child_nodes(tree))
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside_functions:
            continue
        left += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def test_whatever_learners_import_is_in_their_part_of_the_lock():
    seen = set()
    for path, tree in trees():
        for name in imported(tree, inside_functions=not COMMANDS & {*path.parents}):
            if name in sys.stdlib_module_names or name in ("cognito_lab", "__future__"):
                continue
            seen.add(name)
            found = {canonicalize_name(each) for each in DISTRIBUTIONS.get(name, [name])}
            assert found & NAMES, f"{path.relative_to(ROOT)} imports {name}"
    assert {"boto3", "moto", "jwt", "signxml", "nbformat"} <= seen, "the walk sees what is there"


# In a fork of the process that has imported all of it, where the system has forks.
LESSON = """
import importlib, pathlib, sys, nbformat
lesson, *names = sys.argv[1:]
for name in names:
    importlib.import_module(name)
print("all", flush=True)
from cognito_lab.course.notebooks import processes, shell
shell.executed(nbformat.read(lesson, as_version=4), pathlib.Path.cwd(), not processes.CAN_FORK, timeout=300)
print("executed")
"""


KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)
client.execute_interactive("import sys; print(sys.prefix)", timeout=60)
client.stop_channels(); manager.shutdown_kernel(now=True)
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with the learner's part alone."""
    try:
        return install.make_environment(ROOT / "build" / "learner", ROOT / "requirements-learner.lock")
    except install.SetupFailed as reason:
        if "could not download" in str(reason):
            pytest.skip("no learner's environment yet, and no network to make it")
        raise


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), "-I", *arguments], cwd=NOTEBOOKS, capture_output=True, text=True)


def test_a_lesson_with_its_exercises_runs_in_a_learners_environment(python):
    """Lesson 00, whose exercises read the course itself, and every module that a lesson may import."""
    assert not run(python, "-c", "import papermill").stdout and run(python, "-c", "import pytest").returncode
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "cognito_lab").rglob("*.py"))
        if path.name != "__init__.py" and not COMMANDS & {*path.parents}
    ]
    (lesson,) = NOTEBOOKS.glob("00_*.ipynb")
    done = run(python, "-c", LESSON, str(lesson), *names)
    assert done.stdout.endswith("all\nexecuted\n"), done.stderr


def test_a_kernel_starts_in_a_learners_environment(python):
    done = run(python, "-c", KERNEL)
    assert done.stdout.strip() == str(python.parents[1]), done.stderr


@pytest.mark.parametrize("command", ["run", "pictures", "matrix", "lock"])
def test_a_command_that_needs_more_says_so_in_a_line(python, command):
    done = run(python, "-m", "cognito_lab", command)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "make tools" in done.stderr
