"""A pool as a relying party of passkeys: for which domain, and whether a browser's answer is for that domain.

Source: "Sign-in with passkeys"; SetUserPoolMfaConfig and CompleteWebAuthnRegistration in the API reference.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from cognito_lab.aws.api import services
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.errors import AwsError, invalid
from cognito_lab.network import exchanges
from cognito_lab.protocols import webauthn_checks
from cognito_lab.protocols.webauthn_checks import Answer, Passkey

LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
DOMAIN = rf"localhost|{LABEL}(\.{LABEL})+"
SHARED = rf"(auth\.{services.REGION}\.)?amazoncognito\.com"  # public suffixes, and nobody's own


def check_enabled(pool: UserPool) -> None:
    if "WEB_AUTHN" not in model.first_factors(pool.settings):
        raise AwsError("WebAuthnNotEnabledException", "WebAuthn is not enabled for this user pool.")


def domain_of(pool: UserPool) -> str:
    """The domain whose passkeys the pool takes: that of its settings, or else its own.

    Raises:
        AwsError: ``WebAuthnConfigurationMissingException``: there is neither.
    """
    domain = domain_if_any(pool)
    if domain is None:
        text = "The user pool has neither a relying party id nor a domain."
        raise AwsError("WebAuthnConfigurationMissingException", text)
    return domain


def domain_if_any(pool: UserPool) -> str | None:
    own = pool.domain.url.removeprefix("https://") if pool.domain else None
    domain: str | None = pool.web_authn.get("RelyingPartyId", own)
    return domain


def verification(pool: UserPool) -> str:
    """Whether the device has to make sure of its owner, by a finger, a face or a PIN."""
    return str(pool.web_authn.get("UserVerification", "preferred"))


def counts_as_two(pool: UserPool) -> bool:
    """Whether a passkey with user verification is a second factor as well, for users who want that."""
    return pool.web_authn.get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION"


def check_domain(domain: str) -> None:
    """It can have one owner. Of the public suffixes, the lab knows top-level domains and Cognito's own."""
    if not re.fullmatch(DOMAIN, domain) or re.fullmatch(SHARED, domain):
        raise invalid(f"Invalid relying party id: {domain}")


def descriptor(passkey: Passkey) -> dict[str, Any]:
    """As the options for a browser name it (PublicKeyCredentialDescriptorJSON)."""
    return {"id": passkey.id, "type": "public-key", "transports": list(passkey.transports)}


def check_origin(domain: str, answer: Answer) -> None:
    """The page that asked for the passkey is at the domain, or below it."""
    if not any(webauthn_checks.belongs_to(answer.origin, name) for name in names_of(domain)):
        text = "The origin does not align with the relying party id of the user pool."
        raise AwsError("WebAuthnOriginNotAllowedException", text)


def check_same_domain(domain: str, answer: Answer) -> str:
    """The passkey is for the domain; answers the name by which the browser knows that."""
    for name in names_of(domain):
        if hashlib.sha256(name.encode()).digest() == answer.relying_party_hash:
            return name
    text = "The passkey is associated with another relying party id than that of the user pool."
    raise AwsError("WebAuthnRelyingPartyMismatchException", text)


def names_of(domain: str) -> list[str]:
    """A browser in front of a served account knows the domain as ``DOMAIN.localhost``."""
    return [domain, f"{domain}.localhost"] if exchanges.current_request().outside else [domain]
