"""Every place where the lab touches moto's insides. Nothing else in the package imports moto.

moto supplies the account: S3, IAM, and the sessions of STS.
The seams, each with a test in ``tests/aws/test_moto_patches.py`` that says which one moved:

1. ``BotocoreStubber.process_request``: every request of boto3 and ``requests`` ends there. It is
   led through :func:`cognito_lab.network.hosts.dispatch`, which calls moto's own version for what moto
   carries.
2. ``ActionAuthenticatorMixin._authenticate_and_authorize_action``: moto asks it before each
   operation. It makes sure that this is the operation, on the resource, that the lab has admitted.
3. ``moto.sts.utils.random_session_token`` takes bytes from the operating system; it takes the lab's.
4. ``mock_random``, moto's source of ids, can be seeded.
5. The storage objects that the rooms read and write, listed in the accessors below. The lab's own
   state hangs on them (:func:`state_of`), so that moto's reset clears it. Never keep a reference to
   one across a reset: afterwards it is a different object.
6. ``FakeBucket.get_permission``: moto asks it beside seam 2; the lab's enforcement has decided by then.
7. ``moto.core.utils.create_loader`` and ``S3Backend._url_module``: kept, for speed alone.
8. ``moto.core.request.Request.want_form_data_parsed``: moto takes forms out of a POST alone. What is PUT
   into S3 is an object, whatever its content type says.
9. ``BaseModel.__new__``: moto lists every object that it ever made, for a page that the lab does not have.
"""

from __future__ import annotations

import io
import time
from collections.abc import Container
from email.message import Message
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar

from cognito_lab import randomness
from cognito_lab.aws.api.operations import implementation_of
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.hosts import one_line
from cognito_lab.network.messages import Headers, Request, Response

ACCOUNT = "123456789012"
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
        ended, _mock = _mock, None
        ended.stop()


def running() -> bool:
    return _mock is not None


def _storage() -> tuple[list[Any], dict[str, Any]]:
    """Where moto keeps everything: a table for each service, and the names of all buckets."""
    from moto.core.base_backend import BackendDict
    from moto.s3.models import s3_backends

    return vars(BackendDict)["_instances"], s3_backends.bucket_accounts


def take_out() -> Any:
    """Take everything out of moto's storage, for :func:`put_back`. An empty account stays there."""
    from moto.moto_api._internal import mock_random

    services, buckets = _storage()
    kept = running(), [(table, dict(table)) for table in (*services, buckets)], mock_random.getstate()
    for table, _ in kept[1]:
        table.clear()
    services.clear()
    return kept


def put_back(kept: Any) -> None:
    """Forget what is in moto's storage now, and put back what :func:`take_out` has taken."""
    from moto.moto_api._internal import mock_random

    was_running, tables, chance = kept
    stop_account()
    if was_running:
        start_account(None)
    mock_random.setstate(chance)
    services, _ = _storage()
    services[:] = [table for table, _ in tables[:-1]]
    for table, content in tables:
        table.clear()
        table.update(content)


@cache
def install() -> None:
    """Set the seams, once for the life of the process."""
    global _moto_answers
    import moto.core.authorization as authorization
    import moto.core.botocore_stubber as stubber
    import moto.core.common_models as common_models
    import moto.core.models as core_models
    import moto.core.request as core_request
    import moto.core.utils as core_utils
    import moto.s3.models as s3_models
    import moto.s3.urls as s3_urls
    import moto.sts.models as sts_models

    _moto_answers = stubber.BotocoreStubber.process_request
    for owner, name, ours in (
        (stubber.BotocoreStubber, "process_request", _process_request),
        (authorization.ActionAuthenticatorMixin, "_authenticate_and_authorize_action", _admit),
        (sts_models, "random_session_token", session_token),
        (s3_models.FakeBucket, "get_permission", _no_verdict),
        # moto looks through all of botocore's models for each one that it reads; it need do so only once.
        (core_utils, "create_loader", cache(core_utils.create_loader)),
        # It imports its addresses anew at each request: settings may change them, which are put aside here.
        (s3_models.S3Backend, "_url_module", s3_urls),
        (core_request.Request, "want_form_data_parsed", property(lambda request: request.method == "POST")),
        (common_models.BaseModel, "__new__", staticmethod(lambda kind, *_, **__: object.__new__(kind))),
        # No address of ``requests`` is moto's to answer: the lab's table of hosts decides.
        (core_models, "RESPONSES_METHODS", []),
    ):
        setattr(owner, name, ours)


