"""A passkey in Python: it stands in for a phone or a security key, and for the browser in front of it.

Source: W3C, "Web Authentication: Level 2", 5.1.3, 5.1.4 (a browser), 6.1, 6.3 (an authenticator).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cognito_lab import randomness
from cognito_lab.protocols import webauthn_checks
from cognito_lab.protocols.oauth import base64url

PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40  # flags: somebody touched it, it knows who, a new key comes along


class SoftwarePasskey:
    """A device that keeps private keys, each for one domain and one user, and never hands one out.

    Args:
        verifies: Whether it makes sure of its owner, by a finger, a face or a PIN.
        attachment: ``"platform"`` (a phone or a computer) or ``"cross-platform"`` (a security key).
    """

    def __init__(self, verifies: bool = True, attachment: str = "platform") -> None:
        self.verifies, self.attachment, self.counter = verifies, attachment, 0
        self._keys: dict[str, tuple[str, str, ec.EllipticCurvePrivateKey]] = {}  # domain, user, key by id

    def create(self, options: Mapping[str, Any], origin: str, checked: bool = True) -> dict[str, Any]:
        """What ``navigator.credentials.create()`` answers to a page of ``origin``: a new public key.

        Args:
            options: The CredentialCreationOptions of StartWebAuthnRegistration.
            origin: Scheme and host of the page that asks.
            checked: Without it, the browser does not ask whether the page may: no real one does that.

        Raises:
            PermissionError: A page of this origin may not use the domain, or the user has a key here.
        """
        import cbor2

        domain, user = options["rp"]["id"], options["user"]["id"]
        self._ask_browser(origin, domain, checked)
        if any(known["id"] in self._keys for known in options.get("excludeCredentials", [])):
            raise PermissionError("InvalidStateError: this device already has a passkey of this user.")
        octets, key = randomness.octets(20), ec.generate_private_key(ec.SECP256R1())
        self._keys[base64url(octets)] = domain, user, key
        x, y = (
            getattr(key.public_key().public_numbers(), axis).to_bytes(32, "big") for axis in ("x", "y")
        )  # of the key as COSE writes it (RFC 9053, 7.1.1): 1 its type, 3 the algorithm, -1 the curve
        public = cbor2.dumps({1: 2, 3: webauthn_checks.ALGORITHMS["ES256"], -1: 1, -2: x, -3: y})
        shown = self._data(domain, NEW) + bytes(16) + len(octets).to_bytes(2, "big") + octets + public
        attestation = base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": shown}))
        ways = ["internal" if self.attachment == "platform" else "usb"]
        client = client_data("webauthn.create", options["challenge"], origin)
        return self._answer(base64url(octets), client, attestationObject=attestation, transports=ways)

    def get(self, options: str, origin: str, checked: bool = True) -> str:
        """What ``navigator.credentials.get()`` answers to a page of ``origin``, as JSON: a signed challenge.

        Args:
            options: The CREDENTIAL_REQUEST_OPTIONS of the challenge WEB_AUTHN, a JSON text.
            origin, checked: As in :meth:`create`.

        Raises:
            PermissionError: A page of this origin may not use the domain, or there is no key for it here.
        """
        asked = json.loads(options)
        self._ask_browser(origin, asked["rpId"], checked)
        named = [known["id"] for known in asked.get("allowCredentials", [])] or self._keys
        fitting = [name for name in named if self._keys.get(name, ("",))[0] == asked["rpId"]]
        if not fitting:
            raise PermissionError(f"NotAllowedError: this device has no passkey for {asked['rpId']}.")
        domain, user, key = self._keys[fitting[0]]
        self.counter += 1
        shown, client = self._data(domain), client_data("webauthn.get", asked["challenge"], origin)
        signature = key.sign(shown + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        signed = {"authenticatorData": base64url(shown), "signature": base64url(signature)}
        return json.dumps(self._answer(fitting[0], client, **signed, userHandle=user))

    def _ask_browser(self, origin: str, domain: str, checked: bool) -> None:
        if checked and not webauthn_checks.belongs_to(origin, domain):
            raise PermissionError(f"SecurityError: a page of {origin} may not use passkeys of {domain}.")

    def _data(self, domain: str, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(domain.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _answer(self, name: str, client: bytes, **more: Any) -> dict[str, Any]:
        """PublicKeyCredential as its ``toJSON()`` writes it."""
        response = {"clientDataJSON": base64url(client), **more}
        same = {
            "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": self.attachment,
        }
        return {"id": name, "rawId": name, "response": response, **same}


def client_data(kind: str, challenge: str, origin: str) -> bytes:
    """What the browser says of the page, and the device signs."""
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
