"""What the policies judge is what moto carries out, for every operation that moto carries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.iam_people import (
    ACCOUNT,
    TRUST,
    allow,
    deny,
    document,
    make_role,
    make_user,
    refusal,
    session_of,
)

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import operations, resources
from cognito_lab.aws.iam import signatures
from cognito_lab.aws.s3 import input_checks
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Headers, Request, Response

BUCKET = "tidepool-pictures"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/mine"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.org"
RIGHTS, TRUSTING = json.dumps(document(allow("s3:*"))), json.dumps(document(TRUST))
MINE = {
    "RoleName": "mine", "UserName": "ines", "PolicyName": "rights", "PolicyArn": POLICY, "VersionId": "v1",
    "PolicyDocument": RIGHTS, "AssumeRolePolicyDocument": TRUSTING, "AccessKeyId": "AKIA0123456789ABCDEF",
    "Status": "Inactive", "Url": "https://new.example.org", "OpenIDConnectProviderArn": PROVIDER,
    "Name": "new",
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/mine",
}  # fmt: skip
OTHERS = {
    "RoleName": "admin", "UserName": "rook", "PolicyName": "other", "GroupName": "admins", "Path": "/other/",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:role/mine", "PathPrefix": "/other/", "Url": "https://b.example.org",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:role/mine", "InstanceProfileName": "mine",
    "Name": "other", "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/other",
}  # fmt: skip


OF_ITS_OWN = {
    "UpdateAssumeRolePolicy": {"PolicyDocument": TRUSTING}, "DeleteUser": {"UserName": "goran"},
}  # fmt: skip


class Spy:
    """What moto was about to do, beside what had been judged by then.

    ``upload``: the id of an upload in parts of Mara's. ``metadata``: the university's document.
    """

    upload = metadata = ""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from moto.core.authorization import ActionAuthenticatorMixin as Mixin

        self.seen: list[tuple[Exchange, Any]] = []
        monkeypatch.setattr(signatures, "check_value", lambda *_: None)  # a caller may sign anything
        monkeypatch.setattr(
            Mixin,
            "_authenticate_and_authorize_action",
            lambda handler, *more, **named: (
                self.seen.append((exchanges.current_exchange(), handler))
                or moto_patches._admit(handler, *more, **named)
            ),
        )

    def send(self, request: Request) -> Response | None:
        """The answer; ``None`` where the lab itself refused."""
        self.seen.clear()
        try:
            return hosts.dispatch(request)
        except OutsideTheLab:
            return None


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spy]:
    with Lab.start(region="us-east-1") as lab:
        iam, s3 = boto3.client("iam"), boto3.client("s3")
        make_role("mine", Path="/team/"), make_role("admin"), iam.create_user(UserName="goran")
        iam.create_policy(PolicyName="mine", PolicyDocument=RIGHTS)
        iam.create_open_id_connect_provider(Url="https://login.example.org")
        iam.create_saml_provider(Name="mine", SAMLMetadataDocument=lab.university.metadata)
        s3.create_bucket(Bucket=BUCKET)
        for key in ("mara/crab.jpg", "goran/eel.jpg"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"fish")
        spy = Spy(monkeypatch)
        spy.metadata = lab.university.metadata
        spy.upload = s3.create_multipart_upload(Bucket=BUCKET, Key="mara/crab.jpg")["UploadId"]
        yield spy


def signed(who: dict[str, str], service: str, request: Request) -> Request:
    """The request with the signature of the one whose keys ``who`` has."""
    made = AWSRequest(request.method, request.url, dict(request.headers), request.body)
    keys = Credentials(who["aws_access_key_id"], who["aws_secret_access_key"])
    (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, service, "us-east-1").add_auth(made)
    return Request(request.method, request.url, Headers(dict(made.headers)), request.body)


def test_the_table_of_resources_names_members_that_aws_has() -> None:
    for service in ("iam", "sts", "s3", "cognito-idp", "cognito-identity"):
        model = moto_patches.service_model(service)
        inputs = [model.operation_model(name).input_shape for name in model.operation_names]
        known = {member for shape in inputs if shape for member in shape.members}
        assert set(resources.table()[service]) <= known


# -- IAM -------------------------------------------------------------------------------------------


def form(fields: list[tuple[str, str]], query: list[tuple[str, str]] = ()) -> Request:  # type: ignore[assignment]
    url = "https://iam.amazonaws.com/" + (f"?{urlencode(query)}" if query else "")
    kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request("POST", url, Headers(kind), urlencode(fields).encode())


def in_two_ways(name: str, fields: list[tuple[str, str]]) -> Iterator[Request]:
    """A good request of the operation, and it with every parameter doubled, misplaced, or of another."""
    whole = [("Action", name), ("Version", "2010-05-08"), *fields]
    yield form(whole)
    yield Request("GET", f"https://iam.amazonaws.com/?{urlencode(whole)}")
    for other in ("PutRolePolicy", "ListRoles"):
        yield form([*whole, ("Action", other)])
        yield form(whole, [("Action", other)])
        yield Request("POST", form(whole).url, Headers({"x-amz-target": f"IAM.{other}"}), form(whole).body)
    for member, value in OTHERS.items():
        yield form([*whole, (member, value)])  # a second one, or one of another operation
        yield form(whole, [(member, value)])
        if member in dict(fields):
            yield form([(member, value), *whole])
            yield form([*whole, (f"{member}.member.1", value)])
    for place, (member, _) in enumerate(whole):
        yield form([*whole[:place], *whole[place + 1 :]], [whole[place]])
        yield form([*whole, (f"{member}.", "admin")])


@pytest.mark.parametrize("name", operations.table()["iam"].moto)
def test_iam_is_asked_in_two_ways(spy: Spy, name: str) -> None:
    ines = make_user("ines", allow("*"))
    shape = moto_patches.service_model("iam").operation_model(name).input_shape
    members = shape.members if shape else {}
    wanted = {
        *(shape.required_members if shape else ()),
        *({"UserName", "SAMLMetadataDocument"} & set(members)),
    }
    mine = MINE | {"SAMLMetadataDocument": spy.metadata} | OF_ITS_OWN.get(name, {})
    reached = 0
    fields = [(member, mine[member]) for member in members if member in wanted and member != "Tags"]
    tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "reef")] if "Tags" in wanted else []
    for request in in_two_ways(name, [*fields, *tag]):
        answer = spy.send(signed(ines, "iam", request))
        assert answer is None or answer.status < 500, answer.body
        if not spy.seen:
            assert answer is not None and 400 <= answer.status < 500, (request.url, request.body)
        for exchange, handler in spy.seen:
            reached += 1
            judged = exchange.details
            assert exchange.operation == handler._get_action() == name
            assert dict(handler.params) == judged["parameters"], request.body
            role = next(
                (r for r in moto_patches.iam().roles.values() if r.name == handler.params.get("RoleName")),
                None,
            )
            assert role is None or "Path" in members or judged["resource"] == role.arn
    assert reached, "no request of them was carried out: this test looks at nothing"


def only_mine(action: str, **more: Any) -> dict[str, str]:
    return make_user("ines", allow(action, f"arn:aws:iam::{ACCOUNT}:role/team/mine", **more))


def test_what_is_judged_on_one_role_is_not_done_to_another(spy: Spy) -> None:
    ines = only_mine("iam:PutRolePolicy")
    rest = [("PolicyName", "p"), ("PolicyDocument", RIGHTS), ("Version", "2010-05-08")]
    good = [("Action", "PutRolePolicy"), ("RoleName", "mine"), *rest]
    admin = [("Action", "PutRolePolicy"), ("RoleName", "admin"), *rest]
    found = spy.send(signed(ines, "iam", form(good)))
    assert found and found.status == 200
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/mine"
    for request in (
        form([*admin, ("RoleName", "mine")]),
        form([("RoleName", "mine"), *admin]),
        form(admin, [("RoleName", "mine")]),
        form([*admin, ("PolicyArn", arn)]),
        form([*admin, ("OpenIDConnectProviderArn", arn)]),
        form(admin),
    ):
        answer = spy.send(signed(ines, "iam", request))
        assert answer is None or 400 <= answer.status < 500
    admin_role = next(role for role in moto_patches.iam().roles.values() if role.name == "admin")
    assert not admin_role.policies


# -- the ARN of the stored object -------------------------------------------------------------------


def test_a_deny_on_the_path_of_a_role_bites(spy: Spy) -> None:
    team = f"arn:aws:iam::{ACCOUNT}:role/team/*"
    iam = boto3.client("iam", **make_user("ines", allow("iam:*"), deny("iam:*", team)))
    assert iam.get_role(RoleName="admin")
    code, status, text = refusal(iam.get_role, RoleName="mine")
    assert (code, status) == ("AccessDenied", 403) and "role/team/mine with an explicit deny" in text
    new = {"RoleName": "new", "AssumeRolePolicyDocument": TRUSTING}
    assert refusal(iam.create_role, **new, Path="/team/")[0] == "AccessDenied"
    assert iam.create_role(**new)


def test_attaching_is_judged_on_the_role_and_the_policy_is_a_condition(spy: Spy) -> None:
    other = boto3.client("iam").create_policy(PolicyName="other", PolicyDocument=RIGHTS)["Policy"]["Arn"]
    by_policy = boto3.client("iam", **make_user("rook", allow("iam:AttachRolePolicy", POLICY)))
    assert refusal(by_policy.attach_role_policy, RoleName="admin", PolicyArn=POLICY)[0] == "AccessDenied"
    which = {"ArnEquals": {"iam:PolicyARN": POLICY}}
    iam = boto3.client("iam", **only_mine("iam:*RolePolicy", Condition=which))
    iam.attach_role_policy(RoleName="mine", PolicyArn=POLICY)
    assert refusal(iam.attach_role_policy, RoleName="mine", PolicyArn=other)[0] == "AccessDenied"
    assert refusal(iam.attach_role_policy, RoleName="admin", PolicyArn=POLICY)[0] == "AccessDenied"
    iam.detach_role_policy(RoleName="mine", PolicyArn=POLICY)


def test_who_names_no_user_means_their_own(spy: Spy) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:user/ines"
    keys = make_user("ines", allow(["iam:GetUser", "iam:*AccessKey"], own))
    iam = boto3.client("iam", **keys)
    make_user("rook")
    assert iam.get_user()["User"]["Arn"] == own
    assert refusal(iam.get_user, UserName="rook")[0] == "AccessDenied"
    assert iam.create_access_key()["AccessKey"]["UserName"] == "ines"
    iam.update_access_key(AccessKeyId=keys["aws_access_key_id"], Status="Active")
    nobody = boto3.client("iam", **make_user("ben", allow("iam:GetUser", own)))
    assert refusal(nobody.get_user)[0] == "AccessDenied"
    session = boto3.client("iam", **session_of(make_role("member", allow("*"))))
    assert refusal(session.get_user)[:2] == ("ValidationError", 400)
    unheard = boto3.client("iam", **session_of(make_role("none")))
    assert refusal(unheard.get_user)[:2] == ("AccessDenied", 403)
    with pytest.raises(OutsideTheLab, match="name a user"):
        boto3.client("iam").get_user()


def test_a_pool_is_tagged_on_its_own_arn(spy: Spy) -> None:
    for service, make, named, pools in (
        ("cognito-idp", "create_user_pool", {"PoolName": "a"}, "userpool"),
        ("cognito-identity", "create_identity_pool",
         {"IdentityPoolName": "a", "AllowUnauthenticatedIdentities": False}, "identitypool"),
    ):  # fmt: skip
        owner = boto3.client(service)
        made = [getattr(owner, make)(**named) for _ in range(2)]
        mine, other = (
            f"arn:aws:{service}:us-east-1:{ACCOUNT}:{pools}/"
            + (row["UserPool"]["Id"] if "UserPool" in row else row["IdentityPoolId"])
            for row in made
        )
        client = boto3.client(service, **make_user(f"for-{service}", allow(f"{service}:*", mine)))
        client.tag_resource(ResourceArn=mine, Tags={"a": "b"})
        assert client.list_tags_for_resource(ResourceArn=mine)["Tags"] == {"a": "b"}
        for call in (client.list_tags_for_resource, client.untag_resource):
            more = {"TagKeys": ["a"]} if call == client.untag_resource else {}
            assert refusal(call, ResourceArn=other, **more)[0] == "AccessDeniedException"


def test_a_listing_is_judged_on_what_it_lists(spy: Spy) -> None:
    """The ARNs are those of AWS's own messages."""
    start = f"arn:aws:iam::{ACCOUNT}"
    iam = boto3.client("iam", **make_user("ines", allow("iam:List*", f"{start}:role/team/*")))
    assert [role["RoleName"] for role in iam.list_roles(PathPrefix="/team/")["Roles"]] == ["mine"]
    for call, resource in (
        (iam.list_roles, f"{start}:role/ "),
        (lambda: iam.list_roles(PathPrefix="/other/"), f"{start}:role/other/ "),
        (iam.list_open_id_connect_providers, f"{start}:oidc-provider/* "),
    ):
        code, status, text = refusal(call)
        assert (code, status) == ("AccessDenied", 403) and f"on resource: {resource}" in text
    pools = boto3.client("cognito-identity", **make_user("rook"))
    code, _, text = refusal(pools.list_identity_pools, MaxResults=1)
    assert code == "AccessDeniedException" and f"us-east-1:{ACCOUNT}:identitypool/ because" in text