def session_token() -> str:
    """An STS session token: opaque to everyone but STS."""
    import base64

    return "IQoJb3JpZ2luX2Vj" + base64.b64encode(randomness.octets(264)).decode()


def _lead_requests_into_the_lab() -> None:
    """Seam 1, for ``requests``: whatever it sends goes on to :func:`_send_for_requests`."""
    from moto.core.models import responses_mock

    vars(responses_mock)["_real_send"] = _send_for_requests


def _send_for_requests(adapter: Any, request: Any, **_: Any) -> Any:
    from requests.exceptions import ConnectionError as NoConnection
    from requests.packages.urllib3.response import HTTPResponse

    body = hosts.octets_of(request.body)
    try:
        answer = hosts.dispatch(Request(request.method, request.url, hosts.headers_of(request.headers), body))
    except ConnectionError as error:  # the host does not listen there, as with HTTPS on a website endpoint
        raise NoConnection(error, request=request) from None
    raw = HTTPResponse(
        body=io.BytesIO(answer.body),
        status=answer.status,
        headers=list(answer.headers),
        preload_content=False,
        request_method=request.method,
    )
    raw._original_response = _with_cookies(answer)
    return adapter.build_response(request, raw)


def _with_cookies(answer: Response) -> Any:
    """What ``requests`` reads cookies from: the message of an ``http.client.HTTPResponse``, long closed."""
    message = Message()
    for cookie in answer.headers.getlist("set-cookie"):
        message["Set-Cookie"] = cookie
    return SimpleNamespace(msg=message, isclosed=lambda: True, close=lambda: None)


def _process_request(stubber: Any, request: Any) -> tuple[int, dict[str, str], bytes]:
    """Seam 1: what boto3 and ``requests`` send to an AWS host."""
    body, fields = hosts.octets_of(request.body), hosts.headers_of(request.headers)
    answer = hosts.dispatch(Request(request.method, request.url, fields, body))
    return answer.status, dict(answer.headers.items(lower=True)), answer.body


# -- what moto carries ---------------------------------------------------------------------------


def answer_by_moto(request: Request) -> Response:
    """moto's answer to a request that the lab made of what it had read and admitted.

    An error from inside moto is not AWS's, and is never shown as if it were.
    """
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders
    from moto.core.models import botocore_stubber

    sent = HTTPHeaders()
    for name, value in request.headers.items(lower=True):
        sent[name] = value
    prepared = AWSPreparedRequest(request.method, request.url, sent, request.body, False)
    try:
        status, fields, body = _moto_answers(botocore_stubber, prepared)
    except (AwsError, OutsideTheLab):
        raise
    except Exception as error:
        exchange = exchanges.current_exchange()
        what = f"{exchange.callee} {exchange.operation}".strip()
        raise OutsideTheLab(
            f"{what} with this input is not played by this lab (AWS has it): {error}"
        ) from None
    if status == 404 and body == "Not yet implemented":
        raise OutsideTheLab(f"{request.method} {request.url} is not played by this lab (AWS has it).")
    headers = Headers({name: one_line(value) for name, value in fields.items()})
    return Response(status, headers, body.encode() if isinstance(body, str) else body)


def _admit(handler: Any, iam_request_class: type, resource: str = "*") -> None:
    """Seam 2: moto is about to carry out an operation. ``resource`` is the ARN that moto worked out.

    What was named and admitted before must be what moto is about to do: two readings of one request
    would be a way round the policies.
    """
    service = {"awslambda": "lambda"}.get(handler.service_name, handler.service_name)
    operation = handler._get_action()
    asked = exchanges.current_exchange()
    if not asked.operation:
        exchanges.describe_current(service, operation)
        implementation_of(service, operation)
        raise OutsideTheLab(f"{service} {operation} reached moto without anybody's leave: nothing was done.")
    if service == "s3":  # moto names S3's operations in its own way, but bucket and key must be the same
        operation, resource_asked = asked.operation, asked.details["resource"]
        if resource != resource_asked:
            raise OutsideTheLab(
                f"S3 was asked about {resource_asked}, yet moto was about to touch {resource}."
            )
    if operation != asked.operation:
        raise OutsideTheLab(
            f"{asked.operation} was asked for, yet moto was about to do {service} {operation}."
        )


def _no_verdict(bucket: Any, action: str, resource: str) -> Any:
    """Seam 6: moto's own reading of a bucket policy knows no conditions, and counts for nothing."""
    from moto.iam.access_control import PermissionResult

    return PermissionResult.PERMITTED


# -- AWS's models --------------------------------------------------------------------------------


