"""What DynamoDB refuses and moto does not look at, and what of DynamoDB the lab does not play.

Sources: DynamoDB API Reference; Developer Guide, "Expression attribute names", "Key condition expressions",
"Naming rules and data types".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, check_before, table
from cognito_lab.aws.dynamodb import access
from cognito_lab.errors import AwsError, OutsideTheLab

# Left out: the parameters from before expressions, streams, keys of KMS, backups and replicas.
PLAYED = {
    "AttributeDefinitions", "BillingMode", "ConditionExpression", "ConsistentRead",
    "DeletionProtectionEnabled",
    "ExclusiveStartKey", "ExclusiveStartTableName", "ExpressionAttributeNames", "ExpressionAttributeValues",
    "FilterExpression", "GlobalSecondaryIndexes", "IndexName", "Item", "Key", "KeyConditionExpression",
    "KeySchema", "Keys", "Limit", "LocalSecondaryIndexes", "ProjectionExpression", "ProvisionedThroughput",
    "RequestItems", "ReturnConsumedCapacity", "ReturnValues", "ReturnValuesOnConditionCheckFailure",
    "ScanIndexForward", "Segment", "Select", "TableName", "TotalSegments", "UpdateExpression", "Writes",
}  # fmt: skip
TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
WORD = re.compile(r"(?<![\w#:])[A-Za-z_]\w*+(?!\s*\()")  # a name, as it stands
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
ONE = (
    r"\(?\s*(?:[#\w]+\s*(?:[<>]=?|=)\s*:\w+|[#\w]+\s+BETWEEN\s+:\w+\s+AND\s+:\w+"
    r"|begins_with\s*\(\s*[#\w]+\s*,\s*:\w+\s*\))\s*\)?"
)
KEY_CONDITION = re.compile(rf"\s*\(?\s*{ONE}(?:\s+AND\s+{ONE})?\s*\)?\s*", re.IGNORECASE)


def refuse(text: str) -> NoReturn:
    raise AwsError("ValidationException", text)


def check(call: Call) -> None:
    """Refuse with DynamoDB's code, before moto acts.

    Raises:
        AwsError: ``ValidationException``.
        OutsideTheLab: A parameter is not played, or a table is named by its ARN.
    """
    for asked in access.each_table(call.parameters):
        for member in sorted(asked.keys() - PLAYED):
            raise OutsideTheLab(f"{call.operation} with {member} is not played by this lab (AWS has it).")
        for member in ("KeySchema", "AttributeDefinitions") if call.operation == "CreateTable" else ():
            if member not in asked:
                refuse(f"One or more parameter values were invalid: No {member} was given")
        for index in asked.get("GlobalSecondaryIndexes", ()):
            if len(index["KeySchema"]) > 2:
                raise OutsideTheLab("An index with keys of several attributes is not played (AWS has it).")
        if call.operation == "UpdateItem" and "UpdateExpression" not in asked:
            raise OutsideTheLab("UpdateItem without UpdateExpression is not played by this lab (AWS has it).")
        name = asked.get("TableName", "any")
        if name.startswith("arn:"):
            raise OutsideTheLab("A table's ARN in place of its name is not played by this lab (AWS has it).")
        if not TABLE_NAME.fullmatch(name):
            refuse(f"Invalid table/index name: {name}. Names have 3 to 255 letters, digits, '_', '-' and '.'")
        check_values(asked)
        check_expressions(asked)
        check_keys(call, asked)


def values_in(asked: dict[str, Any]) -> Iterator[Any]:
    """Every attribute value of an input, those inside of lists and maps too."""
    waiting = [value for item in access.items_of(asked) for value in item.values()]
    for member in ("ExpressionAttributeValues", "ExclusiveStartKey"):
        waiting += asked.get(member, {}).values()
    while waiting:
        value = waiting.pop()
        yield value
        waiting += [*value.get("L", ()), *value.get("M", {}).values()]


def check_values(asked: dict[str, Any]) -> None:
    """A value has one type, or it could be judged by one and stored by the other. Numbers are numbers."""
    if any(len(write) != 1 for write in asked.get("Writes", ())):
        refuse("Supplied request has more than one operation, must contain exactly one of them")
    for value in values_in(asked):
        if len(value) != 1:
            how = "has more than one datatypes set" if value else "is empty"
            refuse(f"Supplied AttributeValue {how}, must contain exactly one of the supported datatypes")
        for several in (value.get(kind, ()) for kind in ("SS", "NS", "BS")):
            if len(set(several)) < len(several):
                refuse(f"Input collection [{', '.join(several)}] contains duplicates.")
        for number in value.get("NS", ()):  # of a single number moto sees to it
            if not NUMBER.fullmatch(number):
                refuse(f"The parameter cannot be converted to a numeric value: {number}")


def check_expressions(asked: dict[str, Any]) -> None:
    """What stands for a name or a value (``#name``, ``:value``) is given, and whatever is given is used."""
    texts = access.expressions(asked)
    for mark, member, what in (
        ("#", "ExpressionAttributeNames", "name"),
        (":", "ExpressionAttributeValues", "value"),
    ):
        used = {found for text in texts for found in re.findall(rf"{mark}\w+", text)}
        given = asked.get(member, {}).keys()
        for name in sorted(used - given):
            refuse(
                f"An expression attribute {what} used in expression is not defined; attribute {what}: {name}"
            )
        for name in sorted(given - used):
            refuse(f"Value provided in {member} unused in expressions: keys: {{{name}}}")
    for member in ("ConditionExpression", "FilterExpression"):
        if not moto_patches.is_condition(asked.get(member), asked):
            refuse(f"Invalid {member}: Syntax error")
    condition = asked.get("KeyConditionExpression")
    if condition is not None and not KEY_CONDITION.fullmatch(condition):
        refuse("Invalid KeyConditionExpression: Syntax error")
    keys = access.names_in(condition or "")
    if len(keys) > len({asked.get("ExpressionAttributeNames", {}).get(name, name) for name in keys}):
        refuse("KeyConditionExpressions must only contain one condition per key")
    for word in [word for text in texts for word in WORD.findall(text) if word.upper() not in access.WORDS]:
        if word.upper() in moto_patches.reserved_words():
            refuse(f"Invalid expression: Attribute name is a reserved keyword; reserved keyword: {word}")


def check_keys(call: Call, asked: dict[str, Any]) -> None:
    """A key has the attributes of the table's key and no others; an item has them too. Their types fit."""
    stored = moto_patches.dynamodb_table(call.region, asked.get("TableName", ""))
    if stored is None:
        return
    types = {row["AttributeName"]: row["AttributeType"] for row in stored.attr}
    index = next((one for one in stored.all_indexes() if one.name == asked.get("IndexName")), stored)
    filtered = access.attributes({**asked, "KeyConditionExpression": "", "ProjectionExpression": ""})
    for row in index.schema if "KeyConditionExpression" in asked else ():
        if row["AttributeName"] in filtered:
            refuse(
                "Filter Expression can only contain non-primary key attributes: "
                f"Primary key attribute: {row['AttributeName']}"
            )
    key = {row["AttributeName"] for row in stored.schema}
    whole = [asked["Item"]] if "Item" in asked else []
    whole += [write["PutRequest"]["Item"] for write in asked.get("Writes", ()) if "PutRequest" in write]
    for item in access.items_of(asked):
        fits = all(types[name] in value for name, value in item.items() if name in types)
        exact = not any(item is one for one in whole)
        if not (fits and key <= item.keys()) or (exact and item.keys() != key):
            refuse("The provided key element does not match the schema")


for _name in table()["dynamodb"].moto:
    check_before("dynamodb", _name)(check)
