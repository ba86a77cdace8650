"""The tables and items that moto keeps: what the lab lets it answer is what DynamoDB answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from support.iam_people import refusal

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.dynamodb import inputs
from cognito_lab.network import hosts
from cognito_lab.network.messages import Request

MINE = {"owner": {"S": "mara"}, "sighting": {"S": "1"}}


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        yield lab


# AWS lets a global index have up to four attributes for each kind of key.
KEYS = [
    {"AttributeName": name, "KeyType": kind}
    for name, kind in zip("abc", ("HASH", "HASH", "RANGE"), strict=True)
]
WIDE_INDEX = {
    "TableName": "wide",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in "abc"],
    "KeySchema": KEYS[1:],
    "GlobalSecondaryIndexes": [
        {"IndexName": "by-all", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def make_table(name: str = "sightings", **more: Any) -> Any:
    """A table with a partition key, a sort key and a global index by species."""
    index = {
        "IndexName": "by-species",
        "KeySchema": [{"AttributeName": "species", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("owner", "sighting", "species")
        ],
        KeySchema=[
            {"AttributeName": "owner", "KeyType": "HASH"},
            {"AttributeName": "sighting", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[index],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )["TableDescription"]


def test_tables() -> None:
    db = boto3.client("dynamodb")
    arn = make_table()["TableArn"]
    assert arn == "arn:aws:dynamodb:us-east-1:123456789012:table/sightings"
    db.get_waiter("table_exists").wait(TableName="sightings")
    found = db.describe_table(TableName="sightings")["Table"]
    assert (found["TableStatus"], found["TableArn"], found["ItemCount"]) == ("ACTIVE", arn, 0)
    assert found["KeySchema"][0] == {"AttributeName": "owner", "KeyType": "HASH"}
    assert db.list_tables()["TableNames"] == ["sightings"]
    assert refusal(make_table)[:2] == ("ResourceInUseException", 400)
    assert boto3.client("dynamodb", region_name="eu-west-1").list_tables()["TableNames"] == []
    db.delete_table(TableName="sightings")
    assert db.list_tables()["TableNames"] == []
    for call in (db.describe_table, db.delete_table, db.scan):
        assert refusal(call, TableName="sightings")[:2] == ("ResourceNotFoundException", 400)


def test_items() -> None:
    make_table()
    table = boto3.resource("dynamodb").Table("sightings")
    whole = {"owner": "mara", "sighting": "1", "species": "crab", "count": 3, "bits": b"\0\xff", "by": {"a"}}
    table.put_item(Item=whole)
    key = {"owner": "mara", "sighting": "1"}
    assert table.get_item(Key=key)["Item"] == whole
    named = {"#c": "count"}
    assert table.get_item(Key=key, ProjectionExpression="#c", ExpressionAttributeNames=named)["Item"] == {
        "count": 3
    }
    assert "Item" not in table.get_item(Key={**key, "sighting": "2"})
    changed = table.update_item(
        Key=key,
        UpdateExpression="SET #c = #c + :one REMOVE bits",
        ExpressionAttributeNames=named,
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    assert changed["Attributes"] == {"count": 4}
    unless = {"ConditionExpression": Attr("owner").not_exists()}
    assert refusal(table.put_item, Item=whole, **unless)[:2] == ("ConditionalCheckFailedException", 400)
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["count"] == 4
    assert "Item" not in table.get_item(Key=key)
    table.delete_item(Key=key)  # deleting what is gone is no error


def filled() -> Any:
    make_table()
    table = boto3.resource("dynamodb").Table("sightings")
    for owner, number, species in (("mara", "1", "crab"), ("mara", "2", "goby"), ("goran", "1", "crab")):
        table.put_item(Item={"owner": owner, "sighting": number, "species": species})
    return table


def test_queries_and_scans() -> None:
    table = filled()
    mine = table.query(KeyConditionExpression=Key("owner").eq("mara"))
    assert [row["species"] for row in mine["Items"]] == ["crab", "goby"]
    later = Key("owner").eq("mara") & Key("sighting").gt("1")
    assert [row["species"] for row in table.query(KeyConditionExpression=later)["Items"]] == ["goby"]
    crabs = table.query(IndexName="by-species", KeyConditionExpression=Key("species").eq("crab"))
    assert {row["owner"] for row in crabs["Items"]} == {"mara", "goran"}
    assert table.query(KeyConditionExpression=later, Select="COUNT")["Count"] == 1
    first = table.scan(Limit=2)
    rest = table.scan(ExclusiveStartKey=first["LastEvaluatedKey"])
    assert len(first["Items"]) + len(rest["Items"]) == 3
    assert table.scan(FilterExpression=Attr("species").eq("goby"))["Count"] == 1


def test_batches() -> None:
    table = filled()
    db = boto3.client("dynamodb")
    with table.batch_writer() as batch:
        batch.delete_item(Key={"owner": "mara", "sighting": "1"})
        batch.put_item(Item={"owner": "ben", "sighting": "1"})
    keys = [{"owner": {"S": owner}, "sighting": {"S": "1"}} for owner in ("mara", "goran", "ben")]
    found = db.batch_get_item(RequestItems={"sightings": {"Keys": keys}})["Responses"]["sightings"]
    assert {row["owner"]["S"] for row in found} == {"goran", "ben"}


# -- what moto would let through ---------------------------------------------------------------------


def put(item: Any) -> tuple[str, dict[str, Any]]:
    return "put_item", {"TableName": "sightings", "Item": item}


def get(key: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    return "get_item", {"TableName": "sightings", "Key": key, **more}


def query(condition: str, **values: str) -> tuple[str, dict[str, Any]]:
    given = {f":{name}": {"S": value} for name, value in values.items()}
    return "query", {
        "TableName": "sightings",
        "KeyConditionExpression": condition,
        **({"ExpressionAttributeValues": given} if given else {}),
    }


def write(*rows: Any) -> tuple[str, dict[str, Any]]:
    return "batch_write_item", {"RequestItems": {"sightings": list(rows)}}


BROKEN = [
    put({**MINE, "species": {"S": "a", "N": "1"}}),
    put({**MINE, "owner": {"S": "mara", "N": "1"}}),
    put({**MINE, "species": {}}),
    put({**MINE, "species": {"L": [{"M": {"deep": {}}}]}}),
    put({**MINE, "count": {"N": "three"}}),
    put({**MINE, "count": {"NS": ["1", "x"]}}),
    put({**MINE, "owner": {"N": "1"}}),
    put({"owner": {"S": "mara"}}),
    put({**MINE, "owner": {"S": ""}}),
    get({"owner": {"S": "mara"}}),
    get({**MINE, "species": {"S": "crab"}}),
    get({**MINE, "owner": {"N": "1"}}),
    get({}),
    get(MINE, ProjectionExpression="#c"),
    get(MINE, ProjectionExpression="species", ExpressionAttributeNames={"#c": "count"}),
    ("delete_item", {"TableName": "sightings", "Key": {"owner": {"S": "mara"}}}),
    (
        "update_item",
        {"TableName": "sightings", "Key": {"sighting": {"S": "1"}}, "UpdateExpression": "REMOVE a"},
    ),
    query("sighting = mara"),
    query("sighting = :a"),
    query("owner = :a", a="mara", b="goran"),
    query("owner = :a OR owner = :b", a="mara", b="goran"),
    query("species = :a", a="crab"),
    query("owner > :a", a="mara"),
    query("sighting = :a AND sighting = :b", a="1", b="2"),
    (
        "query",
        {
            "TableName": "sightings",
            "KeyConditionExpression": "#o = :o",
            "FilterExpression": "#o = :o",
            "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {":o": {"S": "mara"}},
        },
    ),
    get(MINE, ProjectionExpression="owner"),  # a reserved word
    ("scan", {"TableName": "sightings", "FilterExpression": "attribute_exists(tides.year)"}),
    put({**MINE, "species": {"N": "1"}}),  # the key of an index
    put({**MINE, "by": {"SS": ["a", "a"]}}),
    ("scan", {"TableName": "sightings", "FilterExpression": "owner ="}),
    get(MINE, ProjectionExpression=""),
    ("delete_item", {"TableName": "sightings", "Key": MINE, "ConditionExpression": "owner owner"}),
    ("create_table", {"TableName": "others"}),
    write({"PutRequest": {"Item": MINE}, "DeleteRequest": {"Key": {**MINE, "owner": {"S": "goran"}}}}),
    write({"DeleteRequest": {"Key": {"owner": {"S": "mara"}}}}),
    ("batch_get_item", {"RequestItems": {"sightings": {"Keys": [{"owner": {"S": "mara"}}]}}}),
    ("describe_table", {"TableName": "a b"}),
]


@pytest.mark.parametrize(("operation", "given"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_not_of_the_right_form_is_refused(operation: str, given: dict[str, Any]) -> None:
    filled()
    assert refusal(getattr(boto3.client("dynamodb"), operation), **given)[:2] == ("ValidationException", 400)


def test_without_the_rule_moto_would_let_some_of_it_through(monkeypatch: pytest.MonkeyPatch) -> None:
    filled()
    db = boto3.client("dynamodb")
    monkeypatch.setattr(inputs, "check_values", lambda asked: None)
    monkeypatch.setattr(moto_patches, "reserved_words", list)
    assert db.query(**query("owner = :a", a="mara")[1])["Count"] == 2
    db.batch_write_item(**next(given for operation, given in BROKEN if operation == "batch_write_item"))


@pytest.mark.parametrize(
    ("operation", "given", "named"),
    [
        ("transact_write_items", {"TransactItems": [{}]}, "TransactWriteItems"),
        ("execute_statement", {"Statement": "SELECT * FROM sightings"}, "ExecuteStatement"),
        ("get_item", {"TableName": "sightings", "Key": MINE, "AttributesToGet": ["a"]}, "AttributesToGet"),
        ("scan", {"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/sightings"}, "ARN"),
        ("query", {"TableName": "sightings", "KeyConditions": {}}, "KeyConditions"),
        ("update_item", {"TableName": "sightings", "Key": MINE}, "UpdateExpression"),
        ("create_table", WIDE_INDEX, "several attributes"),
    ],
)
def test_what_is_not_played_is_refused_by_name(operation: str, given: dict[str, Any], named: str) -> None:
    filled()
    with pytest.raises(OutsideTheLab, match=named):
        getattr(boto3.client("dynamodb"), operation)(**given)


def test_streams_and_keys_of_one_s_own_are_not_played() -> None:
    for more in ({"StreamSpecification": {"StreamEnabled": False}}, {"SSESpecification": {"Enabled": True}}):
        with pytest.raises(OutsideTheLab, match=next(iter(more))):
            make_table(**more)


def test_errors_have_the_form_of_dynamodb() -> None:
    """JSON 1.0, with a namespace before the code."""
    url = "https://dynamodb.us-east-1.amazonaws.com/"
    for target, kind in (("ListTables", "MissingAuthenticationToken"), ("Nothing", "UnknownOperation")):
        answer = hosts.dispatch(
            Request("POST", url, hosts.headers_of({"x-amz-target": f"DynamoDB_20120810.{target}"}), b"{}")
        )
        assert answer.status == 400 and answer.headers["content-type"] == "application/x-amz-json-1.0"
        assert json.loads(answer.body)["__type"].startswith(f"com.amazon.coral.service#{kind}")
    code = refusal(boto3.client("dynamodb").get_item, TableName="none", Key=MINE)[0]
    assert code == "ResourceNotFoundException"
