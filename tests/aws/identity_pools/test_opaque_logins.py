"""Logins of Facebook and Amazon: the identity pool asks the provider about each token, each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from support.identity_pools import World, caller, exchanges, refused, trust

from cognito_lab import OutsideTheLab
from cognito_lab.aws import opaque_tokens
from cognito_lab.network.messages import Headers, Response
from cognito_lab.providers.accounts import Client
from cognito_lab.providers.social import Social

CALLBACK = "https://tidepool.example/callback"
ROOK = "rook@elsewhere.example"
KEYS = {"facebook": "graph.facebook.com", "amazon": "www.amazon.com"}
FOREIGN = "Token is not from a supported provider of this identity pool."
NAMES = pytest.mark.parametrize("name", KEYS)


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = World()
        yield world
        world.close()


def app_of(world: World, name: str) -> tuple[Social, Client, str]:
    """The provider, Tidepool's app there, and what an identity pool lists of it."""
    provider: Social = getattr(world.lab, name)
    client = provider.register_client("Tidepool", [CALLBACK])
    return provider, client, client.profile_id or client.client_id


def get_id(world: World, pool: str, key: str, token: str) -> str:
    return str(world.unsigned.get_id(IdentityPoolId=pool, Logins={key: token})["IdentityId"])


def credentials(world: World, identity: str, key: str, token: str) -> Any:
    asked = {"IdentityId": identity, "Logins": {key: token}}
    return world.unsigned.get_credentials_for_identity(**asked)["Credentials"]


@NAMES
def test_the_provider_is_asked_each_time_and_the_same_person_has_the_same_identity(
    world: World, name: str
) -> None:
    provider, client, listed = app_of(world, name)
    key = KEYS[name]
    pool = world.pool_with_roles(guests=False, SupportedLoginProviders={key: listed})
    with exchanges() as seen:
        identity = get_id(world, pool, key, provider.credential(client.client_id, ROOK))
    assert [each.callee for each in seen if each.caller == "cognito-identity"] == [name] * (
        2 if name == "facebook" else 1
    )
    token = provider.credential(client.client_id, ROOK)  # another token of the same person
    assert get_id(world, pool, key, token) == identity
    assert caller(credentials(world, identity, key, token))["Arn"].endswith("CognitoIdentityCredentials")
    logins = world.pool.describe_identity(IdentityId=identity)["Logins"]
    assert logins == [key]


@NAMES
def test_a_recording_shows_the_token_and_the_question_and_never_its_value(world: World, name: str) -> None:
    provider, client, listed = app_of(world, name)
    pool = world.create_pool(SupportedLoginProviders={KEYS[name]: listed})
    with world.lab.record() as story:
        token = provider.credential(client.client_id, ROOK)
        get_id(world, pool, KEYS[name], token)
    told = str(story)
    assert token not in told
    assert f"app → identity pool: GetId (login of {KEYS[name]}) [access token · A]" in told
    assert f"    identity pool → {provider.name}: GET " in told


@NAMES
def test_withdrawn_expired_and_forged_tokens_are_refused(world: World, name: str) -> None:
    provider, client, listed = app_of(world, name)
    key = KEYS[name]
    pool = world.pool_with_roles(SupportedLoginProviders={key: listed})
    token, later = (provider.credential(client.client_id, ROOK) for _ in range(2))
    identity = get_id(world, pool, key, token)
    provider.withdraw(client.client_id, ROOK)
    for wrong in (token, later, f"{token}x", "EAA-invented"):
        with refused("NotAuthorizedException", "Invalid login token."):
            get_id(world, pool, key, wrong)
        with refused("NotAuthorizedException", "Invalid login token."):
            credentials(world, identity, key, wrong)
    fresh = provider.credential(client.client_id, ROOK)
    assert get_id(world, pool, key, fresh) == identity
    world.lab.travel(seconds=provider.seconds)
    with refused("NotAuthorizedException", "Invalid login token."):
        get_id(world, pool, key, fresh)


@NAMES
def test_another_apps_token_and_a_pool_that_does_not_list_the_provider(world: World, name: str) -> None:
    provider, client, listed = app_of(world, name)
    other, key = provider.register_client("Another", [CALLBACK]), KEYS[name]
    pool = world.create_pool(SupportedLoginProviders={key: listed})
    with refused("NotAuthorizedException", FOREIGN):
        get_id(world, pool, key, provider.credential(other.client_id, ROOK))
    with exchanges() as seen, refused("NotAuthorizedException", FOREIGN):
        get_id(world, world.create_pool(), key, provider.credential(client.client_id, ROOK))
    assert not [each for each in seen if each.caller == "cognito-identity"]  # nobody is asked
    with refused("NotAuthorizedException", FOREIGN):
        get_id(world, pool, f"https://{key}", provider.credential(client.client_id, ROOK))


