"""Who may do what in Amazon S3: the IAM actions of an operation, and the verdict on them.

moto stores the buckets. Sources: S3 User Guide, "Policy actions for Amazon S3", "Troubleshoot access denied
(403 Forbidden)".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

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
    keys = resources.condition_keys(call) | tag_keys(call)
    for action, arn in needed(call, resource):
        require_allowed(call.principal, action, arn, request, **(keys if arn == resource else {}))
    for name, key in objects_read(call):
        if name in moto_patches.s3().buckets and not moto_patches.s3().get_object(name, key):
            require_allowed(call.principal, "s3:ListBucket", f"arn:aws:s3:::{name}", request)


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
    tagged = "Tagging" in call.parameters
    if "CopySource" in call.parameters:
        bucket, key, of_source = inputs.source_of(call["CopySource"])
        source, version = f"arn:aws:s3:::{bucket}/{key}", "" if of_source is None else "Version"
        needs.append((f"s3:GetObject{version}", source))
        if call.operation == "CopyObject" and not tagged and moto_patches.tags_of_object(bucket, key):
            needs.append((f"s3:GetObject{version}Tagging", source))  # they are copied too
            tagged = True
    if tagged:
        needs.append(("s3:PutObjectTagging", resource))
    if "ACL" in call.parameters or any(name.startswith("Grant") for name in call.parameters):
        needs.append((f"s3:Put{'Bucket' if call.operation == 'CreateBucket' else 'Object'}Acl", resource))
    return needs


def objects_read(call: Call) -> list[tuple[str, str]]:
    """Bucket and key of the objects that an operation reads, which therefore must be there."""
    if "CopySource" in call.parameters:
        return [inputs.source_of(call["CopySource"])[:2]]
    return [(call["Bucket"], call["Key"])] if call.operation in ("GetObject", "HeadObject") else []


def tag_keys(call: Call) -> dict[str, Any]:
    """The condition keys of the tags that an object is to have, or that the object has which is read."""
    asked = dict(parse_qsl(call.get("Tagging", ""), keep_blank_values=True))
    keys: dict[str, Any] = {f"s3:RequestObjectTag/{name}": value for name, value in asked.items()}
    if asked:
        keys["s3:RequestObjectTagKeys"] = list(asked)
    if call.operation in ("GetObject", "HeadObject"):
        stored = moto_patches.tags_of_object(call["Bucket"], call["Key"])
        keys |= {f"s3:ExistingObjectTag/{name}": value for name, value in stored.items()}
    return keys


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
