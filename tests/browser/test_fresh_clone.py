"""A clone that nobody has worked with yet, opened in JupyterLab, in a browser."""

from __future__ import annotations

import nbformat
import pytest
from browser_support import ROOT, JupyterLab, axe_faults, pictures, pictures_in, stored_pictures
from nbformat.v4 import new_code_cell, new_output
from playwright.sync_api import Page, Route, expect

LESSON = "00_start_here.ipynb"


@pytest.fixture
def kernels(page: Page) -> list[Route]:
    """What JupyterLab asked for kernels, which it does when a notebook is opened. Here it waits for ever."""
    asked: list[Route] = []
    page.route(
        "**/api/sessions?*", lambda it: asked.append(it) if it.request.method == "POST" else it.continue_()
    )
    return asked


def asked_for(kernels: list[Route], page: Page) -> int:
    """How many kernels JupyterLab has asked for; it may show a notebook before it asks for the first."""
    for _ in range(100):
        if kernels:
            break
        page.wait_for_timeout(100)
    return len(kernels)


def test_the_start_page_leads_to_a_lesson_with_its_stored_pictures_before_anything_runs(
    page: Page, jupyter: JupyterLab, kernels: list[Route]
):
    page.goto(f"{jupyter.address}{jupyter.first_page}?token={jupyter.token}")
    start = page.locator(".jp-MarkdownViewer")
    expect(start.get_by_role("heading", name="Routes")).to_be_visible()
    assert axe_faults(page, ".jp-MarkdownViewer") == []
    start.get_by_role("link", name="00 ·").first.click()
    panel = jupyter.panel(page, LESSON)
    stored = stored_pictures(jupyter.folder / LESSON)
    assert stored and pictures(panel) == [(alt, True) for alt in stored]
    expect(page.locator("[title*='not trusted' i]")).to_be_visible()
    assert asked_for(kernels, page) == 1


def test_every_stored_picture_of_the_course_is_shown_before_anything_runs(
    page: Page, jupyter: JupyterLab, kernels: list[Route]
):
    """All outputs with a picture, as cells of one notebook; it is there sooner than all notebooks.

    The last picture is broken, and is seen to be: so the others, and the lesson's above, could fail.
    """
    wanted, cells = [], []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        wanted += stored_pictures(path)
        for cell in nbformat.read(path, as_version=4).cells:
            kept = [output for output in cell.get("outputs", ()) if pictures_in(output)]
            cells += [new_code_cell(f"# {path.stem}", outputs=kept)] if kept else []
    broken = '<img alt="What it says" src="data:image/svg+xml;base64,AAAA">'
    shown = new_output("display_data", data={"text/html": broken, "text/plain": "x"})
    cells.append(new_code_cell("# broken", outputs=[shown]))
    file = jupyter.folder / jupyter.write("pictures.ipynb")
    nbformat.write(nbformat.from_dict({**nbformat.read(file, as_version=4), "cells": cells}), file)
    assert wanted and stored_pictures(file) == [*wanted, "What it says"]
    seen = [(alt, True) for alt in wanted]
    assert pictures(jupyter.open(page, file.name)) == [*seen, ("What it says", False)]
    expect(page.locator("[title*='not trusted' i]")).to_be_visible()
    assert asked_for(kernels, page) == 1
