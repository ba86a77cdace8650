"""Quizzes: what a question file must be, what the widget says, and the page that is stored instead."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from cognito_lab.lessons import claims
from cognito_lab.paths import NOTEBOOKS
from cognito_lab.practice import progress, start_page
from cognito_lab.practice.quizzes import PAPER, QUIZZES, Question, Quiz, load_questions, quiz
from cognito_lab.views.palette import MARK, REFUSED
from cognito_lab.views.twin import WIDGET_VIEW

LESSONS = sorted(start_page.plan()[0])
OF_ONE_LESSON = [number for number in LESSONS if number != PAPER]
CHOICE = '[[question.choice]]\ntext = "{text}"\nright = {right}\nbecause = "because of {text}"\n'


def question(
    number: int, right: str = "A", several: bool = False, of: str = "ABC", stop: bool = False
) -> str:
    """A question about claim 01.1, as a file has it; ``right`` names the right ones ``of`` the choices."""
    head = f'[[question]]\nid = "01.q{number}"\nclaim = "01.1"\ntext = "Why {number}?"\n'
    head += "several = true\n" * several + "stop = true\n" * stop
    return head + "".join(CHOICE.format(text=name, right=str(name in right).lower()) for name in of)


GOOD = [question(number, right="ABC"[number % 3]) for number in range(1, 8)] + [
    question(8, "BC", several=True)
]


@pytest.fixture
def read_file(tmp_path):
    """Reads questions as if a file of lesson 01 held them."""

    def read_file(*questions: str, stop: bool = False):
        (tmp_path / "01.toml").write_text("\n".join(questions), encoding="utf-8")
        return load_questions(tmp_path / "01.toml", {"01.1"}, stop)

    return read_file


# -- what a file must be -----------------------------------------------------------------------------


def test_a_good_file_is_read(read_file):
    questions = read_file(*GOOD)
    assert [asked.number for asked in questions] == list(range(1, 9))
    assert questions[0].right == {"1B"} and questions[7].right == {"8B", "8C"}
    assert questions[0].choices[1].because == "because of B"


THIRD = GOOD[2]
BROKEN = {
    "question 01.q3: choice A: missing, of another kind, or no field of it: because": THIRD.replace(
        'because = "because of A"', ""
    ),
    "question 01.q3: choice B: missing, of another kind, or no field of it: because": THIRD.replace(
        "because of B", ""
    ),
    "question 01.q3: choice C: missing, of another kind, or no field of it: right": THIRD.replace(
        'right = false\nbecause = "because of C"', 'right = "no"\nbecause = "because of C"'
    ),
    "question 01.q3: choice A: missing, of another kind, or no field of it: hint": THIRD.replace(
        'because = "because of A"', 'because = "because of A"\nhint = "A"'
    ),
    "question 01.q3: missing, of another kind, or no field of it: text": THIRD.replace('text = "Why 3?"', ""),
    "question 3: missing, of another kind, or no field of it: id": THIRD.replace('id = "01.q3"', ""),
    "question 01.q3: missing, of another kind, or no field of it: choice": question(3, of=""),
    "question 01.q3: it may not rest on claim 01.9": THIRD.replace("01.1", "01.9"),
    "question 01.q2: another question has this id": question(2, "B"),
    "question 01.q3: 2 choices, not three or four": question(3, of="AB"),
    "question 01.q3: 5 choices, not three or four": question(3, of="ABCDE"),
    "question 01.q3: two choices say the same": question(3).replace('text = "B"', 'text = "A"'),
    "question 01.q3: 0 of 3 choices are right": question(3, right=""),
    "question 01.q3: 3 of 3 choices are right": question(3, right="ABC", several=True),
    "question 01.q3: 2 right, and several is False": question(3, right="AB"),
    "question 01.q3: 1 right, and several is True": question(3, right="A", several=True),
}


@pytest.mark.parametrize("says", BROKEN)
def test_a_bad_question_is_refused_by_file_question_and_rule(read_file, says):
    with pytest.raises(ValueError, match=f"^{re.escape(f'01.toml, {says}')}$"):
        read_file(*GOOD[:2], BROKEN[says], *GOOD[3:])


def test_a_bad_file_is_refused_by_its_name(read_file):
    with pytest.raises(ValueError, match=r"^01.toml: 4 questions, of at least 5$"):
        read_file(*GOOD[:4])
    with pytest.raises(ValueError, match=r"^01.toml: 0 questions"):
        read_file("")
    with pytest.raises(ValueError, match=r"^01.toml: .*line 1"):
        read_file("this is a poem")
    with pytest.raises(ValueError, match=r"^01.toml: a question begins with \[\[question\]\]$"):
        read_file(*GOOD[:1][0].replace("[[question]]", "[question]").splitlines()[:3])
    same = [question(number, "B") for number in range(1, 8)]
    with pytest.raises(ValueError, match=r"^01.toml: the right choice is always at the same place$"):
        read_file(*same, question(8, "AC", several=True))  # which does not make up for it
    assert read_file(*same, question(8, "A"))


def test_the_questions_of_the_place_to_stop_are_asked_there_and_not_again(read_file):
    there = [question(number, right="ABC"[number % 3], stop=True) for number in range(9, 12)]
    stops = read_file(*GOOD[:4], *there, *GOOD[4:], stop=True)
    assert [asked.text for asked in stops] == ["1. Why 9?", "2. Why 10?", "3. Why 11?"]
    assert read_file(*GOOD[:4], *there, *GOOD[4:]) == read_file(*GOOD)
    with pytest.raises(ValueError, match=r"^01.toml: 2 questions, of at least 3$"):
        read_file(*GOOD, *there[:2], stop=True)


def test_a_lesson_that_is_not_there_has_no_quiz():
    with pytest.raises(ValueError, match="77"):
        quiz("77")


@pytest.mark.parametrize(
    ("lesson", "claim", "refused"),
    [("01", "01.1", False), ("01", "02.1", True), (PAPER, "02.1", False), (PAPER, "02.99", True)],
)
def test_a_lesson_asks_about_its_own_claims_and_the_paper_about_all_that_exist(
    tmp_path, monkeypatch, lesson, claim, refused
):
    monkeypatch.setattr("cognito_lab.practice.quizzes.QUIZZES", tmp_path)
    text = "\n".join([*GOOD[:4], GOOD[4].replace('"01.1"', f'"{claim}"')])
    (tmp_path / f"{lesson}.toml").write_text(text, encoding="utf-8")
    if refused:
        says = f"^{lesson}.toml, question 01.q5: it may not rest on claim {claim}$"
        with pytest.raises(ValueError, match=says):
            quiz(lesson)
    else:
        assert quiz(lesson).questions[4].claim == claim


# -- the course's own files --------------------------------------------------------------------------


def entries_of(lesson: str) -> list[dict[str, Any]]:
    return tomllib.loads((QUIZZES / f"{lesson}.toml").read_text(encoding="utf-8"))["question"]


def questions_of(lesson: str) -> list[Question]:
    """All of them: those of the place to stop, where the lesson has one, and those of the end."""
    stops = any(entry.get("stop") for entry in entries_of(lesson))
    return [*(quiz(lesson, stop=True).questions if stops else ()), *quiz(lesson).questions]


@pytest.mark.parametrize("lesson", OF_ONE_LESSON)
def test_every_claim_of_a_lesson_has_a_question(lesson):
    marked = {piece.claim for piece in claims.pieces(claims.lesson(lesson))} - {""}
    assert {asked.claim for asked in questions_of(lesson)} == marked


def test_every_question_file_belongs_to_a_lesson():
    assert sorted(path.stem for path in QUIZZES.glob("*")) == LESSONS


@pytest.mark.parametrize("lesson", [number for number, each in start_page.plan()[0].items() if each.written])
def test_a_lesson_asks_all_its_questions(lesson):
    code = "".join(piece.text for piece in claims.pieces(claims.lesson(lesson)) if piece.run)
    assert f'quiz("{lesson}")' in code
    stops = any(entry.get("stop") for entry in entries_of(lesson))
    assert (f'quiz("{lesson}", stop=True)' in code) == stops


@pytest.mark.parametrize("lesson", LESSONS)
def test_neither_place_nor_length_tells_which_choice_is_right(lesson):
    asked = [each for each in questions_of(lesson) if not each.several]
    places = ["".join(each.right)[-1] for each in asked]
    assert max(places.count(place) for place in places) <= len(asked) / 2
    for most in (max, min):
        told = [each for each in asked if most(each.choices, key=lambda choice: len(choice.text)).right]
        assert len(told) <= len(asked) / (3 if lesson == PAPER else 2)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_questions_are_numbered_after_their_lesson(lesson):
    numbered = [f"{lesson}.q{n}" for n, _ in enumerate(entries_of(lesson), 1)]
    assert [entry["id"] for entry in entries_of(lesson)] == numbered


def test_the_paper_asks_about_every_lesson_and_most_about_five():
    asked = Counter(each.claim[:2] for each in quiz(PAPER).questions)
    assert asked.total() == 40 and len(quiz(PAPER, stop=True).questions) == 3
    five = {"02", "08", "09", "11", "12"}
    others = set(OF_ONE_LESSON) - five
    assert asked.keys() == five | others
    assert min(asked[lesson] for lesson in five) > max(asked[lesson] for lesson in others)
    assert min(asked.values()) > 1  # else a topic's score says nothing
    assert all(start_page.plan()[0][lesson].topic for lesson in asked)


def test_the_paper_mixes_the_lessons():
    order = [each.claim[:2] for each in quiz(PAPER).questions]
    assert all(one != other for one, other in pairwise(order))
    later = sum(one < other for one, other in pairwise(order))
    assert abs(later - len(order) / 2) < len(order) / 5  # neither upwards nor downwards


def test_no_question_of_the_paper_rests_on_what_is_not_shown_or_not_sure():
    rested_on = {claims.claims()[each.claim] for each in questions_of(PAPER)}
    assert {claim.dagger for claim in rested_on} == {""}
    assert {claim.kind for claim in rested_on} <= {"proved", "refused"}


def test_no_question_is_asked_twice():
    texts = [entry["text"] for lesson in LESSONS for entry in entries_of(lesson)]
    assert len(set(texts)) == len(texts)


# -- the widget --------------------------------------------------------------------------------------


class Driven:
    """A quiz's widget, worked as a person would."""

    def __init__(self, asked: Quiz) -> None:
        self.column = asked.widget()
        self.rows, self.lock, self.score = self.column.children[1:-2], *self.column.children[-2:]

    def choices(self, number: int):
        return self.rows[number - 1].children[1:-2]

    def choose(self, number: int, *letters: str) -> None:
        boxes = self.choices(number)
        if hasattr(boxes[0], "options"):
            boxes[0].index = ord(letters[0]) - ord("A")
        else:
            for place, box in enumerate(boxes):
                box.value = chr(ord("A") + place) in letters

    def check(self, number: int, *letters: str) -> str:
        """What is said, after choosing (if anything is to be chosen) and pressing the button."""
        if letters:
            self.choose(number, *letters)
        self.rows[number - 1].children[-2].click()
        return self.said(number)

    def said(self, number: int) -> str:
        return self.rows[number - 1].children[-1].value


