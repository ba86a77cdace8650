"""Predictions: what a file must be, what is asked, and what is said after the next cell."""

from __future__ import annotations

import re

import boto3
import pytest
from botocore.exceptions import ClientError

from cognito_lab import Lab
from cognito_lab.lessons.refused import NotRefusedAsStated
from cognito_lab.practice import predictions, progress
from cognito_lab.practice.predictions import PredictionError, expected, outcome, predict
from cognito_lab.views.twin import WIDGET_VIEW

GUESTS = """
[[prediction]]
number = "77.1"
asks = "A page calls `GetId` for a visitor. What happens?"
choices = [["", "The visitor gets an id"], ["NotAuthorizedException", "It is refused: guests are off"]]
comes = "NotAuthorizedException"
because = "Guests exist only where `AllowUnauthenticatedIdentities` is true."
"""
ALLOWED = GUESTS.replace('comes = "NotAuthorizedException"', 'comes = ""').replace("77.1", "77.2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "77.toml").write_text(GUESTS + ALLOWED, encoding="utf-8")
    monkeypatch.setattr(predictions, "PREDICTIONS", tmp_path)
    return tmp_path


@pytest.fixture
def get_id():
    """`GetId` without a login, at an identity pool that lets guests in, or does not."""
    with Lab.start():
        pools = boto3.client("cognito-identity")

        def get_id(guests: bool) -> str:
            pool = pools.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=guests)
            return pools.get_id(IdentityPoolId=pool["IdentityPoolId"])["IdentityId"]

        yield get_id
    expected.clear()


def press(number: str, place: int) -> str:
    """Press a button of the question; what is said to that."""
    _, *buttons, said = predict(number).widget().children
    buttons[place].click()
    return said.value


# -- what a file must be -----------------------------------------------------------------------------


def test_a_good_file_is_read(folder):
    asked = predict("77.1")
    assert asked.asks.startswith("A page calls") and asked.choices[0][0] == ""
    assert list(predictions.load("77")) == ["77.1", "77.2"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace('because = "', 'why = "'), "prediction 77.1: its fields are number, asks"),
        (lambda text: text.replace('number = "77.1"\n', ""), "prediction after none: its fields are"),
        (lambda text: text.replace('"77.1"', '"78.1"'), "78.1: its number is not one of this lesson"),
        (lambda text: text + text, "77.1: its number stands twice"),
        (lambda text: text.replace('["", "The visitor gets an id"], ', ""), "two or three different choices"),
        (lambda text: text.replace('["", ', '["NotAuthorizedException", '), "two or three different choices"),
        (lambda text: text.replace('comes = "Not', 'comes = "Too'), "what comes is not among the choices"),
        (lambda text: text.replace('["", "The visitor gets an id"]', '"no"'), "a choice is a code and its"),
        (lambda text: "no TOML at all", "77.toml: "),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_prediction_and_rule(folder, change, says):
    (folder / "77.toml").write_text(change(GUESTS), encoding="utf-8")
    with pytest.raises(PredictionError, match=re.escape(says)):
        predictions.load("77")


def test_an_unknown_prediction_is_told_with_those_there_are(folder):
    with pytest.raises(PredictionError, match=r"no prediction '77.9'; the predictions are: 77.1, 77.2"):
        predict("77.9")
    with pytest.raises(PredictionError, match=r"no prediction '78.1'; the predictions are: none"):
        predict("78.1")


# -- what is asked -----------------------------------------------------------------------------------


def test_the_plain_twin_is_the_question_with_its_choices_and_gives_nothing_away(folder):
    asked = predict("77.1")
    assert repr(asked).splitlines() == [
        "What do you expect? A page calls GetId for a visitor. What happens?",
        "",
        "The visitor gets an id",
        "It is refused: guests are off (NotAuthorizedException)",
    ]
    assert "<code>GetId</code>" in asked.html()
    for shown in (repr(asked), asked.html()):
        assert asked.because not in shown


def test_a_live_kernel_gets_buttons_and_a_stored_run_the_question(folder, monkeypatch):
    asked = predict("77.1")
    assert asked._repr_mimebundle_().keys() == {"text/html", "text/plain"}
    monkeypatch.setattr("cognito_lab.views.twin.live", lambda: True)
    assert WIDGET_VIEW in asked._repr_mimebundle_()


# -- what comes of it --------------------------------------------------------------------------------

