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
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.parsers import create_parser
from support import malformed
from support.federation import Federation
from support.iam_people import TRUST, allow, document
from support.managed_login import CALLBACK, CHALLENGE, DOMAIN, SIGNED_OUT, VERIFIER
from support.user_pools import OTHER_PASSWORD, PASSWORD, pairs, secret_hash

from cognito_lab import Lab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services, wire_formats
from cognito_lab.aws.iam import principals
from cognito_lab.aws.managed_login.pages import sign_in_pages
from cognito_lab.network import hosts
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
        "NoSuchWebsiteConfiguration", "NotImplemented", "PreconditionFailed", "RequestHeaderSectionTooLarge",
        "RequestTimeTooSkewed", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch", "BadRequest",
        "AccessForbidden", "InvalidRedirectLocation", "InvalidNamespaceHeader", "InvalidPartNumber",
    },
}  # fmt: skip
COMMON["cognito-identity"], COMMON["sts"] = COMMON["cognito-idp"], COMMON["iam"]


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
            yield lab, served
        finally:
            principals.EXTRA_ROOT_KEYS.clear()


def furnished(lab: Lab) -> dict[str, list[Any]]:
    """Fill the account; what is in it by member name, as :class:`support.malformed.Requests` wants it."""
    it = Federation(lab)
    it.connect_google()
    it.support("COGNITO", "Google")
    web = it.oauth_client(GenerateSecret=True)
    it.invited("noor", email="noor@tidepool.example")
    it.sign_up("ben")
    it.idp.create_group(UserPoolId=it.pool, GroupName="divers")
    it.idp.create_resource_server(UserPoolId=it.pool, Identifier="tides", Name="tides", Scopes=[])
    session = it.initiate("noor")["Session"]
    signed_in = it.sign_in()
    # page fields
    iam, s3, identity = boto3.client("iam"), boto3.client("s3"), boto3.client("cognito-identity")
    trust, rights = json.dumps(document(TRUST)), json.dumps(document(allow("s3:*")))
    role = iam.create_role(RoleName="keeper", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="keeper", PolicyName="rights", PolicyDocument=rights)
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=rights)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="keeper", PolicyArn=policy)
    iam.create_user(UserName="ines")
    key = iam.create_access_key(UserName="ines")["AccessKey"]["AccessKeyId"]
    s3.create_bucket(Bucket="tidepool-pictures")
    s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.svg", Body=b"crab", Metadata={"a": "b"})
    provider = f"cognito-idp.us-east-1.amazonaws.com/{it.pool}"
    own = {"ProviderName": provider, "ClientId": it.client}
    pool = identity.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=True,
        CognitoIdentityProviders=[own],
    )["IdentityPoolId"]
    identity.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": role, "unauthenticated": role}
    )
    logins = {provider: signed_in["IdToken"]}
    who = identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    guest = identity.get_id(IdentityPoolId=pool)["IdentityId"]
    open_id = identity.get_open_id_token(IdentityId=who, Logins=logins)["Token"]
    page = it.browser.get(it.address("/login"))
    csrf = re.search(r'name="_csrf" value="([^"]*)"', page.text)
    back = it.from_google(nonce="n")
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    idp = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + it.pool
    domain = urlsplit(DOMAIN).hostname
    asked = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
    "code_challenge_method",
             "nonce", "identity_provider", "prompt", "login_hint", "max_age", "lang")  # fmt: skip
    filled = (*asked[:3], "_csrf", "username", "password", "code", "email")
    pages = [
        ("GET", domain, "/oauth2/authorize", asked), ("GET", domain, "/login", asked),
        ("GET", domain, "/logout", ("client_id", "logout_uri", *asked[1:4])), ("GET", domain, "/error",
        ("error", "client_id")),
        ("GET", domain, "/oauth2/idpresponse", ("code", "state", "error")), ("GET", domain, "/confirmUser",
        ("client_id", "user_name", "confirmation_code")),
        ("GET", domain, "/oauth2/userInfo", ()), ("POST", domain, "/saml2/idpresponse", ("SAMLResponse",
        "RelayState")),
        ("POST", domain, "/oauth2/revoke", ("token", "client_id", "client_secret")),
        *[("POST", domain, "/oauth2/token", ("grant_type", "client_id", "client_secret", "code",
        "redirect_uri", "code_verifier", "refresh_token", "scope"))] * 3,
        *[(method, domain, path, filled if method == "POST" else asked) for method,
        path in sign_in_pages.ROUTES],
        *[(method, host, path, fields) for host in ("accounts.google.com", "127.0.0.1") for method, path,
        fields in (
            ("GET", "/o/oauth2/v2/auth", asked), ("POST", "/token", filled), ("GET",
            f"/{it.pool}/.well-known/jwks.json", ()),
            ("GET", "/_lab/inbox/mara%40tidepool.example", ()), ("POST", "/_lab/clock",
            ("advance_seconds",)), ("OPTIONS", "/", ()),
            ("POST", "/", ("Action",)), ("GET", "/tidepool-pictures/mara/crab.svg", ("prefix",)))],
        ("GET", "tidepool-pictures.s3-website-us-east-1.amazonaws.com", "/x", ()),
        ("GET", "oauth2.googleapis.com", "/x", asked), ("POST", "oauth2.googleapis.com", "/token", filled),
    ]  # fmt: skip
    return {
        "pages": [(method, host if host == "127.0.0.1" else f"{host}.localhost", *rest) for method, host,
        *rest in pages],
        "cookies": [{"XSRF-TOKEN": [csrf[1]], "cognito": list(it.browser.cookies.values())}],
        "authorization": [signed_in["AccessToken"], signed_in["IdToken"], "eDp5"],
        "client_id": [it.client, web["ClientId"]], "client_secret": [web["ClientSecret"]], "_csrf": [csrf[1]],
        "redirect_uri": [CALLBACK], "logout_uri": [SIGNED_OUT], "response_type": ["code", "token"],
        "state": ["s", state],
        "scope": ["openid", "openid email", "tides/read"], "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
        "identity_provider": ["Google", "COGNITO"], "username": ["mara", "noor", "ben"],
        "password": [PASSWORD, OTHER_PASSWORD],
        "grant_type": ["authorization_code", "refresh_token", "client_credentials"], "code": ["123456",
        it.code()],
        "code_verifier": [VERIFIER], "refresh_token": [signed_in["RefreshToken"]],
        "token": [signed_in["RefreshToken"]],
        "user_name": ["ben"], "confirmation_code": [it.code()], "error": ["invalid_client"],
        "max_age": ["5"], "lang": ["en"],
        "prompt": ["none", "login", "select_account"], "login_hint": ["mara"], "nonce": ["n"],
        "email": ["x@tidepool.example"],
        "RelayState": [state,
        f"client_id={it.client}&redirect_uri={CALLBACK}&response_type=code&identity_provider=Google"],
        "SAMLResponse": ["PGEvPg==", "eA=="], "advance_seconds": ["0"], "Action": ["GetUser", "AssumeRole"],
        "prefix": ["mara/"],
        "UserPoolId": [it.pool], "ClientId": [it.client, web["ClientId"]],
        "ClientSecret": [web["ClientSecret"]],
        "Username": ["mara", "noor", "ben"], "Password": [PASSWORD, OTHER_PASSWORD],
        "TemporaryPassword": [PASSWORD],
        "ProposedPassword": [OTHER_PASSWORD], "PreviousPassword": [PASSWORD], "PASSWORD": [PASSWORD],
        "NEW_PASSWORD": [OTHER_PASSWORD],
        "USERNAME": ["mara", "noor"], "SECRET_HASH": [secret_hash(web["ClientSecret"], "mara",
        web["ClientId"])],
        "SecretHash": [secret_hash(web["ClientSecret"], "ben", web["ClientId"])],
        "REFRESH_TOKEN": [signed_in["RefreshToken"]],
        "RefreshToken": [signed_in["RefreshToken"]], "Token": [signed_in["RefreshToken"]],
        "AccessToken": [signed_in["AccessToken"]],
        "SRP_A": ["ab" * 384, "0", "zz"], "Session": [session], "ConfirmationCode": [it.code()],
        "Code": ["123456"],
        "AttributeName": ["email", "name"], "AttributeNames": [["email"], ["name"]],
        "UserAttributeNames": [["name"]], "AttributesToGet": [["email"]],
        "UserAttributes": [pairs(email="x@tidepool.example"), pairs(name="Mara"), []],
        "GroupName": ["divers"], "Identifier": ["tides"],
        "ProviderName": ["Google", provider], "ProviderType": ["Google", "OIDC", "SAML"],
        "Domain": ["tidepool"], "ResourceArn": [idp],
        "Filter": ['email = "x"', 'username ^= "m"'], "IdentityPoolId": [pool], "IdentityId": [who, guest],
        "Logins": [logins, {}],
        "CustomRoleArn": [role], "RoleName": ["keeper"], "RoleArn": [role], "RoleSessionName": ["s-1"],
        "UserName": ["ines"],
        "PolicyArn": [policy], "PolicyName": ["rights"], "PolicyDocument": [rights, trust],
        "AssumeRolePolicyDocument": [trust],
        "VersionId": ["v1"], "AccessKeyId": [key], "WebIdentityToken": [open_id, signed_in["IdToken"]],
        "Path": ["/", "/team/"],
        "Url": ["https://accounts.google.com"],
        "OpenIDConnectProviderArn": ["arn:aws:iam::123456789012:oidc-provider/accounts.google.com"],
        "Bucket": ["tidepool-pictures"], "Key": ["mara/crab.svg", "x"],
        "CopySource": ["tidepool-pictures/mara/crab.svg"],
        "Policy": [json.dumps(document({**allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/*"),
        "Principal": {"AWS": role}}))],
        "Body": ["crab"], "ACL": ["private"], "LocationConstraint": ["eu-west-1"], "MaxResults": [10],
        "MaxItems": [10], "Limit": [10],
        "ContentMD5": [""], "ExpectedBucketOwner": ["123456789012"],
    }  # fmt: skip


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
        answer = answered(served, request)
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
        if service in services.JSON_SERVICES:
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
    code = json.loads(text)["__type"] if service in services.JSON_SERVICES else found[1] if found else None
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
        known = furnished(lab) if full else {}
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
        known = furnished(lab)
        for where, request in islice(malformed.Requests(1, known), 2 * EACH):
            answer = answered(served, request)
            code = re.search(rb'"__type": "(\w+)"|<Code>(\w+)<|"error": "(\w+)"', answer.body)
            name = str(answer.status) if code is None else next(filter(None, code.groups())).decode()
            seen.setdefault(where.partition(" ")[0], Counter())[name] += 1
        first, again = (list(islice(malformed.Requests(5, known), 50)) for _ in range(2))
        assert [request for _, request in first] == [request for _, request in again]
    for service in ("cognito-idp", "cognito-identity", "iam", "sts", "s3", "GET", "POST"):
        done = sum(count for name, count in seen[service].items() if name in ("200", "204", "206", "302"))
        assert done >= 3 and len(seen[service]) >= 5, (service, seen[service])


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
