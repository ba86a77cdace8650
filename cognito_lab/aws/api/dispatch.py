"""From an HTTP request to an AWS operation, and back to the wire form of its service.

An operation is looked up in the table, its input read once, against AWS's model, its caller admitted; then
the lab's own function answers, or moto does, which gets a request that is made of that very input.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import (
    json_inputs,
    operations,
    pagination,
    query_protocol,
    resources,
    rest_json,
    validation,
    wire_formats,
)
from cognito_lab.aws.api.operations import CHECKS, Call, implementation_of
from cognito_lab.aws.api.services import API_GATEWAY, JSON_SERVICES, QUERY_SERVICES, REST_SERVICES, region_of
from cognito_lab.aws.cloudtrail import event_history
from cognito_lab.aws.iam import enforcement
from cognito_lab.aws.s3 import cors, input_checks, inputs, regions, routes, xml_documents
from cognito_lab.aws.user_pools.tokens import discovery
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Handler, Request, Response

# What an input is refused with that the model does not allow; of the others it is "ValidationError".
INVALID = dict.fromkeys(("cognito-idp", "cognito-identity"), "InvalidParameterException")
INVALID |= dict.fromkeys(("lambda", "dynamodb", "secretsmanager"), "ValidationException")
INVALID |= dict.fromkeys(API_GATEWAY, "BadRequestException") | {"cloudtrail": "Invalid{member}Exception"}


def handler(service: str) -> Handler:
    """What answers for the API of ``service``."""

    def answer(request: Request) -> Response:
        second = service == "apigateway" and request.path.startswith("/v2/")
        try:
            response = _answer("apigatewayv2" if second else service, request)
        except AwsError as error:
            response = wire_formats.error_response(service, exchanges.record_refusal(error))
        return event_history.keep(response)

    return cors.across_origins(answer) if service == "s3" else answer


def _answer(service: str, request: Request) -> Response:
    operation, given = _named_operation(service, request)
    if operation is None:
        return _published_by_user_pool(request)
    exchanges.describe_current(service, operation, parameters=given)
    how = implementation_of(service, operation)
    model = moto_patches.service_model(service).operation_model(operation)
    parameters = read_input(service, model, request, given)
    call = Call(service, operation, parameters, region_of(service, request.host), moto_patches.ACCOUNT)
    exchanges.describe_current(service, operation, parameters=parameters)
    if service == "s3":
        regions.check(request, call)
    public = is_public(service, operation)
    call.principal = enforcement.authenticated(request, service, operation, public=public)
    event_history.note(call)
    means_self = resources.names_own_user(call)
    resource = resources.resource_of(call)
    exchanges.describe_current(service, operation, resource=resource)
    if not public:
        enforcement.authorize(request, call, resource)
    if means_self:
        resources.check_is_user(call)
    if how == "moto":
        return _by_moto(call, request, model)
    result = operations.carry_out(call) or {}
    return result if isinstance(result, Response) else wire_formats.success(service, operation, result)


def read_input(service: str, model: Any, request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """The input of the operation, read once, with the names and types of AWS's model and nothing else.

    Raises:
        AwsError: It is not what the model allows, or could be read in two ways.
    """
    shape = model.input_shape
    if service == "s3":
        return inputs.read(request, model, given)
    parameters = given
    if service in QUERY_SERVICES:
        parameters = query_protocol.parsed(shape, given)
    elif service in REST_SERVICES:
        parameters = rest_json.read(shape, request, given)
    if shape is not None:
        code = INVALID.get(service, "ValidationError")
        validation.check_input(shape, parameters, code)
    return parameters


def _by_moto(call: Call, request: Request, model: Any) -> Response:
    """moto's answer to what was read and admitted: the caller's own request it never sees."""
    if call.service == "s3":
        xml_documents.check(model.input_shape, call.parameters)
        input_checks.check(call)
    else:
        pagination.check_marker(call)
    check = CHECKS.get((call.service, call.operation))
    afterwards = check(call) if check is not None else None
    in_json = json_inputs.built if call.service in JSON_SERVICES else query_protocol.built
    build = inputs.built if call.service == "s3" else in_json
    answer = moto_patches.answer_by_moto(build(request, model, call.parameters))
    if call.service not in JSON_SERVICES:
        wire_formats.make_readable(answer, model.output_shape)
    elif answer.status == 404:  # over JSON, AWS says what is missing with 400
        answer.status = 400
    if afterwards is not None and answer.status < 300:
        afterwards()
    return answer


def _named_operation(service: str, request: Request) -> tuple[str | None, dict[str, Any]]:
    """The operation, and its input as far as it is known by then; ``None`` for what a user pool publishes."""
    if service in JSON_SERVICES and request.method == "POST" and request.path == "/":
        target, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        ours = target == moto_patches.service_model(service).metadata["targetPrefix"]
        _known(service, operation if ours else f"{target}.{operation}")
        return operation, json_inputs.read(_input_shape(service, operation), request.body)
    if service in QUERY_SERVICES:
        fields = query_protocol.fields_of(request)
        operation = fields.pop("Action", "")
        _known(service, operation)
        fields.pop("Version", None)
        return operation, fields
    if service in REST_SERVICES:
        return rest_json.operation_of(service, request)
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
