"""Pictures drawn by matplotlib: lifetimes on one axis, lockout, and who may do what.

Each is an image with its text, and a table of what it shows. The same values give the same bytes: letters are
outlines of the font that matplotlib brings along, and nothing in the file tells when or by what it was made.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cognito_lab.views.palette import INK, PAPER, REFUSED, TICKETS, WIDTH
from cognito_lab.views.svg import wrapped
from cognito_lab.views.tables import UNITS, Table, decoded, describe_time, is_time
from cognito_lab.views.token_view import kind_of
from cognito_lab.views.twin import Twin, picture

STYLE: Any = {
    "svg.hashsalt": "cognito_lab", "font.family": "DejaVu Sans", "font.size": 9,
    "text.parse_math": False,  # ${…} stands in policies
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
}  # fmt: skip
HATCHES = {"token": "//", "secret": "--", "credentials": "xx"}  # by family of a ticket: never colour alone
MARKS = {  # of an axis on which each mark is many times the one before, in seconds
    60: "1 minute", 600: "10 minutes", 3600: "1 hour", 21600: "6 hours", 86400: "1 day", 604800: "1 week",
    2592000: "30 days", 31536000: "1 year", 315360000: "10 years",
}  # fmt: skip
ROW = 46  # pixels
ALLOWED = "allowed"


class Plot(Twin):
    """A picture as ``svg``, what it says as ``alt`` text, and what it shows as a ``table``."""

    def __init__(self, svg: str, alt: str, table: Table) -> None:
        self.svg, self.alt, self.table = svg, alt, table

    def __repr__(self) -> str:
        return repr(self.table)

    def html(self) -> str:
        return picture(self.svg, self.alt, "The picture as a table", self.table._repr_html_())


def lifetimes(
    *tokens: str,
    refresh: timedelta | None = None,
    credentials: Mapping[str, Any] | None = None,
    title: str = "How long each is still valid",
) -> Plot:
    """What ends when, from now on: a bar for each, on one axis of time.

    ``tokens`` are signed ones with an ``exp``, ``credentials`` temporary ones as AWS answers them. How long
    the refresh token counts is in no token, so ``refresh`` says it: what is left of the app client's
    ``RefreshTokenValidity``, or ``timedelta(0)`` after it was revoked.

    Raises:
        ValueError: There is nothing to draw; or a text is no signed token, or one without an ``exp``.
    """
    now = time.time()
    ends: list[tuple[str, str, float]] = []  # what, the family of its ticket, seconds since 1970
    for claims in (decoded(token)[1] for token in tokens):
        if not is_time(claims.get("exp")):
            raise ValueError("a token without exp has no end to draw")
        ends.append((kind_of(claims)["name"], "token", claims["exp"]))
    if refresh is not None:
        ends.append(("Refresh token", "secret", now + refresh.total_seconds()))
    if credentials is not None:
        ends.append(("Temporary credentials", "credentials", credentials["Expiration"].timestamp()))
    if not ends:
        raise ValueError("there is no lifetime to draw: give tokens, refresh=… or credentials=…")
    left = [end - now for *_, end in ends if end > now] or [3600.0]
    wide = max(left) > 24 * min(left)  # on an even scale nothing would be left of the shortest
    unit, length = next((unit for unit in UNITS if max(left) >= 2 * unit[1]), ("seconds", 1))
    scale = f"{unit} from now"
    if wide:
        scale, length = "time from now (logarithmic)", 1
    first, last = min(left) / 4 if wide else 0, max(left) / length * 1.05
    here = describe_time(now).rpartition(", ")[0]
    rows = []
    for what, _, end in ends:
        date, _, far = describe_time(end).rpartition(", ")
        rows.append({"what": what, "valid until": date, "that is": far if end > now else f"over: {far}"})

    def draw(figure: Any, height: float) -> None:
        axes = figure.add_axes((0.22, 52 / height, 0.48, ROW * len(ends) / height))
        for row, (_, family, end) in enumerate(ends):
            edge, ground = TICKETS[family]
            if end > now:
                look = {"facecolor": ground, "edgecolor": edge, "hatch": HATCHES[family], "linewidth": 1.5}
                axes.barh(row, (end - now) / length - first, left=first, height=0.6, **look)
            else:
                axes.plot([first], [row], "x", ms=11, mew=3, color=REFUSED, clip_on=False)
            words = f"{rows[row]['that is']}\n{rows[row]['valid until']}"
            axes.text(1.04, row, words, transform=axes.get_yaxis_transform(), va="center")
        if wide:
            axes.set_xscale("log")
            axes.set_xticks([mark for mark in MARKS if first <= mark <= last])
            axes.xaxis.set_major_formatter(lambda mark, _: MARKS[mark])
            axes.minorticks_off()
        axes.set_xlabel(f"{scale} ({here})")
        axes.set_yticks(range(len(ends)), ["\n".join(wrapped(what, 165, 12)) for what, *_ in ends])
        axes.set(xlim=(first, last), ylim=(len(ends) - 0.5, -0.5))

    said = "; ".join("{what} until {valid until}, {that is}".format_map(row) for row in rows)
    drawn = _drawn(ROW * len(ends) + 92, title, draw)
    return Plot(drawn, f"{title}, at {here}. {said}.", Table(rows, f"{title} ({here})"))


def waits(measured: Mapping[int, float], title: str = "How long the lock lasts") -> Plot:
    """How long somebody is locked out: ``measured`` seconds by the number of wrong passwords before.

    The axis of time is logarithmic, so that what doubles each time is a straight line.

    Raises ValueError where nothing was measured, or a wait is not positive.
    """
    if not measured or min(measured.values()) <= 0:
        raise ValueError("give the seconds of at least one wait, each more than 0")
    rows = [
        {"wrong passwords": str(number), "locked for": f"{wait:g} s"} for number, wait in measured.items()
    ]

    def draw(figure: Any, height: float) -> None:
        axes = figure.add_axes((0.12, 52 / height, 0.8, 1 - 96 / height))
        axes.plot(list(measured), list(measured.values()), "s--", color=INK, ms=7, mew=1)
        for number, wait in measured.items():
            axes.annotate(f"{wait:g} s", (number, wait), (0, 9), textcoords="offset points", ha="center")
        axes.set(yscale="log", xlabel="wrong passwords, one after the other", ylabel="locked for (seconds)")
        axes.set_ylim(min(measured.values()) / 2, max(measured.values()) * 3)
        axes.set_xticks(list(measured))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()

    said = "; ".join("after {wrong passwords}: {locked for}".format_map(row) for row in rows)
    return Plot(_drawn(300, title, draw), f"{title}, by wrong passwords: {said}.", Table(rows, title))


class WhoMay(Plot):
    """Who may do what. ``answers[who][request]`` is ``"allowed"``, or the code of AWS's refusal."""

    answers: dict[str, dict[str, str]]


