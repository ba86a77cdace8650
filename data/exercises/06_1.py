"""Tidepool's app is a page in the browser. Write `code_flow`: it sends Mara's `browser` through the code flow, with
PKCE, and redeems the code. Two app clients of the pool may use the flow. Choose the one that fits.

`browser` has `open(address)`, `fill_in(username=…, password=…)`, `press("Sign in")`, and afterwards `query`.
"""

import base64
import hashlib
import re
import secrets
from itertools import count
from math import prod
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import requests

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, watched

title, core, difficulty, minutes = "The code flow by hand", True, 3, 12
expected = (
    "You return Mara's three tokens, for the app client of the page. Each sign-in has a verifier of its own."
)
hint = """
There are three steps: an address for the browser, the sign-in page, and a form for the token endpoint. The challenge
is the SHA-256 of the verifier as base64url. In OAuth, base64url has no `=` at the end. The callback address is part of
the first step and of the third.
"""
scene = "pages"


def code_flow(browser, pages, clients, callback, password):
    """The tokens of `mara`. `pages` is the domain's address, with `/oauth2/authorize` and `/oauth2/token`.

    `clients` has two app clients by name, each with its `id`, and its `secret` or None.
    """
    client = clients["tidepool-web"]["id"]
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    question = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": callback,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    browser.open(f"{pages}/oauth2/authorize?{urlencode(question)}")
    browser.fill_in(username="mara", password=password).press("Sign in")
    form = {
        "grant_type": "authorization_code",
        "client_id": client,
        "redirect_uri": callback,
        "code": browser.query["code"],
        "code_verifier": verifier,
    }
    return requests.post(f"{pages}/oauth2/token", data=form).json()


def check(answer, scene, lab):
    clients = {
        "tidepool-web": {"id": scene.client, "secret": None},
        "tidepool-server": {"id": scene.server, "secret": scene.server_secret},
    }
    seen = []
    while len(seen) < 4 or not (len(seen) > 12 or any("-" in each or "_" in each for _, each in seen)):
        with watched() as asked:
            try:
                tokens = answer(Browser(), scene.pages, clients, scene.callback, scene.password)
            except Exception:
                look_at(asked, scene)
                raise
        seen.append(look_at(asked, scene))
        expect(
            tokens is not None,
            "Your function returns nothing. It should return the answer of the token endpoint.",
        )
        expect(
            isinstance(tokens, dict),
            f"Return the tokens as the token endpoint gives them: a dictionary. Yours is a {type(tokens).__name__}.",
        )
        expect("error" not in tokens, f"The token endpoint refused: {tokens}.")
        missing = [name for name in ("id_token", "access_token", "refresh_token") if name not in tokens]
        expect(not missing, f"Your answer lacks {', '.join(missing)}.")
        said = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        expect(
            (said["cognito:username"], said["aud"]) == ("mara", scene.client), "These are not Mara's tokens."
        )
    verifiers = [verifier for verifier, _ in seen]
    expect(
        len(set(verifiers)) == len(seen),
        "Two sign-ins had the same verifier. Draw a new verifier each time. Otherwise Rook has to learn only one.",
    )
    expect(
        prod(len(set(column)) for column in set(zip(*verifiers, strict=False))) >= 2**40,
        "Your verifier changes so little from one sign-in to the next that Rook can guess it. Use `secrets`.",
    )


def look_at(asked, scene):
    """What is wrong with the requests that were made; answers the verifier, and the challenge, that were sent."""
    sent = {"/oauth2/authorize": {}, "/oauth2/token": {}}
    for request in (exchange.request for exchange in asked if exchange.request is not None):
        if request.path in sent:
            form = request.method == "POST" and "form" in request.headers.get("content-type", "")
            expect(
                form or request.path != "/oauth2/token",
                "The token endpoint reads a form in the body of a POST: `requests.post(…, data=…)`.",
            )
            sent[request.path] = dict(parse_qsl(request.query or request.body.decode()))
    begun, redeemed = sent.values()
    expect(begun, "The browser was not sent to /oauth2/authorize.")
    for request in (begun, redeemed):
        expect(
            request.get("client_id") != scene.server,
            "A page cannot keep a secret: whoever opens the page can read the secret. Use the app client without a secret.",
        )
    challenge = begun.get("code_challenge", "")
    expect(
        challenge, "The authorization request had no code_challenge: whoever catches the code can redeem it."
    )
    expect("=" not in challenge, "The challenge ends in `=`. In OAuth, base64url has no padding.")
    expect(
        len(challenge) != 64,
        "The challenge has 64 characters: it is the digest in hexadecimal. It should be the octets of the digest in base64url.",
    )
    expect(
        re.fullmatch(r"[\w-]*", challenge, re.ASCII) or begun.get("code_challenge_method") == "plain",
        "The challenge has characters of plain base64, `+` or `/`. In base64url these are `-` and `_`.",
    )
    if not redeemed:
        return "", challenge
    expect(
        "code" in redeemed,
        "The token endpoint got no code. Did you press “Sign in”, and take the code from `browser.query`?",
    )
    expect(
        redeemed.get("redirect_uri") == begun.get("redirect_uri"),
        "The redirect_uri at the token endpoint differs from the one in the authorization request.",
    )
    verifier = redeemed.get("code_verifier", "")
    expect(verifier, "The token endpoint got no code_verifier, which belongs to the challenge.")
    expect(
        verifier not in begun.values() or verifier == challenge,
        "The verifier went through the browser, in the address of /oauth2/authorize: Rook can read it there.",
    )
    expect(
        challenge != verifier,
        "You sent the verifier itself as the challenge. Only its hash belongs in the authorization request.",
    )
    expect(
        re.fullmatch(r"[\w.~-]{43,128}", verifier, re.ASCII),
        f"The verifier has {len(verifier)} characters. RFC 7636 wants 43 to 128 letters, digits and `-._~`.",
    )
    expect(
        challenge == s256(verifier),
        "The challenge does not belong to the verifier. It should be the octets of the verifier's SHA-256, in base64url.",
    )
    return verifier, challenge