@pytest.fixture
def asked(read_file) -> Quiz:
    return Quiz("01", read_file(*GOOD))


@pytest.fixture
def driven(asked) -> Driven:
    return Driven(asked)


def test_a_right_answer_is_explained_in_words(driven):
    said = driven.check(1, "B")
    assert "<strong>Right.</strong> 1B: because of B" in said and "Claim 01.1" in said
    assert "Not" not in said and 'role="alert"' in said
    assert "<strong>1 of 8.</strong>" in driven.score.value


def test_a_wrong_answer_is_explained_and_does_not_give_the_right_one_away(driven):
    said = driven.check(1, "C")
    assert "<strong>Not right.</strong> 1C: because of C" in said
    assert "1B" not in said and "because of B" not in said and "Not complete" not in said
    assert "<strong>0 of 8.</strong> Not answered: 2, 3, 4, 5, 6, 7, 8." in driven.score.value


def test_right_and_wrong_differ_in_colour_as_well_as_in_words(driven):
    assert MARK in driven.check(1, "B") and MARK not in driven.check(1, "C")
    assert REFUSED in driven.said(1)
    assert REFUSED in driven.check(8, "B") and MARK in driven.check(8, "B", "C")


def test_nothing_chosen_is_not_an_answer(driven):
    assert "<strong>0 of 8.</strong> Not answered: 1, 2, 3, 4, 5, 6, 7, 8." in driven.score.value
    for number in (1, 8):
        said = driven.check(number)
        assert "Not answered" in said and "ight." not in said
    assert "<strong>0 of 8.</strong> Not answered: 1, 2, 3, 4, 5, 6, 7, 8." in driven.score.value


