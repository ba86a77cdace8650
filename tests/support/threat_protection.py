"""A Plus pool with threat protection, for tests: its configuration, and sign-ins from anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.second_factors import APP, SES, Factors
from support.user_pools import FLOWS, PASSWORD, secret_hash

from cognito_lab import Lab

LEAKED = "Tidepool-2026!"
HOME, AWAY = "203.0.113.7", "198.51.100.9"  # addresses for documentation (RFC 5737)
LAPTOP, PHONE = "Mara's laptop", "Rook's phone"
NOTIFY = {
    "From": "safety@tidepool.example",
    "SourceArn": SES["SourceArn"],
    "ReplyTo": "help@tidepool.example",
}
BLOCK_LEAKED = {"Actions": {"EventAction": "BLOCK"}}


def encoded(device: str, **more: str) -> str:
    """EncodedData, as AWS's library for browsers makes it."""
    data = {"contextData": {"DeviceId": device, "DeviceName": device, **more}}
    made = {"payload": json.dumps(data), "signature": "", "version": "JS20171115"}
    return base64.b64encode(json.dumps(made).encode()).decode()


def server_context(address: str, device: str) -> dict[str, Any]:
    return {
        "IpAddress": address, "ServerName": "tidepool.example", "ServerPath": "/", "HttpHeaders": [],
        "EncodedData": encoded(device),
    }  # fmt: skip


class Protected(Factors):
    """An account with a Plus pool whose threat protection is on, and Mara in it."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.protect()

    def protect(self, mode: str = "ENFORCED", mfa: str = "OPTIONAL", **client: Any) -> None:
        self.new_pool(
            [*FLOWS, "ALLOW_USER_SRP_AUTH"], client, UserPoolTier="PLUS", AutoVerifiedAttributes=["email"],
            EmailConfiguration=SES, UserPoolAddOns={"AdvancedSecurityMode": mode},
        )  # fmt: skip
        self.mfa(mfa, APP)
        self.member()

    def configure(self, client: str = "", **parts: Any) -> dict[str, Any]:
        members = {
            {"leaked": "CompromisedCredentialsRiskConfiguration", "risk": "AccountTakeoverRiskConfiguration",
             "addresses": "RiskExceptionConfiguration"}[part]: value for part, value in parts.items()
        }  # fmt: skip
        named = {"ClientId": client} if client else {}
        return self.idp.set_risk_configuration(UserPoolId=self.pool, **named, **members)["RiskConfiguration"]

    def answers(self, notify: bool = False, client: str = "", **actions: str) -> None:
        """``Medium="BLOCK"``: what is done at a level."""
        table = {
            f"{level}Action": {"Notify": notify, "EventAction": action} for level, action in actions.items()
        }
        self.configure(client, risk={"Actions": table, "NotifyConfiguration": NOTIFY})

    def comes(
        self, address: str = HOME, device: str = LAPTOP, password: str = PASSWORD, name: str = "mara"
    ) -> dict[str, Any]:
        """Sign in through a server of the app's, which tells from where."""
        return self.idp.admin_initiate_auth(
            UserPoolId=self.pool, ClientId=self.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
            ContextData=server_context(address, device),
        )  # fmt: skip

    def settled(self) -> None:
        """Mara is known by her laptop at home, since a day."""
        self.comes()
        self.lab.travel(days=1)

    def events(self, name: str = "mara", **page: Any) -> list[dict[str, Any]]:
        return self.idp.admin_list_user_auth_events(UserPoolId=self.pool, Username=name, **page)["AuthEvents"]

    def directly(self, secret: str, client: str, **context: str) -> dict[str, Any]:
        """Sign in by the public call."""
        return self.idp.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", UserContextData=context,
            AuthParameters={
                "USERNAME": "mara", "PASSWORD": PASSWORD,
                **({"SECRET_HASH": secret_hash(secret, "mara", client)} if secret else {}),
            },
        )  # fmt: skip


@contextmanager
def protected() -> Iterator[Protected]:
    with Lab.start() as lab:
        yield Protected(lab)
