"""The pages of a second factor: which one, its code, and an authenticator app to set up.

They do what RespondToAuthChallenge, AssociateSoftwareToken and VerifySoftwareToken do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import segno

from cognito_lab.aws.managed_login.oauth import authorization_codes
from cognito_lab.aws.managed_login.pages.visits import Page, Visit, show
from cognito_lab.aws.user_pools import second_factors
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.second_factors import APP, EMAIL, SMS
from cognito_lab.aws.user_pools.sign_in import challenges, mfa_challenges
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Response

LABELS = {SMS: "A code by SMS", APP: "A code from your authenticator app", EMAIL: "A code by e-mail"}


def show_challenge(visit: Visit, challenge: dict[str, Any]) -> Response:
    """The page of what a sign-in asks for after the password."""
    name, parameters = challenge["ChallengeName"], challenge["ChallengeParameters"]
    known = {"session": challenge["Session"], "username": parameters["USER_ID_FOR_SRP"], "challenge": name}
    if name == "SELECT_MFA_TYPE":
        return show(select_page, visit, **known)
    if name == "MFA_SETUP":
        check_can_set_up(visit.pool)
        known["session"] = visit.call("AssociateSoftwareToken", Session=known["session"])["Session"]
        return show(set_up_page, visit, **known)
    to = parameters.get("CODE_DELIVERY_DESTINATION")
    return show(code_page, visit, notice=f"A code was sent to {to}." if to else "", **known)


def check_can_set_up(pool: UserPool) -> None:
    """On a page people can set up an app, and nothing else."""
    if APP not in second_factors.offered(pool):
        raise not_authorized(
            "You must have multi-factor authentication (MFA) set up to sign in. "
            "Please set up MFA and try again."
        )


# -- the pages ------------------------------------------------------------------------------------


def code_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "code.html", {"path": "/mfa", "label": LABELS.get(visit["challenge"], "A code")}


def select_page(visit: Visit) -> tuple[str, dict[str, object]]:
    challenge = waiting(visit, "SELECT_MFA_TYPE")
    own = second_factors.of_user(visit.pool, challenge.user) if challenge else []
    return "select_factor.html", {"path": "/mfaSelect", "factors": {name: LABELS[name] for name in own}}


def set_up_page(visit: Visit) -> tuple[str, dict[str, object]]:
    """The secret, as a QR code and as text."""
    challenge = waiting(visit, "MFA_SETUP")
    if challenge is None or challenge.token is None:
        return "set_up_app.html", {"secret": "", "image": ""}
    secret = challenge.token.secret
    address = pyotp.TOTP(secret).provisioning_uri(name=challenge.user.username, issuer_name=visit.client.name)
    image = segno.make_qr(address).svg_data_uri(scale=4, light="white")  # on a dark page as well
    return "set_up_app.html", {"secret": secret, "image": image}


def waiting(visit: Visit, name: str) -> Challenge | None:
    """The sign-in of this page, as long as it waits."""
    try:
        return challenges.find_challenge(visit.client, visit["session"], name)
    except AwsError:
        return None


# -- what the forms do ----------------------------------------------------------------------------


def answer_code(visit: Visit) -> Response:
    name = visit["challenge"]
    challenge = challenges.find_challenge(visit.client, visit["session"], name if name in LABELS else "")
    return finish(visit, challenge, {f"{name}_CODE": visit["code"]})


def select(visit: Visit) -> Response:
    challenge = challenges.find_challenge(visit.client, visit["session"], "SELECT_MFA_TYPE")
    mfa_challenges.check_may_go_on(visit.pool, challenge, visit["username"])
    chosen = mfa_challenges.select_factor(visit.client, challenge, {"ANSWER": visit["factor"]})
    return show_challenge(visit, chosen)


def set_up(visit: Visit) -> Response:
    challenges.find_challenge(visit.client, visit["session"], "MFA_SETUP")
    made = visit.call("VerifySoftwareToken", Session=visit["session"], UserCode=visit["code"])
    return finish(visit, challenges.find_challenge(visit.client, made["Session"], "MFA_SETUP"), {})


def finish(visit: Visit, challenge: Challenge, responses: dict[str, str]) -> Response:
    amr = mfa_challenges.complete(visit.client, challenge, visit["username"], responses)
    return authorization_codes.complete_sign_in(visit.request, visit.asked, challenge.user, amr=amr)


# AWS documents none of these paths.
FORMS: dict[str, tuple[Callable[[Visit], Response], Page]] = {
    "/mfa": (answer_code, code_page), "/mfaSelect": (select, select_page), "/mfaSetup": (set_up, set_up_page),
}  # fmt: skip
