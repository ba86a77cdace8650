"""A Dockerfile's steps, done in a folder of this machine in place of an image."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from cognito_lab.paths import ROOT

PLACE = "/opt/cognito-lab"  # where the images have the course


def steps(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction with what stands after it."""
    text = re.sub(r"(?m)^#.*\n", "", dockerfile.read_text()).replace("\\\n", "")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def copied(dockerfile: Path) -> list[str]:
    """What the image has of the repository, by its path in both."""
    words = [rest.split() for instruction, rest in steps(dockerfile) if instruction == "COPY"]
    assert all(into in ("./", *sources) for *sources, into in words)
    return [source for *sources, _ in words for source in sources]


def built(dockerfile: Path, folder: Path) -> dict[str, str]:
    """Do its steps in ``folder``, as somebody who is no root; the environment of what runs there then."""
    folder.mkdir(parents=True)
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    (found := folder.with_name("bin")).mkdir()
    (found / "python").symlink_to(base)
    path = f"{found}:{Path(sys.executable).parent}:{os.environ['PATH']}"  # uv is there, which spares minutes
    for source in copied(dockerfile):
        ignored = shutil.ignore_patterns("__pycache__")
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, folder / source, **({"ignore": ignored} if copy is shutil.copytree else {}))
    for instruction, rest in steps(dockerfile):
        if instruction == "RUN" and not rest.startswith("useradd "):  # that would be a user of this machine
            subprocess.run(["sh", "-ec", rest], cwd=folder, env=os.environ | {"PATH": path}, check=True)
    return {
        "PATH": f"{folder}/.venv/bin:/usr/bin:/bin",
        "HOME": str(folder.with_name("home")),
        "LANG": "C.UTF-8",
    }


def last(dockerfile: Path, instruction: str) -> list[str]:
    """The words of an ``ENTRYPOINT`` or ``CMD`` in its JSON form."""
    (rest,) = (rest for word, rest in steps(dockerfile) if word == instruction)
    return shlex.split(rest.strip("[]").replace(",", " "))
