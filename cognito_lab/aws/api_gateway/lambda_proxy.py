"""A function behind a method or a route: the event that it is given, and the answer that is made of its own.

A REST API gives the event of version 1.0, an HTTP API that of its integration's ``PayloadFormatVersion``.
Claims are texts in both.

Source: API Gateway Developer Guide, "Lambda proxy integrations in API Gateway" and "Create AWS Lambda proxy
integrations for HTTP APIs".
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api_gateway.apis import Row
from cognito_lab.aws.api_gateway.integrations import FUNCTION, Admitted, text_of
from cognito_lab.aws.lambda_functions import function_policies, functions, invocations
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.hosts import one_line
from cognito_lab.network.messages import Headers, Response
from cognito_lab.protocols import json_texts

PATIENCE = {True: 29.0, False: 30.0}  # seconds that a REST API waits, and an HTTP API
# What the caller hears where the function is no help: it may not be invoked, it failed, it was too slow.
NOT_PERMITTED = {True: (500, "Internal server error"), False: (500, "Internal Server Error")}
FAILED = {True: (502, "Internal server error"), False: (500, "Internal Server Error")}
TOO_SLOW = {True: (504, "Endpoint request timed out"), False: (503, "Service Unavailable")}


def answer(uri: str, version: str, admitted: Admitted) -> Response:
    """What the function at ``uri`` says to an event of ``version``."""
    event = first_version(admitted) if version == "1.0" else second_version(admitted)
    found = FUNCTION.search(uri)
    assert found is not None
    try:
        function = functions.find(found[1], found[0].removesuffix("/invocations"))
        check_permission(function, admitted)
        with exchanges.internal_call("API Gateway", f"function {function.name}", "Invoke"):
            outcome = invocations.invoke(function, json.dumps(event).encode(), PATIENCE[admitted.rest])
    except AwsError as error:
        exchanges.record_refusal(error)
        return refusal(*NOT_PERMITTED[admitted.rest])
    except TimeoutError:
        return refusal(*TOO_SLOW[admitted.rest])
    try:
        return response_of(json_texts.read(outcome.payload), version, failed=outcome.error is not None)
    except (ValueError, TypeError, AttributeError):
        return refusal(*FAILED[admitted.rest])


def check_permission(function: functions.Function, admitted: Admitted) -> None:
    """The function's own policy lets API Gateway invoke it for this method.

    Raises:
        AwsError: ``AccessDeniedException``. The caller is told only that something went wrong.
    """
    api, method, template = admitted.api, admitted.request.method, admitted.template.partition(" ")[2]
    place = f"{api.id}/{admitted.stage}/{method}{template or admitted.template}"
    source = f"arn:aws:execute-api:{api.region}:{moto_patches.ACCOUNT}:{place}"
    if not function_policies.lets_in(function, "apigateway.amazonaws.com", source):
        raise AwsError("AccessDeniedException", "Invalid permissions on Lambda function", 500)


def response_of(said: Any, version: str, failed: bool) -> Response:
    """The answer that a function describes; in version 2.0 what has no ``statusCode`` is the body of a 200.

    Raises:
        ValueError, TypeError, AttributeError: It describes none.
    """
    if version == "2.0" and not failed and not (isinstance(said, dict) and "statusCode" in said):
        return Response(200, Headers({"content-type": "application/json"}), json.dumps(said).encode())
    if failed or not isinstance(said, dict) or not 100 <= int(said.get("statusCode", 0)) < 600:
        raise TypeError("no answer of a proxy integration")
    body = "" if said.get("body") is None else said["body"]
    headers = Headers({"content-type": "application/json"})
    headers.update({name: one_line(text) for name, text in (said.get("headers") or {}).items()})
    for name, texts in (said.get("multiValueHeaders") or {}).items():
        headers.setlist(name, [one_line(text) for text in texts])
    for cookie in said.get("cookies") or [] if version == "2.0" else []:
        headers.add("set-cookie", one_line(cookie))
    return Response(
        int(said["statusCode"]),
        headers,
        base64.b64decode(body) if said.get("isBase64Encoded") else body.encode(),
    )


def refusal(status: int, message: str) -> Response:
    body = json.dumps({"message": message}).encode()
    return Response(status, Headers({"content-type": "application/json"}), body)


# -- events -------------------------------------------------------------------------------------------


def first_version(admitted: Admitted) -> Row:
    """The event of version 1.0."""
    request, claims = admitted.request, texts(admitted)
    query = parse_qs(request.query, keep_blank_values=True)
    headers = {name: request.headers.getlist(name) for name, _ in request.headers}
    template = admitted.template if admitted.rest else admitted.template.partition(" ")[2]
    stage = "" if admitted.stage == "$default" else f"/{admitted.stage}"
    context = {
        **context_of(admitted), "path": f"{stage}{admitted.place}", "protocol": "HTTP/1.1",
        "httpMethod": request.method, "resourcePath": template, "requestTimeEpoch": int(time.time() * 1000),
        "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent")},
    }  # fmt: skip
    context["identity"] |= signer(admitted)
    if claims:
        more = {} if admitted.rest else {"scopes": admitted.scopes or None}
        context["authorizer"] = {"claims": claims, **more}
    return {
        "version": "1.0", "resource": template, "path": admitted.place, "httpMethod": request.method,
        "headers": {name: found[-1] for name, found in headers.items()}, "multiValueHeaders": headers,
        "queryStringParameters": {name: found[-1] for name, found in query.items()} or None,
        "multiValueQueryStringParameters": query or None, "pathParameters": admitted.path or None,
        "stageVariables": None, "requestContext": context, **body_of(admitted),
    }  # fmt: skip


def second_version(admitted: Admitted) -> Row:
    """The event of version 2.0: names in lower case, several values with commas between them."""
    request, claims = admitted.request, texts(admitted)
    headers = {name.lower(): ",".join(request.headers.getlist(name)) for name, _ in request.headers}
    cookies = headers.pop("cookie", "")
    query = parse_qs(request.query, keep_blank_values=True)
    now = time.time()
    context = {
        **context_of(admitted), "routeKey": admitted.template, "timeEpoch": int(now * 1000),
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "http": {
            "method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
            "userAgent": request.headers.get("user-agent", ""),
        },
    }  # fmt: skip
    if claims:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": admitted.scopes or None}}
    elif admitted.principal:
        context["authorizer"] = {"iam": {**signer(admitted), "accountId": admitted.principal.account}}
    event = {
        "version": "2.0", "routeKey": admitted.template, "rawPath": request.path,
        "rawQueryString": request.query, "headers": headers, "requestContext": context, **body_of(admitted),
    }  # fmt: skip
    if event["body"] is None:
        del event["body"]
    more = {
        "cookies": [each.strip() for each in cookies.split(";") if each.strip()],
        "queryStringParameters": {name: ",".join(found) for name, found in query.items()},
        "pathParameters": admitted.path,
    }
    return event | {name: value for name, value in more.items() if value}


def context_of(admitted: Admitted) -> Row:
    host = admitted.request.host
    return {
        "accountId": moto_patches.ACCOUNT, "apiId": admitted.api.id, "stage": admitted.stage,
        "domainName": host, "domainPrefix": host.partition(".")[0], "requestId": randomness.uuid4(),
    }  # fmt: skip


def texts(admitted: Admitted) -> dict[str, str]:
    return {name: text_of(name, value, admitted.rest) for name, value in admitted.claims.items()}


def signer(admitted: Admitted) -> Row:
    """Who signed the request, under the names that both versions have."""
    principal = admitted.principal
    return {"userArn": principal.arn, "caller": principal.user_id} if principal else {}


def body_of(admitted: Admitted) -> Row:
    """The body as text; octets that are none come in base64."""
    body = admitted.request.body
    try:
        return {"body": body.decode() or None, "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
