"""A room in real browsers: form, START, a lesson, the instructor's page. `make clients` runs this."""

from __future__ import annotations

import os

import pytest
from browser_support import WIDTHS, axe_faults
from playwright.sync_api import Browser, Page, expect
from room_support import LIMIT, certified, opened
from support.rooms import MOST_SECONDS, Room

CLASS = "username,name,instructor\nada,Ada Okafor,\nben,,\nines,,yes\n"

if not os.environ.get("COGNITO_LAB_CLIENTS"):
    pytest.skip("a room takes 750 MB and a minute: make clients runs it", allow_module_level=True)


def comes_in(browser: Browser, room: Room, name: str, path: str = "") -> Page:
    """Somebody with their slip, in a browser of their own."""
    page = browser.new_context(
        ignore_https_errors=True, viewport={"width": WIDTHS["wide"], "height": 900}
    ).new_page()
    page.set_default_timeout(MOST_SECONDS * 1000)
    page.goto(room.url + path)
    assert page.title() == "Cognito Lab" and axe_faults(page, "body") == []
    expect(page.get_by_label("Username:")).to_be_focused()
    page.keyboard.type(name)
    page.get_by_label("Password:").fill(room.temporary_password(name))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose a new password")).to_be_visible()
    expect(page.get_by_label("Temporary password:")).to_be_focused()
    assert axe_faults(page, "body") == []
    page.keyboard.type(room.temporary_password(name))
    page.get_by_label("New password:").fill(f"tide pools of {name}")
    page.keyboard.press("Enter")
    return page


def runs_lesson_00(page: Page) -> None:
    expect(page.get_by_role("heading", name="Cognito Lab")).to_be_visible(timeout=MOST_SECONDS * 1000)
    expect(page.get_by_text(f"/ {LIMIT}.00 MB")).to_be_visible()
    page.get_by_role("link", name="00 · An AWS account").first.click()
    cell = page.locator(".jp-NotebookPanel .jp-CodeCell").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=MOST_SECONDS * 1000)


def test_two_people_and_their_instructor(browser: Browser) -> None:
    with certified() as folder, opened(folder, CLASS) as room:
        people = [comes_in(browser, room, name) for name in ("ada", "ben")]
        for page in people:
            runs_lesson_00(page)
        ines = comes_in(browser, room, "ines", "/hub/progress")
        expect(ines.get_by_role("rowheader", name="ada (Ada Okafor)")).to_be_visible()
        expect(ines.get_by_text("Nothing yet.")).to_be_visible()
        assert axe_faults(ines, "body") == []
        ines.get_by_role("link", name="Load again").click()
        expect(ines.get_by_role("rowheader", name="ben")).to_be_visible()
        ines.goto(f"{room.url}/hub/home")
        ines.get_by_role("link", name="Who is where").click()
        expect(ines).to_have_title("Who is where")
        for page in (*people, ines):
            page.context.close()
