"""What lab.why() says of a call in a place where much can be refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from support.iam_people import make_role, s3_of, session_of
from support.identity_pools import UNSIGNED, trust
from support.user_pools import World

from cognito_lab import Lab
from cognito_lab.lessons.why import Refusals, Why


@functools.cache
def client_of(service: str, signing: bool = True) -> Any:
    """A client of the owner's, or of somebody without keys; every account of the process takes it."""
    return boto3.client(service) if signing else boto3.client(service, config=UNSIGNED)


class Place(World):
    """A user pool with Mara, an identity pool that lets her in, a bucket, and their clients."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.member()
        self.tokens = self.sign_in()
        self.secret = self.new_client(GenerateSecret=True)
        self.key = f"cognito-idp.us-east-1.amazonaws.com/{self.pool}"
        self.pools = client_of("cognito-identity")
        self.app = client_of("cognito-identity", signing=False)
        self.sts = client_of("sts", signing=False)
        self.identities = self.new_identity_pool()
        self.s3 = client_of("s3")
        self.s3.create_bucket(Bucket="tidepool-pictures")
        self.s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.svg", Body=b"crab")

    def new_identity_pool(self, **settings: Any) -> str:
        row = {"ProviderName": self.key, "ClientId": self.client}
        made = self.pools.create_identity_pool(
            IdentityPoolName="tidepool", CognitoIdentityProviders=[row], AllowUnauthenticatedIdentities=False,
            **settings,
        )  # fmt: skip
        return str(made["IdentityPoolId"])

    def get_id(self, token: str, key: str = "") -> str:
        return str(
            self.app.get_id(IdentityPoolId=self.identities, Logins={key or self.key: token})["IdentityId"]
        )

    def get_user(self, token: str) -> Any:
        return self.idp.get_user(AccessToken=token)

    def roles(self, amr: str | None = "authenticated", *rights: dict[str, Any]) -> str:
        role = make_role("member", *rights, trust=trust(self.identities, amr)["Statement"][0])
        self.pools.set_identity_pool_roles(IdentityPoolId=self.identities, Roles={"authenticated": role})
        return role

    def credentials(self) -> dict[str, str]:
        logins = {self.key: self.tokens["IdToken"]}
        found = self.app.get_credentials_for_identity(IdentityId=self.get_id(logins[self.key]), Logins=logins)
        made = found["Credentials"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretKey"],
            "aws_session_token": made["SessionToken"],
        }

    def user_of(self, *rights: dict[str, Any], **session: Any) -> Any:
        return s3_of(session_of(make_role("club", *rights), **session))


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")
    with Lab.start() as lab:
        yield Place(lab)


def told(place: Place, call: Callable[[Place], Any]) -> Why:
    """The reason for the refusal of ``call``."""
    with Refusals() as refusals, pytest.raises((ClientError, requests.HTTPError)):
        call(place)
    found = refusals.why()
    assert isinstance(found, Why)
    return found
