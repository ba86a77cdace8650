"""The lessons as web pages, as `jupyter nbconvert --to html` makes them, looked at by axe-core."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from browser_support import ROOT, axe_faults, pictures, stored_pictures
from nbconvert import HTMLExporter
from nbformat.v4 import new_notebook
from playwright.sync_api import Browser, Page

PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[Page]:
    """A page without a network: an export asks for MathJax and RequireJS, and must do without them."""
    page = browser.new_page(offline=True)
    yield page
    page.close()


@functools.cache
def exporter(theme: str) -> HTMLExporter:
    """It keeps its templates, which it compiles for its first page."""
    return HTMLExporter(template_name="lab", theme=theme)


def export(notebook: nbformat.NotebookNode, theme: str) -> str:
    return str(exporter(theme).from_notebook_node(notebook)[0])


@functools.cache
def themes() -> list[tuple[str, str]]:
    """What differs between a light and a dark page: a stylesheet, and the tag of the body."""
    light, dark = (
        re.findall(r"<style\b.*?</style>|<body\b.*?>", export(new_notebook(), theme), re.DOTALL)
        for theme in ("light", "dark")
    )
    return [(one, other) for one, other in zip(light, dark, strict=True) if one != other]


def darkened(page: str) -> str:
    """The dark page of a light one, without another export."""
    for light, dark in themes():
        assert page.count(light) == 1
        page = page.replace(light, dark)
    return page


def show(page: Page, html: str, file: Path) -> None:
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")


CONTRAST = ["color-contrast"]
# Hides and empties every element that has been there already: the same elements with the same looks, inside
# of the same; then whatever has nothing else in it. What may decide about the contrast of a text is a look;
# how a text is worded is not. An emptied element keeps its place, for styles that count.
HIDE_REPEATED = """() => {
    const numbers = new Map(), looks = new Map(), trees = new Map(), seen = new Set();
    const says = node => node.nodeType === 3 && node.data.trim() !== "";
    const number = parts => {
        const key = parts.join("|");
        return numbers.get(key) ?? (numbers.set(key, numbers.size), numbers.size - 1);
    };
    for (const details of document.querySelectorAll("details")) details.open = true;
    const all = [...document.querySelectorAll("body, body *")];
    for (const it of all) {  // from the outermost inwards
        const style = getComputedStyle(it), where = style.position === "static" ? "" : it.className;
        looks.set(it, number([
            looks.get(it.parentElement), it.tagName, it.disabled, it.ariaDisabled, where, style.color,
            style.backgroundColor, style.backgroundImage, style.backgroundClip, style.backgroundSize,
            style.opacity, style.filter, style.mixBlendMode, style.fontSize, style.fontWeight,
            style.textShadow, style.webkitTextStroke, style.textIndent, style.display, style.visibility,
            style.clip, style.clipPath, style.float, style.transform, style.position, style.zIndex,
            style.inset,
        ]));
    }
    for (const it of all.toReversed()) {  // from the innermost outwards
        const inside = [...it.childNodes].map(
            node => trees.get(node) ?? (says(node) ? "text" : "")
        );
        trees.set(it, number(["tree", looks.get(it), ...inside]));
    }
    const isNew = it => {
        if (seen.has(trees.get(it))) return false;
        seen.add(trees.get(it));
        const inside = [...it.children], old = inside.filter(child => !isNew(child));
        if (inside.length && old.length === inside.length && ![...it.childNodes].some(says)) return false;
        for (const child of old) {
            child.style.setProperty("display", "none", "important");
            child.replaceChildren();
        }
        return true;
    };
    isNew(document.body);
}"""


def page_faults(page: Page) -> list[str]:
    """The serious faults of a page. Afterwards what is repeated on it is hidden."""
    return axe_faults(page, "body", but=CONTRAST) + pale_texts(page)


def pale_texts(page: Page) -> list[str]:
    """The faults of contrast, looked for once in each kind of element.

    axe-core works out what lies behind each text, which takes most of its time; a table of errors has
    thousands of texts that differ in nothing but their words.
    """
    page.evaluate(HIDE_REPEATED)
    return axe_faults(page, "body", CONTRAST)


@pytest.mark.usefixtures("browser")  # without one, this whole file is left out
def test_a_darkened_page_is_the_one_that_is_exported_with_the_dark_theme():
    shortest = min(PAGES, key=lambda path: path.stat().st_size)
    notebook = nbformat.read(shortest, as_version=4)
    light, dark = export(notebook, "light"), export(notebook, "dark")
    assert light != dark == darkened(light)


@pytest.mark.parametrize("notebook", PAGES, ids=lambda path: path.stem)
def test_an_exported_lesson_has_its_pictures_and_no_serious_fault(offline, notebook, tmp_path):
    light = export(nbformat.read(notebook, as_version=4), "light")
    show(offline, light, tmp_path / "light.html")
    assert pictures(offline.locator("body")) == [(alt, True) for alt in stored_pictures(notebook)]
    assert page_faults(offline) == []

    show(offline, darkened(light), tmp_path / "dark.html")
    assert pale_texts(offline) == []


FAULTY = """
<main><div class="jp-OutputArea-output"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<details><summary>more</summary><p style="color: #bbb; background: #fff">pale</p></details></div>
<div class="jp-InputPrompt" style="color: #bbb; background: #fff">In [1]:</div></main>
"""


def test_a_picture_without_text_and_pale_words_in_details_are_found_and_jupyters_prompt_is_left_out(offline):
    offline.set_content(f"<html lang='en'><title>x</title><body>{FAULTY}</body></html>")
    for find in (page_faults, lambda page: axe_faults(page, "body")):
        assert sorted(re.match(r"[\w-]+", fault)[0] for fault in find(offline)) == [
            "color-contrast",
            "image-alt",
        ]


ROWS = "".join(f"<tr><td>key {n}</td><td><code>{n}</code> and so on</td></tr>" for n in range(200))
LAST = {  # the last row of a long table, with or without a rule of its own
    "a style of its own": ("", "<td style='color: #bbb'>pale</td>"),
    "a class": (".late { color: #bbb }", "<td class='late'>pale</td>"),
    "its place": ("tr:nth-child(201) code { color: #bbb }", "<td><code>pale</code></td>"),
    "stripes": ("tr:last-child { background: #555 }", "<td>pale</td>"),
    "opacity of the row": ("tr:last-child { opacity: 0.3 }", "<td>pale</td>"),
    "what lies behind it": (
        "td { position: relative } .behind { position: absolute; inset: 0; background: #444; z-index: -1 }",
        "<td>pale<span class='behind'></span></td>",
    ),
}


@pytest.mark.parametrize("fault", LAST)
def test_the_one_pale_row_of_a_long_table_is_found(offline: Page, fault: str):
    style, cell = LAST[fault]
    page = "<html lang='en'><title>x</title><style>td {{ background: none }} {}</style><main><table>{}"
    for last, found in (
        (f"<tr><td>key</td>{cell}</tr>", True),
        ("<tr><td>key</td><td>dark</td></tr>", False),
    ):
        offline.set_content(page.format(style if found else "", ROWS + last))
        assert bool(pale_texts(offline)) is found is bool(axe_faults(offline, "body", CONTRAST))
