"""What keeps a bucket from the public: Block Public Access, and which policies count as public.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, check_before
from cognito_lab.aws.iam import policies, policy_documents, principals, questions
from cognito_lab.aws.iam.policies import RESOURCE
from cognito_lab.aws.iam.questions import Document, Statement
from cognito_lab.aws.s3 import policy_actions
from cognito_lab.errors import AwsError

# A policy for everybody is not public where one of these, or the address, is fixed to values.
FIXING_KEYS = {
    "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
    "aws:principalorgid", "aws:principalaccount", "aws:principalarn", "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
}  # fmt: skip
FIXING_OPERATORS = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
LARGEST = {4: 8, 6: 32}  # bits of the largest range of addresses that is not everybody's, by version of IP


@dataclass
class NewBucket:
    """Hangs on a bucket; ``blocked`` once the default of a new bucket was put in force."""

    blocked: bool = False


def block_of(bucket: Any) -> Any:
    """The Block Public Access settings in force: all four are on in a new bucket (since 2023)."""
    state = moto_patches.state_of(bucket, NewBucket)
    if not state.blocked:
        state.blocked = True
        everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        moto_patches.s3().put_public_access_block(bucket.name, dict.fromkeys(everything, "true"))
    return bucket.public_access_block or NoBlock()


class NoBlock:
    """What is left when the settings were deleted."""

    block_public_policy = restrict_public_buckets = False


def is_public(document: Document) -> bool:
    """Whether a bucket policy lets everybody in (S3 User Guide, "The meaning of 'public'")."""
    return any(is_public_statement(statement) for statement in questions.as_list(document["Statement"]))


def is_public_statement(statement: Statement) -> bool:
    """Whether one statement does: it allows everybody, or all but some, whoever they are."""
    everybody = "NotPrincipal" in statement or policies.named_by(statement.get("Principal"), {}) == "*"
    conditions = [
        (name, key.lower(), questions.as_list(values))
        for name, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return statement["Effect"] == "Allow" and everybody and not any(fixes(*one) for one in conditions)


def fixes(name: str, key: str, values: list[Any]) -> bool:
    """Whether a condition holds for fixed values of ``key`` alone, which say who may come.

    Negated operators, ``…IfExists``, ``Null`` and ``ForAllValues`` hold for whoever does not have the key. A
    value with a wildcard or a variable is not fixed, nor is a huge range of addresses.
    """
    name = name.removeprefix("ForAnyValue:")
    if key == "aws:sourceip":
        return name == "IpAddress" and all(is_narrow(str(value)) for value in values)
    return name in FIXING_OPERATORS and key in FIXING_KEYS and all(is_fixed(key, str(one)) for one in values)


def is_narrow(addresses: str) -> bool:
    """Whether a range of addresses is not so large that it is open to the public."""
    try:
        network = ip_network(addresses, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= LARGEST[network.version]


def is_fixed(key: str, value: str) -> bool:
    """No wildcards and no variables; only the name of an access point may have them, its account may not."""
    named = key == "s3:dataaccesspointarn" and re.fullmatch(r"arn:aws:s3:[\w-]+:\d{12}:accesspoint/.*", value)
    return bool(named) or not re.search(r"[*?]|\$\{", value)


@check_before("s3", "GetPublicAccessBlock")
@check_before("s3", "PutPublicAccessBlock")
@check_before("s3", "DeletePublicAccessBlock")
def begin_blocked(call: Call) -> None:
    """The default comes before whatever is asked or changed."""
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    if bucket is not None:
        block_of(bucket)


@check_before("s3", "PutBucketPolicy")
def check_bucket_policy(call: Call) -> None:
    """The document must be sound, and not public while public policies are blocked."""
    text = call["Policy"].decode(errors="surrogateescape")
    document = policy_documents.validated(text, RESOURCE, "MalformedPolicy")
    principals.check_named(document, "MalformedPolicy")
    for statement in questions.as_list(document["Statement"]):
        policy_actions.check_apply(statement)
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    if bucket is not None and is_public(document) and block_of(bucket).block_public_policy:
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are blocked by the BlockPublicPolicy '
            "block public access setting.",
            403,
        )
