"""The picture at the head of the lessons: the recording of lesson 00, kept in `data/overture.json`."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cognito_lab.course.setup.environment import clean_environment

LESSON = "00_start_here"


def recorded(lesson: Path) -> str:
    """The diagram of a lesson, as JSON. Its cells are executed in this process, on the fixed clock.

    Raises:
        StopIteration: no cell of the lesson shows a diagram.
    """
    from cognito_lab.views.diagrams import Diagram

    names: dict[str, Any] = {}
    values = []
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                *steps, last = ast.parse("".join(cell["source"])).body
                exec(compile(ast.Module(steps, []), lesson.stem, "exec"), names)
                if isinstance(last, ast.Expr):
                    values.append(eval(compile(ast.Expression(last.value), lesson.stem, "eval"), names))
                else:
                    exec(compile(ast.Module([last], []), lesson.stem, "exec"), names)
    diagram = next(value for value in values if isinstance(value, Diagram))
    return json.dumps(diagram.as_data(), indent=1, ensure_ascii=False) + "\n"


def store(lesson: Path) -> None:
    """Record lesson 00 again, in a process of its own, and store what differs."""
    environment = clean_environment(os.environ, reproducible=True)
    command = [sys.executable, "-m", "cognito_lab.course.notebooks.overture", str(lesson)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    stored = lesson.parents[1] / "data" / "overture.json"
    # Where the lesson fails nothing is stored; executing it as a notebook says at which cell.
    if done.returncode == 0 and stored.read_text(encoding="utf-8") != done.stdout:
        stored.write_text(done.stdout, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    print(recorded(Path(sys.argv[1])), end="")