def flow(browser, pages, client, callback, password, challenge_of, redirect_uri="", verifier="", **secret):
    """The whole flow with one thing changed, for the wrong answers."""
    verifier = verifier or secrets.token_urlsafe(32)
    question = {"response_type": "code", "client_id": client, "redirect_uri": callback}
    half = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"} if challenge_of else {}
    browser.open(f"{pages}/oauth2/authorize?{urlencode(question | half)}")
    browser.fill_in(username="mara", password=password).press("Sign in")
    form = {"grant_type": "authorization_code", "client_id": client, "redirect_uri": redirect_uri or callback}
    form |= {"code": browser.query["code"], **({"code_verifier": verifier} if half else {}), **secret}
    return requests.post(f"{pages}/oauth2/token", data=form).json()


def s256(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def wrong_padding(browser, pages, clients, callback, password):
    """The challenge ends in `=`"""

    def padded(verifier):
        return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()

    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, padded)


def wrong_hexadecimal(browser, pages, clients, callback, password):
    """it is the digest in hexadecimal"""

    def in_hexadecimal(verifier):
        return hashlib.sha256(verifier.encode()).hexdigest()

    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, in_hexadecimal)


def wrong_redirect_address(browser, pages, clients, callback, password):
    """differs from the one in the authorization request"""
    site = "{0.scheme}://{0.netloc}/".format(urlsplit(callback))
    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, s256, redirect_uri=site)


def wrong_secret_in_a_page(browser, pages, clients, callback, password):
    """A page cannot keep a secret"""
    server = clients["tidepool-server"]
    return flow(browser, pages, server["id"], callback, password, s256, client_secret=server["secret"])


def wrong_without_pkce(browser, pages, clients, callback, password):
    """had no code_challenge"""
    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, None)


def wrong_one_verifier_for_all(browser, pages, clients, callback, password):
    """Two sign-ins had the same verifier"""
    verifier = "a-word-that-stands-in-the-page-since-it-was-written"
    question = {"response_type": "code", "client_id": clients["tidepool-web"]["id"], "redirect_uri": callback}
    half = {"code_challenge": s256(verifier), "code_challenge_method": "S256"}
    browser.open(f"{pages}/oauth2/authorize?{urlencode(question | half)}")
    browser.fill_in(username="mara", password=password).press("Sign in")
    form = {"grant_type": "authorization_code", "code": browser.query["code"], "code_verifier": verifier}
    form |= {"client_id": question["client_id"], "redirect_uri": callback}
    return requests.post(f"{pages}/oauth2/token", data=form).json()


NUMBERS = count()


def wrong_numbered(browser, pages, clients, callback, password):
    """verifier changes so little from one sign-in to the next"""
    verifier, client = f"tidepool-sign-in-{next(NUMBERS):032}", clients["tidepool-web"]["id"]
    return flow(browser, pages, client, callback, password, s256, verifier=verifier)


def wrong_verifier_in_the_address(browser, pages, clients, callback, password):
    """The verifier went through the browser"""
    verifier = secrets.token_urlsafe(32)
    pages_of_browser = browser.open
    browser.open = lambda address: pages_of_browser(f"{address}&code_verifier={verifier}")
    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, s256, verifier=verifier)


def wrong_only_the_code(browser, pages, clients, callback, password):
    """Return the tokens"""
    flow(browser, pages, clients["tidepool-web"]["id"], callback, password, s256)
    return browser.query["code"]


def wrong_plain_base64(browser, pages, clients, callback, password):
    """characters of plain base64"""

    def plain(verifier):
        return base64.b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, plain)


def wrong_half_of_the_ticket(browser, pages, clients, callback, password):
    """does not belong to the verifier"""

    def without_the_hash(verifier):
        return base64.urlsafe_b64encode(verifier.encode()).rstrip(b"=").decode()

    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, without_the_hash)


def wrong_no_hash(browser, pages, clients, callback, password):
    """the verifier itself as the challenge"""
    return flow(browser, pages, clients["tidepool-web"]["id"], callback, password, str)


def wrong_nobody_signed_in(browser, pages, clients, callback, password):
    """Did you press “Sign in”"""
    question = {"response_type": "code", "client_id": clients["tidepool-web"]["id"], "redirect_uri": callback}
    half = {"code_challenge": s256("v" * 43), "code_challenge_method": "S256"}
    browser.open(f"{pages}/oauth2/authorize?{urlencode(question | half)}")
    form = {"grant_type": "authorization_code", "code": browser.query.get("code"), "code_verifier": "v" * 43}
    form |= {"client_id": question["client_id"], "redirect_uri": callback}
    return requests.post(f"{pages}/oauth2/token", data=form).json()


def wrong_as_json(browser, pages, clients, callback, password):
    """reads a form in the body"""
    return requests.post(f"{pages}/oauth2/token", json={"grant_type": "authorization_code"}).json()


def wrong_nothing_returned(browser, pages, clients, callback, password):
    """Your function returns nothing"""
    flow(browser, pages, clients["tidepool-web"]["id"], callback, password, s256)
