"""The course in JupyterLab, in a browser: run, and worked with by keyboard."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from browser_support import (
    JupyterLab,
    careful_page,
    choose,
    look_at,
    pictures,
    press_until,
    run_all,
    stored_pictures,
    tab_to,
)
from playwright.sync_api import Browser, Locator, Page, expect

from cognito_lab.course.setup.environment import TEMPLATES
from cognito_lab.practice.exercises import Exercise
from cognito_lab.practice.predictions import PREDICTIONS, load
from cognito_lab.practice.quizzes import PAPER, quiz

# --- lessons ----------------------------------------------------------------------------------------


def test_a_lesson_runs_from_top_to_bottom(page: Page, jupyter: JupyterLab):
    lesson = jupyter.folder / "00_start_here.ipynb"
    panel = jupyter.open(page, jupyter.write_unrun("scratch.ipynb", lesson.name))
    assert pictures(panel) == []
    assert run_all(page, panel) == []
    found = pictures(panel)
    assert len(found) >= len(stored_pictures(lesson)) > 0 and all(alt and seen for alt, seen in found)
    look_at(page, panel, "lesson_00")


# --- what is worked with ------------------------------------------------------------------------------

FOCUSED = ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"


def test_every_plain_key_of_a_notebook_leaves_the_widgets_alone():
    """Else an arrow among a question's choices goes to the next cell, and X in a list cuts the cell."""
    keys = Path(sys.prefix, "share/jupyter/lab/schemas/@jupyterlab/notebook-extension/tracker.json")
    wanted = []
    for shortcut in json.loads(keys.read_text())["jupyter.lab.shortcuts"]:
        plain = shortcut["keys"] and not any(" " in key for key in shortcut["keys"])
        if plain and shortcut["selector"] == FOCUSED:
            wanted.append({**shortcut, "disabled": True})
            wanted.append({**shortcut, "selector": f"{FOCUSED}:not(.jupyter-widgets *)"})
    ours = json.loads((TEMPLATES / "config/labconfig/default_setting_overrides.json").read_text())
    assert ours["@jupyterlab/shortcuts-extension:shortcuts"]["shortcuts"] == wanted


# Any of them with this answer: the cell after it is our own.
PREDICTED = next(
    each
    for path in sorted(PREDICTIONS.glob("*.toml"))
    for each in load(path.stem).values()
    if each.comes == "NotAuthorizedException"
)
START = """\
import boto3
from cognito_lab import Lab, outcome, predict, quiz, show_token
lab = Lab.start()
scene = lab.scene("members")
sign_in = {"USERNAME": "mara", "PASSWORD": scene.password}
user_pools = boto3.client("cognito-idp")
with lab.record() as story:
    tokens = user_pools.initiate_auth(
        ClientId=scene.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=sign_in
    )["AuthenticationResult"]
    user_pools.get_user(AccessToken=tokens["AccessToken"])
"""
TOKEN = """\
issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{scene.pool}"
show_token(tokens["IdToken"], use="id", client=scene.client, issuer=issuer)
"""
SHOWN = f"""\
with outcome("{PREDICTED.number}"):
    user_pools.get_user(AccessToken=tokens["IdToken"])
"""
CELLS = {
    "start": START, "question": 'quiz("01")', "paper": f'quiz("{PAPER}")',
    "prediction": f'predict("{PREDICTED.number}")', "shows": SHOWN,
    "recording": "story.steps()", "token": TOKEN, "last": "1 / 0",
}  # fmt: skip


class Worksheet(NamedTuple):
    """A notebook with everything that is worked with, a cell each, which ran from top to bottom."""

    page: Page
    panel: Locator
    errors: list[str]

    def cell(self, name: str) -> Locator:
        return self.panel.locator(".jp-CodeCell").nth(list(CELLS).index(name))

    def output(self, name: str) -> Locator:
        return self.cell(name).locator(".jp-OutputArea-output")

    def go_to(self, name: str) -> Locator:
        """Make this cell the one where the keyboard is. Returns its output."""
        self.cell(name).locator(".jp-InputPrompt").click()
        return self.output(name)


@pytest.fixture(scope="module")
def worksheet(browser: Browser, jupyter: JupyterLab) -> Iterator[Worksheet]:
    """One for all tests, each of which works in its own cell, as a learner goes down a lesson."""
    with careful_page(browser) as page:
        panel = jupyter.open(page, jupyter.write("worksheet.ipynb", *CELLS.values()))
        yield Worksheet(page, panel, run_all(page, panel))


def test_an_error_in_a_cell_is_seen(worksheet: Worksheet):
    """So a lesson that runs from top to bottom can fail. Here all cells but the last have worked."""
    (error,) = worksheet.errors
    assert "ZeroDivisionError" in error


