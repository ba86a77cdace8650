"""Every place where the lab touches moto's insides. Nothing else in the package imports moto.

moto supplies the account: S3, IAM, STS, Lambda, API Gateway and the storage of pools and users.
The seams, each with a test in ``tests/test_seams.py`` that says which one moved:

1. ``BotocoreStubber.process_request``: every request of boto3 and ``requests`` ends there. It is
   led through :func:`cognito_lab.aws.network.play`, which calls moto's own version for what moto carries.
2. ``ActionAuthenticatorMixin._authenticate_and_authorize_action``: moto asks it before each
   operation. It looks into the table of operations and asks the lab's own enforcement.
3. ``moto.sts.utils.random_session_token`` takes bytes from the operating system; it takes the lab's.
4. ``mock_random``, moto's source of ids, can be seeded.
5. The storage objects that the rooms read and write, listed in the accessors below. The lab's own
   state hangs on them (:func:`attached`), so that moto's reset clears it. Never keep a reference to
   one across a reset: afterwards it is a different object.
6. ``FakeBucket.get_permission``: moto asks it beside seam 2; the lab's enforcement has decided by then.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from . import network, randomness, shapes
from .errors import AwsError, OutsideTheLab
from .network import Headers, Request, Response
from .operations import CHECKS, HANDLERS, Call, carried_by

ACCOUNT = "123456789012"
ROOMS = (
    "cognito_lab.aws.user_pools",
    "cognito_lab.aws.identity_pools",
    "cognito_lab.aws.iam",
    "cognito_lab.aws.s3",
    "cognito_lab.aws.s3_web",
)
REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
# Only the plain regional hosts: FIPS, dual-stack and other partitions are hosts that the lab does not play.
API_HOSTS = {
    "cognito-idp": rf"cognito-idp\.({REGION})\.amazonaws\.com",
    "cognito-identity": rf"cognito-identity\.({REGION})\.amazonaws\.com",
    "sts": rf"sts(?:\.({REGION}))?\.amazonaws\.com",
    "iam": r"iam\.amazonaws\.com",
    "s3": rf"(?:[a-z0-9][a-z0-9.-]*\.)?s3(?:\.({REGION}))?\.amazonaws\.com",
    "lambda": rf"lambda\.({REGION})\.amazonaws\.com",
    "apigateway": rf"apigateway\.({REGION})\.amazonaws\.com",
}
JSON_SERVICES = ("cognito-idp", "cognito-identity")
QUERY_SERVICES = ("sts", "iam")
T = TypeVar("T")

_mock: Any = None
_moto_answers: Any = None  # moto's own BotocoreStubber.process_request


# -- the account ---------------------------------------------------------------------------------


def start_account(seed: int | None) -> None:
    """Begin an empty account; whatever account there was is gone. ``seed`` fixes its chance."""
    global _mock
    install()
    from moto import mock_aws
    from moto.moto_api._internal import mock_random

    stop_account()
    _mock = mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}})
    _mock.start()
    _lead_requests_into_the_lab()
    mock_random.seed(seed)
    randomness.seed(seed)


def stop_account() -> None:
    """End the account, if there is one, and forget everything in it."""
    global _mock
    if _mock is not None:
        _mock.stop()
        _mock = None


def running() -> bool:
    return _mock is not None


def is_region(name: str) -> bool:
    return re.fullmatch(REGION, name) is not None


def owner_keys() -> Any:
    """The key pair of the account's owner."""
    from .iam import principals

    return principals.owner()


@cache
def install() -> None:
    """Set the seams, once for the life of the process."""
    global _moto_answers
    import moto.core.authorization as authorization
    import moto.core.botocore_stubber as stubber
    import moto.s3.models as s3_models
    import moto.sts.models as sts_models

    _moto_answers = stubber.BotocoreStubber.process_request
    stubber.BotocoreStubber.process_request = _process_request  # type: ignore[method-assign]
    authorization.ActionAuthenticatorMixin._authenticate_and_authorize_action = _admit  # type: ignore[method-assign]
    sts_models.random_session_token = session_token
    s3_models.FakeBucket.get_permission = _no_verdict  # type: ignore[method-assign]
    for service, pattern in API_HOSTS.items():
        network.serve(pattern, service, _api(service))
    for room in ROOMS:
        import_module(room)


def session_token() -> str:
    """An STS session token: opaque to everyone but STS."""
    import base64

    return "IQoJb3JpZ2luX2Vj" + base64.b64encode(randomness.octets(264)).decode()


def _lead_requests_into_the_lab() -> None:
    """Whatever ``requests`` sends: the lab's table of hosts decides, not moto's list of addresses."""
    from moto.core.models import responses_mock

    # moto answers "not implemented" for every other amazonaws.com host: match nothing there, ask the lab.
    responses_mock._find_match = lambda request: (None, [])  # type: ignore[method-assign]
    responses_mock._real_send = _send_for_requests  # type: ignore[attr-defined]


