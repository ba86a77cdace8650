"""Which role the pool picks: default, by rules in order, or from the token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.identity_pools import CLIENT, GOOGLE_CLIENT, Issuer, World, caller, refused, trust


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


class Tidepool:
    """A pool with a default role and two more, ``keeper`` and ``curator``."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.world, self.id = world, world.pool_with_roles(**settings)
        self.default = world.pool.get_identity_pool_roles(IdentityPoolId=self.id)["Roles"]
        self.keeper = world.role("keeper", trust(self.id, "authenticated"))
        self.curator = world.role("curator", trust(self.id, "authenticated"))

    def map(
        self, key: str | None = None, *, doubt: str = "Deny", rules: list[tuple[str, str, str, str]] = ()
    ) -> None:  # type: ignore[assignment]
        mapping: dict[str, Any] = {"Type": "Token", "AmbiguousRoleResolution": doubt}
        if rules:
            names = ("Claim", "MatchType", "Value", "RoleARN")
            mapping["Type"] = "Rules"
            mapping["RulesConfiguration"] = {"Rules": [dict(zip(names, rule, strict=True)) for rule in rules]}
        self.world.pool.set_identity_pool_roles(
            IdentityPoolId=self.id,
            Roles=self.default,
            RoleMappings={key or f"{self.world.key}:{CLIENT}": mapping},
        )

    def role(self, wish: str | None = None, logins: dict[str, str] | None = None, **claims: Any) -> str:
        """The name of the role that GetCallerIdentity shows for the credentials."""
        logins = logins if logins is not None else self.world.login("ines", **claims)
        given = {"Logins": logins} if logins else {}
        identity = self.world.unsigned.get_id(IdentityPoolId=self.id, **given)["IdentityId"]
        wished = {"CustomRoleArn": wish} if wish else {}
        answer = self.world.unsigned.get_credentials_for_identity(IdentityId=identity, **given, **wished)
        return str(caller(answer["Credentials"])["Arn"]).split("/")[1]


@pytest.fixture
def tidepool(world: World) -> Tidepool:
    return Tidepool(world)


def test_without_a_mapping_the_defaults_count(tidepool: Tidepool) -> None:
    assert tidepool.role() == "member"
    assert tidepool.role(logins={}) == "guest"
    assert tidepool.role(**{"cognito:preferred_role": tidepool.curator}) == "member"  # the token is not asked


def test_without_a_mapping_nobody_chooses(tidepool: Tidepool) -> None:
    with refused("NotAuthorizedException", tidepool.curator):
        tidepool.role(tidepool.curator, **{"cognito:roles": [tidepool.curator]})
    with refused("NotAuthorizedException"):
        tidepool.role(tidepool.default["authenticated"], logins={})  # a guest
    assert tidepool.role(tidepool.default["authenticated"]) == "member"


def test_the_token_names_the_preferred_role(tidepool: Tidepool) -> None:
    tidepool.map()
    both = {"cognito:roles": [tidepool.keeper, tidepool.curator]}
    assert tidepool.role(**both, **{"cognito:preferred_role": tidepool.curator}) == "curator"
    assert tidepool.role(**{"cognito:roles": [tidepool.keeper]}) == "keeper"
    assert (
        tidepool.role(
            **{
                "cognito:roles": f"{tidepool.keeper},{tidepool.curator}",  # the older form
                "cognito:preferred_role": tidepool.keeper,
            }
        )
        == "keeper"
    )


def test_a_user_may_choose_among_the_roles_in_the_token(tidepool: Tidepool) -> None:
    tidepool.map()
    ines = {"cognito:roles": [tidepool.keeper, tidepool.curator], "cognito:preferred_role": tidepool.keeper}
    assert tidepool.role(tidepool.curator, **ines) == "curator"
    mara = {"cognito:roles": [tidepool.keeper], "cognito:preferred_role": tidepool.keeper}
    with refused("NotAuthorizedException", f"Access to Role '{tidepool.curator}' is forbidden."):
        tidepool.role(tidepool.curator, **mara)
    with refused("NotAuthorizedException"):  # not even the default role, which the token does not list
        tidepool.role(tidepool.default["authenticated"], **mara)


