"""An executed notebook as a page to read: one HTML file that loads nothing and runs no script.

nbconvert's pages take their scripts from elsewhere and half a second each; a report links fourteen of these.
"""

from __future__ import annotations

import re
from typing import Any

import jinja2
import mistune
from nbformat import NotebookNode

from cognito_lab.course.notebooks.compare import ANSI

SHOWN = ("text/html", "image/svg+xml", "text/markdown", "text/plain")  # the first that an output has


def notebook_page(name: str, executed: NotebookNode, templates: jinja2.Environment) -> str:
    """The page of one executed notebook; its code cells have the anchors of `compare.places`."""
    markdown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])
    cells: list[dict[str, Any]] = []
    number = 0
    for cell in executed.cells:
        if cell.cell_type != "code":
            # A link to another notebook leads to its page, which is beside this one.
            text = re.sub(r'href="(\w+)\.ipynb', r'href="\1.html', str(markdown(cell.source)))
            cells.append({"kind": "text", "html": text})
            continue
        number += 1
        cells.append({
            "kind": "code", "number": number, "count": cell.execution_count, "source": cell.source,
            "failed": any(output.output_type == "error" for output in cell.outputs),
            "outputs": [shown(output, markdown) for output in cell.outputs],
        })  # fmt: skip
    return templates.get_template("notebook_page.html").render(name=name, cells=cells)


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
