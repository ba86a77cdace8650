"""The function `returned` in this section has a mistake. If somebody has not begun a sign-in, the app has kept no
`state` for them. Write `may_redeem`: only the comparison, without the mistake.
"""

import secrets
from urllib.parse import urlencode

from cognito_lab import Browser
from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "A state that nobody kept", False, 1, 2
expected = (
    "True for a browser that comes back with the state it was sent away with. False for everybody else."
)
hint = "Rook can also leave the `state` out of his link. What does `returned` compare then?"
scene = "pages"


def may_redeem(state, kept):
    """Whether the app may redeem the code. The browser brought back `state`, and the app has kept `kept`.

    Each of the two is a string, or None if there is none.
    """
    return bool(kept) and state == kept


def check(answer, scene, lab):
    kept = secrets.token_urlsafe(16)
    own, other = (
        come_back(scene, "mara", state=kept),
        come_back(scene, "ben", state=secrets.token_urlsafe(16)),
    )
    bare = come_back(scene, "ben")
    for state, expected_state, allowed, mistake in (
        (
            own,
            kept,
            True,
            "Mara's browser came back with its own state, and your function does not allow it.",
        ),
        (other, kept, False, "A link with a state of Rook's is allowed."),
        (bare, kept, False, "A link without a state is allowed, although the app has kept one for Mara."),
        (
            bare,
            None,
            False,
            "Mara has not begun a sign-in, and Rook's link has no state. Your function allows it: None equals None.",
        ),
        ("", "", False, "Both states are empty, and your function allows that."),
        (other, None, False, "The app has kept nothing, and Rook's state is allowed."),
        (
            kept[:4],
            kept,
            False,
            "For your function the beginning of the state is enough. Compare the whole state.",
        ),
        (kept + "x", kept, False, "A state that only begins with the right one is allowed."),
        (kept.swapcase(), kept, False, "Your function does not distinguish capital and small letters."),
    ):
        try:
            given = answer(state, expected_state)
        except Exception as error:
            expect(
                False,
                f"For state={state!r} and kept={expected_state!r} it stops with {type(error).__name__}: {error}.",
            )
        expect(isinstance(given, bool), f"Return True or False. Yours returned {given!r}.")
        expect(given == allowed, mistake)


def come_back(scene, username, **more):
    """The state with which a browser comes back to the app, or None."""
    asked = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback, **more}
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode(asked)}")
    browser.fill_in(username=username, password=scene.password).press("Sign in")
    return browser.query.get("state")


def wrong_as_in_the_lesson(state, kept):
    """None equals None"""
    return state == kept


def wrong_only_that_there_is_one(state, kept):
    """A link with a state of Rook's is allowed"""
    return state is not None


def wrong_the_beginning(state, kept):
    """For your function the beginning of the state is enough"""
    return bool(state and kept) and kept.startswith(state)


def wrong_any_case(state, kept):
    """does not distinguish capital and small letters"""
    return bool(state and kept) and state.lower() == kept.lower()


def wrong_stops(state, kept):
    """it stops with TypeError"""
    return bool(kept) and secrets.compare_digest(state, kept)


def wrong_the_state_itself(state, kept):
    """Return True or False"""
    return state and kept and state == kept
