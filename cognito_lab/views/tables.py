"""Tables in a notebook, as HTML with a plain twin; and the claims of a token as one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from jwt.utils import base64url_decode

from cognito_lab.protocols import jwt_checks

SPACED = 'style="border-spacing:.8em .2em;line-height:1.4"'  # within a widget, where JupyterLab has no style
SHORT, LONG = 20, 24  # letters: of a cell that stays on one line, and of a word that may be broken
UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))
TIMES = ("iat", "exp", "auth_time", "nbf")  # claims that count seconds since 1970 (RFC 7519, section 2)


class Table:
    """Rows with the same columns; ``caption`` says what they show."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], caption: str = "") -> None:
        self.columns = list(dict.fromkeys(name for row in rows for name in row))
        self.rows = [[shown(row.get(name, "")) for name in self.columns] for row in rows]
        self.caption = caption

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        lines.insert(1, ["-" * width for width in widths])
        drawn = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join(filter(None, [self.caption, *drawn]))

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], of: str) -> list[str]:
            return [cell(escape(text), _style(text), of) for text in cells]

        body = [row(cells, "") for cells in self.rows]
        return as_html(row(self.columns, "col"), body, self.caption, f" {SPACED}")


def cell(html: str, style: str, of: str = "") -> str:
    """A cell of a table; that of a heading says what it heads, a ``"col"`` or a ``"row"``."""
    return f'<th scope="{of}" style="{style}">{html}</th>' if of else f'<td style="{style}">{html}</td>'


def as_html(
    head: Sequence[str], body: Sequence[Sequence[str]], caption: str = "", attributes: str = ""
) -> str:
    """A table of cells that :func:`cell` has made."""
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    rows = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in body)
    return f"<table{attributes}>{told}<thead><tr>{''.join(head)}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _style(cell: str) -> str:
    """JupyterLab sets tables flush right, which suits no sentence, and lets a long token widen the page."""
    if len(cell) <= SHORT:
        return "text-align:left;white-space:nowrap"
    broken = any(len(word) > LONG for word in cell.split())
    return "text-align:left;overflow-wrap:anywhere" if broken else "text-align:left"


def shown(value: Any) -> str:
    """A value as a cell holds it: text as it is, the rest as JSON; what cannot be printed is escaped."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def decoded(token: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a signed token (RFC 7515, section 7.1): not verified, so believed by nobody yet.

    Raises:
        ValueError: It is none; the text says what it is instead. A refresh token is none.
    """
    if not isinstance(token, str):
        raise ValueError(f"a {type(token).__name__} is not a text")
    parts = token.split(".")
    if len(parts) != 3:
        counted = f"{len(parts)} part{'s' * (len(parts) != 1)} that should be 3, the first two of them JSON"
        raise ValueError(f"{counted}. What it means is known only to the service that issued it")
    if odd := re.search(r"[^\w.-]", token, re.ASCII):  # base64url, without padding
        raise ValueError(f"{odd[0]!a} cannot be part of a token. Give only the token, nothing around it")
    try:
        base64url_decode(parts[2])
    except ValueError:
        raise ValueError(jwt_checks.NOT_ENCODED) from None
    return jwt_checks.decode_unverified(token)


def show_claims(token: str) -> Table:
    """What a JSON Web Token says, header first: decoded and **not verified**, so not yet to be believed.

    Raises:
        ValueError: The text is no signed token in three parts (RFC 7515, section 7.1); a refresh token is
            none.
    """
    try:
        header, claims = decoded(token)
    except ValueError as error:
        raise ValueError(f"this is not a signed token: {error}.") from None
    rows = [
        {
            "in the": part,
            "name": name,
            "value": value,
            "that is": describe_time(value) if name in TIMES else "",
        }
        for part, members in (("header", header), ("payload", claims))
        for name, value in members.items()
    ]
    return Table(rows, "decoded, not verified")


def is_time(value: Any) -> bool:
    """Whether ``value`` is a time as claims give it, seconds since 1970."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18


def describe_time(seconds: Any) -> str:
    """A time as claims give it (seconds since 1970), for people: in UTC, and how far from now."""
    if not is_time(seconds):
        return "no time"
    try:
        date = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return "a time beyond the calendar"
    away = seconds - time.time()
    size = abs(away)
    unit, length = next((unit for unit in UNITS if size >= 2 * unit[1]), ("seconds", 1))
    count = f"{size / length:.0f}"
    far = "now" if size < 0.5 else f"{count} {unit if count != '1' else unit[:-1]}"
    if far != "now":
        far = f"in {far}" if away > 0 else f"{far} ago"
    return f"{date:%Y-%m-%d %H:%M:%S} UTC, {far}"
