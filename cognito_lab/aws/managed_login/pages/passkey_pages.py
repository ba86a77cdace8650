"""The pages of passkeys: one is registered, and one signs in. They alone have a script: it asks the browser.

They do what StartWebAuthnRegistration, CompleteWebAuthnRegistration and USER_AUTH do.

Source: "Authentication flows" (passkeys; ``/passkeys/add``). AWS documents no other path, and no form.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.oauth import authorization_codes
from cognito_lab.aws.managed_login.pages import second_factor_pages
from cognito_lab.aws.managed_login.pages.visits import Page, Visit
from cognito_lab.aws.user_pools import model, relying_party
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.people import passkeys
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.sign_in import challenges, passkey_factor, user_auth
from cognito_lab.aws.user_pools.sign_in.user_auth import PASSKEY
from cognito_lab.errors import AwsError, invalid
from cognito_lab.network import forms
from cognito_lab.network.messages import Response
from cognito_lab.protocols import json_texts


def domain_here(visit: Visit) -> str:
    """The pool's domain for passkeys, as the browser in front of this page has it."""
    host = visit.request.headers.get("host", visit.request.host).partition(":")[0]
    domain = relying_party.domain_of(visit.pool)  # which has pages, and so a domain
    return next((name for name in relying_party.names_of(domain) if f".{host}".endswith(f".{name}")), domain)


# -- the pages ------------------------------------------------------------------------------------


def passkey_page(visit: Visit) -> tuple[str, dict[str, object]]:
    options = ""
    if (challenge := second_factor_pages.waiting(visit, PASSKEY)) is not None:
        asked = json.loads(passkey_factor.request_options(visit.pool, challenge.user, challenge.to_sign))
        options = json.dumps({**asked, "rpId": domain_here(visit)})
    return "passkey.html", {"options": options}


def add_page(visit: Visit) -> tuple[str, dict[str, object]]:
    try:
        asked = passkeys.start(visit.client, owner(visit))
    except AwsError:  # which the page has said
        return "add_passkey.html", {"options": ""}
    asked["rp"]["id"] = domain_here(visit)
    return "add_passkey.html", {"options": json.dumps(asked)}


def owner(visit: Visit) -> User:
    """Who is signed in with this browser. (The hosted UI (classic) has no passkeys.)

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    if domains.version_of(visit.pool) != model.MANAGED_LOGIN:
        raise not_authorized("Passkeys are added in managed login.")
    session = browser_sessions.current_session(visit.request)
    if session is None:
        raise not_authorized("Sign in first.")
    return session.user


# -- what the forms do ----------------------------------------------------------------------------


def answer(visit: Visit) -> Response:
    challenge = challenges.find_challenge(visit.client, visit["session"], PASSKEY)
    user_auth.check_may_answer(visit.pool, challenge, visit["username"])
    amr = user_auth.show_passkey(visit.client, challenge, {"CREDENTIAL": visit["credential"]})
    return authorization_codes.complete_sign_in(visit.request, visit.asked, challenge.user, amr=amr)


def add(visit: Visit) -> Response:
    """Afterwards the browser goes on to the app, as far as its session is one that the app accepts."""
    try:
        credential = json_texts.read(visit["credential"])
    except json_texts.NotJson:
        raise invalid("The credential is not a RegistrationResponseJSON.") from None
    passkeys.complete(visit.client, owner(visit), credential)
    return forms.redirect(visit.to("/oauth2/authorize"))


FORMS: dict[str, tuple[Callable[[Visit], Response], Page]] = {
    "/passkey": (answer, passkey_page), "/passkeys/add": (add, add_page),
}  # fmt: skip
