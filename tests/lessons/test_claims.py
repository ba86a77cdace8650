"""The claims of the course: read from the lessons, listed in one file, as certain as their sources."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import pytest

from cognito_lab.course.notebooks import run
from cognito_lab.lessons import claims, lies
from cognito_lab.lessons.claims import CLAIM_KINDS, Claim, Piece
from cognito_lab.practice.predictions import predict

CONFIDENCE = ("documented", "probable", "sources differ")
TEXT = (claims.DATA / "claims.toml").read_text(encoding="utf-8")
CLAIMS = list(claims.claims().values())
LESSONS = sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))
NUMBERS = [path.name[:2] for path in LESSONS]
MARK = re.compile(r"\bstated(?: here)?, not shown", re.IGNORECASE)
OUTCOME = re.compile(r'\boutcome\("([^"]+)"')  # shows what a prediction says, without naming it
each_lesson = pytest.mark.parametrize("number", NUMBERS)


def of(number: str) -> list[Claim]:
    return [claim for claim in CLAIMS if claim.number[:2] == number]


def shown(number: str) -> list[Claim]:
    return [claim for claim in of(number) if claim.kind in ("proved", "refused")]


def lesson(number: str) -> list[Piece]:
    return claims.pieces(claims.lesson(number))


# -- the file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.number)
def test_a_row_is_complete(claim):
    assert claim.kind in CLAIM_KINDS and claim.confidence in CONFIDENCE
    assert bool(claim.doubt) == (claim.confidence != "documented")
    assert bool(claim.mark) == (claim.kind == "stated") == bool(re.fullmatch(r"\d\d\.s\d+", claim.number))
    assert claim.why if claim.kind in ("stated", "not shown yet") else claim.sources
    assert claim.says.endswith(".") and claim.number[:2] in NUMBERS
    for title, address in claim.sources:
        assert title and re.fullmatch(r"https://[\w.-]+/\S+", address)


def test_numbers_come_once_and_in_order():
    rows = re.findall(r'^number = "(.+)"$', TEXT, re.MULTILINE)
    assert rows == [claim.number for claim in CLAIMS]
    assert rows == sorted(rows, key=lambda row: (row[:2], row[3] == "s", int(row[3:].lstrip("s"))))


@each_lesson
def test_no_claim_of_a_lesson_is_left_out(number):
    given = [int(claim.number[3:]) for claim in of(number) if claim.kind != "stated"]
    assert given == list(range(1, len(given) + 1))


def test_every_page_is_a_source_of_something():
    used = {address for claim in CLAIMS for _, address in claim.sources}
    assert set(re.findall(r'"(https://[^"]+)"\]$', TEXT, re.MULTILINE)) == used


# -- the lessons ----------------------------------------------------------------------------------------


@each_lesson
def test_the_lessons_and_the_file_have_the_same_claims(number):
    assert {piece.claim for piece in lesson(number)} - {""} == {claim.number for claim in shown(number)}


@each_lesson
def test_each_claim_has_cells_that_say_what_its_kind_promises(number):
    for claim in shown(number):
        code = "\n".join(piece.text for piece in lesson(number) if piece.claim == claim.number and piece.run)
        is_refused = "refused(" in code or any(predict(one).comes for one in OUTCOME.findall(code))
        assert is_refused == (claim.kind == "refused"), claim.number
        assert "assert " in code or is_refused, claim.number


def marked(pieces: Iterable[Piece]) -> list[str]:
    """The paragraphs that say "stated, not shown", with what follows a colon at their end."""
    found = []
    for piece in pieces:
        text = re.sub(r":\n\n", ":\n", piece.text) if not piece.run else ""
        found += [paragraph for paragraph in text.split("\n\n") if MARK.search(paragraph)]
    return found


def unmatched(pieces: list[Piece], stated: list[Claim]) -> list[str]:
    """Marks without a row in the file, and rows without a mark."""
    paragraphs = marked(pieces)
    without_row = [text for text in paragraphs if not any(row.mark in text for row in stated)]
    without_mark = [row.number for row in stated if sum(row.mark in text for text in paragraphs) != 1]
    return without_row + without_mark


@each_lesson
def test_what_is_stated_and_not_shown_is_in_the_file_and_the_reverse(number):
    assert unmatched(lesson(number), [claim for claim in of(number) if claim.kind == "stated"]) == []


def test_a_mark_without_a_row_and_a_row_without_a_mark_are_noticed():
    stated = [claim for claim in of("01") if claim.kind == "stated"]
    more = Piece("", "", 0, "AWS also sings (stated, not shown).")
    assert unmatched([*lesson("01"), more], stated) == [more.text]
    assert unmatched(lesson("01"), [*stated, replace(stated[0], number="01.s9", mark="sings")]) == ["01.s9"]


# -- how sure -------------------------------------------------------------------------------------------


def daggers(pieces: Iterable[Piece]) -> set[str]:
    """The claims whose texts have a dagger. The opening says what it means, the summary repeats it."""
    texts = [piece for piece in pieces if not piece.run and piece.heading not in ("", "What was proved")]
    return {piece.claim for piece in texts if "†" in piece.text}


@each_lesson
def test_a_claim_that_is_not_certain_has_a_dagger_and_no_other_has(number):
    uncertain = {claim.number for claim in shown(number) if claim.confidence != "documented"}
    assert daggers(lesson(number)) == uncertain


def built_on_texts(code: str) -> bool:
    """Whether an assertion looks at the text of a refusal, or at the whole answer that has it."""
    asserts = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]
    names = {getattr(node, "attr", "") for each in asserts for node in ast.walk(each)}
    words = {getattr(node, "value", None) for each in asserts for node in ast.walk(each)}
    return bool(names & {"message", "args", "response"} or words & {"Message", "message"})


def several_codes(code: str) -> bool:
    """Whether a refusal may come with one of several codes."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return any(getattr(call.func, "id", "") == "refused" and len(call.args) > 1 for call in calls)


