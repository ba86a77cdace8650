"""Presigned addresses of S3 in Signature Version 2, which boto3 makes where it is told nothing of signatures.

Measured: S3 in us-east-1 still takes them, other Regions do not. Everything else that is signed so is
refused by :mod:`.signatures`. Version 2 signs only some of the query; here all of it counts but for what
chooses among the objects of a listing, so that nobody makes another operation of an address.

Source: Amazon S3 Developer Guide (2020), "Signing and authenticating REST requests".
"""

from __future__ import annotations

import base64
import hmac
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from cognito_lab import clock
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.iam import principals, signatures
from cognito_lab.aws.iam.principals import Key
from cognito_lab.aws.s3 import routes
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request
from cognito_lab.protocols import constant_time

REGION = "us-east-1"
OWN = ("AWSAccessKeyId", "Signature", "Expires", "content-type", "content-md5")  # the latter repeat fields
OF_LISTINGS = (
    "prefix", "delimiter", "marker", "max-keys", "encoding-type", "list-type", "continuation-token",
    "start-after", "fetch-owner",
)  # fmt: skip


@dataclass(frozen=True)
class Presigned:
    """What an address says about its signature; ``expires`` in seconds since 1970."""

    access_key_id: str
    value: str
    expires: str
    token: str | None


def presigned(request: Request, service: str) -> Presigned | None:
    """The signature of such an address where it is taken; ``None`` for any other request."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    elsewhere = "authorization" in request.headers or "X-Amz-Signature" in query
    if service != "s3" or elsewhere or not {"AWSAccessKeyId", "Signature"} <= query.keys():
        return None
    bucket = moto_patches.s3().buckets.get(routes.place(request).get("Bucket"))
    regions = {services.region_of("s3", request.host), bucket.region_name if bucket else REGION}
    if regions != {REGION}:
        return None
    token = query.get("x-amz-security-token")
    return Presigned(query["AWSAccessKeyId"], query["Signature"], query.get("Expires", ""), token)


def verify(signature: Presigned, request: Request) -> Key:
    """The key that signed the address.

    Raises:
        AwsError: The signature does not hold: see :func:`signatures.refusals`.
    """
    check_expiry(signature, request.outside)
    key = principals.key_by_id(signature.access_key_id)
    if key is None or (key.session_token is not None and not signature.token):
        raise signatures.refusal("unknown key", "s3")
    if signature.token is not None and signature.token != key.session_token:
        raise signatures.refusal("wrong token", "s3")
    if signatures.is_over(key):
        raise signatures.refusal("session over", "s3")
    check_value(signature, key, request)
    return key


def check_expiry(signature: Presigned, outside: bool) -> None:
    """The address says until when it counts; a program ``outside`` of the kernel has another clock."""
    if not signature.expires.isascii() or not signature.expires.isdigit() or len(signature.expires) > 18:
        raise AwsError(
            "AccessDenied", f"Invalid date (should be seconds since epoch): {signature.expires}", 403
        )
    expires = int(signature.expires)
    over = clock.elapsed_since(expires) if outside else time.time() - expires
    if over > 0:
        raise AwsError("AccessDenied", "Request has expired", 403)


def check_value(signature: Presigned, key: Key, request: Request) -> None:
    """The signature must be the one that the key's secret gives for this very request."""
    text = string_to_sign(signature, request)
    right = base64.b64encode(hmac.digest(key.secret.encode(), text.encode(), "sha1")).decode()
    if not constant_time.equal(right, signature.value):
        raise signatures.refusal("mismatch", "s3")


def string_to_sign(signature: Presigned, request: Request) -> str:
    """The request in the one form that both sides sign: a field that somebody adds changes it."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    fields = [*request.headers.items(lower=True), *((name.lower(), value) for name, value in pairs)]
    amazons = sorted((name, value.strip()) for name, value in fields if name.startswith("x-amz-"))
    passed_over = (*OWN, *OF_LISTINGS)
    rest = sorted(
        pair for pair in pairs if pair[0] not in passed_over and not pair[0].lower().startswith("x-amz-")
    )
    asked = "&".join(f"{name}={value}" if value else name for name, value in rest)
    bucket = routes.BUCKET_HOST.fullmatch(request.host)
    before = f"/{bucket[1]}" if bucket and bucket[1] else ""
    return "\n".join(
        (
            request.method.upper(),
            request.headers.get("content-md5", ""),
            request.headers.get("content-type", ""),
            signature.expires,
            *(f"{name}:{value}" for name, value in amazons),
            f"{before}{request.path}" + (f"?{asked}" if asked else ""),
        )
    )
