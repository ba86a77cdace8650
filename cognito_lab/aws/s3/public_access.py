"""What keeps a bucket from the public: Block Public Access, and which policies count as public.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, check_before
from cognito_lab.aws.iam import policies, policy_documents, principals
from cognito_lab.aws.iam.policies import RESOURCE
from cognito_lab.aws.iam.questions import Document
from cognito_lab.errors import AwsError
from cognito_lab.network import exchanges

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
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    if bucket is not None:
        block_of(bucket)


@check_before("s3", "PutBucketPolicy")
def check_bucket_policy(call: Call) -> None:
    """The document must be sound, and not public while public policies are blocked."""
    text = exchanges.current_request().body.decode(errors="surrogateescape")
    document = policy_documents.validated(text, RESOURCE, "MalformedPolicy")
    principals.check_named(document, "MalformedPolicy")
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    if bucket is not None and is_public(document) and block_of(bucket).block_public_policy:
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are blocked by the BlockPublicPolicy '
            "block public access setting.",
            403,
        )
