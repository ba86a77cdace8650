"""The refusals of AWS: an error code that can be relied on, and a text that cannot."""

from __future__ import annotations

PLAYED = "the AWS services of the course, and providers at which people sign in"  # who answers in the lab


class AwsError(Exception):
    """A refusal as an AWS service words it; it reaches the caller in that service's own wire form.

    Args:
        code: AWS's error code, for example ``"NotAuthorizedException"``. Programs may rely on it.
        message: AWS's text. It changes without notice; nothing may be built on it.
        status: HTTP status code. Cognito answers 400 to every client error; S3, STS and IAM differ.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(text: str) -> AwsError:
    """Cognito's refusal of an input that its model lets through."""
    return AwsError("InvalidParameterException", text)


class OutsideTheLab(Exception):
    """The lab does not play what was asked: a host, or an operation that AWS has and the lab has not.

    It is not an AWS error and never looks like one: nothing was sent anywhere.
    """