def service_model(service: str) -> Any:
    """AWS's model of a service, moto's copy: botocore changes the one of S3 when it makes a client."""
    from moto.core.utils import get_service_model

    return get_service_model(service)


def serialized(service: str, operation: str, result: dict[str, Any]) -> Any:
    """``result`` as the protocol of its service has it (all but JSON 1.1): status_code, headers and body."""
    from moto.core.serialize import get_serializer_class

    protocol = service_model(service).metadata["protocol"]
    model = service_model(service).operation_model(operation)
    answer: Any = get_serializer_class(service, protocol)(operation_model=model).serialize(result)
    return answer


# -- moto's storage ------------------------------------------------------------------------------


def state_of(owner: Any, kind: type[T]) -> T:
    """The lab's own state of class ``kind`` that hangs on ``owner``, one of moto's objects.

    It is made at first use and goes when moto's reset drops ``owner``.
    """
    key = f"_cognito_lab_{kind.__module__}_{kind.__qualname__}"
    if key not in owner.__dict__:
        owner.__dict__[key] = kind()
    found: T = owner.__dict__[key]
    return found


def iam() -> Any:
    """moto's storage of IAM: roles, users, policies, providers."""
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]


def sts() -> Any:
    """moto's storage of STS: ``.assumed_roles``, and ``assume_role`` to make one."""
    from moto.sts.models import sts_backends

    return sts_backends[ACCOUNT]["aws"]


def forget_temporary_keys(ids: set[str]) -> None:
    """Drop what moto keeps of sessions that ended long ago: it looks through all of them at each call."""
    sts().assumed_roles[:] = [one for one in sts().assumed_roles if one.access_key_id not in ids]
    for access_key_id in ids:
        iam().access_keys.pop(access_key_id, None)


def s3() -> Any:
    """moto's storage of S3: ``.buckets`` by name."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"]


def tags_of_object(bucket: str, key: str) -> dict[str, str]:
    """The tags of an object of S3; none, if it is not there."""
    found = s3().get_object(bucket, key) if bucket in s3().buckets else None
    tags: dict[str, str] = s3().tagger.get_tag_dict_for_resource(found.arn) if found else {}
    return tags


def s3_page_tokens() -> Container[str]:
    """The tokens that S3 has given out for the next page of a list."""
    found: Container[str] = s3()._pagination_tokens
    return found


def secret(region: str, name: str) -> Any:
    """moto's secret of Secrets Manager with this name or ARN, or ``None``."""
    from moto.secretsmanager.models import secretsmanager_backends

    secrets: Any = secretsmanager_backends[ACCOUNT][region].secrets
    for each in [one for one in secrets.values() if one.is_deleted() and one.deleted_date <= time.time()]:
        secrets.pop(each.name)  # its days to be restored are over
    return secrets.get(name)


def dynamodb_table(region: str, name: str) -> Any:
    """moto's table of DynamoDB, or ``None``."""
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends[ACCOUNT][region].tables.get(name)


def reserved_words() -> list[str]:
    """The words that no expression of DynamoDB may have as a name (Developer Guide, "Reserved words")."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    found: list[str] = ReservedKeywords.get_reserved_keywords()
    return found


def is_condition(expression: str | None, asked: dict[str, Any]) -> bool:
    """Whether moto can read a condition of DynamoDB; it raises errors of any kind at another text."""
    from moto.core.exceptions import JsonRESTError
    from moto.dynamodb.comparisons import create_condition_expression_parser as parser

    names, values = (asked.get(f"ExpressionAttribute{what}", {}) for what in ("Names", "Values"))
    try:
        parser(expression, names, values).parse()
    except JsonRESTError:
        return True  # moto says it in AWS's words
    except Exception:
        return False
    return True


def queried_partition(region: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The values of the partition key that a query of DynamoDB asks for, by moto's own reading of it.

    What moto cannot read has none, and moto will refuse it.
    """
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.parsing.key_condition_expression import parse_expression

    try:
        schema = dynamodb_backends[ACCOUNT][region].get_schema(asked["TableName"], asked.get("IndexName"))
        found = parse_expression(
            asked["KeyConditionExpression"],
            asked.get("ExpressionAttributeValues", {}),
            asked.get("ExpressionAttributeNames", {}),
            schema,
        )
    except Exception:
        return []
    return [value for _, value in found[0]]


def account_state(kind: type[T]) -> T:
    """The lab's own state that belongs to the account as a whole, such as the mailboxes."""
    return state_of(sts(), kind)