def _send_for_requests(adapter: Any, request: Any, **_: Any) -> Any:
    from requests.packages.urllib3.response import HTTPResponse  # type: ignore[import-not-found]

    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    answer = network.play(Request(request.method, request.url, Headers(request.headers), body))
    return adapter.build_response(
        request,
        HTTPResponse(body=_stream(answer.body), status=answer.status, headers=answer.headers,
                     preload_content=False, request_method=request.method),
    )


def _stream(body: bytes) -> Any:
    import io

    return io.BytesIO(body)


def _process_request(stubber: Any, request: Any) -> tuple[int, dict[str, str], bytes]:
    """Seam 1: what boto3 and ``requests`` send to an AWS host."""
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    answer = network.play(Request(request.method, request.url, Headers(request.headers), body))
    return answer.status, dict(answer.headers), answer.body


# -- from a request to an operation --------------------------------------------------------------


def _api(service: str) -> network.Handler:
    def answer(request: Request) -> Response:
        try:
            return _answer(service, request)
        except AwsError as error:
            return error_response(service, error)

    if service == "s3":
        from . import s3_web

        return s3_web.across_origins(answer)
    return answer


def _answer(service: str, request: Request) -> Response:
    operation, parameters = _named_operation(service, request)
    if operation is None and service == "cognito-idp":
        return _published_by_user_pool(request)
    if operation is None:  # Lambda, API Gateway: moto finds the operation, and asks at seam 2
        return _carried_by_moto(request)
    network.describe_current(service, operation, parameters=parameters)
    how = carried_by(service, operation)
    call = Call(service, operation, parameters, region_of(service, request.host), ACCOUNT)
    shape = service_model(service).operation_model(operation).input_shape
    if shape is not None and service in JSON_SERVICES:
        shapes.check(shape, parameters)
    call.principal = _enforcement().admit(request, service, operation, resource_of(call), public=is_public(service, operation))
    if how == "moto":
        if (service, operation) in CHECKS:
            CHECKS[service, operation](call)
        return _carried_by_moto(request)
    return success(service, operation, HANDLERS[service, operation](call) or {})


def _named_operation(service: str, request: Request) -> tuple[str | None, dict[str, Any]]:
    """The operation and its input, for the services that name it in the request."""
    if service in JSON_SERVICES and request.method == "POST" and request.path == "/":
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        _known(service, operation)
        try:
            parameters = json.loads(request.body or b"{}")
        except ValueError:
            parameters = None
        if not isinstance(parameters, dict):
            raise AwsError("SerializationException", "The request body is not a JSON object.")
        return operation, parameters
    if service in QUERY_SERVICES:
        pairs = urllib.parse.parse_qsl(request.body.decode() or request.query, keep_blank_values=True)
        parameters = dict(pairs)
        operation = parameters.pop("Action", "")
        _known(service, operation)
        return operation, {name: value for name, value in parameters.items() if name != "Version"}
    if service == "s3":
        from . import s3

        return s3.operation_of(request)
    return None, {}


def _known(service: str, operation: str) -> None:
    if operation not in service_model(service).operation_names:
        code = "UnknownOperationException" if service in JSON_SERVICES else "InvalidAction"
        raise AwsError(code, f"Could not find operation {operation} for {service}.")


def _carried_by_moto(request: Request) -> Response:
    """moto's answer. An error from inside moto is not AWS's, and is never shown as if it were."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders
    from moto.core.models import botocore_stubber

    headers = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    prepared = AWSPreparedRequest(request.method, request.url, headers, request.body, False)
    try:
        status, fields, body = _moto_answers(botocore_stubber, prepared)
    except (AwsError, OutsideTheLab):
        raise
    except Exception as error:
        exchange = network.current_exchange()
        what = f"{exchange.callee} {exchange.operation}".strip()
        raise OutsideTheLab(f"{what} with this input is not played by this lab (AWS has it): {error}") from None
    if status == 404 and body == "Not yet implemented":
        raise OutsideTheLab(f"{request.method} {request.url} is not played by this lab (AWS has it).")
    return Response(status, Headers(fields), body.encode() if isinstance(body, str) else body)


def _admit(handler: Any, iam_request_class: type, resource: str = "*") -> None:
    """Seam 2: moto is about to carry out an operation. ``resource`` is the ARN that moto worked out.

    What was named and admitted before must be what moto is about to do: two readings of one request
    would be a way round the policies.
    """
    service = {"awslambda": "lambda"}.get(handler.service_name, handler.service_name)
    operation = handler._get_action()
    exchange = network.current_exchange()
    if not exchange.operation:
        network.describe_current(service, operation)
        if carried_by(service, operation) != "moto":
            raise OutsideTheLab(f"{service} {operation} is the lab's own, yet moto was about to answer it.")
        request = network.current_request()
        _enforcement().admit(request, service, operation, resource, public=is_public(service, operation))
    elif service == "s3":  # moto names S3's operations in its own way, but bucket and key must be the same
        named = Call("s3", exchange.operation, exchange.details["parameters"], "", ACCOUNT)
        if resource != resource_of(named):
            raise OutsideTheLab(f"S3 was asked about {resource_of(named)}, yet moto was about to touch {resource}.")
    elif operation != exchange.operation:
        raise OutsideTheLab(f"{service} {exchange.operation} was asked for, yet moto was about to do {operation}.")


def _published_by_user_pool(request: Request) -> Response:
    """What a user pool publishes at its issuer address: its keys, its discovery document."""
    from .user_pools import tokens

    answer = tokens.published(request)
    if answer is None:
        raise OutsideTheLab(f"{request.method} {request.url} is not played by this lab.")
    return answer


def _no_verdict(bucket: Any, action: str, resource: str) -> Any:
    """Seam 6: moto's own reading of a bucket policy, without principals and conditions, counts for nothing."""
    from moto.iam.access_control import PermissionResult

    return PermissionResult.PERMITTED


