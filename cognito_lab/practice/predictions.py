"""Predictions: before a cell, the learner says what they expect of it; after it, they are told what came.

The predictions of a lesson are in ``data/predictions/<lesson>.toml``::

    [[prediction]]
    number = "09.1"                # the claim's; "09.1b" where a claim has a second one
    asks = "A page calls `GetId` for somebody who has not signed in. What happens?"
    choices = [
      ["", "It works: they get an identity id"],
      ["NotAuthorizedException", "It is refused: guests are off"],
    ]
    comes = "NotAuthorizedException"
    because = "`AllowUnauthenticatedIdentities` is false: guests exist only where the pool allows them."

Each choice is what comes, and the same in words: ``""`` where everything in the next cell is carried out,
else the code of its refusal. What really came is read from the cell when it runs. So a cell that the learner
has changed is judged by what it does.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from cognito_lab.lessons import refused
from cognito_lab.paths import DATA
from cognito_lab.practice import start_page
from cognito_lab.views.twin import Twin

PREDICTIONS = DATA / "predictions"
FIELDS = {"number": str, "asks": str, "choices": list, "comes": str, "because": str}
NUMBER = re.compile(r"\d\d\.\d+[a-z]?")


class PredictionError(Exception):
    """A prediction cannot be asked; the text says why."""


@dataclass(repr=False)
class Prediction(Twin):
    """A question about the next cell: to be answered by one click, else to be read.

    Attributes:
        choices: Pairs of what comes (a code, or ``""``) and the same in words.
        comes: What comes in the lesson as it stands.
        because: Why, in one sentence; said when the cell has run.
    """

    number: str
    asks: str
    choices: list[list[str]]
    comes: str
    because: str

    def html(self) -> str:
        lines = [f"<p><strong>What do you expect?</strong> {_prose(self.asks)}</p>", "<ul>"]
        lines += [f"<li>{_prose(_choice(*each))}</li>" for each in self.choices]
        return "\n".join([*lines, "</ul>"])

    def __repr__(self) -> str:
        return unescape(re.sub(r"<[^>]*>", "", self.html()))

    def widget(self) -> Any:
        """The question with a button for each choice. The last choice before the next cell runs counts."""
        from ipywidgets import HTML, Button, VBox

        said, buttons = HTML(), []
        for code, words in self.choices:
            button = Button(description=_choice(code, words).replace("`", ""), layout={"width": "auto"})

            def choose(_: Any, code: str = code, words: str = words) -> None:
                said.value = f'<div role="status">You expect: {_prose(words)}. Now run the next cell.</div>'
                _wait_for_the_next_cell(self, code)

            button.on_click(choose)
            buttons.append(button)
        asked = HTML(f"<p><strong>What do you expect?</strong> {_prose(self.asks)}</p>")
        return VBox([asked, *buttons, said])

    def said(self, expected: str, came: str) -> str:
        """What the learner is told after the cell. ``came`` is the code of its refusal, or ``""``."""
        how = f"refused with {came}" if came else "carried out"
        if expected == came:
            return f"→ As you expected: {how}. {self.because if came == self.comes else ''}".rstrip()
        wish = f"refused with {expected}" if expected else "carried out"
        because = self.because if came == self.comes else "The cell is not as it was in the lesson."
        return f"→ Not as you expected ({wish}): {how}. {because}"


def predict(number: str) -> Prediction:
    """Ask what the next cell will show about the claim ``number``, ``"09.1"`` for example.

    Raises:
        PredictionError: There is no such prediction, or its file breaks a rule.
    """
    path = PREDICTIONS / f"{number[:2]}.toml"
    found = load(number[:2]) if path.is_file() else {}
    if number not in found:
        raise PredictionError(f"there is no prediction {number!r}; there are: {', '.join(found) or 'none'}")
    return found[number]


def load(lesson: str) -> dict[str, Prediction]:
    """The predictions of a lesson, ``"09"``, by number.

    Raises:
        PredictionError: The file breaks a rule; the text names the prediction, and says which rule.
    """
    text = (PREDICTIONS / f"{lesson}.toml").read_text(encoding="utf-8")
    found: dict[str, Prediction] = {}
    for entry in tomllib.loads(text).get("prediction", []):
        number = str(entry.get("number", f"after {', '.join(found) or 'none'}"))
        kinds = {name: type(value) for name, value in entry.items()}
        codes = [code for code, _ in entry.get("choices", [])]
        for broken, says in (
            (kinds != FIELDS, f"its fields are {', '.join(FIELDS)}"),
            (not NUMBER.fullmatch(number) or number[:2] != lesson, "its number is not one of this lesson"),
            (number in found, "its number stands twice"),
            (len(codes) not in (2, 3) or len(set(codes)) < len(codes), "two or three different choices"),
            (entry.get("comes") not in codes, "what comes is not among the choices"),
        ):
            if broken:
                raise PredictionError(f"{lesson}.toml, prediction {number}: {says}")
        found[number] = Prediction(**entry)
    return found


def _wait_for_the_next_cell(asked: Prediction, expected: str) -> None:
    """Tell the learner, below the next cell that runs, what came of what they expected."""
    shell = sys.modules["IPython"].get_ipython()
    events, before = shell.events, len(refused.shown)

    def tell(result: Any) -> None:
        if "predict(" in str(result.info.raw_cell):
            return  # asked once more
        events.unregister("post_run_cell", tell)
        waiting.clear()
        came = refused.shown[-1] if len(refused.shown) > before else ""
        if result.success:
            print(asked.said(expected, came))
            start_page.note("prediction", asked.number, "as expected" if came == expected else "not expected")

    for former in waiting:
        events.unregister("post_run_cell", former)
    waiting[:] = [tell]
    events.register("post_run_cell", tell)


waiting: list[Any] = []  # what is told after the next cell; at most one


def _choice(code: str, words: str) -> str:
    return f"{words} (`{code}`)" if code else words


def _prose(text: str) -> str:
    """Text of the file as HTML. Nothing in it is markup, except names between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
