"""A small world for the tests of API Gateway: a user pool with scopes, a server, two APIs before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.user_pools import World, world
from werkzeug.wrappers import Request, Response

BEHIND = "https://api.tidepool.example"
SCOPES = ["pictures/read"]
USER_SCOPES = ["aws.cognito.signin.user.admin"]
Answer = tuple[int, str]


@Request.application
def echo(request: Request) -> Response:
    """The server behind: it says what it was asked."""
    said = {"method": request.method, "path": request.path, "query": request.query_string.decode()}
    said |= {"body": request.get_data(as_text=True), "headers": dict(request.headers)}
    return Response(json.dumps(said), content_type="application/json")


class Gateway:
    """An account in which an API of each kind can be made, with a path for each way of letting callers in."""

    def __init__(self, users: World) -> None:
        self.users, self.lab = users, users.lab
        users.member("mara")
        self.lab.host("api.tidepool.example", echo)
        self.rest, self.http = boto3.client("apigateway"), boto3.client("apigatewayv2")
        users.idp.create_resource_server(
            UserPoolId=users.pool, Identifier="pictures", Name="pictures",
            Scopes=[{"ScopeName": "read", "ScopeDescription": "look"}],
        )  # fmt: skip
        users.idp.create_user_pool_domain(UserPoolId=users.pool, Domain="tidepool")

    # -- tokens --------------------------------------------------------------------------------------

    def machine_token(self) -> str:
        made = self.users.new_client(
            GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True, ExplicitAuthFlows=[],
            AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=SCOPES,
        )  # fmt: skip
        answer = requests.post(
            "https://tidepool.auth.us-east-1.amazoncognito.com/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(made["ClientId"], made["ClientSecret"]),
            timeout=5,
        )
        return str(answer.json()["access_token"])

    # -- a REST API ----------------------------------------------------------------------------------

    def rest_api(self, **authorizer: Any) -> str:
        """Its address."""
        api = self.rest.create_rest_api(name="tidepool")
        self.rest_id, self.root = api["id"], api["rootResourceId"]
        arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{self.users.pool}"
        given = {"type": "COGNITO_USER_POOLS", "providerARNs": [arn], **authorizer}
        given.setdefault("identitySource", "method.request.header.Authorization")
        self.authorizer = self.rest.create_authorizer(restApiId=self.rest_id, name="pool", **given)["id"]
        self.rest_method("open", "NONE")
        self.rest_method("id", "COGNITO_USER_POOLS")
        self.rest_method("scoped", "COGNITO_USER_POOLS", authorizationScopes=SCOPES)
        self.rest_method("users", "COGNITO_USER_POOLS", authorizationScopes=USER_SCOPES)
        self.rest_method("signed", "AWS_IAM")
        self.deploy()
        return f"https://{self.rest_id}.execute-api.us-east-1.amazonaws.com/prod"

    def rest_method(self, part: str, kind: str, method: str = "GET", uri: str = "", **more: Any) -> str:
        api = {"restApiId": self.rest_id}
        resource = self.rest.create_resource(parentId=self.root, pathPart=part, **api)["id"]
        place = {**api, "resourceId": resource, "httpMethod": method}
        if kind == "COGNITO_USER_POOLS":
            more["authorizerId"] = self.authorizer
        mapped = more.pop("requestParameters", {})
        self.rest.put_method(authorizationType=kind, **place, **more)
        self.rest.put_integration(
            type="HTTP_PROXY", integrationHttpMethod=method, uri=uri or f"{BEHIND}/{part}",
            requestParameters=mapped, **place,
        )  # fmt: skip
        return str(resource)

    def deploy(self) -> None:
        self.rest.create_deployment(restApiId=self.rest_id, stageName="prod")

    # -- an HTTP API ---------------------------------------------------------------------------------

    def http_api(self, audience: list[str], issuer: str = "") -> str:
        """Its address."""
        made = self.http.create_api(Name="tidepool", ProtocolType="HTTP")
        self.http_id = made["ApiId"]
        self.http.create_stage(ApiId=self.http_id, StageName="$default", AutoDeploy=True)
        self.jwt = self.http.create_authorizer(
            ApiId=self.http_id, Name="pool", AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer or self.issuer, "Audience": audience},
        )["AuthorizerId"]  # fmt: skip
        self.route("GET /open", "NONE")
        self.route("GET /jwt", "JWT")
        self.route("GET /scoped", "JWT", AuthorizationScopes=SCOPES)
        self.route("GET /users", "JWT", AuthorizationScopes=USER_SCOPES)
        self.route("GET /signed", "AWS_IAM")
        return str(made["ApiEndpoint"])

    def route(self, key: str, kind: str, uri: str = BEHIND, mapped: Any = None, **more: Any) -> str:
        integration = self.http.create_integration(
            ApiId=self.http_id, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", IntegrationUri=uri,
            PayloadFormatVersion="1.0", RequestParameters=mapped or {},
        )["IntegrationId"]  # fmt: skip
        if kind == "JWT":
            more["AuthorizerId"] = self.jwt
        target = {"ApiId": self.http_id, "RouteKey": key, "Target": f"integrations/{integration}"}
        return str(self.http.create_route(AuthorizationType=kind, **target, **more)["RouteId"])

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.us-east-1.amazonaws.com/{self.users.pool}"


@contextmanager
def gateway() -> Iterator[Gateway]:
    with world() as users:
        yield Gateway(users)


def ask(address: str, token: str | None = None, **more: Any) -> Answer:
    """Status and message of a GET with a token."""
    headers = {"Authorization": token} if token is not None else {}
    answer = requests.get(address, headers=headers | more, timeout=5)
    return answer.status_code, str(answer.json().get("message", ""))


def ask_signed(address: str, who: dict[str, str], service: str = "execute-api") -> requests.Response:
    """A GET signed with the keys of ``who``, as :mod:`support.iam_people` has them."""
    keys = Credentials(who["aws_access_key_id"], who["aws_secret_access_key"], who.get("aws_session_token"))
    request = AWSRequest("GET", address)
    SigV4Auth(keys, service, "us-east-1").add_auth(request)
    return requests.get(address, headers=dict(request.headers), timeout=5)
