"""The pages on which people sign in, sign up, confirm their account and get a new password.

A form does what the API operation of the same meaning does, by the same functions of the user pool: its
rules, limits and texts are those of :mod:`cognito_lab.aws.user_pools`. Managed login knows the secret of an
app client, so no page asks for a secret hash, and the client need not allow any flow of the API.

Each page carries the authorization request of the app in its address, and goes on with it in the end.

Source: "User pool managed login", "User pool endpoints and managed login reference". AWS documents neither
the fields of its forms, nor their order, nor the page for a new password (here ``/changePassword``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cognito_lab.aws.managed_login import browser_sessions, csrf
from cognito_lab.aws.managed_login.oauth import authorization_codes, requests
from cognito_lab.aws.managed_login.oauth.authorize import AuthorizationRequest
from cognito_lab.aws.managed_login.pages import (
    first_factor_pages,
    passkey_pages,
    rendering,
    second_factor_pages,
)
from cognito_lab.aws.managed_login.pages.visits import INPUTS, Input, Page, Visit, show, username_input
from cognito_lab.aws.user_pools import attributes
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import passkeys, sign_up
from cognito_lab.aws.user_pools.settings import branding, identity_providers
from cognito_lab.aws.user_pools.sign_in import challenges, new_password, password_flow, user_status
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges, forms
from cognito_lab.network.messages import Request, Response

HINTS = {"phone_number": "With the country code, for example +4915112345678."}
SIGN_UP = "SIGN_UP"  # a sign-in that waits until the new account is confirmed; no challenge of the API


# -- the pages -----------------------------------------------------------------------------------


def login_page(visit: Visit) -> tuple[str, dict[str, object]]:
    providers = visit.client.providers
    others = {n: identity_providers.label(visit.pool, n) for n in providers if n != "COGNITO"}
    own = "COGNITO" in providers
    choice = first_factor_pages.offers_choice(visit.client)
    if own and choice and visit["username"] and "password" in visit.fields:  # which was refused
        return first_factor_pages.password_page(visit)
    return "login.html", {"own_users": own, "others": others, "sign_up": takes_sign_ups(visit.pool),
                          "name_first": choice}  # fmt: skip


def sign_up_page(visit: Visit) -> tuple[str, dict[str, object]]:
    own = visit.pool.people.username_attributes
    name = username_input(visit.pool) if own else Input("username", "Username")
    return "sign_up.html", {"name": name, "attributes": attribute_inputs(attributes_asked(visit.pool))}


def confirm_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "confirm.html", {}


def forgot_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "forgot_password.html", {}


def reset_page(visit: Visit) -> tuple[str, dict[str, object]]:
    return "reset_password.html", {}


def new_password_page(visit: Visit) -> tuple[str, dict[str, object]]:
    missing = [name for name in visit.pool.schema.required if name in visit.fields]
    return "new_password.html", {"attributes": attribute_inputs(missing)}


# -- what they ask for -----------------------------------------------------------------------------


def takes_sign_ups(pool: UserPool) -> bool:
    try:
        sign_up.check_self_sign_up(pool)
    except AwsError:
        return False
    return True


def attributes_asked(pool: UserPool) -> list[str]:
    """What the sign-up page asks for: the required attributes, and those to which a code has to go."""
    wanted = [*pool.schema.required, *pool.settings["AutoVerifiedAttributes"]]
    return [name for name in dict.fromkeys(wanted) if pool.people.username_attributes != [name]]


def attribute_inputs(names: list[str]) -> list[Input]:
    return [
        Input(
            name,
            name.replace("_", " ").capitalize(),
            *INPUTS.get(name, ("text", "off")),
            hint=HINTS.get(name, ""),
        )
        for name in names
    ]


# -- what the forms do ---------------------------------------------------------------------------


def log_in(visit: Visit) -> Response:
    if first_factor_pages.offers_choice(visit.client) and "password" not in visit.fields:
        return first_factor_pages.ask(visit)
    username, password = (challenges.required(visit.fields, name) for name in ("username", "password"))
    user = password_flow.find_by_password(visit.client, username, password)
    return after_first_factor(visit, user, password)


def after_first_factor(visit: Visit, user: User, password: str | None = None) -> Response:
    """The person is known by a password. A new one may be due, or a second factor."""
    challenge = password_flow.next_challenge(visit.client, user, password)
    if challenge is None:
        return authorization_codes.complete_sign_in(visit.request, visit.asked, user)
    if challenge["ChallengeName"] != "NEW_PASSWORD_REQUIRED":
        return second_factor_pages.show_challenge(visit, challenge)
    missing = dict.fromkeys(new_password.missing_attributes(visit.pool, user), "")
    return show(new_password_page, visit, **missing, session=challenge["Session"], username=user.username)


def register(visit: Visit) -> Response:
    given = {name: visit[name] for name in attributes_asked(visit.pool) if visit[name]}
    password = challenges.required(visit.fields, "password")  # which managed login always asks for
    secret = {"Password": password, "UserAttributes": attributes.as_pairs(given)}
    answer = visit.call("SignUp", Username=visit["username"], **secret)
    user = visit.pool.people.find(visit["username"])
    assert user is not None, "who has signed up is there"
    session = challenges.store_challenge(visit.client, user, SIGN_UP)
    return show(confirm_page, visit, notice=sent(answer, visit.pool), session=session)


def confirm(visit: Visit) -> Response:
    """The account is confirmed; who has just signed up in this browser is signed in as well."""
    visit.call("ConfirmSignUp", Username=visit["username"], ConfirmationCode=visit["code"])
    try:
        challenge = challenges.find_challenge(visit.client, visit["session"], SIGN_UP)
        challenges.check_same_user(visit.pool, challenge, visit["username"])
        user_status.check_enabled(challenge.user)
    except AwsError:  # another browser, or long after
        return show(login_page, visit, notice="Your account is confirmed. You can sign in now.")
    challenge.answered = True
    return after_first_factor(visit, challenge.user)


def resend(visit: Visit) -> Response:
    answer = visit.call("ResendConfirmationCode", Username=visit["username"])
    return show(confirm_page, visit, notice=sent(answer, visit.pool))


def forgot(visit: Visit) -> Response:
    return show(reset_page, visit, notice=sent(visit.call("ForgotPassword", Username=visit["username"])))


def reset(visit: Visit) -> Response:
    code, password = visit["code"], visit["password"]
    visit.call("ConfirmForgotPassword", Username=visit["username"], ConfirmationCode=code, Password=password)
    return show(login_page, visit, notice="Your password is changed. You can sign in now.")


def change_password(visit: Visit) -> Response:
    given = {f"userAttributes.{name}": visit[name] for name in visit.pool.schema.required if visit[name]}
    challenge = challenges.find_challenge(visit.client, visit["session"], "NEW_PASSWORD_REQUIRED")
    responses = {"NEW_PASSWORD": visit["password"], **given}
    user = new_password.answer_new_password(visit.client, challenge, visit["username"], responses)
    return after_first_factor(visit, user)


def sent(answer: Mapping[str, Any], signed_up_at: UserPool | None = None) -> str:
    """Where a code went, or the link of a sign-up, as far as AWS says it."""
    delivery = answer.get("CodeDeliveryDetails")
    if not delivery:
        return ""
    medium = "e-mail" if delivery["DeliveryMedium"] == "EMAIL" else "SMS"
    by_link = signed_up_at is not None and signed_up_at.confirms_by_link and medium == "e-mail"
    return f"A {'link' if by_link else 'code'} was sent by {medium} to {delivery['Destination']}."


# -- the way from a request to a page -------------------------------------------------------------


PAGES: dict[str, Page] = {  # that have an address of their own
    "/login": login_page, "/signup": sign_up_page, "/confirm": confirm_page,
    "/forgotPassword": forgot_page, "/confirmforgotPassword": reset_page,
}  # fmt: skip
FORMS: dict[str, tuple[Callable[[Visit], Response], Page]] = {  # what each does, and where it is refused
    "/login": (log_in, login_page), "/signup": (register, sign_up_page), "/confirm": (confirm, confirm_page),
    "/resendcode": (resend, confirm_page), "/forgotPassword": (forgot, forgot_page),
    "/confirmforgotPassword": (reset, reset_page), "/changePassword": (change_password, new_password_page),
    **first_factor_pages.FORMS, **second_factor_pages.FORMS, **passkey_pages.FORMS,
}  # fmt: skip
# Refusals that lead to another page.
NEXT: dict[str, Page] = {
    "UserNotConfirmedException": confirm_page,
    "PasswordResetRequiredException": reset_page,
}


def show_page(request: Request) -> Response:
    """GET: the page of this path."""
    asked = requests.parse_authorization_request(request)
    known = {"username": forms.read_query(request).get("username") or asked.login_hint or ""}
    visit = Visit(request, asked, known)
    return unavailable_page(visit) or show(PAGES[visit.path], visit)


def show_add_passkey(request: Request) -> Response:
    """GET /passkeys/add: for who is signed in with this browser."""
    asked = requests.parse_authorization_request(request)
    if browser_sessions.current_session(request) is None:
        return forms.redirect(f"/login?{asked.query()}")
    visit = Visit(request, asked)
    try:
        passkeys.check_may_start(visit.pool, passkey_pages.owner(visit))
    except AwsError as error:
        exchanges.record_refusal(error)
        return rendering.error_page(error.message, pool=visit.pool, client=visit.client)
    return unavailable_page(visit) or show(passkey_pages.add_page, visit)


def submit_form(request: Request) -> Response:
    """POST: the form of this path. A refusal comes back on the page that can mend it."""
    visit = Visit(request, requests.parse_authorization_request(request), forms.read_form(request))
    csrf.check_csrf(request, dict(visit.fields))
    do, page = FORMS[visit.path]
    try:
        return unavailable_page(visit) or do(visit)
    except AwsError as error:
        exchanges.record_refusal(error)
        return show(NEXT.get(error.code, page), visit, error=error.message)


def unavailable_page(visit: Visit) -> Response | None:
    """An error page, where there can be no other."""
    try:
        check_pages_work(visit)
        if (
            visit.path != "/login" or visit.request.method == "POST"
        ):  # that page also leads to other providers
            check_has_own_users(visit.client)
        if visit.path == "/signup":
            sign_up.check_self_sign_up(visit.pool)
    except AwsError as error:
        exchanges.record_refusal(error)
        return rendering.error_page(error.message, pool=visit.pool, client=visit.client)
    return None


def check_pages_work(visit: Visit) -> None:
    """With managed login, a client that has no branding style has no pages."""
    if branding.style_of(visit.pool, visit.client) is None:
        raise not_authorized("Login pages unavailable. Please contact an administrator.")


def check_has_own_users(client: AppClient) -> None:
    """The forms are for users of the pool itself; a client can be for those of other providers alone."""
    if "COGNITO" not in client.providers:
        raise not_authorized("This app client does not take users of the user pool.")


def confirm_by_link(request: Request) -> Response:
    """GET /confirmUser: the link of an e-mail, which does what the code does, in whatever browser."""
    fields = forms.read_query(request)
    asked = AuthorizationRequest(requests.check_client(request, fields.get("client_id", "")), "")
    visit = Visit(request, asked)
    try:
        name, code = fields.get("user_name", ""), fields.get("confirmation_code", "")
        visit.call("ConfirmSignUp", Username=name, ConfirmationCode=code)
    except AwsError as error:
        exchanges.record_refusal(error)
        return rendering.error_page(error.message, pool=visit.pool, client=visit.client)
    return rendering.page("confirmed.html", visit.pool, visit.client)


ROUTES: dict[tuple[str, str], Callable[[Request], Response]] = {
    ("GET", "/confirmUser"): confirm_by_link,
    ("GET", "/passkeys/add"): show_add_passkey,
    **{("GET", path): show_page for path in PAGES},
    **{("POST", path): submit_form for path in FORMS},
}
