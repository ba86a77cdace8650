"""The command line: `python -m cognito_lab COMMAND …`, which the Makefile's targets call."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

# Command: the module with its `main(argv) -> exit status`, and what it does.
# Only the one that is asked for is imported.
COMMANDS = {
    "lab": ("course.learner_copy", "copy the notebooks to my_course/ and open JupyterLab there"),
    "serve": ("served.command", "let other programs of this machine use an account, until Ctrl-C"),
    "run": ("course.notebooks.run", "execute the course and write a report"),
    "matrix": ("fleet.matrix", "execute the course over a grid of versions and Regions"),
    "outputs": ("course.notebooks.outputs", "execute the notebooks and store their outputs"),
    "pictures": ("course.pictures", "write the pictures of the lessons as files"),
    "progress": ("practice.class_progress", "how far the people of a class are, from their progress files"),
    "room": ("room.command", "let a class work on this machine, each in a browser of their own"),
    "wheels": ("course.setup.wheels", "fetch the files of a set-up without a network"),
    "lock": ("course.setup.lock", "make both locks and environment.yml again"),
}
# What learners' environments lack: the distribution without which a command cannot do its work.
NEEDS = {
    "pictures": "papermill",
    "run": "papermill",
    "matrix": "distributed",
    "lock": "uv",
}


def main(argv: list[str]) -> int:
    """Run a command. 2 for an unknown one, 1 in a wrong folder, else the command's own status."""
    name, *rest = argv or ["--help"]
    if name not in COMMANDS:
        print("usage: python -m cognito_lab COMMAND [--help]\n", file=sys.stderr)
        lines = [f"  {command:10}{what}" for command, (_, what) in COMMANDS.items()]
        print(*lines, sep="\n", file=sys.stderr)
        return 0 if name in ("-h", "--help") else 2
    if name in NEEDS and not find_spec(NEEDS[name]):
        print(f"{name} needs {NEEDS[name]}, which is not in this environment: make tools", file=sys.stderr)
        return 1
    from cognito_lab.course.setup.environment import WrongFolder

    try:
        return import_module(f"cognito_lab.{COMMANDS[name][0]}").main(rest)
    except WrongFolder as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
