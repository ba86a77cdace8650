"""One test for each seam into moto: when moto moves, the name of the test says which one."""

from __future__ import annotations

import inspect
import io

import boto3
import pytest
import requests

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Response


@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab


def test_seam_1_every_request_of_boto3_passes_the_network_of_the_lab(lab):
    seen = []
    exchanges.OBSERVERS.append(seen.append)
    try:
        boto3.client("sts").get_caller_identity()
    finally:
        exchanges.OBSERVERS.remove(seen.append)
    assert [(exchange.service, exchange.operation) for exchange in seen] == [("sts", "GetCallerIdentity")]


def test_seam_1_is_where_moto_answers_for_all_its_services():
    from moto.core.botocore_stubber import BotocoreStubber

    moto_patches.install()
    assert BotocoreStubber.process_request is moto_patches._process_request
    assert list(inspect.signature(moto_patches._moto_answers).parameters) == ["self", "request"]


def test_seam_1_requests_to_hosts_that_moto_does_not_list_end_in_the_lab(lab):
    hosts.register_host(
        r"shop\.seam\.example", "shop", lambda request: Response(200, body=request.path.encode())
    )
    try:
        assert requests.get("https://shop.seam.example/a").text == "/a"
    finally:
        hosts.HOSTS.pop()
    with pytest.raises(OutsideTheLab, match="shop.seam.example"):
        requests.get("https://shop.seam.example/a")


def test_seam_2_moto_asks_before_each_operation(lab, monkeypatch):
    asked = []
    from cognito_lab.aws.iam import enforcement

    real = enforcement.authorize
    monkeypatch.setattr(
        enforcement,
        "authorize",
        lambda request, call, resource: (
            asked.append((call.service, call.operation, resource)) or real(request, call, resource)
        ),
    )
    boto3.client("s3").create_bucket(Bucket="tidepool-pictures")
    boto3.client("iam").list_roles()
    assert [names[:2] for names in asked] == [("s3", "CreateBucket"), ("iam", "ListRoles")]
    assert asked[0][2] == "arn:aws:s3:::tidepool-pictures"


@pytest.mark.parametrize(
    "sent",
    [lambda: "two", lambda: b"two", lambda: io.BytesIO(b"two"), lambda: iter([b"t", b"wo"])],
    ids=["text", "octets", "file", "pieces"],
)
def test_seam_1_a_body_arrives_as_octets_in_whatever_form_it_is_sent(lab, sent):
    got = []
    hosts.register_host(r"shop\.seam\.example", "shop", lambda request: got.append(request) or Response(200))
    try:
        requests.post("https://shop.seam.example/a", data=sent())
        assert [request.body for request in got] == [b"two"]
    finally:
        hosts.HOSTS.pop()


def test_seam_2_is_where_moto_asks_for_all_its_services():
    from moto.core.authorization import ActionAuthenticatorMixin

    moto_patches.install()
    assert ActionAuthenticatorMixin._authenticate_and_authorize_action is moto_patches._admit


def test_seam_2_what_moto_is_about_to_do_must_be_what_was_admitted(lab, monkeypatch):
    client = boto3.client("iam")
    real = exchanges.describe_current
    monkeypatch.setattr(
        exchanges, "describe_current", lambda service, operation, **more: real(service, "ListUsers", **more)
    )
    with pytest.raises(OutsideTheLab, match="ListUsers was asked for, yet moto was about"):
        client.list_roles()


def test_seam_3_session_tokens_come_from_the_source_of_the_lab():
    import moto.sts.models as sts_models

    moto_patches.install()
    assert sts_models.random_session_token is moto_patches.session_token
    assert "random_session_token()" in inspect.getsource(sts_models.AssumedRole.__init__)


def test_seam_4_ids_of_moto_can_be_seeded():
    from moto.moto_api._internal import mock_random

    mock_random.seed(1)
    first = mock_random.uuid4(), mock_random.get_random_hex(8)
    mock_random.seed(1)
    assert (mock_random.uuid4(), mock_random.get_random_hex(8)) == first


def test_seam_5_what_hangs_on_moto_s_storage_is_gone_after_a_reset(lab):
    class Notes(list):
        pass

    moto_patches.account_state(Notes).append("kept")
    assert moto_patches.account_state(Notes) == ["kept"]
    Lab.start()
    assert moto_patches.account_state(Notes) == []


