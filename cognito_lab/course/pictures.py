"""`make pictures`: the pictures of the lessons as files, for somebody's own slides, from the stored outputs.

`build/pictures/09/3.svg` is the third picture of lesson 09; `pictures.md` beside it has the alt texts.
"""

from __future__ import annotations

import argparse
import base64
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from cognito_lab.course.notebooks import compare, run
from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT

# As views/twin.py writes a picture.
PICTURE = re.compile(r'<img alt="([^"]*)"[^>]* src="data:image/svg\+xml;base64,([^"]+)"')


def pictures_of(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, bytes]]:
    """The pictures of a notebook in their order: alt text, and SVG."""
    for cell in compare.code_cells(notebook):
        for output in cell.outputs:
            for alt, image in PICTURE.findall(output.get("data", {}).get("text/html", "")):
                yield html.unescape(alt), base64.b64decode(image)


def write_pictures(notebook: Path, into: Path) -> int:
    """Write the pictures of `notebook` into the folder `into`, in place of what is there; how many."""
    found = list(pictures_of(nbformat.read(notebook, as_version=4)))
    with complete_or_absent(into) as folder:
        folder.mkdir(parents=True)
        lines = []
        for number, (alt, image) in enumerate(found, 1):
            (folder / f"{number}.svg").write_bytes(image)
            lines.append(f"![{alt}]({number}.svg)\n")
        (folder / "pictures.md").write_text("\n".join(lines), encoding="utf-8")
    return len(found)


def main(argv: list[str]) -> int:
    """`python -m cognito_lab pictures`. Exit status 2 for a notebook that is not there."""
    parser = argparse.ArgumentParser(prog="cognito_lab pictures", description=__doc__)
    parser.add_argument("--notebook", action="append", default=[], help="number or name; repeatable")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "pictures")
    options = parser.parse_args(argv)
    try:
        chosen = run.choose(options.notebook)
    except FileNotFoundError as reason:
        print(reason, file=sys.stderr)
        return run.REFUSED
    for path in chosen:
        print(f"{path.stem:<32} {write_pictures(path, options.into / path.name.split('_')[0]):>3}")
    return 0
