"""Who may touch which row: tables, indexes, and the condition keys that DynamoDB adds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from support.iam_people import allow, deny, make_role, refusal, session_of

from cognito_lab import Lab
from cognito_lab.aws.dynamodb import access

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/sightings"
DENIED = ("AccessDeniedException", 400)
OWN = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/owner}"]}}


@pytest.fixture(autouse=True)
def lab() -> Iterator[Lab]:
    with Lab.start(region="us-east-1") as lab:
        for name in ("sightings", "secrets"):
            boto3.client("dynamodb").create_table(
                TableName=name,
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "S"} for key in ("owner", "place")
                ],
                KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
                GlobalSecondaryIndexes=[{
                    "IndexName": "by-place", "KeySchema": [{"AttributeName": "place", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }],
                BillingMode="PAY_PER_REQUEST",
            )  # fmt: skip
        for owner in ("mara", "goran"):
            boto3.client("dynamodb").put_item(TableName="sightings", Item=item(owner, place="reef"))
        yield lab


def item(owner: str, **more: Any) -> dict[str, Any]:
    written: dict[str, Any] = TypeSerializer().serialize({"owner": owner, **more})["M"]
    return written


names = itertools.count()


def db_of(*statements: dict[str, Any]) -> Any:
    """A client of a session whose tag ``owner`` is mara."""
    role = make_role(f"member{next(names)}", *statements)
    return boto3.client("dynamodb", **session_of(role, context={"aws:PrincipalTag/owner": "mara"}))


def every_call(owner: str) -> dict[str, dict[str, Any]]:
    """Each operation on items, on one owner's row."""
    table, key = {"TableName": "sightings"}, item(owner)
    change = {"UpdateExpression": "SET place = :p", "ExpressionAttributeValues": {":p": {"S": "bay"}}}
    values = {"ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":o": {"S": owner}}}
    return {
        "get_item": {**table, "Key": key},
        "put_item": {**table, "Item": item(owner, place="reef")},
        "update_item": {**table, "Key": key, **change},
        "query": {**table, "KeyConditionExpression": "#o = :o", **values},
        "batch_get_item": {"RequestItems": {"sightings": {"Keys": [key]}}},
        "batch_write_item": {"RequestItems": {"sightings": [{"PutRequest": {"Item": key}}]}},
        "delete_item": {**table, "Key": key},
    }


@pytest.mark.parametrize("operation", every_call("mara"))
def test_one_s_own_row_and_no_other(operation: str) -> None:
    db = db_of(allow("dynamodb:*", TABLE, Condition=OWN))
    code, status, text = refusal(getattr(db, operation), **every_call("goran")[operation])
    assert (code, status) == DENIED
    action = "".join(part.capitalize() for part in operation.split("_"))
    assert text.endswith(
        f"is not authorized to perform: dynamodb:{action} on resource: {TABLE} because no identity-based "
        f"policy allows the dynamodb:{action} action"
    )
    getattr(db, operation)(**every_call("mara")[operation])


def test_without_the_leading_keys_each_row_would_be_everybody_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "leading_keys", lambda call, asked: [])
    db = db_of(allow("dynamodb:*", TABLE, Condition=OWN))
    for operation, given in every_call("goran").items():
        getattr(db, operation)(**given)


def test_a_scan_has_no_leading_keys_and_for_all_values_lets_it_through() -> None:
    """As AWS warns: a key that is not there satisfies ``ForAllValues``. A policy leaves ``Scan`` out."""
    assert db_of(allow("dynamodb:*", TABLE, Condition=OWN)).scan(TableName="sightings")["Count"] == 2
    both = {**OWN, "Null": {"dynamodb:LeadingKeys": "false"}}
    strict = db_of(allow("dynamodb:*", TABLE, Condition=both))
    assert refusal(strict.scan, TableName="sightings")[:2] == DENIED
    assert strict.get_item(TableName="sightings", Key=item("mara"))["Item"]


def test_one_row_of_another_refuses_a_whole_batch() -> None:
    db = db_of(allow("dynamodb:*", TABLE, Condition=OWN))
    both = [item("mara"), item("goran")]
    assert refusal(db.batch_get_item, RequestItems={"sightings": {"Keys": both}})[:2] == DENIED
    rows = [{"DeleteRequest": {"Key": key}} for key in both]
    assert refusal(db.batch_write_item, RequestItems={"sightings": rows})[:2] == DENIED
    assert boto3.client("dynamodb").scan(TableName="sightings")["Count"] == 2


