"""A bucket lives in one Region, and S3's endpoints of the others say where that is.

Source: S3 User Guide, "Making requests" ("Request redirection"); API Reference, "Error responses".
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.api.operations import Call
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request

ENDPOINT = re.compile(rf"(?:^|.*\.)s3\.({services.REGION})\.amazonaws\.com")
SCOPE = re.compile(r"Credential=[^/,&\s]+/\d{8}/([\w-]+)/s3/")


class InAnotherRegion(AwsError):
    """The bucket is in ``region``, which the answer says; SDKs ask again there."""

    def __init__(self, code: str, message: str, status: int, region: str) -> None:
        super().__init__(code, message, status)
        self.region = region


def check(request: Request, call: Call) -> None:
    """The endpoint must be of the bucket's Region. The global one takes any, but not a signature for another.

    Raises:
        InAnotherRegion: ``PermanentRedirect`` (301), ``AuthorizationHeaderMalformed`` (400).
    """
    bucket = moto_patches.s3().buckets.get(call.get("Bucket"))
    if bucket is None or call.operation == "CreateBucket":
        return
    home, endpoint = bucket.region_name, ENDPOINT.fullmatch(request.host)
    signed = SCOPE.search(request.headers.get("authorization") or unquote(request.query))
    if endpoint and endpoint[1] != home:
        text = "The bucket you are attempting to access must be addressed using the specified endpoint. "
        text += "Please send all future requests to this endpoint."
        raise InAnotherRegion("PermanentRedirect", text, 301, home)
    if not endpoint and signed and signed[1] != home:
        text = f"The authorization header is malformed; the region '{signed[1]}' is wrong; expecting '{home}'"
        raise InAnotherRegion("AuthorizationHeaderMalformed", text, 400, home)
