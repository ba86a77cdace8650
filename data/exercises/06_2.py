"""Rook has seen one of Mara's codes in the log of a proxy. The app is a page without a secret, and it uses PKCE. Rook
tries six things. Every try is refused, and in every try only one thing is wrong. Write beside each what stopped him:
`"verifier"`, `"client"`, `"address"`, `"age"`, `"used"`, or `"encryption"`. You may use a word twice.

In the last four tries Rook knows the verifier of the page.
"""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import requests

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Rook has the code", False, 2, 8
expected = "The check corrects the one thing that you name. Then the same try gets tokens."
hint = (
    "The code is a random word: whoever has it can send it on. For each try, ask what the token endpoint knows about "
    "this code. Which part of Rook's request does not agree with that?"
)
scene = "pages"

name = "stopped_by"
stub = {
    "he redeems it as it is": "",
    "he draws a verifier and redeems it with that": "",
    "he redeems it at once, with an app client of his own in this pool": "",
    "he redeems it at once, and names his own site as redirect_uri": "",
    "he redeems it after the page has": "",
    "he waits for six minutes, and the page has closed": "",
}
solution = {
    "he redeems it as it is": "verifier",
    "he draws a verifier and redeems it with that": "verifier",
    "he redeems it at once, with an app client of his own in this pool": "client",
    "he redeems it at once, and names his own site as redirect_uri": "address",
    "he redeems it after the page has": "used",
    "he waits for six minutes, and the page has closed": "age",
}
WRONG = dict(  # of each try
    zip(
        stub,
        (
            {"verifier": "none"},
            {"verifier": "his"},
            {"client": "his"},
            {"address": "his"},
            {"used": True},
            {"age": 6},
        ),
        strict=True,
    )
)
RIGHT = {"verifier": "the page's", "client": "the page's", "address": "the page's", "used": False, "age": 0}


def check(answer, scene, lab):
    for attempt, given in answer.items():
        expect(
            given != "encryption",
            f"“{attempt}”: nothing is encrypted. The code is a random word, and Rook can send it like anybody else.",
        )
        expect(isinstance(given, str), f"“{attempt}”: write one word. You wrote {given!r}.")
        expect(given in RIGHT, f"“{attempt}”: choose one of {', '.join(RIGHT)}; you wrote {given!r}.")
        code = refusal_of(lambda attempt=attempt: redeem(lab, scene, RIGHT | WRONG[attempt]))
        expect(code, f"“{attempt}” was not refused at all; the lab is wrong here.")
        mended = RIGHT | WRONG[attempt] | {given: RIGHT[given]}
        code = refusal_of(lambda mended=mended: redeem(lab, scene, mended))
        expect(
            not code,
            f"“{attempt}”: “{given}” is not what stopped him. With that corrected, the same try is still refused → "
            f"{code}.",
        )


def redeem(lab, scene, tried):
    """One try, on a new code of Mara's."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    question = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback}
    question["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    browser = Browser().open(
        f"{scene.pages}/oauth2/authorize?{urlencode(question)}&code_challenge_method=S256"
    )
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    shown = {"his": secrets.token_urlsafe(32), "the page's": verifier}.get(tried["verifier"])
    theirs = {"client_id": scene.server, "client_secret": scene.server_secret}
    ours = {"client_id": scene.client}
    form = {
        "grant_type": "authorization_code",
        "code": browser.query["code"],
        "redirect_uri": scene.callback if tried["address"] != "his" else "https://elsewhere.example",
        **(theirs if tried["client"] == "his" else ours),
        **({"code_verifier": shown} if shown else {}),
    }
    if tried["used"]:
        pages_own = {**form, **ours, "redirect_uri": scene.callback, "code_verifier": verifier}
        requests.post(f"{scene.pages}/oauth2/token", data=pages_own).raise_for_status()
    lab.travel(minutes=tried["age"])
    requests.post(f"{scene.pages}/oauth2/token", data=form).raise_for_status()


wrong_encrypted = (
    {**solution, "he redeems it as it is": "encryption"},
    "nothing is encrypted",
)
wrong_the_client_is_unknown = (
    {**solution, "he redeems it as it is": "client"},
    "“client” is not what stopped him",
)
wrong_the_address_protects = (
    {**solution, "he waits for six minutes, and the page has closed": "address"},
    "“address” is not what stopped him",
)
wrong_too_old = (
    {**solution, "he redeems it after the page has": "age"},
    "“age” is not what stopped him",
)
wrong_pkce_does_everything = (
    {**solution, "he redeems it at once, with an app client of his own in this pool": "verifier"},
    "“verifier” is not what stopped him",
)
wrong_word = ({**solution, "he redeems it as it is": "the state"}, "choose one of")
