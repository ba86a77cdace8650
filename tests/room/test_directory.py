"""The user pool of a room says who comes in, and in a sentence why somebody does not."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from cognito_lab.room.class_list import Person
from cognito_lab.room.directory import NEW_PASSWORD, SENTENCES, Directory

SLIP = "h3kqp-w8mzr-t2xva"
WRONG, DISABLED, TOO_MANY, EXPIRED = SENTENCES.values()


@pytest.fixture
def directory() -> Iterator[Directory]:
    people = [Person("ada", "Ada", "ada@example.org"), Person("ben"), Person("cleo", disabled=True)]
    directory = Directory(people, {each.username: SLIP for each in people})
    yield directory
    directory._lab.stop()


def test_somebody_comes_in_with_a_password_of_their_own(directory: Directory) -> None:
    asked = directory.refusal("ada", SLIP)
    assert asked.startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, SLIP).startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, "too short").startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, "long enough") == ""
    assert directory.refusal("ada", "long enough") == ""
    assert directory.refusal("ada", SLIP) == directory.refusal("ada", SLIP, "another one") == WRONG
    assert directory.refusal("ben", SLIP) == asked


def test_who_does_not(directory: Directory) -> None:
    assert directory.refusal("ada", "wrong") == directory.refusal("ada", "wrong", "long enough") == WRONG
    for stranger in ("nobody", "../ada", "ada/../ben"):
        assert directory.refusal(stranger, SLIP) == WRONG
    assert directory.refusal("cleo", SLIP) == directory.refusal("cleo", SLIP, "long enough") == DISABLED
    for _ in range(5):
        assert directory.refusal("ben", "wrong") == WRONG
    assert directory.refusal("ben", SLIP) == TOO_MANY
    assert directory.refusal("ada", SLIP).startswith(NEW_PASSWORD)


def test_what_cannot_even_be_asked_is_refused_too(directory: Directory) -> None:
    for username, password in (("", SLIP), ("ada", ""), ("a" * 3000, "x"), ("ada", "x" * 3000)):
        assert directory.refusal(username, password), (username, password)


def test_a_temporary_password_expires(directory: Directory) -> None:
    directory._lab.travel(days=8)
    assert directory.refusal("ada", SLIP) == EXPIRED


def test_who_may_go_on(directory: Directory) -> None:
    may = {name: directory.is_enabled(name) for name in ("ada", "cleo", "nobody", "../ada")}
    assert may == {"ada": True, "cleo": False, "nobody": False, "../ada": False}


def test_nobody_signs_up_or_recovers_a_password(directory: Directory) -> None:
    pools = boto3.client("cognito-idp")
    with pytest.raises(pools.exceptions.NotAuthorizedException):
        pools.sign_up(ClientId=directory._client, Username="rook", Password="long enough")
    with pytest.raises(pools.exceptions.ClientError):
        pools.forgot_password(ClientId=directory._client, Username="ada")