@pytest.mark.parametrize("roles", [[], ["keeper", "curator"]])
def test_in_doubt_the_mapping_says_what_to_do(tidepool: Tidepool, roles: list[str]) -> None:
    claims = {"cognito:roles": [getattr(tidepool, name) for name in roles]}
    tidepool.map(doubt="AuthenticatedRole")
    assert tidepool.role(**claims) == "member"
    tidepool.map(doubt="Deny")
    with refused("NotAuthorizedException", "ambiguous role mapping rules for: cognito-idp.us-east-1"):
        tidepool.role(**claims)


def test_the_first_rule_that_fits(tidepool: Tidepool) -> None:
    tidepool.map(
        rules=[
            ("custom:section", "Equals", "reef", tidepool.keeper),
            ("email", "Contains", "@tidepool.", tidepool.curator),
        ]
    )
    both = {"custom:section": "reef", "email": "ines@tidepool.example"}
    assert tidepool.role(**both) == "keeper"
    assert tidepool.role(email="ines@tidepool.example") == "curator"
    assert tidepool.role(tidepool.curator, **both) == "curator"  # another one that fits may be asked for
    with refused("NotAuthorizedException"):
        tidepool.role(tidepool.curator, **{"custom:section": "reef"})  # one that does not fit may not
    with refused("NotAuthorizedException", "ambiguous role mapping rules"):
        tidepool.role(email="ines@elsewhere.example")


@pytest.mark.parametrize(
    ("match", "value", "fits", "fits_not"),
    [
        ("Equals", "reef", "reef", "reefs"),
        ("Contains", "ee", "reef", "shore"),
        ("StartsWith", "re", "reef", "the reef"),
        ("NotEqual", "reef", "shore", "reef"),
        ("Equals", "reef", ["shore", "reef"], ["shore"]),
        ("NotEqual", "reef", ["shore"], ["shore", "reef"]),
        ("Equals", "true", True, False),
        ("Equals", "reef", "reef", None),
        ("NotEqual", "reef", "shore", None),  # a claim that is missing fits no rule
    ],
)
def test_matching(tidepool: Tidepool, match: str, value: str, fits: Any, fits_not: Any) -> None:
    tidepool.map(doubt="AuthenticatedRole", rules=[("custom:section", match, value, tidepool.keeper)])
    assert tidepool.role(**{"custom:section": fits}) == "keeper"
    assert tidepool.role(**{"custom:section": fits_not}) == "member"


def test_the_mapping_of_a_user_pool_is_for_one_app_client(tidepool: Tidepool) -> None:
    claims = {"cognito:preferred_role": tidepool.keeper}
    rows = [{"ProviderName": tidepool.world.key, "ClientId": client} for client in (CLIENT, "another")]
    tidepool.world.pool.update_identity_pool(
        IdentityPoolId=tidepool.id, IdentityPoolName="Tidepool", AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=rows,
    )  # fmt: skip
    tidepool.map(f"{tidepool.world.key}:another")
    assert tidepool.role(**claims) == "member"
    tidepool.map(f"{tidepool.world.key}:{CLIENT}")
    assert tidepool.role(**claims) == "keeper"
    assert tidepool.role(logins={}) == "guest"  # and not for guests


def test_rules_for_google_stand_under_its_plain_key(world: World) -> None:
    google = world.add(Issuer("accounts.google.com"))
    tidepool = Tidepool(world, SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})
    tidepool.map("accounts.google.com", rules=[("hd", "Equals", "tidepool.example", tidepool.keeper)])
    inside = {"accounts.google.com": google.token("g", GOOGLE_CLIENT, hd="tidepool.example")}
    assert tidepool.role(logins=inside) == "keeper"
    with refused("NotAuthorizedException", "ambiguous role mapping rules for: accounts.google.com denied"):
        tidepool.role(logins={"accounts.google.com": google.token("g", GOOGLE_CLIENT)})
    assert tidepool.role() == "member"  # another provider
