"""Signature Version 4: who signed a request, and whether it is still what was signed.

A signature stands in the ``Authorization`` header or, in a presigned URL, in the query. Both are
checked against the request exactly as it left the client, in the order of the functions here.

Sources: IAM User Guide, "AWS Signature Version 4 for API requests"; Amazon S3 API Reference,
"Authenticating requests (AWS Signature Version 4)" and "Error responses".
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit

from cognito_lab import clock
from cognito_lab.aws.api import services
from cognito_lab.aws.iam import principals
from cognito_lab.aws.iam.principals import Key
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request
from cognito_lab.paths import DATA
from cognito_lab.protocols import constant_time

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 15 * 60  # seconds
WEEK = 7 * 24 * 3600  # the longest life of a presigned URL, in seconds
HEADER = re.compile(
    ALGORITHM + r"\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=(\w+)\s*"
)


@cache
def refusals() -> dict[str, dict[str, tuple[str, int, str]]]:
    """What can be wrong → code, HTTP status and text of S3, of the JSON and of the query services."""
    return tomllib.loads((DATA / "signature_refusals.toml").read_text())


def refusal(what: str, service: str, **details: str) -> AwsError:
    """The refusal of ``data/signature_refusals.toml`` in the service's own code, HTTP status and text."""
    family = service if service == "s3" else "query" if service in services.QUERY_SERVICES else "json"
    code, status, text = refusals()[what][family]
    status = 403 if service in services.REST_SERVICES else status
    return AwsError(code, text.format(**details), status)


@dataclass(frozen=True)
class Signature:
    """What a request says about its signature. ``date`` is ``YYYYMMDDThhmmssZ``; ``expires`` in seconds."""

    access_key_id: str
    scope: tuple[str, str, str]  # day, region, service
    signed_headers: tuple[str, ...]
    value: str
    date: str
    token: str | None
    expires: int | None = None  # only in a presigned URL

    @property
    def moment(self) -> float:
        """When the request was signed, in seconds since 1970."""
        return datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def verify(request: Request, service: str) -> Key | None:
    """The key that signed ``request``, or ``None`` for an unsigned one.

    Raises:
        AwsError: The signature does not hold: see :func:`refusals`.
    """
    signature = parse_signature(request, service)
    if signature is None:
        return None
    check_scope(signature, request, service)
    check_date(signature, service, request.outside)
    key = principals.key_by_id(signature.access_key_id)
    check_key(signature, key, service)
    assert key is not None
    check_session(signature, key, service)
    check_headers(signature, request, service)
    check_body(request, service)
    check_value(signature, key, request, service)
    return key


def parse_signature(request: Request, service: str) -> Signature | None:
    """The signature of a request: from its header, or from the query of a presigned URL."""
    header = request.headers.get("authorization")
    query = dict(parse_qsl(request.query, keep_blank_values=True)) if "ignature=" in request.query else {}
    if (header or "").startswith("AWS ") or {"AWSAccessKeyId", "Signature"} <= query.keys():
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise unusable(service, "InvalidRequest", text)
    if header and "X-Amz-Signature" in query:
        text = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
        text += "string parameter or the Authorization header should be specified"
        raise unusable(service, "InvalidArgument", text)
    try:
        if "X-Amz-Signature" in query:
            return _signature(
                query["X-Amz-Credential"],
                query["X-Amz-SignedHeaders"],
                query["X-Amz-Signature"],
                query["X-Amz-Date"],
                query.get("X-Amz-Security-Token"),
                int(query["X-Amz-Expires"]),
            )
        if header:
            found = HEADER.fullmatch(header)
            assert found, "the header is not in the form of Signature Version 4"
            date, token = request.headers["x-amz-date"], request.headers.get("x-amz-security-token")
            return _signature(found[1], found[2], found[3], date, token)
    except (AssertionError, KeyError, ValueError) as error:
        raise refusal("malformed", service, why=f"missing or wrong {error}") from None
    return None


def unusable(service: str, code: str, text: str) -> AwsError:
    """S3 says what is wrong with a code of its own; for other services the header is incomplete."""
    return AwsError(code, text) if service == "s3" else refusal("malformed", service, why=text)


def _signature(
    credential: str, headers: str, value: str, date: str, token: str | None, expires: int | None = None
) -> Signature:
    access_key_id, day, region, service, end = credential.rsplit("/", 4)
    signature = Signature(
        access_key_id, (day, region, service), tuple(headers.lower().split(";")), value, date, token, expires
    )
    assert end == "aws4_request" and "host" in signature.signed_headers and signature.moment, (
        "credential scope"
    )
    return signature


