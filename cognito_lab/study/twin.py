"""What is shown in a notebook twice: as a widget to work with, and as its plain twin to read.

The twin is HTML that needs nothing from anywhere, with the same as text. A learner's kernel shows the
widget; a run that stores outputs stores the twin alone, so that a notebook says the same to someone who
has not run it.
"""

from __future__ import annotations

import sys
from typing import Any

from cognito_lab import reproducible

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
