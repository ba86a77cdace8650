"""The first day of lesson 15: what is tried there can go wrong, and can go right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.wrappers import Response

from cognito_lab import Lab
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
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
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
    scopes = ["openid", "email", "aws.cognito.signin.user.admin", "tides/write"]
    flows = ["code", "implicit"]
    account.user_pools.update_user_pool_client(
        **{**kept, "AllowedOAuthScopes": scopes, "AllowedOAuthFlows": flows}
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
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    arns = [account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            for name in opening.ROLES]  # fmt: skip
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"unauthenticated": arns[0], "authenticated": arns[1]}
    )
    return {"identity_pool": pool}


def open_rights(account: SimpleNamespace) -> None:
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    for role in opening.ROLES:
        account.iam.put_role_policy(RoleName=role, PolicyName="open", PolicyDocument=document)


OPEN = {"directory": open_directory, "ways in": open_ways, "doors": open_doors, "rights": open_rights}
