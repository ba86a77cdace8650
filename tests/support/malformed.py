"""Requests that no SDK would send, made from AWS's models with a seed: nearly right, wrong in a place or two.

``Requests(seed, known)`` is an endless source. ``known`` are the ids,
    names and tokens of an account by member
name, so that some requests get deep; without them every account looks empty.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import quote_from_bytes
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations, validation
from cognito_lab.aws.api.services import JSON_SERVICES, QUERY_SERVICES
from cognito_lab.network.messages import Headers, Request

PORT = 8900
ENDPOINT = f"http://127.0.0.1:{PORT}"
VERSION = {"iam": "2010-05-08", "sts": "2011-06-15"}
OWNER = Credentials("test", "test")

TEXTS = (
    "", " ", "\0", "a\0b", "ü", "🦀", "\ud83e", "a\r\nSet-Cookie: x=1", "\u2028", "\u202e", "../..", "%",
    "%zz", "*",
    "${aws:username}", "{####}", "<b>&amp;", "'\"", "-1", "0x10", "²", "1e9", "NaN", "True", "null", "[]",
    "{}", "{",
    "a.b.c", "eyJ9.e30.", "arn:aws:iam::123456789012:role/x", "us-east-1_nobody123", "us-east-1:" + "0" * 36,
    "https://", "https:///x", "https://[", "http://a:b:c", "//x", "é" * 300, "a" * 300, "a" * 70_000,
    "1" * 5_000,
    "2026-13-45", "9" * 40, "mara@", "@", "+", "custom:", "dev:", ":", "/", "?", "#", ";", ",", "=",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**63, -(2**63) - 1, 10**30, 1.5, -0.0, 1e300)
LEAVES = (None, True, False, [], {}, [None], {"": None}, [[]], [{}], {"a": {"b": []}}, *NUMBERS)
OCTETS = (b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\x00", b"\xef\xbb\xbf", b"\x80")
MAP_KEYS = (
    "USERNAME", "PASSWORD", "SECRET_HASH", "REFRESH_TOKEN", "SRP_A", "DEVICE_KEY", "NEW_PASSWORD",
    "USER_ID_FOR_SRP",
    "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP", "userAttributes.email", "ANSWER",
    "SOFTWARE_TOKEN_MFA_CODE", "SMS_MFA_CODE", "EMAIL_OTP_CODE", "SMS_OTP_CODE", "CREDENTIAL",
    "PREFERRED_CHALLENGE",
    "client_id", "client_secret", "authorize_scopes", "oidc_issuer", "attributes_request_method",
    "MetadataURL",
    "MetadataFile", "IDPSignout", "email", "username", "name", "authenticated", "unauthenticated",
    "accounts.google.com",
)  # fmt: skip

# Texts of the forms that AWS's models ask for.
EXAMPLES = (
    "mara", "email", "code", "openid", "https://tidepool.example", "https://tidepool.example/callback",
    "us-east-1",
    "us-east-1_abcdefghi", "us-east-1:11111111-2222-3333-4444-555555555555",
    "arn:aws:iam::123456789012:role/example",
    "arn:aws:lambda:us-east-1:123456789012:function:f", "123456", "mara@tidepool.example",
    "Your code is {####}", "5",
    "{##verify##}", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "eyJraWQ.eyJzdWI.c2ln", "a" * 24,
    "custom:section", "a" * 64,
)  # fmt: skip


def nested(depth: int) -> Any:
    inside: Any = 1
    for _ in range(depth):
        inside = [inside]
    return inside


@cache
def fitting(shape: Any) -> tuple[str, ...]:
    """The examples that AWS's model takes for a text."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
    pattern = validation._compiled(shape.metadata.get("pattern", "[^\0]*"))
    found = [text for text in EXAMPLES if low <= len(text) <= high and pattern.fullmatch(text)]
    return tuple(found) or EXAMPLES