def test_a_change_of_mind_takes_the_answer_back_until_it_is_checked(driven):
    driven.check(1, "B")
    driven.choose(1, "A")
    assert driven.said(1) == ""
    assert "<strong>0 of 8.</strong> Not answered: 1, 2" in driven.score.value
    assert "Not right" in driven.check(1)
    assert "Not answered: 2, 3" in driven.score.value
    assert "<strong>Right.</strong>" in driven.check(1, "B")
    assert "<strong>1 of 8.</strong> Not answered: 2, 3" in driven.score.value
    driven.check(8, "B", "C")
    driven.choose(8, "B")
    assert driven.said(8) == "" and "<strong>1 of 8.</strong>" in driven.score.value


def test_several_right_choices_are_right_together_only(driven):
    half = driven.check(8, "B")
    assert "<strong>Not complete.</strong> 1 more to find." in half and "8C" not in half
    assert "<strong>0 of 8.</strong>" in driven.score.value
    mixed = driven.check(8, "A", "B", "C")
    assert "<strong>Not right.</strong> 8A" in mixed and "Not complete" not in mixed
    assert "<strong>0 of 8.</strong>" in driven.score.value
    both = driven.check(8, "B", "C")
    assert "Not" not in both and both.count("<strong>Right.</strong>") == 2
    assert "<strong>1 of 8.</strong>" in driven.score.value


