"""A real browser: the machine's own, since none is ever downloaded.

Where there is none, the tests that ask for one are left out, and the end of the run names them (conftest.py
of the course's folder). The fixtures live as long as a file: while Playwright runs, its thread has an event
loop, and the notebooks that nbval runs in the same process could not have one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from browser_support import JupyterLab, careful_page, running_jupyterlab
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium with a profile of its own. Not to find the one that was asked for is a failure."""
    named = os.environ.get("COGNITO_LAB_BROWSER")
    program = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if named and not program:
        pytest.fail(f"COGNITO_LAB_BROWSER is {named}, and that is no program of this machine.")
    if not program:
        pytest.skip("no Chromium or Chrome on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def jupyter(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    with running_jupyterlab(tmp_path_factory.mktemp("course")) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with careful_page(browser) as page:
        yield page
