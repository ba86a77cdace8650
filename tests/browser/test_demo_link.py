"""The second way to the demo: a link in the learner's JupyterLab, if the browser there gets to the page."""

from __future__ import annotations

import re

import pytest
from browser_support import JupyterLab, axe_faults, run_all
from playwright.sync_api import Browser, Page, expect

START = "from cognito_lab import Lab\nlab = Lab.start()\nscene = lab.scene('site_in_browser')"
LINK = "link = scene.demo.link()\nlink"


@pytest.fixture
def page(browser: Browser):
    """A page of a learner's browser, which goes to this machine's names as well."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def test_whoever_runs_the_lesson_finds_a_link_that_leads_to_the_pictures(
    page: Page, jupyter: JupyterLab
) -> None:
    panel = jupyter.open(page, jupyter.write_unrun("demo.ipynb", "14_demo_s3_google.ipynb"))
    assert run_all(page, panel) == []
    link = panel.get_by_role("link", name="Open Tidepool's page")
    expect(link).to_be_visible()
    assert axe_faults(page, ".jp-OutputArea-output") == []
    with page.context.expect_page() as opened:
        link.click()
    tidepool = opened.value
    with tidepool.expect_popup() as popup:
        tidepool.get_by_role("button", name="Sign in with Google").click()
    popup.value.get_by_role("button", name="Goran").click()
    expect(tidepool.locator("#gallery img")).to_have_count(2)


def test_a_browser_that_does_not_get_there_is_given_no_link(page: Page, jupyter: JupyterLab) -> None:
    page.route(re.compile(r"\.localhost:\d+/"), lambda route: route.abort())
    there = (
        "import os\nos.environ['JUPYTERHUB_USER'] = 'mara'\n"
        "from cognito_lab.lessons import demo\ndemo.BROWSER_SECONDS = 1  # of waiting for nobody"
    )
    panel = jupyter.open(page, jupyter.write("nowhere.ipynb", START, there, LINK))
    run_all(page, panel)
    expect(panel).to_contain_text("No link. Your browser did not come: this kernel runs on a JupyterHub")
    expect(panel.get_by_role("link")).to_have_count(0)
