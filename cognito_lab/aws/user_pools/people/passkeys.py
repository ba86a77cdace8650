"""Passkeys of a signed-in user: registered with a browser's help, listed, deleted.

Source: StartWebAuthnRegistration, CompleteWebAuthnRegistration, ListWebAuthnCredentials and
DeleteWebAuthnCredential in the API reference. For how long a registration may take, AWS does not say.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import relying_party
from cognito_lab.aws.user_pools.directory import User, to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.errors import AwsError, invalid
from cognito_lab.expiring import Expiring
from cognito_lab.protocols import oauth, webauthn_checks
from cognito_lab.protocols.webauthn_checks import Answer, Passkey

SECONDS = 300  # for a registration
MOST = 20  # of one user ("Quotas in Amazon Cognito")


@dataclass
class Registration:
    """One that waits for the browser's answer; ``expires`` in seconds since 1970."""

    user: User
    client_id: str
    expires: float


class Registrations(Expiring[Registration]):
    """Those of a pool, by challenge."""


@operation("cognito-idp", "StartWebAuthnRegistration")
def start_web_authn_registration(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    return {"CredentialCreationOptions": start(who.client, who.user)}


def start(client: AppClient, user: User) -> dict[str, Any]:
    """What a page gives to ``navigator.credentials.create()``."""
    domain = check_may_start(client.pool, user)
    challenge = randomness.octets(32)
    started = Registration(user, client.id, time.time() + SECONDS)
    moto_patches.state_of(client.pool, Registrations)[challenge] = started
    kinds = [{"type": "public-key", "alg": number} for number in webauthn_checks.ALGORITHMS.values()]
    resident = {"residentKey": "required", "requireResidentKey": True}
    return {
        "rp": {"id": domain, "name": domain},
        "user": {"id": oauth.base64url(user.sub.encode()), "name": user.username,
                 "displayName": user.username},
        "challenge": oauth.base64url(challenge),
        "pubKeyCredParams": kinds,
        "timeout": 60_000,
        "excludeCredentials": [relying_party.descriptor(own) for own in user.passkeys.values()],
        "authenticatorSelection": {**resident, "userVerification": relying_party.verification(client.pool)},
    }  # fmt: skip


def check_may_start(pool: UserPool, user: User) -> str:
    """The pool takes passkeys, for the domain that is answered, and the user may have one more."""
    relying_party.check_enabled(pool)
    check_room(user)
    return relying_party.domain_of(pool)


@operation("cognito-idp", "CompleteWebAuthnRegistration")
def complete_web_authn_registration(call: Call) -> dict[str, Any]:
    who = checking.user_of_access_token(call)
    complete(who.client, who.user, call["Credential"])
    return {}


def complete(client: AppClient, user: User, credential: Any) -> None:
    """The browser's answer: from now on the passkey is the user's."""
    relying_party.check_enabled(client.pool)
    try:
        answer = webauthn_checks.read(credential)
    except webauthn_checks.NotVerified:
        raise invalid("The credential is not a RegistrationResponseJSON.") from None
    check_started(client, user, answer)
    passkey = verified(client.pool, answer)
    check_room(user)
    check_new(user, passkey)
    del moto_patches.state_of(client.pool, Registrations)[answer.challenge]
    user.passkeys[passkey.id] = passkey


def check_room(user: User) -> None:
    if len(user.passkeys) >= MOST:
        raise AwsError("LimitExceededException", f"A user can have at most {MOST} passkeys.")


def check_new(user: User, passkey: Passkey) -> None:
    """The options have said which ones there are; a browser does not make one of them again."""
    if passkey.id in user.passkeys:
        raise invalid("The passkey is already registered.")


def check_started(client: AppClient, user: User, answer: Answer) -> None:
    """The challenge is one that this user was given not long ago, by the same app client.

    Raises:
        AwsError: ``WebAuthnChallengeNotFoundException``, ``WebAuthnClientMismatchException``.
    """
    started = moto_patches.state_of(client.pool, Registrations).get(answer.challenge)
    if started is None or started.user is not user or time.time() >= started.expires:
        text = "The challenge of the passkey's registration was not found, or has expired."
        raise AwsError("WebAuthnChallengeNotFoundException", text)
    if started.client_id != client.id:
        text = "The access token is for another client than that of StartWebAuthnRegistration."
        raise AwsError("WebAuthnClientMismatchException", text)


def verified(pool: UserPool, answer: Answer) -> Passkey:
    """The passkey of the answer, every check passed.

    Raises:
        AwsError: ``WebAuthnOriginNotAllowedException``, ``WebAuthnRelyingPartyMismatchException``,
            ``WebAuthnCredentialNotSupportedException``.
    """
    domain = relying_party.domain_if_any(pool) or ""  # a pool without one has no origin
    relying_party.check_origin(domain, answer)
    name = relying_party.check_same_domain(domain, answer)
    must_verify = relying_party.verification(pool) == "required"
    try:
        passkey = webauthn_checks.verify_registration(answer, name, must_verify)
    except webauthn_checks.NotVerified:
        text = "The passkey's device or provider is not supported."
        raise AwsError("WebAuthnCredentialNotSupportedException", text) from None
    passkey.relying_party = domain
    return passkey


@operation("cognito-idp", "ListWebAuthnCredentials")
def list_web_authn_credentials(call: Call) -> dict[str, Any]:
    user = checking.user_of_access_token(call).user
    page, following = paginate(call, list(user.passkeys.values()), "MaxResults")
    return {"Credentials": [describe(passkey) for passkey in page], **following}


def describe(passkey: Passkey) -> dict[str, Any]:
    """WebAuthnCredentialDescription. AWS shows how it calls a roaming passkey; the other name is a guess."""
    attachment = {"AuthenticatorAttachment": passkey.attachment} if passkey.attachment else {}
    return {
        "CredentialId": passkey.id, "RelyingPartyId": passkey.relying_party, **attachment,
        "FriendlyCredentialName": "Roaming passkey" if is_roaming(passkey) else "Platform passkey",
        "AuthenticatorTransports": list(passkey.transports), "CreatedAt": to_datetime(passkey.created),
    }  # fmt: skip


def is_roaming(passkey: Passkey) -> bool:
    """Whether it is on a security key, or another thing that is carried from device to device."""
    return passkey.attachment == "cross-platform"


@operation("cognito-idp", "DeleteWebAuthnCredential")
def delete_web_authn_credential(call: Call) -> dict[str, Any]:
    user = checking.user_of_access_token(call).user
    if user.passkeys.pop(call["CredentialId"], None) is None:
        raise not_found("The passkey does not exist.")
    return {}
