"""Paths with variables, ``/pictures/{id}`` and ``/{proxy+}``, and which of several fits a request best.

Source: API Gateway Developer Guide, "Create routes for HTTP APIs" and "Set up a proxy integration with a
proxy resource".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote


@lru_cache(256)
def _pattern(template: str) -> tuple[list[str], re.Pattern[str]]:
    """The names of the variables, and what a path must look like."""
    names, pattern = [], ""
    for piece in re.split(r"(\{[^{}]+\})", template):
        if piece.startswith("{"):
            names.append(piece.strip("{+}"))
            pattern += "(.+)" if piece.endswith("+}") else "([^/]+)"
        else:
            pattern += re.escape(piece)
    return names, re.compile(pattern)


def variables(template: str, path: str) -> dict[str, str] | None:
    """The values that ``path`` gives to the variables of ``template``; ``None`` where it does not fit."""
    names, pattern = _pattern(template)
    found = pattern.fullmatch(path)
    return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else None


def best(templates: Iterable[str], path: str) -> str | None:
    """The template that fits ``path``: a fixed segment before a variable, and ``{proxy+}`` last."""
    fitting = [template for template in templates if variables(template, path) is not None]
    return min(fitting, key=_rank, default=None)


def _rank(template: str) -> list[int]:
    return [2 if part.endswith("+}") else int(part.startswith("{")) for part in template.split("/")]
