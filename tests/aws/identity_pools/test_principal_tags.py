"""Attributes for access control: claims become session tags, and policies ask for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError
from support.iam_people import allow, document
from support.identity_pools import CLIENT, GOOGLE_CLIENT, Issuer, World, refused, trust

from cognito_lab import OutsideTheLab

BUCKET = "tidepool-pictures"
OWN = "login.tidepool.example"
POOLS = "cognito-identity.amazonaws.com"
SECTION = {"section": "custom:section"}


def tagging(pool: str, conditions: dict[str, Any] | None = None) -> dict[str, Any]:
    """The trust policy of the members' role, with the right to tag; ``conditions`` are on that right."""
    found = trust(pool, "authenticated")
    tag = {**found["Statement"][0], "Action": "sts:TagSession"}
    found["Statement"].append({**tag, "Condition": {**tag["Condition"], **(conditions or {})}})
    return found


class Tidepool(World):
    """A world whose members may read the folder of their section, by one policy for all."""

    def __init__(self) -> None:
        super().__init__()
        self.google = self.add(Issuer("accounts.google.com"))
        self.id = self.pool_with_roles(
            DeveloperProviderName=OWN, SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT}
        )
        self.trusting(tagging(self.id))
        rights = allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalTag/section}}/*")
        self.iam.put_role_policy(
            RoleName="member", PolicyName="folder", PolicyDocument=json.dumps(document(rights))
        )
        self.client("s3").create_bucket(Bucket=BUCKET)
        for key in ("reef/crab.svg", "shore/gull.svg"):
            self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")

    def trusting(self, policy: dict[str, Any]) -> None:
        self.iam.update_assume_role_policy(RoleName="member", PolicyDocument=json.dumps(policy))

    def map(self, name: str | None = None, **asked: Any) -> dict[str, Any]:
        return dict(
            self.pool.set_principal_tag_attribute_map(
                IdentityPoolId=self.id, IdentityProviderName=name or self.key, **asked
            )
        )

    def credentials(self, logins: dict[str, str]) -> dict[str, Any]:
        identity = self.unsigned.get_id(IdentityPoolId=self.id, Logins=logins)["IdentityId"]
        answer = self.unsigned.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        return dict(answer["Credentials"])

    def folders(self, logins: dict[str, str]) -> set[str]:
        """The folders that the credentials for these logins open."""
        return readable(self.credentials(logins))


def readable(credentials: dict[str, Any]) -> set[str]:
    secret = credentials.get("SecretKey") or credentials["SecretAccessKey"]
    s3 = boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=secret,
        aws_session_token=credentials["SessionToken"],
    )
    found = set()
    for key in ("reef/crab.svg", "shore/gull.svg"):
        try:
            found.add(s3.get_object(Bucket=BUCKET, Key=key) and key.partition("/")[0])
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
    return found


@pytest.fixture
def world() -> Iterator[Tidepool]:
    world = Tidepool()
    yield world
    world.close()


def test_one_policy_for_all_sections(world: Tidepool) -> None:
    mara = world.login("mara", **{"custom:section": "reef"})
    assert world.folders(mara) == set()  # no map, no tags
    world.map(PrincipalTags=SECTION)
    assert world.folders(mara) == {"reef"}
    assert world.folders(world.login("goran", **{"custom:section": "shore"})) == {"shore"}
    assert world.folders(world.login("ines")) == set()  # the claim is missing: no tag
    world.map(PrincipalTags={})
    assert world.folders(mara) == set()


def test_tags_need_a_right_of_their_own_in_the_trust_policy(world: Tidepool) -> None:
    mara = world.login("mara", **{"custom:section": "reef"})
    world.map(PrincipalTags=SECTION)
    world.trusting(trust(world.id, "authenticated"))
    with refused("InvalidIdentityPoolConfigurationException"):
        world.credentials(mara)
    assert world.credentials(world.login("ines"))  # without a tag there is nothing to allow
    world.trusting(tagging(world.id))
    assert world.folders(mara) == {"reef"}
    for condition in ({"aws:RequestTag/section": "reef"}, {"aws:TagKeys": "section"}):
        world.trusting(tagging(world.id, {"StringLike": condition}))
        assert world.folders(mara) == {"reef"}
    world.trusting(tagging(world.id, {"StringNotEquals": {"aws:RequestTag/section": "reef"}}))
    with refused("InvalidIdentityPoolConfigurationException"):
        world.credentials(mara)


def test_the_basic_flow_carries_the_tags_in_the_token(world: Tidepool) -> None:
    world.map(PrincipalTags=SECTION)
    mara = world.login("mara", **{"custom:section": "reef"})
    identity = world.unsigned.get_id(IdentityPoolId=world.id, Logins=mara)["IdentityId"]
    token = world.unsigned.get_open_id_token(IdentityId=identity, Logins=mara)["Token"]
    said = jwt.decode(token, options={"verify_signature": False})
    assert said["https://aws.amazon.com/tags"] == {"principal_tags": {"section": ["reef"]}}
    arn = world.iam.get_role(RoleName="member")["Role"]["Arn"]
    ask = {"RoleArn": arn, "RoleSessionName": "app", "WebIdentityToken": token}
    assert readable(world.sts.assume_role_with_web_identity(**ask)["Credentials"]) == {"reef"}
    world.trusting(trust(world.id, "authenticated"))
    with refused("AccessDenied", "Not authorized to perform sts:TagSession"):
        world.sts.assume_role_with_web_identity(**ask)


def test_the_default_tags_are_the_client_and_the_user(world: Tidepool) -> None:
    shown = world.map(UseDefaults=True, PrincipalTags=SECTION)
    assert (shown["UseDefaults"], shown["PrincipalTags"]) == (True, {"client": "aud", "username": "sub"})
    for tag, value in (("client", CLIENT), ("username", "mara")):
        same = {"StringLike": {f"aws:RequestTag/{tag}": value}}
        world.trusting(tagging(world.id, same))
        assert world.credentials(world.login("mara"))
    with refused("InvalidIdentityPoolConfigurationException"):
        world.credentials(world.login("rook"))


def test_a_map_is_for_a_provider_that_the_pool_lists(world: Tidepool) -> None:
    shown = world.map(PrincipalTags=SECTION)
    read = world.pool.get_principal_tag_attribute_map(IdentityPoolId=world.id, IdentityProviderName=world.key)
    for answer in (shown, read):
        del answer["ResponseMetadata"]
    assert shown == read == {
        "IdentityPoolId": world.id, "IdentityProviderName": world.key, "UseDefaults": False,
        "PrincipalTags": SECTION,
    }  # fmt: skip
    for name in ("graph.facebook.com", f"{world.key}:{CLIENT}", OWN):
        with refused("InvalidParameterException", name):
            world.map(name, PrincipalTags=SECTION)
    with refused("ResourceNotFoundException"):
        world.pool.get_principal_tag_attribute_map(
            IdentityPoolId=world.id, IdentityProviderName="accounts.google.com"
        )


def test_each_provider_has_a_map_of_its_own(world: Tidepool) -> None:
    world.map("accounts.google.com", PrincipalTags={"section": "hd"})
    token = world.google.token("g", GOOGLE_CLIENT, hd="shore", **{"custom:section": "reef"})
    assert world.folders({"accounts.google.com": token}) == {"shore"}
    assert world.folders(world.login("mara", hd="reef")) == set()
    club = world.add(Issuer("id.divers.example"))
    arn = world.iam.create_open_id_connect_provider(
        Url="https://id.divers.example", ClientIDList=["tidepool"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    world.pool.update_identity_pool(
        IdentityPoolId=world.id, IdentityPoolName="T", AllowUnauthenticatedIdentities=False,
        OpenIdConnectProviderARNs=[arn],
    )  # fmt: skip
    world.map(arn, PrincipalTags={"section": "team"})
    assert world.folders({"id.divers.example": club.token("d", "tidepool", team="reef")}) == {"reef"}


def test_nobody_brings_tags_of_their_own(world: Tidepool) -> None:
    """The claim of the provider's token is not passed on: only what the pool's map names."""
    forged = {"https://aws.amazon.com/tags": {"principal_tags": {"section": ["reef"]}}}
    assert world.folders(world.login("rook", **forged)) == set()


def test_the_developers_server_says_its_users_tags(world: Tidepool) -> None:
    vouch = world.pool.get_open_id_token_for_developer_identity
    for section in ("reef", "shore"):
        token = vouch(IdentityPoolId=world.id, Logins={OWN: "mara"}, PrincipalTags={"section": section})[
            "Token"
        ]
        assert world.folders({POOLS: token}) == {section}
    token = vouch(IdentityPoolId=world.id, Logins={OWN: "mara"})["Token"]
    assert "https://aws.amazon.com/tags" not in jwt.decode(token, options={"verify_signature": False})
    assert world.folders({POOLS: token}) == set()


@pytest.mark.parametrize("value", ["a" * 257, "reef;shore", ["reef", "shore"], {"a": 1}])
def test_claims_that_are_no_tags_are_outside_the_lab(world: Tidepool, value: Any) -> None:
    world.map(PrincipalTags=SECTION)
    with pytest.raises(OutsideTheLab, match="tags"):
        world.credentials(world.login("mara", **{"custom:section": value}))


def test_all_tags_together_have_a_limit(world: Tidepool) -> None:
    world.map(PrincipalTags={"a": "a", "b": "b"})
    assert world.credentials(world.login("mara", a="x" * 229, b="x" * 229))
    with pytest.raises(OutsideTheLab, match="tags"):
        world.credentials(world.login("mara", a="x" * 229, b="x" * 230))


@pytest.mark.parametrize(
    ("claim", "good"),
    [
        ({"principal_tags": {"section": ["reef"]}}, True),
        ({"principal_tags": {"section": "reef"}}, True),
        ({}, True),
        ("section", False),
        ({"principal_tags": ["section"]}, False),
        ({"principal_tags": {"section": ["reef", "shore"]}}, False),
        ({"principal_tags": {"section": []}}, False),
        ({"principal_tags": {"section": [5]}}, False),
        ({"principal_tags": {"section": 5}}, False),
        ({"principal_tags": {"section": {"reef": "shore"}}}, False),
        ({"principal_tags": {"section": ["a" * 257]}}, False),
        ({"principal_tags": {"s" * 129: ["a"]}}, False),
        ({"principal_tags": {f"t{n}": ["a"] for n in range(50)}}, True),
        ({"principal_tags": {f"t{n}": ["a"] for n in range(51)}}, False),
    ],
)
def test_tags_in_any_providers_token_at_sts(world: Tidepool, claim: Any, good: bool) -> None:
    document = trust(GOOGLE_CLIENT, None, "accounts.google.com")
    document["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    token = world.google.token("g", GOOGLE_CLIENT, **{"https://aws.amazon.com/tags": claim})
    ask = {"RoleSessionName": "app", "WebIdentityToken": token, "RoleArn": world.role("diver", document)}
    if good:
        assert world.sts.assume_role_with_web_identity(**ask)
    else:
        with refused("InvalidIdentityToken", "Invalid session tags"):
            world.sts.assume_role_with_web_identity(**ask)


def test_transitive_tags_are_refused_by_name(world: Tidepool) -> None:
    document = trust(GOOGLE_CLIENT, None, "accounts.google.com")
    document["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    role = world.role("diver", document)
    for keys in ([], ["section"]):
        claim = {"principal_tags": {"section": ["reef"]}, "transitive_tag_keys": keys}
        token = world.google.token("g", GOOGLE_CLIENT, **{"https://aws.amazon.com/tags": claim})
        ask = {"RoleSessionName": "app", "WebIdentityToken": token, "RoleArn": role}
        if keys:
            with pytest.raises(OutsideTheLab, match="Transitive"):
                world.sts.assume_role_with_web_identity(**ask)
        else:
            assert world.sts.assume_role_with_web_identity(**ask)
