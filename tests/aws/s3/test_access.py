"""Who may do what with objects: role, session and bucket policies together."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from support.iam_people import (
    ACCOUNT,
    allow,
    deny,
    document,
    make_role,
    make_user,
    refusal,
    s3_of,
    session_of,
)

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.api import resources
from cognito_lab.aws.iam import principals
from cognito_lab.aws.s3 import routes

BUCKET = "tidepool-pictures"
ARN = f"arn:aws:s3:::{BUCKET}"
CRAB = {"Bucket": BUCKET, "Key": "mara/crab.jpg"}
POOL = "cognito-identity.amazonaws.com"


@pytest.fixture(autouse=True)
def lab() -> Iterator[None]:
    lab = Lab.start(region="us-east-1")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(**CRAB, Body=b"crab")
    yield
    lab.stop()


def bucket_policy(*statements: dict[str, Any]) -> None:
    boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(*statements)))


def naming(principal: Any, statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Principal": principal if principal == "*" else {"AWS": principal}}


def read(who: dict[str, str], **more: Any) -> bytes:
    return bytes(s3_of(who).get_object(**{**CRAB, **more})["Body"].read())


def test_the_operations_that_moto_carries() -> None:
    s3 = boto3.client("s3")
    assert s3.create_bucket(Bucket="tidepool-site")["Location"] == "/tidepool-site"
    assert s3.get_bucket_location(Bucket="tidepool-site").get("LocationConstraint") is None
    assert s3.head_bucket(Bucket="tidepool-site")["BucketRegion"] == "us-east-1"
    assert [row["Name"] for row in s3.list_buckets()["Buckets"]] == [BUCKET, "tidepool-site"]
    made = s3.put_object(
        Bucket="tidepool-site",
        Key="a/index.html",
        Body=b"<p>",
        ContentType="text/html",
        Metadata={"by": "mara"},
    )
    found = s3.get_object(Bucket="tidepool-site", Key="a/index.html")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (
        b"<p>",
        "text/html",
        {"by": "mara"},
    )
    assert found["ETag"] == made["ETag"] == s3.head_object(Bucket="tidepool-site", Key="a/index.html")["ETag"]
    assert s3.get_object(Bucket="tidepool-site", Key="a/index.html", Range="bytes=1-1")["Body"].read() == b"p"
    s3.copy_object(Bucket="tidepool-site", Key="b/copy.html", CopySource="tidepool-site/a/index.html")
    for listing in (s3.list_objects, s3.list_objects_v2):
        assert [row["Key"] for row in listing(Bucket="tidepool-site")["Contents"]] == [
            "a/index.html",
            "b/copy.html",
        ]
        assert [row["Key"] for row in listing(Bucket="tidepool-site", Prefix="b/")["Contents"]] == [
            "b/copy.html"
        ]
        assert [
            row["Prefix"] for row in listing(Bucket="tidepool-site", Delimiter="/")["CommonPrefixes"]
        ] == ["a/", "b/"]
    assert s3.list_objects_v2(Bucket="tidepool-site", MaxKeys=1)["IsTruncated"]
    assert refusal(s3.delete_bucket, Bucket="tidepool-site")[:2] == ("BucketNotEmpty", 409)
    for key in ("a/index.html", "b/copy.html"):
        s3.delete_object(Bucket="tidepool-site", Key=key)
    assert refusal(s3.get_object, Bucket="tidepool-site", Key="a/index.html") == (
        "NoSuchKey",
        404,
        "The specified key does not exist.",
    )
    s3.delete_object(Bucket="tidepool-site", Key="a/index.html")  # deleting what is gone is no error
    s3.delete_bucket(Bucket="tidepool-site")
    assert refusal(s3.list_objects_v2, Bucket="tidepool-site") == (
        "NoSuchBucket",
        404,
        "The specified bucket does not exist",
    )
    abroad = boto3.client("s3", region_name="eu-west-1")
    abroad.create_bucket(
        Bucket="tidepool-site", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert abroad.get_bucket_location(Bucket="tidepool-site")["LocationConstraint"] == "eu-west-1"
    assert "eu-west-1" in abroad.meta.endpoint_url


def test_uploads_of_files_are_checked_like_others() -> None:
    """boto3 sends a file in chunks with a checksum behind, and `upload_fileobj` from threads of its own."""
    role = make_role("writer", allow(["s3:PutObject", "s3:GetObject"], f"{ARN}/mara/*"))
    writer = s3_of(session_of(role))
    writer.put_object(Bucket=BUCKET, Key="mara/file", Body=io.BytesIO(b"from a file"))
    assert writer.get_object(Bucket=BUCKET, Key="mara/file")["Body"].read() == b"from a file"
    writer.upload_fileobj(io.BytesIO(b"uploaded"), BUCKET, "mara/upload")
    target = io.BytesIO()
    writer.download_fileobj(BUCKET, "mara/upload", target)
    assert target.getvalue() == b"uploaded"
    assert (
        refusal(writer.put_object, Bucket=BUCKET, Key="ben/file", Body=io.BytesIO(b""))[0] == "AccessDenied"
    )


def test_an_operation_that_is_not_in_the_table_is_refused_by_name() -> None:
    s3 = boto3.client("s3")
    for call, arguments in [
        ("get_bucket_acl", {}),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("get_bucket_encryption", {}),
        ("list_object_versions", {}),
        ("get_object_acl", {"Key": "a"}),
        ("put_object_acl", {"Key": "a", "ACL": "private"}),
    ]:
        named = "".join(part.capitalize() for part in call.split("_"))
        with pytest.raises(OutsideTheLab, match=f"s3 {named} is not played"):
            getattr(s3, call)(Bucket=BUCKET, **arguments)
    with pytest.raises(OutsideTheLab):
        requests.post(
            f"https://{BUCKET}.s3.amazonaws.com/", files={"file": b"x"}, data={"key": "a"}, timeout=5
        )


# -- naming the operation --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "url", "headers", "operation"),
    [
        ("GET", "https://s3.amazonaws.com/", {}, "ListBuckets"),
        ("GET", "https://b.s3.amazonaws.com/", {}, "ListObjects"),
        ("GET", "https://b.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=policy", {}, "ListObjectsV2"),
        ("GET", "https://s3.amazonaws.com/b?policy", {}, "GetBucketPolicy"),
        ("GET", "https://b.s3.amazonaws.com/?prefix=x&unknown", {}, "ListObjects"),
        ("PUT", "https://b.s3.amazonaws.com/?publicAccessBlock", {}, "PutPublicAccessBlock"),
        ("DELETE", "https://b.s3.amazonaws.com/?policy", {}, "DeleteBucketPolicy"),
        ("PUT", "https://b.s3.amazonaws.com/policy", {}, "PutObject"),
        ("PUT", "https://b.s3.amazonaws.com/k", {"x-amz-copy-source": "b/a"}, "CopyObject"),
        ("GET", "https://b.s3.amazonaws.com/", {"policy": "", "list-type": "2"}, "ListObjects"),
        ("PUT", "https://b.s3.amazonaws.com/k?x-amz-copy-source=b/a", {}, "CopyObject"),
        ("PUT", "https://b.s3.amazonaws.com/k?partNumber=1&uploadId=u", {}, "UploadPart"),
        ("GET", "https://b.s3.amazonaws.com/k?uploadId=u", {}, "ListParts"),
        ("GET", "https://b.s3.amazonaws.com/k?acl", {}, "GetObjectAcl"),
        ("HEAD", "https://b.s3.amazonaws.com/k", {}, "HeadObject"),
        ("POST", "https://b.s3.amazonaws.com/?delete", {}, "DeleteObjects"),
    ],
)
def test_the_operation_is_found_in_method_host_path_and_query(
    method: str, url: str, headers: dict[str, str], operation: str
) -> None:
    from cognito_lab.network.messages import Headers, Request

    assert routes.operation_of(Request(method, url, Headers(headers)))[0] == operation


def test_a_request_that_is_two_operations_is_neither() -> None:
    clerk = make_user("clerk", allow("s3:GetBucketCORS", ARN))
    url = s3_of(clerk).generate_presigned_url("get_bucket_cors", {"Bucket": BUCKET})
    assert requests.get(url, timeout=5).status_code == 404  # allowed; there are no rules
    assert requests.get(url.replace("?cors", "?cors&policy"), timeout=5).status_code == 400


def test_bucket_and_key_are_read_once() -> None:
    """What moto is about to touch must be what was admitted."""
    role = make_role("member", allow("s3:GetObject", f"{ARN}/mara/*"))
    boto3.client("s3").put_object(Bucket=BUCKET, Key="ben/eel.jpg", Body=b"eel")
    for key in ("mara/../ben/eel.jpg", "mara/%2e%2e/ben/eel.jpg", "mara//../ben/eel.jpg"):
        assert refusal(read, session_of(role), Key=key)[0] == "AccessDenied"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resources, "resource_of", lambda call: f"{ARN}/mara/crab.jpg")
        with pytest.raises(OutsideTheLab, match="ben/eel"):
            read(session_of(role), Key="ben/eel.jpg")


# -- rights ----------------------------------------------------------------------------------------


def test_own_folder_and_own_listing() -> None:
    """The pattern of the Cognito Developer Guide: the folder is named after the identity."""
    sub = f"${{{POOL}:sub}}"
    role = make_role(
        "member",
        allow(["s3:GetObject", "s3:PutObject"], f"{ARN}/{sub}/*"),
        allow("s3:ListBucket", ARN, Condition={"StringLike": {"s3:prefix": [f"{sub}/*", f"{sub}/"]}}),
    )
    me, other = "us-east-1:11111111-aaaa", "us-east-1:22222222-bbbb"
    mara = s3_of(session_of(role, context={f"{POOL}:sub": me}))
    mara.put_object(Bucket=BUCKET, Key=f"{me}/a.jpg", Body=b"a")
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{other}/b.jpg", Body=b"b")
    assert mara.get_object(Bucket=BUCKET, Key=f"{me}/a.jpg")["Body"].read() == b"a"
    assert [row["Key"] for row in mara.list_objects_v2(Bucket=BUCKET, Prefix=f"{me}/")["Contents"]] == [
        f"{me}/a.jpg"
    ]
    for call, arguments in [
        (mara.get_object, {"Key": f"{other}/b.jpg"}),
        (mara.put_object, {"Key": f"{other}/b.jpg", "Body": b""}),
        (mara.get_object, {"Key": "mara/crab.jpg"}),
        (mara.delete_object, {"Key": f"{me}/a.jpg"}),
        (mara.list_objects_v2, {}),
        (mara.list_objects, {}),
        (mara.list_objects_v2, {"Prefix": ""}),
        (mara.list_objects_v2, {"Prefix": f"{other}/"}),
        (mara.list_objects_v2, {"Prefix": me}),
        (mara.copy_object, {"Key": f"{me}/stolen", "CopySource": f"{BUCKET}/{other}/b.jpg"}),
    ]:
        assert refusal(call, Bucket=BUCKET, **arguments)[:2] == ("AccessDenied", 403), arguments
    mara.copy_object(Bucket=BUCKET, Key=f"{me}/copy", CopySource=f"{BUCKET}/{me}/a.jpg")


@pytest.mark.parametrize(
    ("condition", "arguments", "allowed"),
    [
        ({"StringEquals": {"s3:delimiter": "/"}}, {"Delimiter": "/"}, True),
        ({"StringEquals": {"s3:delimiter": "/"}}, {}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"MaxKeys": 10}, True),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"MaxKeys": 11}, False),
        ({"Null": {"s3:prefix": "true"}}, {}, True),
        ({"Null": {"s3:prefix": "true"}}, {"Prefix": "a"}, False),
    ],
)
def test_conditions_on_listing(condition: dict[str, Any], arguments: dict[str, Any], allowed: bool) -> None:
    who = s3_of(session_of(make_role("member", allow("s3:ListBucket", ARN, Condition=condition))))
    for call in (who.list_objects_v2, who.list_objects):
        if allowed:
            assert call(Bucket=BUCKET, **arguments)
        else:
            assert refusal(call, Bucket=BUCKET, **arguments)[:2] == ("AccessDenied", 403)


ACTIONS_AND_CALLS = [
    ("s3:ListAllMyBuckets", "*", "list_buckets", {}),
    ("s3:ListBucket", ARN, "head_bucket", {"Bucket": BUCKET}),
    ("s3:ListBucket", ARN, "list_objects_v2", {"Bucket": BUCKET}),
    ("s3:GetObject", f"{ARN}/*", "get_object", CRAB),
    ("s3:GetObject", f"{ARN}/*", "head_object", CRAB),
    ("s3:PutObject", f"{ARN}/*", "put_object", {**CRAB, "Body": b""}),
    ("s3:DeleteObject", f"{ARN}/*", "delete_object", CRAB),
    ("s3:GetBucketLocation", ARN, "get_bucket_location", {"Bucket": BUCKET}),
    ("s3:CreateBucket", "arn:aws:s3:::new-one", "create_bucket", {"Bucket": "new-one"}),
    ("s3:PutBucketCORS", ARN, "delete_bucket_cors", {"Bucket": BUCKET}),
    ("s3:GetBucketPublicAccessBlock", ARN, "get_public_access_block", {"Bucket": BUCKET}),
    ("s3:PutBucketPublicAccessBlock", ARN, "delete_public_access_block", {"Bucket": BUCKET}),
    ("s3:DeleteBucketPolicy", ARN, "delete_bucket_policy", {"Bucket": BUCKET}),
    ("s3:DeleteBucketWebsite", ARN, "delete_bucket_website", {"Bucket": BUCKET}),
]


@pytest.mark.parametrize(("action", "resource", "call", "arguments"), ACTIONS_AND_CALLS)
def test_the_action_that_each_operation_takes(
    action: str, resource: str, call: str, arguments: dict[str, Any]
) -> None:
    with_it = s3_of(session_of(make_role("with", allow(action, resource))))
    without = s3_of(
        session_of(make_role("without", {"Effect": "Allow", "NotAction": action, "Resource": "*"}))
    )
    code, status, text = refusal(getattr(without, call), **arguments)
    assert status == 403
    if not call.startswith("head_"):  # an answer to HEAD has no body, so no text
        assert code == "AccessDenied" and f"is not authorized to perform: {action} on resource" in text
    getattr(with_it, call)(**arguments)


def test_a_missing_object_is_told_only_to_who_may_list() -> None:
    reader = make_role("reader", allow("s3:GetObject", f"{ARN}/*"))
    lister = make_role("lister", allow("s3:GetObject", f"{ARN}/*"), allow("s3:ListBucket", ARN))
    for role, code, status in ((reader, "AccessDenied", 403), (lister, "NoSuchKey", 404)):
        assert refusal(read, session_of(role), Key="no/such")[:2] == (code, status)
        assert refusal(s3_of(session_of(role)).head_object, Bucket=BUCKET, Key="no/such")[1] == status
        assert read(session_of(role)) == b"crab"


def test_a_missing_bucket_is_no_secret() -> None:
    nobody = session_of(make_role("nobody"))
    assert refusal(read, nobody, Bucket="no-such-bucket")[:2] == ("NoSuchBucket", 404)
    assert requests.get("https://no-such-bucket.s3.amazonaws.com/x", timeout=5).status_code == 404


# -- bucket policies -------------------------------------------------------------------------------


def test_a_bucket_policy_may_name_a_role_that_has_no_rights_of_its_own() -> None:
    role, other = make_role("member"), make_role("other")
    bucket_policy(naming(role, allow("s3:GetObject", f"{ARN}/*")))
    assert read(session_of(role)) == b"crab"
    assert refusal(read, session_of(other))[0] == "AccessDenied"
    narrow = session_of(role, session_policies=[document(allow("s3:ListBucket"))])
    assert refusal(read, narrow)[2].endswith("because no session policy allows the s3:GetObject action")


def test_a_bucket_policy_that_names_the_session_grants_directly() -> None:
    role = make_role("member")
    bucket_policy(
        naming(f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara", allow("s3:GetObject", f"{ARN}/*"))
    )
    assert read(session_of(role, session_policies=[document(allow("s3:ListBucket"))])) == b"crab"
    bucket_policy(
        naming(f"arn:aws:sts::{ACCOUNT}:assumed-role/member/ben", allow("s3:GetObject", f"{ARN}/*"))
    )
    assert refusal(read, session_of(role))[0] == "AccessDenied"


def test_a_bucket_policy_may_name_a_user() -> None:
    ines, rook = make_user("ines"), make_user("rook")
    bucket_policy(naming(f"arn:aws:iam::{ACCOUNT}:user/ines", allow("s3:GetObject", f"{ARN}/*")))
    assert read(ines) == b"crab" and refusal(read, rook)[0] == "AccessDenied"


def test_naming_the_account_hands_over_the_decision() -> None:
    bucket_policy(naming(ACCOUNT, allow("s3:GetObject", f"{ARN}/*")))
    assert refusal(read, session_of(make_role("member")))[0] == "AccessDenied"
    assert read(session_of(make_role("reader", allow("s3:GetObject")))) == b"crab"


def test_a_deny_in_a_bucket_policy_touches_whom_it_names() -> None:
    member, other = (make_role(name, allow("s3:*")) for name in ("member", "other"))
    bucket_policy(naming(member, deny("s3:GetObject", f"{ARN}/*")))
    code, status, text = refusal(read, session_of(member))
    assert (code, status) == ("AccessDenied", 403) and text.endswith(
        "with an explicit deny in a resource-based policy"
    )
    assert read(session_of(other)) == read({}) == b"crab"
    bucket_policy(
        naming("*", deny("s3:GetObject", f"{ARN}/*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    )
    assert read(session_of(member)) == b"crab"


def test_a_deny_for_all_but_a_role_is_for_its_sessions_too() -> None:
    member, other = (make_role(name, allow("s3:*")) for name in ("member", "other"))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"
    for spared, fits in (([member], False), ([session, member], False), ([session, member, ACCOUNT], True)):
        bucket_policy({**deny("s3:GetObject", f"{ARN}/*"), "NotPrincipal": {"AWS": spared}})
        if fits:
            assert read(session_of(member)) == b"crab"
        else:
            assert "explicit deny" in refusal(read, session_of(member))[2]
        assert refusal(read, session_of(other))[0] == "AccessDenied"


STRANGERS = [
    f"arn:aws:iam::{ACCOUNT}:role/nobody",
    f"arn:aws:iam::{ACCOUNT}:role/team/member",
    f"arn:aws:iam::{ACCOUNT}:user/member",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/mara",
]


@pytest.mark.parametrize("name", STRANGERS)
def test_whom_a_bucket_policy_names_must_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    named = [make_role("member"), name]
    for statement in (allow("s3:GetObject", f"{ARN}/*"), deny("s3:GetObject", f"{ARN}/*")):
        said = refusal(bucket_policy, naming(named, statement))
        assert said == ("MalformedPolicy", 400, "Invalid principal in policy")
        spared = {**statement, "NotPrincipal": {"AWS": named}}
        assert refusal(bucket_policy, spared)[0] == "MalformedPolicy"
    bucket_policy(
        naming([*named[:1], ACCOUNT, "arn:aws:iam::210987654321:role/of-others"], allow("s3:*", ARN))
    )
    monkeypatch.setattr(principals, "exists", lambda name: True)
    bucket_policy(naming(named, allow("s3:GetObject", f"{ARN}/*")))


def test_tags_of_an_upload_are_a_right_of_their_own() -> None:
    writer = s3_of(session_of(make_role("writer", allow("s3:PutObject"))))
    writer.put_object(**CRAB, Body=b"")
    assert refusal(writer.put_object, **CRAB, Body=b"", Tagging="a=b")[0] == "AccessDenied"


def test_conditions_on_the_tags_of_an_upload_and_of_what_is_read() -> None:
    own = {"StringEquals": {"s3:RequestObjectTag/section": "reef"}}
    writer = s3_of(
        session_of(make_role("writer", allow(["s3:PutObject", "s3:PutObjectTagging"], Condition=own)))
    )
    writer.put_object(**CRAB, Body=b"", Tagging="section=reef")
    for tagging in ({"Tagging": "section=shore"}, {"Tagging": "a=reef"}, {}):
        assert refusal(writer.put_object, **CRAB, Body=b"", **tagging)[0] == "AccessDenied"
    stored = {"StringEquals": {"s3:ExistingObjectTag/section": "${aws:PrincipalTag/section}"}}
    role = make_role("reader", allow("s3:GetObject", Condition=stored))
    mara, ben = (
        session_of(role, context={"aws:PrincipalTag/section": section}) for section in ("reef", "shore")
    )
    assert read(mara) == b"" and refusal(read, ben)[0] == "AccessDenied"


def test_an_acl_of_an_upload_is_a_right_of_its_own() -> None:
    """Even one that changes nothing, as the bucket's owner takes all."""
    writer = s3_of(session_of(make_role("writer", allow(["s3:PutObject", "s3:CreateBucket"]))))
    both = s3_of(session_of(make_role("both", allow(["s3:PutObject", "s3:PutObjectAcl"]))))
    for more in ({"ACL": "bucket-owner-full-control"}, {"ACL": "public-read"}, {"GrantRead": 'id="a"'}):
        code, _, text = refusal(writer.put_object, **CRAB, Body=b"", **more)
        assert code == "AccessDenied" and "s3:PutObjectAcl on resource" in text
    both.put_object(**CRAB, Body=b"", ACL="bucket-owner-full-control")
    assert refusal(both.put_object, **CRAB, Body=b"", ACL="public-read")[0] == "AccessControlListNotSupported"
    assert refusal(writer.create_bucket, Bucket="new-one", ACL="private")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ({"s3:x-amz-acl": "bucket-owner-full-control"}, {"ACL": "bucket-owner-full-control"}),
        ({"s3:x-amz-server-side-encryption": "AES256"}, {"ServerSideEncryption": "AES256"}),
        ({"s3:x-amz-storage-class": "STANDARD_IA"}, {"StorageClass": "STANDARD_IA"}),
    ],
)
def test_conditions_on_the_fields_of_an_upload(condition: dict[str, str], given: dict[str, str]) -> None:
    rights = allow(["s3:PutObject", "s3:PutObjectAcl"], Condition={"StringEquals": condition})
    writer = s3_of(session_of(make_role("writer", rights)))
    writer.put_object(**CRAB, Body=b"", **given)
    assert refusal(writer.put_object, **CRAB, Body=b"")[0] == "AccessDenied"


