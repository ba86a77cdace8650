"""HTTP APIs: routes, authorizers, integrations, and stages that deploy by themselves.

Source: API Gateway V2 API Reference; API Gateway Developer Guide, "Control access to HTTP APIs with JWT
authorizers".
"""

from __future__ import annotations

import re
import time
from functools import partial

from cognito_lab.aws import jwt_issuers
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.api_gateway import apis, integrations
from cognito_lab.aws.api_gateway.apis import Api, Row, all_apis, get_api, new_id
from cognito_lab.errors import AwsError, OutsideTheLab

played = partial(apis.played, "apigatewayv2")
bad_request = partial(AwsError, "BadRequestException")

ROUTE_KEY = re.compile(r"\$default|(?:ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S*")
SOURCE = re.compile(r"\$request\.(header|querystring)\.[\w-]+")
ROUTE = "RouteKey Target AuthorizationType AuthorizerId AuthorizationScopes"
AUTHORIZER = "Name AuthorizerType IdentitySource JwtConfiguration"


@played("CreateApi", "Name ProtocolType Description")
def create_api(call: Call) -> Row:
    if call["ProtocolType"] != "HTTP":
        raise OutsideTheLab("WebSocket APIs are not played by this lab (AWS has them).")
    api_id = new_id(10)
    about: Row = {"ApiId": api_id, "ApiEndpoint": f"https://{api_id}.execute-api.{call.region}.amazonaws.com"}
    about |= {"RouteSelectionExpression": "$request.method $request.path", "DisableExecuteApiEndpoint": False}
    about |= {"ApiKeySelectionExpression": "$request.header.x-api-key"}
    made = {**call.parameters, **about, "CreatedDate": time.time()}
    all_apis()[api_id] = Api(call.service, api_id, call.region, made)
    return made


@played("GetApi")
def get_one_api(call: Call) -> Row:
    return get_api(call).about


@played("GetApis")
def get_apis(call: Call) -> Row:
    mine = (api for api in all_apis().values() if (api.service, api.region) == (call.service, call.region))
    return {"Items": [api.about for api in mine]}


@played("DeleteApi")
def delete_api(call: Call) -> None:
    del all_apis()[get_api(call).id]


@played("CreateAuthorizer", AUTHORIZER)
def create_authorizer(call: Call) -> Row:
    """An authorizer that believes the tokens of one issuer, for one of some audiences."""
    return _kept(get_api(call), "authorizers", "AuthorizerId", _checked_authorizer(call.parameters))


@played("UpdateAuthorizer", AUTHORIZER)
def update_authorizer(call: Call) -> Row:
    stored = get_api(call).part("authorizers", call["AuthorizerId"])
    stored.update(_checked_authorizer({**stored, **call.parameters}))
    return stored


def _checked_authorizer(members: Row) -> Row:
    """Raises ``BadRequestException`` where the issuer publishes no document, or there is no audience."""
    if members["AuthorizerType"] != "JWT":
        raise OutsideTheLab("Lambda authorizers are not played by this lab (AWS has them).")
    trusted = members.get("JwtConfiguration", {})
    if not trusted.get("Issuer") or not trusted.get("Audience"):
        raise bad_request("Invalid JwtConfiguration: a JWT authorizer needs an issuer and an audience")
    if len(members["IdentitySource"]) != 1 or not SOURCE.fullmatch(members["IdentitySource"][0]):
        raise bad_request("Invalid identity source: one header or parameter of the query, $request.header.…")
    try:
        jwt_issuers.discover("API Gateway", trusted["Issuer"])
    except jwt_issuers.NoKey as why:
        raise bad_request(f"Invalid issuer: {trusted['Issuer']}. Error: {why}") from None
    return {name: value for name, value in members.items() if name != "ApiId"}


@played("GetAuthorizers")
def get_authorizers(call: Call) -> Row:
    return {"Items": list(get_api(call).parts["authorizers"].values())}


@played(
    "CreateIntegration",
    "IntegrationType IntegrationUri IntegrationMethod PayloadFormatVersion RequestParameters",
)
def create_integration(call: Call) -> Row:
    """What is behind a route."""
    integrations.check(call["IntegrationType"], call.get("IntegrationUri"), call.get("RequestParameters", {}))
    given = {"PayloadFormatVersion": "1.0", **call.parameters}
    del given["ApiId"]
    return _kept(get_api(call), "integrations", "IntegrationId", given)


@played("CreateRoute", ROUTE)
def create_route(call: Call) -> Row:
    """Raises ``ConflictException`` where the API has this route."""
    api = get_api(call)
    made = _checked_route(api, {"AuthorizationType": "NONE", "ApiKeyRequired": False, **call.parameters})
    if any(row["RouteKey"] == made["RouteKey"] for row in api.parts["routes"].values()):
        text = f"Route with key {made['RouteKey']} already exists for this API"
        raise AwsError("ConflictException", text, 409)
    return _kept(api, "routes", "RouteId", made)


@played("UpdateRoute", ROUTE)
def update_route(call: Call) -> Row:
    api = get_api(call)
    stored = api.part("routes", call["RouteId"])
    stored.update(_checked_route(api, {**stored, **call.parameters}))
    return stored


def _checked_route(api: Api, members: Row) -> Row:
    """Raises ``BadRequestException`` where the key, the authorizer or the integration cannot be."""
    kind, integration = members["AuthorizationType"], str(members.get("Target", "")).rpartition("/")[2]
    if kind not in ("NONE", "JWT", "AWS_IAM"):
        raise OutsideTheLab("Lambda authorizers are not played by this lab (AWS has them).")
    if not ROUTE_KEY.fullmatch(members["RouteKey"]):
        raise bad_request(f"The provided route key is not formatted properly: {members['RouteKey']}")
    if kind == "JWT" and members.get("AuthorizerId") not in api.parts["authorizers"]:
        raise bad_request("A route with authorization type JWT needs an AuthorizerId of this API")
    if members.get("AuthorizationScopes") and kind != "JWT":
        raise bad_request("AuthorizationScopes are for the authorization type JWT alone")
    if integration and integration not in api.parts["integrations"]:
        raise bad_request(f"Unable to find integration {integration}")
    return {name: value for name, value in members.items() if name != "ApiId"}


@played("GetRoutes")
def get_routes(call: Call) -> Row:
    return {"Items": list(get_api(call).parts["routes"].values())}


@played("DeleteRoute")
def delete_route(call: Call) -> None:
    api = get_api(call)
    api.part("routes", call["RouteId"])
    del api.parts["routes"][call["RouteId"]]


@played("CreateStage", "StageName AutoDeploy Description")
def create_stage(call: Call) -> Row:
    """A stage at which every change counts at once."""
    api = get_api(call)
    if not call.get("AutoDeploy"):
        raise OutsideTheLab(
            "A stage of an HTTP API without AutoDeploy is not played by this lab (AWS has it)."
        )
    if call["StageName"] in api.parts["stages"]:
        raise AwsError("ConflictException", "Stage already exists", 409)
    made = {name: value for name, value in call.parameters.items() if name != "ApiId"}
    api.parts["stages"][call["StageName"]] = made | {"CreatedDate": time.time()}
    return api.parts["stages"][call["StageName"]]


def _kept(api: Api, kind: str, id_name: str, members: Row) -> Row:
    made = {id_name: new_id(7), **members}
    api.parts[kind][made[id_name]] = made
    return made
