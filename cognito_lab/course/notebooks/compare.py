"""What a notebook says when it runs, against what it was stored saying.

`make run`, `outputs --check` and the tests ask the same question of two versions of a notebook. The answer is
a list of `Difference`, each with the sentence of the lesson above the cell, which may no longer be true.
"""

from __future__ import annotations

import base64
import difflib
import re
import tomllib
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from cognito_lab.lessons import claims
from cognito_lab.paths import ROOT

ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
DATA_URI = re.compile(r"data:image/svg\+xml(?P<base64>;base64)?,(?P<body>[^\"')\s]+)")
TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+")  # header and payload of a JWT; the signature says nothing
REGION = re.compile(
    r"(?<![a-z0-9])(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-isob?)?"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d(?!\d)"
)
MODEL_ID = "application/vnd.jupyter.widget-view+json"  # a fresh random id each time, no content
PAPERMILL_BANNER = "papermill-error-cell-tag"


@dataclass(frozen=True)
class Difference:
    """One code cell whose outputs are not the stored ones."""

    cell: int  # as nbval counts: code cells only, from 0
    source: str
    sentence: str  # the last one of the text above the cell
    diff: str  # unified, stored against now


@dataclass(frozen=True)
class Place:
    """Where a code cell is, in a reader's terms."""

    count: int  # what Jupyter shows beside the cell, [7]
    claim: str  # number of the claim that it belongs to, 01.2; empty if to none
    anchor: str  # of the cell on the notebook's page

    def __str__(self) -> str:
        return f"{self.claim}, cell [{self.count}]" if self.claim else f"cell [{self.count}]"


def comparable(outputs: Iterable[NotebookNode]) -> list[tuple[str, str]]:
    """The outputs as (kind, text), in order, with all that may differ without a reader noticing left out.

    The kind is a stream's name, a MIME type or `error`. Pieces of one stream are joined: where a kernel cuts
    them is chance.
    """
    found: list[tuple[str, str]] = []
    streams: dict[str, int] = {}
    for output in outputs:
        if output.output_type == "stream":
            if output.name in streams:
                place = streams[output.name]
                found[place] = (output.name, found[place][1] + output.text)
                continue
            streams[output.name] = len(found)
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append(("error", f"{output.ename}: {ANSI.sub('', output.evalue)}"))
        else:
            found += [(kind, str(body)) for kind, body in sorted(output.data.items()) if kind != MODEL_ID]
    return found


def readable(text: str) -> str:
    """The text, followed by what pictures and tokens in it say when they are decoded."""
    inside = []
    for picture in DATA_URI.finditer(text):
        body = urllib.parse.unquote(picture["body"])
        inside.append(base64.b64decode(body).decode(errors="replace") if picture["base64"] else body)
    for token in TOKEN.findall(text):
        for part in token.split("."):
            try:
                inside.append(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())
            except ValueError:  # cut short for display, or merely looks like a token
                continue
    return "\n".join([text, *inside])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells, in order, without those that papermill added to show parameters."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in code if "injected-parameters" not in cell.metadata.get("tags", [])]


def places(executed: NotebookNode) -> list[Place]:
    """Where each of `code_cells` is: its number in Jupyter, its claim, its anchor on the notebook's page.

    A claim begins at its number in a text, and goes on to the next claim or heading.
    """
    claim, count, found = "", 0, []
    for cell in executed.cells:
        if cell.cell_type == "code":
            count += 1  # of a cell that was not reached, the one that it would have had
            if "injected-parameters" not in cell.metadata.get("tags", []):
                found.append(Place(cell.execution_count or count, claim, f"cell-{count}"))
            continue
        if cell.source.startswith("## "):
            claim = ""
        claim = (claims.MARKER.findall(cell.source) or [claim])[-1]
    return found


def differences(stored: NotebookNode, executed: NotebookNode) -> list[Difference]:
    """The cells of `stored` whose outputs are others in `executed`, which ran the same cells."""
    found = []
    for number, (cell, again) in enumerate(zip(code_cells(stored), code_cells(executed), strict=True)):
        before, after = comparable(cell.outputs), comparable(again.outputs)
        if before != after:
            sentence = sentence_above(stored, stored.cells.index(cell))
            found.append(Difference(number, cell.source, sentence, unified(before, after)))
    return found


def unified(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> str:
    """A text diff of two `comparable` lists, with pictures and tokens decoded and long lines cut."""
    old, new = ([f"{kind}: {line}" for kind, text in side for line in readable(text).splitlines()]
                for side in (before, after))  # fmt: skip
    lines = list(difflib.unified_diff(old, new, "stored", "now", lineterm="", n=1))
    if not lines:  # the difference is in line ends only
        lines = [f"- {before!r}", f"+ {after!r}"]
    return "\n".join(line if len(line) <= 300 else line[:300] + " …" for line in lines)


def sentence_above(notebook: NotebookNode, index: int) -> str:
    """The last sentence of the nearest text above cell `index`: what that cell is there to show."""
    for cell in reversed(notebook.cells[:index]):
        if cell.cell_type != "markdown" or PAPERMILL_BANNER in cell.metadata.get("tags", []):
            continue
        prose = re.sub(r"(?ms)^(```|~~~).*?^\1\s*$|<!--.*?-->|</?[a-zA-Z][^>]*>", "", cell.source)
        prose = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", prose)
        blocks = [block.strip() for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)", prose)]
        said = [block for block in blocks if block and not block.startswith(("#", "|"))] or blocks
        if any(said):
            text = re.sub(r"^(?:[-*+>#]+|\d+\.)\s+", "", re.sub(r"\*\*|__", "", " ".join(said[-1].split())))
            return re.split(r"(?<=[.!?])[\"”’)*]*\s+(?=[A-Z\"“‘`(*])", text)[-1]
    return ""


def region_exceptions(name: str) -> list[str]:
    """The texts of one notebook in which another region is meant, from `data/region_exceptions.toml`."""
    table = tomllib.loads((ROOT / "data" / "region_exceptions.toml").read_text(encoding="utf-8"))
    return [entry["text"] for entry in table["exceptions"] if entry["notebook"] == name]


def region_leaks(
    notebook: NotebookNode, region: str, exceptions: Iterable[str] = ()
) -> list[tuple[int, str]]:
    """Where an executed notebook's outputs name another region than `region`.

    Pool ids, issuers, ARNs and hosts all do; what pictures and tokens say inside is looked at as well.

    Args:
        exceptions: texts in which another region is meant.

    Returns:
        (code cell as nbval counts, the words around the other region), one for each place.
    """
    leaks = []
    for number, cell in enumerate(code_cells(notebook)):
        for _, body in comparable(cell.outputs):
            text = readable(body)
            meant = [m.span() for words in exceptions for m in re.finditer(re.escape(words), text)]
            for match in REGION.finditer(text):
                excused = any(start <= match.start() and match.end() <= end for start, end in meant)
                if match[0] != region and not excused:
                    around = text[max(0, match.start() - 50) : match.end() + 30]
                    leaks.append((number, " ".join(around.split())))
    return leaks