def test_an_identity_pool_lists_amazons_security_profile_and_not_the_client_id(world: World) -> None:
    provider, client, _ = app_of(world, "amazon")
    pool = world.create_pool(SupportedLoginProviders={"www.amazon.com": client.client_id})
    with refused("NotAuthorizedException", FOREIGN):
        get_id(world, pool, "www.amazon.com", provider.credential(client.client_id, ROOK))


def test_one_providers_token_does_not_count_under_anothers_key(world: World) -> None:
    listed = {KEYS[name]: app_of(world, name)[2] for name in KEYS}
    pool = world.create_pool(SupportedLoginProviders=listed)
    provider, client, _ = app_of(world, "facebook")
    with refused("NotAuthorizedException", "Invalid login token."):
        get_id(world, pool, "www.amazon.com", provider.credential(client.client_id, ROOK))


@NAMES
@pytest.mark.parametrize(
    "said", [Response(503), Response(200, Headers(), b"[1"), Response(200, Headers(), b"{}")]
)
def test_a_provider_that_does_not_answer(
    world: World, name: str, said: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, client, listed = app_of(world, name)
    pool = world.create_pool(SupportedLoginProviders={KEYS[name]: listed})
    token = provider.credential(client.client_id, ROOK)
    monkeypatch.setattr(opaque_tokens.hosts, "fetch", lambda *_: said)
    with refused("ExternalServiceException"):
        get_id(world, pool, KEYS[name], token)


def test_a_developers_server_hears_of_a_silent_provider_by_a_code_that_its_operation_declares(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, client, listed = app_of(world, "facebook")
    key, own = KEYS["facebook"], "login.tidepool.example"
    pool = world.create_pool(SupportedLoginProviders={key: listed}, DeveloperProviderName=own)
    asked = {
        "IdentityPoolId": pool,
        "Logins": {own: "mara", key: provider.credential(client.client_id, ROOK)},
    }
    with monkeypatch.context() as silent:
        silent.setattr(opaque_tokens.hosts, "fetch", lambda *_: Response(503))
        with refused("NotAuthorizedException", f"{key} does not respond."):
            world.pool.get_open_id_token_for_developer_identity(**asked)
    assert world.pool.get_open_id_token_for_developer_identity(**asked)["Token"]


@NAMES
def test_default_tags_are_the_app_and_the_person(world: World, name: str) -> None:
    provider, client, listed = app_of(world, name)
    key = KEYS[name]
    pool = world.create_pool(SupportedLoginProviders={key: listed})
    document = trust(pool, "authenticated")
    document["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    role = world.role("tagged", document)
    world.iam.put_role_policy(
        RoleName="tagged", PolicyName="p",
        PolicyDocument=f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
          "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": {{"StringEquals": {{
          "aws:PrincipalTag/client": "{client.client_id}",
          "aws:PrincipalTag/username": "{provider.accounts[ROOK].sub}"}}}}}}]}}""",
    )  # fmt: skip
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    told = world.pool.set_principal_tag_attribute_map(
        IdentityPoolId=pool, IdentityProviderName=key, UseDefaults=True
    )
    assert told["PrincipalTags"] == {"client": "aud", "username": "sub" if name == "facebook" else "user_id"}
    token = provider.credential(client.client_id, ROOK)
    given = credentials(world, get_id(world, pool, key, token), key, token)
    s3 = boto3.client(
        "s3",
        "us-east-1",
        None,
        True,
        None,
        None,
        given["AccessKeyId"],
        given["SecretKey"],
        given["SessionToken"],
    )
    assert s3.list_buckets()["Buckets"] == []


@NAMES
def test_rules_see_issuer_app_and_person(world: World, name: str) -> None:
    provider, client, listed = app_of(world, name)
    key = KEYS[name]
    pool = world.pool_with_roles(SupportedLoginProviders={key: listed})
    roles = world.pool.get_identity_pool_roles(IdentityPoolId=pool)["Roles"]
    chosen = world.role("chosen", trust(pool, "authenticated"))

    def map_by(claim: str, value: str) -> None:
        rules = [{"Claim": claim, "MatchType": "Equals", "Value": value, "RoleARN": chosen}]
        row = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": rules}}
        world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles, RoleMappings={key: row})

    token = provider.credential(client.client_id, ROOK)
    identity = get_id(world, pool, key, token)
    for claim, value in (("sub", provider.accounts[ROOK].sub), ("aud", client.client_id), ("iss", key)):
        map_by(claim, value)
        assert "assumed-role/chosen/" in caller(credentials(world, identity, key, token))["Arn"]
        map_by(claim, "other")
        with refused("NotAuthorizedException", "ambiguous"):
            credentials(world, identity, key, token)
    with pytest.raises(OutsideTheLab, match="email"):
        map_by("email", ROOK)


def test_the_tokens_of_x_and_digits_are_refused_by_name(world: World) -> None:
    for key in ("api.twitter.com", "www.digits.com"):
        pool = world.create_pool(SupportedLoginProviders={key: "1"})
        with pytest.raises(OutsideTheLab, match=key):
            get_id(world, pool, key, "token;secret")
