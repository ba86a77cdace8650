"""Tables, and the claims of a token as one."""

from __future__ import annotations

import re

import jwt
import pytest
import time_machine

from cognito_lab.views.tables import Table, decoded, describe_time, show_claims, shown


def test_a_table_has_a_plain_twin_with_the_same_cells():
    table = Table([{"call": "SignUp", "answer": "UNCONFIRMED"}, {"call": "<b>", "left": 3}], "What came")
    assert repr(table).splitlines() == [
        "What came",
        "call    answer       left",
        "------  -----------  ----",
        "SignUp  UNCONFIRMED",
        "<b>                  3",
    ]
    html = table._repr_html_()
    assert "<caption>What came</caption>" in html and html.count("<td") == 6
    assert html.count('<th scope="col"') == 3
    assert "<b>" not in html and "&lt;b&gt;" in html


@time_machine.travel("2026-06-01T09:00:00Z", tick=False)
def test_claims_are_shown_decoded_with_times_for_people():
    token = jwt.encode(
        {"sub": "mara", "exp": 1780308000, "iat": 1780304400, "cognito:groups": ["curators"]},
        "a secret of at least thirty-two bytes",
        headers={"kid": "k1"},
    )
    lines = repr(show_claims(token)).splitlines()
    assert lines[0] == "decoded, not verified"
    assert any(line.split() == ["header", "kid", "k1"] for line in lines)
    assert any(line.split()[:3] == ["payload", "sub", "mara"] for line in lines)
    assert any(line.endswith("1780308000    2026-06-01 10:00:00 UTC, in 60 minutes") for line in lines)
    assert any('["curators"]' in line for line in lines)


@time_machine.travel("2026-06-01T09:00:00Z", tick=False)
@pytest.mark.parametrize(
    ("away", "said"),
    [
        (0, "now"),
        (30, "in 30 seconds"),
        (-1, "1 second ago"),
        (21, "in 21 seconds"),
        (-3600, "60 minutes ago"),
        (7200, "in 2 hours"),
        (-172800, "2 days ago"),
    ],
)
def test_times_are_told_from_now(away, said):
    assert describe_time(1780304400 + away).endswith(f"UTC, {said}")


@pytest.mark.parametrize("text", ["a.b.c.d.e", "opaque", "a.b.c", "", "e30.e30"])
def test_what_is_no_signed_token_is_refused(text):
    with pytest.raises(ValueError, match="this is not a signed token"):
        show_claims(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opaque", "1 part that should be 3"),
        ("a.b.c.d.e", "5 parts that should be 3"),
        ("Bearer e30.e30.c2ln", "' ' cannot be part of a token"),
        ("e30.e30.c2ln\n", r"'\\n' cannot be part of a token"),
        ("a.b.c", "are not JSON, JSON and a signature"),
        ("e30.e30.x", "are not JSON, JSON and a signature"),
        ("W10.e30.c2ln", "not both objects"),
        ({"IdToken": "e30.e30.c2ln"}, "a dict is not a text"),
    ],
)
def test_a_refusal_says_what_the_text_is_instead(text, said):
    with pytest.raises(ValueError, match=said):
        decoded(text)


def test_a_token_without_a_signature_can_be_read():
    assert decoded("e30.e30.") == ({}, {})


@pytest.mark.parametrize(
    "value", ["soon", None, True, [], float("nan"), float("inf"), -float("inf"), 10**400]
)
def test_what_is_no_time_is_said_to_be_none(value):
    assert describe_time(value) == "no time"


@pytest.mark.parametrize("value", [10**15, -(10**15), 1780304400000])
def test_a_time_may_lie_beyond_the_calendar(value):
    assert describe_time(value) == "a time beyond the calendar"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("two\nlines, <b>, Ägir", "two\nlines, <b>, Ägir"),
        ("\x1b[31m\x00", r"\x1b[31m\x00"),
        ("\ud800\u202e", r"\ud800\u202e"),
        (["ü", True, None, 5], '["ü", true, null, 5]'),
    ],
)
def test_what_cannot_be_printed_is_escaped(value, text):
    assert shown(value) == text


def test_short_cells_stay_on_one_line_and_long_words_may_be_broken():
    html = Table(
        [{"short": "✓ passed", "words": "several words of a sentence", "long": "x" * 40}]
    )._repr_html_()
    cells = re.findall(r'<td style="text-align:left;?([^"]*)">', html)
    assert cells == ["white-space:nowrap", "", "overflow-wrap:anywhere"]
