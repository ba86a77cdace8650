"""Which operation of S3 a request is: method, host, path, query and headers say so together.

Source: Amazon S3 API Reference.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network.messages import Request

BUCKET_HOST = re.compile(rf"(?:(.+)\.)?s3(?:\.{services.REGION})?\.amazonaws\.com")

BUCKET_NAME = re.compile(r"[A-Za-z0-9._-]+")


@cache
def _routes() -> list[tuple[str, str, frozenset[str], str]]:
    """Method, level, what must be in query or headers, and the operation: from AWS's model."""
    model = moto_patches.service_model("s3")
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        marks = set(query.split("&")) - {""}
        for member in operation.input_shape.required_members if operation.input_shape else ():
            place = operation.input_shape.members[member].serialization
            if place.get("location") in ("querystring", "header"):
                marks.add(place["name"].lower() if place["location"] == "header" else place["name"])
        level = "key" if "{Key+}" in path else "bucket" if "{Bucket}" in path else "service"
        routes.append((operation.http["method"], level, frozenset(marks), name))
    return routes


def place(request: Request) -> dict[str, str]:
    """``Bucket`` and ``Key``, as far as a request names them; the bucket is in the host or the path."""
    host = BUCKET_HOST.fullmatch(request.host)
    bucket = (host and host.group(1)) or ""
    path = unquote(request.path).removeprefix("/")
    bucket, key = (bucket, path) if bucket else (path.partition("/")[0], path.partition("/")[2])
    return {name: value for name, value in (("Bucket", bucket), ("Key", key)) if value}


def check_address(request: Request) -> None:
    """The path is text, percent-encoded in UTF-8, and a bucket has the letters of a bucket's name."""
    try:
        unquote(request.path, errors="strict")
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None
    named = place(request)
    if named and not BUCKET_NAME.fullmatch(named.get("Bucket", "")):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")


def query_of(request: Request) -> dict[str, str]:
    """The query; names that begin with ``x-amz-`` count as those of header fields do, in lower case.

    Raises:
        AwsError: ``InvalidArgument``: a name is there twice, so that it could be read in two ways.
    """
    pairs = [
        (name.lower() if name.lower().startswith("x-amz-") else name, value)
        for name, value in parse_qsl(request.query, keep_blank_values=True)
    ]
    twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    if twice:
        raise AwsError("InvalidArgument", f"Conflicting query string parameters: {', '.join(twice)}")
    return dict(pairs)


def operation_of(request: Request) -> tuple[str, dict[str, Any]]:
    """The name of the operation and its ``Bucket`` and ``Key``: S3 hides it in method, host, path and query.

    Raises:
        AwsError: ``InvalidArgument``: the query asks for two operations at once, or says something twice;
            ``InvalidURI``,
            ``InvalidBucketName``: the path is no text, or names no bucket.
        OutsideTheLab: No operation of S3 looks like this.
    """
    check_address(request)
    parameters = place(request)
    level = ("service", "bucket", "key")[len(parameters)]
    query = query_of(request)
    given = (
        set(query)
        | {f"{name}={value}" for name, value in query.items()}
        | {name for name in request.headers.keys(lower=True) if name.startswith("x-amz-")}
    )
    fitting = [
        (marks, name)
        for method, where, marks, name in _routes()
        if method == request.method and where == level and marks <= given
    ]
    if not fitting:
        raise OutsideTheLab(
            f"{request.method} {request.url} is not played by this lab: no operation of S3 is like it."
        )
    marks, name = max(fitting, key=lambda route: len(route[0]))
    rivals = {mark for others, _ in fitting for mark in others - marks}
    if rivals:
        raise AwsError(
            "InvalidArgument", f"Conflicting query string parameters: {', '.join(sorted(marks | rivals))}"
        )
    return name, parameters
