"""The pages of managed login on which people choose how they begin to sign in, and give a code alone.

They do what InitiateAuth and RespondToAuthChallenge do in USER_AUTH, where the app client allows that.

Source: "Configure authentication methods for managed login". AWS documents neither the fields nor the paths.
"""

from __future__ import annotations

from collections.abc import Callable

from cognito_lab.aws.managed_login.oauth import authorization_codes
from cognito_lab.aws.managed_login.pages import passkey_pages
from cognito_lab.aws.managed_login.pages.visits import Page, Visit, show
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.aws.user_pools.sign_in import challenges, user_auth
from cognito_lab.aws.user_pools.sign_in.user_auth import PASSKEY
from cognito_lab.errors import AwsError, invalid
from cognito_lab.network.messages import Response

LABELS = {"PASSWORD": "Password", "EMAIL_OTP": "A code by e-mail", "SMS_OTP": "A code by SMS"}
LABELS |= {PASSKEY: "A passkey"}


def offers_choice(client: AppClient) -> bool:
    """Whether people give their name first. The hosted UI (classic) knows passwords alone."""
    return "ALLOW_USER_AUTH" in client.flows and domains.version_of(client.pool) == model.MANAGED_LOGIN


def password_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "password.html", {}


def choice_page(visit: Visit) -> tuple[str, dict[str, object]]:
    try:
        names = ways(visit)
    except AwsError:  # which the page tells of
        names = []
    return "select_factor.html", {"path": "/firstFactor", "factors": {name: LABELS[name] for name in names}}


def code_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "code.html", {"path": "/firstFactorCode", "label": LABELS.get(visit["challenge"], "A code")}


def ways(visit: Visit) -> list[str]:
    """How the person of this name can begin. Pages take a password as it is, and prove none."""
    check_offers_choice(visit.client)
    person = user_auth.find_person(visit.client, challenges.required(visit.fields, "username"))
    return [name for name in user_auth.offered(visit.pool, person) if name in LABELS]


def check_offers_choice(client: AppClient) -> None:
    if not offers_choice(client):
        raise invalid("USER_AUTH flow not enabled for this client")


def check_chosen(names: list[str], factor: str) -> None:
    if factor not in names:
        raise invalid(f"{factor} is not one of the available challenges.")


def ask(visit: Visit) -> Response:
    """The name is given: the only way to go on, or the choice."""
    names = ways(visit)
    return begin(visit, names[0]) if len(names) == 1 else show(choice_page, visit)


def choose(visit: Visit) -> Response:
    check_chosen(ways(visit), visit["factor"])
    return begin(visit, visit["factor"])


def begin(visit: Visit, name: str) -> Response:
    if name == "PASSWORD":
        return show(password_page, visit)
    person = user_auth.find_person(visit.client, visit["username"])
    challenge = user_auth.FIRST_FACTORS[name].ask(visit.client, person, {"USERNAME": visit["username"]})
    known = {"session": challenge["Session"], "challenge": name}
    if name == PASSKEY:
        return show(passkey_pages.passkey_page, visit, **known)
    to = challenge["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"]
    return show(code_page, visit, notice=f"A code was sent to {to}.", **known)


def answer_code(visit: Visit) -> Response:
    name = visit["challenge"] if visit["challenge"] in model.CODES else ""
    challenge = challenges.find_challenge(visit.client, visit["session"], name)
    user_auth.check_may_answer(visit.pool, challenge, visit["username"])
    responses = {f"{name}_CODE": visit["code"]}
    amr = user_auth.show_code(visit.client, challenge, responses)
    return authorization_codes.complete_sign_in(visit.request, visit.asked, challenge.user, amr=amr)


FORMS: dict[str, tuple[Callable[[Visit], Response], Page]] = {
    "/firstFactor": (choose, choice_page), "/firstFactorCode": (answer_code, code_page),
}  # fmt: skip
