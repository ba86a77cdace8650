"""Mara has signed in on the pages, and her app has tokens. What does each of these steps end? Write `"cookie"` for the
session of the pages, `"tokens"` for the session of the tokens, `"both"`, or `"neither"`.
"""

from urllib.parse import urlencode

import boto3
import requests

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "What ends what", False, 1, 2
expected = (
    "Each step is tried. Then the browser asks for a code without a page, and the app renews its tokens."
)
hint = "Who hears of the step: the pages, the user pool, or only the app itself?"
scene = "pages"

name = "ends"
stub = {
    "the browser opens /logout with a logout_uri": "",
    "the browser opens /logout with a redirect_uri and a response_type": "",
    "an administrator calls AdminUserGlobalSignOut": "",
    "the app deletes the tokens that it has stored": "",
}
solution = {
    "the browser opens /logout with a logout_uri": "cookie",
    "the browser opens /logout with a redirect_uri and a response_type": "cookie",
    "an administrator calls AdminUserGlobalSignOut": "tokens",
    "the app deletes the tokens that it has stored": "neither",
}
WORDS = {"cookie": (True, False), "tokens": (False, True), "both": (True, True), "neither": (False, False)}


def check(answer, scene, lab):
    for step, given in answer.items():
        expect(given in WORDS, f"“{step}”: choose among {', '.join(WORDS)}; you wrote {given!r}.")
        cookie_ends, tokens_end = tried(scene, step)
        said_cookie, said_tokens = WORDS[given]
        browser = "has to give a password again" if cookie_ends else "still gets a code without a password"
        expect(cookie_ends == said_cookie, f"“{step}”: after that, Mara's browser {browser}.")
        app = (
            "nobody can renew the tokens"
            if tokens_end
            else "whoever has a copy of the tokens can still renew them"
        )
        expect(tokens_end == said_tokens, f"“{step}”: after that, {app}.")


def tried(scene, step):
    """Whether the step ends the pages' cookie, and whether it ends the tokens."""
    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    begin = f"{scene.pages}/oauth2/authorize?{urlencode({**app, 'response_type': 'code'})}"
    browser = Browser().open(begin).fill_in(username="mara", password=scene.password).press("Sign in")
    form = {**app, "grant_type": "authorization_code", "code": browser.query["code"]}
    tokens = requests.post(f"{scene.pages}/oauth2/token", data=form).json()
    copy = tokens["refresh_token"]
    logout = f"{scene.pages}/logout?client_id={scene.client}&"
    if "logout_uri" in step:
        browser.open(logout + urlencode({"logout_uri": scene.farewell}))
    elif "redirect_uri" in step:
        browser.open(logout + urlencode({"redirect_uri": scene.callback, "response_type": "code"}))
    elif "administrator" in step:
        boto3.client("cognito-idp").admin_user_global_sign_out(UserPoolId=scene.pool, Username="mara")
    else:
        tokens.clear()

    def renew():
        again = {"grant_type": "refresh_token", "client_id": scene.client, "refresh_token": copy}
        requests.post(f"{scene.pages}/oauth2/token", data=again).raise_for_status()

    return bool(refusal_of(lambda: browser.open(f"{begin}&prompt=none"))), bool(refusal_of(renew))


wrong_logout_ends_everything = (
    {**solution, "the browser opens /logout with a logout_uri": "both"},
    "with a logout_uri”: after that, whoever has a copy",
)
wrong_the_second_form_ends_nothing = (
    {**solution, "the browser opens /logout with a redirect_uri and a response_type": "neither"},
    "a response_type”: after that, Mara's browser has to give a password again",
)
wrong_everywhere_is_everywhere = (
    {**solution, "an administrator calls AdminUserGlobalSignOut": "both"},
    "AdminUserGlobalSignOut”: after that, Mara's browser still",
)
wrong_deleted_is_ended = (
    {**solution, "the app deletes the tokens that it has stored": "tokens"},
    "that it has stored”: after that, whoever",
)
wrong_word = (
    {**solution, "an administrator calls AdminUserGlobalSignOut": "the session"},
    "you wrote 'the session'",
)
