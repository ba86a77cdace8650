"""Predictions: before a cell, the learner says what they expect of it; in it, they are told what came.

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

Each choice is what comes, and the same in words: ``""`` where everything is carried out, else the code of the
refusal. A lesson asks in one cell, ``predict("09.1")``, and shows what comes in the next, which does not name
it::

    with outcome("09.1") as answer:
        identity_pools.get_id(IdentityPoolId=pool)
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from cognito_lab.lessons.refused import refused
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
        comes: What comes.
        because: Why, in one sentence; said when the next cell has run.
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
        """The question with a button for each choice. The last choice counts."""
        from ipywidgets import HTML, Button, VBox

        said, buttons = HTML(), []
        for code, words in self.choices:
            button = Button(description=_choice(code, words).replace("`", ""), layout={"width": "auto"})

            def choose(_: Any, code: str = code, words: str = words) -> None:
                expected[self.number] = code
                said.value = f'<div role="status">You expect: {_prose(words)}. Now run the next cell.</div>'

            button.on_click(choose)
            buttons.append(button)
        asked = HTML(f"<p><strong>What do you expect?</strong> {_prose(self.asks)}</p>")
        return VBox([asked, *buttons, said], layout={"align_items": "flex-start"})

    def settle(self) -> None:
        """Tell the learner what came of their choice, and note it. Whoever chose nothing is told nothing."""
        if self.number not in expected:
            return
        right = expected.pop(self.number) == self.comes
        came = f"refused with {self.comes}" if self.comes else "carried out"
        print(f"→ {'As' if right else 'Not as'} you expected: {came}. {self.because.replace('`', '')}")
        how = start_page.AS_EXPECTED if right else start_page.NOT_AS_EXPECTED
        if unnoted := start_page.note("prediction", self.number, how):
            print(unnoted)


expected: dict[str, str] = {}  # what was chosen, by number, until the cell that shows it runs


class outcome:
    """The block must end as the prediction ``number`` says: carried out, or refused with its code.

    It is :class:`cognito_lab.lessons.refused.refused`, without the answer standing in the cell.

    Args:
        number: That of the prediction, which the cell before asks for.
        quiet: Do not print the refusal.

    Raises:
        NotRefusedAsStated: The block was not refused, or with another code.
        PredictionError: There is no such prediction.

    Examples:
        >>> with outcome("09.1") as answer:
        ...     identity_pools.get_id(IdentityPoolId=pool)
    """

    def __init__(self, number: str, quiet: bool = False) -> None:
        self._asked = predict(number)
        self._refused = refused(self._asked.comes, quiet=quiet) if self._asked.comes else None

    def __enter__(self) -> refused | outcome:
        return self._refused or self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> bool:
        wanted = self._refused is not None and self._refused.__exit__(kind, error, traceback)
        if error is None or wanted:
            self._asked.settle()
        return wanted


def predict(number: str) -> Prediction:
    """Ask what the next cell will show of the claim ``number``, ``"09.1"`` for example.

    Raises:
        PredictionError: There is no such prediction, or its file breaks a rule.
    """
    path = PREDICTIONS / f"{number[:2]}.toml"
    found = load(number[:2]) if path.is_file() else {}
    if number not in found:
        raise PredictionError(
            f"there is no prediction {number!r}; the predictions are: {', '.join(found) or 'none'}"
        )
    return found[number]


def load(lesson: str) -> dict[str, Prediction]:
    """The predictions of a lesson, ``"09"``, by number.

    Raises:
        PredictionError: The file breaks a rule; the text names the prediction, and says which rule.
    """
    found: dict[str, Prediction] = {}
    try:
        entries = tomllib.loads((PREDICTIONS / f"{lesson}.toml").read_text(encoding="utf-8"))["prediction"]
        for entry in entries:
            asked = _prediction(lesson, entry, f"after {', '.join(found) or 'none'}")
            if asked.number in found:
                raise PredictionError(f"prediction {asked.number}: its number stands twice")
            found[asked.number] = asked
    except (PredictionError, tomllib.TOMLDecodeError, KeyError) as error:
        raise PredictionError(f"{lesson}.toml: {error}") from None
    return found


def _prediction(lesson: str, entry: dict[str, Any], otherwise: str) -> Prediction:
    number, choices = str(entry.get("number", otherwise)), entry.get("choices", [])
    pairs = [each for each in choices if isinstance(each, list) and list(map(type, each)) == [str, str]]
    codes = {code for code, _ in pairs}
    for broken, says in (
        (
            {name: type(value) for name, value in entry.items()} != FIELDS,
            f"its fields are {', '.join(FIELDS)}",
        ),
        (not NUMBER.fullmatch(number) or number[:2] != lesson, "its number is not one of this lesson"),
        (pairs != choices, "a choice is a code and its words"),
        (len(choices) not in (2, 3) or len(codes) < len(choices), "it has two or three different choices"),
        (entry.get("comes") not in codes, "what comes is not among the choices"),
    ):
        if broken:
            raise PredictionError(f"prediction {number}: {says}")
    return Prediction(**entry)


def _choice(code: str, words: str) -> str:
    return f"{words} (`{code}`)" if code else words


def _prose(text: str) -> str:
    """Text of the file as HTML. Nothing in it is markup, except names between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