REFUSED = "✗ GetId refused, as it should be: NotAuthorizedException (HTTP 400)"


def test_a_refusal_that_was_expected(folder, get_id, capsys):
    said = press("77.1", 1)
    assert 'role="status"' in said and "You expect: It is refused" in said and "next cell" in said
    with outcome("77.1") as answer:
        get_id(guests=False)
    assert answer.code == "NotAuthorizedException"
    first, told = capsys.readouterr().out.splitlines()
    assert first.startswith(REFUSED)
    assert told == (
        "→ As you expected: refused with NotAuthorizedException. "
        "Guests exist only where AllowUnauthenticatedIdentities is true."
    )


def test_a_refusal_that_was_not_expected(folder, get_id, capsys):
    press("77.1", 0)
    with outcome("77.1", quiet=True):
        get_id(guests=False)
    told = capsys.readouterr().out
    assert told.startswith("→ Not as you expected: refused with NotAuthorizedException. Guests exist only")


@pytest.mark.parametrize(("place", "says"), [(0, "→ As you expected"), (1, "→ Not as you expected")])
def test_what_is_carried_out(folder, get_id, capsys, place, says):
    press("77.2", place)
    with outcome("77.2"):
        get_id(guests=True)
    assert capsys.readouterr().out.startswith(f"{says}: carried out. ")


def test_the_block_must_end_as_the_file_says(folder, get_id, capsys):
    """Else a lie could pass: what the cell shows would be whatever happens."""
    for number in ("77.1", "77.2"):
        press(number, 0)
    with pytest.raises(NotRefusedAsStated, match="NotAuthorizedException"), outcome("77.1"):
        get_id(guests=True)
    with pytest.raises(ClientError, match="NotAuthorizedException"), outcome("77.2"):
        get_id(guests=False)
    with pytest.raises(ZeroDivisionError), outcome("77.1"):
        _ = 1 / 0
    assert capsys.readouterr().out == "", "nothing is told of a cell that failed"
    with outcome("77.2"):
        get_id(guests=True)
    assert capsys.readouterr().out.startswith("→ As you expected"), "the next try does"


def test_the_last_choice_counts_and_is_told_once(folder, get_id, capsys):
    press("77.2", 1)
    press("77.2", 0)
    for told in ("→ As you expected", ""):
        with outcome("77.2"):
            get_id(guests=True)
        assert capsys.readouterr().out.partition(":")[0] == told


def test_whoever_runs_on_without_a_choice_is_told_nothing(folder, get_id, capsys):
    predict("77.2").widget()
    press("77.1", 0)
    with outcome("77.2"):
        get_id(guests=True)
    assert capsys.readouterr().out == ""


def test_it_is_kept_with_the_progress(folder, get_id, monkeypatch):
    noted = []
    monkeypatch.setattr(predictions.start_page, "note", lambda *what: noted.append(what) or "")
    for place in (0, 1):
        press("77.2", place)
        with outcome("77.2"):
            get_id(guests=True)
    assert noted == [("prediction", "77.2", "as expected"), ("prediction", "77.2", "not as expected")]


def test_what_cannot_be_noted_is_said(folder, get_id, capsys, monkeypatch):
    monkeypatch.setattr(predictions.start_page, "note", lambda *_: "This could not be noted: read-only.")
    press("77.2", 0)
    with outcome("77.2"):
        get_id(guests=True)
    assert capsys.readouterr().out.endswith("\nThis could not be noted: read-only.\n")


def test_forgetting_forgets_predictions_too(tmp_path):
    progress.note("prediction", "77.1", "as expected", tmp_path)
    assert progress.load_progress(tmp_path)["prediction"] == {"77.1": "as expected"}
    progress.reset(tmp_path)
    assert progress.load_progress(tmp_path) == {}


# -- what is asked in the lessons ---------------------------------------------------------------------

ASKED = sorted(path.stem for path in predictions.PREDICTIONS.glob("*.toml"))


@pytest.mark.parametrize("lesson", ASKED)
def test_neither_place_nor_length_tells_which_choice_comes(lesson):
    asked = predictions.load(lesson).values()
    places = [[code for code, _ in each.choices].index(each.comes) for each in asked]
    longest = [max(each.choices, key=lambda choice: len(choice[1]))[0] == each.comes for each in asked]
    most = (len(places) + 1) // 2
    assert max(places.count(place) for place in places) <= most, "always at the same place"
    assert sum(longest) <= most, "always the longest"