# -- Cognito ---------------------------------------------------------------------------------------


def posted(who: dict[str, str], operation: str, body: str) -> Response | None:
    target = {"x-amz-target": f"AWSCognitoIdentityProviderService.{operation}"}
    request = Request("POST", "https://cognito-idp.us-east-1.amazonaws.com/", Headers(target), body.encode())
    return hosts.dispatch(signed(who, "cognito-idp", request))


def test_a_member_that_the_operation_does_not_have_is_not_what_it_is_judged_on(spy: Spy) -> None:
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="mine")["UserPool"]
    ines = make_user("ines", allow("cognito-idp:*", pool["Arn"]))
    for operation, members in (
        ("ListUserPools", {"MaxResults": 1}), ("CreateUserPool", {"PoolName": "b"}),
        ("DescribeUserPoolDomain", {"Domain": "tide"}),
    ):  # fmt: skip
        answer = posted(ines, operation, json.dumps({**members, "UserPoolId": pool["Id"]}))
        assert answer and json.loads(answer.body)["__type"] == "AccessDeniedException"
    answer = posted(ines, "DescribeUserPool", json.dumps({"UserPoolId": pool["Id"], "Other": 1}))
    assert answer and answer.status == 200


def test_a_member_twice_is_no_json_for_cognito(spy: Spy) -> None:
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="mine")["UserPool"]["Id"]
    ines = make_user("ines", allow("*"))
    for body in (
        f'{{"UserPoolId": "us-east-1_other", "UserPoolId": "{pool}"}}',
        f'{{"UserPoolId": "{pool}", "a": {{"b": 1, "b": 2}}}}',
    ):
        answer = posted(ines, "DescribeUserPool", body)
        assert answer and json.loads(answer.body)["__type"] == "SerializationException"


