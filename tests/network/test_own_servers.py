"""A WSGI application of the learner's answers at a host: as it was asked, and in its account alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
import requests
from support.api_gateway import echo
from werkzeug.wrappers import Request, Response

from cognito_lab import Lab, OutsideTheLab

ADDRESS = "https://api.tidepool.example"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as started:
        yield started


def test_the_application_is_asked_as_a_client_asks(lab: Lab) -> None:
    lab.host("api.tidepool.example", echo)
    said = requests.put(f"{ADDRESS}/a%20b/c?d=%26", data=b"\xc3\xa9", headers={"X-A": "e"}, timeout=5).json()
    assert (said["method"], said["path"], said["query"], said["body"]) == ("PUT", "/a b/c", "d=%26", "é")
    assert (said["headers"]["X-A"], said["headers"]["Host"]) == ("e", "api.tidepool.example")


def test_status_headers_and_body_come_back(lab: Lab) -> None:
    lab.host("new.api.tidepool.example", Response("gone", 410, {"X-B": "f"}))
    answer = requests.get("https://new.api.tidepool.example/", timeout=5)
    assert (answer.status_code, answer.text, answer.headers["x-b"]) == (410, "gone", "f")


def test_it_may_call_the_account_itself(lab: Lab) -> None:
    @Request.application
    def counts_buckets(request: Request) -> Response:
        return Response(json.dumps(len(boto3.client("s3").list_buckets()["Buckets"])))

    lab.host("api.tidepool.example", counts_buckets)
    boto3.client("s3").create_bucket(Bucket="tidepool-pictures")
    with lab.record() as story:
        assert requests.get(ADDRESS, timeout=5).json() == 1
    (call,) = story.calls
    assert (call.whom, [(inner.who, inner.operation) for inner in call.inside]) == (
        "own server", [("own server", "ListBuckets")],
    )  # fmt: skip


def test_a_mistake_of_the_application_is_seen(lab: Lab) -> None:
    @Request.application
    def broken(request: Request) -> Response:
        raise ZeroDivisionError

    lab.host("api.tidepool.example", broken)
    with pytest.raises(ZeroDivisionError):
        requests.get(ADDRESS, timeout=5)


def test_other_names_are_refused(lab: Lab) -> None:
    for name in ("tidepool.example", "cognito-idp.us-east-1.amazonaws.com", ADDRESS):
        with pytest.raises(ValueError, match="neither"):
            lab.host(name, echo)


def test_it_belongs_to_its_account(lab: Lab) -> None:
    lab.host("api.tidepool.example", echo)
    with lab.set_aside(), pytest.raises(OutsideTheLab, match="Nobody answers"):
        requests.get(ADDRESS, timeout=5)
    assert requests.get(ADDRESS, timeout=5).ok
    lab.reset()
    with pytest.raises(OutsideTheLab, match="Nobody answers"):
        requests.get(ADDRESS, timeout=5)
