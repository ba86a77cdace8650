"""Diagrams: drawn from a recording, always the same bytes, readable by eye, by ear and in black and white."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from support.pictures import SVG, overlaps, texts

from cognito_lab import refused
from cognito_lab.lessons.recording import Story
from cognito_lab.views import diagrams, palette
from cognito_lab.views.calls import Call
from cognito_lab.views.diagrams import Arrow, Diagram, Picture, Ticket
from cognito_lab.views.state_diagram import state_diagram
from cognito_lab.views.svg import width_of, wrapped

ID_TOKEN = Ticket("token", "ID token of mara", "A")
ACCESS_TOKEN = Ticket("token", "access token of mara", "BBB")
KEYS = Ticket("credentials", "AWS credentials ASIA…7QZ4", "C")


def long_story() -> list[Arrow]:
    """Twelve arrows with everything that occurs: tickets, long notes, inner steps, a refusal."""
    login = "us-east-1:1234abcd…, login of cognito-idp…/us-east-1_AbCdEfGhI"
    return [
        Arrow(
            "app", "user pool", "InitiateAuth", "USER_PASSWORD_AUTH, mara", (Ticket("secret", "password"),)
        ),
        Arrow(
            "user pool",
            "app",
            "",
            "",
            (ID_TOKEN, ACCESS_TOKEN),
            answer=True,
        ),
        Arrow("app", "identity pool", "GetId", login, (ID_TOKEN,)),
        Arrow("identity pool", "app", "", "us-east-1:1234abcd…", answer=True),
        Arrow("app", "identity pool", "GetCredentialsForIdentity", login, (ID_TOKEN,)),
        Arrow("identity pool", "AWS STS", "AssumeRoleWithWebIdentity", "role a, aud b, amr c", inside=True),
        Arrow("AWS STS", "identity pool", "", "a/CognitoIdentityCredentials", answer=True, inside=True),
        Arrow("identity pool", "app", "", "us-east-1:1234abcd…", (KEYS,), answer=True),
        Arrow("app", "Amazon S3", "GetObject", "tidepool-pictures/us-east-1:1234abcd…/anemone.svg", (KEYS,)),
        Arrow("Amazon S3", "app", "", "355 bytes of image/svg+xml", answer=True),
        Arrow("app", "Amazon S3", "GetObject", "tidepool-pictures/us-east-1:99887766…/crab.svg", (KEYS,)),
        Arrow("Amazon S3", "app", "AccessDenied", "HTTP 403", answer=True, refused=True),
    ]


@pytest.fixture
def picture() -> Picture:
    return Picture("From sign-in to picture", long_story())


def test_a_picture_is_wellformed_opaque_and_fetches_nothing(picture):
    svg = picture.svg()
    root = xml.fromstring(svg)
    ground = root.find(f"{SVG}rect")
    assert [float(ground.get(side)) for side in ("width", "height")] == [
        float(root.get(side)) for side in ("width", "height")
    ]
    assert ground.get("fill") == "#ffffff" and ground.get("opacity") is None
    assert 700 <= float(root.get("width")) <= 900
    assert (
        re.findall(
            r"https?:|url\((?!#)|@import|<image|<script|href",
            svg.replace('xmlns="http://www.w3.org/2000/svg"', ""),
        )
        == []
    )
    assert root.get("font-family") == "sans-serif"


@pytest.mark.parametrize("lanes", [2, 3, 5, 6])
def test_no_text_lies_on_another_or_leaves_the_picture(lanes, picture):
    names = [
        "Mara's app in the browser",
        "user pool",
        "identity pool",
        "AWS STS",
        "Amazon S3",
        "API Gateway",
    ][:lanes]
    arrows = [
        replace(one, tail=names[number % lanes], head=names[(number * 3 + 1) % lanes])
        for number, one in enumerate(long_story())
    ]
    arrows = [
        replace(one, head=names[(names.index(one.tail) + 1) % lanes]) if one.tail == one.head else one
        for one in arrows
    ]
    for svg in (picture.svg(), Picture("A title", arrows, "Left out: GET jwks.json.", names[0]).svg()):
        assert overlaps(svg) == []
        size = [float(xml.fromstring(svg).get(name)) for name in ("width", "height")]
        outside = [
            box for box in texts(svg) if box[1] < 0 or box[2] < 0 or box[3] > size[0] or box[4] > size[1]
        ]
        assert outside == []


def test_a_call_to_oneself_stays_in_the_picture():
    svg = Picture(
        "", [Arrow("app", "user pool", "A"), Arrow("user pool", "user pool", "ListUsers", "a" * 60)]
    ).svg()
    assert overlaps(svg) == [] and all(box[3] <= palette.WIDTH for box in texts(svg))


def test_arrows_are_numbered_in_order_and_so_is_the_transcript(picture):
    numbers = [text for text, *_ in texts(picture.svg()) if text.isdigit()]
    assert numbers == [str(number) for number in range(1, 13)]
    lines = picture.transcript().splitlines()
    assert lines[0] == "From sign-in to picture"
    assert lines[1] == " 1. app → user pool: InitiateAuth (USER_PASSWORD_AUTH, mara) [password]"
    assert lines[6].startswith(" 6.     identity pool → AWS STS: AssumeRoleWithWebIdentity")
    assert lines[12] == "12. app ⇠ Amazon S3: ✗ refused: AccessDenied (HTTP 403)"


def test_tickets_show_their_letter_in_picture_words_and_alternative_text(picture):
    letters = [text for text, *_ in texts(picture.svg()) if text.isupper() and len(text) < 4]
    assert letters == ["A", "BBB", "A", "A", "C", "C", "C"]
    assert picture.svg().count("same letter: the same") == 1
    assert "[ID token of mara · A + access token of mara · BBB]" in picture.transcript()
    assert "app calls GetId of identity pool with ID token of mara · A" in picture.alt()
    bare = [tuple(replace(each, mark="") for each in one.tickets) for one in picture.arrows]
    pairs = zip(picture.arrows, bare, strict=True)
    without = Picture("", [replace(one, tickets=tickets) for one, tickets in pairs])
    assert "same letter" not in without.svg() and "·" not in without.transcript() + without.alt()


def test_a_label_that_is_cut_keeps_its_letter_inside_the_ticket():
    tickets = (Ticket("token", "Google ID token of somebody with a very long name indeed, truly", "AA"),)
    svg = Picture("", [Arrow("app", "user pool", "A", tickets=tickets)] * 2).svg()
    assert overlaps(svg) == [] and [text for text, *_ in texts(svg)].count("AA") == 2
    rects = [
        {side: float(one.get(side)) for side in ("x", "y", "width", "height")}
        for one in xml.fromstring(svg).iter(f"{SVG}rect")
        if one.get("rx") == "4"
    ]
    label = next(box for box in texts(svg) if box[0].endswith("…"))
    pill, badge = rects[0], rects[1]
    assert badge["x"] + badge["width"] == pytest.approx(pill["x"] + pill["width"], abs=0.2)
    assert pill["x"] < label[1] and label[3] < badge["x"]


def test_marks_are_stored_and_nothing_else_of_a_value_is(picture):
    diagram = Diagram([picture])
    assert Diagram.from_data(json.loads(json.dumps(diagram.as_data()))).html() == diagram.html()
    (stored,) = diagram.as_data()[0]["arrows"][2]["tickets"]
    assert stored == {"family": "token", "label": "ID token of mara", "mark": "A"}
    before = {"family": "token", "label": "ID token of mara"}  # stored before there were marks
    arrow = {"tail": "app", "head": "user pool", "label": "GetUser", "tickets": [before]}
    assert (
        str(Diagram.from_data([{"title": "", "arrows": [arrow]}]))
        == " 1. app → user pool: GetUser [ID token of mara]"
    )


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_all_that_is_written_can_be_read():
    written = [(palette.INK, palette.PAPER), (palette.QUIET, palette.PAPER), (palette.REFUSED, palette.PAPER)]
    written += [(palette.INK, palette.LANE), (palette.QUIET, palette.LANE), (palette.MARK, palette.PAPER)]
    for colour, ground in palette.TICKETS.values():
        written += [(palette.INK, ground), (palette.PAPER, colour)]  # the label, and the letter in its square
    assert all(contrast(*pair) >= 4.5 for pair in written)


def test_a_refusal_is_told_by_word_sign_and_shape_and_not_by_colour_alone(picture):
    svg = picture.svg()
    grey = svg.replace(palette.REFUSED, palette.QUIET)
    crosses = re.findall(r'd="M[\d.]+ [\d.]+l12 12m0 -12l-12 12"', grey)
    assert len(crosses) == 1 and "✗ refused: AccessDenied" in grey
    allowed = Picture("", [replace(one, refused=False) for one in long_story()]).svg()
    assert "✗ refused:" not in allowed and "l12 12m0" not in allowed


def test_answers_are_dashed_and_calls_are_not(picture):
    lines = re.findall(r'<path d="M[^"]+H[^"]+"[^>]*marker-end="url\(#(\w+)\)"/>', picture.svg())
    dashed = re.findall(r'stroke-dasharray="6 4" marker-end="url\(#(\w+)\)"/>', picture.svg())
    assert len(lines) == 12 and dashed == [kind for kind in lines if kind != "call"] and len(dashed) == 6


def test_the_alternative_text_says_what_the_picture_says(picture):
    alt = picture.alt()
    assert alt.startswith(
        "From sign-in to picture: 12 arrows between app, user pool, identity pool, AWS STS and Amazon S3."
    )
    for said in ("app calls InitiateAuth of user pool with password", "Amazon S3 refuses with AccessDenied",
                 "identity pool answers AWS credentials ASIA…7QZ4 · C"):  # fmt: skip
        assert said in alt
    assert "\n" not in alt and "marked" not in alt


def test_twelve_arrows_are_drawn_and_thirteen_are_not():
    Picture("t", long_story())
    with pytest.raises(ValueError, match=r"“t” has 13 arrows, .* 12.* chapters"):
        Picture("t", [*long_story(), Arrow("app", "user pool", "GetUser")])


def test_nothing_recorded_is_nothing_to_draw():
    for nothing in (lambda: Story().diagram(), lambda: Picture("t", []), lambda: Diagram([])):
        with pytest.raises(ValueError, match="nothing was recorded"):
            nothing()


def test_chapters_are_pictures_of_their_own():
    story = Story()
    story.calls = [
        Call("app", "user pool", f"Call{number}", chapter="first" if number < 5 else "then")
        for number in range(9)
    ]
    diagram = story.diagram("Long")
    assert [(one.title, len(one.arrows)) for one in diagram.pictures] == [
        ("Long: first", 10),
        ("Long: then", 8),
    ]
    assert diagram.html().count("<img ") == 2
    for call in story.calls:
        call.chapter = ""
    with pytest.raises(ValueError, match="18 arrows"):
        story.diagram("Long")


def test_it_is_shown_as_one_html_output_with_image_text_and_transcript(picture):
    bundle = Diagram([picture])._repr_mimebundle_()
    assert list(bundle) == ["text/html", "text/plain"] and bundle["text/plain"] == picture.transcript()
    html = bundle["text/html"]
    found = re.fullmatch(
        r'<img alt="([^"]+)" style="min-width: 640px" src="data:image/svg\+xml;base64,([\w+/=]+)">\n'
        r"<details><summary>[^<]+</summary><pre>([^<]+)</pre></details>",
        html,
    )
    assert found and base64.b64decode(found[2]).decode() == picture.svg()
    assert "12. app ⇠ Amazon S3: ✗ refused: AccessDenied (HTTP 403)" in found[3]


def test_names_with_markup_in_them_stay_text():
    hostile = '<script>alert("1")</script>&'
    diagram = Diagram(
        [Picture(hostile, [Arrow("app", hostile, hostile, hostile, (Ticket("token", hostile),))])]
    )
    assert "<script" not in diagram.html()
    svg = diagram.pictures[0].svg()
    assert "<script" not in svg and 'alert("1")' in "".join(xml.fromstring(svg).itertext())


def test_the_same_recording_gives_the_same_bytes_in_every_process():
    code = (
        "import sys; sys.path[:0] = ['tests', 'tests/views']; import hashlib, test_diagrams as t;"
        "print(hashlib.sha256(t.Diagram([t.Picture('x', t.long_story())]).html().encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "PYTHONPATH": "."},
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(runs) == 1


# -- the overture -------------------------------------------------------------------------------


def test_the_overture_is_read_from_its_data_and_marked(tmp_path, monkeypatch, picture):
    stored = tmp_path / "overture.json"
    stored.write_text(json.dumps(Diagram([picture]).as_data()), encoding="utf-8")
    monkeypatch.setattr(diagrams, "OVERTURE", stored)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert "us-east-1" not in diagrams.overture().transcript()
    assert "eu-west-1:1234abcd…" in diagrams.overture().pictures[0].svg()
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert diagrams.overture().html() == Diagram([picture]).html()
    marked = diagrams.overture("identity pool")
    svg = marked.pictures[0].svg()
    assert "▼ this lesson" in svg and "▼ this lesson" not in picture.svg()
    assert marked.pictures[0].alt().endswith("The part marked is identity pool.")
    assert overlaps(svg) == []
    with pytest.raises(ValueError, match="no lane 'DynamoDB'"):
        diagrams.overture("DynamoDB")


# -- widths -------------------------------------------------------------------------------------


def test_wrapped_text_fits_and_says_when_something_is_missing():
    lines = wrapped("GetCredentialsForIdentity of us-east-1:1234abcd…/a/very/long/path/anemone.svg", 120, 12)
    assert len(lines) == 2 and lines[1].endswith("…")
    assert all(width_of(line, 12) <= 120 for line in lines)
    assert wrapped("short", 120, 12) == ["short"]
    assert "".join(wrapped("UserNotConfirmedException", 120, 11, 4)) == "UserNotConfirmedException"
    assert wrapped("", 120, 12) == [""]


def test_widths_are_whole_pixels_so_that_no_sum_of_them_depends_on_the_python():
    for size in range(10, 17):
        assert [width_of(text, size) % 1 for text in ("", "i", "AssumeRole", "a W %")] == [0, 0, 0, 0]
    assert width_of("i", 12) == 6 and width_of("W" * 10, 12) == 120


# -- states -------------------------------------------------------------------------------------


def refusal(code: str) -> refused:
    with refused(code, quiet=True) as answer:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")
    return answer


@pytest.fixture
def states() -> Diagram:
    return state_diagram(
        [
            ("", "SignUp", "UNCONFIRMED"),
            ("UNCONFIRMED", "InitiateAuth", refusal("UserNotConfirmedException")),
            ("UNCONFIRMED", "ConfirmSignUp", "CONFIRMED"),
            ("UNCONFIRMED", "AdminConfirmSignUp", "CONFIRMED"),
            ("CONFIRMED", "ConfirmSignUp", refusal("NotAuthorizedException")),
            ("", "AdminCreateUser", "FORCE_CHANGE_PASSWORD"),
            ("FORCE_CHANGE_PASSWORD", "RespondToAuthChallenge", "CONFIRMED"),
            ("CONFIRMED", "AdminResetUserPassword", "RESET_REQUIRED"),
            ("RESET_REQUIRED", "ConfirmForgotPassword", "CONFIRMED"),
        ],
        "The states of a user",
    )


def test_states_are_boxes_and_calls_are_arrows(states):
    svg = states.pictures[0].svg()
    root = xml.fromstring(svg)
    assert len([box for box in root.iter(f"{SVG}rect") if box.get("rx") == "7"]) == 5
    assert svg.count('marker-end="url(#call)"') == 6  # the two ways to confirm share one
    assert overlaps(svg) == []
    for state in ("UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "(no user)"):
        assert state in [text for text, *_ in texts(svg)]


def test_states_have_the_same_in_words(states):
    assert repr(states).splitlines() == [
        "The states of a user",
        "(no user) → UNCONFIRMED: SignUp",
        "UNCONFIRMED → CONFIRMED: ConfirmSignUp or AdminConfirmSignUp",
        "(no user) → FORCE_CHANGE_PASSWORD: AdminCreateUser",
        "FORCE_CHANGE_PASSWORD → CONFIRMED: RespondToAuthChallenge",
        "CONFIRMED → RESET_REQUIRED: AdminResetUserPassword",
        "RESET_REQUIRED → CONFIRMED: ConfirmForgotPassword",
        "UNCONFIRMED: ✗ InitiateAuth refused: UserNotConfirmedException",
        "CONFIRMED: ✗ ConfirmSignUp refused: NotAuthorizedException",
    ]
    assert (
        states.pictures[0]
        .alt()
        .startswith("The states of a user: 5 states, (no user), UNCONFIRMED, CONFIRMED")
    )
    assert '<img alt="The states of a user: 5 states' in states.html()


def test_the_ends_of_arrows_at_a_box_do_not_fall_together(states):
    ends = re.findall(r'd="M([\d.]+) [\d.]+V[\d.]+H([\d.]+)V', states.pictures[0].svg())
    places = [float(x) for pair in ends for x in pair]
    assert len(places) == 12
    assert min(b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)) > 8


def test_arrows_there_and_back_lie_in_each_other_and_do_not_cross():
    svg = state_diagram([("A", "there", "B"), ("B", "back", "A")]).pictures[0].svg()
    spans = [sorted(map(float, ends)) for ends in re.findall(r'd="M([\d.]+) [\d.]+V[\d.]+H([\d.]+)V', svg)]
    (low, high), (left, right) = sorted(spans, key=lambda span: span[0] - span[1])
    assert low < left < right < high


def test_an_empty_list_of_transitions_has_no_picture():
    with pytest.raises(ValueError, match="no transition"):
        state_diagram([])
