"""Mara uses a computer in the club's house. “Sign out” shall mean it: whoever sits down after her gets no page of
hers, and what the app had stored opens nothing any more. Write `sign_out`.
"""

from urllib.parse import urlencode

import boto3
import requests

from cognito_lab import Browser, OutsideTheLab
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A sign-out that is one", False, 2, 6
expected = "The cookie signs nobody in, the tokens open nothing, the app has forgotten them, and the browser is at the farewell."
hint = (
    "Three places know Mara: the pages, by their cookie; the user pool, by what it has signed; the app, by what "
    "it stored. Each is told in another way."
)
scene = "pages"


def sign_out(user_pools, browser, pages, client, farewell, tokens):
    """End all of Mara's sign-in with `browser`, which ends up at the address `farewell`.

    `tokens` is the dictionary in which the app keeps them, with OAuth's names.
    """
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    tokens.clear()
    browser.open(f"{pages}/logout?{urlencode({'client_id': client, 'logout_uri': farewell})}")


def check(answer, scene, lab):
    question = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback}
    begin = f"{scene.pages}/oauth2/authorize?{urlencode(question)}"
    user_pools, browser = boto3.client("cognito-idp"), Browser().open(begin)
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    form = {"grant_type": "authorization_code", "client_id": scene.client, "redirect_uri": scene.callback}
    form["code"] = browser.query["code"]
    tokens = requests.post(f"{scene.pages}/oauth2/token", data=form).json()
    stolen = dict(tokens)
    try:
        answer(user_pools, browser, scene.pages, scene.client, scene.farewell, tokens)
    except OutsideTheLab:
        expect(
            False,
            "The browser was sent to the app's address by hand. /logout sends it there, and ends the cookie.",
        )

    def renew():
        again = {"grant_type": "refresh_token", "client_id": scene.client}
        again["refresh_token"] = stolen["refresh_token"]
        requests.post(f"{scene.pages}/oauth2/token", data=again).raise_for_status()

    where = browser.address
    browser.open(begin)
    expect(
        browser.page.forms,
        "The next person opens Tidepool in this browser and is Mara: the pages' cookie still signs in. Tokens have "
        "nothing to do with it.",
    )
    expect(
        refusal_of(renew),
        "Whoever has copied the refresh token gets new tokens with it. Forgetting is not revoking: tell the user "
        "pool.",
    )
    expect(
        refusal_of(lambda: user_pools.get_user(AccessToken=stolen["access_token"])),
        "The user pool still takes the access token.",
    )
    secrets = [value for name, value in stolen.items() if name.endswith("token")]
    kept = [name for name, value in tokens.items() if any(secret in str(value) for secret in secrets)]
    expect(not kept, f"The app still keeps {', '.join(kept)}: whoever sits down next can read who was here.")
    expect(where == scene.farewell, f"The browser was left at {where}, and not at the farewell.")

    def once_more():
        Browser().open(begin).fill_in(username="mara", password=scene.password).press("Sign in")

    expect(not refusal_of(once_more), "Mara has signed out for good: she cannot sign in any more.")


def to_logout(browser, pages, client, farewell):
    browser.open(f"{pages}/logout?{urlencode({'client_id': client, 'logout_uri': farewell})}")


def wrong_only_global_sign_out(user_pools, browser, pages, client, farewell, tokens):
    """the pages' cookie still signs in"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    tokens.clear()


def wrong_only_forgotten(user_pools, browser, pages, client, farewell, tokens):
    """Forgetting is not revoking"""
    tokens.clear()
    to_logout(browser, pages, client, farewell)


def wrong_tokens_kept(user_pools, browser, pages, client, farewell, tokens):
    """The app still keeps access_token, id_token"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    to_logout(browser, pages, client, farewell)


def wrong_under_another_name(user_pools, browser, pages, client, farewell, tokens):
    """still keeps last_time"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    last_time = tokens["id_token"]
    tokens.clear()
    tokens["last_time"] = last_time
    to_logout(browser, pages, client, farewell)


def wrong_back_to_the_page(user_pools, browser, pages, client, farewell, tokens):
    """and not at the farewell"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    tokens.clear()
    to_logout(browser, pages, client, farewell)
    back = farewell.replace("signed-out", "callback")
    question = {"client_id": client, "response_type": "code", "redirect_uri": back}
    browser.open(f"{pages}/login?{urlencode(question)}")


def wrong_by_hand(user_pools, browser, pages, client, farewell, tokens):
    """sent to the app's address by hand"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    tokens.clear()
    browser.open(farewell)


def wrong_for_good(user_pools, browser, pages, client, farewell, tokens):
    """cannot sign in any more"""
    user_pools.delete_user(AccessToken=tokens["access_token"])
    tokens.clear()
    to_logout(browser, pages, client, farewell)