def documents() -> tuple[str, ...]:
    """Texts of JSON that is no document of anybody's, and tokens made of them."""
    deep = "[" * 20_000 + "]" * 20_000
    objects = (deep, '{"a":' * 5_000 + "1" + "}" * 5_000, "null", "5", '"x"', "[1]", '{"iss": 5}',
    '{"exp": "x"}',
               '{"aud": {}}', '{"exp": 1e999}',
               '{"iss": "x", "sub": [], "aud": [5], "exp": 99999999999}')  # fmt: skip
    return tuple(objects) + tuple(
        ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (header,
        text)) + ".c2ln"
        for header in ('{"alg":"RS256","kid":"k"}', '{"alg":5}', deep)
        for text in objects
    )  # fmt: skip


@cache
def _documents() -> tuple[str, ...]:
    return documents()


class Requests:
    """An endless source of requests: iterate. Each is told by where it goes, such as ``iam CreateRole``."""

    def __init__(self, seed: int, known: Mapping[str, list[Any]]) -> None:
        self.chance, self.known = random.Random(seed), known
        self.carried = [
            (service, name)
            for service, row in operations.table().items()
            for name in sorted(row.ours | set(row.moto))
            for _ in range(max(1, 10 // len(row.ours | set(row.moto))))  # few operations: each more often
        ]

    def __iter__(self) -> Iterator[tuple[str, Request]]:
        while True:
            if self.known and self.chance.random() < 0.25:
                yield self.of_a_page()
            else:
                yield self.of_an_api(*self.chance.choice(self.carried))

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    # -- what is asked: nearly right, and then not -------------------------------------------------

    def of_an_api(self, service: str, operation: str) -> tuple[str, Request]:
        model = moto_patches.service_model(service).operation_model(operation)
        value = self.sample(model.input_shape, "") if model.input_shape is not None else {}
        for _ in range(self.chance.choice((0, 0, 1, 1, 1, 2))):
            value = self.changed(value)
        if service in JSON_SERVICES:
            request = self.as_json(service, operation, value)
        elif service in QUERY_SERVICES:
            request = self.as_form(service, operation, value)
        else:
            request = self.as_rest(model, value if isinstance(value, dict) else {})
        return f"{service} {operation}", self.signed(service, request)

    def sample(self, shape: Any, name: str, depth: int = 0) -> Any:
        """A value that AWS's model describes; what is known of the account, where it knows the name."""
        in_parts = shape.type_name in ("structure", "map")
        known = [value for value in self.known.get(name, ()) if isinstance(value, dict) == in_parts]
        if known and self.maybe(0.9):
            return deepcopy(self.chance.choice(known))
        if shape.type_name == "structure":
            return {
                member: self.sample(inner, member, depth + 1)
                for member, inner in shape.members.items()
                if member in shape.required_members or self.maybe(0.15 if depth < 4 else 0)
            }
        if shape.type_name == "list":
            size = self.chance.choice((0, 1, 1, 2)) if depth < 5 else 0
            return [self.sample(shape.member, name.removesuffix("s"), depth + 1) for _ in range(size)]
        if shape.type_name == "map":
            keys = self.chance.sample(MAP_KEYS, self.chance.choice((0, 1, 2, 3)))
            return {key: self.sample(shape.value, key, depth + 1) for key in keys}
        if shape.type_name in ("integer", "long"):
            low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1000)
            return self.chance.choice((low, high, min(high, low + 7)))
        if shape.type_name == "boolean":
            return self.maybe(0.5)
        if shape.type_name in ("timestamp", "double", "float"):
            return 1780304400
        if getattr(shape, "enum", None):
            return self.chance.choice(shape.enum)
        return self.chance.choice(fitting(shape))

    def odd(self) -> Any:
        """Anything but what was meant."""
        kind = self.chance.random()
        if kind < 0.45:
            return self.chance.choice(TEXTS)
        if kind < 0.55:
            return self.chance.choice(_documents())
        if kind < 0.6:
            return nested(self.chance.choice((3, 60)))
        if kind < 0.7 and self.known:
            return self.chance.choice(
                [text for name, texts in self.known.items() if name != "keys" for text in texts]
            )
        return deepcopy(self.chance.choice(LEAVES))

    def changed(self, value: Any, depth: int = 0) -> Any:
        """``value`` with one place in it wrong, missing, there twice or not asked for."""
        if isinstance(value, dict) and value and self.maybe(0.93):
            name = self.chance.choice(list(value))
            if self.maybe(0.15):
                return {other: inner for other, inner in value.items() if other != name}
            return {**value, name: self.changed(value[name], depth + 1)}
        if isinstance(value, dict) and (not depth or self.maybe(0.5)):
            return {**value, self.chance.choice((*MAP_KEYS, *TEXTS[:12], "Marker")): self.odd()}
        if isinstance(value, list) and value and self.maybe(0.8):
            place = self.chance.randrange(len(value))
            if self.maybe(0.2):
                return value * self.chance.choice((2, 60))
            return [*value[:place], self.changed(value[place], depth + 1), *value[place + 1 :]]
        if isinstance(value, str) and value[:1] in "{[" and self.maybe(0.7):
            try:
                return json.dumps(self.changed(json.loads(value)))
            except (ValueError, RecursionError):
                return value[:-1]
        if isinstance(value, str) and self.maybe(0.3):
            place = self.chance.randrange(len(value) + 1)
            return value[:place] + self.chance.choice(TEXTS) + value[place:]
        return self.odd()

    # -- how it is written ---------------------------------------------------------------------------

    def as_json(self, service: str, operation: str, value: Any) -> Request:
        body = self.spoiled(json.dumps(value, ensure_ascii=self.maybe(0.5)).encode("utf-8", "surrogatepass"))
        if self.maybe(0.03):
            body = self.chance.choice(
                (
                    b"",
                    b"null",
                    b"[]",
                    b"5",
                    b"{",
                    b'{"a":' * 50_000,
                    b"[" * 100_000,
                    b'{"MaxResults": NaN}',
                    b'{"MaxResults": ' + b"9" * 5_000 + b"}",
                    b'{"Username": "\\ud83e"}',
                )
            )
        target = f"{moto_patches.service_model(service).metadata['targetPrefix']}.{operation}"
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
        return Request("POST", f"{ENDPOINT}/", Headers(headers), body)

    def as_form(self, service: str, operation: str, value: Any) -> Request:
        pairs = [("Action", operation), ("Version", VERSION[service]), *flat(value, "")]
        if self.maybe(0.08):
            pairs.append(self.chance.choice(pairs))
        if self.maybe(0.05):
            name = self.chance.choice(
                ("Tags.member.0.Key", "Tags.member.x.Key", "Tags", "Tags.member", ".", "", "Tags.1")
            )
            pairs.append((name, "x"))
        body = self.spoiled(
            "&".join(f"{written(n)}={written(v)}" for n, v in pairs).encode("latin-1", "replace")
        )
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return Request("POST", f"{ENDPOINT}/", Headers(headers), body)

    def as_rest(self, model: Any, value: dict[str, Any]) -> Request:
        shape, path = model.input_shape, model.http["requestUri"]
        path, _, mark = path.partition("?")
        query, headers, body = [(mark, "")] if mark else [], {}, b""
        in_json = {}
        payload = shape.serialization.get("payload") if shape is not None else None
        for name, given in value.items():
            place = shape.members[name].serialization if name in shape.members else {}
            where, wire = place.get("location"), place.get("name", name)
            if where == "uri":
                for form in (f"{{{wire}}}", f"{{{wire}+}}"):
                    path = path.replace(form, written(plain(given), "/~" if "+" in form else "~"))
            elif where == "querystring":
                query.append((wire, plain(given)))
            elif where == "header":
                headers[wire.lower()] = fit_for_a_header(given)
            elif where == "headers" and isinstance(given, dict):
                headers |= {
                    wire + fit_for_a_name(key): fit_for_a_header(inner) for key, inner in given.items()
                }
            elif name == payload and shape.members[name].type_name == "structure":
                body = self.spoiled(
                    as_xml(shape.members[name], shape.members[name].serialization.get("name", name), given)
                )
            elif name == payload:
                body = self.spoiled(plain(given).encode("utf-8", "surrogatepass"))
            elif where is None:
                in_json[wire] = given
        if in_json:
            body = self.spoiled(json.dumps(in_json).encode())
        if self.maybe(0.1):
            query.append((self.chance.choice(REST_QUERY), self.chance.choice(TEXTS[:30])))
        if self.maybe(0.03) and query:
            query.append(self.chance.choice(query))
        if self.maybe(0.1):
            headers[self.chance.choice(REST_HEADERS)] = fit_for_a_header(self.chance.choice(TEXTS[:45]))
        path = path.replace("{Bucket}", "").replace("{Key+}", "")
        asked = "&".join(
            f"{written(name)}={written(text)}" if text else written(name) for name, text in query
        )
        url = f"{ENDPOINT}{path}{'?' + asked if asked else ''}"
        return Request(model.http["method"], url, Headers(headers), body)

    def spoiled(self, body: bytes) -> bytes:
        """The octets, seldom with some that are no UTF-8, or cut off."""
        place = self.chance.randrange(len(body) + 1)
        if self.maybe(0.03):
            return body[:place] + self.chance.choice(OCTETS) + body[place:]
        return body[:place] if self.maybe(0.02) else body

    def signed(self, service: str, request: Request) -> Request:
        """Signed by the owner, or by one whom policies hold; seldom by nobody, or with no signature."""
        if self.maybe(0.05):
            return request
        sent = AWSRequest(request.method, request.url, dict(request.headers), request.body)
        sent.headers["host"] = f"127.0.0.1:{PORT}"
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        keys = self.chance.choice([OWNER, OWNER, *self.known.get("keys", [])])
        signer(keys, service, "us-east-1").add_auth(sent)
        headers = Headers(list(sent.headers.items()))
        if self.maybe(0.02):
            name = self.chance.choice(
                ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
            )
            text, place = headers.get(name, ""), self.chance.randrange(200)
            headers[name] = (
                text[:place] + fit_for_a_header(self.chance.choice(TEXTS[:40])) + text[place + 1 :]
            )
        return Request(request.method, request.url, headers, request.body)

    # -- pages, endpoints and hosts --------------------------------------------------------------------

    def of_a_page(self) -> tuple[str, Request]:
        """One of the addresses that a browser or an app opens, with the fields that such addresses have."""
        method, host, path, asked = self.chance.choice(self.known["pages"])
        fields = {name: self.chance.choice(self.known.get(name, ["x"])) for name in asked if self.maybe(0.85)}
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            fields = self.changed(fields)
        pairs = flat(fields, "") if isinstance(fields, dict) else []
        if self.maybe(0.08) and pairs:
            pairs.append(self.chance.choice(pairs))
        text = "&".join(f"{written(name)}={written(value)}" for name, value in pairs)
        if self.maybe(0.05):
            text += "&" + self.chance.choice(("%", "%ff=%fe", "=", "&&", "a;b", "%00=%00"))
        if self.maybe(0.05):
            path += self.chance.choice(("/", "//", "/%2e%2e", "%00", "%ff", ";x", "/x"))
        headers = {"cookie": self.cookies()} if self.maybe(0.7) else {}
        if self.maybe(0.3):
            headers["origin"] = fit_for_a_header(self.chance.choice((f"http://{host}:{PORT}", *TEXTS[:45])))
        if self.maybe(0.3):
            given = self.chance.choice((*self.known["authorization"], *TEXTS[:45], *_documents()[11:]))
            headers["authorization"] = fit_for_a_header(
                f"{self.chance.choice(('Bearer', 'Basic', 'X'))} {given}"
            )[:7000]
        body, query = b"", ""
        if method == "POST":
            headers["content-type"] = self.chance.choice(
                ("application/x-www-form-urlencoded",) * 9 + ("text/x; a",)
            )
            body = self.spoiled(text.encode("latin-1", "replace"))
        elif text:
            query = f"?{text}"
        return f"{method} {host}{path.partition('%')[0]}", Request(
            method, f"http://{host}:{PORT}{path}{query}", Headers(headers), body
        )

    def cookies(self) -> str:
        return "; ".join(
            f"{name}={fit_for_a_header(self.chance.choice((*values, *values, *TEXTS[:40])))}"
            for name, values in self.known["cookies"][0].items()
        )


REST_QUERY = (
    "prefix", "delimiter", "max-keys", "marker", "list-type", "continuation-token", "encoding-type",
    "start-after",
    "versionId", "partNumber", "response-content-type", "response-expires", "response-x\r\nSet-Cookie",
    "policy", "cors",
    "X-Amz-Date", "X-Amz-Expires", "X-Amz-Credential", "X-Amz-Signature", "x-id", "uploads", "location",
    "acl",
)  # fmt: skip
REST_HEADERS = (
    "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "x-amz-copy-source",
    "content-md5",
    "x-amz-tagging", "x-amz-acl", "x-amz-meta-a", "content-type", "content-encoding", "expect",
    "x-amz-storage-class",
    "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "x-amz-decoded-content-length",
    "x-amz-metadata-directive",
    "x-amz-copy-source-range", "x-amz-website-redirect-location", "x-amz-server-side-encryption",
    "content-length",
)  # fmt: skip


def flat(value: Any, path: str) -> list[tuple[str, str]]:
    """A value as the query protocol has it: ``Tags.member.1.Key``."""
    if isinstance(value, dict):
        return [
            pair
            for name, inner in value.items()
            for pair in flat(inner, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(value, list) and len(value) < 100:
        return [
            pair for n, inner in enumerate(value, 1) for pair in flat(inner, f"{path}.member.{n}"[:5_000])
        ]
    return [(path, plain(value))]


def plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except (RecursionError, TypeError):
        return "x"


def written(text: str, safe: str = "") -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe)


def fit_for_a_header(value: Any) -> str:
    """What one line of a header can carry over a connection: octets as Latin-1, no line break."""
    octets = plain(value).encode("utf-8", "surrogatepass").decode("latin-1")
    return " ".join(octets.splitlines()).replace("\0", "")


def fit_for_a_name(text: str) -> str:
    return "".join(
        letter for letter in text if letter.isascii() and (letter.isalnum() or letter in "-_.!#$%&'*+^`|~")
    )


def as_xml(shape: Any, name: str, value: Any) -> bytes:
    """A document of S3's, as far as ``value`` still has the shape."""

    def element(shape: Any, name: str, value: Any) -> str:
        if isinstance(value, list) and shape is not None and shape.type_name == "list":
            one = (
                name
                if shape.serialization.get("flattened")
                else shape.member.serialization.get("name", "member")
            )
            inner = "".join(element(shape.member, one, inside) for inside in value)
            return inner if one == name else f"<{name}>{inner}</{name}>"
        if isinstance(value, dict):
            members = shape.members if shape is not None and shape.type_name == "structure" else {}
            inner = ""
            for key, inside in value.items():
                wire = members[key].serialization.get("name", key) if key in members else fit_for_a_name(key)
                inner += element(members.get(key), wire, inside)
            return f"<{name}>{inner}</{name}>"
        return f"<{name}>{escape(plain(value))}</{name}>"

    return element(shape, name, value).encode("utf-8", "surrogatepass")
