"""Quizzes: the questions of ``data/quizzes``, asked by a widget, and as a page to read.

Every choice, right or wrong, has its explanation. Each question rests on a claim that its lesson marks
(``**01.3 · …``); those of the practice paper, on a claim of any lesson. A file that breaks a rule is refused
when it is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

from cognito_lab.lessons import claims
from cognito_lab.paths import DATA
from cognito_lab.practice import start_page
from cognito_lab.views.palette import MARK, REFUSED
from cognito_lab.views.twin import Twin, pager

QUIZZES = DATA / "quizzes"
PAPER = "15"  # the lesson whose questions are about all lessons
FEWEST = 5  # questions at the end of a lesson
AT_THE_STOP = 3  # in its middle
QUESTION = {"id": str, "claim": str, "text": str, "several": bool, "stop": bool, "choice": list}
CHOICE = {"text": str, "right": bool, "because": str}
OPENING = """<style>/* ipywidgets gives a choice one line of fixed height; ours are sentences, and wrap */
.our-quiz label { height: auto !important; line-height: 1.5 !important; white-space: normal !important }
.our-quiz .widget-radio-box label { padding-left: 22px; margin: 3px 0; position: relative }
.our-quiz .widget-radio-box input { position: absolute; left: 0; top: 0 }
.our-quiz a { color: var(--jp-content-link-color); text-decoration: underline }</style>
<p>Choose, then check. You may change your mind and check again: the last check of a question counts.</p>"""


@dataclass(frozen=True)
class Choice:
    name: str  # "3A"
    text: str
    right: bool
    because: str

    @property
    def verdict(self) -> str:
        word = "Right." if self.right else "Not right."
        return f"<strong>{word}</strong> {self.name}: {_prose(self.because)}"


@dataclass(frozen=True)
class Question:
    number: int
    text: str
    lesson: str  # that asks it
    claim: str
    several: bool
    choices: tuple[Choice, ...]
    right: frozenset[str]  # names of choices

    @property
    def reference(self) -> str:
        """The claim that decides, as HTML; a link, where another lesson shows it."""
        there = self.claim[:2]
        return f"Claim {self.claim}" if there == self.lesson else _link(there, f"Claim {self.claim}")

    def answer(self, chosen: set[str]) -> str:
        """What is said to a choice, as HTML. Of several right choices, missing ones are not given away."""
        said = [each.verdict for each in self.choices if each.name in chosen]
        if self.several and (missing := len(self.right - chosen)):
            said.append(f"<strong>Not complete.</strong> {missing} more to find.")
        if not chosen:
            said = ["<strong>Not answered.</strong> Choose first, then check."]
        # An alert is read out when it appears, although the keyboard's focus stays on the button.
        style = f"border-left: 4px solid {MARK if chosen == self.right else REFUSED}; padding-left: 9px"
        return f'<div role="alert" style="{style}">{"<br>".join(said)} ({self.reference})</div>'


def load_questions(path: Path, marked: Collection[str], stop: bool = False) -> tuple[Question, ...]:
    """The questions of a file, which may rest on the claims that are ``marked``.

    Those for the end of the lesson; with ``stop``, those for the place to stop in its middle.

    Raises ``ValueError`` where the file breaks a rule; it names file and question, and says what is missing.
    """
    where, found = path.name, dict[str, Question]()
    try:
        entries = [entry for entry in _entries(path) if entry.get("stop", False) == stop]
        for number, entry in enumerate(entries, 1):
            where = f"{path.name}, question {entry.get('id') or number}"
            asked = _question(number, entry, path.stem)
            check_question(asked, marked)
            _refuse_if(entry["id"] in found, "another question has this id")
            found[entry["id"]] = asked
        where = path.name
        check_quiz(list(found.values()), AT_THE_STOP if stop else FEWEST)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return tuple(found.values())


def _entries(path: Path) -> list[dict[str, Any]]:
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("question", [])
    _refuse_if(not isinstance(entries, list), "a question begins with [[question]]")
    return list(entries)


def _question(number: int, entry: dict[str, Any], lesson: str) -> Question:
    """A question from its entry in the file, which must have the members of its kind and no others."""
    entry = {"several": False, "stop": False} | entry
    _look(entry, QUESTION)
    choices = []
    for letter, choice in zip("ABCDEFGH", entry["choice"], strict=False):
        _look(choice, CHOICE, f"choice {letter}: ")
        choices.append(Choice(f"{number}{letter}", **choice))
    text = f"{number}. {entry['text']}{' (Several choices are right.)' * entry['several']}"
    right = frozenset(each.name for each in choices if each.right)
    return Question(number, text, lesson, entry["claim"], entry["several"], tuple(choices), right)


def _look(entry: dict[str, Any], kinds: dict[str, type], which: str = "") -> None:
    odd = kinds.items() ^ {name: type(value) for name, value in entry.items() if value != ""}.items()
    names = ", ".join(sorted({name for name, _ in odd}))
    _refuse_if(bool(odd), f"{which}missing, of another kind, or no field of it: {names}")


def check_question(asked: Question, marked: Collection[str]) -> None:
    """One question rests on a claim that it may, and has choices to choose from. Raises ``ValueError``."""
    count, right = len(asked.choices), len(asked.right)
    _refuse_if(asked.claim not in marked, f"it may not rest on claim {asked.claim}")
    _refuse_if(count not in (3, 4), f"{count} choices, not three or four")
    _refuse_if(len({each.text for each in asked.choices}) < count, "two choices say the same")
    _refuse_if(not 0 < right < count, f"{right} of {count} choices are right")
    _refuse_if((right > 1) != asked.several, f"{right} right, and several is {asked.several}")


def check_quiz(questions: Collection[Question], fewest: int = FEWEST) -> None:
    """All of them: they are enough, and none is answered by its place. Raises ``ValueError``."""
    _refuse_if(len(questions) < fewest, f"{len(questions)} questions, of at least {fewest}")
    places = {min(asked.right)[-1] for asked in questions if not asked.several}
    _refuse_if(len(places) == 1, "the right choice is always at the same place")


def _refuse_if(broken: bool, says: str) -> None:
    if broken:
        raise ValueError(says)


def quiz(
    lesson: str, on_result: Callable[[str, int, int], str | None] | None = None, stop: bool = False
) -> Quiz:
    """The quiz of a lesson, of ``"01"`` for example; with ``stop``, that of the place to stop in its middle.

    ``on_result`` is told the lesson, how many are right, and of how many, each time that all are checked;
    where it is not given, the learner's progress is noted. What it answers is shown below the score. Raises
    ``ValueError`` where there is no such lesson, or its question file breaks a rule.
    """
    marked: Collection[str] = claims.claims()
    if lesson != PAPER:
        marked = {piece.claim for piece in claims.pieces(claims.lesson(lesson))}
    questions = load_questions(QUIZZES / f"{lesson}.toml", marked, stop)
    return Quiz(f"{lesson}.stop" if stop else lesson, questions, on_result or _note)


def _note(lesson: str, right: int, of: int) -> str:
    return start_page.note("quiz", lesson, f"{right} of {of}")


@dataclass(repr=False)
class Quiz(Twin):
    """The questions of a lesson, made by :func:`quiz`: to answer in a live kernel, else to read."""

    lesson: str
    questions: tuple[Question, ...]
    on_result: Callable[[str, int, int], str | None] | None = None

    def html(self) -> str:
        """Question and choices, and folded below them the answer, with the explanation of every choice."""
        lines = []
        for asked in self.questions:
            lines += [f"<p><strong>{_prose(asked.text)}</strong></p>\n<ul>"]
            lines += [f"<li>{each.name}. {_prose(each.text)}</li>" for each in asked.choices]
            lines.append('</ul>\n<details style="margin-bottom: 1em">')
            lines.append(f"<summary>The answer to {asked.number}, and why</summary>\n<ul>")
            lines += [f"<li>{each.verdict}</li>" for each in asked.choices]
            lines.append(f"</ul>\n<p>({asked.reference})</p></details>")
        return "\n".join(lines)

    def by_topic(self, results: dict[int, bool | None]) -> str:
        """Of questions about several lessons, the score of each lesson that is checked through, as HTML.

        ``results`` are those of :meth:`widget`. Less than two thirds of a lesson says where to go again.
        """
        topics, lines = dict[str, list[bool | None]](), list[str]()
        for asked in self.questions:
            topics.setdefault(asked.claim[:2], []).append(results.get(asked.number))
        for number, checked in sorted(topics.items()):
            if None not in checked and len(topics) > 1:
                right, of = checked.count(True), len(checked)
                said = f"{escape(start_page.plan()[0][number].topic)} ({number}): {right} of {of}."
                if 3 * right < 2 * of:
                    said += f" {_link(number, f'Go through lesson {number} again.')}"
                lines.append(f"<li>{said}</li>")
        return f"<ul>{''.join(lines)}</ul>" if lines else ""

    def __repr__(self) -> str:
        return unescape(re.sub(r"<[^>]*>", "", self.html()))

    def widget(self) -> Any:
        """One question after the other, each with a button and its answer in words; below it the score.

        The others are hidden and not only out of sight: the browser takes all radio buttons of ipywidgets for
        one group, so that an arrow beyond the last choice would go on into the next question.
        """
        from ipywidgets import HTML, Button, Checkbox, RadioButtons, VBox

        results: dict[int, bool | None] = {}  # by number; None: not checked, or changed since
        score = HTML()

        def settle(asked: Question, right: bool | None) -> None:
            results[asked.number] = right
            good, of = list(results.values()).count(True), len(results)
            left = ", ".join(str(number) for number, each in results.items() if each is None)
            score.value = f"<p><strong>{good} of {of}.</strong>{left and f' Not answered: {left}.'}</p>"
            score.value += self.by_topic(results)
            if not left and self.on_result:
                score.value += escape(self.on_result(self.lesson, good, of) or "")

        def row(asked: Question) -> VBox:
            labels = [f"{each.name}. {each.text.replace('`', '')}" for each in asked.choices]
            if asked.several:
                shown = [Checkbox(description=a, indent=False, layout={"width": "auto"}) for a in labels]
            else:
                shown = [RadioButtons(options=labels, index=None, layout={"width": "auto"})]
            button, said = Button(description=f"Check answer {asked.number}"), HTML()

            def check(_: Any) -> None:
                values = [box.description if box.value is True else box.value for box in shown]
                pairs = zip(asked.choices, labels, strict=True)
                chosen = {each.name for each, label in pairs if label in values}
                said.value = asked.answer(chosen)
                settle(asked, chosen == asked.right if chosen else None)

            def change_of_mind(_: Any) -> None:
                said.value = ""
                settle(asked, None)

            button.on_click(check)
            for box in shown:
                box.observe(change_of_mind, "value")
            settle(asked, None)
            return VBox([HTML(f"<p><strong>{_prose(asked.text)}</strong></p>"), *shown, button, said])

        rows = [row(asked) for asked in self.questions]

        def show(at: int) -> None:
            for number, each in enumerate(rows):
                each.layout.display = None if number == at else "none"

        return VBox([HTML(OPENING), *rows, pager(len(rows), "question", show), score]).add_class("our-quiz")


def _prose(text: str) -> str:
    """Text of a question file as HTML. Nothing in it is markup, except names between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _link(lesson: str, text: str) -> str:
    """A link to a lesson. Without a target, a widget's would leave the page, and the answers with it."""
    return f'<a href="{start_page.plan()[0][lesson].file}.ipynb" target="_blank">{text}</a>'
