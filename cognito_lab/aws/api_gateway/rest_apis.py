"""REST APIs: resources, methods, authorizers, and the deployment without which no change counts.

Source: API Gateway API Reference; API Gateway Developer Guide, "Integrate a REST API with a user pool" and
"Deploy REST APIs".
"""

from __future__ import annotations

import copy
import re
import time
from functools import partial
from typing import Any

from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.api_gateway import apis, integrations
from cognito_lab.aws.api_gateway.apis import Api, Row, all_apis, get_api, new_id
from cognito_lab.errors import AwsError, OutsideTheLab

played = partial(apis.played, "apigateway")
bad_request = partial(AwsError, "BadRequestException")

PATH_PART = re.compile(r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}")
POOL = re.compile(r"arn:aws:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+")
LONGEST_CACHE = 3600  # seconds


@played("CreateRestApi", "name description")
def create_rest_api(call: Call) -> Row:
    """Its root, ``/``, is there from the beginning."""
    api_id, root = new_id(10), new_id(10)
    about = {"id": api_id, "createdDate": time.time(), "rootResourceId": root, "apiKeySource": "HEADER"}
    about |= {"disableExecuteApiEndpoint": False, "endpointConfiguration": {"types": ["EDGE"]}}
    api = all_apis()[api_id] = Api(call.service, api_id, call.region, {**call.parameters, **about})
    api.parts["resources"][root] = {"id": root, "path": "/", "resourceMethods": {}}
    return api.about


@played("GetRestApi")
def get_rest_api(call: Call) -> Row:
    return get_api(call).about


@played("GetRestApis")
def get_rest_apis(call: Call) -> Row:
    mine = (api for api in all_apis().values() if (api.service, api.region) == (call.service, call.region))
    return {"items": [api.about for api in mine]}


@played("DeleteRestApi")
def delete_rest_api(call: Call) -> None:
    del all_apis()[get_api(call).id]


@played("GetResources")
def get_resources(call: Call) -> Row:
    return {"items": list(get_api(call).parts["resources"].values())}


@played("CreateResource", "pathPart")
def create_resource(call: Call) -> Row:
    api = get_api(call)
    parent, part = api.part("resources", call["parentId"]), call["pathPart"]
    path = f"{parent['path'].rstrip('/')}/{part}"
    if not PATH_PART.fullmatch(part):
        raise bad_request("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable")
    if any(row["path"] == path for row in api.parts["resources"].values()):
        text = f"Another resource with the same parent already has this name: {part}"
        raise AwsError("ConflictException", text, 409)
    made = {"id": new_id(), "parentId": parent["id"], "pathPart": part, "path": path, "resourceMethods": {}}
    api.parts["resources"][made["id"]] = made
    return made


@played("PutMethod", "authorizationType authorizerId authorizationScopes apiKeyRequired")
def put_method(call: Call) -> Row:
    """What may be asked of a resource, and by whom.

    Raises:
        AwsError: ``ConflictException``: the resource has this method. ``BadRequestException``: there is no
            such authorizer.
    """
    api, kind = get_api(call), call["authorizationType"]
    methods = api.part("resources", call["resourceId"])["resourceMethods"]
    if kind == "CUSTOM" or call.get("apiKeyRequired"):
        raise OutsideTheLab("Lambda authorizers and API keys are not played by this lab (AWS has them).")
    if kind not in ("NONE", "AWS_IAM", "COGNITO_USER_POOLS"):
        raise bad_request("Invalid authorization type specified")
    if kind == "COGNITO_USER_POOLS" and call.get("authorizerId") not in api.parts["authorizers"]:
        raise bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
            "requires a valid authorizer."
        )
    if call["httpMethod"] in methods:
        raise AwsError("ConflictException", "Method already exists for this resource", 409)
    given = {name: call[name] for name in call.parameters if name not in ("restApiId", "resourceId")}
    methods[call["httpMethod"]] = {"apiKeyRequired": False, **given}
    return dict(methods[call["httpMethod"]])


