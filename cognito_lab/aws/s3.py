"""Amazon S3: which operation a request is, who may do it, and what keeps a bucket from the public.

moto stores the buckets. Sources: Amazon S3 API Reference; S3 User Guide, "Policy actions for Amazon
S3", "Blocking public access to your Amazon S3 storage", "Troubleshoot access denied (403 Forbidden)".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from cognito_lab.aws import seams, services
from cognito_lab.aws.iam import enforcement, policies
from cognito_lab.aws.iam.policies import RESOURCE, Policy, Verdict
from cognito_lab.aws.iam.principals import Principal, parsed
from cognito_lab.aws.operations import Call, check_before
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Request

HOST = re.compile(rf"(?:(.+)\.)?s3(?:\.{services.REGION})?\.amazonaws\.com")

# -- from a request to an operation ----------------------------------------------------------------


@cache
def _routes() -> list[tuple[str, str, frozenset[str], str]]:
    """Method, level, what must be in query or headers, and the operation: from AWS's model."""
    model = seams.service_model("s3")
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
    host = HOST.fullmatch(request.host)
    bucket = (host and host.group(1)) or ""
    path = unquote(request.path).removeprefix("/")
    bucket, key = (bucket, path) if bucket else (path.partition("/")[0], path.partition("/")[2])
    return {name: value for name, value in (("Bucket", bucket), ("Key", key)) if value}


def operation_of(request: Request) -> tuple[str, dict[str, Any]]:
    """The name of the operation and its ``Bucket`` and ``Key``: S3 hides it in method, host, path and query.

    Raises:
        AwsError: ``InvalidArgument``: the query asks for two operations at once.
        OutsideTheLab: No operation of S3 looks like this.
    """
    parameters = place(request)
    level = ("service", "bucket", "key")[len(parameters)]
    pairs = parse_qsl(request.query, keep_blank_values=True)
    given = (
        {name for name, _ in pairs}
        | {f"{name}={value}" for name, value in pairs}
        | set(request.headers.keys(lower=True))
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


# -- who may do it ---------------------------------------------------------------------------------

# Operations whose IAM action has another name.
ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
}


def judge(request: Request, service: str, operation: str, resource: str, principal: Principal | None) -> None:
    """A missing bucket is no secret; then the rights count; a missing object is told to who may list."""
    bucket = bucket_in(resource)
    if bucket is None and operation not in ("CreateBucket", "ListBuckets"):
        return  # moto answers NoSuchBucket
    for action, arn in needed(request, operation, resource):
        demand(principal, action, arn, request)
    key = resource.partition("/")[2]
    if operation in ("GetObject", "HeadObject") and bucket and not seams.s3().get_object(bucket.name, key):
        demand(principal, "s3:ListBucket", resource.partition("/")[0], request)


def needed(request: Request, operation: str, resource: str) -> list[tuple[str, str]]:
    """The IAM actions that an operation takes, each with its resource."""
    action = ACTIONS.get(operation, operation)
    version = "Version" if "versionId=" in request.query and action in ("GetObject", "DeleteObject") else ""
    needs = [(f"s3:{action}{version}", resource)]
    source = unquote(request.headers.get("x-amz-copy-source", "")).removeprefix("/").partition("?")[0]
    if source:
        needs.append(("s3:GetObject", f"arn:aws:s3:::{source}"))
    if "x-amz-tagging" in request.headers:
        needs.append(("s3:PutObjectTagging", resource))
    return needs


def demand(principal: Principal | None, action: str, resource: str, request: Request) -> None:
    """Refuse unless ``principal`` may do ``action``."""
    verdict = may(principal, action, resource, request)
    if not verdict:
        raise enforcement.denied("s3", verdict, resource, principal)


def may(principal: Principal | None, action: str, resource: str, request: Request, **more: Any) -> Verdict:
    """The verdict of identity-based, session and bucket policies together; ``more`` are condition keys."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    keys = {f"s3:{name}": query[name] for name in ("prefix", "delimiter", "max-keys") if name in query}
    bucket = bucket_in(resource)
    policy = (
        Policy(RESOURCE, "bucket policy", parsed(bucket.policy.decode()))
        if bucket and bucket.policy
        else None
    )
    if (
        policy
        and principal is None
        and block_of(bucket).restrict_public_buckets
        and is_public(policy.document)
    ):
        policy = None  # RestrictPublicBuckets: a public policy opens the bucket to nobody outside the account
    context = enforcement.context(request, principal, **{**keys, **more})
    return enforcement.may(principal, action, resource, context, policy)


def bucket_in(arn: str) -> Any:
    """moto's bucket that an ARN is about, or ``None``."""
    return seams.s3().buckets.get(arn.removeprefix("arn:aws:s3:::").partition("/")[0])


# -- the public ------------------------------------------------------------------------------------

# A condition on one of these keeps a policy for everybody from being public.
LIMITING_KEYS = {
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalaccount",
    "aws:principalarn",
}


@dataclass
class NewBucket:
    """Hangs on a bucket; ``blocked`` once the default of a new bucket was put in force."""

    blocked: bool = False


def block_of(bucket: Any) -> Any:
    """The Block Public Access settings in force: all four are on in a new bucket (since 2023)."""
    state = seams.attached(bucket, NewBucket)
    if not state.blocked:
        state.blocked = True
        everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        seams.s3().put_public_access_block(bucket.name, dict.fromkeys(everything, "true"))
    return bucket.public_access_block or NoBlock()


class NoBlock:
    """What is left when the settings were deleted."""

    block_public_policy = restrict_public_buckets = False


def is_public(document: policies.Document) -> bool:
    """Whether a bucket policy lets everybody in (S3 User Guide, "The meaning of 'public'")."""
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    return any(
        statement["Effect"] == "Allow"
        and policies.named_by(statement.get("Principal"), {}) == "*"
        and not LIMITING_KEYS
        & {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}
        for statement in statements
    )


@check_before("s3", "GetPublicAccessBlock")
@check_before("s3", "PutPublicAccessBlock")
@check_before("s3", "DeletePublicAccessBlock")
def begin_blocked(call: Call) -> None:
    """The default comes before whatever is asked or changed."""
    bucket = seams.s3().buckets.get(call["Bucket"])
    if bucket is not None:
        block_of(bucket)


@check_before("s3", "PutBucketPolicy")
def check_bucket_policy(call: Call) -> None:
    """The document must be sound, and not public while public policies are blocked."""
    document = policies.validated(exchanges.current_request().body.decode(), RESOURCE, "MalformedPolicy")
    bucket = seams.s3().buckets.get(call["Bucket"])
    if bucket is not None and is_public(document) and block_of(bucket).block_public_policy:
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are blocked by the BlockPublicPolicy '
            "block public access setting.",
            403,
        )


@check_before("s3", "PutObject")
@check_before("s3", "CopyObject")
def check_new_object(call: Call) -> None:
    """S3 encrypts every object with keys of its own; with other keys there would be more to refuse."""
    check_acl(call)
    asked = exchanges.current_request().headers.get("x-amz-server-side-encryption", "AES256")
    if asked != "AES256":
        raise OutsideTheLab(f"{call.operation} with {asked} is not played by this lab (AWS has it).")


@check_before("s3", "CreateBucket")
def check_acl(call: Call) -> None:
    """New buckets have no access control lists (since 2023): ownership is the bucket owner's."""
    asked = exchanges.current_request().headers.get("x-amz-acl", "private")
    if asked not in ("private", "bucket-owner-full-control"):
        if call.operation == "CreateBucket":
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
