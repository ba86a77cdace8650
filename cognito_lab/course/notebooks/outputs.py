"""`make outputs`: execute the notebooks and store what they say, the same bytes wherever it is done.

Only what a reader sees is kept. Times, the Python version, the kernel's own names and widget state would
change from machine to machine without saying anything; they are left out.
"""

from __future__ import annotations

import argparse
import copy
import functools
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cognito_lab.course.notebooks import compare, overture, run, solutions
from cognito_lab.course.notebooks.processes import CAN_FORK, in_processes
from cognito_lab.files import complete_or_absent

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = {"tags", "jupyter"}  # tags mean something to papermill; `jupyter` folds a cell


class NotStored(Exception):
    """A notebook that must not be stored as it is: a cell ended with an error."""


def normalised(notebook: NotebookNode) -> str:
    """The text of a notebook file, from what matters in it alone."""
    notebook = copy.deepcopy(notebook)
    kept = {key: value for key, value in notebook.metadata.items() if key in {"title", "authors"}}
    notebook.metadata = nbformat.from_dict(
        kept | {"kernelspec": KERNEL, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    )
    for place, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        if not cell.get("id"):
            cell.id = hashlib.sha256(f"{place}\n{cell.source}".encode()).hexdigest()[:8]
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def joined(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring pieces of a stream as one: where a kernel cuts them is chance."""
    kept: list[NotebookNode] = []
    for output in outputs:
        output.pop("transient", None)
        before = kept[-1] if kept else None
        if before and output.output_type == before.output_type == "stream" and output.name == before.name:
            before.text += output.text
        else:
            kept.append(output)
    return kept


def execute(notebook: NotebookNode, folder: Path, kernels: bool = True) -> NotebookNode:
    """Run all cells in `folder`; the outputs are put into `notebook` itself.

    Args:
        kernels: whether in a new kernel; else in a fork of this process, which must be a worker process.

    Raises:
        NotStored: a cell ended with an error; the line names it.
    """
    from cognito_lab.course.notebooks.shell import executed

    options = {"allow_errors": True, "record_timing": False, "store_widget_state": False}
    executed(notebook, folder, kernels, timeout=run.CELL_TIMEOUT, **options)
    for number, cell in enumerate(compare.code_cells(notebook)):
        for output in cell.outputs:
            if output.output_type == "error":
                raise NotStored(f"cell {number}: {output.ename}: {compare.ANSI.sub('', output.evalue)}")
    return notebook


def refresh(path: Path, check: bool, kernels: bool = True) -> tuple[bool, str]:
    """Execute a notebook and, unless `check`, store it if its bytes change. Runs in a worker process.

    Returns:
        (whether the stored bytes were already right, a line for each cell that says something else).
    """
    before = path.read_text(encoding="utf-8")
    stored = nbformat.reads(before, as_version=4)
    solutions.place(stored)  # the exercise files are where tasks and stubs are written
    executed = execute(copy.deepcopy(stored), path.parent, kernels)
    text = normalised(executed)
    if text != before and not check:
        with complete_or_absent(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="\n")
    changes = compare.differences(stored, executed)
    return text == before, "".join(f"\n    cell {c.cell}: “{c.sentence}”" for c in changes)


def main(argv: list[str]) -> int:
    """`python -m cognito_lab outputs`. Exit status 1 if a notebook failed or, with `--check`, differs."""
    parser = argparse.ArgumentParser(prog="cognito_lab outputs", description="Execute and store notebooks.")
    parser.add_argument("--notebook", action="append", default=[], help="number, name or path; repeatable")
    parser.add_argument(
        "--check", action="store_true", help="store nothing; exit 1 if something would change"
    )
    parser.add_argument("--kernels", action="store_true", help="use real kernels with --check, too")
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time (2)")
    options = parser.parse_args(argv)
    kernels = options.kernels or not options.check or not CAN_FORK  # what is stored is what a kernel says
    try:
        paths = run.choose(options.notebook)
    except FileNotFoundError as refusal:
        print(refusal, file=sys.stderr)
        return run.REFUSED
    status = 0
    try:
        for lesson in paths:
            if lesson.stem == overture.LESSON and not options.check:
                overture.store(lesson)  # the other lessons show it
        jobs = [(path, options.check, kernels) for path in paths]
        once = None if kernels else functools.partial(run.prepare, paths)
        for index, answer in in_processes(refresh, jobs, options.workers, once):
            if isinstance(answer, BaseException):
                print(f"{paths[index].stem:<32} NOT STORED: {answer}")
                status = run.FAILED
                continue
            same, changes = answer
            word = "unchanged" if same else "differs" if options.check else "stored"
            print(f"{paths[index].stem:<32} {word}{changes}")
            status = status or (run.FAILED if options.check and not same else 0)
    except KeyboardInterrupt:
        print("Interrupted. Each notebook is stored whole, or as it was.", file=sys.stderr)
        return run.INTERRUPTED
    return status