# -- copies and deletions ---------------------------------------------------------------------------

ROLES = itertools.count()
COPY = {"Bucket": BUCKET, "Key": "ben/copy.jpg", "CopySource": f"{BUCKET}/mara/crab.jpg"}


def copier(*rights: tuple[str, str], **more: Any) -> Any:
    """Somebody who may do each action below a folder of the bucket, or on the bucket itself."""
    chosen = [allow(f"s3:{action}", f"{ARN}{where}", **more) for action, where in rights]
    return s3_of(session_of(make_role(f"copier{next(ROLES)}", *chosen)))


def test_a_copy_needs_the_right_to_read_and_the_right_to_write() -> None:
    for rights, missing in (
        ([("GetObject", "/mara/*")], "s3:PutObject"),
        ([("PutObject", "/ben/*")], "s3:GetObject"),
        ([("GetObject", "/ben/*"), ("PutObject", "/mara/*")], "s3:PutObject"),
    ):
        code, status, text = refusal(copier(*rights).copy_object, **COPY)
        assert (code, status) == ("AccessDenied", 403) and f"perform: {missing} on" in text
    both = copier(("GetObject", "/mara/*"), ("PutObject", "/ben/*"))
    both.copy_object(**COPY)
    assert read({}, Key="ben/copy.jpg") == b"crab"


