"""The course in JupyterLab, in a browser: run, and worked with by keyboard."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from browser_support import (
    JupyterLab,
    choose,
    look_at,
    pictures,
    press_until,
    run_all,
    stored_pictures,
    tab_to,
)
from playwright.sync_api import Locator, Page, expect

from cognito_lab.course.setup.environment import TEMPLATES
from cognito_lab.practice.exercises import Exercise
from cognito_lab.practice.quizzes import quiz

# --- lessons ----------------------------------------------------------------------------------------


def test_a_lesson_runs_from_top_to_bottom(page: Page, jupyter: JupyterLab):
    lesson = jupyter.folder / "00_start_here.ipynb"
    notebook = nbformat.read(lesson, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, jupyter.folder / "scratch.ipynb")
    panel = jupyter.open(page, "scratch.ipynb")
    assert pictures(panel) == []
    assert run_all(page, panel) == []
    found = pictures(panel)
    assert len(found) >= len(stored_pictures(lesson)) > 0 and all(alt and seen for alt, seen in found)
    look_at(page, panel, "lesson_00")


def test_an_error_in_a_cell_is_seen(page: Page, jupyter: JupyterLab):
    """So the one above can fail."""
    panel = jupyter.open(page, jupyter.write("broken.ipynb", "1 / 0"))
    assert "ZeroDivisionError" in "".join(run_all(page, panel))


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


START = """\
import boto3
from cognito_lab import Lab
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


class Shown(NamedTuple):
    """A notebook that ran, and the output of its last cell, where the keyboard is."""

    panel: Locator
    output: Locator


@pytest.fixture
def show(page: Page, jupyter: JupyterLab) -> Callable[[str], Shown]:
    """Run a notebook with this as its last cell."""

    def run(cell: str) -> Shown:
        panel = jupyter.open(page, jupyter.write("scratch.ipynb", START, cell))
        assert run_all(page, panel) == []
        return Shown(panel, panel.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output"))

    return run


def test_a_question_is_answered_wrong_and_right(page, show):
    asked = quiz("01").questions[0]
    wrong, right = (
        next(place for place, choice in enumerate(asked.choices) if choice.right is wanted)
        for wanted in (False, True)
    )
    panel, output = show('from cognito_lab import quiz\nquiz("01")')
    choices = output.locator(".widget-radio").first.get_by_role("radio")
    button = output.get_by_role("button", name="Check answer 1", exact=True)
    said = output.get_by_role("alert")

    tab_to(page, choices)
    page.keyboard.press("Space")
    press_until(page, "ArrowDown", choices.nth(wrong).is_checked)
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(said).to_have_text(re.compile(r"^\s*Not right\b"))
    expect(said).to_contain_text(asked.choices[wrong].because.partition("`")[0])
    tab_to(page, choices, "Shift+Tab")
    page.keyboard.press("Space")
    press_until(page, "ArrowUp", choices.nth(right).is_checked)
    expect(said).to_have_count(0)
    tab_to(page, button)
    page.keyboard.press("Space")
    expect(said).to_have_text(re.compile(r"^\s*Right\b"))
    expect(said).to_contain_text(asked.choices[right].because.partition("`")[0])
    expect(button).to_be_focused()
    expect(output.get_by_role("radio", checked=True)).to_have_count(1)
    look_at(page, panel, "quiz")
    tab_to(page, choices, "Shift+Tab")
    for _ in range(12):  # beyond the last choice there is no other question to be answered by accident
        page.keyboard.press("ArrowDown")
    expect(output.get_by_role("radio", checked=True)).to_have_count(1)
    tab_to(page, output.get_by_role("button", name="Next"))
    page.keyboard.press("Enter")
    expect(output).to_contain_text("question 2 of")
    expect(output.get_by_role("radio", checked=True)).to_have_count(0)


def test_a_recording_is_stepped_through_and_still_shown_the_next_day(page, jupyter, show):
    panel, output = show("story.steps()")
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
    look_at(page, panel, "steps")

    choose(page, "Kernel", "Shut Down Kernel")
    # A page that is left while it saves would leave half a file.
    with page.expect_response(lambda it: it.request.method == "PUT" and "/api/contents/" in it.url) as saved:
        choose(page, "File", "Save Notebook")
    assert saved.value.ok
    expect(panel.locator(".jp-mod-dirty")).to_have_count(0)
    panel = jupyter.open(page, "scratch.ipynb")
    expect(panel.locator(".jp-OutputArea-output")).to_contain_text("step 1 of 2")


def test_an_edited_claim_makes_a_step_fail(page, show):
    panel, output = show(
        "from cognito_lab import show_token\n"
        'issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{scene.pool}"\n'
        'show_token(tokens["IdToken"], use="id", client=scene.client, issuer=issuer)'
    )
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
    look_at(page, panel, "token")


def test_an_exercise_is_not_done_then_wrong_then_solved(page, jupyter, show):
    task = Exercise("01.1")
    said = {name: says for name, _, says in task.wrong()}
    panel, output = show(f"task = lab.exercise('01.1')\n{task.stub}")
    expect(output).to_have_text(re.compile("Exercise 01.1: not done yet"))
    unconfirmed = "\n".join(task.solved.splitlines()[:-1])
    for answer, says in ((unconfirmed, said["wrong_only_signed_up"]), (task.solved, "solved")):
        page.keyboard.press("Enter")  # into the cell
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(f"{answer}\n\ntask.check({task.name})")
        page.keyboard.press("Control+Enter")
        expect(output).to_contain_text(says)
    progress = json.loads((jupyter.folder / ".progress.json").read_text())
    assert progress["exercise"] == {"01.1": "done"}
    assert "1 of " in (jupyter.folder / "START.md").read_text()
    look_at(page, panel, "exercise")
