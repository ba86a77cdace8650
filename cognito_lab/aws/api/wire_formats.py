"""Answers and refusals in the wire form of each service: JSON, or XML for STS, IAM and S3."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.services import JSON_SERVICES
from cognito_lab.errors import AwsError
from cognito_lab.network.hosts import one_line
from cognito_lab.network.messages import Headers, Response

LONGEST_TEXT = 2_000  # letters of a message that its header field repeats; the body has all of it

NO_XML = re.compile("[^\\t\\n\\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no character of XML 1.0 (2.2)


def success(service: str, operation: str, result: dict[str, Any]) -> Response:
    """``result`` in the wire form of the service: JSON 1.1, or what moto writes of it."""
    if service in JSON_SERVICES:
        body = json.dumps(result, default=_seconds).encode()
        return Response(200, Headers({"content-type": "application/x-amz-json-1.1", **_request_id()}), body)
    answer = moto_patches.serialized(service, operation, result)
    status = result.get("StatusCode", answer["status_code"])  # Lambda answers its HTTP status as a member
    body = b"" if status == 204 else answer["body"]
    return Response(
        status,
        Headers({**answer["headers"], **_request_id()}),
        body.encode() if isinstance(body, str) else body,
    )


def error_response(service: str, error: AwsError) -> Response:
    """A refusal in the wire form of the service: XML for STS, IAM and S3, JSON for the others."""
    identifier = _request_id()
    if service in (*JSON_SERVICES, "lambda", "apigateway"):
        body = json.dumps({"__type": error_type(service, error.code), "message": error.message})
        text = one_line(error.message[:LONGEST_TEXT]).encode("ascii", "replace").decode()
        kind = {"x-amzn-errortype": error.code, "x-amzn-errormessage": text}
        return Response(
            error.status,
            Headers(
                {"content-type": f"application/x-amz-json-{json_version(service)}", **kind, **identifier}
            ),
            body.encode(),
        )
    code, message = escape(error.code), escape(as_xml(error.message))
    ((_, number),) = identifier.items()
    if service == "s3":
        region = getattr(error, "region", "")  # of a bucket that was looked for in another one
        more = f"<Region>{region}</Region>" if region else ""
        identifier |= {"x-amz-bucket-region": region} if region else {}
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
            f"{more}<RequestId>{number}</RequestId><HostId>{number}</HostId></Error>"
        )
    else:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{number}</RequestId></ErrorResponse>"
        )
    return Response(error.status, Headers({"content-type": "application/xml", **identifier}), body.encode())


def json_version(service: str) -> str:
    return str(moto_patches.service_model(service).metadata.get("jsonVersion", "1.1"))


def error_type(service: str, code: str) -> str:
    """A code as the body names it: DynamoDB puts a namespace before it, its own or that of all services."""
    if service != "dynamodb":
        return code
    own = code in moto_patches.service_model(service).shape_names
    return f"com.amazonaws.dynamodb.v20120810#{code}" if own else f"com.amazon.coral.service#{code}"


def make_readable(answer: Response, shape: Any) -> None:
    """Take out of an answer of moto's at what an SDK would fail: a body where there is none, a character that
    XML does not have, of a caller's text that it repeats. ``shape`` is that of the operation's output."""
    payload = shape.serialization.get("payload") if shape is not None else None
    if answer.status in (204, 304):  # RFC 9110, 15.3.5 and 15.4.5
        answer.body = b""
    elif answer.status >= 400 or payload is None:
        answer.body = as_xml(answer.body.decode()).encode()


def as_xml(text: str) -> str:
    """``text`` without the characters that XML does not have."""
    return NO_XML.sub("\ufffd", text)


def _request_id() -> dict[str, str]:
    return {"x-amzn-requestid": randomness.uuid4()}


def _seconds(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in an answer of AWS's")