# -- S3 --------------------------------------------------------------------------------------------

BODIES = {
    "PutPublicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    "</PublicAccessBlockConfiguration>",
    "CompleteMultipartUpload": "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag>"
    "</Part></CompleteMultipartUpload>",
    "PutBucketWebsite": "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument>"
    "</WebsiteConfiguration>",
    "PutBucketCors": "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET"
    "</AllowedMethod></CORSRule></CORSConfiguration>",
    "PutBucketPolicy": json.dumps(
        document({**allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"), "Principal": {"AWS": ACCOUNT}})
    ),
}  # fmt: skip


def of_s3(name: str, upload: str) -> Iterator[Request]:
    """A good request of the operation in both forms of addresses, and it asked in two ways."""
    model = moto_patches.service_model("s3").operation_model(name)
    _, _, mark = model.http["requestUri"].partition("?")
    members, required = model.input_shape.members, model.input_shape.required_members
    key = "/mara/crab.jpg" if "Key" in members else ""
    headers = {"x-amz-copy-source": f"{BUCKET}/mara/crab.jpg"} if "CopySource" in required else {}
    begun = {"UploadId": f"uploadId={upload}", "PartNumber": "partNumber=1"}
    mark = "&".join(filter(None, [mark, *(text for member, text in begun.items() if member in required)]))
    body = BODIES.get(name, "").encode()
    base = f"https://s3.amazonaws.com/{BUCKET}{key}" if "Bucket" in members else "https://s3.amazonaws.com/"
    virtual = f"https://{BUCKET}.s3.amazonaws.com{key or '/'}"

    def at(url: str, *query: str, **more: str) -> Request:
        asked = "&".join([*([mark] if mark else []), *query])
        return Request(
            model.http["method"], url + (f"?{asked}" if asked else ""), Headers({**headers, **more}), body
        )

    yield at(base)
    if "Bucket" in members:
        yield at(virtual)
        yield at(virtual, host="s3.amazonaws.com")
        yield at(f"https://s3.amazonaws.com//{BUCKET}{key}")
        yield at(base, host="other.s3.amazonaws.com")
        yield at(virtual + "/../goran/eel.jpg" if key else virtual)
        yield at(base + "%2F..%2F..%2Fgoran/eel.jpg?x=1" if key else base)
    yield at(base, **{"x-moto-account-id": "210987654321"})
    yield at(base, "prefix=goran/&prefix=mara/")
    yield at(base, **{"content-type": "application/x-www-form-urlencoded"})
    for member in members.values():
        where, wire = member.serialization.get("location"), member.serialization.get("name", "")
        value = "1" if member.type_name in ("integer", "long") else "mara/"
        if where == "querystring":
            yield at(base, f"{wire}={value}")
            yield at(base, f"{wire}=&{wire}={value}")
            yield at(base, f"{wire}={value}&{quote(wire[0])}{wire[1:]}=goran/")
            yield at(base, f"{wire}={value}", f"%{ord(wire[0]):02x}{wire[1:]}=goran/")
        if where == "header" and wire.lower().startswith("x-amz-") and wire != "x-amz-copy-source":
            yield at(base, f"{wire}=one", **{wire.lower(): "two"})
            yield at(base, f"{wire}=one&{wire.upper()}=two")
            yield at(base, f"{wire}=one")


def got(handler: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The query and the header fields that moto has, each name once."""
    query = parse_qs(urlsplit(handler.uri).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in query.values()), query
    assert {name: handler.querystring[name] for name in query} == query
    return {name: values[0] for name, values in query.items()}, {
        name.lower(): value for name, value in handler.headers.items()
    }


@pytest.mark.parametrize("name", operations.table()["s3"].moto)
def test_s3_is_asked_in_two_ways(spy: Spy, name: str) -> None:
    ines = make_user("ines", allow("*"))
    members = moto_patches.service_model("s3").operation_model(name).input_shape.members
    reached = 0
    for request in of_s3(name, spy.upload):
        answer = spy.send(signed(ines, "s3", request))
        assert answer is None or answer.status < 500, answer.body
        for exchange, handler in spy.seen:
            reached += exchange.operation == name
            parameters = exchange.details["parameters"]
            assert {"Bucket", "Key"} & members.keys() <= parameters.keys()
            if exchange.operation != name:
                continue
            query, headers = got(handler)
            assert "x-moto-account-id" not in headers
            for member, shape in members.items():
                where, wire = (shape.serialization.get(part) for part in ("location", "name"))
                have = {"querystring": query, "header": headers}.get(where)
                if have is not None and wire.lower() not in ("content-length", "content-type"):
                    text = have.get(wire if where == "querystring" else wire.lower())
                    assert text == (str(parameters[member]) if member in parameters else None), request.url
    assert reached, "no request of them was carried out: this test looks at nothing"


def lister(prefix: str) -> dict[str, str]:
    condition = {"StringEquals": {"s3:prefix": prefix}}
    return make_user("ines", allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", Condition=condition))


@pytest.mark.parametrize(
    "asked", ["prefix=goran/&prefix=mara/", "prefix=&prefix=mara/", "prefix=mara/&prefix="]
)
@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_a_listing_has_one_prefix(spy: Spy, asked: str, version: str) -> None:
    ines = lister("mara/")
    url = f"https://{BUCKET}.s3.amazonaws.com/?{version}"
    answer = spy.send(signed(ines, "s3", Request("GET", f"{url}prefix=mara/")))
    assert answer and b"mara/crab.jpg" in answer.body and b"goran" not in answer.body
    answer = spy.send(signed(ines, "s3", Request("GET", url + asked)))
    assert answer and answer.status == 400 and b"<Code>InvalidArgument</Code>" in answer.body


def test_a_part_goes_to_the_upload_of_the_key_that_is_judged(
    spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = boto3.client("s3")
    mine = boto3.client("s3", **make_user("ines", allow("s3:*", f"arn:aws:s3:::{BUCKET}/mine/*")))
    other = {"Bucket": BUCKET, "UploadId": spy.upload}
    part = owner.upload_part(**other, Key="mara/crab.jpg", PartNumber=1, Body=b"crab")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    for call, more in (
        (mine.upload_part, {"PartNumber": 1, "Body": b"x"}), (mine.list_parts, {}),
        (mine.complete_multipart_upload, {"MultipartUpload": parts}), (mine.abort_multipart_upload, {}),
    ):  # fmt: skip
        assert refusal(call, **other, Key="mine/crab.jpg", **more)[:2] == ("NoSuchUpload", 404)
        assert refusal(call, **other, Key="mara/crab.jpg", **more)[0] == "AccessDenied"
    assert owner.get_object(Bucket=BUCKET, Key="mara/crab.jpg")["Body"].read() == b"fish"
    monkeypatch.setattr(input_checks, "check_upload", lambda call: None)  # without the rule
    mine.complete_multipart_upload(**other, Key="mine/crab.jpg", MultipartUpload=parts)
    assert owner.get_object(Bucket=BUCKET, Key="mara/crab.jpg")["Body"].read() == b"crab"


def test_the_source_of_a_copy_is_judged_whole(spy: Spy) -> None:
    s3 = boto3.client("s3")
    for key in ("mara/a", "mara/a?b", "mara/a#b"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    ines = make_user(
        "ines",
        allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/mine/*"),
        allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/mara/a"),
    )
    mine = boto3.client("s3", **ines)
    mine.copy_object(Bucket=BUCKET, Key="mine/a", CopySource=f"{BUCKET}/mara/a")
    for key in ("mara/a?b", "mara/a#b"):
        source = {"Bucket": BUCKET, "Key": key}
        assert refusal(mine.copy_object, Bucket=BUCKET, Key="mine/b", CopySource=source)[0] == "AccessDenied"
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
        assert s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == key.encode()
    source = f"{BUCKET}/mara/a?versionId=null"
    assert refusal(mine.copy_object, Bucket=BUCKET, Key="mine/b", CopySource=source)[0] == "AccessDenied"
    url = f"https://{BUCKET}.s3.amazonaws.com/mine/b"
    for raw in (
        f"{BUCKET}/mara/a?b",
        f"{BUCKET}",
        "/",
        f"//{BUCKET}/mara/a",
        f"http://x/{BUCKET}/mara/crab.jpg",
    ):
        answer = spy.send(signed(ines, "s3", Request("PUT", url, Headers({"x-amz-copy-source": raw}))))
        assert answer and 400 <= answer.status < 500, raw
    assert "mine/b" not in [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
