"""Amazon S3 for browsers: which origins may call a bucket, and buckets as websites.

Cross-origin rules are kept by browsers only: they say whose page may read an answer, and are no lock.

Sources: S3 User Guide, "Using cross-origin resource sharing (CORS)", "Website endpoints", "Configuring
an index document", "Configuring a custom error document"; Fetch Standard, "CORS protocol".
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from cognito_lab import templates
from cognito_lab.aws import answers, s3, seams, services
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Handler, Headers, Request, Response

HOSTS = rf"[a-z0-9][a-z0-9.-]*\.s3-website[-.]{services.REGION}\.amazonaws\.com"  # website endpoints

render = templates.beside(__file__)

# -- cross-origin requests -------------------------------------------------------------------------

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
                return answers.error_response("s3", exchanges.record_refusal(error))
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
        headers["access-control-allow-headers"] = asked
    if rule.max_age_seconds is not None:
        headers["access-control-max-age"] = str(rule.max_age_seconds)
    return Response(200, Headers(headers))


def rules_of(request: Request) -> list[Any]:
    """The rules of the bucket that a request is about; none if there is no such bucket."""
    bucket = seams.s3().buckets.get(s3.place(request).get("Bucket"))
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


def like(given: str, allowed: str) -> bool:
    """A rule's origin or header; ``*`` stands for anything."""
    return re.fullmatch(re.escape(allowed).replace(r"\*", ".*"), given) is not None


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


# -- websites --------------------------------------------------------------------------------------

# Made anew each time: an exception keeps the traceback of where it was raised.
MISSING_BUCKET = partial(AwsError, "NoSuchBucket", "The specified bucket does not exist", 404)
MISSING_SITE = partial(
    AwsError, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", 404
)
MISSING_PAGE = partial(AwsError, "NoSuchKey", "The specified key does not exist.", 404)
PRIVATE_PAGE = partial(AwsError, "AccessDenied", "Access Denied", 403)
READ_ONLY = partial(
    AwsError, "MethodNotAllowed", "The specified method is not allowed against this resource.", 405
)


def website(request: Request) -> Response:
    """A website endpoint: HTTP only, GET and HEAD, what the public may read; answers and errors are HTML."""
    if request.url.startswith("https:"):
        raise ConnectionRefusedError(f"{request.host}: S3's website endpoints speak HTTP only")
    name = request.host.partition(".s3-website")[0]
    exchanges.describe_current("s3", "website", bucket=name, path=request.path)
    bucket = seams.s3().buckets.get(name)
    error_document = None
    try:
        if request.method not in ("GET", "HEAD"):
            raise READ_ONLY()
        if bucket is None or f".{bucket.region_name}." not in request.host.replace("website-", "website."):
            raise MISSING_BUCKET()
        index, error_document = documents_of(bucket)
        response = page(request, bucket, index)
    except AwsError as error:
        response = error_page(request, exchanges.record_refusal(error), bucket, error_document)
    if request.method == "HEAD":
        response.body = b""
    return response


def documents_of(bucket: Any) -> tuple[str, str | None]:
    """Suffix of the index document, and key of the error document if there is one."""
    if not bucket.website_configuration:
        raise MISSING_SITE()
    found = {
        element.tag.rpartition("}")[2]: (element.text or "").strip()
        for element in ElementTree.fromstring(bucket.website_configuration).iter()
    }
    if "Suffix" not in found:
        raise MISSING_SITE()
    return found["Suffix"], found.get("Key")


def page(request: Request, bucket: Any, index: str) -> Response:
    """The object at a path; for a folder its index document; for a folder without its slash a redirect."""
    key = unquote(request.path).removeprefix("/")
    if key and not key.endswith("/"):
        if seams.s3().get_object(bucket.name, key) is None and seams.s3().get_object(
            bucket.name, f"{key}/{index}"
        ):
            return Response(302, Headers({"location": f"{request.path}/"}))
        return public_object(request, bucket, key)
    return public_object(request, bucket, key + index)


def public_object(request: Request, bucket: Any, key: str) -> Response:
    """An object that everybody may read; who may not list the bucket learns nothing about missing ones."""
    arn = f"arn:aws:s3:::{bucket.name}"
    verdict = s3.may(None, "s3:GetObject", f"{arn}/{key}", request)
    if not verdict:
        raise PRIVATE_PAGE()
    found = seams.s3().get_object(bucket.name, key)
    if found is None:
        raise MISSING_PAGE() if s3.may(None, "s3:ListBucket", arn, request) else PRIVATE_PAGE()
    headers = Headers(found.metadata)
    headers.update(found.response_dict)
    return Response(200, headers, found.value)


def error_page(request: Request, error: AwsError, bucket: Any, error_document: str | None) -> Response:
    """The site's own error document, under the status of the error; S3's plain page where there is none."""
    if error_document and error.status in (403, 404):
        try:
            own = public_object(request, bucket, error_document)
            return Response(error.status, own.headers, own.body)
        except AwsError:
            pass
    told = {403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}[error.status]
    body = render(
        "s3_website_error.html", title=f"{error.status} {told}", code=error.code, message=error.message
    )
    return Response(error.status, Headers({"content-type": "text/html; charset=utf-8"}), body.encode())
