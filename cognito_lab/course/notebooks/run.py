"""`make run`: execute the whole course and say which of its sentences no longer hold.

papermill executes the notebooks, two at a time, with a fixed clock and seeded random sources, and each cell's
outputs are compared with the stored ones. The cells run in forked processes (`shell.py`), which give the
outputs of a kernel in a fraction of its time, or in real kernels. The executed notebooks go to `build/run/`,
the report to `build/report.html`; both appear only when they are complete.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from cognito_lab.course.notebooks import compare, parameters, preparing
from cognito_lab.course.notebooks.processes import CAN_FORK, in_processes
from cognito_lab.course.notebooks.results import Failure, Result, describe, verdict
from cognito_lab.course.setup import install
from cognito_lab.files import complete_or_absent
from cognito_lab.paths import NOTEBOOKS, ROOT

CELL_TIMEOUT = 300  # seconds
FAILED, REFUSED, INTERRUPTED = 1, 2, 130  # exit statuses; 0: every notebook passed


def choose(wanted: Sequence[str]) -> list[Path]:
    """The notebooks meant by numbers (`09`, `A1`), names (`09_identities`) or paths; else the whole course.

    Raises:
        FileNotFoundError: with a line that lists what there is.
    """
    course = sorted(NOTEBOOKS.glob("*.ipynb"))
    chosen: list[Path] = []
    for word in (word for words in wanted for word in ([words] if Path(words).is_file() else words.split())):
        number = word.zfill(2) if word.isdigit() else word
        found = [path for path in course if number in (path.name.split("_")[0], path.stem, path.name)]
        if not found and word.endswith(".ipynb") and Path(word).is_file():
            found = [Path(word).resolve()]
        if not found:
            listed = ", ".join(path.stem for path in course) or "no notebooks"
            raise FileNotFoundError(f"There is no notebook {word!r}. The course has: {listed}.")
        chosen += found
    if not chosen and not course:
        raise FileNotFoundError(f"There are no notebooks in {NOTEBOOKS}.")
    return list(dict.fromkeys(chosen)) or course


def prepare(notebooks: Sequence[Path]) -> None:
    """Import what these notebooks will need, in the process from which the workers are forked."""
    importlib.import_module("cognito_lab.course.notebooks.engine")  # with papermill, which takes two seconds
    preparing.prepare(any("cognito_lab" in path.read_text(encoding="utf-8") for path in notebooks))


def execute(source: Path, target: Path, values: dict[str, Any], kernels: bool) -> Result:
    """Execute one notebook with papermill into `target` and judge it. Runs in a worker process.

    Args:
        kernels: whether in a real kernel; else in a fork of the worker.
    """
    import papermill  # takes two seconds, which only workers pay

    from cognito_lab.course.notebooks import engine

    result, problem = Result(source.stem), None
    stored = nbformat.read(source, as_version=4)
    started = time.monotonic()
    try:
        executed = papermill.execute_notebook(
            source, target, values, engine_name=engine.KERNELS if kernels else engine.FORKS,
            kernel_name="python3", cwd=source.parent, progress_bar=False, execution_timeout=CELL_TIMEOUT,
            shutdown_kernel="immediate", request_save_on_cell_execute=False,
        )  # fmt: skip
    except Exception as error:  # an error in a cell, a cell that takes too long, a kernel that died
        problem = error
        executed = nbformat.read(target, as_version=4)
    result.seconds = time.monotonic() - started
    result.places = compare.places(executed)
    if problem:
        result.failure = failure(executed, problem)
    if not values:  # with other parameters other outputs are expected
        found = compare.differences(stored, executed)
        # From the failing cell on, that nothing came says more than that something else came.
        result.differences = [d for d in found if not result.failure or d.cell < result.failure.cell]
    if "region" in values:
        exceptions = compare.region_exceptions(source.stem)
        result.leaks = compare.region_leaks(executed, values["region"], exceptions)
    return result


def failure(executed: nbformat.NotebookNode, problem: Exception) -> Failure:
    """The failing cell: the one with an error, else the one at which the kernel died or took too long."""
    cells = compare.code_cells(executed)
    errors = [(n, out) for n, cell in enumerate(cells) for out in cell.outputs if out.output_type == "error"]
    if errors:
        number, output = errors[0]
        error, trace = f"{output.ename}: {output.evalue}", "\n".join(output.traceback)
    else:
        begun = [n for n, cell in enumerate(cells) if cell.metadata.get("papermill", {}).get("start_time")]
        number, error, trace = begun[-1] if begun else 0, f"{type(problem).__name__}: {problem}", ""
    sentence = compare.sentence_above(executed, executed.cells.index(cells[number]))
    first_line = compare.ANSI.sub("", error).strip().splitlines()[0]
    return Failure(number, cells[number].source, sentence, first_line, compare.ANSI.sub("", trace))


def run_course(
    jobs: Sequence[tuple[Path, dict[str, Any]]],
    into: Path,
    workers: int,
    done: Callable[[Result], None],
    kernels: bool = not CAN_FORK,
) -> list[Result]:
    """Execute notebooks with their parameters into the folder `into`; results in the order of `jobs`.

    Args:
        workers: how many notebooks at a time.
        done: is called with each result, as they come.
        kernels: whether in real kernels; else in forks of the workers, which is faster.
    """
    results: dict[int, Result] = {}
    with complete_or_absent(into) as partial:
        partial.mkdir()
        tasks = [(source, partial / source.name, values, kernels) for source, values in jobs]
        order = sorted(
            range(len(jobs)), key=lambda index: -jobs[index][0].stat().st_size
        )  # the longest first
        once = None if kernels else functools.partial(prepare, [path for path, _ in jobs])
        executing = in_processes(execute, [tasks[i] for i in order], workers, once)
        with contextlib.closing(executing) as answers:
            for place, answer in answers:
                index = order[place]
                if isinstance(answer, BaseException):  # the worker itself ended: out of memory, say
                    line = f"{type(answer).__name__}: {answer}"
                    answer = Result(jobs[index][0].stem, failure=Failure(0, "", "", line, ""))
                results[index] = answer
                done(answer)
    return [results[index] for index in sorted(results)]


def main(argv: list[str]) -> int:
    """`python -m cognito_lab run`. Exit status: 0 all passed, 1 one failed, 2 refused before anything ran."""
    parser = argparse.ArgumentParser(
        prog="cognito_lab run", description="Execute the course and compare its outputs."
    )
    parser.add_argument("--notebook", action="append", default=[], help="number, name or path; repeatable")
    parser.add_argument("-p", dest="given", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    parser.add_argument(
        "--with", dest="versions", help="'boto3==… moto==…' or 'latest', in an environment of its own"
    )
    parser.add_argument(
        "--kernels",
        action="store_true",
        default=not CAN_FORK,
        help="in real kernels, at several times the price",
    )
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time (2)")
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="folder for the results (build)")
    options = parser.parse_args(argv)
    try:
        notebooks = {path: nbformat.read(path, as_version=4) for path in choose(options.notebook)}
        jobs = [(path, parameters.resolve(path.stem, nb, options.given)) for path, nb in notebooks.items()]
        if options.versions:
            from cognito_lab.course.setup.other_versions import environment_with

            python = str(environment_with(options.versions, options.into))
            again = [f"--into={options.into}", f"--workers={options.workers}"]
            again += ["--kernels"] if options.kernels else []
            again += [f"--notebook={path}" for path in notebooks] + [
                word for pair in options.given for word in ("-p", *pair)
            ]
            os.execv(python, [python, "-I", "-m", "cognito_lab", "run", *again])
    except (FileNotFoundError, parameters.ParameterRefused, install.SetupFailed) as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED

    from tqdm import tqdm

    from cognito_lab.course.notebooks import report

    for name in ("SIGTERM", "SIGHUP"):  # ended by make or a closed terminal: as with Ctrl-C
        signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        with tqdm(total=len(jobs), unit="notebook", leave=False, disable=not sys.stderr.isatty()) as bar:

            def done(result: Result) -> None:
                bar.write(describe(result), file=sys.stdout)
                bar.update()

            results = run_course(jobs, options.into / "run", options.workers, done, options.kernels)
        page = report.write_report(options.into / "report.html", results, dict(options.given))
    except KeyboardInterrupt:
        print("Interrupted. The results of an earlier run are as they were.", file=sys.stderr)
        return INTERRUPTED
    for name, version, pinned in report.packages_off_the_lock():
        print(f"Not the lock's version: {name} {version} (lock: {pinned})")
    print(verdict(results, compared=not options.given))
    print(f"Report: {os.path.relpath(page)}")
    return 0 if all(result.passed for result in results) else FAILED
