"""The identity pool lists Google with the client of Tidepool's page. Which of these five logins lead to an
identity? Write `True` or `False` for each line. The key is always `accounts.google.com`.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Who comes in by Google?", False, 1, 2
expected = "five times True or False. The check shows the five tokens to an identity pool."
hint = "The pool compares the issuer, the signature, the time and the client. Does it have a list of people?"
scene = "google_listed"

name = "comes_in"
stub = {
    "Goran's ID token for the page, 50 minutes old": None,
    "Goran's ID token for the page, 70 minutes old": None,
    "Goran's ID token for the phone app, which has a client of its own": None,
    "Rook's ID token for the page; nobody at Tidepool knows him": None,
    "a token for the page that Rook wrote and signed himself": None,
}
LINES = list(stub)
solution = {
    "Goran's ID token for the page, 50 minutes old": True,
    "Goran's ID token for the page, 70 minutes old": False,
    "Goran's ID token for the phone app, which has a client of its own": False,
    "Rook's ID token for the page; nobody at Tidepool knows him": True,
    "a token for the page that Rook wrote and signed himself": False,
}
BECAUSE = dict(
    zip(
        LINES,
        (
            "Google's ID tokens are valid for an hour.",
            "It has expired, although Goran is still signed in at Google.",
            "It is genuine, but it is for a client that the pool does not list.",
            "To list Google is to accept everybody who has a Google account. What they may do is a matter of roles.",
            "Google did not sign it.",
        ),
        strict=True,
    )
)


def check(answer, scene, lab):
    for line, really in made(scene, lab).items():
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(
            said == really,
            f"“{line}”: this login {'leads to an identity' if really else 'is refused'}. {BECAUSE[line]}",
        )


def made(scene, lab):
    """The five logins, tried: which lead to an identity?"""
    identity_pools, key = boto3.client("cognito-identity"), "accounts.google.com"
    phone = lab.google.register_client("Tidepool for phones", origins=[scene.page])

    def token(who, client=scene.tidepool_at_google):
        return lab.google.credential(client.client_id, who, scene.page)

    def comes_in(text):
        login = {key: text}
        return not refusal_of(lambda: identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login))

    goran, rook = "goran.pavic@gmail.example", "rook@elsewhere.example"
    old = token(goran)
    lab.travel(minutes=50)
    tried = [comes_in(old)]
    lab.travel(minutes=20)
    tried += [comes_in(old), comes_in(token(goran, phone)), comes_in(token(rook))]
    head, claims, _ = token(goran).split(".")
    _, _, signature = token(rook).split(".")
    return dict(zip(LINES, [*tried, comes_in(f"{head}.{claims}.{signature}")], strict=True))


wrong_each_sign_in_counts_once = {**solution, LINES[0]: False}, "valid for an hour"
wrong_still_signed_in = {**solution, LINES[1]: True}, "It has expired"
wrong_same_person = {**solution, LINES[2]: True}, "a client that the pool does not list"
wrong_a_list_of_people = {**solution, LINES[3]: False}, "everybody who has a Google account"
wrong_a_token_is_a_text = {**solution, LINES[4]: True}, "Google did not sign it"
wrong_half_done = {**solution, LINES[4]: None}, "write True or False"