def test_each_table_of_a_batch_is_judged_on_its_own_arn() -> None:
    db = db_of(allow("dynamodb:Batch*", TABLE))
    mine = {"sightings": {"Keys": [item("mara")]}}
    assert db.batch_get_item(RequestItems=mine)["Responses"]["sightings"]
    for others in ({"secrets": {"Keys": [item("mara")]}}, {**mine, "secrets": {"Keys": [item("mara")]}}):
        code, _, text = refusal(db.batch_get_item, RequestItems=others)
        assert code == DENIED[0] and ":table/secrets because" in text


def test_an_index_is_another_resource_than_its_table() -> None:
    asked = {
        "TableName": "sightings", "IndexName": "by-place", "KeyConditionExpression": "place = :p",
        "ExpressionAttributeValues": {":p": {"S": "reef"}},
    }  # fmt: skip
    code, _, text = refusal(db_of(allow("dynamodb:Query", TABLE)).query, **asked)
    assert code == DENIED[0] and f"{TABLE}/index/by-place because" in text
    assert db_of(allow("dynamodb:Query", f"{TABLE}/index/*")).query(**asked)["Count"] == 2
    by_place = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["shore"]}}
    shore = db_of(allow("dynamodb:Query", f"{TABLE}/index/*", Condition=by_place))
    assert refusal(shore.query, **asked)[:2] == DENIED


def test_some_attributes_alone() -> None:
    """The policy of AWS's own example: nobody may ask for attributes without naming them."""
    named = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "place"]},
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"],
        },
    }  # fmt: skip
    db = db_of(allow("dynamodb:*", TABLE, Condition=named))
    mine: dict[str, Any] = {"TableName": "sightings", "Key": item("mara")}
    assert db.get_item(**mine, ProjectionExpression="place")["Item"] == {"place": {"S": "reef"}}
    db.put_item(TableName="sightings", Item=item("mara", place="shore"))
    place = {"ExpressionAttributeNames": {"#p": "place"}, "ExpressionAttributeValues": {":p": {"S": "bay"}}}
    db.update_item(**mine, UpdateExpression="SET #p = :p", **place, ReturnValues="UPDATED_NEW")
    secret = {"ExpressionAttributeNames": {"#p": "secret"}}
    for call, given in (
        (db.get_item, mine),
        (db.scan, {"TableName": "sightings"}),
        (db.get_item, {**mine, "ProjectionExpression": "place, secret"}),
        (db.get_item, {**mine, "ProjectionExpression": "place, #p", **secret}),
        (db.put_item, {"TableName": "sightings", "Item": item("mara", secret="x")}),
        (db.update_item, {**mine, "UpdateExpression": "SET #p = :p", **place, **secret}),
        (db.update_item, {**mine, "UpdateExpression": "SET #p = :p", **place, "ReturnValues": "ALL_NEW"}),
        (
            db.delete_item,
            {
                **mine, "ConditionExpression": "attribute_exists(secret.#n)",
                "ExpressionAttributeNames": {"#n": "place"},
            },
        ),
        (
            db.scan,
            {
                "TableName": "sightings", "ProjectionExpression": "place", "FilterExpression": "secret > :p",
                "ExpressionAttributeValues": {":p": {"S": "a"}},
            },
        ),
    ):  # fmt: skip
        assert refusal(call, **given)[:2] == DENIED, given


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (
            "SET a = if_not_exists(b, :v), #c.d[0] = list_append(#c.d, :w) REMOVE e",
            ["a", "b", "#c", "#c", "e"],
        ),
        ("attribute_exists (a) AND NOT begins_with(b, :x)", ["a", "b"]),
        ("a BETWEEN :x AND :y or size(c) IN (:d, :e)", ["a", "c"]),
    ],
)
def test_the_attributes_of_an_expression(expression: str, found: list[str]) -> None:
    assert access.names_in(expression) == found


def test_tables_are_made_seen_and_deleted_by_whom_their_arn_allows() -> None:
    db = db_of(allow("dynamodb:DescribeTable", TABLE), allow("dynamodb:*"), deny("dynamodb:*", f"{TABLE}*"))
    assert refusal(db.describe_table, TableName="sightings")[:2] == DENIED
    assert refusal(db.delete_table, TableName="sightings")[:2] == DENIED
    db.delete_table(TableName="secrets")
    code, _, text = refusal(db_of().list_tables)
    assert code == DENIED[0] and ":table/* because" in text
