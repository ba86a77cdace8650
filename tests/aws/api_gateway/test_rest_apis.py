"""REST APIs: which token opens which method, what others are told, and when a change counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.api_gateway import BEHIND, Gateway, ask, gateway
from support.iam_people import allow, make_user, refusal

from cognito_lab import OutsideTheLab

UNAUTHORIZED = (401, "Unauthorized")
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_nobody000"


@pytest.fixture
def w() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


def test_a_method_without_scopes_takes_id_tokens_alone(w: Gateway) -> None:
    address, tokens = w.rest_api(), w.users.sign_in()
    assert ask(f"{address}/id", tokens["IdToken"])[0] == 200
    assert ask(f"{address}/id", f"Bearer {tokens['IdToken']}")[0] == 200
    assert ask(f"{address}/id", tokens["AccessToken"]) == UNAUTHORIZED


def test_a_method_with_scopes_takes_access_tokens_with_one_of_them(w: Gateway) -> None:
    address, tokens = w.rest_api(), w.users.sign_in()
    assert ask(f"{address}/scoped", w.machine_token())[0] == 200
    assert ask(f"{address}/users", tokens["AccessToken"])[0] == 200
    assert ask(f"{address}/scoped", tokens["AccessToken"])[0] == 403
    assert ask(f"{address}/users", tokens["IdToken"]) == UNAUTHORIZED


def test_no_token_and_tokens_that_do_not_count(w: Gateway) -> None:
    address, token = f"{w.rest_api()}/id", w.users.sign_in()["IdToken"]
    head, claims, signature = token.split(".")
    for other in (None, "", "Bearer ", "mara", "a.b.c", f"{head}.{claims}.{'A' * len(signature)}"):
        assert ask(address, other) == UNAUTHORIZED
    w.users.new_pool(AutoVerifiedAttributes=["email"])
    w.users.member()
    assert ask(address, w.users.sign_in()["IdToken"]) == UNAUTHORIZED


def test_any_client_of_the_pool_will_do(w: Gateway) -> None:
    address, other = w.rest_api(), w.users.new_client()["ClientId"]
    assert ask(f"{address}/id", w.users.sign_in(client=other)["IdToken"])[0] == 200


def test_a_token_that_has_expired(w: Gateway) -> None:
    address, token = f"{w.rest_api()}/id", w.users.sign_in()["IdToken"]
    assert ask(address, token)[0] == 200
    w.lab.travel(hours=1)
    assert ask(address, token) == (401, "The incoming token has expired")


def test_what_was_found_out_is_kept_for_the_authorizers_lifetime(w: Gateway) -> None:
    """The expiry of a token that was looked at a minute ago goes unseen for a while."""
    kept, fresh = w.rest_api(), w.rest_api(authorizerResultTtlInSeconds=0)
    token = w.users.sign_in()["IdToken"]
    w.lab.travel(minutes=59)
    assert ask(f"{kept}/id", token)[0] == ask(f"{fresh}/id", token)[0] == 200
    w.lab.travel(minutes=2)
    assert ask(f"{kept}/id", token)[0] == 200
    assert ask(f"{fresh}/id", token)[0] == 401
    w.lab.travel(minutes=3)
    assert ask(f"{kept}/id", token)[0] == 401


def test_the_cache_is_flushed(w: Gateway) -> None:
    address, token = f"{w.rest_api()}/id", w.users.sign_in()["IdToken"]
    w.lab.travel(minutes=59)
    assert ask(address, token)[0] == 200
    w.lab.travel(minutes=2)
    w.rest.flush_stage_authorizers_cache(restApiId=w.rest_id, stageName="prod")
    assert ask(address, token)[0] == 401


def test_a_revocation_is_not_known(w: Gateway) -> None:
    address, tokens = w.rest_api(authorizerResultTtlInSeconds=0), w.users.sign_in()
    w.users.idp.global_sign_out(AccessToken=tokens["AccessToken"])
    assert ask(f"{address}/users", tokens["AccessToken"])[0] == 200
    assert ask(f"{address}/id", tokens["IdToken"])[0] == 200


def test_the_token_comes_in_the_header_that_the_authorizer_names(w: Gateway) -> None:
    address = w.rest_api(identitySource="method.request.header.X-Token")
    token = w.users.sign_in()["IdToken"]
    assert ask(f"{address}/id", token) == UNAUTHORIZED
    assert ask(f"{address}/id", **{"X-Token": token})[0] == 200


def test_what_is_not_there_says_no_more_than_that(w: Gateway) -> None:
    address = w.rest_api()
    assert ask(f"{address}/open")[0] == 200
    assert ask(f"{address}/nothing") == (403, "Missing Authentication Token")
    assert requests.post(f"{address}/open", timeout=5).status_code == 403
    assert ask(f"{address}") == (403, "Missing Authentication Token")
    assert ask(address.replace("/prod", "/test/open")) == (403, "Forbidden")
    assert ask("https://nobody0000.execute-api.us-east-1.amazonaws.com/prod") == (403, "Forbidden")
    assert ask(address.replace("us-east-1", "eu-west-1") + "/open") == (403, "Forbidden")


def test_a_change_counts_from_the_next_deployment_on(w: Gateway) -> None:
    address = w.rest_api()
    w.rest_method("later", "NONE")
    assert ask(f"{address}/later")[0] == 403
    w.deploy()
    assert ask(f"{address}/later")[0] == 200


def test_the_server_behind_gets_the_request_and_what_is_mapped(w: Gateway) -> None:
    address, token = w.rest_api(), w.users.sign_in()["IdToken"]
    mapped = {
        "integration.request.path.proxy": "method.request.path.proxy",
        "integration.request.header.X-Name": "context.authorizer.claims.cognito:username",
        "integration.request.header.X-None": "context.authorizer.claims.nothing",
        "integration.request.header.X-From": "'gateway'",
    }
    w.rest_method(
        "{proxy+}", "COGNITO_USER_POOLS", "ANY", uri=f"{BEHIND}/behind/{{proxy}}", requestParameters=mapped
    )
    w.deploy()
    headers = {"Authorization": token, "X-Name": "ines", "X-None": "rook"}
    said = requests.post(f"{address}/a/b%20c?d=e", data="f", headers=headers, timeout=5).json()
    assert (said["method"], said["path"], said["query"]) == ("POST", "/behind/a/b c", "d=e")
    assert said["body"] == "f" and said["headers"]["Host"] == "api.tidepool.example"
    assert (said["headers"]["X-Name"], said["headers"]["X-From"]) == ("mara", "gateway")
    assert "X-None" not in said["headers"]


def test_a_fixed_path_goes_before_a_variable_and_a_method_before_any(w: Gateway) -> None:
    address = w.rest_api()
    w.rest_method("{name}", "NONE", uri=f"{BEHIND}/variable")
    w.rest_method("{rest+}", "NONE", "ANY", uri=f"{BEHIND}/greedy")
    w.deploy()
    assert requests.get(f"{address}/open", timeout=5).json()["path"] == "/open"
    assert requests.get(f"{address}/else", timeout=5).json()["path"] == "/variable"
    assert requests.get(f"{address}/else/more", timeout=5).json()["path"] == "/greedy"


# -- the operations that make an API -------------------------------------------------------------------


def test_what_was_made_is_told(w: Gateway) -> None:
    w.rest_api()
    rest, api = w.rest, {"restApiId": w.rest_id}
    assert rest.get_rest_api(**api)["name"] == "tidepool"
    assert [row["id"] for row in rest.get_rest_apis()["items"]] == [w.rest_id]
    assert boto3.client("apigateway", "eu-west-1").get_rest_apis()["items"] == []
    paths = {row["path"]: row for row in rest.get_resources(**api)["items"]}
    assert paths.keys() == {"/", "/open", "/id", "/scoped", "/users", "/signed"}
    scoped = {**api, "resourceId": paths["/scoped"]["id"], "httpMethod": "GET"}
    method = rest.get_method(**scoped)
    assert (method["authorizationScopes"], method["authorizerId"]) == (["pictures/read"], w.authorizer)
    assert method["methodIntegration"]["uri"] == f"{BEHIND}/scoped"
    assert rest.get_authorizers(**api)["items"][0]["authorizerResultTtlInSeconds"] == 300
    assert rest.get_stages(**api)["item"][0]["stageName"] == "prod"
    rest.delete_method(**scoped)
    assert refusal(rest.get_method, **scoped)[:2] == ("NotFoundException", 404)
    rest.delete_rest_api(**api)
    assert refusal(rest.get_rest_api, **api)[:2] == ("NotFoundException", 404)


def test_what_cannot_be_made(w: Gateway) -> None:
    w.rest_api()
    rest, api = w.rest, {"restApiId": w.rest_id}

    def made(call: Any, **given: Any) -> tuple[str, int]:
        return refusal(call, **api, **given)[:2]

    bad, conflict = ("BadRequestException", 400), ("ConflictException", 409)
    place = {"resourceId": w.root, "httpMethod": "GET"}
    assert made(rest.create_resource, parentId=w.root, pathPart="open") == conflict
    assert made(rest.create_resource, parentId="none", pathPart="more") == ("NotFoundException", 404)
    assert made(rest.create_resource, parentId=w.root, pathPart="a/b") == bad
    assert made(rest.put_method, **place, authorizationType="COGNITO_USER_POOLS") == bad
    assert made(rest.put_method, **place, authorizationType="MAGIC") == bad
    rest.put_method(**api, **place, authorizationType="NONE")
    assert made(rest.put_method, **place, authorizationType="NONE") == conflict
    assert made(rest.create_deployment, stageName="prod") == bad  # a method with nothing behind it
    given: dict[str, Any] = {**place, "type": "HTTP_PROXY", "uri": BEHIND}
    assert made(rest.put_integration, **given) == bad
    assert made(rest.put_integration, **given | {"uri": "here"}, integrationHttpMethod="GET") == bad
    kind: dict[str, Any] = {"name": "a", "type": "COGNITO_USER_POOLS"}
    assert made(rest.create_authorizer, **kind) == bad
    assert made(rest.create_authorizer, **kind, providerARNs=["mara"]) == bad
    kind |= {"providerARNs": [POOL]}
    assert made(rest.create_authorizer, **kind, authorizerResultTtlInSeconds=3601) == bad
    assert made(rest.create_authorizer, **kind, identitySource="method.request.querystring.t") == bad
    empty = rest.create_rest_api(name="empty")["id"]
    assert refusal(rest.create_deployment, restApiId=empty, stageName="a")[0] == "BadRequestException"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("create_rest_api", {"name": "a", "policy": "{}"}),
        ("create_rest_api", {"name": "a", "disableExecuteApiEndpoint": True}),
        ("get_usage_plans", {}),
        ("create_domain_name", {"domainName": "api.tidepool.example"}),
    ],
)
def test_what_the_lab_does_not_play_is_refused_by_name(w: Gateway, call: str, given: Any) -> None:
    with pytest.raises(OutsideTheLab, match="not played by this lab"):
        getattr(w.rest, call)(**given)


def test_lambda_authorizers_and_api_keys_are_refused_by_name(w: Gateway) -> None:
    w.rest_api()
    for call, given in (
        (w.rest.create_authorizer, {"name": "a", "type": "TOKEN"}),
        (w.rest.put_method, {"resourceId": w.root, "httpMethod": "GET", "authorizationType": "CUSTOM"}),
        (w.rest.create_deployment, {}),
    ):
        with pytest.raises(OutsideTheLab, match="not played by this lab"):
            call(restApiId=w.rest_id, **given)


def test_policies_judge_by_method_and_path(w: Gateway) -> None:
    w.rest_api()
    mine = f"arn:aws:apigateway:us-east-1::/restapis/{w.rest_id}"
    reader = boto3.client("apigateway", **make_user("ines", allow("apigateway:GET", mine)))
    assert reader.get_rest_api(restApiId=w.rest_id)["id"] == w.rest_id
    denied = ("AccessDeniedException", 403)
    assert refusal(reader.delete_rest_api, restApiId=w.rest_id)[:2] == denied
    assert refusal(reader.get_rest_apis)[:2] == denied
    assert refusal(boto3.client("apigatewayv2", **make_user("ben")).get_apis)[:2] == denied
