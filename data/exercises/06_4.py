"""Somebody opens the address of a picture, and has to sign in first. Afterwards they should see that picture, and not
the home page. Write `state_for`. It returns two things: a `state` for the authorization request of this one sign-in, and
a function that tells the app to which page a returning browser should go.
"""

import base64
import json
import re
import secrets
from itertools import count
from math import prod
from urllib.parse import urlencode

from cognito_lab import Browser
from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Back to where they came from", False, 2, 4
expected = "The state comes back from Cognito unchanged. Nobody can guess it. Any other state leads nowhere."
hint = (
    "The state holds two things: something random for this one sign-in, and the page. Encode both, so that the state has "
    "no characters with a meaning in an address."
)
scene = "pages"


def state_for(page):
    """Return a state that leads back to `page`, such as `"/pictures/goby?size=full"`, and `page_of`.

    `page_of(returned)` is the page for this state, and None for any other state.
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
    given = answer(page)
    expect(
        isinstance(given, tuple | list) and len(given) == 2,
        "Return two things: the state, and the function that reads it.",
    )
    state, page_of = given
    expect(isinstance(state, str), f"The state should be a string. Yours is a {type(state).__name__}.")
    expect(callable(page_of), f"The second thing should be a function, page_of. Yours is {page_of!r}.")
    expect(
        not state.lstrip().startswith(("{", "[", '"')),
        "The state is raw JSON, and Cognito's guide forbids that. Encode it first, for example in base64url.",
    )
    expect(
        re.fullmatch(r"[\w.~=-]+", state, re.ASCII),
        "The state has characters with a meaning in an address, or that programs send in different ways: "
        f"{state!r}.",
    )
    again, page_of_again = answer(page)
    expect(
        again != state,
        "Two sign-ins have the same state, so Rook knows which one Mara's browser will bring.",
    )
    many = [answer(page)[0] for _ in range(200)]
    expect(
        prod(len(set(column)) for column in zip(*many, strict=False)) >= 2**40,
        "The state changes so little from one sign-in to the next that Rook can guess it. Use `secrets`.",
    )
    question = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback}
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode({**question, 'state': state})}")
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    returned = browser.query["state"]
    expect(returned == state, f"You sent {state!r}, and {returned!r} came back.")
    expect(page_of(returned) == page, f"The browser goes to {page_of(returned)!r}. It should go to {page!r}.")
    for foreign in ("", "e30=", base64.urlsafe_b64encode(b'{"page": "https://elsewhere.example"}').decode()):
        try:
            leads_to = page_of(foreign)
        except Exception as error:
            expect(
                False,
                f"For a state of somebody else, page_of stops with {type(error).__name__}. It should return None.",
            )
        expect(
            leads_to is None,
            f"A state of somebody else leads to {leads_to!r}. Compare first, then read.",
        )
    expect(
        page_of(again) is None and page_of_again(state) is None,
        "The state of one sign-in is accepted for another. A state should count only for the sign-in that it was made for.",
    )


def wrong_raw_json(page):
    """The state is raw JSON"""
    state = json.dumps({"page": page, "random": secrets.token_urlsafe(16)})
    return state, lambda returned: json.loads(returned)["page"] if returned == state else None


def wrong_the_page_alone(page):
    """characters with a meaning in an address"""
    return page, lambda returned: returned if returned == page else None


def wrong_nothing_random(page):
    """Two sign-ins have the same state"""
    state = base64.urlsafe_b64encode(page.encode()).decode()
    return state, lambda returned: page if returned == state else None


def wrong_reads_without_comparing(page):
    """Compare first, then read"""
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


NUMBERS = count()
KEPT = {}


def wrong_numbered(page):
    """Rook can guess it"""
    state = f"sign-in-{next(NUMBERS)}"
    return state, lambda returned: page if returned == state else None


def wrong_one_table_for_all(page):
    """A state should count only for the sign-in that it was made for"""
    state = secrets.token_urlsafe(16)
    KEPT[state] = page
    return state, KEPT.get


def wrong_reads_first(page):
    """For a state of somebody else, page_of stops with"""
    text = json.dumps({"page": page, "random": secrets.token_urlsafe(16)})
    state = base64.urlsafe_b64encode(text.encode()).decode()

    def page_of(returned):
        read = json.loads(base64.urlsafe_b64decode(returned))["page"]
        return read if returned == state else None

    return state, page_of


def wrong_page_in_place_of_a_function(page):
    """The second thing should be a function"""
    return secrets.token_urlsafe(16), page
