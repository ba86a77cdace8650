"""The refusals that user pools give most often."""

from __future__ import annotations

from cognito_lab.errors import AwsError


def not_authorized(text: str) -> AwsError:
    return AwsError("NotAuthorizedException", text)


def not_found(text: str) -> AwsError:
    return AwsError("ResourceNotFoundException", text)


def no_user() -> AwsError:
    return AwsError("UserNotFoundException", "User does not exist.")
