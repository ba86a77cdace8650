"""Bad input always gets AWS's answer: no 5xx, no traceback, a code of the operation's, bounded header fields.

The requests come from AWS's models, with a seed, so that a failure can be had again. ``make fuzz`` tries
100,000 of them, ``make test`` a few thousand.
"""

from __future__ import annotations

import json
import re
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.parsers import create_parser
from support import malformed, malformed_account

from cognito_lab import Lab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services, wire_formats
from cognito_lab.aws.iam import principals
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.served import routing

EACH = 1_000  # requests that one account is asked
LONGEST_LINE = 8_000  # octets of one header field
# What a service answers whatever the operation (its "Common Errors" page, its protocol), beside its model.
COMMON = {
    "cognito-idp": {
        "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException",
        "InvalidSignatureException",
        "InvalidParameterException", "MissingAuthenticationTokenException", "SerializationException",
        "UnknownOperationException", "UnrecognizedClientException",
    },
    "iam": {
        "AccessDenied", "ExpiredToken", "IncompleteSignature", "InvalidAction", "InvalidClientTokenId",
        "MalformedInput",
        "MissingAuthenticationToken", "SignatureDoesNotMatch", "ValidationError",
    },
    "s3": {
        "AccessControlListNotSupported", "AccessDenied", "AuthorizationHeaderMalformed",
        "AuthorizationQueryParametersError", "BadDigest", "BucketAlreadyExists", "BucketAlreadyOwnedByYou",
        "BucketNotEmpty", "EntityTooLarge", "ExpiredToken", "IllegalLocationConstraintException",
        "IllegalVersioningConfigurationException", "InvalidAccessKeyId", "InvalidArgument",
        "InvalidBucketName",
        "InvalidBucketAclWithObjectOwnership", "InvalidDigest", "InvalidLocationConstraint", "InvalidRange",
        "InvalidRequest", "InvalidStorageClass", "InvalidTag", "InvalidToken", "InvalidURI",
        "KeyTooLongError",
        "MalformedPolicy", "MalformedXML", "MetadataTooLarge", "MethodNotAllowed", "MissingContentLength",
        "MissingRequestBodyError", "MissingSecurityHeader", "NoSuchBucket", "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration", "NoSuchKey", "NoSuchPublicAccessBlockConfiguration", "NoSuchVersion",
        "NoSuchWebsiteConfiguration", "NotImplemented", "PermanentRedirect", "PreconditionFailed",
        "RequestHeaderSectionTooLarge",
        "RequestTimeTooSkewed", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch", "BadRequest",
        "AccessForbidden", "InvalidRedirectLocation", "InvalidNamespaceHeader", "InvalidPartNumber",
        "InvalidPart", "NoSuchUpload",
    },
}  # fmt: skip
COMMON["cognito-identity"], COMMON["sts"] = COMMON["cognito-idp"], COMMON["iam"]
COMMON["lambda"] = {*COMMON["cognito-idp"], "ValidationException"} - {"InvalidParameterException"}
COMMON["dynamodb"] = COMMON["secretsmanager"] = COMMON["lambda"]


@contextmanager
def served_account() -> Iterator[tuple[Lab, Any]]:
    """An account, and what answers for it as a :class:`cognito_lab.served.server.Server` does."""
    with Lab.start() as lab:
        row = hosts.Host(re.compile("no host"), "wire", lambda request: Response(500))
        served = SimpleNamespace(
            account=lab, port=malformed.PORT, url=malformed.ENDPOINT, issuer="aws", running=True, row=row
        )
        principals.EXTRA_ROOT_KEYS["test"] = "test"
        try:
            with taken_for() as served.taken_for:
                yield lab, served
        finally:
            principals.EXTRA_ROOT_KEYS.clear()


@contextmanager
def taken_for() -> Iterator[list[str]]:
    """What the lab has taken each request for: a spoiled one may well be another operation's."""
    found: list[str] = []

    def observe(exchange: exchanges.Exchange) -> None:
        if exchange.request is not None and exchange.request.url.startswith("https:"):
            found.append(f"{exchange.service} {exchange.operation}".strip())

    exchanges.OBSERVERS.append(observe)
    try:
        yield found
    finally:
        exchanges.OBSERVERS.remove(observe)


# -- the verdict -------------------------------------------------------------------------------------


def answered(served: Any, request: Request) -> Response:
    """The answer of the served account to a request to a host of its."""
    host = urlsplit(request.url).netloc
    url = request.url.replace(f"http://{host}", malformed.ENDPOINT, 1)
    request.headers["host"] = host
    return routing.respond(served, replace(request, url=url), hosts.dispatch)


def fault(served: Any, where: str, request: Request) -> str | None:
    """What is wrong with the answer to ``request``; ``None`` if nothing is."""
    try:
        served.taken_for.clear()
        answer = answered(served, request)
        where = next(iter(served.taken_for[-1:]), "") or where
    except Exception as error:
        trace = [one for one in traceback.extract_tb(error.__traceback__) if "cognito_lab/" in one.filename]
        place = f"{trace[-1].filename.partition('cognito_lab/')[2]}:{trace[-1].lineno}"
        return f"{type(error).__name__} at {place}: {str(error)[:200]}"
    if answer.status >= 500:
        return f"{answer.status} {answer.body[:200]!r}"
    for name, value in answer.headers:
        if (
            len(name) + len(value) > LONGEST_LINE
            or re.search("[\r\n]", value)
            or not hosts.FIELD_NAME.fullmatch(name)
        ):
            return f"the header field {name[:40]!r} of {len(value)} octets"
    return unreadable(where, answer) or unknown_code(where, answer)