def who_may(
    people: Mapping[str, Any], requests: Mapping[str, Callable[[Any], Any]], title: str = "Who may do what"
) -> WhoMay:
    """Make each of ``requests`` as each of ``people``, and draw what AWS answers. Nothing is undone.

    Args:
        people: What a request is called with, by who it stands for: a client that signs with their
            credentials, for example.
        requests: A function of that which makes a call by boto3, by what it is for.

    Raises:
        ValueError: There is nobody, or nothing to ask.
        Exception: What a request raises that is no refusal of AWS's.
    """
    if not people or not requests:
        raise ValueError("give at least one person and one request")
    answers = {
        who: {what: _answer(ask, given) for what, ask in requests.items()} for who, given in people.items()
    }

    def draw(figure: Any, height: float) -> None:
        axes = figure.add_axes((0.12, 16 / height, 0.86, ROW * len(people) / height))
        room = 0.86 * WIDTH / len(requests) - 14
        for row, answered in enumerate(answers.values()):
            for column, answer in enumerate(answered.values()):
                edge, ground = TICKETS["token"] if answer == ALLOWED else (REFUSED, PAPER)
                line = "-" if answer == ALLOWED else ":"  # never colour alone
                look = {"facecolor": ground, "edgecolor": edge, "linestyle": line, "linewidth": 1.5}
                axes.barh(row, 0.92, 0.84, left=column - 0.46, **look)
                words = "\n".join(wrapped(f"{'✓' if answer == ALLOWED else '✗'} {answer}", room, 12))
                axes.text(column, row, words, ha="center", va="center", color=edge)
        axes.set_xticks(range(len(requests)), ["\n".join(wrapped(what, room, 12, 3)) for what in requests])
        axes.set_yticks(range(len(people)), ["\n".join(wrapped(who, 84, 12)) for who in people])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlim=(-0.5, len(requests) - 0.5), ylim=(len(people) - 0.5, -0.5))

    said = "; ".join(
        f"{who}: {', '.join(f'{what}: {answer}' for what, answer in answered.items())}"
        for who, answered in answers.items()
    )
    table = Table([{"who": who, **answered} for who, answered in answers.items()], title)
    plot = WhoMay(_drawn(ROW * len(people) + 112, title, draw), f"{title}. {said}.", table)
    plot.answers = answers
    return plot


def _answer(ask: Callable[[Any], Any], given: Any) -> str:
    from botocore.exceptions import ClientError

    try:
        ask(given)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ALLOWED


def _drawn(height: float, title: str, draw: Callable[[Any, float], None]) -> str:
    """``draw(figure, height)`` on paper of so many pixels, as SVG."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # when new, it tells of its cache
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the reader has set for plots of his own
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH / 96, height / 96), facecolor=PAPER)  # a browser's inch: 96 pixels
        figure.text(0.5, 1 - 24 / height, title, ha="center", size=12, weight="bold")
        draw(figure, height)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return file.getvalue()[file.getvalue().index("<svg") :]
