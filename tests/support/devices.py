"""A remembered device, for tests: what a client library keeps of it, and how it shows itself."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from support.second_factors import Factors
from support.srp_client import PRIME, Client, hexadecimal, sha, written
from support.user_pools import PASSWORD

TRACKED = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}


class Laptop:
    """A device of Mara's: what a client library keeps of it, and how it shows itself."""

    def __init__(self, it: Factors, tokens: dict[str, Any]) -> None:
        self.it, self.tokens = it, tokens
        new = tokens["NewDeviceMetadata"]
        self.key, self.group = new["DeviceKey"], new["DeviceGroupKey"]
        self.password = base64.b64encode(secrets.token_bytes(40)).decode()

    def config(self) -> dict[str, str]:
        salt = secrets.token_bytes(16).hex()
        inner = hashlib.sha256(f"{self.group}{self.key}:{self.password}".encode()).hexdigest()
        verifier = pow(2, int(sha(hexadecimal(int(salt, 16)) + inner), 16), PRIME)
        numbers = {"Salt": salt, "PasswordVerifier": hexadecimal(verifier)}
        return {name: base64.b64encode(bytes.fromhex(text)).decode() for name, text in numbers.items()}

    def confirm(self, **more: Any) -> bool:
        given = {"DeviceSecretVerifierConfig": self.config(), "DeviceName": "laptop"} | more
        answer = self.it.idp.confirm_device(
            AccessToken=self.tokens["AccessToken"], **{"DeviceKey": self.key} | given
        )
        return bool(answer["UserConfirmationNecessary"])

    def begins(self, password: str = "", **more: str) -> dict[str, Any]:
        client = Client(self.it, password or PASSWORD, secrets.randbits(256))  # short: quick
        return client.send(client.claim(client.begin(), DEVICE_KEY=self.key, **more))

    def respond(self, name: str, session: str = "", **responses: str) -> dict[str, Any]:
        return self.it.idp.respond_to_auth_challenge(
            ClientId=self.it.client, ChallengeName=name, **({"Session": session} if session else {}),
            ChallengeResponses={"USERNAME": "mara", "DEVICE_KEY": self.key, **responses},
        )  # fmt: skip

    def asks(
        self, waiting: dict[str, Any], session: bool = True, **more: str
    ) -> tuple[Client, dict[str, Any]]:
        assert waiting["ChallengeName"] == "DEVICE_SRP_AUTH", waiting
        client = Client(self.it, self.password, secrets.randbits(256))
        given = {"SRP_A": f"{client.public:x}", **more}
        return client, self.respond("DEVICE_SRP_AUTH", waiting["Session"] if session else "", **given)

    def proves(self, client: Client, asked: dict[str, Any], **more: str) -> dict[str, Any]:
        given, timestamp = asked["ChallengeParameters"], written()
        claim = {
            "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"], "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": client.signature(given, timestamp, self.group, self.key), **more,
        }  # fmt: skip
        return self.respond(asked["ChallengeName"], **claim)["AuthenticationResult"]

    def shows_itself(self, waiting: dict[str, Any], session: bool = True) -> dict[str, Any]:
        return self.proves(*self.asks(waiting, session))

    def signs_in(self) -> dict[str, Any]:
        return self.shows_itself(self.begins())

    def own(self, operation: str, **more: Any) -> Any:
        return getattr(self.it.idp, operation)(AccessToken=self.tokens["AccessToken"], **more)

    def admin(self, operation: str, **more: Any) -> Any:
        call = getattr(self.it.idp, f"admin_{operation}")
        return call(UserPoolId=self.it.pool, Username="mara", **more)
