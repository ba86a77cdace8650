"""LookupEvents: the event history of a Region, the newest first (API Reference, "LookupEvents")."""

from __future__ import annotations

import base64
import json
import math
import time
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.cloudtrail import event_history, records
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.protocols import json_texts

PAGE = 50


@operation("cloudtrail", "LookupEvents")
def lookup_events(call: Call) -> dict[str, Any]:
    if "EventCategory" in call.parameters:
        raise OutsideTheLab("LookupEvents of Insights events is not played by this lab (AWS has it).")
    check_one_attribute(call)
    start, end = call.get("StartTime", 0), call.get("EndTime", math.inf)
    check_times(start, end)
    first, before = max(start, time.time() - event_history.REACH), older_than(call)
    events = [each for each in reversed(event_history.history().events) if each.region == call.region]
    inside = [each for each in events if first <= int(each.time) <= end and each.number < before]
    rows = [(each.number, row) for each in inside if fits(row := records.row(each), call)]
    page = rows[: call.get("MaxResults", PAGE)]
    following = {"NextToken": token_of(call, page[-1][0])} if len(page) < len(rows) else {}
    return {"Events": [row for _, row in page], **following}


def check_one_attribute(call: Call) -> None:
    if len(call.get("LookupAttributes", [])) > 1:
        text = "You can only specify one attribute in your lookup request."
        raise AwsError("InvalidLookupAttributesException", text)


def check_times(start: float, end: float) -> None:
    if start > end:
        raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")


def fits(row: dict[str, Any], call: Call) -> bool:
    """Whether the attribute that is asked for, if one is, has the value that is asked for."""
    for one in call.get("LookupAttributes", []):
        key, value = one["AttributeKey"], one["AttributeValue"]
        found = [resource.get(key) for resource in row["Resources"]] if "Resource" in key else [row.get(key)]
        if value not in found:
            return False
    return True


def token_of(call: Call, number: int) -> str:
    """Where the next page begins: after the event of this number, for the same question."""
    return base64.urlsafe_b64encode(json.dumps([_question(call), number]).encode()).decode()


def older_than(call: Call) -> float:
    """The number of the last event that the page before has shown.

    Raises:
        AwsError: ``InvalidNextTokenException``: it is no token, or one of another question.
    """
    if "NextToken" not in call.parameters:
        return math.inf
    try:
        question, number = json_texts.read(base64.urlsafe_b64decode(call["NextToken"]))
        good = question == _question(call) and isinstance(number, int)
    except (ValueError, TypeError):
        good = False
    if not good:
        raise AwsError("InvalidNextTokenException", "Invalid token, or the request has other parameters.")
    return float(number)


def _question(call: Call) -> list[Any]:
    return [call.get(name) for name in ("LookupAttributes", "StartTime", "EndTime")]
