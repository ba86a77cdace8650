"""A JSON call is read once, by AWS's model; what is of another type is refused, ``null`` is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from support.user_pools import PASSWORD, world

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import json_inputs, operations, services, wire_formats
from cognito_lab.errors import AwsError

PREFIX = "AWSCognitoIdentityProviderService."
WRONG: dict[str, list[Any]] = {
    "structure": ["x", 5, True, []],
    "map": ["x", 5, True, []],
    "list": ["x", 5, True, {}],
    "string": [5, 1.5, True, [], {}],
    "integer": ["5", 1.5, True, [], {}, 2**31, -(2**31) - 1],
    "long": ["5", 1.5, True, [], {}, 2**63],
    "boolean": ["true", 0, [], {}],
    "blob": [5, True, [], {}, "no base64"],
    "timestamp": ["yesterday", True, [], {}, 1e300],
}


def post(operation: str, body: bytes, **headers: str) -> requests.Response:
    """A call that is not signed."""
    fields = {"x-amz-target": PREFIX + operation, "content-type": "application/x-amz-json-1.1", **headers}
    return requests.post("https://cognito-idp.us-east-1.amazonaws.com/", body, headers=fields)


def codes(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["__type"]


def places(shape: Any, around: Any = lambda value: value, seen: tuple[str, ...] = ()) -> Any:
    """Every shape below ``shape``, each with the function that puts a value of it into an input."""
    if getattr(shape, "is_document_type", False) or shape.name in seen:
        return
    yield shape, around
    seen = (*seen, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from places(member, lambda value, name=name: around({name: value}), seen)
    elif shape.type_name in ("list", "map"):
        inner = shape.member if shape.type_name == "list" else shape.value
        wrap = (lambda value: [value]) if shape.type_name == "list" else (lambda value: {"k": value})
        yield from places(inner, lambda value: around(wrap(value)), seen)


def every_place() -> Any:
    for service in services.JSON_SERVICES:
        for name in sorted(operations.table()[service].ours):
            shape = moto_patches.service_model(service).operation_model(name).input_shape
            yield from ((shape, found, around) for found, around in places(shape))


def test_a_value_of_another_type_is_no_input_wherever_it_stands() -> None:
    count = 0
    for top, shape, around in every_place():
        for value in WRONG[shape.type_name]:
            with pytest.raises(AwsError) as refusal:
                json_inputs.read(top, json.dumps(around(value)).encode())
            assert refusal.value.code == "SerializationException", (top, shape, value)
            count += 1
    assert count > 3_000


def test_null_and_what_the_model_does_not_know_are_not_there() -> None:
    for top, shape, around in every_place():
        if shape.type_name == "structure":
            known = json_inputs.read(top, json.dumps(around({})).encode())
            given = {"Unheard-of": 5, **dict.fromkeys(shape.members)}
            assert json_inputs.read(top, json.dumps(around(given)).encode()) == known
        if shape.type_name == "map":
            assert json_inputs.read(top, json.dumps(around({"k": None})).encode()) == around({})


BROKEN = [
    b"[]", b"5", b"null", b'"x"', b"{", b"{]", b'{"Username": NaN}', b'{"Username": "\\ud83e"}', b"\xff",
    b'{"a": "\xff"}', b'{"Username": "a", "Username": "b"}',
    b'{"UserContextData": {"IpAddress": "a", "IpAddress": "b"}}',
    b"[" * 100_000, b'{"a":' * 100_000, b'{"Username": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"a": ' + b"9" * 5_000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_json_object_is_refused_as_such(body: bytes) -> None:
    with world():
        assert codes(post("SignUp", body)) == (400, "SerializationException")


def test_a_browser_s_sdk_refreshes_with_a_device_key_that_is_null() -> None:
    """amazon-cognito-identity-js, with a storage that answers null for what it does not have."""
    with world() as it:
        it.member()
        given = {"REFRESH_TOKEN": it.sign_in()["RefreshToken"], "DEVICE_KEY": None, "SECRET_HASH": None}
        asked = {"ClientId": it.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": given}
        answer = post("InitiateAuth", json.dumps({**asked, "ClientMetadata": None}).encode())
        assert answer.status_code == 200 and answer.json()["AuthenticationResult"]["AccessToken"]
        without = {"REFRESH_TOKEN": None}
        wrong = post("InitiateAuth", json.dumps({**asked, "AuthParameters": without}).encode())
        assert codes(wrong) == (400, "InvalidParameterException")


def test_an_element_of_a_list_that_is_null_breaks_the_model() -> None:
    with world() as it:
        asked = {"ClientId": it.client, "Username": "m", "Password": PASSWORD, "UserAttributes": [None]}
        answer = post("SignUp", json.dumps(asked).encode())
        assert codes(answer) == (400, "InvalidParameterException")
        assert "'userAttributes.1.member'" in answer.json()["message"]


def test_without_the_rule_null_would_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_inputs, "of_type", lambda shape, value: value)
    with pytest.raises(AssertionError):
        test_null_and_what_the_model_does_not_know_are_not_there()


def test_a_message_is_repeated_in_a_header_field_of_bounded_length() -> None:
    with world() as it:
        asked = {"ClientId": it.client, "Username": "m" * 70_000, "Password": PASSWORD}
        answer = post("SignUp", json.dumps(asked).encode())
        assert (
            codes(answer) == (400, "InvalidParameterException") and "m" * 70_000 in answer.json()["message"]
        )
        said = answer.headers["x-amzn-errormessage"]
        assert len(said) == wire_formats.LONGEST_TEXT and answer.json()["message"].startswith(said)
