"""What a browser and an authenticator answer about a passkey: read, and verified by the library ``webauthn``.

Source: W3C, "Web Authentication: Level 2", 7.1 (a registration) and 7.2 (a sign-in).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cognito_lab.network import addresses

ALGORITHMS = {"ES256": -7, "RS256": -257}  # by their numbers in COSE (RFC 9053)
T = TypeVar("T")


class NotVerified(ValueError):
    """The answer cannot be read, or does not hold; the text says why."""


@dataclass
class Passkey:
    """What a relying party keeps of one: its public key, and how often it was used, if it counts that."""

    id: str
    key: bytes
    counter: int
    relying_party: str
    attachment: str
    transports: tuple[str, ...]
    created: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Answer:
    """An answer as it was ``sent``, and what it says: believed by nobody yet.

    ``origin`` is the page's, as the browser names it, and ``relying_party_hash`` the domain's, as the
    authenticator does.
    """

    sent: dict[str, Any]
    id: str
    challenge: bytes
    origin: Any
    relying_party_hash: bytes
    user_handle: bytes | None = None
    attachment: str = ""
    transports: tuple[str, ...] = ()


def read(credential: Any) -> Answer:
    """RegistrationResponseJSON or AuthenticationResponseJSON, as a browser's ``toJSON()`` gives it.

    Raises:
        NotVerified: It is neither.
    """
    return _by_the_library(lambda: _read(credential))


def _read(credential: Any) -> Answer:
    from webauthn import helpers

    parsed: Any
    more: dict[str, Any]
    if "attestationObject" in credential["response"]:
        parsed = helpers.parse_registration_credential_json(credential)
        shown = helpers.parse_attestation_object(parsed.response.attestation_object).auth_data
        more = {"transports": tuple(way.value for way in parsed.response.transports or ())}
    else:
        parsed = helpers.parse_authentication_credential_json(credential)
        shown = helpers.parse_authenticator_data(parsed.response.authenticator_data)
        more = {"user_handle": parsed.response.user_handle}
    if parsed.authenticator_attachment:
        more["attachment"] = parsed.authenticator_attachment.value
    client = helpers.parse_client_data_json(parsed.response.client_data_json)
    return Answer(credential, parsed.id, client.challenge, client.origin, shown.rp_id_hash, **more)


def _by_the_library(do: Callable[[], T]) -> T:
    try:
        return do()
    except Exception as error:  # of what others wrote, the library lets errors of many kinds through
        raise NotVerified(str(error)) from None


def belongs_to(origin: Any, relying_party: str) -> bool:
    """Whether a page of ``origin`` may use passkeys of the domain: it is there or below it, and came over TLS
    or from this machine. A browser asks the same before it lets a page use a passkey.
    """
    parts = addresses.parts_of(origin if isinstance(origin, str) else "")
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and f".{host}".endswith(".localhost"))
    return secure and f".{host}".endswith(f".{relying_party}")


def verify_registration(answer: Answer, relying_party: str, must_verify: bool) -> Passkey:
    """The new passkey; with ``must_verify`` the device has to have made sure of its owner.

    Raises:
        NotVerified: Its key is for none of :data:`ALGORITHMS`, or the answer does not hold together.
    """
    from webauthn import helpers, verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    kinds = [COSEAlgorithmIdentifier(number) for number in ALGORITHMS.values()]
    found = _by_the_library(
        lambda: verify_registration_response(
            credential=answer.sent,
            expected_challenge=answer.challenge,
            expected_rp_id=relying_party,
            expected_origin=answer.origin,
            require_user_verification=must_verify,
            supported_pub_key_algs=kinds,
        )
    )
    name, key = helpers.bytes_to_base64url(found.credential_id), found.credential_public_key
    return Passkey(name, key, found.sign_count, relying_party, answer.attachment, answer.transports)


def verify_assertion(
    answer: Answer, passkey: Passkey, challenge: bytes, relying_party: str, must_verify: bool
) -> int:
    """The passkey has signed the challenge; answers its new counter, which must have grown.

    Raises:
        NotVerified: Another key, challenge or relying party, an old counter, or an owner not verified.
    """
    from webauthn import verify_authentication_response

    found = _by_the_library(
        lambda: verify_authentication_response(
            credential=answer.sent,
            expected_challenge=challenge,
            expected_rp_id=relying_party,
            expected_origin=answer.origin,
            credential_public_key=passkey.key,
            credential_current_sign_count=passkey.counter,
            require_user_verification=must_verify,
        )
    )
    return found.new_sign_count
