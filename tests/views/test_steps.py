"""Step by step through a recording: the widget and its plain twin say the same, and say all."""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from pathlib import Path

import boto3
import ipywidgets
import pytest

from cognito_lab import Lab, refused
from cognito_lab.course.setup import environment
from cognito_lab.lessons.recording import Story, record
from cognito_lab.views import twin
from cognito_lab.views.calls import Call
from cognito_lab.views.diagrams import Ticket
from cognito_lab.views.steps import Steps
from cognito_lab.views.tables import Table


@pytest.fixture(scope="module")
def story():
    """Ben signs in and gets credentials, in a chapter; a wrong password, outside one."""
    with Lab.start() as lab:
        scene = lab.scene("overture")
        user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
        person = {"USERNAME": "ben", "PASSWORD": scene.password}
        sign_in = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
        with record("Ben's app") as story:
            with story.chapter("in & out"):
                answer = user_pools.initiate_auth(**sign_in, AuthParameters=person)["AuthenticationResult"]
                login = {f"cognito-idp.us-east-1.amazonaws.com/{scene.pool}": answer["IdToken"]}
                identity_pools.get_credentials_for_identity(IdentityId=scene.ben, Logins=login)
            with refused("NotAuthorizedException", quiet=True):
                user_pools.initiate_auth(**sign_in, AuthParameters={**person, "PASSWORD": "Wrong-1!"})
    return story


