"""A function behind a method or a route: its event, its answer, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import requests
from support.api_gateway import Gateway, ask_signed, gateway
from support.iam_people import allow, make_role, refusal, session_of
from support.lambda_functions import make_function

from cognito_lab import OutsideTheLab

ECHO = (
    "import json\n\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
)


@pytest.fixture
def w() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


def may_be_invoked(api: str, name: str = "behind", place: str = "*") -> None:
    boto3.client("lambda").add_permission(
        FunctionName=name, StatementId="gateway", Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api}/{place}",
    )  # fmt: skip


def rest_address(w: Gateway, text: str = ECHO, kind: str = "NONE", place: str = "*", **more: Any) -> str:
    """The address of a REST API with a function behind ``/pictures/{name}``."""
    address = w.rest_api()
    arn = make_function("behind", text)
    may_be_invoked(w.rest_id, place=place)
    api = {"restApiId": w.rest_id}
    parent = w.rest.create_resource(**api, parentId=w.root, pathPart="pictures")["id"]
    resource = w.rest.create_resource(**api, parentId=parent, pathPart="{name}")["id"]
    method = {**api, "resourceId": resource, "httpMethod": "ANY"}
    more |= {"authorizerId": w.authorizer} if kind == "COGNITO_USER_POOLS" else {}
    w.rest.put_method(**method, authorizationType=kind, **more)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    w.rest.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    w.deploy()
    return address


def http_address(w: Gateway, text: str = ECHO, kind: str = "NONE", version: str = "2.0", **more: Any) -> str:
    address = w.http_api([w.users.client])
    arn = make_function("also-behind", text)
    may_be_invoked(w.http_id, "also-behind")
    integration = w.http.create_integration(
        ApiId=w.http_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion=version
    )["IntegrationId"]
    more |= {"AuthorizerId": w.jwt} if kind == "JWT" else {}
    w.http.create_route(
        ApiId=w.http_id, RouteKey="ANY /pictures/{name}", AuthorizationType=kind,
        Target=f"integrations/{integration}", **more,
    )  # fmt: skip
    return address


def test_the_event_of_a_rest_api(w: Gateway) -> None:
    address = rest_address(w, kind="COGNITO_USER_POOLS")
    w.users.idp.create_group(GroupName="jury", UserPoolId=w.users.pool)
    w.users.idp.admin_add_user_to_group(GroupName="jury", UserPoolId=w.users.pool, Username="mara")
    headers = {"Authorization": w.users.sign_in()["IdToken"], "X-A": "b"}
    event = requests.post(f"{address}/pictures/a%20b?c=d&c=e", "f", headers=headers, timeout=9).json()
    assert (event["resource"], event["path"]) == ("/pictures/{name}", "/pictures/a%20b")
    assert (event["httpMethod"], event["body"], event["isBase64Encoded"]) == ("POST", "f", False)
    assert event["pathParameters"] == {"name": "a b"} and event["headers"]["X-A"] == "b"
    assert event["queryStringParameters"] == {"c": "e"}
    assert event["multiValueQueryStringParameters"] == {"c": ["d", "e"]}
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("prod", "/prod/pictures/a%20b")
    claims = context["authorizer"]["claims"]
    assert (claims["cognito:username"], claims["cognito:groups"]) == ("mara", "jury")
    assert claims["email_verified"] == "true" and all(isinstance(text, str) for text in claims.values())
    issued, ends = (datetime.strptime(claims[name], "%a %b %d %H:%M:%S UTC %Y") for name in ("iat", "exp"))
    assert int(claims["auth_time"]) == issued.replace(tzinfo=UTC).timestamp()
    assert ends - issued == timedelta(hours=1)


def test_the_event_of_an_http_api(w: Gateway) -> None:
    address = http_address(w, kind="JWT", AuthorizationScopes=["aws.cognito.signin.user.admin"])
    headers = {"Authorization": w.users.sign_in()["AccessToken"], "X-A": "b", "Cookie": "g=h; i=j"}
    event = requests.put(f"{address}/pictures/crab?c=d&c=e", b"\xff", headers=headers, timeout=9).json()
    assert (event["version"], event["routeKey"]) == ("2.0", "ANY /pictures/{name}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/pictures/crab", "c=d&c=e")
    assert event["headers"]["x-a"] == "b" and event["cookies"] == ["g=h", "i=j"]
    assert event["queryStringParameters"] == {"c": "d,e"} and event["pathParameters"] == {"name": "crab"}
    assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)
    context = event["requestContext"]
    assert context["http"]["method"] == "PUT" and context["stage"] == "$default"
    jwt = context["authorizer"]["jwt"]
    assert jwt["claims"]["exp"].isdecimal(), "as in the token"
    assert jwt["claims"]["username"] == "mara" and jwt["scopes"] == ["aws.cognito.signin.user.admin"]


def test_an_http_api_may_give_the_first_version(w: Gateway) -> None:
    address = http_address(w, version="1.0")
    event = requests.get(f"{address}/pictures/crab", timeout=9).json()
    assert (event["version"], event["resource"], event["path"]) == (
        "1.0",
        "/pictures/{name}",
        "/pictures/crab",
    )
    assert event["body"] is None and event["queryStringParameters"] is None
    assert "authorizer" not in event["requestContext"]


def test_who_signed_is_in_the_event(w: Gateway) -> None:
    may = session_of(make_role("members", allow("execute-api:Invoke")))
    arn = "arn:aws:sts::123456789012:assumed-role/members/mara"
    rest = ask_signed(f"{rest_address(w, kind='AWS_IAM')}/pictures/crab", may).json()
    assert rest["requestContext"]["identity"]["userArn"] == arn
    http = ask_signed(f"{http_address(w, kind='AWS_IAM')}/pictures/crab", may).json()
    assert http["requestContext"]["authorizer"]["iam"]["userArn"] == arn


@pytest.mark.parametrize(
    ("said", "status", "body", "header"),
    [
        ("{'statusCode': 201, 'headers': {'X-A': 'b'}, 'body': 'c'}", 201, b"c", "b"),
        ("{'statusCode': '204'}", 204, b"", None),
        ("{'statusCode': 200, 'body': '/w==', 'isBase64Encoded': True}", 200, b"\xff", None),
    ],
)
def test_the_answer_of_a_function(
    w: Gateway, said: str, status: int, body: bytes, header: str | None
) -> None:
    text = f"def handler(event, context):\n    return {said}\n"
    for address in (rest_address(w, text), http_address(w, text)):
        answer = requests.get(f"{address}/pictures/crab", timeout=9)
        assert (answer.status_code, answer.content, answer.headers.get("x-a")) == (status, body, header)


@pytest.mark.parametrize(
    "said", ["'crab'", "None", "{}", "{'statusCode': 'x'}", "{'statusCode': 200, 'body': {}}", "1 / 0"]
)
def test_what_is_no_answer(w: Gateway, said: str) -> None:
    address = rest_address(w, f"def handler(event, context):\n    return {said}\n")
    answer = requests.get(f"{address}/pictures/crab", timeout=9)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_an_http_api_takes_anything_without_a_status_as_a_body(w: Gateway) -> None:
    address = http_address(w, "def handler(event, context):\n    return ['crab']\n")
    answer = requests.get(f"{address}/pictures/crab", timeout=9)
    assert (answer.status_code, answer.json()) == (200, ["crab"])


def test_a_function_that_fails_behind_an_http_api(w: Gateway) -> None:
    address = http_address(w, "def handler(event, context):\n    raise ValueError\n")
    answer = requests.get(f"{address}/pictures/crab", timeout=9)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_function_that_does_not_let_the_gateway_in(w: Gateway) -> None:
    address = rest_address(w, place="prod/GET/pictures/*")
    assert requests.get(f"{address}/pictures/crab", timeout=9).status_code == 200
    assert requests.post(f"{address}/pictures/crab", timeout=9).status_code == 500
    boto3.client("lambda").remove_permission(FunctionName="behind", StatementId="gateway")
    assert requests.get(f"{address}/pictures/crab", timeout=9).status_code == 500
    boto3.client("lambda").delete_function(FunctionName="behind")
    assert requests.get(f"{address}/pictures/crab", timeout=9).status_code == 500


def test_a_token_is_asked_for_before_the_function(w: Gateway) -> None:
    address = rest_address(w, kind="COGNITO_USER_POOLS")
    assert requests.get(f"{address}/pictures/crab", timeout=9).status_code == 401
    assert w.lab.logs("behind") == ""


def test_what_is_no_function(w: Gateway) -> None:
    w.http_api([w.users.client])
    given: dict[str, Any] = {"ApiId": w.http_id, "IntegrationType": "AWS_PROXY"}
    assert (
        refusal(w.http.create_integration, **given, IntegrationUri="arn:aws:s3:::a")[0]
        == "BadRequestException"
    )
    uri = "arn:aws:lambda:us-east-1:123456789012:function:behind"
    with pytest.raises(OutsideTheLab, match="not played by this lab"):
        w.http.create_integration(
            **given, IntegrationUri=uri, RequestParameters={"overwrite:header.a": "'b'"}
        )
