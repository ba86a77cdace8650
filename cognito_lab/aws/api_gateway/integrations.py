"""What is behind a method or a route: a server that is asked with the caller's own request, or a function.

A mapping of parameters puts claims of the token, or parts of the path, into the server's request: under
``context.authorizer.claims`` in a REST API, ``$context.authorizer.claims`` in an HTTP API.

Source: API Gateway Developer Guide, "HTTP proxy integrations" and "Transform API requests".
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from cognito_lab.aws.api_gateway.apis import Api, Row
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Headers, Request, Response

# Where a value goes: a header, a variable of the server's path. Where it comes from: a claim, path, header.
TARGET = re.compile(r"(?:integration\.request\.|overwrite:)(header|path)\.([\w-]+)")
CLAIM = re.compile(r"\$?context\.authorizer\.claims\.(\S+)")
OF_REQUEST = re.compile(r"(?:method\.|\$)request\.(header|path)\.(\S+)")
FUNCTION = re.compile(r"arn:aws:lambda:([a-z0-9-]+):\d{12}:function:([\w-]+)(?:/invocations)?$")
HOP_BY_HOP = ("host", "content-length", "connection", "transfer-encoding")  # RFC 9110, 7.6.1


@dataclass
class Admitted:
    """A request that was let in, at a stage: the resource or route that it is for, and the caller.

    ``path`` are the values of the path's variables, ``place`` the path below the stage. Of the caller there
    are the ``claims`` of a token, or the ``principal`` who signed, or neither.
    """

    api: Api
    stage: str
    template: str
    place: str
    request: Request
    path: dict[str, str]
    scopes: list[str]
    claims: Row = field(default_factory=dict)
    principal: Principal | None = None

    @property
    def rest(self) -> bool:
        return self.api.service == "apigateway"


def check(kind: str, uri: str | None, parameters: Row) -> None:
    """Whether an integration is one that the lab plays.

    Raises:
        AwsError: ``BadRequestException``: no address to ask.
    """
    if kind not in ("HTTP_PROXY", "AWS_PROXY"):
        raise OutsideTheLab(f"Integrations of type {kind} are not played by this lab (AWS has them).")
    if kind == "AWS_PROXY" and not FUNCTION.search(uri or ""):
        raise AwsError("BadRequestException", "Invalid function ARN or invalid uri")
    if kind == "AWS_PROXY" and parameters:
        raise OutsideTheLab("Parameter mapping before a function is not played by this lab (AWS has it).")
    if kind == "HTTP_PROXY" and not re.fullmatch(r"https?://\S+", uri or ""):
        raise AwsError("BadRequestException", "Invalid HTTP endpoint specified for URI")
    for target, source in parameters.items():
        known = CLAIM.fullmatch(source) or OF_REQUEST.fullmatch(source)
        if not (TARGET.fullmatch(target) and (known or re.fullmatch("'[^']*'", source))):
            raise OutsideTheLab(f"The mapping {target} = {source} is not played by this lab (AWS has it).")


def forward(uri: str, method: str, parameters: Row, admitted: Admitted) -> Response:
    """The answer of the server behind, to the caller's request with what ``parameters`` put into it."""
    request = admitted.request
    headers = Headers([(key, text) for key, text in request.headers if key.lower() not in HOP_BY_HOP])
    variables = {} if admitted.rest else dict(admitted.path)
    for target, source in parameters.items():
        found = TARGET.fullmatch(target)
        assert found is not None
        value = value_of(source, admitted)
        if found[1] == "path":
            variables[found[2]] = value or ""
        elif value is None:
            headers.pop(found[2], None)
        else:
            headers[found[2]] = hosts.one_line(value)
    for name, text in variables.items():
        uri = uri.replace(f"{{{name}}}", quote(text)).replace(f"{{{name}+}}", quote(text))
    query = f"?{request.query}" if request.query else ""
    asked = request.method if method == "ANY" else method
    with exchanges.calling_as("API Gateway"):
        return hosts.dispatch(Request(asked, uri + query, headers, request.body))


def value_of(source: str, admitted: Admitted) -> str | None:
    """The text that a mapping takes from ``source``; ``None`` where there is none."""
    if claim := CLAIM.fullmatch(source):
        value = admitted.claims.get(claim[1])
        return None if value is None else text_of(claim[1], value, admitted.rest)
    if part := OF_REQUEST.fullmatch(source):
        return (admitted.path if part[1] == "path" else admitted.request.headers).get(part[2])
    return source.strip("'")


def text_of(name: str, value: Any, rest: bool) -> str:
    """A claim as text: a REST API puts commas into a list, an HTTP API brackets around it. A REST API writes
    two moments as dates (as people report)."""
    if rest and name in ("exp", "iat"):
        return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(value))
    if isinstance(value, list):
        return ",".join(map(str, value)) if rest else f"[{' '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
