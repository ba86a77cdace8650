"""Choice-based sign-in (USER_AUTH): which first factors a user can choose from, and how each one is shown.

Who shows a password here goes on as in the other flows. A code or a passkey alone signs in, and no second
factor is added: so they are not for users who have one, except a passkey that counts as both.

Source: "Authentication flows" (choice-based and passwordless sign-in), "Adding MFA to a user pool", "Managing
user existence error responses"; InitiateAuth and RespondToAuthChallenge in the API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from cognito_lab import randomness
from cognito_lab.aws.user_pools import attributes, client_secrets, model, second_factors
from cognito_lab.aws.user_pools.directory import Code, User
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import sign_up
from cognito_lab.aws.user_pools.settings import plans
from cognito_lab.aws.user_pools.sign_in import (
    challenges,
    hidden_users,
    lockout,
    mfa_challenges,
    passkey_factor,
    password_flow,
    srp_flow,
    user_status,
)
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge
from cognito_lab.aws.user_pools.threat_protection import auth_events, risk
from cognito_lab.aws.user_pools.tokens import issuing, token_store
from cognito_lab.aws.user_pools.triggers import authentication
from cognito_lab.errors import OutsideTheLab, invalid

SELECT, PASSKEY = "SELECT_CHALLENGE", "WEB_AUTHN"
PASSWORDS = ("PASSWORD", "PASSWORD_SRP")
AMR = {"email": "email_otp", "phone_number": "sms"}
UNSUPPORTED_PARAMETERS = ("TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN")  # they ask for a stronger sign-in
Given = Mapping[str, str]  # AuthParameters or ChallengeResponses
Answer = dict[str, Any]  # of InitiateAuth and RespondToAuthChallenge


class FirstFactor(NamedTuple):
    """How a user can begin to sign in.

    Attributes:
        policy: The value of ``AllowedFirstAuthFactors`` that allows it.
        can_use: Whether the user has what it needs.
        ask: Its challenge; or what comes after it, where the answer came along.
        answer: What comes after the challenge.
    """

    policy: str
    can_use: Callable[[UserPool, User], bool]
    ask: Callable[[AppClient, User, Given], Answer]
    answer: Callable[[AppClient, Challenge, Given], Answer]


# -- the flow -------------------------------------------------------------------------------------


def by_choice(client: AppClient, parameters: Given) -> Answer:
    """USER_AUTH: the challenge that the caller prefers, if the user can meet it, or else the choice."""
    username, preferred = challenges.required(parameters, "USERNAME"), parameters.get("PREFERRED_CHALLENGE")
    client_secrets.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    plans.check_user_auth(client.pool.settings["UserPoolTier"])
    check_known(preferred)
    for name in UNSUPPORTED_PARAMETERS:
        if name in parameters:
            raise OutsideTheLab(f"USER_AUTH with {name} is not played by this lab (AWS has it).")
    if preferred == "PASSWORD" and parameters.get(
        "PASSWORD"
    ):  # it may bring somebody from an older directory
        return password_flow.by_password(client, parameters)
    user = find_person(client, username)
    if preferred and can_begin(client.pool, user, preferred):
        return FIRST_FACTORS[preferred].ask(client, user, parameters)
    return ask_to_choose(client, user)


def find_person(client: AppClient, username: str) -> User:
    """Who begins to sign in under this name: a user, or who stands for nobody."""
    user = client.pool.people.find_for_sign_in(username) or hidden_users.placeholder_user(client, username)
    user_status.check_enabled(user)
    return user


def check_known(preferred: str | None) -> None:
    if preferred and preferred not in FIRST_FACTORS:
        raise invalid(f"{preferred} is not a challenge of USER_AUTH.")


def ask_to_choose(client: AppClient, user: User) -> Answer:
    names = offered(client.pool, user)
    return {**first_challenge(client, user, SELECT), "AvailableChallenges": names}


def first_challenge(
    client: AppClient, user: User, name: str, code: Code | None = None, **shown: str
) -> Answer:
    """It does not show the username: that of nobody could be told from one that somebody has."""
    session = challenges.store_challenge(client, user, name, code=code, is_first=True)
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": shown}


def respond(client: AppClient, challenge: Challenge, username: str, responses: Given) -> Answer:
    """The answer to the choice, or to a first factor. A wrong one may be corrected in the same session."""
    check_may_answer(client.pool, challenge, username)
    if challenge.name == SELECT:
        name = challenges.required(responses, "ANSWER")
        check_offered(client.pool, challenge.user, name)
        answer = FIRST_FACTORS[name].ask(client, challenge.user, responses)
    else:
        answer = FIRST_FACTORS[challenge.name].answer(client, challenge, responses)
    challenge.answered = True
    return answer


# -- who can use what -----------------------------------------------------------------------------


def available(pool: UserPool, user: User) -> list[str]:
    """The challenges that the pool allows and the user can meet; for nobody, some that somebody could."""
    allowed = model.first_factors(pool.settings)
    names = [name for name, factor in FIRST_FACTORS.items() if factor.policy in allowed]
    if hidden_users.is_placeholder(user):
        if not passkey_factor.is_possible(pool):
            names = [name for name in names if name != PASSKEY]
        kept = hidden_users.plausible(pool, user, {FIRST_FACTORS[name].policy for name in names})
        return [name for name in names if FIRST_FACTORS[name].policy in kept]
    return [name for name in names if FIRST_FACTORS[name].can_use(pool, user)]


def offered(pool: UserPool, user: User) -> list[str]:
    names = available(pool, user)
    if not names:
        raise lockout.wrong_password()
    return names


def can_begin(pool: UserPool, user: User, name: str) -> bool:
    """What is available. A password may also be tried by who has none: the answer is that it is wrong, as for
    a name that nobody has."""
    tried = name in PASSWORDS and "PASSWORD" in model.first_factors(pool.settings)
    return tried or name in available(pool, user)


def has_password(pool: UserPool, user: User) -> bool:
    return user.credential is not None


def can_receive_code(pool: UserPool, user: User, attribute: str) -> bool:
    """An address, proved or not: the code proves it. None for whoever has a second factor, which a code would
    leave out. (AWS's pages do not mention users whose password must be replaced: here they get none.)"""
    return (
        user.status in ("CONFIRMED", "UNCONFIRMED")
        and attribute in user.attributes
        and not second_factors.is_required(pool)
        and not second_factors.of_user(pool, user)
    )


def check_offered(pool: UserPool, user: User, name: str) -> None:
    if not can_begin(pool, user, name):
        raise invalid(f"{name} is not one of the available challenges.")


def check_may_answer(pool: UserPool, challenge: Challenge, username: str) -> None:
    """The session is one of USER_AUTH, and this user's; and what it asks for is still open to the user.

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    if not challenge.is_first:
        raise challenges.invalid_session("")
    check_same_person(pool, challenge, username)
    user_status.check_enabled(challenge.user)
    if challenge.name != SELECT:
        check_still_open(pool, challenge)


def check_same_person(pool: UserPool, challenge: Challenge, username: str) -> None:
    """A session belongs to one user, or to who stands for a name that nobody has."""
    if hidden_users.find_person(pool, username) is not challenge.user:
        raise challenges.invalid_session("")


def check_still_open(pool: UserPool, challenge: Challenge) -> None:
    """Pool and user may have changed since the challenge was made."""
    if not can_begin(pool, challenge.user, challenge.name):
        raise challenges.invalid_session("")


# -- a password -----------------------------------------------------------------------------------


def ask_for_password(client: AppClient, user: User, given: Given) -> Answer:
    if given.get("PASSWORD"):
        return password_flow.by_password(client, given)
    return first_challenge(client, user, "PASSWORD")


def answer_password(client: AppClient, challenge: Challenge, responses: Given) -> Answer:
    return password_flow.by_password(client, responses)


def ask_for_srp(client: AppClient, user: User, given: Given) -> Answer:
    return (
        srp_flow.by_srp(client, given)
        if given.get("SRP_A")
        else first_challenge(client, user, "PASSWORD_SRP")
    )


def answer_srp(client: AppClient, challenge: Challenge, responses: Given) -> Answer:
    return srp_flow.by_srp(client, responses)


# -- a code alone ---------------------------------------------------------------------------------


def ask_for_code(client: AppClient, user: User, given: Given, name: str) -> Answer:
    attribute = model.CODES[name]
    authentication.before(client, user, is_known=not hidden_users.is_placeholder(user))
    if hidden_users.is_placeholder(user):
        sent = hidden_users.placeholder_delivery(client, given["USERNAME"], attribute)
        code = Code("", attribute, "nobody", 0.0)  # which nobody can give
    else:
        code, sent = mfa_challenges.send_code(client.pool, user, attribute)
    return first_challenge(client, user, name, code, **mfa_challenges.delivery_parameters(sent))


def answer_code(client: AppClient, challenge: Challenge, responses: Given) -> Answer:
    return signed_in(client, challenge.user, show_code(client, challenge, responses))


def signed_in(client: AppClient, user: User, amr: tuple[str, ...]) -> Answer:
    tokens = issuing.issue_tokens(client, user, amr=amr)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens}


def show_code(client: AppClient, challenge: Challenge, responses: Given) -> tuple[str, ...]:
    """The right code signs in: how the user has authenticated (``amr``). It also proves the address, and
    confirms who was not confirmed yet.

    Raises:
        AwsError: ``CodeMismatchException``, ``NotAuthorizedException``; ``AliasExistsException``: somebody
            else has the address as an alias.
    """
    user, code = challenge.user, challenge.code
    assert code is not None, "a code was sent"
    given = challenges.required(responses, f"{challenge.name}_CODE")
    lockout.check_not_locked(user)
    with auth_events.first_factor(client, user, by_password=False):
        mfa_challenges.check_code(challenge, given)
    challenge.answered = True
    check_address_in_force(user, code)
    finish(client, user, partial(prove, client.pool, user, code))
    return (AMR[code.attribute],)


def check_address_in_force(user: User, code: Code) -> None:
    """A code that went to an address of before is good for nothing."""
    if user.attributes.get(code.attribute) != code.value:
        raise challenges.invalid_session("")


def prove(pool: UserPool, user: User, code: Code) -> None:
    if user.status == "UNCONFIRMED":
        sign_up.confirm(pool, user, {attributes.VERIFIED[code.attribute]: "true"})
    else:
        mfa_challenges.prove_address(pool, user, code)


# -- a passkey ------------------------------------------------------------------------------------


def ask_for_passkey(client: AppClient, user: User, given: Given) -> Answer:
    """Its challenge, which has to come first: AWS's page lets CREDENTIAL come along with the choice, and does
    not say what it would answer."""
    authentication.before(client, user, is_known=not hidden_users.is_placeholder(user))
    challenge = randomness.octets(32)
    options = passkey_factor.request_options(client.pool, user, challenge)
    session = challenges.store_challenge(client, user, PASSKEY, is_first=True, to_sign=challenge)
    shown = {"CREDENTIAL_REQUEST_OPTIONS": options}
    return {"ChallengeName": PASSKEY, "Session": session, "ChallengeParameters": shown}


def answer_passkey(client: AppClient, challenge: Challenge, responses: Given) -> Answer:
    amr = show_passkey(client, challenge, responses)
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": issuing.issue_tokens(client, challenge.user, amr=amr),
    }


def show_passkey(client: AppClient, challenge: Challenge, responses: Given) -> tuple[str, ...]:
    """The right answer signs in: how the user has authenticated (``amr``)."""
    user = challenge.user
    answer = passkey_factor.read(challenges.required(responses, "CREDENTIAL"))
    lockout.check_not_locked(user)
    with auth_events.first_factor(client, user, by_password=False):
        amr = passkey_factor.check_answer(client.pool, user, challenge.to_sign, answer)
    challenge.answered = True
    finish(client, user)
    return amr


# -- what comes after it --------------------------------------------------------------------------


def finish(client: AppClient, user: User, change: Callable[[], None] = lambda: None) -> None:
    """The user is known without a password; ``change`` is what that proves. No second factor is asked for."""
    event, _ = risk.judge(client, user, by_password=False)
    change()
    lockout.forgive(user)
    event.end("Pass")


# -- the code of a sign-up ------------------------------------------------------------------------


def by_sign_up(client: AppClient, session: str, parameters: Given) -> Answer:
    """USER_AUTH with the Session of a ConfirmSignUp: the code that confirmed the user is the first factor.

    Where a code cannot be one, the password of the sign-up is, if its Session was sent on; else nothing was
    shown yet. (The API reference tells of the code; of the rest, the sources of AWS's Amplify.)
    """
    username = challenges.required(parameters, "USERNAME")
    client_secrets.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    challenge = challenges.find_challenge(client, session, sign_up.CONFIRMED)
    user, code = challenge.user, challenge.code
    check_same_person(client.pool, challenge, username)
    user_status.check_enabled(user)
    check_first_sign_in(client.pool, challenge)
    challenge.answered = True
    assert code is not None, "a code confirmed the user"
    by_code = any(model.CODES.get(name) == code.attribute for name in available(client.pool, user))
    if not by_code and not challenge.amr:
        return by_choice(client, parameters)
    authentication.before(client, user)
    user_status.check_enabled(user)  # still, after a function has run
    check_first_sign_in(client.pool, challenge)
    if not by_code:
        return password_flow.after_password(client, user)
    finish(client, user)
    return signed_in(client, user, (AMR[code.attribute],))


def check_first_sign_in(pool: UserPool, challenge: Challenge) -> None:
    """Nothing happened since the confirmation."""
    user = challenge.user
    same = user.status == "CONFIRMED" and user.credential is challenge.credential
    if not same or token_store.token_store(pool).logins_of(user):
        raise challenges.invalid_session("")


FIRST_FACTORS: dict[str, FirstFactor] = {
    "PASSWORD": FirstFactor("PASSWORD", has_password, ask_for_password, answer_password),
    "PASSWORD_SRP": FirstFactor("PASSWORD", has_password, ask_for_srp, answer_srp),
    **{
        name: FirstFactor(
            name,
            partial(can_receive_code, attribute=attribute),
            partial(ask_for_code, name=name),
            answer_code,
        )
        for name, attribute in model.CODES.items()
    },
    PASSKEY: FirstFactor(PASSKEY, passkey_factor.can_use, ask_for_passkey, answer_passkey),
}
