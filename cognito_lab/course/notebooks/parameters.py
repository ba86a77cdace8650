"""The parameters of a notebook: the plain assignments in its cell tagged `parameters`.

papermill only warns of a parameter that a notebook does not have, and the run then passes for one that never
happened. So names and types are checked here, before anything runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode


class ParameterRefused(ValueError):
    """A parameter that the notebook does not have, or a value that is not of the default's type."""


def declared(notebook: NotebookNode) -> dict[str, Any]:
    """Names and default values; a default that is not a literal is given as `...`."""
    found: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "parameters" not in cell.metadata.get("tags", []):
            continue
        for node in ast.parse(cell.source).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name):
                    try:
                        found[target.id] = ast.literal_eval(node.value)
                    except ValueError:
                        found[target.id] = ...
    return found


def resolve(name: str, notebook: NotebookNode, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values for one notebook, in the types of its defaults (so a code `012345` stays a text).

    Raises:
        ParameterRefused: with a line that says what the notebook has.
    """
    has = declared(notebook)
    values = {}
    for parameter, text in given:
        if parameter not in has:
            listed = ", ".join(f"{key} = {value!r}" for key, value in has.items()) or "none"
            raise ParameterRefused(f"{name} has no parameter {parameter!r}. It has: {listed}.")
        default = has[parameter]
        if isinstance(default, str):
            values[parameter] = text
            continue
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text
        wanted = (int, float) if isinstance(default, float) else type(default)
        if default not in (None, ...) and (
            not isinstance(value, wanted) or isinstance(value, bool) != isinstance(default, bool)
        ):
            kind = type(default).__name__
            raise ParameterRefused(f"{name}: {parameter} is of type {kind} ({default!r}); {text!r} is not.")
        values[parameter] = value
    return values