def test_a_question_does_not_answer_for_another(driven):
    driven.check(1, "B")
    assert all(driven.said(number) == "" for number in range(2, 9))
    assert driven.choices(2)[0].index is None


def test_the_score_is_told_when_all_are_checked_and_again_when_it_changes(asked):
    told = []
    asked.on_result = lambda *result: told.append(result)
    driven = Driven(asked)
    for each in asked.questions[:-1]:
        driven.check(each.number, *sorted(name[-1] for name in each.right))
    assert told == []
    driven.check(8, "B")
    assert told == [("01", 7, 8)]
    assert driven.score.value == "<p><strong>7 of 8.</strong></p>"
    driven.check(8, "B", "C")
    assert told == [("01", 7, 8), ("01", 8, 8)]


def test_nobody_has_to_be_told(asked, caplog):
    driven = Driven(asked)
    for each in asked.questions:
        driven.check(each.number, *sorted(name[-1] for name in each.right))
    assert "<strong>8 of 8.</strong>" in driven.score.value
    assert caplog.text == ""  # where a button's errors go


def test_checking_changes_the_words_and_nothing_that_holds_the_focus(driven):
    before, row = driven.column.children, driven.rows[0].children
    driven.check(1, "B")
    assert driven.column.children == before and driven.rows[0].children == row
    assert not row[-2].disabled and row[-2].description == "Check answer 1"
    assert len({row.children[-2].description for row in driven.rows}) == 8


def test_one_question_is_there_at_a_time(driven):
    def there():
        return [number for number, row in enumerate(driven.rows, 1) if row.layout.display != "none"]

    previous, following, place = driven.lock.children
    assert (there(), place.value) == ([1], "question 1 of 8")
    previous.click()
    assert there() == [1]
    for _ in range(20):
        following.click()
    assert (there(), place.value) == ([8], "question 8 of 8")
    previous.click()
    assert there() == [7] and not previous.disabled and not following.disabled


@pytest.fixture
def paper(tmp_path) -> Quiz:
    """A paper on three lessons: one question rests on 12.4, three on 02.1, two on its own 15.1."""
    rests_on = ["12.4", "02.1", "15.1", "02.1", "15.1", "02.1"]
    pairs = zip(GOOD, rests_on, strict=False)
    texts = [text.replace('claim = "01.1"', f'claim = "{claim}"') for text, claim in pairs]
    (tmp_path / f"{PAPER}.toml").write_text("\n".join(texts), encoding="utf-8")
    return Quiz(PAPER, load_questions(tmp_path / f"{PAPER}.toml", set(rests_on)))


def test_questions_about_several_lessons_are_scored_by_topic(paper):
    driven = Driven(paper)
    assert "<li>" not in driven.score.value
    driven.check(2, "C")
    driven.check(4, "B")
    assert "<li>" not in driven.score.value  # one of three is missing
    driven.check(6, "B")
    tokens = start_page.plan()[0]["02"].topic
    assert f"<ul><li>{tokens} (02): 2 of 3.</li></ul>" in driven.score.value
    driven.check(1, "A")
    together = start_page.plan()[0]["12"].topic
    again = '<a href="12_together.ipynb" target="_blank">Go through lesson 12 again.</a>'
    second = f"<li>{together} (12): 0 of 1. {again}</li></ul>"
    assert f"(02): 2 of 3.</li>{second}" in driven.score.value
    driven.choose(6, "A")
    assert "(02)" not in driven.score.value and second in driven.score.value
    driven.check(6)
    assert f"<ul><li>{tokens} (02): 3 of 3.</li>" in driven.score.value
    driven.check(4, "A")
    driven.check(6, "B")
    assert f"<ul><li>{tokens} (02): 1 of 3. <a href=" in driven.score.value
    driven.check(1, "B")
    assert f"<li>{together} (12): 1 of 1.</li></ul>" in driven.score.value