def test_seam_5_the_storage_has_the_members_that_the_rooms_use(lab):
    assert {"roles", "users"} <= set(vars(moto_patches.iam()))
    assert {"assumed_roles"} <= set(vars(moto_patches.sts()))
    assert {"buckets"} <= set(vars(moto_patches.s3()))


def test_seam_5_tables_secrets_and_tags_are_where_the_rooms_look(lab):
    make = {"AttributeName": "place"}, {"AttributeName": "number"}
    boto3.client("dynamodb").create_table(
        TableName="tides", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{**row, "AttributeType": "S"} for row in make],
        KeySchema=[{**make[0], "KeyType": "HASH"}, {**make[1], "KeyType": "RANGE"}],
    )  # fmt: skip
    table = moto_patches.dynamodb_table("us-east-1", "tides")
    assert (table.hash_key_attr, table.attr[0]["AttributeType"]) == ("place", "S")
    assert [row["AttributeName"] for row in table.schema] == ["place", "number"] and not table.all_indexes()
    asked = {
        "TableName": "tides", "KeyConditionExpression": "#p = :p AND number > :n",
        "ExpressionAttributeNames": {"#p": "place"},
        "ExpressionAttributeValues": {":p": {"S": "reef"}, ":n": {"S": "1"}},
    }  # fmt: skip
    assert moto_patches.queried_partition("us-east-1", asked) == [{"S": "reef"}]
    assert moto_patches.queried_partition("us-east-1", {**asked, "IndexName": "none"}) == []
    assert moto_patches.is_condition("place = :p", asked) and not moto_patches.is_condition("place =", asked)
    assert "YEAR" in moto_patches.reserved_words()
    arn = boto3.client("secretsmanager").create_secret(Name="tides")["ARN"]
    for name in (arn, "tides"):
        assert moto_patches.secret("us-east-1", name).arn == arn
    assert moto_patches.secret("eu-west-1", "tides") is None
    boto3.client("s3").create_bucket(Bucket="reef")
    boto3.client("s3").put_object(Bucket="reef", Key="a", Body=b"", Tagging="team=reef")
    assert moto_patches.tags_of_object("reef", "a") == {"team": "reef"}
    assert moto_patches.tags_of_object("reef", "b") == moto_patches.tags_of_object("none", "a") == {}


def test_seam_1_an_amazonaws_host_that_moto_does_not_list_is_refused_and_not_answered_by_moto(lab):
    with pytest.raises(OutsideTheLab, match="nowhere"):
        requests.get("https://nowhere.us-east-1.amazonaws.com/")


def test_seam_7_moto_reads_the_models_with_one_loader(lab):
    import moto.core.utils as core_utils

    assert core_utils.create_loader() is core_utils.create_loader()
    assert "create_loader()" in inspect.getsource(core_utils._load_service_model)


def test_seam_7_moto_does_not_import_its_addresses_of_s3_again(lab):
    import moto.s3.models as s3_models

    assert "reload(backend_urls_module)" in inspect.getsource(s3_models)
    before = vars(s3_models.S3Backend)["_url_module"].url_paths
    boto3.client("s3").create_bucket(Bucket="club")
    assert moto_patches.s3()._url_module.url_paths is before


def test_seam_6_moto_s_own_reading_of_bucket_policies_counts_for_nothing():
    import moto.s3.models as s3_models
    import moto.s3.responses as s3_responses

    moto_patches.install()
    assert s3_models.FakeBucket.get_permission is moto_patches._no_verdict
    assert ".get_permission(" in inspect.getsource(s3_responses), "moto asks its buckets in another way now"


def test_seam_8_moto_takes_forms_out_of_a_post_alone(lab):
    from moto.core.request import Request

    form = {"content-type": "application/x-www-form-urlencoded"}
    url = "https://tidepool-pictures.s3.amazonaws.com/"
    got = [Request.from_primitives(method, url, form, b"key=a") for method in ("PUT", "POST")]
    assert [(dict(request.form), request.data) for request in got] == [({}, b"key=a"), ({"key": "a"}, b"")]


def test_seam_9_moto_keeps_no_list_of_all_that_it_made(lab):
    from moto.core.common_models import BaseModel
    from moto.s3.models import FakeKey

    made = boto3.client("s3")
    made.create_bucket(Bucket="tidepool-pictures")
    made.put_object(Bucket="tidepool-pictures", Key="a", Body=b"a")
    assert BaseModel in FakeKey.__mro__ and FakeKey.instances_tracked == []
