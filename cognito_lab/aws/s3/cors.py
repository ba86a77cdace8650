"""Cross-origin requests to S3: a bucket's own CORS rules, on preflights and on answers.

Source: S3 User Guide, "Using cross-origin resource sharing (CORS)".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import wire_formats
from cognito_lab.aws.api.operations import Call, check_before
from cognito_lab.aws.s3 import routes, xml_documents
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Handler, Headers, Request, Response

NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
    "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
    "by the resource's CORS spec."
)


def across_origins(answer: Handler) -> Handler:
    """S3's handler with the cross-origin rules in front of it: preflights answered, other answers marked."""

    def marked(request: Request) -> Response:
        if request.method == "OPTIONS":
            try:
                return preflight(request)
            except AwsError as error:
                return wire_formats.error_response("s3", exchanges.record_refusal(error))
        response = answer(request)
        for name in [
            name for name in response.headers.keys(lower=True) if name.startswith("access-control-")
        ]:
            del response.headers[name]  # moto's own idea of the rules
        rule = allowing_rule(request, request.method, [])
        if rule is not None:
            response.headers.update(marks(request, rule))
        if request.method == "HEAD":
            response.body = b""
        return response

    return marked


def preflight(request: Request) -> Response:
    """The question a browser asks before the real request. It is never signed, and always answered."""
    exchanges.describe_current("s3", "CORSPreflight")
    asked = request.headers.get("access-control-request-headers", "")
    method = request.headers.get("access-control-request-method", "")
    if not (request.headers.get("origin") and method):
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.")
    if not rules_of(request):
        raise AwsError("AccessForbidden", NOT_ENABLED, 403)
    rule = allowing_rule(request, method, [name.strip().lower() for name in asked.split(",") if name.strip()])
    if rule is None:
        raise AwsError("AccessForbidden", NOT_ALLOWED, 403)
    headers = marks(request, rule)
    if asked:
        headers["access-control-allow-headers"] = hosts.field_names(asked)
    if rule.max_age_seconds is not None:
        headers["access-control-max-age"] = str(rule.max_age_seconds)
    return Response(200, Headers(headers))


def rules_of(request: Request) -> list[Any]:
    """The rules of the bucket that a request is about; none if there is no such bucket."""
    bucket = moto_patches.s3().buckets.get(routes.place(request).get("Bucket"))
    return list(bucket.cors) if bucket is not None else []


def allowing_rule(request: Request, method: str, names: list[str]) -> Any:
    """The first rule that allows origin, method and every header in ``names``; ``None`` without one."""
    origin = request.headers.get("origin")
    if not origin:
        return None
    for rule in rules_of(request):
        headers = [allowed.lower() for allowed in rule.allowed_headers or ()]
        if (
            any(like(origin, allowed) for allowed in rule.allowed_origins)
            and method in rule.allowed_methods
            and all(any(like(name, allowed) for allowed in headers) for name in names)
        ):
            return rule
    return None


@check_before("s3", "PutBucketCors")
def check_rules(call: Call) -> None:
    """An origin or a header of a rule has one ``*`` at most.

    Raises:
        AwsError: ``InvalidRequest``: one of them has more.
    """
    for element in xml_documents.parsed(call["CORSConfiguration"]).iter():
        kind, text = xml_documents.local(element), element.text or ""
        if kind in ("AllowedOrigin", "AllowedHeader") and text.count("*") > 1:
            raise AwsError("InvalidRequest", f'{kind} "{text}" can not have more than one wildcard.')


def like(given: str, allowed: str) -> bool:
    """A rule's origin or header; its ``*``, of which it has one at most, stands for anything."""
    start, star, end = allowed.partition("*")
    if not star:
        return given == allowed
    return len(given) >= len(start + end) and given.startswith(start) and given.endswith(end)


def marks(request: Request, rule: Any) -> dict[str, str]:
    """The headers by which a browser knows that the page may read the answer."""
    everybody = "*" in rule.allowed_origins
    found = {
        "access-control-allow-origin": "*" if everybody else request.headers["origin"],
        "access-control-allow-methods": ", ".join(rule.allowed_methods),
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    if not everybody:
        found["access-control-allow-credentials"] = "true"
    if rule.exposed_headers:
        found["access-control-expose-headers"] = ", ".join(rule.exposed_headers)
    return found
