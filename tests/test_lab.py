"""The lab: one account at a time, as new each time; its clock, its mail, and its scenes."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from cognito_lab import Lab, OutsideTheLab, reproducible
from cognito_lab import lab as lab_module
from cognito_lab.course.notebooks import outputs, run
from cognito_lab.network import exchanges
from cognito_lab.views import diagrams


@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab


def test_the_owner_of_the_account_calls_by_default(lab):
    caller = boto3.client("sts").get_caller_identity()
    assert caller["Arn"] == f"arn:aws:iam::{lab.account}:root"


def test_a_second_start_ends_the_first_account_and_begins_an_empty_one(lab):
    boto3.client("cognito-idp").create_user_pool(PoolName="tidepool-members")
    second = Lab.start()
    assert boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
    with pytest.raises(OutsideTheLab, match=r"later Lab\.start\(\) has started another"):
        lab.inbox("mara@tidepool.example")
    assert "ended" in repr(lab)
    assert "running" in repr(second)


def test_a_client_of_the_first_account_goes_on_in_the_second(lab):
    client = boto3.client("cognito-idp")
    Lab.start()
    assert client.list_user_pools(MaxResults=10)["UserPools"] == []


def test_the_second_account_has_seed_and_clock_as_new(lab):
    lab.travel(days=3)
    first = boto3.client("cognito-idp").create_user_pool(PoolName="a")["UserPool"]["Id"]
    again = Lab.start()
    assert again.now == reproducible.FIXED_START
    assert boto3.client("cognito-idp").create_user_pool(PoolName="a")["UserPool"]["Id"] == first


def test_reset_empties_the_account_and_keeps_the_object(lab):
    boto3.client("s3").create_bucket(Bucket="tidepool-pictures")
    assert lab.reset() is lab
    assert boto3.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    "use",
    [
        lambda lab: lab.now,
        lambda lab: lab.inbox("mara@tidepool.example"),
        lambda lab: lab.travel(hours=1),
        lambda lab: lab.scene("members"),
        lambda lab: lab.record(),
        lambda lab: lab.google,
        lambda lab: lab.reset(),
        lambda lab: lab.why(),
        lambda lab: lab.who_knows(username="mara"),
        lambda lab: lab.serve(),
    ],
)
def test_what_is_asked_of_an_account_that_has_ended_is_refused_in_one_line(lab, use):
    lab.stop()
    with pytest.raises(OutsideTheLab, match=r"has ended.*Lab\.start\(\)") as refusal:
        use(lab)
    assert "\n" not in str(refusal.value)


def test_stopping_twice_is_nothing_new(lab):
    lab.stop()
    lab.stop()


def test_after_stop_nothing_answers_and_nothing_leaves(lab):
    client = boto3.client("s3")
    lab.stop()
    with pytest.raises(OutsideTheLab, match="no account is running"):
        client.list_buckets()
    with pytest.raises(OutsideTheLab):
        requests.get("https://tidepool-pictures.s3.us-east-1.amazonaws.com/a")


def test_the_context_manager_ends_the_account():
    with Lab.start() as lab:
        pass
    with pytest.raises(OutsideTheLab):
        _ = lab.now


@pytest.mark.parametrize("region", ["useast1", "", "us-east-1.evil.example", "US-EAST-1"])
def test_a_region_that_is_none_is_refused_with_the_name_given(region):
    with pytest.raises(ValueError, match="not the name of an AWS Region"):
        Lab.start(region=region)


def test_clients_that_name_no_region_are_in_the_lab_s():
    with Lab.start(region="eu-west-1"):
        assert boto3.client("cognito-idp").meta.region_name == "eu-west-1"


def test_travelling_moves_every_clock_of_the_kernel(lab):
    before, wall = lab.now, time.time()
    assert lab.travel(hours=1, minutes=1) == before + timedelta(minutes=61) == lab.now
    assert time.time() - wall == 3660
    assert datetime.now(UTC) == lab.now


def test_the_clock_does_not_go_back(lab):
    with pytest.raises(ValueError, match="only go forward"):
        lab.travel(hours=-1)


def test_a_learner_s_clock_goes_on_after_travelling(monkeypatch):
    monkeypatch.delenv(reproducible.REPRODUCIBLE)
    with Lab.start() as lab:
        real = time.time()
        lab.travel(days=1)
        assert 86400 <= time.time() - real < 86400 + 60
        first = time.time()
        time.sleep(0.01)
        assert time.time() > first
    assert abs(time.time() - real) < 60, "stop() gives the kernel its clock back"


def test_a_learner_s_account_is_not_the_one_of_the_test_runs(monkeypatch):
    monkeypatch.delenv(reproducible.REPRODUCIBLE)
    ids = set()
    for _ in range(2):
        with Lab.start():
            ids.add(boto3.client("cognito-idp").create_user_pool(PoolName="a")["UserPool"]["Id"])
    assert len(ids) == 2


def test_the_inbox_holds_what_was_sent_to_that_address_newest_last(lab):
    scene = lab.scene("directory")
    people = boto3.client("cognito-idp")
    for name in ("mara", "ben"):
        people.sign_up(
            ClientId=scene.client,
            Username=name,
            Password=scene.password,
            UserAttributes=[{"Name": "email", "Value": f"{name}@tidepool.example"}],
        )
    people.resend_confirmation_code(ClientId=scene.client, Username="ben")
    assert lab.inbox("nobody@tidepool.example") == []
    assert len(lab.inbox("mara@tidepool.example")) == 1
    first, newest = lab.inbox("ben@tidepool.example")
    assert first.code != newest.code
    with pytest.raises(ClientError, match="CodeMismatch"):
        people.confirm_sign_up(ClientId=scene.client, Username="ben", ConfirmationCode=first.code)
    people.confirm_sign_up(ClientId=scene.client, Username="ben", ConfirmationCode=newest.code)


def test_a_scene_begins_with_an_empty_account(lab):
    lab.travel(hours=5)
    boto3.client("cognito-idp").create_user_pool(PoolName="mine")
    lab.scene("directory")
    pools = boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
    assert [pool["Name"] for pool in pools] == ["tidepool-members"]
    assert lab.now == reproducible.FIXED_START


def test_the_cast_is_the_one_of_the_lessons(lab):
    people = lab_module.cast()["people"]
    assert set(lab.google.accounts) == {people[name]["email"] for name in ("goran", "rook")}
    assert lab.picture("anemone.svg").startswith(b"<svg")


def test_credentials_of_the_process_are_the_owner_s_and_nobody_else_s(lab):
    assert os.environ["AWS_ACCESS_KEY_ID"].startswith("AKIA")
    stranger = boto3.client("sts", aws_access_key_id="AKIA" + "A" * 16, aws_secret_access_key="x" * 40)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        stranger.get_caller_identity()


def test_the_overture_is_what_lesson_00_records(lab, tmp_path):
    stored = diagrams.overture().html()
    lesson = run.NOTEBOOKS / "00_start_here.ipynb"
    shown = [
        output["data"]["text/html"]
        for cell in outputs.nbformat.read(lesson, as_version=4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert stored in shown, "lesson 00 changed: make outputs NOTEBOOK=00"


def test_an_account_leaves_no_observer_and_a_new_one_knows_of_no_refusal(lab):
    lab.reset()
    before = len(exchanges.OBSERVERS)
    with pytest.raises(ClientError):
        boto3.client("s3").head_bucket(Bucket="not-there")
    assert "HeadBucket" in repr(lab.why())
    lab.reset()
    assert "nothing yet" in repr(lab.why())
    assert len(exchanges.OBSERVERS) == before
    lab.stop()
    assert len(exchanges.OBSERVERS) == before - 1
