"""Buckets as websites: index documents, error documents, redirects, and objects that everybody may read.

Sources: S3 User Guide, "Website endpoints", "Configuring an index document", "Configuring a custom error
document".
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from cognito_lab import templates
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.s3 import access
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Headers, Request, Response

WEBSITE_HOSTS = rf"[a-z0-9][a-z0-9.-]*\.s3-website[-.]{services.REGION}\.amazonaws\.com"  # website endpoints

render = templates.beside(__file__)


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
    bucket = moto_patches.s3().buckets.get(name)
    error_document = None
    try:
        if request.method not in ("GET", "HEAD"):
            raise READ_ONLY()
        if bucket is None or f".{bucket.region_name}." not in request.host.replace("website-", "website."):
            raise MISSING_BUCKET()
        index, error_document = documents_of(bucket)
        response = page_of(request, bucket, index)
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


def page_of(request: Request, bucket: Any, index: str) -> Response:
    """The object at a path; for a folder its index document; for a folder without its slash a redirect."""
    key = unquote(request.path).removeprefix("/")
    if key and not key.endswith("/"):
        if moto_patches.s3().get_object(bucket.name, key) is None and moto_patches.s3().get_object(
            bucket.name, f"{key}/{index}"
        ):
            return Response(302, Headers({"location": f"{request.path}/"}))
        return public_object(request, bucket, key)
    return public_object(request, bucket, key + index)


def public_object(request: Request, bucket: Any, key: str) -> Response:
    """An object that everybody may read; who may not list the bucket learns nothing about missing ones."""
    arn = f"arn:aws:s3:::{bucket.name}"
    verdict = access.verdict_on(None, "s3:GetObject", f"{arn}/{key}", request)
    if not verdict:
        raise PRIVATE_PAGE()
    found = moto_patches.s3().get_object(bucket.name, key)
    if found is None:
        raise MISSING_PAGE() if access.verdict_on(None, "s3:ListBucket", arn, request) else PRIVATE_PAGE()
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
