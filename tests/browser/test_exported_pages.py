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


def export(notebook: nbformat.NotebookNode, theme: str) -> str:
    return str(HTMLExporter(template_name="lab", theme=theme).from_notebook_node(notebook)[0])


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
    assert axe_faults(offline, "body") == []

    show(offline, darkened(light), tmp_path / "dark.html")
    assert axe_faults(offline, "body", ["color-contrast"]) == []


FAULTY = """
<main><div class="jp-OutputArea-output"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<details><summary>more</summary><p style="color: #bbb; background: #fff">pale</p></details></div>
<div class="jp-InputPrompt" style="color: #bbb; background: #fff">In [1]:</div></main>
"""


def test_a_picture_without_text_and_pale_words_in_details_are_found_and_jupyters_prompt_is_left_out(offline):
    offline.set_content(f"<html lang='en'><title>x</title><body>{FAULTY}</body></html>")
    assert sorted(re.match(r"[\w-]+", fault)[0] for fault in axe_faults(offline, "body")) == [
        "color-contrast",
        "image-alt",
    ]
