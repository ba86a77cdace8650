"""Mara signs in to an app that uses PKCE. Her browser and the app handle five values: `"code"`, `"challenge"`,
`"verifier"`, `"state"` and `"nonce"`. Suppose that Rook can be at the token endpoint before the app. List the values that
he needs to get Mara's tokens: all that he needs, and no more.
"""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import requests

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "What Rook needs", False, 1, 2
expected = "With the values in your list Rook gets tokens. Without any one of them he is refused."
hint = "Look at the last request in the picture: what does the app send to the token endpoint that Rook has to send as well?"
scene = "pages"

name = "rook_needs"
stub = []
solution = ["code", "verifier"]
VALUES = ("code", "challenge", "verifier", "state", "nonce")


def check(answer, scene, lab):
    for each in answer:
        expect(each in VALUES, f"Choose among {', '.join(VALUES)}; you wrote {each!r}.")
    code = refusal_of(lambda: rook_redeems(scene, answer))
    expect(not code, f"With {', '.join(sorted(answer))} Rook was refused → {code}. Something is missing.")
    for each in answer:
        without = [other for other in answer if other != each]
        expect(
            refusal_of(lambda without=without: rook_redeems(scene, without)),
            f"Rook tried it without the {each}, and got Mara's tokens. He does not need it.",
        )


def rook_redeems(scene, known):
    """Rook redeems the code of a new sign-in of Mara's. What he does not know he draws himself."""
    values = {each: secrets.token_urlsafe(32) for each in ("verifier", "state", "nonce")}
    digest = hashlib.sha256(values["verifier"].encode()).digest()
    values["challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    asked = {**app, "response_type": "code", "code_challenge_method": "S256"}
    asked |= {"state": values["state"], "nonce": values["nonce"], "code_challenge": values["challenge"]}
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode(asked)}")
    values["code"] = browser.fill_in(username="mara", password=scene.password).press("Sign in").query["code"]
    rooks = {each: values[each] if each in known else secrets.token_urlsafe(32) for each in VALUES}
    form = {
        **app,
        "grant_type": "authorization_code",
        "code": rooks["code"],
        "code_verifier": rooks["verifier"],
    }
    form |= {"state": rooks["state"], "nonce": rooks["nonce"], "code_challenge": rooks["challenge"]}
    requests.post(f"{scene.pages}/oauth2/token", data=form).raise_for_status()


wrong_the_code_alone = (["code"], "With code Rook was refused")
wrong_what_the_browser_carries = (["code", "challenge"], "With challenge, code Rook was refused")
wrong_the_verifier_alone = (["verifier"], "With verifier Rook was refused")
wrong_the_state_as_well = (["code", "state", "verifier"], "without the state")
wrong_everything = (["nonce", "code", "challenge", "verifier"], "without the nonce")
wrong_a_password = (["code", "password"], "you wrote 'password'")