def _method(call: Call) -> Row:
    methods: Row = get_api(call).part("resources", call["resourceId"])["resourceMethods"]
    if call["httpMethod"] not in methods:
        raise AwsError("NotFoundException", "Invalid Method identifier specified", 404)
    return methods


@played("GetMethod")
def get_method(call: Call) -> Row:
    return dict(_method(call)[call["httpMethod"]])


@played("DeleteMethod")
def delete_method(call: Call) -> None:
    del _method(call)[call["httpMethod"]]


@played("PutIntegration", "type integrationHttpMethod uri requestParameters")
def put_integration(call: Call) -> Row:
    """What is behind a method."""
    method = _method(call)[call["httpMethod"]]
    integrations.check(call["type"], call.get("uri"), call.get("requestParameters", {}))
    if "integrationHttpMethod" not in call.parameters:
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    made = {"httpMethod": call["integrationHttpMethod"], "passthroughBehavior": "WHEN_NO_MATCH"}
    made |= {name: call[name] for name in ("type", "uri", "requestParameters") if name in call.parameters}
    method["methodIntegration"] = made
    return made


@played("CreateAuthorizer", "name type providerARNs identitySource authorizerResultTtlInSeconds authType")
def create_authorizer(call: Call) -> Row:
    """An authorizer that believes the tokens of user pools, and keeps what it found for a while."""
    api = get_api(call)
    if call["type"] != "COGNITO_USER_POOLS":
        raise OutsideTheLab("Lambda authorizers are not played by this lab (AWS has them).")
    if not call.get("providerARNs") or not all(map(POOL.fullmatch, call["providerARNs"])):
        raise bad_request("Invalid Authorizer. The ARNs of user pools must be given as providers.")
    lifetime = call.get("authorizerResultTtlInSeconds", 300)
    if not 0 <= lifetime <= LONGEST_CACHE:
        raise bad_request(f"Invalid TTL: it must be between 0 and {LONGEST_CACHE} seconds")
    source = call.get("identitySource", "method.request.header.Authorization")
    if not source.startswith("method.request.header."):
        raise bad_request("Invalid identity source: the header in which the token comes")
    made = {"id": new_id(), "authType": "cognito_user_pools", "identitySource": source}
    made |= {name: call[name] for name in ("name", "type", "providerARNs")}
    api.parts["authorizers"][made["id"]] = made | {"authorizerResultTtlInSeconds": lifetime}
    return api.parts["authorizers"][made["id"]]


@played("GetAuthorizers")
def get_authorizers(call: Call) -> Row:
    return {"items": list(get_api(call).parts["authorizers"].values())}


@played("CreateDeployment", "stageName description")
def create_deployment(call: Call) -> Row:
    """The API as it is now, at a stage; what is changed later counts from the next deployment on."""
    api = get_api(call)
    methods = [row for each in api.parts["resources"].values() for row in each["resourceMethods"].values()]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if not all("methodIntegration" in method for method in methods):
        raise bad_request("No integration defined for method")
    if "stageName" not in call.parameters:
        raise OutsideTheLab("A deployment without stageName is not played by this lab (AWS has it).")
    now = time.time()
    made = {"id": new_id(), "createdDate": now, "description": call.get("description")}
    stage = {"stageName": call["stageName"], "deploymentId": made["id"], "createdDate": now}
    deployed: Any = copy.deepcopy({name: api.parts[name] for name in ("resources", "authorizers")})
    api.parts["stages"][call["stageName"]] = stage | {"deployed": deployed}
    return made


@played("GetStages")
def get_stages(call: Call) -> Row:
    return {"item": list(get_api(call).parts["stages"].values())}


@played("FlushStageAuthorizersCache")
def flush_stage_authorizers_cache(call: Call) -> None:
    api = get_api(call)
    api.part("stages", call["stageName"])
    for key in [key for key in api.cache if key[0] == call["stageName"]]:
        del api.cache[key]