def test_a_missing_source_is_told_only_to_who_may_list_its_bucket() -> None:
    missing = {**COPY, "CopySource": f"{BUCKET}/mara/none"}
    rights = [("GetObject", "/*"), ("PutObject", "/*")]
    assert refusal(copier(*rights).copy_object, **missing)[:2] == ("AccessDenied", 403)
    assert refusal(copier(*rights, ("ListBucket", "")).copy_object, **missing)[:2] == ("NoSuchKey", 404)


def test_the_tags_of_a_copy_are_read_and_written_too() -> None:
    boto3.client("s3").put_object(**CRAB, Body=b"crab", Tagging="section=reef")
    rights = [("GetObject", "/*"), ("PutObject", "/*")]
    for more, missing in (
        ([], "s3:GetObjectTagging"),
        ([("GetObjectTagging", "/*")], "s3:PutObjectTagging"),
        ([("PutObjectTagging", "/*")], "s3:GetObjectTagging"),
    ):
        code, _, text = refusal(copier(*rights, *more).copy_object, **COPY)
        assert code == "AccessDenied" and missing in text
    copier(*rights, ("GetObjectTagging", "/*"), ("PutObjectTagging", "/*")).copy_object(**COPY)


def test_a_copy_may_be_allowed_from_one_place_alone() -> None:
    only = {"StringEquals": {"s3:x-amz-copy-source": f"{BUCKET}/mara/crab.jpg"}}
    role = make_role("mover", allow("s3:GetObject"), allow("s3:PutObject", Condition=only))
    boto3.client("s3").put_object(Bucket=BUCKET, Key="mara/goby.jpg", Body=b"goby")
    mover = s3_of(session_of(role))
    mover.copy_object(**COPY)
    assert (
        refusal(mover.copy_object, **{**COPY, "CopySource": f"{BUCKET}/mara/goby.jpg"})[0] == "AccessDenied"
    )


