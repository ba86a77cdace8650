"""Lists in pages, as the List operations of Cognito answer them: a token stands for the place to go on."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from typing import TypeVar

from cognito_lab.aws.api.operations import Call
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols import json_texts

Item = TypeVar("Item")
HOUR = 3600.0  # "Managing users": a page token lives one hour
DEFAULT_SIZE = 60


def check_marker(call: Call) -> None:
    """The marker of a page of IAM's is one that the page before gave: moto's are numbers."""
    if not re.fullmatch("[0-9]{1,9}", call.get("Marker", "0")):
        raise AwsError("ValidationError", "Invalid Marker.")


def paginate(
    call: Call,
    items: Sequence[Item],
    limit: str = "Limit",
    token: str = "NextToken",
    *,
    seconds: float = HOUR,
    text: str = "Invalid pagination token given.",
) -> tuple[Sequence[Item], dict[str, str]]:
    """The page of ``items`` that a List operation asks for.

    Args:
        limit, token: The members of the operation that carry the size and the token.
        seconds: How long a token is good for.
        text: AWS's words for a token that is not.

    Returns:
        The items, and as a member of the answer the token of the next page, if there is one.

    Raises:
        AwsError: ``InvalidParameterException``: the token is not one of this operation, or too old.
    """
    start, given = 0, call.get(token)
    if given is not None:
        try:
            operation, start, issued = json_texts.read(base64.urlsafe_b64decode(given))
            good = operation == call.operation and time.time() - issued <= seconds
        except (ValueError, TypeError):
            good = False
        if not good:
            raise invalid(text)
    end = start + (call.get(limit) or DEFAULT_SIZE)
    if end >= len(items):
        return items[start:], {}
    following = json.dumps([call.operation, end, time.time()])
    return items[start:end], {token: base64.urlsafe_b64encode(following.encode()).decode()}
