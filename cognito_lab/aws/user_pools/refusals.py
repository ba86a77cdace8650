"""The refusals that user pools give most often."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Sequence
from typing import TypeVar

from cognito_lab.aws.errors import AwsError
from cognito_lab.aws.operations import Call

Item = TypeVar("Item")
PAGE_TOKEN_SECONDS = 3600  # "Managing users": a page token lives one hour


def not_authorized(text: str) -> AwsError:
    return AwsError("NotAuthorizedException", text)


def invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)


def not_found(text: str) -> AwsError:
    return AwsError("ResourceNotFoundException", text)


def no_user() -> AwsError:
    return AwsError("UserNotFoundException", "User does not exist.")


def page(
    call: Call, items: Sequence[Item], limit: str = "Limit", token: str = "NextToken"
) -> tuple[Sequence[Item], dict[str, str]]:
    """The page of ``items`` that a List operation asks for, and the member that names the next one, if any.

    ``limit`` and ``token`` are the members of the operation that carry the size and the token.

    Raises
    ------
    AwsError
        ``InvalidParameterException``: the token is not one of this operation, or older than an hour.
    """
    start, given = 0, call.get(token)
    if given is not None:
        try:
            operation, start, issued = json.loads(base64.urlsafe_b64decode(given))
        except ValueError:
            operation, issued = None, 0
        if operation != call.operation or time.time() - issued > PAGE_TOKEN_SECONDS:
            raise invalid("Invalid pagination token given.")
    end = start + (call.get(limit) or 60)
    if end >= len(items):
        return items[start:], {}
    following = json.dumps([call.operation, end, time.time()])
    return items[start:end], {token: base64.urlsafe_b64encode(following.encode()).decode()}