def check_scope(signature: Signature, request: Request, service: str) -> None:
    """A signature counts for one day, one region and one service."""
    day, region, named = signature.scope
    wanted = services.region_of(service, request.host)
    if service == "s3" and not request.host.endswith(f"s3.{wanted}.amazonaws.com"):
        wanted = region  # S3's global host takes signatures for any region
    for given, right, what in (
        (named, service, "service"),
        (region, wanted, "region"),
        (day, signature.date[:8], "date"),
    ):
        if given != right:
            raise refusal("wrong scope", service, why=f"the {what} '{given}' is wrong; expecting '{right}'")


def check_date(signature: Signature, service: str, outside: bool = False) -> None:
    """Fifteen minutes either way; a presigned URL has its own life of at most a week.

    A program ``outside`` of the kernel signs by the machine's clock; a life is counted by the account's.
    """
    senders_now = clock.real_time() if outside else time.time()
    age = senders_now - signature.moment
    if signature.expires is None:
        if abs(age) > SKEW:
            here = datetime.fromtimestamp(senders_now, UTC).strftime("%Y%m%dT%H%M%SZ")
            raise refusal("skewed", service, date=signature.date, now=here)
    elif not 0 < signature.expires <= WEEK:
        raise AwsError(
            "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and 604800 seconds"
        )
    elif age < -SKEW:
        raise AwsError("AccessDenied", "Request is not valid yet", 403)
    elif (clock.elapsed_since(signature.moment) if outside else age) > signature.expires:
        raise AwsError("AccessDenied", "Request has expired", 403)


def check_key(signature: Signature, key: Key | None, service: str) -> None:
    """The key must exist. A temporary key without its session token counts as unknown."""
    if key is None or (key.session_token is not None and not signature.token):
        raise refusal("unknown key", service)


def check_session(signature: Signature, key: Key, service: str) -> None:
    """The session token must be the key's own, and the session must not be over."""
    if signature.token is not None and signature.token != key.session_token:
        raise refusal("wrong token", service)
    if is_over(key):
        raise refusal("session over", service)


def is_over(key: Key) -> bool:
    """Whether these are temporary credentials that have expired."""
    return key.expiration is not None and time.time() >= key.expiration.timestamp()


def check_headers(signature: Signature, request: Request, service: str) -> None:
    """Nobody may add an ``x-amz-`` header to a request that somebody else signed."""
    added = [
        name
        for name in request.headers.keys(lower=True)
        if name.startswith("x-amz-") and name not in signature.signed_headers
    ]
    if service == "s3" and [name for name in added if name != "x-amz-content-sha256"]:
        raise AwsError("AccessDenied", "There were headers present in the request which were not signed", 403)


def check_body(request: Request, service: str) -> None:
    """Where the request states a hash of its body, the body must have it."""
    stated = request.headers.get("x-amz-content-sha256", "")
    if stated.startswith("STREAMING-AWS4"):  # each chunk has a signature, which nobody here would check
        raise AwsError(
            "NotImplemented", "A header you provided implies functionality that is not implemented", 501
        )
    if (
        service == "s3"
        and re.fullmatch("[0-9a-f]{64}", stated)
        and stated != hashlib.sha256(request.body).hexdigest()
    ):
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def check_value(signature: Signature, key: Key, request: Request, service: str) -> None:
    """The signature must be the one that the key's secret gives for this very request."""
    scope = "/".join((*signature.scope, "aws4_request"))
    digest = hashlib.sha256(canonical_request(signature, request, service).encode()).hexdigest()
    text = "\n".join((ALGORITHM, signature.date, scope, digest))
    right = hmac.new(signing_key(key.secret, *signature.scope), text.encode(), hashlib.sha256).hexdigest()
    if not constant_time.equal(right, signature.value):
        raise refusal("mismatch", service)


def canonical_request(signature: Signature, request: Request, service: str) -> str:
    """The request in the one form that both sides hash: as it is read, with ``+`` for a space in the query.

    What the body's hash is, a header says to S3 alone.
    """
    path = unquote(request.path) if service == "s3" else request.path  # all but S3 encode the path twice
    query = sorted(
        (quote(unquote_plus(name), safe="-_.~"), quote(unquote_plus(value), safe="-_.~"))
        for name, _, value in (pair.partition("=") for pair in request.query.split("&") if pair)
        if name != "X-Amz-Signature"
    )
    sent = {
        "host": request.headers.get("host") or urlsplit(request.url).netloc,
        **dict(request.headers.items(lower=True)),
    }
    unstated = "UNSIGNED-PAYLOAD" if service == "s3" and signature.expires is not None else None
    return "\n".join(
        (
            request.method.upper(),
            quote(path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{' '.join(sent.get(name, '').split())}" for name in signature.signed_headers),
            "",
            ";".join(signature.signed_headers),
            (request.headers.get("x-amz-content-sha256") if service == "s3" else None)
            or unstated
            or hashlib.sha256(request.body).hexdigest(),
        )
    )


@lru_cache(256)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service, derived from the secret access key."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
