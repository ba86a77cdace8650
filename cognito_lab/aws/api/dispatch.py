"""From an HTTP request to an AWS operation, and back to the wire form of its service.

An operation is looked up in the table, its input checked against AWS's model, its caller admitted; then
the lab's own function answers, or moto does.
"""

from __future__ import annotations

import urllib.parse
from functools import cache
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import json_inputs, validation, wire_formats
from cognito_lab.aws.api.operations import CHECKS, HANDLERS, Call, implementation_of
from cognito_lab.aws.api.services import JSON_SERVICES, QUERY_SERVICES, region_of
from cognito_lab.aws.iam import enforcement
from cognito_lab.aws.s3 import cors, routes, xml_documents
from cognito_lab.aws.user_pools.tokens import discovery
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Handler, Request, Response


def handler(service: str) -> Handler:
    """What answers for the API of ``service``."""

    def answer(request: Request) -> Response:
        try:
            return _answer(service, request)
        except AwsError as error:
            return wire_formats.error_response(service, exchanges.record_refusal(error))

    return cors.across_origins(answer) if service == "s3" else answer


def _answer(service: str, request: Request) -> Response:
    operation, parameters = _named_operation(service, request)
    if operation is None and service == "cognito-idp":
        return _published_by_user_pool(request)
    if operation is None:  # Lambda, API Gateway: moto finds the operation, and asks at seam 2
        return moto_patches.answer_by_moto(request)
    call = Call(service, operation, parameters, region_of(service, request.host), moto_patches.ACCOUNT)
    resource = resource_of(call)
    exchanges.describe_current(service, operation, parameters=parameters, resource=resource)
    how = implementation_of(service, operation)
    shape = _input_shape(service, operation)
    if shape is not None and service in JSON_SERVICES:
        validation.check_input(shape, parameters)
    public = is_public(service, operation)
    call.principal = enforcement.admit(request, service, operation, resource, public=public)
    if how == "moto":
        if service == "s3":
            xml_documents.check(shape, request.body)
        if (service, operation) in CHECKS:
            CHECKS[service, operation](call)
        return moto_patches.answer_by_moto(request)
    return wire_formats.success(service, operation, HANDLERS[service, operation](call) or {})


def _named_operation(service: str, request: Request) -> tuple[str | None, dict[str, Any]]:
    """The operation and its input, for the services that name it in the request."""
    if service in JSON_SERVICES and request.method == "POST" and request.path == "/":
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        _known(service, operation)
        return operation, json_inputs.read(_input_shape(service, operation), request.body)
    if service in QUERY_SERVICES:
        pairs = urllib.parse.parse_qsl(request.body.decode() or request.query, keep_blank_values=True)
        parameters = dict(pairs)
        operation = parameters.pop("Action", "")
        _known(service, operation)
        return operation, {name: value for name, value in parameters.items() if name != "Version"}
    if service == "s3":
        return routes.operation_of(request)
    return None, {}


def _input_shape(service: str, operation: str) -> Any:
    return moto_patches.service_model(service).operation_model(operation).input_shape


def _known(service: str, operation: str) -> None:
    if operation not in moto_patches.service_model(service).operation_names:
        code = "UnknownOperationException" if service in JSON_SERVICES else "InvalidAction"
        raise AwsError(code, f"Could not find operation {operation} for {service}.")


def _published_by_user_pool(request: Request) -> Response:
    """What a user pool publishes at its issuer address: its keys, its discovery document."""
    answer = discovery.discovery_response(request)
    if answer is None:
        raise OutsideTheLab(f"{request.method} {request.url} is not played by this lab.")
    return answer


@cache
def is_public(service: str, operation: str) -> bool:
    """Whether AWS's model asks for no signature: sign-up, sign-in, GetId and their like."""
    model = moto_patches.service_model(service)
    return operation in model.operation_names and model.operation_model(operation).auth_type == "none"


def resource_of(call: Call) -> str:
    """The ARN that an IAM policy must name for one of the lab's own operations."""
    if call.service == "cognito-idp" and call.get("UserPoolId"):
        return f"arn:aws:cognito-idp:{call.region}:{call.account}:userpool/{call['UserPoolId']}"
    if call.service == "cognito-identity" and call.get("IdentityPoolId"):
        return f"arn:aws:cognito-identity:{call.region}:{call.account}:identitypool/{call['IdentityPoolId']}"
    if call.service == "sts" and call.get("RoleArn"):
        return str(call["RoleArn"])
    if call.service == "s3":
        named = [call.parameters[member] for member in ("Bucket", "Key") if member in call.parameters]
        return f"arn:aws:s3:::{'/'.join(named) or '*'}"
    if call.service == "iam":
        kinds = (("RoleName", "role/"), ("UserName", "user/"), ("PolicyName", "policy/"))
        found = next((kind + call[member] for member, kind in kinds if call.get(member)), None)
        return str(call.get("PolicyArn") or (f"arn:aws:iam::{call.account}:{found}" if found else "*"))
    return "*"
