"""The lessons as web pages, as `jupyter nbconvert --to html` makes them, looked at by axe-core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_support import ROOT, axe_faults, pictures, stored_pictures
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page

PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[Page]:
    """A page without a network: an export asks for MathJax and RequireJS, and must do without them."""
    page = browser.new_page(offline=True)
    yield page
    page.close()


def show(page: Page, notebook: Path, folder: Path, theme: str) -> None:
    html, _ = HTMLExporter(template_name="lab", theme=theme).from_filename(str(notebook))
    file = folder / f"{notebook.stem}.html"
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")


@pytest.mark.parametrize("notebook", PAGES, ids=lambda path: path.stem)
def test_an_exported_lesson_has_its_pictures_and_no_serious_fault(offline, notebook, tmp_path):
    show(offline, notebook, tmp_path, "light")
    assert pictures(offline.locator("body")) == [(alt, True) for alt in stored_pictures(notebook)]
    assert axe_faults(offline, "body") == []

    show(offline, notebook, tmp_path, "dark")
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
