"""What is shown in a notebook twice: as a widget to work with, and as its plain twin to read.

The twin is HTML that needs nothing from anywhere, with the same as text. A learner's kernel shows the
widget; a run that stores outputs stores the twin alone, so that a notebook says the same to someone who
has not run it.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from html import escape
from typing import Any

from cognito_lab import reproducible

LEGIBLE = "640px"  # of a picture: in a narrower column it is scrolled, and not made smaller
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def live() -> bool:
    """Whether a learner sits at this kernel: then a widget has somebody to work with it."""
    kernel = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    return bool(kernel and kernel.initialized()) and not reproducible.is_asked_for()


class Twin:
    """Something with a widget and a plain twin. A subclass gives ``html``, ``__repr__`` and ``widget``."""

    def html(self) -> str:
        """The twin: one piece of HTML, without scripts, ids by chance, or anything from elsewhere."""
        raise NotImplementedError

    def widget(self) -> Any:
        """A new ``ipywidgets.Widget`` that shows the same; ``None`` where the twin is all there is."""
        return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/html": self.html(), "text/plain": repr(self)}
        if live() and (widget := self.widget()) is not None:
            bundle[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        return bundle


def picture(svg: str, alt: str, summary: str, twin_html: str) -> str:
    """A picture as HTML that needs nothing from elsewhere; below it, folded under ``summary``, its twin."""
    image = base64.b64encode(svg.encode()).decode()
    return (
        f'<img alt="{escape(alt)}" style="min-width: {LEGIBLE}" src="data:image/svg+xml;base64,{image}">\n'
        f"<details><summary>{escape(summary)}</summary>{twin_html}</details>"
    )


def in_words(text: str) -> str:
    """Plain text as the twin of a picture, its lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def pager(count: int, what: str, show: Callable[[int], None]) -> Any:
    """A widget with two buttons that go through ``count`` things, each called ``what``, one at a time.

    ``show`` is called with the place of the one that is to be seen, from 0, and at once with the first.
    """
    from ipywidgets import Button, HBox, Label

    place, at = Label(), 0

    def go(by: int) -> None:
        # Neither button is ever disabled: one that goes dead under the keyboard loses the reader's place.
        nonlocal at
        at = min(max(at + by, 0), count - 1)
        place.value = f"{what} {at + 1} of {count}"
        show(at)

    buttons = Button(description="Previous"), Button(description="Next")
    for button, by in zip(buttons, (-1, 1), strict=True):
        button.on_click(lambda _, by=by: go(by))
    go(0)
    return HBox([*buttons, place])