def content(markup: str) -> str:
    """The words of a piece of HTML, one space between."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def parts(widget):
    """Previous, next, where we are, and what is shown."""
    row, shown = widget.children
    return *row.children, shown


def calls(number: int) -> list[Call]:
    return [Call("app", "user pool", f"Call{one}", answered=[f"answer {one}"]) for one in range(number)]


def test_the_list_has_every_call_closed_and_in_order(story):
    html = story.steps().html()
    assert html.startswith("<ol>") and html.count("<li><details><summary>") == 3 == len(story)
    assert re.findall(r"<li><details><summary>([^<]+)</summary>", html) == [
        "in &amp; out: Ben&#x27;s app → user pool: InitiateAuth, answered",
        "in &amp; out: Ben&#x27;s app → identity pool: GetCredentialsForIdentity, answered",
        "Ben&#x27;s app → user pool: InitiateAuth, ✗ refused: NotAuthorizedException",
    ]
    for tag in ("ol", "ul", "li", "details", "table", "strong"):
        assert len(re.findall(rf"<{tag}[ >]", html)) == html.count(f"</{tag}>")
    assert not re.search(r"<script|<style|https?://(?!cognito-idp)| id=|color:", html)


def test_a_step_tells_the_request_then_what_happened_inside_then_the_answer(story):
    step = content(story.steps().html().split("<li><details>")[2])
    order = [
        "asks: us-east-1:", "login of cognito-idp…/", "sends: ID token of ben · B", "what it says",
        "inside AWS: identity pool → AWS STS: AssumeRoleWithWebIdentity, answered", "role tidepool-member",
        "brings: AWS credentials ASIA…", "answer: HTTP 200", "brings: AWS credentials ASIA…",
    ]  # fmt: skip
    places = [step.index(order[0])]
    for one in order[1:]:
        places.append(step.index(one, places[-1] + 1))
    assert places == sorted(places)
    assert "in & out" not in step[40:]  # the chapter is said once


def test_tokens_are_decoded_and_said_to_be_unverified(story):
    first = content(story.steps().html().split("<li><details>")[1])
    assert first.count("decoded, not verified") == 2  # the refresh token is nobody's to read
    for claim in (
        "payload cognito:username ben",
        "payload token_use id",
        "payload token_use access",
        "alg RS256",
    ):
        assert claim in first
    assert re.search(r"payload exp \d+ [\d-]+ [\d:]+ UTC, in 60 minutes", first)
    assert "brings: refresh token · C" in first


def test_a_refusal_is_told_with_code_status_and_text(story):
    last = content(story.steps().html().split("<li><details>")[3])
    assert "✗ refused: NotAuthorizedException, HTTP 400, Incorrect username or password." in last
    assert "answer:" not in last and "asks: USER_PASSWORD_AUTH, ben sends: password" in last


def test_the_text_says_what_the_list_says(story):
    text = " ".join(repr(story.steps()).split())
    for words in re.findall(r"(?<=>)[^<>]+(?=<)", story.steps().html().replace("what it says", "")):
        assert " ".join(unescape(words).split()).removesuffix(":") in text
    assert repr(story.steps()).startswith(
        "1. in & out: Ben's app → user pool: InitiateAuth, answered\n    asks:"
    )


def test_buttons_walk_through_the_same_content(story):
    steps = story.steps()
    previous, following, place, shown = parts(steps.widget())
    assert [previous.description, following.description, place.value] == ["Previous", "Next", "step 1 of 3"]
    seen = [content(shown.value)]
    for number in (2, 3):
        following.click()
        assert place.value == f"step {number} of 3"
        seen.append(content(shown.value))
    assert content(steps.html()) == " ".join(seen)
    previous.click()
    assert place.value == "step 2 of 3" and content(shown.value) == seen[1]


def test_at_the_ends_the_buttons_stay_usable_and_change_nothing():
    previous, following, place, shown = parts(Steps(calls(3)).widget())
    first = shown.value
    previous.click()
    assert (place.value, shown.value) == ("step 1 of 3", first)
    for _ in range(5):
        following.click()
    assert place.value == "step 3 of 3" and "Call2" in shown.value
    previous.click()
    assert place.value == "step 2 of 3" and not (previous.disabled or following.disabled)


@pytest.mark.parametrize("number", [1, 60])
def test_one_call_and_sixty(number):
    steps = Steps(calls(number))
    assert steps.html().count("<li><details>") == number and f"{number}. app → " in repr(steps)
    _, following, place, shown = parts(steps.widget())
    for _ in range(number - 1):
        following.click()
    assert place.value == f"step {number} of {number}" and f"answer {number - 1}" in shown.value


def test_nothing_recorded_is_nothing_to_step_through():
    with pytest.raises(ValueError, match="nothing was recorded"):
        Story().steps()


def test_two_widgets_of_one_recording_do_not_disturb_each_other():
    steps = Steps(calls(3))
    one, other = parts(steps.widget()), parts(steps.widget())
    one[1].click()
    assert (one[2].value, other[2].value) == ("step 2 of 3", "step 1 of 3")


def test_names_with_markup_in_them_stay_text():
    hostile = "<script>alert(1)</script>"
    call = Call(
        hostile, hostile, hostile, [hostile], [Ticket("token", hostile, "A")], code=hostile, message=hostile
    )
    call.chapter, call.decoded["A"] = hostile, Table([{hostile: hostile}], hostile)
    call.inside = [Call(hostile, hostile, hostile, answered=[hostile])]
    steps = Steps([call])
    assert "<script" not in steps.html() + parts(steps.widget())[-1].value
    assert steps.html().count("&lt;script") >= 12


def test_a_learner_gets_the_widget_with_the_list_and_stored_outputs_the_list(story, monkeypatch):
    assert sorted(story.steps()._repr_mimebundle_()) == ["text/html", "text/plain"]
    monkeypatch.setattr(twin, "live", lambda: True)
    bundle = story.steps()._repr_mimebundle_()
    assert bundle["text/html"] == story.steps().html()
    shown = ipywidgets.widgets.widget._instances[bundle[twin.WIDGET_VIEW]["model_id"]]
    assert [type(child).__name__ for child in shown.children] == ["HBox", "HTML"]


def test_jupyterlab_knows_every_setting_that_the_course_changes():
    config = environment.TEMPLATES / "config" / "labconfig" / "default_setting_overrides.json"
    changed = json.loads(config.read_text(encoding="utf-8"))
    assert changed["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}
    share = Path(sys.prefix) / "share" / "jupyter"
    for plugin, settings in changed.items():
        package, _, name = plugin.partition(":")
        found = [*share.glob(f"lab/schemas/{package}/{name}.json")]
        found += share.glob(f"labextensions/{package}/schemas/{package}/{name}.json")
        assert set(settings) <= set(json.loads(found[0].read_text(encoding="utf-8"))["properties"])
