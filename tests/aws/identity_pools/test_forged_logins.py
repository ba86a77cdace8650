"""Forged and misused login tokens, tried at every door of an identity pool.

Rook knows everything that is public: the user pool's keys, its ids, a genuine token of his own, and
one of Mara's that expired. None of that makes him Mara, and the honest call passes beside each attack.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
import time_machine
from cryptography.hazmat.primitives import serialization
from support.identity_pools import World, refused

from cognito_lab.protocols import signing_keys

PASSWORD = "Sea-horse-7"
NOW = "2026-06-01T09:00:00Z"


class Tidepool:
    """A real user pool of the account, with Mara and Rook in it, behind an identity pool with both roles."""

    def __init__(self) -> None:
        self.world = World()
        self.directory = self.world.client("cognito-idp")
        self.user_pool, self.client = self.new_user_pool()
        self.key = f"cognito-idp.us-east-1.amazonaws.com/{self.user_pool}"
        self.pool = self.world.pool_with_roles(
            CognitoIdentityProviders=[{"ProviderName": self.key, "ClientId": self.client}]
        )
        self.mara = self.sign_in("mara")
        self.jwks = requests.get(f"https://{self.key}/.well-known/jwks.json", timeout=5).json()["keys"]
        self.kid = jwt.get_unverified_header(self.mara["IdToken"])["kid"]
        self.public = next(jwt.PyJWK(key).key for key in self.jwks if key["kid"] == self.kid)
        self.identity = self.get_id(self.mara["IdToken"])

    def new_user_pool(self) -> tuple[str, str]:
        pool = self.directory.create_user_pool(PoolName="Tidepool")["UserPool"]["Id"]
        for name in ("mara", "rook"):
            self.directory.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
            self.directory.admin_set_user_password(
                UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
            )
        return pool, self.new_client(pool)

    def new_client(self, pool: str) -> str:
        made = self.directory.create_user_pool_client(
            UserPoolId=pool,
            ClientName="web",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )
        return str(made["UserPoolClient"]["ClientId"])

    def sign_in(self, name: str, client: str | None = None) -> dict[str, str]:
        answer = self.directory.initiate_auth(
            ClientId=client or self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        return dict(answer["AuthenticationResult"])

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Mara's claims, changed as told."""
        return {**jwt.decode(self.mara["IdToken"], options={"verify_signature": False}), **changes}

    def get_id(self, token: str) -> str:
        return str(
            self.world.unsigned.get_id(IdentityPoolId=self.pool, Logins={self.key: token})["IdentityId"]
        )

    def get_credentials(self, token: str) -> str:
        answer = self.world.unsigned.get_credentials_for_identity(
            IdentityId=self.identity, Logins={self.key: token}
        )
        return str(answer["IdentityId"])

    def get_open_id_token(self, token: str) -> str:
        answer = self.world.unsigned.get_open_id_token(IdentityId=self.identity, Logins={self.key: token})
        return str(answer["IdentityId"])


@pytest.fixture
def tidepool() -> Iterator[Tidepool]:
    with time_machine.travel(NOW, tick=False):
        tidepool = Tidepool()
        yield tidepool
        tidepool.world.close()


