"""A small world for the tests of user pools: an account, a pool, an app client, short ways to call them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import jwt
from botocore.config import Config
from botocore.exceptions import ClientError

from cognito_lab import Lab
from cognito_lab.aws.user_pools import outbox

PASSWORD = "Tide-pools-2026!"
OTHER_PASSWORD = "Rock-pools-2027!"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """The block is refused with AWS's ``code``; its text begins with ``text``."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"{found['Code']}: {found['Message']}"
        assert found["Message"].startswith(text), found["Message"]
    else:
        raise AssertionError(f"not refused; expected {code}")


def pairs(**values: str) -> list[dict[str, str]]:
    return [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in values.items()]


def mapping(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in attributes}


def read(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def secret_hash(secret: str, username: str, client_id: str) -> str:
    digest = hmac.digest(secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


@cache
def client() -> Any:
    """One client for all tests. It does not try again, as boto3 does after a LimitExceededException."""
    return boto3.client("cognito-idp", config=Config(retries={"total_max_attempts": 1}))


class World:
    """An account with one user pool and one app client (a second one: :meth:`new_client`)."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.idp = client()
        self.new_pool(AutoVerifiedAttributes=["email"])

    def new_pool(
        self, flows: list[str] | None = None, client: dict[str, Any] | None = None, **settings: Any
    ) -> str:
        self.pool: str = self.idp.create_user_pool(PoolName="tidepool", **settings)["UserPool"]["Id"]
        self.client = self.new_client(ExplicitAuthFlows=flows or FLOWS, **(client or {}))["ClientId"]
        return self.pool

    def new_client(self, **settings: Any) -> dict[str, Any]:
        settings.setdefault("ExplicitAuthFlows", FLOWS)
        return self.idp.create_user_pool_client(UserPoolId=self.pool, ClientName="web", **settings)[
            "UserPoolClient"
        ]

    def sign_up(self, name: str = "mara", /, **attributes: str) -> dict[str, Any]:
        if "@" not in name:
            attributes.setdefault("email", f"{name}@tidepool.example")
        return self.idp.sign_up(
            ClientId=self.client, Username=name, Password=PASSWORD, UserAttributes=pairs(**attributes)
        )

    def code(self) -> str:
        """The code of the newest message."""
        return outbox.outbox()[-1].code

    def confirm(self, name: str = "mara", code: str | None = None, **more: Any) -> None:
        self.idp.confirm_sign_up(
            ClientId=self.client, Username=name, ConfirmationCode=code or self.code(), **more
        )

    def member(self, name: str = "mara", /, **attributes: str) -> None:
        self.sign_up(name, **attributes)
        self.confirm(name)

    def initiate(
        self, name: str = "mara", password: str = PASSWORD, client: str = "", **more: str
    ) -> dict[str, Any]:
        return self.idp.initiate_auth(
            ClientId=client or self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password, **more},
        )

    def sign_in(self, name: str = "mara", password: str = PASSWORD, client: str = "") -> dict[str, Any]:
        return self.initiate(name, password, client)["AuthenticationResult"]

    def refresh(self, token: str, client: str = "", **more: str) -> dict[str, Any]:
        return self.idp.initiate_auth(
            ClientId=client or self.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token, **more},
        )["AuthenticationResult"]

    def user(self, name: str = "mara") -> dict[str, Any]:
        return self.idp.admin_get_user(UserPoolId=self.pool, Username=name)

    def status(self, name: str = "mara") -> str:
        return self.user(name)["UserStatus"]

    def attributes(self, name: str = "mara") -> dict[str, str]:
        return mapping(self.user(name)["UserAttributes"])

    def invited(self, name: str = "ben", /, **attributes: str) -> dict[str, Any]:
        return self.idp.admin_create_user(
            UserPoolId=self.pool, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS",
            UserAttributes=pairs(**attributes),
        )["User"]  # fmt: skip


@contextmanager
def world() -> Iterator[World]:
    with Lab.start() as lab:
        yield World(lab)
