"""Routing: which host of the account a request means, and what is said to one that means none.

A request comes to ``HOST.localhost:PORT``, with the real name of a host before it, or to an endpoint,
``127.0.0.1:PORT`` or ``localhost:PORT``, as SDKs send it with ``AWS_ENDPOINT_URL``. There the service is read
from what the request itself says: the scope of its signature, the target of a JSON call, the action of a
form. What says nothing of the kind, and names no bucket that exists, is nobody's. A host's real name alone is
that host, for programs that were led here in another way: no page of the web can have such a name.

Sources: IAM User Guide, "Create a signed AWS API request"; AWS SDKs and Tools Reference Guide,
"Service-specific endpoints"; S3 User Guide, "Virtual hosting of general purpose buckets".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services, wire_formats
from cognito_lab.aws.user_pools import model
from cognito_lab.errors import PLAYED, AwsError, OutsideTheLab
from cognito_lab.network import hosts
from cognito_lab.network.messages import Handler, Request, Response
from cognito_lab.served import HttpRefusal, browser_rules, control_endpoints
from cognito_lab.served.account import Account

ENDPOINT_HOSTS = ("127.0.0.1", "localhost")
TARGETS = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
    "DynamoDB_20120810": "dynamodb",
    "secretsmanager": "secretsmanager",
}
SCOPE = re.compile(r"/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
USER_POOL_DOCUMENTS = re.compile(rf"/({services.REGION})_\w+/\.well-known/.*")
DISCOVERY = re.compile(rf"/{services.REGION}_\w+/\.well-known/openid-configuration")
# Python and Node do not find a pool's domain, HOST.localhost: what programs ask of it is here as well.
DOMAIN_PATH = re.compile(r"/([^/]+)(/oauth2/(?:token|userInfo|revoke))")


class Served(Protocol):
    """What is asked here of the server that this routes for: see
    :class:`cognito_lab.served.server.Server`."""

    account: Account
    port: int
    url: str
    issuer: str
    running: bool
    row: hosts.Host


def respond(server: Served, request: Request, play: Handler) -> Response:
    """What the account says to ``request``, which ``play`` carries out under the real name of its host."""
    named = request.headers.get("host", "").lower()
    name, _, port = named.partition(":")
    if is_real(name) and port in ("", str(server.port)):
        return respond_as(server, request, name, play)
    try:
        if port != str(server.port) or not (name in ENDPOINT_HOSTS or name.endswith(".localhost")):
            raise HttpRefusal(f"{named or 'No host'} is not a name of this server, {server.url}.", 421)
        if not server.running:
            raise HttpRefusal("The account is no longer served.", 503)
        if name in ENDPOINT_HOSTS and request.path.startswith("/_lab/"):
            return control_endpoints.handle(server.account, request)
        response = _of_the_account(server, request, name, play)
    except HttpRefusal as refused:
        return refused.response()
    if name in ENDPOINT_HOSTS:
        browser_rules.add_sandbox(response)
    return response


def is_real(name: str) -> bool:
    """Whether ``name`` is the real name of a host that the lab plays."""
    host = hosts.find_host(name)
    return host is not None and host.name != "wire"


def respond_as(server: Served, request: Request, name: str, play: Handler) -> Response:
    """What the host with the real ``name`` says to ``request``, with the addresses that it has on AWS."""
    named = request.headers.get("host", "").lower().partition(":")[0]
    try:
        if named != name:
            raise HttpRefusal(f"{named or 'No host'} is not {name}.", 421)
        if not server.running:
            raise HttpRefusal("The account is no longer served.", 503)
        host = hosts.find_host(name)
        assert host is not None
        browser_rules.refuse_foreign_page(request, host.name)
        meant = replace(request, url=f"{_scheme(host)}://{name}{request.url.removeprefix(server.url)}")
        response = carry_out(meant, host.name, play)
        browser_rules.add_cors_headers(meant, response, host.name)
        return response
    except HttpRefusal as refused:
        return refused.response()


def _scheme(host: hosts.Host) -> str:
    """The wire stands in for TLS, where AWS has it."""
    return "http" if host.name == "s3 website" else "https"


def _of_the_account(server: Served, request: Request, name: str, play: Handler) -> Response:
    request, name = of_a_domain(request, name)
    real = real_host(request, name, server.account.region)
    host = hosts.find_host(real)
    if host is None or host is server.row:
        raise HttpRefusal(f"{real} is not part of this lab, which plays {PLAYED}.", 404)
    browser_rules.refuse_foreign_page(request, host.name)
    meant = replace(request, url=f"{_scheme(host)}://{real}{request.url.removeprefix(server.url)}")
    response = carry_out(meant, host.name, play)
    lead_here(server, meant, response, host.name)
    return response


def carry_out(meant: Request, service: str, play: Handler) -> Response:
    """The answer of the host called ``service``, or to a browser that asks before it calls.

    Raises :class:`HttpRefusal`, 404: the lab does not play this, and the host is no API of AWS. To an API's
    callers that is said in the service's own form, so that an SDK shows the line.
    """
    try:
        return browser_rules.preflight(meant, service) or play(meant)
    except OutsideTheLab as error:
        if service not in services.API_HOSTS:
            raise HttpRefusal(str(error), 404) from None
        return wire_formats.error_response(service, AwsError("OutsideTheLab", str(error)))


def lead_here(server: Served, meant: Request, response: Response, service: str) -> None:
    """Change in ``response`` what would lead a browser elsewhere, or what its page could not read."""
    browser_rules.add_cors_headers(meant, response, service)
    browser_rules.drop_secure_flag(response)
    browser_rules.localise_redirect(response, server.port)
    if service in ("university", "apple"):
        browser_rules.localise_forms(response, server.port)
    if server.issuer == "local" and DISCOVERY.fullmatch(meant.path) and response.status == 200:
        browser_rules.localise_discovery(response, server.port)


# -- which host is meant ---------------------------------------------------------------------------


def of_a_domain(request: Request, name: str) -> tuple[Request, str]:
    """What is asked of a pool's domain by a path at the endpoint, as it would be asked of the domain itself.

    Anything else is answered as it came. Raises :class:`HttpRefusal`, 404: there is no such domain.
    """
    below = DOMAIN_PATH.fullmatch(request.path)
    if name not in ENDPOINT_HOSTS or below is None:
        return request, name
    pool = model.registry().pools.get(below[1])
    if pool is None or pool.domain is None:
        raise HttpRefusal(f"There is no user pool {below[1]} with a domain.", 404)
    url = request.url.replace(below[0], below[2], 1)
    return replace(request, url=url), f"{urlsplit(pool.domain.url).hostname}.localhost"


def real_host(request: Request, name: str, region: str) -> str:
    """The real name of the host that a request to ``name`` means; ``region`` where it says none.

    Raises :class:`HttpRefusal`, 404: it names no service, and no bucket of the account.
    """
    before = "" if name in ENDPOINT_HOSTS else name.removesuffix(".localhost")
    if before and hosts.find_host(before):
        return before
    bucket = moto_patches.s3().buckets.get(before or unquote(request.path).split("/")[1])
    signed_in, signed_for = scope_of(request) or (bucket.region_name if bucket else region, "")
    if before and (signed_for == "s3" or bucket):  # the endpoint http://localhost:PORT
        return f"{before}.{api_host('s3', signed_in)}"
    if before:
        raise HttpRefusal(f"{before} is neither a host that this lab plays nor a bucket of the account.", 404)
    service = signed_for or unsigned(request)
    if service is None:
        raise HttpRefusal(
            f"{request.method} {request.path} names no service of this account: it is not signed, has no "
            "X-Amz-Target and no Action, and there is no bucket of that name.",
            404,
        )
    published = USER_POOL_DOCUMENTS.fullmatch(request.path)
    return api_host(service, published[1] if published else signed_in)


def scope_of(request: Request) -> tuple[str, str] | None:
    """Region and service for which a request is signed, in its header or in its query."""
    presigned = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
    found = SCOPE.search(request.headers.get("authorization") or presigned)
    return (found[1], found[2]) if found else None


def unsigned(request: Request) -> str | None:
    """The service that an unsigned request to the endpoint means: by its target, its action or its path."""
    if "x-amz-target" in request.headers:
        return TARGETS.get(request.headers["x-amz-target"].partition(".")[0])
    if "x-amz-target" in request.headers.get("access-control-request-headers", ""):
        return "cognito-idp"  # a browser's question, which the two services of Cognito answer alike
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(request.body.decode("latin-1")).get("Action", [""])[0]
        for service in services.QUERY_SERVICES:
            if action in moto_patches.service_model(service).operation_names:
                return service
    if USER_POOL_DOCUMENTS.fullmatch(request.path):
        return "cognito-idp"
    return "s3" if unquote(request.path).split("/")[1] in moto_patches.s3().buckets else None


def api_host(service: str, region: str) -> str:
    return "iam.amazonaws.com" if service == "iam" else f"{service}.{region}.amazonaws.com"
