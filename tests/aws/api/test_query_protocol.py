"""The query protocol: what an SDK writes is read as it was meant, and nothing else is read."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import query_protocol
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Headers, Request


def example(shape: Any, text: str = "x") -> Any:
    """A value of ``shape`` with every member; lists of two."""
    if shape.type_name == "structure":
        return {name: example(member, f"{text}.{name}") for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, f"{text}.{number}") for number in (1, 2)]
    if shape.type_name == "map":
        return {f"{text}.{number}": example(shape.value, text) for number in (1, 2)}
    return {"integer": 7, "long": 7, "boolean": True}.get(shape.type_name, f"{text}=&ü 1+1")


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_what_the_sdk_writes_is_read_as_it_was_meant(service: str) -> None:
    model = moto_patches.service_model(service)
    shapes = {name: model.operation_model(name) for name in model.operation_names}
    for name, operation in shapes.items():
        if operation.input_shape is None:
            continue
        written = example(operation.input_shape)
        lists = [name for name, value in written.items() if isinstance(value, list)]
        for given in (written, {}, {name: [] for name in lists}):
            request = query_protocol.built(
                Request("GET", f"https://{service}.amazonaws.com/"), operation, given
            )
            fields = query_protocol.fields_of(request)
            assert (fields.pop("Action"), fields.pop("Version")) == (name, model.metadata["apiVersion"])
            assert query_protocol.parsed(operation.input_shape, fields) == given, name


def read(operation: str, body: str, query: str = "") -> Any:
    fields = query_protocol.fields_of(
        Request("POST", f"https://iam.amazonaws.com/{query}", Headers(), body.encode("latin-1"))
    )
    return query_protocol.parsed(
        moto_patches.service_model("iam").operation_model(operation).input_shape, fields
    )


@pytest.mark.parametrize(
    ("operation", "body", "query"),
    [
        ("GetRole", "RoleName=a&RoleName=b", ""),
        ("GetRole", "RoleName=a&RoleName=a", ""),
        ("GetRole", "RoleName=a&%52oleName=b", ""),
        ("GetRole", "RoleName=a", "?RoleName=b"),
        ("GetRole", "", "?RoleName=a&RoleName=b"),
        ("GetRole", "RoleName=a", "?X-Amz-Date=1&X-Amz-Date=2"),
        ("GetRole", "RoleName=a&PolicyArn=b", ""),
        ("GetRole", "RoleName=a&rolename=b", ""),
        ("GetRole", "RoleName=a&RoleName.=b", ""),
        ("GetRole", "RoleName.1=a", ""),
        ("GetRole", "RoleName.member.1=a", ""),
        ("GetRole", "RoleName=a&=b", ""),
        ("GetRole", "RoleName=%ff", ""),
        ("GetRole", "RoleName=\xff", ""),
        ("CreateRole", "Tags=a", ""),
        ("CreateRole", "Tags.1.Key=a", ""),
        ("CreateRole", "Tags.member.0.Key=a", ""),
        ("CreateRole", "Tags.member.01.Key=a&Tags.member.1.Key=b", ""),
        ("CreateRole", "Tags.member.1=a", ""),
        ("CreateRole", "Tags.member.1.Other=a", ""),
        ("CreateRole", "Tags=&Tags.member.1.Key=a", ""),
        ("CreateRole", "MaxSessionDuration=1e3", ""),
        ("CreateRole", "MaxSessionDuration=", ""),
        ("CreatePolicyVersion", "SetAsDefault=yes", ""),
        ("GetAccountSummary", "RoleName=a", ""),
        ("AcquireRole", "ReplacementValues.entry.1.key=a", ""),
        ("AcquireRole", "ReplacementValues.entry.1.key=a&ReplacementValues.entry.1.value=b", ""),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(operation: str, body: str, query: str) -> None:
    with pytest.raises(AwsError) as refused:
        read(operation, body, query)
    assert (refused.value.code, refused.value.status) == ("MalformedInput", 400)


def test_lists_come_in_the_order_of_their_numbers() -> None:
    body = "Tags.member.10.Key=c&Tags.member.2.Key=b&Tags.member.1.Key=a"
    assert read("CreateRole", body) == {"Tags": [{"Key": "a"}, {"Key": "b"}, {"Key": "c"}]}


def test_a_signature_in_the_address_is_no_input() -> None:
    assert read("GetRole", "", "?RoleName=a&X-Amz-Signature=b&X-Amz-Security-Token=c") == {"RoleName": "a"}
    assert read("GetRole", "RoleName=a", "?X-Amz-Signature=b") == {"RoleName": "a"}


def test_with_the_rule_switched_off_the_last_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_protocol, "check_each_once", lambda names: None)
    assert read("GetRole", "RoleName=a&RoleName=b") == {"RoleName": "b"}
