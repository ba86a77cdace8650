"""Tidepool's page in a browser, and what a person does there and sees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browser_support import WIDTHS, axe_faults, photograph
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from cognito_lab import Lab
from cognito_lab.lessons.demo import SITE
from cognito_lab.reproducible import REPRODUCIBLE

SENTENCES = json.loads((SITE / "sentences.json").read_text(encoding="utf-8"))
BUTTON = "Sign in with Google"
GORAN, ROOK = "goran.pavic@gmail.example", "rook@elsewhere.example"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.delenv(REPRODUCIBLE)
    with Lab.start() as lab, lab.serve(0):
        yield lab


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's window that asks for nothing from another machine, and whose scripts make no mistake."""
    context = browser.new_context(viewport={"width": WIDTHS["wide"], "height": 900})
    context.set_default_timeout(20_000)
    faults: list[str] = []
    here = re.compile(r"http://[\w.-]+\.localhost:\d+/|blob:http://[\w.-]+\.localhost|data:")
    context.on("request", lambda asked: None if here.match(asked.url) else faults.append(asked.url))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context
    context.close()
    assert faults == []


def googles_window(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("button", name=BUTTON).click()
    return popup.value


@contextmanager
def closing(window: Page) -> Iterator[None]:
    """What closes this window. The window may be gone before the click or the key has its answer."""
    with window.expect_event("close"):
        try:
            yield
        except Error as error:
            if "has been closed" not in error.message:
                raise


def sign_in(page: Page, who: str = GORAN) -> None:
    """Press Google's button, and in Google's window the account's."""
    window = googles_window(page)
    with closing(window):
        window.get_by_role("button", name=who).click()


def shown(page: Page) -> list[str]:
    """The names of the pictures in the gallery that can really be seen."""
    return page.locator("#gallery li").evaluate_all(
        """items => Promise.all(items.map(async item => {
            const image = item.querySelector("img");
            await image.decode();
            return image.naturalWidth > 0 ? item.querySelector("a").textContent : "broken";
        }))"""
    )


def said(page: Page, key: str) -> None:
    """The page says this sentence, and nobody's pictures are on it."""
    expect(page.get_by_role("status")).to_contain_text(SENTENCES[key])


def nobody_is_in(page: Page) -> None:
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    expect(page.locator("#gallery img")).to_have_count(0)
    expect(page.locator("#person")).to_be_hidden()


def look_at(page: Page, name: str) -> None:
    """No serious fault in either theme."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        photograph(page, f"demo_{name}_{theme}", full_page=True)
        assert axe_faults(page, "body") == []
