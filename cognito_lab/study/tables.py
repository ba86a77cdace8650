"""Tables in a notebook, as HTML with a plain twin; and the claims of a token as one."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from html import escape
from typing import Any

UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))
TIMES = ("iat", "exp", "auth_time", "nbf")  # claims that count seconds since 1970 (RFC 7519, section 2)


class Table:
    """Rows with the same columns; ``caption`` says what they show."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], caption: str = "") -> None:
        self.columns = list(dict.fromkeys(name for row in rows for name in row))
        self.rows = [[_shown(row.get(name, "")) for name in self.columns] for row in rows]
        self.caption = caption

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        lines.insert(1, ["-" * width for width in widths])
        drawn = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join(filter(None, [self.caption, *drawn]))

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        body = "\n".join(row(cells, "td") for cells in self.rows)
        return f"<table>{caption}<thead>{row(self.columns, 'th')}</thead>\n<tbody>{body}</tbody></table>"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def show_claims(token: str) -> Table:
    """What a JSON Web Token says, header first: decoded and **not verified**, so not yet to be believed.

    Raises
    ------
    ValueError
        The text is no signed token in three parts (RFC 7515, section 7.1); a refresh token is none.
    """
    parts = token.split(".")
    try:
        header, claims, _ = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        both = {"header": json.loads(header), "payload": json.loads(claims)}
    except ValueError:
        raise ValueError(
            f"this is no signed token: {len(parts)} parts that should be 3, the first two of them JSON. "
            "What it means is known only to the service that issued it."
        ) from None
    rows = [
        {"in the": part, "name": name, "value": value, "that is": moment(value) if name in TIMES else ""}
        for part, members in both.items()
        for name, value in members.items()
    ]
    return Table(rows, "decoded, not verified")


def moment(seconds: float) -> str:
    """A time as claims give it (seconds since 1970), for people: in UTC, and how far from now."""
    away = seconds - time.time()
    size = abs(away)
    unit, length = next((unit for unit in UNITS if size >= 2 * unit[1]), ("seconds", 1))
    far = "now" if size < 0.5 else f"{size / length:.0f} {unit}"
    if far != "now":
        far = f"in {far}" if away > 0 else f"{far} ago"
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC, {far}"
