"""The input of an operation of S3: read once from address, header and body, and written anew for moto.

A member has its place in AWS's model: path, query, header or body. A header whose name begins with ``x-amz-``
may stand in the query as well, as presigned URLs have it. Anything else that a request says is passed over.

Source: Amazon S3 API Reference; S3 User Guide, "Signature calculations: transferring payload in multiple
chunks".
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote, urlencode

from cognito_lab.aws.s3 import input_checks, routes
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request

CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
NOT_MOTOS = ("ContentLength",)  # the length as it was sent: of the chunks, if the body came in chunks


def read(request: Request, model: Any, place: dict[str, str]) -> dict[str, Any]:
    """The members of the input, with the names of ``model``; a structure in the body is its XML, as it came.

    Raises:
        AwsError: ``InvalidArgument``: a member stands in two places, or is no number where it must be one.
            ``IncompleteBody``: the chunks of the body do not fit together.
    """
    body, trailer = octets_of(request)
    query = routes.query_of(request)
    fields = dict(request.headers.items(lower=True))
    codings = [coding.strip() for coding in fields.pop("content-encoding", "").split(",")]
    if left := [
        coding for coding in codings if coding not in ("", "aws-chunked")
    ]:  # of the way, not the object
        fields["content-encoding"] = ",".join(left)
    for more in ({name: text for name, text in query.items() if name.startswith("x-amz-")}, trailer):
        check_one_place(sorted(fields.keys() & more.keys()))
        fields |= more
    members = model.input_shape.members if model.input_shape else {}
    found: dict[str, Any] = {name: text for name, text in place.items() if name in members}
    for name, member in members.items():
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "headers":
            values = {key[len(wire) :]: text for key, text in fields.items() if key.startswith(wire.lower())}
            found |= {name: values} if values else {}
        text = {"querystring": query.get(wire), "header": fields.get(wire.lower())}.get(where)
        if text is not None and name not in NOT_MOTOS:
            found[name] = number(text, wire) if member.type_name in ("integer", "long") else text
    if "CopySource" in found:
        found["CopySource"] = written_source(*source_of(found["CopySource"]))
    payload = model.input_shape.serialization.get("payload") if model.input_shape else None
    found = input_checks.without_broken_conditions(found)
    return {**found, payload: body} if payload else found


def check_one_place(names: list[str]) -> None:
    """What stands in the header, in the query and behind the body could be read in two ways."""
    if names:
        raise AwsError("InvalidArgument", f"Given more than once: {', '.join(names)}")


def number(text: str, name: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise AwsError("InvalidArgument", f"Provided {name} not an integer or within integer range")
    return int(text)


def source_of(text: str) -> tuple[str, str, str | None]:
    """Bucket, key and version of what is copied; bucket and key are percent-encoded in ``text``.

    A ``?`` of the key is encoded; one that is not begins the version (API Reference, "CopyObject").
    """
    path, mark, version = text.partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not (bucket and key) or (mark and not version.startswith("versionId=")):
        raise AwsError("InvalidArgument", "Copy Source must mention the source bucket and key: bucket/key")
    return bucket, key, unquote(version.removeprefix("versionId=")) if mark else None


def written_source(bucket: str, key: str, version: str | None) -> str:
    """What :func:`source_of` reads, in one form."""
    return quote(f"{bucket}/{key}") + ("" if version is None else f"?versionId={quote(version, safe='')}")


def octets_of(request: Request) -> tuple[bytes, dict[str, str]]:
    """The body, out of its chunks if it comes in chunks, and the fields of the trailer behind it."""
    if request.headers.get("x-amz-content-sha256") != CHUNKS:
        return request.body, {}
    body, rest = b"", request.body
    while chunk := CHUNK.match(rest):
        start, size = chunk.end(), int(chunk[1], 16)
        if not size:
            lines = [line.partition(":") for line in rest[start:].decode("latin-1").split("\r\n") if line]
            return body, {name.strip().lower(): text.strip() for name, _, text in lines}
        body += rest[start : start + size]
        if rest[start + size : start + size + 2] != b"\r\n":
            break
        rest = rest[start + size + 2 :]
    raise AwsError("IncompleteBody", "The request body terminated unexpectedly")


def built(request: Request, model: Any, parameters: dict[str, Any]) -> Request:
    """The request for moto: it has the Region of the caller's, and the admitted ``parameters`` alone."""
    members = model.input_shape.members if model.input_shape else {}
    _, _, marks = model.http["requestUri"].partition("?")
    query = [tuple(mark.partition("=")[::2]) for mark in marks.split("&") if mark]
    headers = Headers()
    for name, value in parameters.items():
        where, wire = (members[name].serialization.get(part, name) for part in ("location", "name"))
        if where == "querystring":
            query.append((wire, str(value)))
        elif where == "header":
            headers[wire] = str(value)
        elif where == "headers":
            headers.update({wire + key: text for key, text in value.items()})
    path = parameters.get("Bucket", "")
    if "Key" in parameters:  # with plain dots, moto would take "amazonaws.com/" in a key for the host
        path += "/" + quote(parameters["Key"]).replace(".", "%2E")
    host = request.host[request.host.rindex("s3.") :]  # without a bucket: it is in the path
    asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
    payload = model.input_shape.serialization.get("payload", "") if model.input_shape else ""
    return Request(request.method, f"https://{host}/{path}{asked}", headers, parameters.get(payload, b""))
