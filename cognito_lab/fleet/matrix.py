"""`make matrix`: the course over a grid of versions and Regions, and since when a sentence no longer holds.

Each cell of the grid has an environment of its own. Its notebooks are executed by two processes of this
machine, or by a cluster of Dask. What is done is kept in `build/matrix/`; the same command goes on there.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from cognito_lab.course.notebooks import parameters
from cognito_lab.course.notebooks.results import Result, describe
from cognito_lab.course.notebooks.run import FAILED, INTERRUPTED, REFUSED, choose
from cognito_lab.fleet import course_state, grid, sentences
from cognito_lab.fleet.grid import Cell
from cognito_lab.fleet.sentences import Sentence
from cognito_lab.fleet.work import Answer, Job
from cognito_lab.paths import ROOT


def jobs_of(cells: list[Cell], notebooks: list[Path]) -> list[Job]:
    """Every notebook in every cell; the longest first, as they take the longest.

    Raises:
        ParameterRefused: a notebook has no Region.
        MatrixRefused: a notebook is not in the course's folder, which is what a worker has as well.
    """
    jobs = []
    for path in sorted(notebooks, key=lambda path: -path.stat().st_size):
        if not path.is_relative_to(ROOT):
            raise grid.MatrixRefused(
                f"{path} is not in {ROOT}, and other machines have only what is in there."
            )
        content, place = nbformat.read(path, as_version=4), path.relative_to(ROOT).as_posix()
        state = course_state.digest(course_state.here(place))
        for cell in cells:
            given = [("region", cell.region)] if cell.region else []
            values = parameters.resolve(path.stem, content, given)
            own = values == {"region": parameters.declared(content).get("region")}
            jobs.append(Job(cell, place, "" if own else cell.region, state))
    return jobs


def since_when(
    found: Sequence[Sentence],
    answers: Mapping[Job, Answer],
    execute: Callable[[list[Job]], Mapping[Job, Answer]],
    versions: Callable[[str], list[str]] = grid.available,
) -> None:
    """Enter into each sentence between which two versions it changes, and a result with which it is broken.

    Args:
        answers: of the grid's own cells.
        execute: what becomes of other jobs.
        versions: says which versions there are of a package.
    """
    known, searches, first = dict(answers), {}, {}
    listed = functools.cache(versions)
    for sentence in found:
        jobs = {job.cell: job for job in answers if job.notebook == sentence.notebook}
        judged = {cell: sentences.holds(answers[job], sentence.number) for cell, job in jobs.items()}
        sentence.result = next(iter(sentence.broken.values()))
        for change in sentences.changes(jobs, judged.__getitem__):
            key = (sentence.notebook, sentence.number, change)
            first[key] = jobs[change.holding]
            try:
                searches[key] = sentences.narrowed(change, listed(change.package))
            except grid.MatrixRefused:  # without the index, the grid's own versions have to do
                sentence.changes.append(change)

    def judge(asked: dict[Any, Cell]) -> dict[Any, bool | None]:
        jobs = {key: replace(first[key], cell=cell) for key, cell in asked.items()}
        known.update(execute([job for job in dict.fromkeys(jobs.values()) if job not in known]))
        return {key: sentences.holds(known[job], key[1]) for key, job in jobs.items()}

    narrowed = sentences.side_by_side(searches, judge)
    for sentence in found:
        for key, change in narrowed.items():
            if key[:2] == (sentence.notebook, sentence.number):
                sentence.changes.append(change)
                sentence.result = known[replace(first[key], cell=change.broken)]


def main(argv: list[str]) -> int:
    """`python -m cognito_lab matrix`. Exit status: as of `run`."""
    parser = argparse.ArgumentParser(prog="cognito_lab matrix", description="The course over versions.")
    parser.add_argument("--versions", default="", help="'boto3==1.44.5,latest python==3.11,3.13'")
    parser.add_argument("--regions", default="", help="'us-east-1 eu-west-1'")
    parser.add_argument("--notebook", action="append", default=[], help="number, name or path; repeatable")
    parser.add_argument("--scheduler", default="", help="address of a Dask cluster, tcp://… or tls://…")
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time, on this machine (2)")
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="folder for the results (build)")
    options = parser.parse_args(argv)
    try:
        cells = grid.cells(options.versions, options.regions.split())
        jobs = jobs_of(cells, choose(options.notebook))
    except (FileNotFoundError, parameters.ParameterRefused, grid.MatrixRefused) as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED

    from tqdm import tqdm

    from cognito_lab.fleet import cluster, report

    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.default_int_handler)
    kept = options.into / "matrix"
    try:
        with (
            cluster.connected(options.scheduler, options.workers, kept / "scratch") as client,
            tqdm(total=len(jobs), unit="notebook", leave=False, disable=not sys.stderr.isatty()) as bar,
        ):
            fleet = cluster.Fleet(client, kept / "results", lambda line: bar.write(line, file=sys.stdout))

            def done(job: Job, answer: Answer) -> None:
                if isinstance(answer, str):
                    bar.write(f"{job.cell}: {job.notebook} was not executed: {answer}", file=sys.stdout)
                elif not answer.passed or answer.differences:
                    bar.write(f"{job.cell}: {describe(answer)}", file=sys.stdout)
                bar.update()

            answers = fleet.execute(jobs, done)
            found = sentences.broken(
                {(job.cell, job.notebook): each for job, each in answers.items() if isinstance(each, Result)}
            )
            bar.set_description("bisecting")

            def further(more: list[Job]) -> Mapping[Job, Answer]:
                bar.total += len(more)
                return fleet.execute(more, done)

            since_when(found, answers, further)
    except KeyboardInterrupt:
        print("Interrupted. What was done is kept: the same command goes on there.", file=sys.stderr)
        return INTERRUPTED
    except cluster.ClusterGone as gone:
        print(gone, "What was done is kept: the same command goes on there.", file=sys.stderr)
        return INTERRUPTED
    except grid.MatrixRefused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    page, verdict = report.write_report(options.into / "matrix.html", cells, answers, found)
    for sentence in found:
        for change in sentence.changes:
            print(f"{sentence.where}: {change}.")
    print(verdict, f"Report: {os.path.relpath(page)}", sep="\n")
    return 0 if all(isinstance(each, Result) and each.passed for each in answers.values()) else FAILED