def _enforcement() -> Any:
    from .iam import enforcement

    return enforcement


# -- AWS's models --------------------------------------------------------------------------------


def service_model(service: str) -> Any:
    """botocore's model of a service, read once per process (moto keeps it)."""
    from moto.core.utils import get_service_model

    return get_service_model(service)


@cache
def is_public(service: str, operation: str) -> bool:
    """Whether AWS's model asks for no signature: sign-up, sign-in, GetId and their like."""
    model = service_model(service)
    return operation in model.operation_names and model.operation_model(operation).auth_type == "none"


def region_of(service: str, host: str) -> str:
    """The region in a service's host name; the global hosts of STS and IAM count as us-east-1."""
    found = re.fullmatch(API_HOSTS[service], host)
    return (found.group(1) if found and found.re.groups and found.group(1) else None) or "us-east-1"


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


# -- answers in each service's form --------------------------------------------------------------


def success(service: str, operation: str, result: dict[str, Any]) -> Response:
    """``result`` in the wire form of the service: JSON 1.1, or the XML of the query protocol."""
    if service in JSON_SERVICES:
        body = json.dumps(result, default=_seconds).encode()
        return Response(200, Headers({"content-type": "application/x-amz-json-1.1", **_request_id()}), body)
    from moto.core.serialize import get_serializer_class

    model = service_model(service).operation_model(operation)
    answer = get_serializer_class(service, "query")(operation_model=model).serialize(result)
    body = answer["body"]
    return Response(answer["status_code"], Headers({**answer["headers"], **_request_id()}),
                    body.encode() if isinstance(body, str) else body)


def error_response(service: str, error: AwsError) -> Response:
    """A refusal in the wire form of the service (JSON for Cognito, XML for the others)."""
    from xml.sax.saxutils import escape

    identifier = _request_id()
    if service in (*JSON_SERVICES, "lambda", "apigateway"):
        body = json.dumps({"__type": error.code, "message": error.message})
        kind = {"x-amzn-errortype": error.code, "x-amzn-errormessage": error.message.encode("ascii", "replace")}
        return Response(error.status, Headers({"content-type": "application/x-amz-json-1.1", **kind, **identifier}),
                        body.encode())
    code, message = escape(error.code), escape(error.message)
    (_, number), = identifier.items()
    if service == "s3":
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
                f"<RequestId>{number}</RequestId><HostId>{number}</HostId></Error>")
    else:
        body = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                f"<RequestId>{number}</RequestId></ErrorResponse>")
    return Response(error.status, Headers({"content-type": "application/xml", **identifier}), body.encode())


def _request_id() -> dict[str, str]:
    return {"x-amzn-requestid": randomness.uuid4()}


def _seconds(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in an answer of AWS's")


# -- moto's storage ------------------------------------------------------------------------------


def attached(owner: Any, kind: type[T]) -> T:
    """The lab's own state of class ``kind`` that hangs on ``owner``, one of moto's objects.

    It is made at first use and goes when moto's reset drops ``owner``.
    """
    key = f"_cognito_lab_{kind.__module__}_{kind.__qualname__}"
    if key not in owner.__dict__:
        owner.__dict__[key] = kind()
    found: T = owner.__dict__[key]
    return found


def user_pools(region: str) -> Any:
    """moto's storage of the user pools of a region: ``.user_pools`` by id, ``.user_pool_domains``."""
    from moto.cognitoidp.models import cognitoidp_backends

    return cognitoidp_backends[ACCOUNT][region]


def identity_pools(region: str) -> Any:
    """moto's storage of the identity pools of a region: ``.identity_pools`` by id."""
    from moto.cognitoidentity.models import cognitoidentity_backends

    return cognitoidentity_backends[ACCOUNT][region]


def iam() -> Any:
    """moto's storage of IAM: roles, users, policies, providers."""
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]


def sts() -> Any:
    """moto's storage of STS: ``.assumed_roles``, and ``assume_role`` to make one."""
    from moto.sts.models import sts_backends

    return sts_backends[ACCOUNT]["aws"]


def s3() -> Any:
    """moto's storage of S3: ``.buckets`` by name."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"]


def account_state(kind: type[T]) -> T:
    """The lab's own state that belongs to the account as a whole, such as the mailboxes."""
    return attached(sts(), kind)
