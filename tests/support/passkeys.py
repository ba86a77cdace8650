"""A user pool that takes passkeys, for tests: its settings, a device in Python, parts of a registration."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cbor2
from support.first_factors import Choices

from cognito_lab import Lab, SoftwarePasskey

DOMAIN, ORIGIN, EVIL = "tidepool.example", "https://tidepool.example", "https://tidepool.evil.example"
FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}


class Passkeys(Choices):
    """An account with a user pool that takes passkeys of tidepool.example, and Mara, who has none yet."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.pool_of("OFF", first=("PASSWORD", "WEB_AUTHN"))
        self.set(RelyingPartyId=DOMAIN)
        self.member()
        self.token: str = self.sign_in()["AccessToken"]

    def set(self, **configuration: str) -> Any:
        return self.idp.set_user_pool_mfa_config(UserPoolId=self.pool, WebAuthnConfiguration=configuration)

    def start(self, token: str = "") -> dict[str, Any]:
        asked = self.idp.start_web_authn_registration(AccessToken=token or self.token)
        return dict(asked["CredentialCreationOptions"])

    def finish(self, credential: dict[str, Any], token: str = "") -> None:
        self.idp.complete_web_authn_registration(AccessToken=token or self.token, Credential=credential)

    def register(self, device: SoftwarePasskey | None = None, token: str = "") -> SoftwarePasskey:
        device = device or SoftwarePasskey()
        self.finish(device.create(self.start(token), ORIGIN), token)
        return device

    def ask(self, name: str = "mara") -> dict[str, Any]:
        """A sign-in that waits for a passkey."""
        asked = self.choose("WEB_AUTHN", name)
        assert asked["ChallengeName"] == "WEB_AUTHN"
        return asked

    def signed(
        self, device: SoftwarePasskey, asked: dict[str, Any], origin: str = ORIGIN, **browser: bool
    ) -> str:
        return device.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"], origin, **browser)

    def by_passkey(self, device: SoftwarePasskey, name: str = "mara") -> Any:
        asked = self.ask(name)
        return self.respond(asked, name, CREDENTIAL=self.signed(device, asked))

    def as_two(self, mode: str = "OPTIONAL", **configuration: str) -> None:
        """The pool takes a passkey that verifies its owner for both factors."""
        both = {"RelyingPartyId": DOMAIN, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
        app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
        self.idp.set_user_pool_mfa_config(
            UserPoolId=self.pool, MfaConfiguration=mode, WebAuthnConfiguration=both | configuration, **app
        )

    def listed(self, token: str = "", **page: Any) -> Any:
        return self.idp.list_web_authn_credentials(AccessToken=token or self.token, **page)


@contextmanager
def passkeys() -> Iterator[Passkeys]:
    with Lab.start() as lab:
        yield Passkeys(lab)


def credentials_for(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Answers to a registration: a good one, and some whose octets are wrong."""
    good = SoftwarePasskey().create(options, f"https://{options['rp']['id']}")
    damaged = (lambda data: data[:40], lambda data: data[::-1], lambda data: with_key(data, {1: 2}))
    return [good, *(attested(good, damage) for damage in damaged)]


def changed(credential: dict[str, Any], **client: Any) -> dict[str, Any]:
    """The credential as a browser sends it that says other things of the page."""
    said = json.loads(octets(credential["response"]["clientDataJSON"])) | client
    return with_response(credential, clientDataJSON=text(json.dumps(said).encode()))


def attested(credential: dict[str, Any], do: Any) -> dict[str, Any]:
    """The credential with other authenticator data: what ``do`` makes of them."""
    parts = cbor2.loads(octets(credential["response"]["attestationObject"]))
    parts["authData"] = do(parts["authData"])
    return with_response(credential, attestationObject=text(cbor2.dumps(parts)))


def with_key(data: bytes, key: dict[int, Any]) -> bytes:
    """Authenticator data with another public key."""
    end = 55 + int.from_bytes(data[53:55], "big")
    return data[:end] + cbor2.dumps(key)


def with_flags(data: bytes, flags: int) -> bytes:
    return data[:32] + bytes([flags]) + data[33:]


def for_domain(data: bytes, domain: str) -> bytes:
    return hashlib.sha256(domain.encode()).digest() + data[32:]


def with_response(credential: dict[str, Any], **parts: str) -> dict[str, Any]:
    return {**credential, "response": {**credential["response"], **parts}}


def octets(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "==")


def text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).decode().rstrip("=")
