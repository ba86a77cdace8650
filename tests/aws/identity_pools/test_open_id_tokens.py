"""The identity pool's own token, and the basic flow."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jwt
import pytest
import requests
import time_machine
from support.identity_pools import CLIENT, World, caller, refused, trust

ISSUER = "https://cognito-identity.amazonaws.com"
NOW = 1780304400  # 2026-06-01T09:00:00Z


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = World()
        yield world
        world.close()


def get_token(world: World, pool: str, logins: dict[str, str] | None = None) -> tuple[str, str]:
    given = {"Logins": logins} if logins else {}
    identity = world.unsigned.get_id(IdentityPoolId=pool, **given)["IdentityId"]
    answer = world.unsigned.get_open_id_token(IdentityId=identity, **given)
    return answer["IdentityId"], answer["Token"]


def test_anyone_can_check_the_token_with_what_the_issuer_publishes(world: World) -> None:
    pool = world.pool_with_roles()
    identity, token = get_token(world, pool, world.login("mara"))
    discovery = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=5).json()
    assert discovery["issuer"] == ISSUER
    published = requests.get(discovery["jwks_uri"], timeout=5).json()
    assert requests.post(discovery["jwks_uri"], timeout=5).status_code == 404
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key.key, algorithms=["RS512"], audience=pool, issuer=ISSUER)
    assert claims == {
        "iss": ISSUER,
        "aud": pool,
        "sub": identity,
        "iat": NOW,
        "exp": NOW + 600,
        "amr": ["authenticated", world.key, f"{world.key}:CognitoSignIn:mara"],
    }
    assert requests.get(f"{ISSUER}/.well-known/other", timeout=5).status_code == 404
    assert "d" not in published["keys"][0]  # the private half


def test_a_guests_token_says_so(world: World) -> None:
    _, token = get_token(world, world.pool_with_roles())
    assert jwt.decode(token, options={"verify_signature": False})["amr"] == ["unauthenticated"]


def test_the_basic_flow_can_be_switched_off(world: World) -> None:
    for setting, open_ in (
        ({}, True),
        ({"AllowClassicFlow": True}, True),
        ({"AllowClassicFlow": False}, False),
    ):
        pool = world.create_pool(**setting)
        if open_:
            assert get_token(world, pool)
        else:
            with refused("InvalidParameterException", "Basic (classic) flow is not enabled"):
                get_token(world, pool)


def test_the_basic_flow_and_role_mappings_exclude_each_other(world: World) -> None:
    pool = world.create_pool(AllowClassicFlow=True)
    mapping = {f"{world.key}:{CLIENT}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={}, RoleMappings=mapping)
    with refused("InvalidParameterException", "Basic (classic) flow is not supported with RoleMappings"):
        get_token(world, pool)
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={})
    assert get_token(world, pool)


def test_the_token_asks_for_the_same_logins_as_credentials(world: World) -> None:
    pool = world.create_pool()
    identity, _ = get_token(world, pool, world.login("mara"))
    with refused("NotAuthorizedException", "forbidden"):
        world.unsigned.get_open_id_token(IdentityId=identity)
    with refused("NotAuthorizedException"):
        world.unsigned.get_open_id_token(IdentityId=identity, Logins=world.login("rook"))


def test_the_app_takes_the_token_to_sts_and_picks_the_role(world: World) -> None:
    pool = world.create_pool()  # no roles on the pool: the basic flow needs none
    arn = world.role("picked", trust(pool, "authenticated"))
    _, token = get_token(world, pool, world.login("mara"))
    answer = world.sts.assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="app", WebIdentityToken=token
    )
    assert caller(answer["Credentials"])["Arn"].endswith(":assumed-role/picked/app")
    _, guest = get_token(world, pool)
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        world.sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="app", WebIdentityToken=guest)
    _, foreign = get_token(world, world.create_pool(), world.login("mara"))
    with refused("AccessDenied"):  # of another identity pool
        world.sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="app", WebIdentityToken=foreign)


def test_a_trust_without_amr_is_open_to_guests_in_the_basic_flow(world: World) -> None:
    """Why the condition on ``amr`` matters: a guest takes the member's role."""
    pool = world.create_pool()
    arn = world.role("careless", trust(pool, None))
    _, guest = get_token(world, pool)
    ask = {"RoleArn": arn, "RoleSessionName": "app", "WebIdentityToken": guest}
    assert world.sts.assume_role_with_web_identity(**ask)
    repaired = json.dumps(trust(pool, "authenticated"))
    world.iam.update_assume_role_policy(RoleName="careless", PolicyDocument=repaired)
    with refused("AccessDenied"):
        world.sts.assume_role_with_web_identity(**ask)


def test_the_token_is_good_for_ten_minutes(world: World) -> None:
    pool = world.create_pool()
    arn = world.role("picked", trust(pool, "unauthenticated"))
    with time_machine.travel(NOW, tick=False) as clock:
        _, token = get_token(world, pool)
        ask = {"RoleArn": arn, "RoleSessionName": "app", "WebIdentityToken": token}
        clock.shift(599)
        assert world.sts.assume_role_with_web_identity(**ask)
        clock.shift(1)
        with refused("ExpiredTokenException", "must be before the expiration date/time 2026-06-01T09:10:00Z"):
            world.sts.assume_role_with_web_identity(**ask)
