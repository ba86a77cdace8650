"""Somebody opens the address of a picture, and has to sign in first. Afterwards they shall be at that picture, not
on the home page. Write `state_for`: it gives a `state` for the authorization request of this one sign-in, and a
function that says, when a browser comes back, to which page it goes.
"""

import base64
import json
import re
import secrets
from urllib.parse import urlencode

from cognito_lab import Browser
from cognito_lab.study.checks import expect

title, core, difficulty, minutes = "Back to where they came from", False, 2, 4
expected = (
    "The state comes back through Cognito as it was, nobody can guess it, and a foreign one leads nowhere."
)
hint = (
    "Two things in one: something random that this browser's sign-in is known by, and the page. JSON can hold both; "
    "Cognito's guide says in which form it may travel."
)
scene = "pages"


def state_for(page):
    """A state that brings a browser back to `page`, such as `"/pictures/goby?size=full"`, and `page_of`.

    `page_of(returned)` is the page for this state, and None for any other.
    """
    text = f"{secrets.token_urlsafe(16)} {page}"
    state = base64.urlsafe_b64encode(text.encode()).decode()

    def page_of(returned):
        if returned != state:
            return None
        return base64.urlsafe_b64decode(returned).decode().partition(" ")[2]

    return state, page_of


def check(answer, scene, lab):
    page = "/pictures/goby?size=full&name=Grünling"
    try:
        state, page_of = answer(page)
    except (TypeError, ValueError):
        expect(False, "Return two things: the state, and the function that reads it.")
    expect(isinstance(state, str), f"A state is a text, and this is a {type(state).__name__}.")
    expect(
        not state.lstrip().startswith(("{", "[", '"')),
        "Raw JSON: Cognito's guide rules it out as a state. Encode it in base64 first.",
    )
    expect(
        re.fullmatch(r"[\w.~=-]+", state, re.ASCII),
        "The state has characters that mean something in an address, or that not every program sends alike: "
        f"{state!r}.",
    )
    again, page_of_again = answer(page)
    expect(
        again != state,
        "Two sign-ins have the same state, so Rook knows the one that Mara's browser will bring.",
    )
    question = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback}
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode({**question, 'state': state})}")
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    returned = browser.query["state"]
    expect(returned == state, f"You sent {state!r}, and {returned!r} came back.")
    expect(page_of(returned) == page, f"The browser goes to {page_of(returned)!r}, and came from {page!r}.")
    for foreign in (
        again,
        "",
        "e30=",
        base64.urlsafe_b64encode(b'{"page": "https://elsewhere.example"}').decode(),
    ):
        expect(
            page_of(foreign) is None,
            f"A state that this browser was not sent off with leads to {page_of(foreign)!r}: compare first, then read.",
        )
    expect(page_of_again(state) is None, "The state of one sign-in is taken for that of another.")


def wrong_raw_json(page):
    """Raw JSON"""
    state = json.dumps({"page": page, "random": secrets.token_urlsafe(16)})
    return state, lambda returned: json.loads(returned)["page"] if returned == state else None


def wrong_the_page_alone(page):
    """characters that mean something in an address"""
    return page, lambda returned: returned if returned == page else None


def wrong_nothing_random(page):
    """Two sign-ins have the same state"""
    state = base64.urlsafe_b64encode(page.encode()).decode()
    return state, lambda returned: page if returned == state else None


def wrong_reads_without_comparing(page):
    """compare first, then read"""
    text = json.dumps({"page": page, "random": secrets.token_urlsafe(16)})
    state = base64.urlsafe_b64encode(text.encode()).decode()

    def page_of(returned):
        return json.loads(base64.urlsafe_b64decode(returned) or "{}").get("page")

    return state, page_of


def wrong_home_page(page):
    """The browser goes to"""
    state = secrets.token_urlsafe(16)
    return state, lambda returned: "/" if returned == state else None


def wrong_only_the_state(page):
    """Return two things"""
    return secrets.token_urlsafe(16)
