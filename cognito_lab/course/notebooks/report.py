"""The report of a run: HTML files that open without a network and load nothing from anywhere.

`report.html` says first whether the course holds, then what does not; each executed notebook is a page beside
its file, `run/NAME.html`, to which the report's links lead.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import mistune
import nbformat
from nbformat import NotebookNode
from packaging.utils import canonicalize_name

from cognito_lab.course.notebooks.compare import ANSI
from cognito_lab.course.notebooks.results import Result, verdict
from cognito_lab.course.setup.lock import read_lock
from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)
SHOWN = ("text/html", "image/svg+xml", "text/markdown", "text/plain")  # the first that an output has


def locked() -> dict[str, set[str]]:
    """The versions in the lock; a package may have one for each Python."""
    pins: dict[str, set[str]] = {}
    for pin in read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(pin.name), set()).add(pin.version)
    return pins


def installed_packages() -> list[tuple[str, str, str]]:
    """(package, installed, version in the lock if that is another one), those that differ first."""
    pins = locked()
    installed = {canonicalize_name(d.name): d.version for d in importlib.metadata.distributions()}
    rows = [
        (name, version, "" if version in pins.get(name, {version}) else " or ".join(sorted(pins[name])))
        for name, version in installed.items()
    ]
    return sorted(rows, key=lambda row: (not row[2], row[0]))


def packages_off_the_lock() -> list[tuple[str, str, str]]:
    """The packages that are not the lock's."""
    return [row for row in installed_packages() if row[2]]


def write_report(target: Path, results: Sequence[Result], parameters: dict[str, str]) -> Path:
    """Write the report to `target`, and a page for each executed notebook in `run/` beside it."""
    pages = {}
    for result in results:
        notebook = target.parent / "run" / f"{result.name}.ipynb"
        if notebook.is_file():  # there is none where the worker itself ended
            page = notebook_page(result.name, nbformat.read(notebook, as_version=4))
            _write_whole(notebook.with_suffix(".html"), page)
            pages[result.name] = f"run/{result.name}.html"
    page = TEMPLATES.get_template("report.html").render(
        results=results,
        verdict=verdict(results, compared=not parameters),
        failed=[result for result in results if not result.passed],
        changed=[result for result in results if result.differences],
        pages=pages,
        parameters=parameters,
        packages=installed_packages(),
        moved=packages_off_the_lock(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=platform.platform(),
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    _write_whole(target, page)
    return target


def _write_whole(target: Path, text: str) -> None:
    with complete_or_absent(target) as partial:
        partial.write_text(text, encoding="utf-8")


def notebook_page(name: str, executed: NotebookNode) -> str:
    """The page of one executed notebook; its code cells have the anchors of `compare.places`.

    nbconvert's pages take their scripts from elsewhere and half a second each; a report links fourteen.
    """
    markdown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])
    cells: list[dict[str, Any]] = []
    number = 0
    for cell in executed.cells:
        if cell.cell_type != "code":
            cells.append({"kind": "text", "html": markdown(cell.source)})
            continue
        number += 1
        cells.append({
            "kind": "code", "number": number, "count": cell.execution_count, "source": cell.source,
            "failed": any(output.output_type == "error" for output in cell.outputs),
            "outputs": [shown(output, markdown) for output in cell.outputs],
        })  # fmt: skip
    page = TEMPLATES.get_template("notebook_page.html").render(name=name, cells=cells)
    # A link to another notebook leads to its page, which is beside this one.
    return re.sub(r'href="(\w+)\.ipynb', r'href="\1.html', page)


def shown(output: NotebookNode, markdown: Any) -> tuple[str, str]:
    """(`html`, `text` or `error`; what to show) of one output, as a notebook shows it."""
    if output.output_type == "stream":
        return "text", ANSI.sub("", output.text)
    if output.output_type == "error":
        return "error", ANSI.sub("", "\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
    kind = next((kind for kind in SHOWN if kind in output.data), "")
    body = output.data.get(kind, "")
    if kind == "text/markdown":
        return "html", markdown(body)
    return ("text", ANSI.sub("", body)) if kind in ("text/plain", "") else ("html", body)
