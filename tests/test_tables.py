"""Tables, and the claims of a token as one."""

from __future__ import annotations

import jwt
import pytest
import time_machine

from cognito_lab.study.tables import Table, moment, show_claims


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
    assert "<caption>What came</caption>" in html and html.count("<td>") == 6
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
        (-3600, "60 minutes ago"),
        (7200, "in 2 hours"),
        (-172800, "2 days ago"),
    ],
)
def test_times_are_told_from_now(away, said):
    assert moment(1780304400 + away).endswith(f"UTC, {said}")


@pytest.mark.parametrize("text", ["a.b.c.d.e", "opaque", "a.b.c", "", "e30.e30"])
def test_what_is_no_signed_token_is_refused(text):
    with pytest.raises(ValueError, match="this is no signed token"):
        show_claims(text)
