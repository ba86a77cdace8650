"""A small world for the tests of identity pools and web identity: an account, issuers, roles.

The issuers here stand in for a user pool and for Google: their private keys are in the test's hands,
so that any token can be made, also one that no real issuer would sign.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cognito_lab import Lab
from cognito_lab.aws.iam import principals
from cognito_lab.network import exchanges as network_exchanges
from cognito_lab.network import hosts
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import signing_keys

ACCOUNT = "123456789012"
REGION = "us-east-1"
CLIENT = "7appclientoftidepool000000"
GOOGLE_CLIENT = "1234-tidepool.apps.googleusercontent.com"
UNSIGNED = Config(signature_version="unsigned")


class Issuer:
    """Somebody who signs tokens and publishes the keys; ``fetched`` counts how often they were read."""

    def __init__(self, base: str, keys_path: str = "/.well-known/jwks.json") -> None:
        self.base = base  # the issuer without https://
        self.host, slash, path = base.partition("/")
        self.prefix = slash + path
        self.keys_path = keys_path
        self.key = signing_keys.new_key()
        self.published = [self.key]
        self.fetched = 0

    def answer(self, request: Request) -> Response | None:
        jwks = f"https://{self.host}{self.prefix}{self.keys_path}"
        documents: dict[str, Any] = {
            self.prefix + self.keys_path: {"keys": [key.jwk() for key in self.published]},
            self.prefix + "/.well-known/openid-configuration": {
                "issuer": f"https://{self.base}",
                "jwks_uri": jwks,
            },
        }
        if request.path not in documents:
            return None
        self.fetched += request.path.endswith(self.keys_path)
        return Response(200, Headers(), json.dumps(documents[request.path]).encode())

    def claims(self, subject: str, audience: str, **changes: Any) -> dict[str, Any]:
        """The claims of an honest token, changed as told; a change to ``None`` leaves the claim out."""
        now = int(time.time())
        honest = {
            "iss": f"https://{self.base}",
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + 3600,
        }
        return {name: value for name, value in {**honest, **changes}.items() if value is not None}

    def token(self, subject: str = "mara", audience: str = CLIENT, **changes: Any) -> str:
        return self.key.sign(self.claims(subject, audience, **changes))


class UserPoolStandIn(Issuer):
    def __init__(self, name: str = "us-east-1_Tidepool1") -> None:
        super().__init__(f"cognito-idp.{name.partition('_')[0]}.amazonaws.com/{name}")

    def claims(self, subject: str, audience: str, **changes: Any) -> dict[str, Any]:
        return super().claims(
            subject, audience, **{"token_use": "id", "cognito:username": subject, **changes}
        )


@cache
def session(access_key_id: str, secret_access_key: str) -> boto3.Session:
    """The owner's, who has the same keys in every account; it reads the services' models once."""
    return boto3.Session(access_key_id, secret_access_key)


@cache
def client_of(session: boto3.Session, service: str, region: str, *settings: tuple[str, Any]) -> Any:
    return session.client(service, region_name=region, **dict(settings))


class World:
    """An account in which the issuers of ``issuers`` answer, before anything else that plays their hosts."""

    def __init__(self) -> None:
        self.lab = Lab.start(region=REGION)
        self.owner = session(principals.owner_keys().access_key_id, principals.owner_keys().secret_access_key)
        self.issuers: list[Issuer] = []
        self.rows: list[hosts.Host] = []
        self.pool = self.client("cognito-identity")
        self.iam = self.client("iam")
        self.sts = self.client("sts", config=UNSIGNED)
        self.unsigned = self.client("cognito-identity", config=UNSIGNED)
        self.user_pool = self.add(UserPoolStandIn())
        self.key = self.user_pool.base

    def add(self, issuer: Any) -> Any:
        original = next((row for row in hosts.HOSTS if row.pattern.fullmatch(issuer.host)), None)

        def answer(request: Request) -> Response:
            found = issuer.answer(request)
            return found if found is not None else original.answer(request) if original else Response(404)

        hosts.register_host(issuer.host.replace(".", r"\."), issuer.host, answer)
        row = hosts.HOSTS.pop()
        hosts.HOSTS.insert(0, row)
        self.rows.append(row)
        self.issuers.append(issuer)
        return issuer

    def client(self, service: str, region: str = REGION, **settings: Any) -> Any:
        return client_of(self.owner, service, region, *settings.items())

    def close(self) -> None:
        for row in self.rows:
            hosts.HOSTS.remove(row)
        self.lab.stop()

    def create_pool(self, guests: bool = True, **settings: Any) -> str:
        """An identity pool that lets in the user pool's app client."""
        providers = [{"ProviderName": self.key, "ClientId": CLIENT}]
        return str(
            self.pool.create_identity_pool(
                **{
                    "IdentityPoolName": "Tidepool",
                    "AllowUnauthenticatedIdentities": guests,
                    "CognitoIdentityProviders": providers,
                    **settings,
                }
            )["IdentityPoolId"]
        )

    def login(self, subject: str = "mara", **changes: Any) -> dict[str, str]:
        return {self.key: self.user_pool.token(subject, **changes)}

    def role(self, name: str, document: dict[str, Any], **settings: Any) -> str:
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document), **settings)
        return str(made["Role"]["Arn"])

    def pool_with_roles(self, **settings: Any) -> str:
        """A pool with a role for members and one for guests, each trusting it in the usual way."""
        pool = self.create_pool(**settings)
        self.pool.set_identity_pool_roles(
            IdentityPoolId=pool,
            Roles={
                "authenticated": self.role("member", trust(pool, "authenticated")),
                "unauthenticated": self.role("guest", trust(pool, "unauthenticated")),
            },
        )
        return pool


def caller(credentials: dict[str, Any]) -> dict[str, Any]:
    """What ``GetCallerIdentity`` says about credentials of an identity pool or of STS."""
    secret = credentials.get("SecretKey") or credentials["SecretAccessKey"]
    return dict(
        boto3.client(
            "sts",
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=secret,
            aws_session_token=credentials["SessionToken"],
        ).get_caller_identity()
    )


def trust(pool: str, amr: str | None, provider: str = "cognito-identity.amazonaws.com") -> dict[str, Any]:
    """The trust policy that AWS's pages show for a role of an identity pool."""
    conditions: dict[str, Any] = {"StringEquals": {f"{provider}:aud": pool}}
    if amr:
        conditions["ForAnyValue:StringLike"] = {f"{provider}:amr": amr}
    return federated_trust(provider, conditions)


def federated_trust(principal: str, conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": principal},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": conditions,
            }
        ],
    }


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """The block must be refused by AWS with this code, and a message that holds ``text``."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert (error["Code"], text in error["Message"]) == (code, True), error


@contextmanager
def exchanges() -> Iterator[list[Exchange]]:
    """Everything that is asked inside the block, in the order in which it ends."""
    seen: list[Exchange] = []
    network_exchanges.OBSERVERS.append(seen.append)
    try:
        yield seen
    finally:
        network_exchanges.OBSERVERS.remove(seen.append)