def unreadable(where: str, answer: Response) -> str | None:
    """That boto3 would fail at the answer, with an exception that is none of AWS's."""
    service, _, operation = where.partition(" ")
    if service not in COMMON or answer.headers.get("content-type", "").startswith("text/plain"):
        return None
    model = moto_patches.service_model(service)
    fields = {
        "status_code": answer.status,
        "headers": dict(answer.headers.items(lower=True)),
        "body": answer.body,
    }
    try:
        refused = service in services.REST_SERVICES and answer.status >= 400
        if service in services.JSON_SERVICES or refused:
            json.loads(answer.body)
        parser = create_parser(model.metadata["protocol"])
        parser.parse(fields, model.operation_model(operation).output_shape)
    except Exception as error:
        return f"{answer.status}, which boto3 cannot read: {error!r}, {answer.body[:200]!r}"
    return None


def unknown_code(where: str, answer: Response) -> str | None:
    """That the error code is none of the operation's."""
    service, _, operation = where.partition(" ")
    if answer.status < 400 or service not in COMMON:
        return None
    if answer.headers.get("content-type", "").startswith("text/plain"):  # of the wire: it names no service
        return None
    text = answer.body.decode()
    found = re.search(r"<Code>([^<]*)</Code>", text)
    in_json = service in services.JSON_SERVICES + services.REST_SERVICES
    code = json.loads(text)["__type"].rpartition("#")[2] if in_json else found[1] if found else None
    if code is None:
        return None if service == "s3" and not text else f"{answer.status} without a code: {text[:90]}"
    model = moto_patches.service_model(service).operation_model(operation)
    declared = {shape.error_code or shape.name for shape in model.error_shapes}
    declared |= {shape.name for shape in model.error_shapes}
    if code == "OutsideTheLab" and "with this input" not in text:
        return None  # by name: AWS has it
    return None if code in declared | COMMON[service] else f"the code {code}: {text[:600]}"


def faults(seed: int, count: int, full: bool) -> Counter[str]:
    """What is wrong with the answers to ``count`` requests, by kind, and how often."""
    found: Counter[str] = Counter()
    with served_account() as (lab, served):
        known = malformed_account.furnished(lab) if full else {}
        for where, request in islice(malformed.Requests(seed, known), count):
            wrong = fault(served, where, request)
            if wrong:
                found[f"{where}: {wrong}"] += 1
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A batch for each :data:`EACH` of the requests that were asked for; its number is its seed."""
    if "batch" in metafunc.fixturenames:
        metafunc.parametrize("batch", range(max(1, metafunc.config.getoption("--requests") // EACH)))


def test_malformed_requests(batch: int) -> None:
    """Every fourth batch is for an account with nothing in it."""
    found = faults(batch, EACH, full=batch % 4 != 3)
    assert not found, f"seed {batch}:\n" + "\n".join(map(str, found.most_common(20)))


def test_the_requests_get_deep_and_are_the_same_again() -> None:
    """Some of every service's are carried out, some are refused by more than the model; a seed says which."""
    seen: dict[str, Counter[str]] = {}
    with served_account() as (lab, served):
        known = malformed_account.furnished(lab)
        for where, request in islice(malformed.Requests(1, known), 8 * EACH):
            answer = answered(served, request)
            code = re.search(rb'"__type": "(?:[\w.]+#)?(\w+)"|<Code>(\w+)<|"error": "(\w+)"', answer.body)
            name = str(answer.status) if code is None else next(filter(None, code.groups())).decode()
            seen.setdefault(where.partition(" ")[0], Counter())[name] += 1
        first, again = (list(islice(malformed.Requests(5, known), 50)) for _ in range(2))
        assert [request for _, request in first] == [request for _, request in again]
    for service in (*services.JSON_SERVICES, "iam", "sts", "s3", "GET", "POST"):
        done = sum(count for name, count in seen[service].items() if name in ("200", "204", "206", "302"))
        assert done and len(seen[service]) >= 5, (service, seen[service])


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda answer: setattr(answer, "status", 500), "500"),
        (lambda answer: answer.headers.update({"x-said": "a" * 70_000}), "header field"),
        (lambda answer: setattr(answer, "body", answer.body.replace(b"Exception", b"Fault")), "code"),
        (lambda answer: setattr(answer, "body", b"{"), "cannot read"),
        (lambda answer: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_answer_is_seen(monkeypatch: pytest.MonkeyPatch, spoil: Any, kind: str) -> None:
    """Each rule of this file, broken in the lab, makes it red."""
    right = wire_formats.error_response

    def wrong(service: str, error: Any) -> Response:
        answer = right(service, error)
        spoil(answer)
        return answer

    monkeypatch.setattr(wire_formats, "error_response", wrong)
    assert any(kind in one for one in faults(3, 60, full=False))
