"""Settings that say nothing: an empty structure, list or map at each place of the model."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from support.user_pools import PASSWORD, World, pairs, refused, secret_hash, world

from cognito_lab import OutsideTheLab
from cognito_lab.aws import moto_patches

EMPTY: dict[str, Any] = {"structure": {}, "list": [], "map": {}}


def places(operation: str) -> Iterator[dict[str, Any]]:
    """The input with one empty value, for each place that can be empty."""

    def below(shape: Any, around: Any, seen: tuple[str, ...]) -> Iterator[Any]:
        if shape.type_name in EMPTY:
            yield around(EMPTY[shape.type_name])
        if shape.name in seen or getattr(shape, "is_document_type", False):
            return
        for name, member in getattr(shape, "members", {}).items():
            yield from below(member, lambda value, name=name: around({name: value}), (*seen, shape.name))
        if shape.type_name == "list":
            yield from below(shape.member, lambda value: around([value]), (*seen, shape.name))

    shape = moto_patches.service_model("cognito-idp").operation_model(operation).input_shape
    for name, member in shape.members.items():
        yield from below(member, lambda value, name=name: {name: value}, ())


def use(it: World) -> None:
    """What people and administrators do with a pool; refusals are as good as successes."""

    def attempt(call: Any, **given: Any) -> Any:
        try:
            return call(**given)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
            return {}

    idp, pool, client = it.idp, {"UserPoolId": it.pool}, {"ClientId": it.client}
    attempt(idp.describe_user_pool, **pool)
    attempt(idp.describe_user_pool_client, **pool, **client)
    address = pairs(email="m@tidepool.example")
    attempt(idp.sign_up, **client, Username="mara", Password=PASSWORD, UserAttributes=address)
    attempt(idp.admin_confirm_sign_up, **pool, Username="mara")
    given = {"USERNAME": "mara", "PASSWORD": PASSWORD}
    signed_in = attempt(idp.initiate_auth, **client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    if "AuthenticationResult" in signed_in:
        tokens = signed_in["AuthenticationResult"]
        access = {"AccessToken": tokens["AccessToken"]}
        attempt(idp.get_user, **access)
        attempt(
            idp.update_user_attributes, **access, UserAttributes=pairs(email="n@tidepool.example", name="M")
        )
        again = {"REFRESH_TOKEN": tokens["RefreshToken"]}
        attempt(idp.initiate_auth, **client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=again)
        attempt(idp.get_tokens_from_refresh_token, **client, RefreshToken=tokens["RefreshToken"])
    attempt(idp.forgot_password, **client, Username="mara")
    attempt(idp.admin_create_user, **pool, Username="ben", UserAttributes=pairs(email="b@tidepool.example"))


def make(it: World, operation: str, settings: dict[str, Any]) -> None:
    """Make the pool, or the client, of ``it`` anew. What the SDK itself would hold back is sent as well."""
    idp = boto3.client("cognito-idp", config=Config(parameter_validation=False))
    if operation == "CreateUserPool":
        it.pool = idp.create_user_pool(PoolName="tidepool", **settings)["UserPool"]["Id"]
        it.client = it.new_client()["ClientId"]
    else:
        made = idp.create_user_pool_client(UserPoolId=it.pool, ClientName="web", **settings)
        it.client = made["UserPoolClient"]["ClientId"]


REFUSALS = (
    "InvalidParameterException", "InvalidOAuthFlowException", "InvalidSmsRoleTrustRelationshipException",
)  # fmt: skip


@pytest.mark.parametrize("operation", ["CreateUserPool", "CreateUserPoolClient"])
def test_settings_that_are_empty(operation: str) -> None:
    both: list[dict[str, Any]] = [{}, {"RefreshTokenRotation": {"Feature": "ENABLED"}}]
    count = 0
    for settings in places(operation):
        with world() as it:
            for more in both if operation == "CreateUserPoolClient" else both[:1]:
                try:
                    make(it, operation, {**more, **settings})
                except OutsideTheLab:
                    continue
                except ClientError as error:
                    assert error.response["Error"]["Code"] in REFUSALS, error
                    continue
                use(it)
                count += 1
    assert count > 10


def test_an_entry_of_the_schema_without_a_name() -> None:
    with world() as it:
        with refused("InvalidParameterException"):
            it.idp.create_user_pool(PoolName="x", Schema=[{}])
        with refused("InvalidParameterException"):
            it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[{"Mutable": True}])


def test_a_secret_hash_is_any_text() -> None:
    with world() as it:
        web = it.new_client(GenerateSecret=True)
        it.member()
        proof = secret_hash(web["ClientSecret"], "mara", web["ClientId"])
        token = it.initiate(client=web["ClientId"], SECRET_HASH=proof)["AuthenticationResult"]["RefreshToken"]
        assert it.refresh(token, web["ClientId"], SECRET_HASH=proof)["AccessToken"]
        for text in ("ü", "🦀", "x"):
            for call in (it.initiate, functools.partial(it.refresh, token)):
                with refused("NotAuthorizedException"):
                    call(client=web["ClientId"], SECRET_HASH=text)
