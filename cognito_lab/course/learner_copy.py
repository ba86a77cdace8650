"""`make lab`: the learner's own copy of the notebooks, and JupyterLab on it."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

from cognito_lab.course.setup.environment import clean_environment, course_folder
from cognito_lab.files import complete_or_absent, read_object, set_aside
from cognito_lab.practice import progress, start_page

COPY = "my_course"
SOLVED = "build/solved"
DEFAULT_PORT = 8888
# Beside the copies: which version of each lesson was copied, to say when the course has a newer one.
COPIED = ".copied.json"
BOUND = "COGNITO_LAB_SOCKET"  # the number of the socket that JupyterLab takes over: see its configuration


class CannotStart(Exception):
    """JupyterLab is not started. The text is the line for the learner."""


def copy_notebooks(notebooks: Path, own: Path, fresh: str | None = None, outputs: bool = False) -> list[str]:
    """Bring into `own` what it does not have of `notebooks`. What is there is never overwritten.

    Args:
        notebooks: the course's lessons.
        own: the learner's folder, made if need be.
        fresh: number or name of a lesson to start again, or "all"; the learner's file stays beside it.
        outputs: keep the stored outputs of lessons. Without them no answer is seen before its question. The
            appendix, where one looks things up, always keeps them.

    Returns:
        Lines to show: what was kept where, and which lessons have changed since they were copied.

    Raises:
        CannotStart: no lesson, or more than one, is meant by `fresh`.
    """
    files = sorted(f for f in notebooks.rglob("*") if f.is_file() and ".ipynb_checkpoints" not in f.parts)
    again = _chosen([f for f in files if f.suffix == ".ipynb"], fresh) if fresh else []
    own.mkdir(parents=True, exist_ok=True)
    record = own / COPIED
    lines, newer = [], []
    try:
        copied = read_object(record)
    except ValueError:
        copied, kept = {}, set_aside(record)
        lines.append(
            f"{own.name}/{COPIED} was damaged and is now {kept.name}. So nobody knows which lessons "
            "have changed since you copied them. Your notebooks are as they were."
        )
    for file in files:
        name = str(file.relative_to(notebooks))
        mine = own / name
        bare = _without_outputs(file.read_bytes())
        digest = hashlib.sha256(bare).hexdigest()  # a lesson that says the same otherwise has not changed
        if file in again and mine.exists():
            kept = mine.with_name(f"{mine.stem}.{time.strftime('%Y-%m-%d-%H%M%S')}{mine.suffix}")
            mine.rename(kept)
            lines.append(f"{name} starts again. Your old file is {own.name}/{kept.relative_to(own)}.")
        if not mine.exists():
            with complete_or_absent(mine) as partial:
                partial.write_bytes(bare if file.stem[0].isdigit() and not outputs else file.read_bytes())
            copied[name] = digest
        elif copied.get(name, digest) != digest:
            newer.append(name)
    with complete_or_absent(record) as partial:
        partial.write_text(json.dumps(copied, indent=1, sort_keys=True) + "\n")
    if newer:
        lines.append(
            f"Changed in the course since you copied: {', '.join(newer)}. To copy one again: make lab FRESH=…"
        )
    return lines


def _without_outputs(notebook: bytes) -> bytes:
    """The notebook as if it had never run. What is no notebook stays as it is."""
    try:
        content = json.loads(notebook)
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
    except (ValueError, LookupError, TypeError):
        return notebook
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _chosen(lessons: list[Path], fresh: str) -> list[Path]:
    found = [
        lesson
        for lesson in lessons
        if fresh in (lesson.name, lesson.stem) or lesson.name.startswith(f"{fresh}_")
    ]
    if fresh == "all":
        return lessons
    if len(found) != 1:
        raise CannotStart(
            f"There is no lesson {fresh!r}. Lessons: {', '.join(lesson.stem for lesson in lessons)}."
        )
    return found


def copy_solved(notebooks: Path, folder: Path, fresh: str | None = None) -> list[str]:
    """Bring into `folder` the lessons that have exercises, each of these solved; as `copy_notebooks` does."""
    from cognito_lab.course.notebooks import (
        solutions,  # needs nbformat, which opening one's own copy does not
    )

    with tempfile.TemporaryDirectory() as made:
        solutions.write_solved_copies(Path(made), sorted(notebooks.glob("*.ipynb")))
        return copy_notebooks(Path(made), folder, fresh)


def bind_port(wanted: int | None) -> socket.socket:
    """A socket that listens on 127.0.0.1: at the port wanted, or the first free one from the default on.

    It is JupyterLab's from here on, so that no other program, such as another `make lab`, takes the port.

    Raises:
        CannotStart: the wanted one is taken or no port, or all of twenty are taken.
    """
    if wanted is not None:
        if not 1024 <= wanted <= 65535:
            raise CannotStart(f"Port {wanted} cannot be used here. Choose one from 1024 to 65535.")
        if bound := _bind(wanted):
            return bound
        raise CannotStart(
            f"Port {wanted} is taken by another program. Choose another: make lab PORT={wanted + 1}"
        )
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 20):
        if bound := _bind(port):
            if port != DEFAULT_PORT:
                print(f"Port {DEFAULT_PORT} is taken by another program; using {port}.", flush=True)
            return bound
    raise CannotStart(f"Ports {DEFAULT_PORT} to {port} are all taken. Choose another: make lab PORT=…")


def _bind(port: int) -> socket.socket | None:
    bound = socket.socket()
    # A server that has just ended does not count.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
        bound.listen(128)
    except OSError:
        bound.close()
        return None
    return bound


def main(argv: list[str]) -> int:
    """Copy what is new, then become JupyterLab (this process is replaced by it)."""
    parser = argparse.ArgumentParser(prog="cognito_lab lab", description=main.__doc__)
    parser.add_argument(
        "--fresh",
        metavar="LESSON",
        help='start this lesson again, or "all"; old files are kept beside the new',
    )
    parser.add_argument(
        "--solutions", action="store_true", help=f"open copies with every exercise solved, in {SOLVED}/"
    )
    parser.add_argument("--outputs", action="store_true", help="copy the lessons with their outputs")
    parser.add_argument("--forget", action="store_true", help="forget which exercises and questions are done")
    parser.add_argument("--port", type=int, help=f"default {DEFAULT_PORT}, or the next free one")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    options = parser.parse_args(argv)
    root = course_folder()
    try:
        if options.solutions:
            folder, page = root / SOLVED, ""
            lines = copy_solved(root / "notebooks", folder, options.fresh)
        else:
            folder, page = root / COPY, start_page.FILE
            lines = copy_notebooks(root / "notebooks", folder, options.fresh, options.outputs)
            start_page.write_start_page(folder)
        if options.forget:
            progress.reset(root / COPY)
            start_page.write_start_page(root / COPY)
        bound = bind_port(options.port)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"{error.filename or folder}: {error.strerror or error}. Your notebooks are in {folder}: you "
            f"need the right to write there (chmod -R u+rwX {folder}).",
            file=sys.stderr,
        )
        return 1
    whose = f"The solved copies: {SOLVED}/" if options.solutions else f"Your notebooks: {COPY}/"
    print(*lines, f"{whose}. Stop JupyterLab with Ctrl-C.", sep="\n", flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={bound.getsockname()[1]}"]
    command += [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{page}".rstrip("/")]
    command += ["--no-browser"] if options.no_browser else []
    os.chdir(folder)
    variables = clean_environment(os.environ, reproducible=False)
    # What somebody else solved is no tick on the learner's start page.
    variables |= {progress.NOTHING_NOTED: "1"} if options.solutions else {}
    os.set_inheritable(bound.fileno(), True)
    variables[BOUND] = str(bound.detach())
    os.execve(sys.executable, command, variables)
