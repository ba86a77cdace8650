"""Who may do what in Amazon DynamoDB: each table of a request is judged, with the keys that it asks for.

Sources: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control"; Service
Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB". Only probable: the
leading keys of a query of a global index are those of the index's own partition key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import resources
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.iam import enforcement
from cognito_lab.network.messages import Request

READS = ("GetItem", "BatchGetItem", "Query", "Scan")
WRITES = ("PutItem", "UpdateItem", "DeleteItem")
# The name of an attribute in an expression: not one inside of another, and not a function.
NAME = re.compile(r"(?<![\w#:.])(?:#\w++|[A-Za-z_]\w*+)(?!\s*\()")
WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}


def authorize(request: Request, call: Call, resource: str) -> None:
    """Every table of the request must be allowed, with all of its keys; else nothing is done."""
    for asked in each_table(call.parameters):
        arn = resources.resource_of(replace(call, parameters=asked))
        keys = enforcement.context(request, call.principal, **condition_keys(call, asked))
        verdict = enforcement.verdict_on(call.principal, f"dynamodb:{call.operation}", arn, keys)
        if not verdict:
            raise enforcement.denied("dynamodb", verdict, arn, call.principal)


def each_table(parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The input as it is; that of a batch as one input for each of its tables."""
    if "RequestItems" not in parameters:
        yield parameters
    for table, asked in parameters.get("RequestItems", {}).items():
        yield {"TableName": table, **(asked if isinstance(asked, dict) else {"Writes": asked})}


def items_of(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Every item and every key of an item that an input for one table names."""
    writes = [row for write in asked.get("Writes", ()) for row in write.values()]
    named = [one[member] for one in (asked, *writes) for member in ("Item", "Key") if member in one]
    return [*named, *asked.get("Keys", ())]


def condition_keys(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """The condition keys that DynamoDB adds. ``Scan`` has no leading keys: it reads every partition."""
    keys: dict[str, Any] = {}
    if call.operation in (*READS, *WRITES, "BatchWriteItem"):
        keys["dynamodb:Attributes"] = sorted(attributes(asked)) or None
        keys["dynamodb:LeadingKeys"] = leading_keys(call, asked) or None
        keys["dynamodb:ReturnConsumedCapacity"] = call.get("ReturnConsumedCapacity", "NONE")
    if call.operation in WRITES:
        keys["dynamodb:ReturnValues"] = call.get("ReturnValues", "NONE")
    if call.operation in READS:
        every = "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in asked else "ALL_ATTRIBUTES"
        chosen = "SPECIFIC_ATTRIBUTES" if "ProjectionExpression" in asked else every
        keys["dynamodb:Select"] = asked.get("Select", chosen)
    return keys


def leading_keys(call: Call, asked: dict[str, Any]) -> list[str]:
    """The value of the partition key of every item that is named, or of the partition that is queried."""
    if "KeyConditionExpression" in asked:
        values = moto_patches.queried_partition(call.region, asked)
    else:
        table = moto_patches.dynamodb_table(call.region, asked["TableName"])
        values = [item.get(table.hash_key_attr, {}) for item in items_of(asked)] if table else []
    return [str(text) for value in values for text in value.values()]


def attributes(asked: dict[str, Any]) -> set[str]:
    """The attributes that an input names: of its items, and in its expressions."""
    found = {name for item in items_of(asked) for name in item}
    names = asked.get("ExpressionAttributeNames", {})
    return found | {names.get(name, name) for text in expressions(asked) for name in names_in(text)}


def expressions(asked: Mapping[str, Any]) -> list[str]:
    return [text for member, text in asked.items() if member.endswith("Expression")]


def names_in(expression: str) -> list[str]:
    """The names of whole attributes in an expression, and what stands for one (``#name``)."""
    return [name for name in NAME.findall(expression) if name.upper() not in WORDS]
