"""Identity pools and their settings (Cognito Developer Guide, "Identity pools"; API reference)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from support.identity_pools import CLIENT, World, refused

from cognito_lab.aws.identity_pools import logins, pools


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_a_pool_is_described_as_it_was_made_and_is_gone_when_deleted(world: World) -> None:
    made = world.pool.create_identity_pool(
        IdentityPoolName="Tidepool gallery",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[
            {"ProviderName": world.key, "ClientId": CLIENT, "ServerSideTokenCheck": True}
        ],
        SupportedLoginProviders={"accounts.google.com": "g"},
        IdentityPoolTags={"course": "09"},
    )
    region, _, guid = made["IdentityPoolId"].partition(":")
    assert region == "us-east-1" and len(guid) == 36
    described = world.pool.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])
    assert {**described, "ResponseMetadata": 0} == {**made, "ResponseMetadata": 0}
    assert "AllowClassicFlow" not in described  # never said is not the same as false
    world.pool.delete_identity_pool(IdentityPoolId=made["IdentityPoolId"])
    with refused("ResourceNotFoundException", "not found"):
        world.pool.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])


def test_a_pool_belongs_to_its_region(world: World) -> None:
    pool = world.create_pool()
    with refused("ResourceNotFoundException", f"IdentityPool '{pool}' not found."):
        world.client("cognito-identity", "eu-west-1").get_id(IdentityPoolId=pool)
    assert world.pool.get_id(IdentityPoolId=pool)["IdentityId"].startswith("us-east-1:")


def test_update_removes_what_is_left_out(world: World) -> None:
    pool = world.create_pool(AllowClassicFlow=True)
    world.pool.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="T", AllowUnauthenticatedIdentities=True
    )
    described = world.pool.describe_identity_pool(IdentityPoolId=pool)
    assert "CognitoIdentityProviders" not in described and "AllowClassicFlow" not in described
    assert described["IdentityPoolName"] == "T"
    with refused("NotAuthorizedException", "Logins don't match."):
        world.pool.get_id(IdentityPoolId=pool, Logins=world.login())


def test_a_developer_provider_keeps_its_name(world: World) -> None:
    name = "login.tidepool.example"
    pool = world.create_pool(DeveloperProviderName=name)
    again = {"IdentityPoolId": pool, "IdentityPoolName": "T", "AllowUnauthenticatedIdentities": True}
    with refused("InvalidParameterException", "cannot be changed"):
        world.pool.update_identity_pool(**again, DeveloperProviderName="login.elsewhere.example")
    for given in ({}, {"DeveloperProviderName": name}):
        assert world.pool.update_identity_pool(**again, **given)["DeveloperProviderName"] == name
    first = {**again, "IdentityPoolId": world.create_pool()}
    assert (
        world.pool.update_identity_pool(**first, DeveloperProviderName=name)["DeveloperProviderName"] == name
    )


@pytest.mark.parametrize(
    "taken", ["accounts.google.com", "cognito-identity.amazonaws.com", "id.divers.example"]
)
def test_a_developer_provider_is_not_another_provider(world: World, taken: str) -> None:
    listed = {"OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/id.divers.example"]}
    with refused("InvalidParameterException", "developer provider"):
        world.create_pool(DeveloperProviderName=taken, **listed)


def test_listing_gives_pages(world: World) -> None:
    made = [world.create_pool() for _ in range(5)]
    found: list[str] = []
    following: dict[str, str] = {}
    sizes = []
    while True:
        answer = world.pool.list_identity_pools(MaxResults=2, **following)
        sizes.append(len(answer["IdentityPools"]))
        found += [row["IdentityPoolId"] for row in answer["IdentityPools"]]
        if "NextToken" not in answer:
            break
        following = {"NextToken": answer["NextToken"]}
    assert (found, sizes) == (made, [2, 2, 1])
    for wrong in ("x", "-1", "²"):
        with refused("InvalidParameterException"):
            world.pool.list_identity_pools(MaxResults=2, NextToken=wrong)
    with refused("InvalidParameterException"):
        world.pool.list_identity_pools(MaxResults=61)


@pytest.mark.parametrize(
    "settings",
    [
        {"CognitoIdentityProviders": [{"ProviderName": "us-east-1_Tidepool1", "ClientId": CLIENT}]},
        {
            "CognitoIdentityProviders": [
                {
                    "ProviderName": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Tidepool1",
                    "ClientId": CLIENT,
                }
            ]
        },
        {
            "CognitoIdentityProviders": [
                {
                    "ProviderName": "cognito-idp.eu-west-1.amazonaws.com/us-east-1_Tidepool1",
                    "ClientId": CLIENT,
                }
            ]
        },
        {
            "CognitoIdentityProviders": [
                {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_Tidepool1"}
            ]
        },
        {"SupportedLoginProviders": {"google.com": "g"}},
        {"OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:role/provider"]},
        {"SamlProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/x"]},
        {"IdentityPoolName": "a/b"},
    ],
)
def test_malformed_settings_are_refused_when_made_and_when_changed(world: World, settings: dict) -> None:
    with refused("InvalidParameterException"):
        world.create_pool(**settings)
    pool = world.create_pool()
    before = world.pool.describe_identity_pool(IdentityPoolId=pool)
    with refused("InvalidParameterException"):
        world.pool.update_identity_pool(
            **{
                "IdentityPoolId": pool,
                "IdentityPoolName": "T",
                "AllowUnauthenticatedIdentities": True,
                **settings,
            }
        )
    after = world.pool.describe_identity_pool(IdentityPoolId=pool)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}


def test_roles_are_kept_and_replaced_as_a_whole(world: World) -> None:
    pool = world.create_pool()
    assert world.pool.get_identity_pool_roles(IdentityPoolId=pool)["Roles"] == {}
    arn = "arn:aws:iam::123456789012:role/member"
    mapping = {f"{world.key}:{CLIENT}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
    world.pool.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": arn}, RoleMappings=mapping
    )
    kept = world.pool.get_identity_pool_roles(IdentityPoolId=pool)
    assert (kept["Roles"], kept["RoleMappings"]) == ({"authenticated": arn}, mapping)
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": arn})
    kept = world.pool.get_identity_pool_roles(IdentityPoolId=pool)
    assert kept["Roles"] == {"unauthenticated": arn} and "RoleMappings" not in kept


RULE = {"Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": "arn:aws:iam::123456789012:role/a"}


@pytest.mark.parametrize(
    "mapping",
    [
        {"Type": "Token"},  # what to do in doubt is not said
        {"Type": "Token", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [RULE]}},
        {"Type": "Rules", "AmbiguousRoleResolution": "Deny"},
        {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [RULE] * 26}},
        {"Type": "Other", "AmbiguousRoleResolution": "Deny"},
        {
            "Type": "Rules",
            "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": {"Rules": [{**RULE, "MatchType": "EndsWith"}]},
        },
    ],
)
def test_a_role_mapping_without_sense_is_refused(world: World, mapping: dict) -> None:
    pool, key = world.create_pool(), f"{world.key}:{CLIENT}"
    with refused("InvalidParameterException"):
        world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={}, RoleMappings={key: mapping})
    with refused("InvalidParameterException"):  # a third kind of default role
        world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"admin": RULE["RoleARN"]})
    world.pool.set_identity_pool_roles(
        IdentityPoolId=pool,
        Roles={},
        RoleMappings={
            key: {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {"Rules": [RULE] * 25},
            }
        },
    )


GOOGLE, OIDC = "accounts.google.com", "arn:aws:iam::123456789012:oidc-provider/idp.tidepool.example/pool"
SAML = "arn:aws:iam::123456789012:saml-provider/northshore"
PROVIDERS = {
    "SupportedLoginProviders": {GOOGLE: "123.apps.googleusercontent.com"},
    "OpenIdConnectProviderARNs": [OIDC],
    "SamlProviderARNs": [SAML],
}
TOKEN = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}


def test_roles_are_mapped_for_providers_that_the_pool_lists(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, bare = world.create_pool(**PROVIDERS), world.create_pool(CognitoIdentityProviders=[])

    def map_roles(key: str, where: str = pool) -> None:
        world.pool.set_identity_pool_roles(IdentityPoolId=where, Roles={}, RoleMappings={key: TOKEN})

    for key in (f"{world.key}:{CLIENT}", GOOGLE, OIDC, SAML):
        map_roles(key)
        with refused("InvalidParameterException", f"{key} is not a valid RoleMapping ProviderName or is not"):
            map_roles(key, bare)
    wrong = (f"https://{world.key}:{CLIENT}", world.key, f"{world.key}:another", f"https://{GOOGLE}",
             "graph.facebook.com", OIDC.partition("/")[2], f"{SAML}2")  # fmt: skip
    for key in wrong:
        with refused("InvalidParameterException", f"{key} is not a valid RoleMapping ProviderName"):
            map_roles(key)
    monkeypatch.setattr(pools, "check_mapped_provider", lambda *_: None)
    map_roles(wrong[0])


def test_a_pool_that_lists_no_provider_takes_no_login(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = world.create_pool(CognitoIdentityProviders=[])
    text = "Logins don't match. Please include at least one valid login for this identity or identity pool."
    with refused("NotAuthorizedException", text):
        world.unsigned.get_id(IdentityPoolId=pool, Logins=world.login("ines"))
    assert world.unsigned.get_id(IdentityPoolId=pool)["IdentityId"]
    monkeypatch.setattr(logins, "check_has_providers", lambda pool: None)
    with refused("NotAuthorizedException", "Token is not from a supported provider"):
        world.unsigned.get_id(IdentityPoolId=pool, Logins=world.login("ines"))


def test_setting_a_role_needs_the_right_to_pass_it(world: World) -> None:
    pool, arn = world.create_pool(), "arn:aws:iam::123456789012:role/member"
    world.iam.create_user(UserName="hannah")
    key = world.iam.create_access_key(UserName="hannah")["AccessKey"]
    hannah = boto3.client(
        "cognito-identity",
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    def let(*statements: tuple[str, str]) -> None:
        world.iam.put_user_policy(
            UserName="hannah",
            PolicyName="p",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": action, "Resource": resource}
                        for action, resource in statements
                    ],
                }
            ),
        )

    set_roles = ("cognito-identity:SetIdentityPoolRoles", "*")
    rules = {
        f"{world.key}:{CLIENT}": {
            "Type": "Rules",
            "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": {"Rules": [{**RULE, "RoleARN": arn}]},
        }
    }
    let(set_roles, ("iam:PassRole", "arn:aws:iam::123456789012:role/other"))
    for given in ({"Roles": {"authenticated": arn}}, {"Roles": {}, "RoleMappings": rules}):
        with refused("NotAuthorizedException", f"Access to Role '{arn}' is forbidden."):
            hannah.set_identity_pool_roles(IdentityPoolId=pool, **given)
    let(set_roles, ("iam:PassRole", arn))
    hannah.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": arn}, RoleMappings=rules)


def test_tags(world: World) -> None:
    pool = world.create_pool(IdentityPoolTags={"a": "1"})
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{pool}"
    world.pool.tag_resource(ResourceArn=arn, Tags={"b": "2", "c": "3"})
    world.pool.untag_resource(ResourceArn=arn, TagKeys=["a", "none"])
    assert world.pool.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2", "c": "3"}
    assert world.pool.describe_identity_pool(IdentityPoolId=pool)["IdentityPoolTags"] == {"b": "2", "c": "3"}
    with refused("InvalidParameterException"):
        world.pool.list_tags_for_resource(ResourceArn="arn:aws:s3:::tidepool-site")
    with refused("ResourceNotFoundException"):
        world.pool.list_tags_for_resource(ResourceArn=arn[:-4] + "0000")
