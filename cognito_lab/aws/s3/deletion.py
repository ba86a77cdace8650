"""Many objects deleted by one call. moto would delete them all; S3 judges each key by itself.

Source: Amazon S3 API Reference, "DeleteObjects".
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.iam import enforcement
from cognito_lab.aws.s3 import access, xml_documents
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Headers, Response

MOST = 1000  # keys of one call


@operation("s3", "DeleteObjects")
def delete_objects(call: Call) -> Response:
    """A key that may not be deleted stands in the answer as an error, beside those that were; status 200."""
    if call["Bucket"] not in moto_patches.s3().buckets:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    keys, quiet = read(call["Delete"])
    rows = [row for key in keys if not ((row := delete(call, key)).startswith("<Deleted>") and quiet)]
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{''.join(rows)}</DeleteResult>"
    )
    return Response(200, Headers({"content-type": "application/xml"}), body.encode())


def read(body: bytes) -> tuple[list[str], bool]:
    """The keys that ``body`` names, and whether those that were deleted are to be left out of the answer.

    Raises:
        AwsError: ``MalformedXML``: it is no such document, or names no key, or more than a thousand.
        OutsideTheLab: A key has a version, or a condition.
    """
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        root = ElementTree.Element("nothing")
    objects = root.findall("{*}Object")
    keys = [one.findtext("{*}Key") or "" for one in objects]
    if root.tag.rpartition("}")[2] != "Delete" or not 0 < len(keys) <= MOST or not all(keys):
        raise AwsError("MalformedXML", xml_documents.INVALID)
    for more in {part.tag.rpartition("}")[2] for one in objects for part in one} - {"Key"}:
        raise OutsideTheLab(f"DeleteObjects with {more} is not played by this lab (AWS has it).")
    return keys, (root.findtext("{*}Quiet") or "").strip().lower() == "true"


def delete(call: Call, key: str) -> str:
    """Delete one object, if the caller may; one that is not there counts as deleted. Answers its XML."""
    bucket, named = call["Bucket"], f"<Key>{escape(key)}</Key>"
    arn, request = f"arn:aws:s3:::{bucket}/{key}", exchanges.current_request()
    try:
        if not enforcement.is_owner(call.principal):
            access.require_allowed(call.principal, "s3:DeleteObject", arn, request)
    except AwsError as error:
        said = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        return f"<Error>{named}{said}</Error>"
    moto_patches.s3().delete_object(bucket, key)
    return f"<Deleted>{named}</Deleted>"