@each_lesson
def test_what_is_not_certain_is_asserted_by_code_or_status_only(number):
    for claim in shown(number):
        for piece in lesson(number):
            if piece.claim == claim.number and piece.run:
                assert claim.confidence == "documented" or not built_on_texts(piece.text), piece
                assert claim.confidence == "sources differ" or not several_codes(piece.text), piece


def test_the_rules_about_certainty_can_fail():
    assert built_on_texts('assert "Denied" in answer.message')
    assert built_on_texts('assert error.response["Error"]["Message"]')
    assert not built_on_texts("assert answer.status == 400 and answer.code\nanswer.message")
    assert several_codes('with refused("A", "B"):\n    pass')
    assert not several_codes('with refused("A"):\n    pass')
    texts = [Piece("01.1", "x", 0, "so it is†"), Piece("", "", 0, "†"), Piece("01.2", "x", 3, "†")]
    assert daggers(texts) == {"01.1"}


# -- from marker to cells ---------------------------------------------------------------------------------


def test_a_claim_holds_from_its_marker_to_the_next_or_to_a_heading_and_comes_again(tmp_path):
    texts = [
        "intro",
        "!",
        "## One\n\nfirst",
        "!",
        "so **07.1 · this.** Look",
        "!",
        "on† **07.2 · that.**",
        "!",
    ]
    texts += ["## Two", "!", "**07.1 · again**", "!"]
    cells = [{"cell_type": "code" if text == "!" else "markdown", "source": [text]} for text in texts]
    path = tmp_path / "07_lesson.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    code = [(piece.claim, piece.heading, piece.run) for piece in claims.pieces(path) if piece.run]
    assert code == [
        ("", "", 1),
        ("", "One", 2),
        ("07.1", "One", 3),
        ("07.2", "One", 4),
        ("", "Two", 5),
        ("07.1", "Two", 6),
    ]
    assert daggers(claims.pieces(path)) == {"07.1"}  # what stands before a marker belongs to the claim before


# -- the page ---------------------------------------------------------------------------------------------


@each_lesson
def test_the_index_links_to_sections_and_cells_that_exist(number):
    index = claims.claims_index(number).html()
    places = {f"cell-id={piece.cell}" for piece in lesson(number) if piece.cell}
    for claim in shown(number):
        for heading, found in claims.places(claim.number).items():
            assert heading and [bool(piece.run) for piece in found] == [False, *[True] * (len(found) - 1)]
            assert len(found) > 1, claim.number
    addresses = re.findall(rf'href="({number}_[^"]+)"', index)
    assert addresses
    for address in addresses:
        file, _, place = unescape(address).partition("#")
        assert (run.NOTEBOOKS / file).is_file()
        assert place in places | {""}


@each_lesson
def test_the_index_says_the_same_as_html_and_as_text(number):
    index = claims.claims_index(number)
    for claim in of(number):
        assert claim.number in repr(index) and escape(claim.says) in index.html()
        assert all(escape(each.says) in index.html() for each in lies.lies_about(claim.number))
    assert index.html().count('scope="row"') == len(of(number)) == len(repr(index).splitlines())


@each_lesson
def test_each_lesson_has_its_table_on_the_page(number):
    page = json.loads((run.NOTEBOOKS / "A1_claims.ipynb").read_text(encoding="utf-8"))
    assert sum(cell["source"] == [f'claims_index("{number}")'] for cell in page["cells"]) == 1


def test_a_lesson_that_is_not_written_has_no_index():
    with pytest.raises(ValueError, match="no lesson '77'"):
        claims.claims_index("77")


def test_the_pages_of_the_course_are_chosen_by_their_number_as_lessons_are():
    assert run.choose(["A1"]) == [Path(run.NOTEBOOKS / "A1_claims.ipynb")]


def test_the_thirty_sentences_of_older_notes_have_homes_and_a_lesson_that_is_not_written_says_so():
    page = json.loads((run.NOTEBOOKS / "A1_claims.ipynb").read_text(encoding="utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in page["cells"])
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\| \d+ \|.*$", text, re.M)
    ]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 31)]
    for _, says, status, today, home in rows:
        assert says and re.match("confirmed|refined|incomplete|outdated", status)
        assert today or status == "confirmed"
        homes = re.findall(r"\b(\d\d)(\.\d+)?( ‡)?", home)
        assert homes
        for number, claim, missing in homes:
            assert bool(missing) == (number not in NUMBERS), home
            assert not claim or number + claim in {each.number for each in shown(number)}, home
