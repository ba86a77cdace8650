"""What the policies judge is what moto carries out, for the services that moto plays over JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.iam_people import allow, make_user

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations, services
from cognito_lab.aws.iam import signatures
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Headers, Request, Response

KEY = {"owner": {"S": "mara"}}
OTHERS = {
    "TableName": "secrets", "SecretId": "other", "Name": "other", "IndexName": "by-place", "Item": KEY,
    "RequestItems": {"secrets": {"Keys": [KEY]}},
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "CreateTable": {
        "TableName": "new", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "owner", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
    },
    **{key: {"TableName": "sightings"} for key in ("DescribeTable", "DeleteTable", "Scan")},
    "ListTables": {},
    "PutItem": {"TableName": "sightings", "Item": KEY},
    **{key: {"TableName": "sightings", "Key": KEY} for key in ("GetItem", "DeleteItem")},
    "UpdateItem": {"TableName": "sightings", "Key": KEY, "UpdateExpression": "REMOVE a"},
    "Query": {
        "TableName": "sightings", "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":o": {"S": "mara"}},
    },
    "BatchGetItem": {"RequestItems": {"sightings": {"Keys": [KEY]}}},
    "BatchWriteItem": {"RequestItems": {"sightings": [{"PutRequest": {"Item": KEY}}]}},
    "CreateSecret": {"Name": "new"},
    "PutSecretValue": {"SecretId": "mine", "SecretString": "x"},
    **{key: {"SecretId": "mine"} for key in ("GetSecretValue", "DescribeSecret", "DeleteSecret")},
    "ListSecrets": {},
}  # fmt: skip
BY_MOTO = [(service, name) for service in services.JSON_SERVICES for name in operations.table()[service].moto]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Exchange, Any]]]:
    """What moto was about to do, beside what had been judged by then."""
    from moto.core.authorization import ActionAuthenticatorMixin as Mixin

    found: list[tuple[Exchange, Any]] = []
    with Lab.start(region="us-east-1"):
        for name in ("sightings", "secrets"):
            boto3.client("dynamodb").create_table(**{**GOOD["CreateTable"], "TableName": name})
        for name in ("mine", "other"):
            boto3.client("secretsmanager").create_secret(Name=name, SecretString="high")
        monkeypatch.setattr(signatures, "check_value", lambda *_: None)  # a caller may sign anything
        monkeypatch.setattr(
            Mixin,
            "_authenticate_and_authorize_action",
            lambda handler, *more, **named: (
                found.append((exchanges.current_exchange(), handler))
                or moto_patches._admit(handler, *more, **named)
            ),
        )
        yield found


def in_two_ways(service: str, name: str, given: dict[str, Any]) -> Iterator[Request]:
    """A good request, and it with each parameter twice, in the address, of another operation or type."""
    prefix = moto_patches.service_model(service).metadata["targetPrefix"]
    url = f"https://{service}.us-east-1.amazonaws.com/"
    body = json.dumps(given)

    def at(text: str, query: str = "", **fields: str) -> Request:
        named = {"x-amz-target": f"{prefix}.{name}", "content-type": "application/x-amz-json-1.0", **fields}
        return Request("POST", url + query, Headers(named), text.encode())

    yield at(body)
    other = "DescribeTable" if service == "dynamodb" else "DescribeSecret"
    yield at(body, f"?X-Amz-Target={prefix}.{other}")
    yield at(body, **{"X-AMZ-TARGET": f"{prefix}.{other}"})
    yield at(body, f"?Action={other}&TableName=secrets&SecretId=other")
    yield at(body, **{"content-type": "application/x-www-form-urlencoded"})
    for member, value in OTHERS.items():
        yield at(json.dumps({**given, member: value}))
        yield at(body[:-1] + ("," if given else "") + json.dumps({member: value})[1:])  # a second one
        yield at(json.dumps({**given, member.lower(): value, member.upper(): value}))
        yield at(json.dumps({**given, member: None}))


@pytest.mark.parametrize(("service", "name"), BY_MOTO)
def test_a_service_is_asked_in_two_ways(seen: list[tuple[Exchange, Any]], service: str, name: str) -> None:
    who = make_user("ines", allow("*"))
    keys = Credentials(who["aws_access_key_id"], who["aws_secret_access_key"])
    reached = 0
    for request in in_two_ways(service, name, GOOD[name]):
        made = AWSRequest(request.method, request.url, dict(request.headers), request.body)
        SigV4Auth(keys, service, "us-east-1").add_auth(made)
        seen.clear()
        try:
            answer: Response | None = hosts.dispatch(
                Request(request.method, request.url, Headers(dict(made.headers)), request.body)
            )
        except OutsideTheLab:
            answer = None
        assert answer is None or answer.status < 500, answer.body
        for exchange, handler in seen:
            reached += 1
            judged = exchange.details["parameters"]
            assert exchange.operation == handler._get_action()
            read = dict(handler.params) if service == "dynamodb" else json.loads(handler.body)
            assert read == judged, request.body
    assert reached, "no request of them was carried out: this test looks at nothing"
