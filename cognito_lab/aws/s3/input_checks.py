"""Members of S3's operations whose form AWS's model does not tell, and which moto does not look at.

Sources: Amazon S3 API Reference, "GetObject", "ListObjectsV2", "Error responses"; RFC 9110, 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call
from cognito_lab.errors import AwsError, OutsideTheLab

DATES = ("IfModifiedSince", "IfUnmodifiedSince", "CopySourceIfModifiedSince", "CopySourceIfUnmodifiedSince")
RANGE = re.compile(r"bytes=(?:[0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})")

NO_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
    "or completed."
)


def without_broken_conditions(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A date or a range that is none counts for nothing (RFC 9110, 13.1.3 and 14.2); S3 does it as well."""
    kept = dict(parameters)
    for name in DATES:
        if name in kept:
            kept[name] = http_date(kept[name])
    if not RANGE.fullmatch(kept.get("Range", "")):
        kept["Range"] = None
    return {name: value for name, value in kept.items() if value is not None}


def http_date(text: str) -> str | None:
    """A date in the one form of HTTP; ``None`` where it is none."""
    try:
        return formatdate(parsedate_to_datetime(text).timestamp(), usegmt=True)
    except (ValueError, TypeError, OverflowError):
        return None


def check(call: Call) -> None:
    """Refuse by AWS's code what moto would fail at, or store and not act on."""
    if "UploadId" in call.parameters:
        check_upload(call)
    check_checksum(call)
    for one in CHECKED.get(call.operation, ()):
        one(call)


def check_token(call: Call) -> None:
    """The token of a page is one that was given out."""
    token = call.get("ContinuationToken")
    if token is not None and token not in moto_patches.s3_page_tokens():
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect")


def check_upload(call: Call) -> None:
    """An upload in parts is one that was begun, for this object, and is not over."""
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    begun = bucket and bucket.multiparts.get(call["UploadId"])
    if bucket and (not begun or begun.key_name != call["Key"]):
        raise AwsError("NoSuchUpload", NO_UPLOAD, 404)


def check_checksum(call: Call) -> None:
    """A checksum is of an algorithm that S3 has: its name becomes that of a header field."""
    known = moto_patches.service_model("s3").shape_for("ChecksumAlgorithm").enum
    if call.get("ChecksumAlgorithm", known[0]) not in known:
        raise AwsError("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")


def check_part(call: Call) -> None:
    """An object that came in one piece has the part 1 alone."""
    number = call.get("PartNumber", 1)
    if not 1 <= number <= 10_000:
        raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    bucket = moto_patches.s3().buckets.get(call["Bucket"])
    found = bucket and moto_patches.s3().get_object(bucket.name, call["Key"])
    if number > 1 and found and not found.multipart:
        raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)


def check_no_lock(call: Call) -> None:
    """An object is locked in a bucket that was made for it, and none is made so here."""
    if call.operation == "CreateBucket" and call.get("ObjectLockEnabledForBucket") in ("true", "True"):
        raise OutsideTheLab("CreateBucket with Object Lock is not played by this lab (AWS has it).")
    if any(name.startswith("ObjectLock") for name in call.parameters if name != "ObjectLockEnabledForBucket"):
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")


def check_says_something(call: Call) -> None:
    """A Block Public Access configuration has at least one of its four settings."""
    if not len(ElementTree.fromstring(call["PublicAccessBlockConfiguration"])):
        raise AwsError("InvalidRequest", "Must specify at least one configuration.")


CHECKED: dict[str, tuple[Callable[[Call], None], ...]] = {
    "ListObjectsV2": (check_token,),
    "GetObject": (check_part,),
    "HeadObject": (check_part,),
    "PutObject": (check_no_lock,),
    "CopyObject": (check_no_lock,),
    "CreateBucket": (check_no_lock,),
    "PutPublicAccessBlock": (check_says_something,),
}
