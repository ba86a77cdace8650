"""Resource servers, their scopes, and programs that act for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.managed_login import DOMAIN, OAUTH, Pages, error, pages
from support.user_pools import read, refused

from cognito_lab.aws.managed_login.oauth import token_endpoint

READ, WRITE = "https://api.tidepool.example/read", "https://api.tidepool.example/write"
MACHINE: dict[str, Any] = {
    "GenerateSecret": True,
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": [READ, WRITE],
}


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        it.idp.create_resource_server(
            UserPoolId=it.pool, Identifier="https://api.tidepool.example", Name="Pictures",
            Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")],
        )  # fmt: skip
        yield it


def test_resource_servers(it: Pages) -> None:
    named = {"UserPoolId": it.pool, "Identifier": "https://api.tidepool.example"}
    found = it.idp.describe_resource_server(**named)["ResourceServer"]
    assert found["Name"] == "Pictures" and found["Scopes"][1]["ScopeName"] == "write"
    with refused("InvalidParameterException"):
        it.idp.create_resource_server(**named, Name="Again")
    it.idp.update_resource_server(**named, Name="Photos")
    assert it.idp.describe_resource_server(**named)["ResourceServer"]["Scopes"] == []  # replaced
    it.idp.delete_resource_server(**named)
    with refused("ResourceNotFoundException"):
        it.idp.describe_resource_server(**named)
    with refused("ResourceNotFoundException"):
        it.idp.update_resource_server(**named, Name="Photos")
    with refused("ResourceNotFoundException"):
        it.idp.delete_resource_server(**named)


def test_they_are_listed_in_pages_and_there_are_25(it: Pages) -> None:
    for number in range(24):
        it.idp.create_resource_server(UserPoolId=it.pool, Identifier=f"api-{number}", Name="x")
    with refused("LimitExceededException"):
        it.idp.create_resource_server(UserPoolId=it.pool, Identifier="api-24", Name="x")
    first = it.idp.list_resource_servers(UserPoolId=it.pool, MaxResults=20)
    rest = it.idp.list_resource_servers(UserPoolId=it.pool, MaxResults=20, NextToken=first["NextToken"])
    assert len(first["ResourceServers"]) == 20 and len(rest["ResourceServers"]) == 5


@pytest.mark.parametrize(
    ("identifier", "scope"), [("a b", "read"), ('a"', "read"), ("x" * 257, "read"), ("api", "re/ad")]
)
def test_names_that_a_list_could_not_hold_are_refused(it: Pages, identifier: str, scope: str) -> None:
    with refused("InvalidParameterException"):
        it.idp.create_resource_server(
            UserPoolId=it.pool, Identifier=identifier, Name="x",
            Scopes=[{"ScopeName": scope, "ScopeDescription": "x"}],
        )  # fmt: skip


def test_a_client_may_have_scopes_that_exist(it: Pages) -> None:
    with refused("ScopeDoesNotExistException"):
        it.oauth_client(AllowedOAuthScopes=["https://api.tidepool.example/delete"])
    client = it.oauth_client(AllowedOAuthScopes=["openid", READ])["ClientId"]
    token = it.redeem(it.code_of(client_id=client), client_id=client).json()["access_token"]
    assert read(token)["scope"] == f"openid {READ}"
    with refused("InvalidOAuthFlowException"):
        it.new_client(**(MACHINE | {"AllowedOAuthScopes": ["openid"]}))
    with refused("InvalidOAuthFlowException"):
        it.new_client(**(MACHINE | {"GenerateSecret": False}))
    with refused("InvalidOAuthFlowException"):
        it.new_client(**(MACHINE | {"AllowedOAuthFlows": ["client_credentials", "code"]}))


@pytest.fixture
def robot(it: Pages) -> dict[str, Any]:
    return it.new_client(**MACHINE)


def ask(it: Pages, robot: dict[str, Any], **fields: Any) -> Any:
    shown = {"auth": (robot["ClientId"], robot["ClientSecret"]), **fields}
    return it.token(**{"client_id": None, "grant_type": "client_credentials", **shown})


def test_a_program_gets_an_access_token_of_its_own_and_no_more(it: Pages, robot: dict[str, Any]) -> None:
    answer = ask(it, robot)
    assert answer.status_code == 200 and answer.json().keys() == {"access_token", "expires_in", "token_type"}
    claims = read(answer.json()["access_token"])
    assert claims["sub"] == claims["client_id"] == robot["ClientId"] and claims["token_use"] == "access"
    assert claims["scope"] == f"{READ} {WRITE}" and claims["version"] == 2
    assert "username" not in claims and "event_id" not in claims
    assert read(ask(it, robot, scope=READ).json()["access_token"])["scope"] == READ


def test_the_token_of_a_program_is_nobodys(it: Pages, robot: dict[str, Any]) -> None:
    token = ask(it, robot).json()["access_token"]
    with refused("NotAuthorizedException", "Access Token does not have required scopes"):
        it.idp.get_user(AccessToken=token)
    shown = {"authorization": f"Bearer {token}"}
    answer = requests.get(f"{DOMAIN}/oauth2/userInfo", headers=shown)
    assert error(answer, "invalid_token", 401) == "Access token does not contain openid scope"


def test_a_program_gets_no_scope_that_it_may_not_have(it: Pages, robot: dict[str, Any]) -> None:
    error(ask(it, robot, scope="openid"), "invalid_scope")
    error(ask(it, robot, scope=f"{READ} openid"), "invalid_scope")


def test_settings_that_are_stored_and_not_in_force_grant_nothing(
    it: Pages, robot: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = it.new_client(**{**MACHINE, "AllowedOAuthFlowsUserPoolClient": False})
    error(ask(it, asleep), "invalid_grant")
    assert ask(it, robot).status_code == 200
    monkeypatch.setattr(token_endpoint, "check_oauth_is_on", lambda client: None)
    error(ask(it, asleep), "unauthorized_client")


@pytest.mark.parametrize("scope", ["openid", "email", "aws.cognito.signin.user.admin"])
def test_a_scope_of_people_does_not_go_with_client_credentials(it: Pages, scope: str) -> None:
    with refused("InvalidOAuthFlowException", f"{scope} is not supported with client_credentials flow"):
        it.new_client(**{**MACHINE, "AllowedOAuthScopes": [READ, scope]})


def test_a_program_shows_its_secret(
    it: Pages, robot: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    error(ask(it, robot, auth=None, client_id=robot["ClientId"]), "invalid_client")
    error(ask(it, robot, auth=(robot["ClientId"], "wrong")), "invalid_client")
    monkeypatch.setattr(token_endpoint, "check_secret", lambda *_: None)
    assert ask(it, robot, auth=(robot["ClientId"], "wrong")).status_code == 200


def test_a_client_for_people_is_not_one_for_programs(
    it: Pages, robot: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    web = it.oauth_client(GenerateSecret=True)
    error(ask(it, web), "unauthorized_client")
    error(
        it.redeem("x", client_id=None, auth=(robot["ClientId"], robot["ClientSecret"])), "unauthorized_client"
    )
    it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=robot["ClientId"], **OAUTH)
    error(ask(it, robot), "unauthorized_client")
    monkeypatch.setattr(token_endpoint, "check_flow", lambda *_: None)
    assert ask(it, web).status_code == 200


def test_a_program_s_token_is_nobody_s_at_the_api(it: Pages, robot: dict[str, Any]) -> None:
    token = ask(it, robot).json()["access_token"]
    with refused("NotAuthorizedException"):
        it.idp.get_user(AccessToken=token)
    answer = requests.get(f"{DOMAIN}/oauth2/userInfo", headers={"authorization": f"Bearer {token}"})
    error(answer, "invalid_token", 401)
