"""A bucket lives in one Region; the endpoints of the others say where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from support.iam_people import V4
from support.identity_pools import exchanges

from cognito_lab import Lab


@pytest.fixture
def shore() -> Iterator[Any]:
    """S3 of eu-west-1, with a bucket in it."""
    with Lab.start():
        s3 = boto3.client("s3", "eu-west-1")
        s3.create_bucket(Bucket="shore", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="shore", Key="crab", Body=b"claws")
        yield s3


@pytest.mark.parametrize("region", ["us-east-1", "ap-south-1", "eu-west-1"])
def test_boto3_finds_the_region_and_asks_there(shore: Any, region: str) -> None:
    s3 = boto3.client("s3", region)
    with exchanges() as asked:
        assert s3.get_object(Bucket="shore", Key="crab")["Body"].read() == b"claws"
        assert s3.head_object(Bucket="shore", Key="crab")["ContentLength"] == 5
        assert s3.list_objects_v2(Bucket="shore")["KeyCount"] == 1
    elsewhere = [one for one in asked if one.response is not None and one.response.status in (301, 400)]
    assert bool(elsewhere) == (region != "eu-west-1")


def test_another_regions_endpoint_says_where_the_bucket_is(shore: Any) -> None:
    answer = requests.get("https://shore.s3.ap-south-1.amazonaws.com/crab")
    assert (answer.status_code, answer.headers["x-amz-bucket-region"]) == (301, "eu-west-1")
    assert "<Code>PermanentRedirect</Code>" in answer.text
    for host in ("s3.eu-west-1.amazonaws.com", "s3.amazonaws.com"):
        assert "<Code>AccessDenied</Code>" in requests.get(f"https://shore.{host}/crab").text
    assert "<Code>NoSuchBucket</Code>" in requests.get("https://none.s3.ap-south-1.amazonaws.com/crab").text


@pytest.mark.parametrize(("region", "status"), [("us-east-1", 400), ("ap-south-1", 400), ("eu-west-1", 200)])
def test_a_presigned_url_at_the_global_endpoint_is_signed_for_the_buckets_region(
    shore: Any, region: str, status: int
) -> None:
    given = {"Params": {"Bucket": "shore", "Key": "crab"}}
    url = boto3.client("s3", region, config=V4).generate_presigned_url("get_object", **given)
    answer = requests.get(url)
    assert answer.status_code == status
    assert "shore.s3.amazonaws.com" in url
    if status == 400:
        assert "<Code>AuthorizationHeaderMalformed</Code>" in answer.text
        assert "<Region>eu-west-1</Region>" in answer.text
