"""Mara uses a computer in the club's house. “Sign out” should really sign her out. The next person at the computer
should not get into her account, and the tokens that the app had stored should stop working. Write `sign_out`.
"""

from urllib.parse import urlencode

import boto3
import requests

from cognito_lab import Browser, OutsideTheLab
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A sign-out that really signs out", False, 2, 6
expected = "The cookie signs nobody in, the tokens no longer work, the app has deleted them, and the browser is at the address `farewell`."
hint = (
    "Three places know Mara: the pages by their cookie, the user pool by the tokens it has signed, and the app by the "
    "tokens it has stored. Each place needs a step of its own."
)
scene = "pages"


def sign_out(user_pools, browser, pages, client, farewell, tokens):
    """End everything that Mara's sign-in began. At the end, `browser` is at the address `farewell`.

    `tokens` is the dictionary in which the app keeps her tokens, such as `tokens["access_token"]`.
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
            "The browser was sent to the app's address by hand. Use /logout: it ends the cookie and sends the browser there.",
        )

    def renew():
        again = {"grant_type": "refresh_token", "client_id": scene.client}
        again["refresh_token"] = stolen["refresh_token"]
        requests.post(f"{scene.pages}/oauth2/token", data=again).raise_for_status()

    where = browser.address
    browser.open(begin)
    expect(
        browser.page.forms,
        "The next person opens Tidepool in this browser and is Mara: the pages' cookie still signs in. It does not "
        "depend on any token.",
    )
    expect(
        refusal_of(renew),
        "Whoever has copied the refresh token still gets new tokens with it. Deleting a copy is not enough: tell the "
        "user pool.",
    )
    expect(
        refusal_of(lambda: user_pools.get_user(AccessToken=stolen["access_token"])),
        "The user pool still accepts the access token.",
    )
    secrets = [value for name, value in stolen.items() if name.endswith("token")]
    kept = [name for name, value in tokens.items() if any(secret in str(value) for secret in secrets)]
    expect(not kept, f"The app still has {', '.join(kept)}: the next person can read whose tokens they are.")
    expect(
        where == scene.farewell, f"At the end the browser should be at {scene.farewell}. It is at {where}."
    )

    def once_more():
        Browser().open(begin).fill_in(username="mara", password=scene.password).press("Sign in")

    expect(
        not refusal_of(once_more),
        "Mara cannot sign in any more. Signing out should not take her account away.",
    )


def to_logout(browser, pages, client, farewell):
    browser.open(f"{pages}/logout?{urlencode({'client_id': client, 'logout_uri': farewell})}")


def wrong_only_global_sign_out(user_pools, browser, pages, client, farewell, tokens):
    """the pages' cookie still signs in"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    tokens.clear()


def wrong_only_forgotten(user_pools, browser, pages, client, farewell, tokens):
    """Deleting a copy is not enough"""
    tokens.clear()
    to_logout(browser, pages, client, farewell)


def wrong_tokens_kept(user_pools, browser, pages, client, farewell, tokens):
    """The app still has access_token, id_token"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    to_logout(browser, pages, client, farewell)


def wrong_under_another_name(user_pools, browser, pages, client, farewell, tokens):
    """still has last_time"""
    user_pools.global_sign_out(AccessToken=tokens["access_token"])
    last_time = tokens["id_token"]
    tokens.clear()
    tokens["last_time"] = last_time
    to_logout(browser, pages, client, farewell)


def wrong_back_to_the_page(user_pools, browser, pages, client, farewell, tokens):
    """At the end the browser should be at"""
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
    """Mara cannot sign in any more"""
    user_pools.delete_user(AccessToken=tokens["access_token"])
    tokens.clear()
    to_logout(browser, pages, client, farewell)
