"""A term of the glossary is explained in the lesson in which it comes first, and where it comes first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cognito_lab.course.notebooks import run

LESSONS = sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))
GLOSSARY = run.NOTEBOOKS / "A4_glossary.ipynb"
# Plain English as well as terms, or the course's own word, as "claim" is: they may come first in that sense.
PLAIN = {
    "claim", "condition", "confirmed", "disabled", "domain", "group", "guest", "login", "origin", "plan",
    "profile", "provider", "recovery", "signature", "state", "status", "variable", "verified",
}  # fmt: skip
# Not the text: code, addresses, headings, an opening's table, a table of lessons, tasks of exercises.
NOT_TEXT = re.compile(r"`[^`]*`|\]\([^)]*\)|^#.*$|^\|.*(?: minutes \||\.ipynb\)).*$", re.MULTILINE)
EMPHASIS = re.compile(r"\*{1,2}(?=\S)[^*\n]+(?<=\S)\*{1,2}")
NOT_THE_COURSE = re.compile(r"^### Exercise |\*\*Next:\*\*", re.MULTILINE)


def terms() -> list[str]:
    text = "\n".join(texts(GLOSSARY, everything=True)).partition("## Older names")[0]
    return re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE)


def texts(path: Path, everything: bool = False) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return (
        found if everything else [NOT_TEXT.sub("", text) for text in found if not NOT_THE_COURSE.search(text)]
    )


ALL = [(path.name[:2], text) for path in LESSONS for text in texts(path)]


def fault(term: str, course: list[tuple[str, str]]) -> str:
    """What is wrong with the first place of a term; nothing where it is in italics or bold, or not there."""
    flags = re.IGNORECASE if term.islower() else 0
    word = re.compile(rf"(?<!\w){re.escape(term)}(?:s|es)?(?!\w)", flags)
    for lesson, text in course:
        if found := word.search(text):
            where = f"{lesson}: …{text[max(0, found.start() - 60) : found.end() + 20]}…"
            spans = (span.span() for span in EMPHASIS.finditer(text))
            return "" if any(begin <= found.start() < end for begin, end in spans) else where
    return ""


@pytest.mark.parametrize("term", sorted(set(terms()) - PLAIN))
def test_a_term_is_explained_where_it_comes_first(term):
    assert fault(term, ALL) == ""


@pytest.mark.parametrize(
    "text",
    [
        "The app client is new.",
        "Two App clients.\n\nAn *app client* is new.",
        "The app *client*.\n\n*a* app client *b*",
    ],
)
def test_a_term_that_is_used_before_it_is_explained_is_seen(text):
    assert "app client" in fault("app client", [("77", text)]).lower()


@pytest.mark.parametrize(
    "text", ["An *app client* is new. The app client.", "**77.1 · The app client decides.**", ""]
)
def test_a_term_that_is_explained_first_is_right(text):
    assert fault("app client", [("77", text)]) == ""