def part(value: dict[str, Any] | bytes) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token with any header, past the checks of a library that would not make it."""
    message = f"{part(header)}.{part(claims)}"
    return f"{message}.{part(sign(message.encode()))}"


def rooks_key(tidepool: Tidepool) -> signing_keys.SigningKey:
    """Rook's own key under the name of the user pool's."""
    key = signing_keys.new_key()
    key.kid = tidepool.kid
    return key


def alg_none(tidepool: Tidepool) -> str:
    return by_hand({"alg": "none", "kid": tidepool.kid}, tidepool.claims(), lambda _: b"")


def alg_none_in_capitals(tidepool: Tidepool) -> str:
    signature = tidepool.mara["IdToken"].split(".")[2]
    return by_hand({"alg": "NONE", "kid": tidepool.kid}, tidepool.claims(), lambda _: b"") + signature


def hs256_with_the_public_key(tidepool: Tidepool) -> str:
    secret = tidepool.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sign = lambda message: hmac.new(secret, message, hashlib.sha256).digest()  # noqa: E731
    return by_hand({"alg": "HS256", "kid": tidepool.kid}, tidepool.claims(), sign)


def rs512_where_rs256_is_used(tidepool: Tidepool) -> str:
    return rooks_key(tidepool).sign(tidepool.claims(), "RS512")


def own_key_under_the_pools_kid(tidepool: Tidepool) -> str:
    return rooks_key(tidepool).sign(tidepool.claims())


def own_key_under_its_own_kid(tidepool: Tidepool) -> str:
    return signing_keys.new_key().sign(tidepool.claims())


def own_key_in_the_header(tidepool: Tidepool) -> str:
    key = signing_keys.new_key()
    return key.sign(tidepool.claims(), header={"jwk": key.jwk(), "jku": "https://rook.example/keys"})


def swapped_kid(tidepool: Tidepool) -> str:
    """Mara's genuine token under the name of the pool's other key."""
    other = next(key["kid"] for key in tidepool.jwks if key["kid"] != tidepool.kid)
    _, claims, signature = tidepool.mara["IdToken"].split(".")
    return ".".join([part({"kid": other, "alg": "RS256"}), claims, signature])


def changed_subject(tidepool: Tidepool) -> str:
    """Rook's own genuine token, with Mara's name put in."""
    header, _, signature = tidepool.sign_in("rook")["IdToken"].split(".")
    return ".".join([header, part(tidepool.claims()), signature])


def truncated_signature(tidepool: Tidepool) -> str:
    return tidepool.mara["IdToken"][:-8]


def no_signature(tidepool: Tidepool) -> str:
    return tidepool.mara["IdToken"].rpartition(".")[0] + "."


def another_pools_token(tidepool: Tidepool) -> str:
    _, client = tidepool.new_user_pool()
    return tidepool.sign_in("mara", client)["IdToken"]


def another_app_clients_token(tidepool: Tidepool) -> str:
    return tidepool.sign_in("mara", tidepool.new_client(tidepool.user_pool))["IdToken"]


def access_token(tidepool: Tidepool) -> str:
    return tidepool.mara["AccessToken"]


def refresh_token(tidepool: Tidepool) -> str:
    return tidepool.mara["RefreshToken"]


UNSIGNED = "Couldn't verify signed token."
ATTACKS: dict[Callable[[Tidepool], str], str] = {
    alg_none: UNSIGNED,
    alg_none_in_capitals: UNSIGNED,
    hs256_with_the_public_key: UNSIGNED,
    rs512_where_rs256_is_used: UNSIGNED,
    own_key_under_the_pools_kid: UNSIGNED,
    own_key_under_its_own_kid: UNSIGNED,
    own_key_in_the_header: UNSIGNED,
    swapped_kid: UNSIGNED,
    changed_subject: UNSIGNED,
    truncated_signature: UNSIGNED,
    no_signature: UNSIGNED,
    another_pools_token: "Issuer doesn't match providerName",
    another_app_clients_token: "Token is not from a supported provider of this identity pool.",
    access_token: "Not a Cognito token.",
    refresh_token: "Not a Cognito token.",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_forged_or_misused_token_opens_nothing(
    tidepool: Tidepool, attack: Callable[[Tidepool], str]
) -> None:
    token = attack(tidepool)
    for door in (tidepool.get_id, tidepool.get_credentials, tidepool.get_open_id_token):
        with refused("NotAuthorizedException", ATTACKS[attack]):
            door(token)
        assert door(tidepool.mara["IdToken"]) == tidepool.identity


def test_a_token_that_expired_opens_nothing(tidepool: Tidepool) -> None:
    with time_machine.travel("2026-06-01T09:59:59Z", tick=False):
        assert tidepool.get_credentials(tidepool.mara["IdToken"]) == tidepool.identity
    with time_machine.travel("2026-06-01T10:00:00Z", tick=False):
        for door in (tidepool.get_id, tidepool.get_credentials, tidepool.get_open_id_token):
            with refused("NotAuthorizedException", "Invalid login token. Token expired:"):
                door(tidepool.mara["IdToken"])
        assert tidepool.get_credentials(tidepool.sign_in("mara")["IdToken"]) == tidepool.identity


def test_rooks_own_token_opens_his_own_identity_only(tidepool: Tidepool) -> None:
    rook = tidepool.sign_in("rook")["IdToken"]
    with refused("NotAuthorizedException"):
        tidepool.get_credentials(rook)
    assert tidepool.get_id(rook) != tidepool.identity
    with refused("NotAuthorizedException"):  # nor does he get in once he has an identity
        tidepool.get_credentials(rook)


@pytest.mark.parametrize("checked", [True, False])
def test_someone_signed_out_is_refused_where_the_server_side_check_is_on(
    tidepool: Tidepool, checked: bool
) -> None:
    tidepool.world.pool.update_identity_pool(
        IdentityPoolId=tidepool.pool,
        IdentityPoolName="T",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[
            {
                "ProviderName": tidepool.key,
                "ClientId": tidepool.client,
                "ServerSideTokenCheck": checked,
            }
        ],
    )
    assert tidepool.get_credentials(tidepool.mara["IdToken"]) == tidepool.identity
    tidepool.directory.global_sign_out(AccessToken=tidepool.mara["AccessToken"])
    if checked:
        with refused("NotAuthorizedException"):
            tidepool.get_credentials(tidepool.mara["IdToken"])
    else:  # the token is genuine and not expired, and nobody asks more
        assert tidepool.get_credentials(tidepool.mara["IdToken"]) == tidepool.identity
    assert tidepool.get_credentials(tidepool.sign_in("mara")["IdToken"]) == tidepool.identity
