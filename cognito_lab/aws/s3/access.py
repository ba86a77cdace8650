"""Who may do what in Amazon S3: the IAM actions of an operation, and the verdict on them.

moto stores the buckets. Sources: S3 User Guide, "Policy actions for Amazon S3", "Troubleshoot access denied
(403 Forbidden)".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import resources
from cognito_lab.aws.api.operations import Call, check_before
from cognito_lab.aws.iam import enforcement
from cognito_lab.aws.iam.policies import RESOURCE, Policy, Verdict
from cognito_lab.aws.iam.policy_documents import parsed
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.aws.s3 import inputs, public_access
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network.messages import Request

# Operations whose IAM action has another name.
ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
}


def authorize(request: Request, call: Call, resource: str) -> None:
    """A missing bucket is no secret; then the rights count; a missing object is told to who may list."""
    check_overrides(call)
    bucket = bucket_in(resource)
    if bucket is None and call.operation not in ("CreateBucket", "ListBuckets"):
        return  # moto answers NoSuchBucket
    keys = resources.condition_keys(call)
    for action, arn in needed(call, resource):
        require_allowed(call.principal, action, arn, request, **keys)
    if (
        call.operation in ("GetObject", "HeadObject")
        and bucket
        and not moto_patches.s3().get_object(bucket.name, call["Key"])
    ):
        require_allowed(call.principal, "s3:ListBucket", resource.partition("/")[0], request)


def check_overrides(call: Call) -> None:
    """Only who signs may say with which header fields an object is answered (API Reference, "GetObject")."""
    overrides = [name for name in call.parameters if name.startswith("Response")]
    if call.principal is None and overrides:
        raise AwsError(
            "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests."
        )


def needed(call: Call, resource: str) -> list[tuple[str, str]]:
    """The IAM actions that an operation takes, each with its resource.

    ``DeleteObjects`` takes none by itself: each of its keys is judged where it is deleted.
    """
    if call.operation == "DeleteObjects":
        return []
    action = ACTIONS.get(call.operation, call.operation)
    version = "Version" if "VersionId" in call.parameters and action in ("GetObject", "DeleteObject") else ""
    needs = [(f"s3:{action}{version}", resource)]
    if "CopySource" in call.parameters:
        bucket, key, of_source = inputs.source_of(call["CopySource"])
        version = "" if of_source is None else "Version"
        needs.append((f"s3:GetObject{version}", f"arn:aws:s3:::{bucket}/{key}"))
    if "Tagging" in call.parameters:
        needs.append(("s3:PutObjectTagging", resource))
    return needs


def require_allowed(
    principal: Principal | None, action: str, resource: str, request: Request, **keys: Any
) -> None:
    """Refuse unless ``principal`` may do ``action``; ``keys`` are condition keys."""
    verdict = verdict_on(principal, action, resource, request, **keys)
    if not verdict:
        raise enforcement.denied("s3", verdict, resource, principal)


def verdict_on(
    principal: Principal | None, action: str, resource: str, request: Request, **more: Any
) -> Verdict:
    """The verdict of identity-based, session and bucket policies together; ``more`` are condition keys."""
    bucket = bucket_in(resource)
    policy = (
        Policy(RESOURCE, "bucket policy", parsed(bucket.policy.decode()))
        if bucket and bucket.policy
        else None
    )
    if (
        policy
        and principal is None
        and public_access.block_of(bucket).restrict_public_buckets
        and public_access.is_public(policy.document)
    ):
        policy = None  # RestrictPublicBuckets: a public policy opens the bucket to nobody outside the account
    context = enforcement.context(request, principal, **more)
    return enforcement.verdict_on(principal, action, resource, context, policy)


def bucket_in(arn: str) -> Any:
    """moto's bucket that an ARN is about, or ``None``."""
    return moto_patches.s3().buckets.get(arn.removeprefix("arn:aws:s3:::").partition("/")[0])


@check_before("s3", "PutObject")
@check_before("s3", "CopyObject")
@check_before("s3", "CreateMultipartUpload")
def check_new_object(call: Call) -> None:
    """S3 encrypts every object with keys of its own; with other keys there would be more to refuse."""
    check_acl(call)
    asked = call.get("ServerSideEncryption", "AES256")
    if asked != "AES256":
        raise OutsideTheLab(f"{call.operation} with {asked} is not played by this lab (AWS has it).")


@check_before("s3", "CreateBucket")
def check_acl(call: Call) -> None:
    """New buckets have no access control lists (since 2023): ownership is the bucket owner's."""
    grants = [name for name in call.parameters if name.startswith("Grant")]
    asked = ", ".join(grants) or call.get("ACL", "private")
    if asked not in ("private", "bucket-owner-full-control"):
        if call.operation == "CreateBucket":
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
