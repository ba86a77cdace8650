"""A boto3 client is handed out again only where nobody can see that it is no new one."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import boto3
import pytest
from botocore.config import Config
from support import kept_clients

from cognito_lab import Lab


@pytest.fixture(autouse=True)
def lab() -> Any:
    with Lab.start() as lab:
        yield lab


def test_one_that_nobody_holds_is_given_again(request: pytest.FixtureRequest) -> None:
    """Of each service; the same again, too, when it has been called."""
    gc.collect()  # or one of an earlier test, held in a circle, becomes free in the middle and comes first
    gc.disable()
    request.addfinalizer(gc.enable)
    for service in ("cognito-idp", "cognito-identity", "iam", "lambda", "s3", "secretsmanager", "sts"):
        client = boto3.client(service)
        first = id(client)
        if service == "sts":
            client.get_caller_identity()
        del client
        assert id(boto3.client(service)) == first


def test_one_that_somebody_holds_is_not() -> None:
    one, other = boto3.client("sts"), boto3.client("sts")
    held_by_its_method = boto3.client("sts").get_caller_identity
    paginator = boto3.client("iam").get_paginator("list_roles")
    assert len({id(client) for client in (one, other, held_by_its_method.__self__, boto3.client("sts"))}) == 4
    assert paginator._method.__self__ is not boto3.client("iam")


@pytest.mark.parametrize("change", ["register", "register_first", "register_last", "unregister"])
def test_one_whose_events_are_heard_is_not(change: str) -> None:
    client, heard = boto3.client("sts"), []
    getattr(client.meta.events, change)("before-call", lambda **_: heard.append(1))
    del client
    assert boto3.client("sts").get_caller_identity() and not heard


def test_one_that_was_sent_on_to_another_region_is_not() -> None:
    boto3.client("s3", "eu-west-1").create_bucket(
        Bucket="tidepool", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    sent_on = boto3.client("s3")
    first = id(sent_on)
    assert sent_on.list_objects_v2(Bucket="tidepool")["ResponseMetadata"]["HTTPStatusCode"] == 200
    del sent_on
    gc.collect()
    assert id(boto3.client("s3")) != first


def test_another_region_other_keys_and_other_settings_are_another_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ways: list[dict[str, Any]] = [
        {}, {"region_name": "eu-west-1"}, {"config": Config(connect_timeout=7)},
        {"aws_access_key_id": "a", "aws_secret_access_key": "b"}, {"endpoint_url": "http://127.0.0.1:1"},
        {"use_ssl": False}, {"verify": False},
    ]  # fmt: skip
    found = [id(boto3.client("sts", **way)) for way in ways]
    assert len(set(found)) == len(ways)
    assert [id(boto3.client("sts", **way)) for way in ways] == found
    assert id(boto3.Session().client("sts")) not in found, "another session may have other handlers"
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    assert id(boto3.client("sts")) not in found


def test_one_that_is_kept_no_longer_ends_at_once() -> None:
    """No circle waits for the garbage collection, which comes seldom here."""
    client = boto3.client("sts")
    client.meta.events.register("before-call", lambda **_: None)
    ended = weakref.ref(client.meta.events)
    del client
    for _ in range(kept_clients.OF_A_KIND):
        other = boto3.client("sts")
        other.meta.events.register("before-call", lambda **_: None)
    assert ended() is None
