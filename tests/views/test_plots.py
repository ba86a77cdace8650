"""Plots: the picture agrees with its words, and the bytes are the same each time."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any
from xml.etree import ElementTree

import boto3
import jwt
import pytest
import time_machine

from cognito_lab import Lab
from cognito_lab.practice import checks
from cognito_lab.views import plots
from cognito_lab.views.plots import Plot, lifetimes, waits, who_may

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Tidepool1"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def token(use: str = "id", minutes: float = 60, **claims: Any) -> str:
    said = {"iss": POOL, "token_use": use, "exp": int(time.time() + minutes * 60), **claims}
    return jwt.encode(said, "a secret of at least thirty-two bytes")


def credentials(minutes: float) -> dict[str, Any]:
    away = timezone(timedelta(hours=5, minutes=30))  # boto3 gives times in the machine's zone
    return {"AccessKeyId": "ASIA", "Expiration": (NOON + timedelta(minutes=minutes)).astimezone(away)}


def axes_of(monkeypatch: pytest.MonkeyPatch, draw: Callable[[], Plot]) -> Any:
    """What matplotlib was told to draw."""
    from matplotlib.figure import Figure

    figures: list[Any] = []
    original = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (figures.append(self), original(self, *a, **k))
    )
    draw()
    return figures[0].axes[0]


# -- lifetimes -----------------------------------------------------------------------------------


def test_three_clocks_of_a_person_who_was_disabled(monkeypatch):
    plot = lifetimes(
        token("id"),
        token("access", 60),
        refresh=timedelta(0),
        credentials=credentials(42),
        title="Three clocks",
    )
    assert repr(plot).splitlines() == [
        "Three clocks (2026-06-01 12:00:00 UTC)",
        "what                         valid until              that is",
        "---------------------------  -----------------------  -------------",
        "ID token of a user pool      2026-06-01 13:00:00 UTC  in 60 minutes",
        "Access token of a user pool  2026-06-01 13:00:00 UTC  in 60 minutes",
        "Refresh token                2026-06-01 12:00:00 UTC  over: now",
        "Temporary credentials        2026-06-01 12:42:00 UTC  in 42 minutes",
    ]
    assert plot.alt.startswith(
        "Three clocks, at 2026-06-01 12:00:00 UTC. ID token of a user pool until 2026-06-01"
    )
    assert "Refresh token until 2026-06-01 12:00:00 UTC, over: now;" in plot.alt


def test_bars_are_as_long_as_what_is_left(monkeypatch):
    axes = axes_of(
        monkeypatch,
        lambda: lifetimes(
            token("id"), token("access", -5), refresh=timedelta(hours=3), credentials=credentials(30)
        ),
    )
    assert axes.get_xscale() == "linear" and axes.get_xlabel().startswith("hours from now")
    assert [round(bar.get_width(), 3) for bar in axes.patches] == [1, 3, 0.5]
    assert [bar.get_x() for bar in axes.patches] == [0, 0, 0]
    assert len({bar.get_hatch() for bar in axes.patches}) == 3  # not by colour alone
    (over,) = axes.lines
    assert list(over.get_ydata()) == [1] and over.get_marker() == "x"
    words = [text.get_text() for text in axes.texts]
    assert words[1] == "over: 5 minutes ago\n2026-06-01 11:55:00 UTC"


def test_very_different_lifetimes_share_an_axis_that_says_how(monkeypatch):
    axes = axes_of(monkeypatch, lambda: lifetimes(token("id"), refresh=timedelta(days=30)))
    assert axes.get_xscale() == "log" and "logarithmic" in axes.get_xlabel()
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert ends == [3600, 30 * 86400]
    assert [text.get_text() for text in axes.get_xticklabels()] == [
        "1 hour",
        "6 hours",
        "1 day",
        "1 week",
        "30 days",
    ]
    assert axes.get_xlim()[0] < 3600 < 30 * 86400 < axes.get_xlim()[1]


@pytest.mark.parametrize(
    "ends",
    [[-60], [0], [0.001], [1], [1, 1], [60 * 24 * 3650], [0.01, 60 * 24 * 3650], [5, -5], [10**13]],
)
def test_extreme_lifetimes_can_be_drawn(ends):
    plot = lifetimes(*(token("id", minutes) for minutes in ends), refresh=None)
    check(plot)
    assert len(plot.table.rows) == len(ends)


def test_other_issuers_tokens_are_named():
    google = token(iss="https://accounts.google.com", token_use="")
    pool = token(iss="https://cognito-identity.amazonaws.com", minutes=10)
    assert [cells[0] for cells in lifetimes(google, pool, token(iss="x")).table.rows] == [
        "Google's ID token",
        "Identity pool's own token",
        "Token of an issuer that the course does not know",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: lifetimes(), "no lifetime to draw"),
        (lambda: lifetimes("a.b.c.d.e"), "5 parts that should be 3"),
        (lambda: lifetimes(token(exp="soon")), "without exp"),
        (lambda: lifetimes(jwt.encode({}, "a secret of at least thirty-two bytes")), "without exp"),
    ],
)
def test_what_has_no_end_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()


# -- both ----------------------------------------------------------------------------------------


def check(plot: Plot) -> ElementTree.Element:
    """One image with its text on its own paper, which needs nothing from anywhere; and its numbers."""
    image, details = plot.html().split("\n", 1)
    found = re.fullmatch(
        r'<img alt="([^"]+)" style="min-width: 640px" src="data:image/svg\+xml;base64,([^"]+)">', image
    )
    assert found is not None
    alt, source = found.groups()
    assert unescape(alt) == plot.alt
    assert details.startswith("<details><summary>") and "<table " in details
    svg = base64.b64decode(source).decode()
    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"text", "image", "script", "metadata", "foreignObject"}  # letters are outlines
    paper = root.find(".//{*}g[@id='patch_1']/{*}path")
    assert paper is not None and "fill: #ffffff" in paper.get("style", "")
    assert root.get("width") == "645pt"  # 860 pixels
    assert not re.search(r"Matplotlib|<!DOCTYPE|url\((?!#)|href=\"(?!#)", svg)
    return root


def everything() -> list[Plot]:
    one = lifetimes(token("id"), token("access", 30), refresh=timedelta(days=30), credentials=credentials(42))
    return [one, waits({5: 1.0, 6: 2.0}), who_may({"a guest": 0, "Ben": 1}, {"stay": refuse, "go": bool})]


def test_pictures_stand_alone():
    for plot in everything():
        check(plot)


def test_bytes_are_the_same_whatever_the_reader_has_set(monkeypatch):
    import matplotlib

    first = [plot.svg for plot in everything()]
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    settings = {
        "font.size": 20,
        "svg.fonttype": "none",
        "axes.grid": True,
        "figure.dpi": 300,
        "timezone": "CET",
    }
    try:
        with matplotlib.rc_context(settings):
            assert [plot.svg for plot in everything()] == first
            assert matplotlib.rcParams["font.size"] == 20  # and they are left as they were
    finally:
        monkeypatch.undo()
        time.tzset()


def test_letters_come_from_the_font_that_matplotlib_brings_along():
    import matplotlib
    from matplotlib import font_manager

    assert font_manager.findfont(plots.STYLE["font.family"]).startswith(matplotlib.get_data_path())


def test_importing_it_brings_no_matplotlib_along():
    code = "import sys, cognito_lab.views.plots; print({'ipywidgets', 'matplotlib'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


# -- waits ---------------------------------------------------------------------------------------


def test_waits_are_drawn_where_they_were_measured(monkeypatch):
    measured = {5: 1, 6: 2, 7: 4, 16: 900}
    axes = axes_of(monkeypatch, lambda: waits(measured, "Locks"))
    assert [tuple(point) for point in axes.lines[0].get_xydata()] == list(measured.items())
    assert axes.get_yscale() == "log"
    plot = waits(measured, "Locks")
    assert plot.alt == "Locks, by wrong passwords: after 5: 1 s; after 6: 2 s; after 7: 4 s; after 16: 900 s."
    assert plot.svg == waits(measured, "Locks").svg
    assert waits({5: 1}).svg != waits({5: 2}).svg


@pytest.mark.parametrize("measured", [{}, {5: 0}, {5: -1, 6: 2}])
def test_waits_that_cannot_be_drawn_are_refused(measured):
    with pytest.raises(ValueError, match="at least one wait, each more than 0"):
        waits(measured)


# -- who may do what -----------------------------------------------------------------------------


def refuse(given: Any) -> None:
    from botocore.exceptions import ClientError

    raise ClientError({"Error": {"Code": "AccessDenied", "Message": str(given)}}, "GetObject")


def test_who_may_do_what_is_what_the_calls_answer(monkeypatch):
    with Lab.start() as lab:
        scene, asked = lab.scene("overture"), []
        login = {scene.issuer: checks.id_token(scene, "mara")}
        mara = checks.client_with(checks.identity_and_credentials(scene.identity_pool, login)[1])
        people = {"the owner": boto3.client("s3"), "Mara": mara}
        own = {"Bucket": scene.bucket, "Key": f"{scene.mara}/anemone.svg"}
        requests = {
            "her own": lambda s3: asked.append(s3) or s3.get_object(**own),
            "Ben's": lambda s3: s3.get_object(Bucket=scene.bucket, Key=f"{scene.ben}/crab.svg"),
        }
        axes = axes_of(monkeypatch, lambda: who_may(people, requests))
        view = who_may(people, requests, "Two folders")
        assert asked == [*people.values()] * 2
        assert view.answers["the owner"] == {"her own": "allowed", "Ben's": "allowed"}
        assert view.answers["Mara"] == {"her own": "allowed", "Ben's": "AccessDenied"}
        assert view.alt.endswith("; Mara: her own: allowed, Ben's: AccessDenied.")
        assert repr(view).splitlines()[-1].split() == ["Mara", "allowed", "AccessDenied"]
        words = [text.get_text() for text in axes.texts]
        assert words == ["✓ allowed"] * 3 + ["✗ AccessDenied"]
        assert [bar.get_linestyle() for bar in axes.patches] == ["-"] * 3 + [":"]  # not by colour alone


def test_a_mistake_is_no_answer():
    with pytest.raises(ZeroDivisionError):
        who_may({"Ben": 0}, {"divide": lambda number: 1 / number})


@pytest.mark.parametrize(("people", "requests"), [({}, {"stay": refuse}), ({"Ben": 1}, {})])
def test_where_nobody_asks_or_nothing_is_asked_there_is_no_picture(people, requests):
    with pytest.raises(ValueError, match="at least one person and one request"):
        who_may(people, requests)