def test_an_answer_leads_to_the_claim_of_another_lesson(paper):
    there = '(<a href="12_together.ipynb" target="_blank">Claim 12.4</a>)'
    driven = Driven(paper)
    for choice in "AB":
        assert driven.check(1, choice).endswith(f" {there}</div>")
        assert driven.check(3, choice).endswith(" (Claim 15.1)</div>")
    assert paper.html().count(f"<p>{there}</p>") == 1 and paper.html().count("<p>(Claim 15.1)</p>") == 2
    assert "(Claim 12.4)" in repr(paper)


def test_each_widget_begins_anew(asked):
    Driven(asked).check(1, "B")
    assert "<strong>0 of 8.</strong>" in Driven(asked).score.value


def test_a_live_kernel_gets_the_widget_and_a_stored_run_the_page(asked, monkeypatch):
    assert WIDGET_VIEW not in asked._repr_mimebundle_()
    monkeypatch.setattr("cognito_lab.views.twin.live", lambda: True)
    assert asked._repr_mimebundle_().keys() == {"text/html", "text/plain", WIDGET_VIEW}


# -- the page ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements and the text of a page, and whether every element is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.open, self.text, self.unfolded = [], [], "", ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "a":
            (_, href), target = attrs
            assert (NOTEBOOKS / href).is_file() and target == ("target", "_blank")
        else:
            assert attrs == [("style", "margin-bottom: 1em")] * (tag == "details")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "details" not in self.open or "summary" in self.open:
            self.unfolded += data


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_page_says_what_the_widget_says(lesson):
    asked = quiz(lesson)
    page = Page(asked.html())
    driven = Driven(asked)
    for each in asked.questions:
        assert each.text.replace("`", "") in page.unfolded
        for choice in each.choices:
            assert f"{choice.name}. {choice.text.replace('`', '')}" in page.unfolded
            because = choice.because.replace("`", "")
            assert because in page.text and because not in page.unfolded
            said = Page(
                re.sub(" role=.*?>", ">", driven.check(each.number, choice.name[-1])).replace("<br>", "")
            )
            assert because in said.text
            word = "Right. " if choice.right else "Not right. "
            assert f"{word}{choice.name}: {because}" in page.text
            assert f"{word}{choice.name}: {because}" in said.text
    assert page.tags.count("details") == len(asked.questions)
    links = {"a"} if lesson == PAPER else set()
    assert set(page.tags) == {"p", "strong", "ul", "li", "details", "summary", "code"} | links


@pytest.mark.parametrize("lesson", OF_ONE_LESSON)
def test_a_lesson_has_stored_the_page_that_it_would_show_now(lesson):
    stored = {
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in json.loads(claims.lesson(lesson).read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", ())
    }
    assert quiz(lesson).html() in stored


def test_the_page_is_the_same_each_time_and_its_text_too():
    assert quiz("09").html() == quiz("09").html()
    text = repr(quiz("09"))
    assert "<" not in text and "&" not in text.replace("& ", "")
    assert text.count("Not right. ") == quiz("09").html().count("<strong>Not right.</strong>")


def test_nothing_in_a_file_becomes_markup(read_file):
    script = "<script>alert(1)</script> & `x<y`"
    nasty = GOOD[0].replace("Why 1?", script).replace('"B"', f'"{script} B"').replace("of B", f"of {script}")
    asked = Quiz("01", read_file(nasty, *GOOD[1:]))
    driven = Driven(asked)
    for shown in (asked.html(), driven.rows[0].children[0].value, driven.check(1, "B")):
        assert "<script" not in shown and "&lt;script&gt;" in shown
        assert "&amp; <code>x&lt;y</code>" in shown
    assert script in repr(asked).replace("x<y", "`x<y`")
    assert driven.choices(1)[0].options[1] == "1B. <script>alert(1)</script> & x<y B"  # shown as text


def test_a_choice_of_several_is_shown_as_text(driven):
    assert all(box.description_allow_html is False for box in driven.choices(8))


def test_what_was_answered_is_noted_for_the_start_page(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "OWN", tmp_path)
    monkeypatch.setattr(progress, "live", lambda: True)
    asked = quiz("01")
    driven = Driven(asked)
    for each in asked.questions:
        driven.check(each.number, *sorted(name[-1] for name in each.right))
    assert progress.load_progress() == {"quiz": {"01": f"{len(asked.questions)} of {len(asked.questions)}"}}
