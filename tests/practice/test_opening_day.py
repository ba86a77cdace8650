"""The first day of lesson 15: what is tried there can go wrong, and can go right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from werkzeug.wrappers import Response

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


def what_works(lab: Lab, parts: dict[str, Any]) -> dict[str, bool]:
    """By its sentence, whether a try works at what these parts build."""
    account = opening.built(opening.account_of(lab.scene("opening_day"), lab), parts)
    lab.host("api.tidepool.example", Response())
    day = opening.Day(account, lab)
    return {one.who: not opening.outcome_of(lambda one=one: one.does(day)) for one in opening.TRIES}


def test_at_what_the_solutions_build_everything_goes_as_the_club_wishes(lab: Lab) -> None:
    works = what_works(lab, opening.solved(*opening.PARTS))
    assert works == {one.who: one.allowed for one in opening.TRIES}
    assert len(works) == len(opening.TRIES), "no sentence stands twice"
    assert {one.wish for one in opening.TRIES} == set(range(1, 11))


def test_at_nothing_nothing_works_but_the_open_api(lab: Lab) -> None:
    works = what_works(lab, {})
    assert [who for who, does in works.items() if does] == [
        "Somebody without a token reads the readings",
        "Somebody without a token writes a reading",
        "Rook writes a reading with a token of his own user pool",
    ]


def test_where_everything_is_open_everything_works_that_should_not(lab: Lab) -> None:
    works = what_works(lab, OPEN)
    assert [one.who for one in opening.TRIES if not one.allowed and not works[one.who]] == []


def test_other_ways_that_do_as_the_club_wishes_pass_too(lab: Lab) -> None:
    works = what_works(lab, OTHERWISE)
    assert works == {one.who: one.allowed for one in opening.TRIES}


RIGHTS = [
    "iam:ListRoles", "s3:ListAllMyBuckets", "dynamodb:ListTables", "lambda:ListFunctions",
    "secretsmanager:ListSecrets", "cognito-idp:ListUsers",
]  # fmt: skip


def test_each_right_beside_the_pictures_is_found_with_whoever_has_it(lab: Lab) -> None:
    parts = opening.solved("directory", "doors", "rights")
    account = opening.built(opening.account_of(lab.scene("opening_day"), lab), parts)
    day = opening.Day(account, lab)
    assert len(RIGHTS) == len(opening.LISTS) + 1
    for right in RIGHTS:
        allow = {"Effect": "Allow", "Action": right, "Resource": "*"}
        more = {
            "PolicyName": "more",
            "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": allow}),
        }
        for who, role in (("rook", "tidepool-member"), ("ines", "tidepool-curator")):
            assert not day.finds_more_in_the_account(who)
            account.iam.put_role_policy(RoleName=role, **more)
            assert day.finds_more_in_the_account(who), right
            account.iam.delete_role_policy(RoleName=role, PolicyName="more")


def test_what_the_lab_does_not_play_is_no_refusal_of_a_try(lab: Lab) -> None:
    with pytest.raises(OutsideTheLab):
        opening.outcome_of(lambda: boto3.client("iam").list_access_keys(UserName="program"))


# -- a set-up with every hole that a try looks for --------------------------------------------------


def open_directory(account: SimpleNamespace) -> dict[str, str]:
    policy = {"MinimumLength": 6} | dict.fromkeys(
        [f"Require{kind}" for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")], False
    )
    pool = account.user_pools.create_user_pool(
        PoolName="open", AutoVerifiedAttributes=["email"], Policies={"PasswordPolicy": policy}
    )["UserPool"]["Id"]
    client = account.user_pools.create_user_pool_client(
        UserPoolId=pool, ClientName="open",
        ExplicitAuthFlows=[
            f"ALLOW_{flow}_AUTH" for flow in ("USER_SRP", "USER_PASSWORD", "USER", "REFRESH_TOKEN")
        ],
    )["UserPoolClient"]["ClientId"]  # fmt: skip
    account.user_pools.create_group(UserPoolId=pool, GroupName="curators")
    return {"pool": pool, "client": client}


def open_ways(account: SimpleNamespace) -> None:
    opening.solved("ways in")["ways in"](account)
    account.user_pools.create_resource_server(
        UserPoolId=account.pool, Identifier="tides", Name="Tides",
        Scopes=[{"ScopeName": "write", "ScopeDescription": "Write"}],
    )  # fmt: skip
    client = {"UserPoolId": account.pool, "ClientId": account.client}
    now = account.user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    kept = {name: value for name, value in now.items() if not name.endswith("Date")}
    scopes = ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin", "tides/write"]
    flows, places = ["code", "implicit"], [account.callback, "https://rook.example/"]
    account.user_pools.update_user_pool_client(
        **{**kept, "AllowedOAuthScopes": scopes, "AllowedOAuthFlows": flows, "CallbackURLs": places}
    )


def open_doors(account: SimpleNamespace) -> dict[str, str]:
    issuer = f"cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    pool = account.identity_pools.create_identity_pool(
        IdentityPoolName="open", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": account.client}],
    )["IdentityPoolId"]  # fmt: skip
    anybody = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"cognito-identity.amazonaws.com:aud": f"{account.region}:*"}},
    }
    anything = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody, anything]})
    arns = [account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            for name in opening.ROLES]  # fmt: skip
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"unauthenticated": arns[0], "authenticated": arns[1]}
    )
    return {"identity_pool": pool}


def open_rights(account: SimpleNamespace) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    for role in opening.ROLES:
        account.iam.put_role_policy(RoleName=role, PolicyName="open", PolicyDocument=document)


OPEN = {"directory": open_directory, "ways in": open_ways, "doors": open_doors, "rights": open_rights}


# -- other ways to fulfil the wishes ------------------------------------------------------------------


def rotating_directory(account: SimpleNamespace) -> dict[str, str]:
    """The settings come later, by updates; refresh tokens rotate, and lifetimes are in seconds."""
    pools = account.user_pools
    pool = pools.create_user_pool(PoolName="other", UsernameAttributes=["email"])["UserPool"]["Id"]
    pools.create_group(UserPoolId=pool, GroupName="curators", Precedence=1)
    client = pools.create_user_pool_client(UserPoolId=pool, ClientName="other")["UserPoolClient"]["ClientId"]
    pools.update_user_pool(
        UserPoolId=pool, AutoVerifiedAttributes=["email"], Policies={"PasswordPolicy": {"MinimumLength": 12}},
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )  # fmt: skip
    pools.update_user_pool_client(
        UserPoolId=pool, ClientId=client, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
        PreventUserExistenceErrors="ENABLED",
        IdTokenValidity=900, AccessTokenValidity=900, RefreshTokenValidity=28800,
        TokenValidityUnits=dict.fromkeys(["IdToken", "AccessToken", "RefreshToken"], "seconds"),
    )  # fmt: skip
    return {"pool": pool, "client": client}


def doors_by_rules(account: SimpleNamespace) -> dict[str, str]:
    """A rule gives the role of curators; the roles have a path, and the trust policies are made later."""
    issuer = f"cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    pool = account.identity_pools.create_identity_pool(
        IdentityPoolName="other", AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[
            {"ProviderName": issuer, "ClientId": account.client, "ServerSideTokenCheck": True}
        ],
    )["IdentityPoolId"]  # fmt: skip

    def role(kind: str, came: str) -> str:
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": ["cognito-identity.amazonaws.com"]},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": [pool]},
                "ForAnyValue:StringEquals": {"cognito-identity.amazonaws.com:amr": [came]},
            },
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        wish = {"RoleName": f"tidepool-{kind}", "Path": "/club/", "AssumeRolePolicyDocument": document}
        return account.iam.create_role(**wish)["Role"]["Arn"]

    rule = {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "curators",
            "RoleARN": role("curator", "authenticated")}  # fmt: skip
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole",
               "RulesConfiguration": {"Rules": [rule]}}  # fmt: skip
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=pool,
        Roles={
            "authenticated": role("member", "authenticated"),
            "unauthenticated": role("visitor", "unauthenticated"),
        },
        RoleMappings={f"{issuer}:{account.client}": mapping},
    )
    return {"identity_pool": pool}


def rights_by_managed_policies(account: SimpleNamespace) -> None:
    """Policies that are attached: one is shared by all, and denies what it does not name."""
    bucket, me = f"arn:aws:s3:::{account.bucket}", "own/${cognito-identity.amazonaws.com:sub}/"
    gallery, members, own = f"{bucket}/gallery/*", f"{bucket}/members/*", f"{bucket}/{me}*"

    def policy(name: str, *statements: dict[str, Any]) -> str:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        made = account.iam.create_policy(PolicyName=name, PolicyDocument=document)
        return made["Policy"]["Arn"]

    see = policy(
        "see",
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": gallery},
        {"Effect": "Deny", "Action": "s3:*", "Resource": f"{bucket}/drafts/*"},
    )
    folder = policy(
        "folder",
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [members, own]},
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": own},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket,
         "Condition": {"StringEquals": {"s3:prefix": me}}},
    )  # fmt: skip
    hang = policy(
        "hang", {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": gallery}
    )
    attached = {"visitor": [see], "member": [see, folder], "curator": [see, folder, hang]}
    for kind, arns in attached.items():
        for arn in arns:
            account.iam.attach_role_policy(RoleName=f"tidepool-{kind}", PolicyArn=arn)


def guard_for_each_route(account: SimpleNamespace) -> dict[str, str]:
    """An authorizer for each route: writing is for tokens of the gauge only, so it needs no scope."""
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    account.user_pools.create_resource_server(
        UserPoolId=account.pool, Identifier="tides", Name="T", Scopes=scopes
    )
    gauge = account.user_pools.create_user_pool_client(
        UserPoolId=account.pool, ClientName="gauge", GenerateSecret=True, ExplicitAuthFlows=[],
        AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["tides/write"],
    )["UserPoolClient"]  # fmt: skip
    issuer = f"https://cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    audiences = {
        account.read_route: [account.client, gauge["ClientId"]],
        account.write_route: [gauge["ClientId"]],
    }
    for route, audience in audiences.items():
        authorizer = account.gateway.create_authorizer(
            ApiId=account.api, Name=route, AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": audience},
        )["AuthorizerId"]  # fmt: skip
        account.gateway.update_route(
            ApiId=account.api, RouteId=route, AuthorizationType="JWT", AuthorizerId=authorizer
        )
    return {"gauge": gauge["ClientId"], "gauge_secret": gauge["ClientSecret"]}


OTHERWISE = {
    "directory": rotating_directory,
    "ways in": opening.solved("ways in")["ways in"],
    "doors": doors_by_rules,
    "rights": rights_by_managed_policies,
    "gauge": guard_for_each_route,
}
