"""What only browsers do: pages of one origin that call another, and links that lead from host to host.

On AWS anybody's page may call Cognito, and knows no key of the account. Here everybody knows the owner's: a
page of the internet that is open in the learner's browser could use the account. So the APIs answer pages of
this machine alone. S3 has the rules of each bucket, as on AWS, for whoever does not sign as the owner.

Sources: Fetch Standard, "CORS protocol"; W3C, "Fetch Metadata Request Headers"; W3C, "Content Security
Policy Level 3", "sandbox".
"""

from __future__ import annotations

import json
import re
from html import escape
from urllib.parse import parse_qs, urlsplit

from cognito_lab.aws.api import services
from cognito_lab.aws.iam import principals
from cognito_lab.network import addresses, hosts
from cognito_lab.network.html_forms import Page
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.served import HttpRefusal

THIS_MACHINE = re.compile(
    r"https?://(?:127\.0\.0\.1|\[::1\]|(?:[^/:@]+\.)?localhost)(?::\d+)?", re.IGNORECASE
)
KEY_ID = re.compile(r"(?:^|Credential=|AWS )\s*([^\s/,:=]+)[/:]")
OPEN_TO_PAGES = ("cognito-idp", "cognito-identity", "sts", "dynamodb")
FOR_PROGRAMS = ("token_endpoint", "userinfo_endpoint", "revocation_endpoint")
EXPOSED = "x-amzn-RequestId, x-amzn-ErrorType, x-amzn-ErrorMessage, Date"


def refuse_foreign_page(request: Request, service: str) -> None:
    """Raise :class:`HttpRefusal` where a page of another machine calls an API, or S3 with the owner's key.

    Browsers name its origin; where they do not, as for a picture, they say by ``Sec-Fetch-Site`` who asks. A
    link to a presigned address of S3 may stand anywhere: whoever follows it reads, and the page does not.
    """
    origin = request.headers.get("origin")
    foreign = (
        not THIS_MACHINE.fullmatch(origin)
        if origin
        else request.headers.get("sec-fetch-site") == "cross-site"
    )
    followed = request.method == "GET" and not origin and request.headers.get("sec-fetch-mode") == "navigate"
    open_to_it = service == "s3" and (followed or not names_owners_key(request))
    if foreign and service in services.API_HOSTS and not open_to_it:
        raise HttpRefusal(f"A page of {origin or 'another site'} may not call {service} in this lab.", 403)


def names_owners_key(request: Request) -> bool:
    """Whether a request is signed, rightly or not, with the key pair of the owner that everybody knows."""
    query = parse_qs(request.query)
    given = [request.headers.get("authorization", ""), *query.get("X-Amz-Credential", [])]
    named = {found[1] for text in given if (found := KEY_ID.search(text))}
    return not principals.EXTRA_ROOT_KEYS.keys().isdisjoint({*named, *query.get("AWSAccessKeyId", [])})


def preflight(request: Request, service: str) -> Response | None:
    """The answer of Cognito and STS to the question that a browser asks before a call."""
    if request.method != "OPTIONS" or service not in OPEN_TO_PAGES:
        return None
    asked = hosts.field_names(request.headers.get("access-control-request-headers", "*"))
    allowed = {"access-control-allow-methods": "GET, POST", "access-control-allow-headers": asked}
    return Response(200, Headers(allowed))


def add_cors_headers(request: Request, response: Response, service: str) -> None:
    """Say that the calling page may read the answer, or the error."""
    if service in OPEN_TO_PAGES and "origin" in request.headers:
        response.headers["access-control-allow-origin"] = "*"
        response.headers["access-control-expose-headers"] = EXPOSED


def add_sandbox(response: Response) -> None:
    """No document from the endpoint runs a script there: it would be of one origin with the inbox."""
    response.headers["content-security-policy"] = "sandbox"


def is_played(url: str) -> bool:
    """Whether ``url`` is an absolute address, with the real name of a host that the lab plays."""
    parts = addresses.parts_of(url)
    plain = parts.scheme in ("http", "https") and parts.netloc == parts.hostname
    host = hosts.find_host(parts.netloc) if plain else None
    return host is not None and host.name != "wire"


def local_address(url: str, port: int) -> str:
    """The address on this machine of a real ``url``."""
    parts = urlsplit(url)
    return parts._replace(scheme="http", netloc=f"{parts.hostname}.localhost:{port}").geturl()


def drop_secure_flag(response: Response) -> None:
    """Cookies without ``Secure``: TLS is stood in for here, and curl and Python would keep them back.

    Those for posts from other sites stay as they are: browsers take ``SameSite=None`` with ``Secure`` alone.
    """
    cookies = response.headers.getlist("set-cookie")
    plain = [
        cookie if "samesite=none" in cookie.lower() else re.sub(r"(?i);\s*secure(?=;|$)", "", cookie)
        for cookie in cookies
    ]
    response.headers.setlist("set-cookie", plain)


def localise_discovery(response: Response, port: int) -> None:
    """In a discovery document: pages under their names, as browsers find them; the rest below the issuer."""
    document = json.loads(response.body)
    for member, value in document.items():
        if member in FOR_PROGRAMS:
            document[member] = document["issuer"] + urlsplit(value).path
        elif isinstance(value, str) and is_played(value):
            document[member] = local_address(value, port)
    response.body = json.dumps(document).encode()


def localise_redirect(response: Response, port: int) -> None:
    """A redirect to a host that the lab plays leads to its address here, and not out to the real one."""
    where = response.headers.get("location")
    if where and is_played(where):
        response.headers["location"] = local_address(where, port)


def localise_forms(response: Response, port: int) -> None:
    """The same for the form of a page, by which a SAML provider sends its answer."""
    html = response.body.decode()
    for form in Page(html).forms:
        if is_played(form.action):
            tag = f'<form method="{form.method}" action="{escape(local_address(form.action, port))}">'
            html = html.replace(form.tag, tag)
    response.body = html.encode()
