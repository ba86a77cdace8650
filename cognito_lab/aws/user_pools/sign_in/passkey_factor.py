"""A passkey as the first factor: which ones count, what a browser is asked, and whether its answer signs in.

Source: "Authentication flows" (passkeys), "Adding MFA to a user pool"; WebAuthnMfaSettingsType in the API
reference. What refuses an answer, AWS's pages do not say: here all of it is ``NotAuthorizedException``.
"""

from __future__ import annotations

import json

from cognito_lab.aws.user_pools import relying_party, second_factors
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.people import passkeys
from cognito_lab.aws.user_pools.sign_in import hidden_users
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols import json_texts, oauth, webauthn_checks
from cognito_lab.protocols.webauthn_checks import Answer, Passkey

MILLISECONDS = 60_000  # that a browser waits for its user


def is_possible(pool: UserPool) -> bool:
    """Whether anybody can have one that signs in. In a pool that requires two factors, it has to be both."""
    enough = relying_party.counts_as_two(pool) or not second_factors.is_required(pool)
    return enough and relying_party.domain_if_any(pool) is not None


def can_use(pool: UserPool, user: User) -> bool:
    """Whether the user has one, and needs no second factor beside it."""
    needs_two = second_factors.is_required(pool) or bool(second_factors.of_user(pool, user))
    enough = is_two_factors(pool, user) or not needs_two
    return enough and user.status == "CONFIRMED" and bool(of_domain(pool, user))


def of_domain(pool: UserPool, user: User) -> list[Passkey]:
    """The user's, for the domain that the pool has now."""
    domain = relying_party.domain_if_any(pool)
    return [own for own in user.passkeys.values() if own.relying_party == domain]


def is_two_factors(pool: UserPool, user: User) -> bool:
    """Whether pool and user let a passkey be a second factor too. Then it has to verify the user."""
    return user.passkey_mfa and relying_party.counts_as_two(pool)


def verification(pool: UserPool, user: User) -> str:
    return "required" if is_two_factors(pool, user) else relying_party.verification(pool)


def request_options(pool: UserPool, user: User, challenge: bytes) -> str:
    """CREDENTIAL_REQUEST_OPTIONS: what a page gives to ``navigator.credentials.get()``."""
    known = [relying_party.descriptor(own) for own in of_domain(pool, user)]
    if hidden_users.is_placeholder(user):
        name = oauth.base64url(hidden_users.placeholder_bytes(pool, "passkey", user.username))
        known = [{"id": name, "type": "public-key", "transports": ["internal"]}]
    options = {
        "challenge": oauth.base64url(challenge), "timeout": MILLISECONDS,
        "rpId": relying_party.domain_of(pool), "allowCredentials": known,
        "userVerification": verification(pool, user),
    }  # fmt: skip
    return json.dumps(options)


def read(credential: str) -> Answer:
    """The browser's answer.

    Raises:
        AwsError: ``InvalidParameterException``: it is no AuthenticationResponseJSON.
    """
    try:
        return webauthn_checks.read(json_texts.read(credential))
    except ValueError:
        raise invalid("CREDENTIAL is not an AuthenticationResponseJSON.") from None


def check_answer(pool: UserPool, user: User, challenge: bytes, answer: Answer) -> tuple[str, ...]:
    """A passkey of the user's has signed the challenge, for a page of the domain: how the user has
    authenticated (``amr``).

    Raises:
        AwsError: ``NotAuthorizedException``.
    """
    passkey = own_passkey(user, answer)
    try:
        domain = relying_party.domain_of(pool)
        relying_party.check_origin(domain, answer)
        name = relying_party.check_same_domain(domain, answer)
    except AwsError as refusal:
        raise not_authorized(refusal.message) from None
    check_signed(passkey, answer, challenge, name, verification(pool, user) == "required")
    found = "hwk" if passkeys.is_roaming(passkey) else "swk"
    return (found, "mfa") if is_two_factors(pool, user) else (found,)


def own_passkey(user: User, answer: Answer) -> Passkey:
    """The user's passkey that has answered; what it says of the user has to be true."""
    passkey = user.passkeys.get(answer.id)
    if passkey is None or answer.user_handle not in (None, user.sub.encode()):
        raise not_authorized("The passkey is none of this user's.")
    return passkey


def check_signed(passkey: Passkey, answer: Answer, challenge: bytes, name: str, must_verify: bool) -> None:
    """The signature holds, and the counter has grown: a copy of the device would show there."""
    try:
        passkey.counter = webauthn_checks.verify_assertion(answer, passkey, challenge, name, must_verify)
    except webauthn_checks.NotVerified:
        raise not_authorized("The passkey's answer could not be verified.") from None