def test_a_question_is_answered_wrong_and_right(worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("question")
    asked = quiz("01").questions[0]
    wrong, right = (
        next(place for place, choice in enumerate(asked.choices) if choice.right is wanted)
        for wanted in (False, True)
    )
    choices = output.locator(".widget-radio").first.get_by_role("radio")
    button = output.get_by_role("button", name="Check answer 1", exact=True)
    said = output.get_by_role("alert")

    def is_told(verdict: str, key: str) -> None:
        # ipywidgets sends a click at once, but a change when the one before is answered.
        for seconds in (2, 5, 30):
            page.keyboard.press(key)
            with suppress(AssertionError):
                return expect(said).to_have_text(re.compile(rf"^\s*{verdict}\b"), timeout=seconds * 1000)
        raise AssertionError(f"{verdict!r} is not said: {said.all_inner_texts()}")

    tab_to(page, choices)
    page.keyboard.press("Space")
    press_until(page, "ArrowDown", choices.nth(wrong).is_checked)
    tab_to(page, button)
    is_told("Not right", "Enter")
    expect(said).to_contain_text(asked.choices[wrong].because.partition("`")[0])
    tab_to(page, choices, "Shift+Tab")
    page.keyboard.press("Space")
    press_until(page, "ArrowUp", choices.nth(right).is_checked)
    expect(said).to_have_count(0)
    tab_to(page, button)
    is_told("Right", "Space")
    expect(said).to_contain_text(asked.choices[right].because.partition("`")[0])
    expect(button).to_be_focused()
    expect(output.get_by_role("radio", checked=True)).to_have_count(1)
    tab_to(page, choices, "Shift+Tab")
    for _ in range(12):  # beyond the last choice there is no other question to be answered by accident
        page.keyboard.press("ArrowDown")
    expect(output.get_by_role("radio", checked=True)).to_have_count(1)
    tab_to(page, output.get_by_role("button", name="Next"))
    page.keyboard.press("Enter")
    expect(output).to_contain_text("question 2 of")
    expect(output.get_by_role("radio", checked=True)).to_have_count(0)


def test_an_answer_of_the_practice_paper_leads_to_another_lesson_and_leaves_the_paper_open(
    worksheet: Worksheet,
):
    page, output = worksheet.page, worksheet.go_to("paper")
    claim = quiz(PAPER).questions[0].claim
    output.get_by_role("radio").or_(output.get_by_role("checkbox")).first.check()
    output.get_by_role("button", name="Check answer 1", exact=True).click()
    with page.context.expect_page() as opened:
        output.get_by_role("alert").get_by_role("link", name=f"Claim {claim}").click()
    tab = opened.value.locator(".lm-mod-current .lm-TabBar-tabLabel", has_text=f"{claim[:2]}_")
    expect(tab).to_be_visible()
    opened.value.close()
    expect(output.get_by_role("alert")).to_be_visible()


def test_what_is_expected_is_said_by_keyboard_and_the_next_cell_says_what_came(worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("prediction")
    other = next(place for place, (code, _) in enumerate(PREDICTED.choices) if code != PREDICTED.comes)
    tab_to(page, output.get_by_role("button").nth(other))
    page.keyboard.press("Enter")
    said = output.get_by_role("status")
    expect(said).to_contain_text("Now run the next cell")
    worksheet.go_to("shows")
    page.keyboard.press("Control+Enter")
    expect(worksheet.output("shows").last).to_contain_text("Not as you expected")
    worksheet.go_to("prediction")
    output.get_by_role("button").nth([code for code, _ in PREDICTED.choices].index(PREDICTED.comes)).click()
    expect(said).to_contain_text("You expect")
    worksheet.go_to("shows")
    page.keyboard.press("Control+Enter")
    expect(worksheet.output("shows").last).to_contain_text("→ As you expected: refused with NotAuthorized")
    expect(worksheet.output("shows").last).to_contain_text(PREDICTED.because.replace("`", ""))


def test_a_recording_is_stepped_through(worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("recording")
    following, previous = (output.get_by_role("button", name=name) for name in ("Next", "Previous"))
    expect(output).to_contain_text("step 1 of 2")
    expect(output).to_contain_text("InitiateAuth")
    tab_to(page, following)
    page.keyboard.press("Enter")
    expect(output).to_contain_text("step 2 of 2")
    expect(output).to_contain_text("GetUser")
    page.keyboard.press("Space")
    expect(output).to_contain_text("step 2 of 2")
    expect(following).to_be_focused()
    tab_to(page, previous, "Shift+Tab")
    page.keyboard.press("Space")
    expect(output).to_contain_text("step 1 of 2")


def test_an_edited_claim_makes_a_step_fail(worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("token")
    claim, signature = (output.get_by_label(name, exact=True) for name in ("Edit", "Signature"))
    value = output.get_by_label("Value (JSON)")
    expect(output).to_contain_text("every step passed")
    tab_to(page, claim)
    press_until(
        page, "ArrowDown", lambda: claim.evaluate("it => it.selectedOptions[0].label").endswith("aud")
    )
    expect(value).to_have_value(re.compile(r'"\w{20,}"'))  # the app client's id has come from the kernel
    tab_to(page, value)
    page.keyboard.press("Control+A")
    page.keyboard.type('"another-app"')
    page.keyboard.press("Enter")
    expect(output).to_contain_text("falls at step 5, signature")
    tab_to(page, signature)
    page.keyboard.press("ArrowDown")
    expect(output).to_contain_text("falls at step 2, algorithm")


def test_an_exercise_is_not_done_then_wrong_then_solved(jupyter: JupyterLab, worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("last")
    task = Exercise("01.1")
    said = {name: says for name, _, says in task.wrong()}
    unconfirmed, check = "\n".join(task.solved.splitlines()[:-1]), task.solved_cell.splitlines()[-1]
    for answer, says in (
        (task.stub, "Exercise 01.1: not done yet"),
        (f"{unconfirmed}\n\n{check}", said["wrong_only_signed_up"]),
        (task.solved_cell, "solved"),
    ):
        page.keyboard.press("Enter")  # into the cell
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(answer)
        page.keyboard.press("Control+Enter")
        expect(output).to_contain_text(says)
    progress = json.loads((jupyter.folder / ".progress.json").read_text())
    assert progress["exercise"] == {"01.1": "done"}
    assert "1 of " in (jupyter.folder / "START.md").read_text()


def test_a_short_exercise_is_failed_and_solved(jupyter: JupyterLab, worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("last")
    task = Exercise("02.5")
    assert task.minutes <= 2
    _, wrong, says = next(task.wrong())
    check = task.solved_cell.splitlines()[-1]
    for answer, said in ((f"{task.name} = {wrong!r}\n\n{check}", says), (task.solved_cell, "solved")):
        page.keyboard.press("Enter")
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(answer)
        page.keyboard.press("Control+Enter")
        expect(output).to_contain_text(said)
    assert "02.5" in json.loads((jupyter.folder / ".progress.json").read_text())["exercise"]


def test_what_is_worked_with_is_easy_to_see(worksheet: Worksheet):
    """As the tests above have left it: answered, stepped through, edited and solved."""
    look_at(worksheet.page, worksheet.panel, "worksheet")


def test_a_cell_that_runs_again_after_its_scene_is_over_says_so(worksheet: Worksheet):
    page, output = worksheet.page, worksheet.go_to("last")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text('lab.scene("directory")')
    page.keyboard.press("Control+Enter")
    expect(output).to_contain_text("directory: ")
    again = worksheet.go_to("token")
    page.keyboard.press("Control+Enter")
    expect(again).to_contain_text("of the scene “members”, which is over: run the section again from")


# --- what a notebook shows when it is opened again -----------------------------------------------------


def save(page: Page) -> None:
    """A page that is left while it saves would leave half a file."""
    with page.expect_response(lambda it: it.request.method == "PUT" and "/api/contents/" in it.url) as saved:
        choose(page, "File", "Save Notebook")
    assert saved.value.ok
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-mod-dirty")).to_have_count(0)


def opened_again(worksheet: Worksheet, jupyter: JupyterLab) -> Worksheet:
    worksheet.page.goto("about:blank")
    return worksheet._replace(panel=jupyter.open(worksheet.page, "worksheet.ipynb"))


def are_plain_twins(opened: Worksheet) -> None:
    """Everything that was worked with is there to be read, without a button that nobody answers."""
    for name, says in (
        ("question", quiz("01").questions[0].text.partition("`")[0]),
        ("paper", quiz(PAPER).questions[0].text.partition("`")[0]),
        ("prediction", PREDICTED.choices[0][1]),
        ("recording", "GetUser"),
        ("token", "aud"),
    ):
        expect(opened.output(name).last).to_contain_text(says)
    expect(opened.panel.locator(".jp-OutputArea-output").get_by_role("button")).to_have_count(0)


def test_a_page_that_is_loaded_again_has_its_widgets_while_the_kernel_runs(
    worksheet: Worksheet, jupyter: JupyterLab
):
    save(worksheet.page)
    opened = opened_again(worksheet, jupyter)
    output = opened.output("recording")
    expect(output).to_contain_text("step 1 of 2")
    output.get_by_role("button", name="Next").click()
    expect(output).to_contain_text("step 2 of 2")


def test_after_the_kernel_was_restarted_the_plain_twins_are_read(worksheet: Worksheet, jupyter: JupyterLab):
    page = worksheet.page
    choose(page, "Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    save(page)
    are_plain_twins(opened_again(worksheet, jupyter))


def test_the_next_day_the_plain_twins_are_read(worksheet: Worksheet, jupyter: JupyterLab):
    page, name = worksheet.page, jupyter.write("next_day.ipynb", START, CELLS["recording"])
    assert run_all(page, jupyter.open(page, name)) == []
    choose(page, "Kernel", "Shut Down Kernel")
    save(page)
    page.goto("about:blank")
    output = jupyter.open(page, name).locator(".jp-OutputArea-output").last
    expect(output).to_contain_text("GetUser")
    expect(output.get_by_role("button")).to_have_count(0)
