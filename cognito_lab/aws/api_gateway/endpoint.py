"""Where APIs answer: ``{api}.execute-api.{region}.amazonaws.com``. What is asked for, by whom, and may they.

Source: API Gateway Developer Guide, "Invoke REST APIs", "Gateway response types", "Create routes for HTTP
APIs" and "Control access to a REST API with IAM permissions".
"""

from __future__ import annotations

import json
import re
from functools import partial

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.api_gateway import (
    integrations,
    jwt_authorizers,
    lambda_proxy,
    paths,
    user_pool_authorizers,
)
from cognito_lab.aws.api_gateway.apis import Api, Row, all_apis
from cognito_lab.aws.api_gateway.integrations import Admitted
from cognito_lab.aws.iam import enforcement, signatures
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Headers, Request, Response

FORBIDDEN = partial(AwsError, "ForbiddenException", "Forbidden", 403)
TOLD = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}  # all that an HTTP API says in its body


def answer(request: Request) -> Response:
    """What the API says that has the host of ``request``, or the server behind it."""
    try:
        api = find_api(request.host)
    except AwsError as error:
        return _refused_by_rest_api(error)
    return _of_rest_api(api, request) if api.service == "apigateway" else _of_http_api(api, request)


def find_api(host: str) -> Api:
    """The API at ``host``."""
    name = re.fullmatch(services.EXECUTE_API, host)
    api = all_apis().get(name[1]) if name else None
    if api is None or name is None or api.region != name["region"]:
        raise FORBIDDEN()
    return api


# -- REST APIs ----------------------------------------------------------------------------------------


def _of_rest_api(api: Api, request: Request) -> Response:
    _, stage, *rest = request.path.split("/", 2)
    path = "/" + "".join(rest)
    try:
        deployed = deployed_at(api, stage)
        resources = {row["path"]: row["resourceMethods"] for row in deployed["resources"].values()}
        template, method = method_for(resources, request.method, path)
        scopes = method.get("authorizationScopes", [])
        variables = paths.variables(template, path) or {}
        admitted = Admitted(api, stage, template, path, request, variables, scopes)
        if method["authorizationType"] == "AWS_IAM":
            admitted.principal = check_signature_and_policies(request, api, stage, path)
        elif method["authorizationType"] == "COGNITO_USER_POOLS":
            authorizer = deployed["authorizers"][method["authorizerId"]]
            admitted.claims = user_pool_authorizers.claims_for(api, stage, authorizer, scopes, request)
    except AwsError as error:
        return _refused_by_rest_api(error)
    behind = method["methodIntegration"]
    if behind["type"] == "AWS_PROXY":
        return lambda_proxy.answer(behind["uri"], "1.0", admitted)
    mapped = behind.get("requestParameters", {})
    return integrations.forward(behind["uri"], behind["httpMethod"], mapped, admitted)


def deployed_at(api: Api, stage: str) -> Row:
    """The API as it was deployed at ``stage``."""
    if stage not in api.parts["stages"]:
        raise FORBIDDEN()
    deployed: Row = api.parts["stages"][stage]["deployed"]
    return deployed


def method_for(resources: Row, method: str, path: str) -> tuple[str, Row]:
    """The resource that fits best, and its method. Who asks for nothing that is there is told no more."""
    template = paths.best(resources, path)
    methods = resources[template] if template is not None else {}
    found = methods.get(method) or methods.get("ANY")
    if template is None or found is None:
        raise signatures.refusal("unsigned", "execute-api")
    return template, found


def _refused_by_rest_api(error: AwsError) -> Response:
    exchanges.record_refusal(error)
    headers = Headers({"content-type": "application/json", "x-amzn-errortype": error.code})
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())


# -- HTTP APIs ----------------------------------------------------------------------------------------


def _of_http_api(api: Api, request: Request) -> Response:
    _, first, *rest = request.path.split("/", 2)
    named = first in api.parts["stages"]
    stage, path = (first, "/" + "".join(rest)) if named else ("$default", request.path)
    scopes: list[str] = []
    try:
        route = route_for(api, stage, request.method, path)
        template = route["RouteKey"].partition(" ")[2]
        scopes = route.get("AuthorizationScopes", [])
        variables = paths.variables(template, path) or {}
        admitted = Admitted(api, stage, route["RouteKey"], path, request, variables, scopes)
        if route["AuthorizationType"] == "AWS_IAM":
            admitted.principal = check_signature_and_policies(request, api, stage, path)
        elif route["AuthorizationType"] == "JWT":
            authorizer = api.parts["authorizers"][route["AuthorizerId"]]
            admitted.claims = jwt_authorizers.claims_for(authorizer, scopes, request)
    except AwsError as error:
        return _refused_by_http_api(error, scopes)
    behind = api.part("integrations", route["Target"].rpartition("/")[2])
    if behind["IntegrationType"] == "AWS_PROXY":
        return lambda_proxy.answer(behind["IntegrationUri"], behind["PayloadFormatVersion"], admitted)
    mapped = behind.get("RequestParameters", {})
    return integrations.forward(behind["IntegrationUri"], behind["IntegrationMethod"], mapped, admitted)


def route_for(api: Api, stage: str, method: str, path: str) -> Row:
    """The route that fits best: by its path, then by its method, and ``$default`` at the end."""
    routes = {row["RouteKey"]: row for row in api.parts["routes"].values() if row.get("Target")}
    by_path = {key.partition(" ")[2] for key in routes if key.partition(" ")[0] in (method, "ANY")}
    template = paths.best(by_path, path)
    for key in (f"{method} {template}", f"ANY {template}", "$default"):
        if stage in api.parts["stages"] and key in routes:
            return routes[key]
    raise AwsError("NotFoundException", "", 404)


def _refused_by_http_api(error: AwsError, scopes: list[str]) -> Response:
    exchanges.record_refusal(error)
    headers = Headers({"content-type": "application/json"})
    if error.status == 401 or error.code == "insufficient_scope":
        headers["www-authenticate"] = jwt_authorizers.challenge(error, scopes)
    return Response(error.status, headers, json.dumps({"message": TOLD[error.status]}).encode())


# -- both ---------------------------------------------------------------------------------------------


def check_signature_and_policies(request: Request, api: Api, stage: str, path: str) -> Principal:
    """Who signed the request, and may invoke this method by their policies.

    Raises:
        AwsError: 403.
    """
    key = signatures.verify(request, "execute-api")
    if key is None:
        raise signatures.refusal("unsigned", "execute-api")
    if enforcement.is_owner(key.principal):
        return key.principal
    place = f"{api.id}/{stage}/{request.method}{path}"
    resource = f"arn:aws:execute-api:{api.region}:{moto_patches.ACCOUNT}:{place}"
    keys = enforcement.context(request, key.principal)
    verdict = enforcement.verdict_on(key.principal, "execute-api:Invoke", resource, keys)
    if not verdict:
        raise enforcement.denied("execute-api", verdict, resource, key.principal)
    return key.principal
