"""HTML is written in Jinja templates, in a folder ``templates`` beside the module that fills them in.

There is one environment. It escapes every value that is put into a template, and fails at a name that has no
value. What is HTML already comes as :class:`markupsafe.Markup`; the templates themselves switch nothing off.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import Path

import jinja2

PACKAGE = Path(__file__).parent


class Environment(jinja2.Environment):
    """In it a template names another by its path from the folder of its own."""

    def join_path(self, template: str, parent: str) -> str:
        return posixpath.join(posixpath.dirname(parent), template)


ENVIRONMENT = Environment(
    loader=jinja2.FileSystemLoader(PACKAGE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def beside(module: str) -> Callable[..., str]:
    """A function that fills in the templates beside ``module``, its ``__file__``: name of the file, values.

    >>> render = beside(__file__)
    >>> render("error.html", message="There is no such page.")
    """
    folder = (Path(module).parent / "templates").relative_to(PACKAGE).as_posix()

    def render(name: str, /, **values: object) -> str:
        return ENVIRONMENT.get_template(f"{folder}/{name}").render(values)

    return render
