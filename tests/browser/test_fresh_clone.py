"""A clone that nobody has worked with yet, opened in JupyterLab, in a browser."""

from __future__ import annotations

import nbformat
from browser_support import JupyterLab, axe_faults, pictures, stored_pictures
from nbformat.v4 import new_output
from playwright.sync_api import Page, expect


def test_a_fresh_clone_shows_every_stored_picture_before_anything_runs(page: Page, jupyter: JupyterLab):
    lessons = sorted(path.name for path in jupyter.folder.glob("*.ipynb"))
    asked = []  # JupyterLab asks for a kernel when a notebook is opened, and here waits for ever
    page.route(
        "**/api/sessions?*", lambda it: asked.append(it) if it.request.method == "POST" else it.continue_()
    )
    jupyter.open(page, lessons[0])
    for name in lessons:
        page.locator(".jp-DirListing-item", has_text=name).dblclick()
        panel = jupyter.panel(page, name)
        assert pictures(panel) == [(alt, True) for alt in stored_pictures(jupyter.folder / name)], name
        expect(page.locator("[title*='not trusted' i]")).to_be_visible()
    assert len(asked) == len(lessons)


def test_the_start_page_leads_to_a_lesson(page: Page, jupyter: JupyterLab):
    page.goto(f"{jupyter.address}{jupyter.first_page}?token={jupyter.token}")
    start = page.locator(".jp-MarkdownViewer")
    expect(start.get_by_role("heading", name="Routes")).to_be_visible()
    assert axe_faults(page, ".jp-MarkdownViewer") == []
    start.get_by_role("link", name="00 ·").first.click()
    jupyter.panel(page, "00_start_here.ipynb")


def test_a_picture_that_is_broken_is_seen(page: Page, jupyter: JupyterLab):
    """So the first one here can fail."""
    file = jupyter.folder / jupyter.write("broken.ipynb", "picture")
    broken = '<img alt="What it says" src="data:image/svg+xml;base64,AAAA">'
    notebook = nbformat.read(file, as_version=4)
    notebook.cells[0].outputs = [new_output("display_data", data={"text/html": broken, "text/plain": "x"})]
    nbformat.write(notebook, file)
    assert stored_pictures(file) == ["What it says"]
    assert pictures(jupyter.open(page, file.name)) == [("What it says", False)]