def test_of_many_deletions_each_is_judged_by_itself() -> None:
    s3 = boto3.client("s3")
    for key in ("mara/a", "mara/b", "ben/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    keys = [{"Key": key} for key in ("mara/a", "ben/a", "mara/none", "ben/none")]
    mara = copier(("DeleteObject", "/mara/*"))
    answer = mara.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [row["Key"] for row in answer["Deleted"]] == ["mara/a", "mara/none"]
    assert [(row["Key"], row["Code"]) for row in answer["Errors"]] == [
        ("ben/a", "AccessDenied"), ("ben/none", "AccessDenied"),
    ]  # fmt: skip
    assert "s3:DeleteObject on resource" in answer["Errors"][0]["Message"]
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [
        "ben/a", "mara/b", "mara/crab.jpg",
    ]  # fmt: skip
    quiet = mara.delete_objects(Bucket=BUCKET, Delete={"Objects": keys, "Quiet": True})
    assert "Deleted" not in quiet and len(quiet["Errors"]) == 2
    bucket_policy(naming("*", deny("s3:DeleteObject", f"{ARN}/mara/b")))
    last = mara.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "mara/b"}]})
    assert [row["Key"] for row in last["Errors"]] == ["mara/b"]


def test_the_errors_are_s3s_xml() -> None:
    answer = requests.get(f"https://{BUCKET}.s3.amazonaws.com/mara/crab.jpg", timeout=5)
    assert answer.status_code == 403 and answer.headers["content-type"] == "application/xml"
    assert answer.text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
    )
    head = requests.head(f"https://{BUCKET}.s3.amazonaws.com/mara/crab.jpg", timeout=5)
    assert (head.status_code, head.text) == (403, "")


def test_the_owners_calls_cost_little() -> None:
    """The owner's policies are not even read: nothing is looked up in IAM."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(principals.Principal, "policies", lambda self: pytest.fail("looked up"))
        assert read({}) == b"crab"
        with pytest.raises(ClientError):
            s3_of({"aws_access_key_id": "AKIA0000000000000000", "aws_secret_access_key": "x"}).list_buckets()


def test_encryption_with_other_keys_is_not_stored_silently() -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket="tidepool-pictures", Key="a", Body=b"a", ServerSideEncryption="AES256")
    with pytest.raises(OutsideTheLab, match="PutObject with aws:kms"):
        s3.put_object(Bucket="tidepool-pictures", Key="b", Body=b"b", ServerSideEncryption="aws:kms")
    kept = [entry["Key"] for entry in s3.list_objects_v2(Bucket="tidepool-pictures")["Contents"]]
    assert "a" in kept and "b" not in kept
