"""HTML read as a browser reads it: the text of a page, its forms, its links. Nothing runs.

Everything here that is in front of a page reads it so: the browser that Python plays, an outside provider's
sign-in by hand, recordings, and the wire where it leads a form to this machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = ("br", "hr", "img", "input", "link", "meta")  # elements without an end tag
INLINE = ("abbr", "b", "code", "em", "i", "small", "span", "strong")  # they begin no line
IN_WORDS = {"a": "→ {}", "button": "( {} )", "style": "", "script": "", "title": ""}


@dataclass
class Form:
    """A form of a page; of ``buttons``, what each one sends along, by its label; ``tag`` as written."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    tag: str = ""


class Page(HTMLParser):
    """A page, read: its text in ``lines``, its ``forms``, its ``links`` by label; ``html`` as it came.

    ``title`` is the window's; ``alert`` what was refused, where the page says so.
    """

    def __init__(self, html: str = "") -> None:
        super().__init__()
        self.html = html
        self.lines: list[str] = []
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.title = ""
        self.alert = ""
        self._open: list[tuple[str, dict[str, str]]] = []  # elements that have not ended
        self._text = ""  # of the line that has not ended
        self.feed(html)
        self.close()
        if self._open:
            self.handle_endtag(self._open[0][0])  # and with the first one all that were left open

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of its first form."""
        return self.forms[0].hidden if self.forms else {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in INLINE:
            self._end_line()
        if tag == "form":
            method, written = given.get("method", "get").lower(), self.get_starttag_text() or ""
            self.forms.append(Form(given.get("action", ""), method, tag=written))
        if tag == "input" and given.get("name") and self.forms:
            hidden = given.get("type") == "hidden"
            fields = self.forms[-1].hidden if hidden else self.forms[-1].fields
            fields[given["name"]] = given.get("value", "")
            if not hidden:
                self.lines.append(f"[ {given['name']}: {given.get('value', '')} ]")
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while tag in [name for name, _ in self._open]:  # and those inside it that were left open
            name, given = self._open.pop()
            self.end(name, given)
            if name == tag:
                return

    def end(self, tag: str, given: dict[str, str]) -> None:
        """An element has ended, which began with the attributes ``given``."""
        label = " ".join(self._text.split())
        if tag == "button" and self.forms:
            sent = {given["name"]: given.get("value", "")} if "name" in given else {}
            self.forms[-1].buttons[label] = sent
        if tag == "a":
            self.links[label] = given.get("href", "")
        if tag == "title":
            self.title = label
        if given.get("role") == "alert":
            self.alert = label
        self._text = IN_WORDS.get(tag, "{}").format(label) if label else ""
        if tag not in INLINE:
            self._end_line()

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_line(self) -> None:
        line = " ".join(self._text.split())
        self.lines += [line] if line else []
        self._text = ""
