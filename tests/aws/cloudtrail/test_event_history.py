"""The event history of CloudTrail: who called what, as which session, and how it ended."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from support.iam_people import allow, make_role, make_user, session_of
from support.identity_pools import CLIENT, World, refused, trust

from cognito_lab import OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.cloudtrail import event_history, records

HIDDEN = records.HIDDEN
PASSWORD = "Tide-pool-2026!"


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def rows(world: World, key: str = "", value: str = "", **more: Any) -> list[dict[str, Any]]:
    attributes = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]} if key else {}
    found: list[dict[str, Any]] = world.client("cloudtrail").lookup_events(**attributes, **more)["Events"]
    return found


def event(world: World, name: str, number: int = 0) -> dict[str, Any]:
    """The newest event of this name, or an older one."""
    found: dict[str, Any] = json.loads(rows(world, "EventName", name)[number]["CloudTrailEvent"])
    return found


def user_pool(world: World) -> tuple[Any, str, str]:
    idp = world.client("cognito-idp")
    pool = idp.create_user_pool(PoolName="Tidepool")["UserPool"]["Id"]
    settings = {
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
        "GenerateSecret": False,
    }
    client = idp.create_user_pool_client(UserPoolId=pool, ClientName="app", **settings)["UserPoolClient"]
    return idp, pool, client["ClientId"]


# -- what an event says --------------------------------------------------------------------------------


def test_an_event_of_the_owner_has_cloudtrails_form(world: World) -> None:
    world.iam.create_user(UserName="ines")
    (row,) = rows(world, "EventName", "CreateUser")
    record = json.loads(row["CloudTrailEvent"])
    assert row["EventId"] == record["eventID"] and row["EventSource"] == "iam.amazonaws.com"
    assert (row["Username"], row["ReadOnly"]) == ("root", "false")
    assert row["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": "ines"}]
    assert row["AccessKeyId"] == record["userIdentity"]["accessKeyId"]
    assert record["userIdentity"] | {"accessKeyId": ""} == {
        "type": "Root", "principalId": "123456789012", "arn": "arn:aws:iam::123456789012:root",
        "accountId": "123456789012", "accessKeyId": "",
    }  # fmt: skip
    assert record["requestParameters"] == {"userName": "ines"}
    assert record["responseElements"]["user"]["arn"] == "arn:aws:iam::123456789012:user/ines"
    assert re.fullmatch(
        r"[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M", record["responseElements"]["user"]["createDate"]
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventTime"])
    assert "errorCode" not in record
    assert (record["eventName"], record["awsRegion"]) == ("CreateUser", "us-east-1")
    assert record["readOnly"] is False and record["managementEvent"] is True


def test_what_a_read_answers_is_not_told(world: World) -> None:
    make_role("member")
    boto3.client("iam").get_role(RoleName="member")
    record = event(world, "GetRole")
    assert record["readOnly"] is True and record["responseElements"] is None
    assert record["requestParameters"] == {"roleName": "member"}


def test_who_assumes_a_role_is_told_before_and_afterwards(world: World) -> None:
    boto3.client("iam", **session_of(make_role("member", allow("iam:ListRoles")))).list_roles()
    (row,) = rows(world, "Username", "mara")
    who = json.loads(row["CloudTrailEvent"])["userIdentity"]
    assert (who["type"], row["AccessKeyId"]) == ("AssumedRole", who["accessKeyId"])
    assert who["arn"] == "arn:aws:sts::123456789012:assumed-role/member/mara"
    issuer = who["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"]) == ("Role", "member")
    assert issuer["principalId"] == who["principalId"].partition(":")[0]
    assert "webIdFederationData" not in who["sessionContext"]


def test_a_role_that_is_taken_counts_as_a_read_whose_answer_is_told(world: World) -> None:
    opened = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    ines = boto3.client("sts", **make_user("ines", allow("sts:AssumeRole")))
    made = ines.assume_role(RoleArn=make_role("member", trust=opened), RoleSessionName="ines")["Credentials"]
    record = event(world, "AssumeRole")
    told = record["responseElements"]["credentials"]
    assert (record["readOnly"], told["accessKeyId"]) == (True, made["AccessKeyId"])
    assert made["SecretAccessKey"] not in json.dumps(record)


def test_an_event_has_the_id_that_the_answer_had(world: World) -> None:
    made = world.iam.create_user(UserName="ines")["ResponseMetadata"]["RequestId"]
    assert event(world, "CreateUser")["requestID"] == made
    made = world.client("s3").create_bucket(Bucket="reef")["ResponseMetadata"]["RequestId"]
    record = event(world, "CreateBucket")
    assert (record["requestID"], record["responseElements"]) == (made, None), "of S3, no answer is told"


def test_an_error_is_told_with_its_code_and_text(world: World) -> None:
    with pytest.raises(ClientError):
        world.iam.get_role(RoleName="nobody")
    record = event(world, "GetRole")
    assert record["errorCode"] == "NoSuchEntity" and "nobody" in record["errorMessage"]
    assert record["requestParameters"] == {"roleName": "nobody"} and record["responseElements"] is None


@pytest.mark.parametrize(
    ("service", "call", "name", "code", "asked"),
    [
        ("iam", "list_roles", "ListRoles", "AccessDenied", None),
        ("cognito-identity", "list_identity_pools", "ListIdentityPools", "AccessDeniedException", None),
        ("lambda", "list_functions", "ListFunctions20150331", "AccessDeniedException", None),
        ("s3", "get_bucket_policy", "GetBucketPolicy", "AccessDenied", {"bucketName": "reef"}),
    ],
)
def test_a_denied_call_is_told_with_the_policy_that_is_missing(
    world: World, service: str, call: str, name: str, code: str, asked: Any
) -> None:
    world.client("s3").create_bucket(Bucket="reef")
    member = session_of(make_role("member"))
    given = {"list_identity_pools": {"MaxResults": 1}, "get_bucket_policy": {"Bucket": "reef"}}.get(call, {})
    with pytest.raises(ClientError):
        getattr(boto3.client(service, **member), call)(**given)
    record = event(world, name)
    assert record["errorCode"] == code
    assert "because no identity-based policy allows the" in record["errorMessage"]
    assert record["requestParameters"] == asked


@pytest.mark.parametrize("too_many", [0, 1])
def test_an_input_that_is_too_long_is_left_out(
    world: World, too_many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_history, "LONGEST", len('{"UserName": "ines"}') - too_many)
    world.iam.create_user(UserName="ines")
    (row,) = [each for each in rows(world) if each["EventName"] == "CreateUser"]
    told = json.loads(row["CloudTrailEvent"])["requestParameters"]
    assert told == (None if too_many else {"userName": "ines"})


# -- Cognito -------------------------------------------------------------------------------------------


def test_secrets_and_people_are_hidden_and_the_sub_is_told(world: World) -> None:
    idp, pool, client = user_pool(world)
    attributes = [{"Name": "email", "Value": "mara@tidepool.example"}]
    made = idp.sign_up(ClientId=client, Username="mara", Password=PASSWORD, UserAttributes=attributes)
    idp.admin_confirm_sign_up(UserPoolId=pool, Username="mara")
    given = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client}
    for password in ("wrong", PASSWORD):
        try:
            idp.initiate_auth(**given, AuthParameters={"USERNAME": "mara", "PASSWORD": password})
        except ClientError:
            assert password == "wrong"
    idp.initiate_auth(
        AuthFlow="USER_SRP_AUTH", ClientId=client, AuthParameters={"USERNAME": "mara", "SRP_A": "ab1"}
    )
    idp.admin_delete_user(UserPoolId=pool, Username="mara")

    signed_up = event(world, "SignUp")
    assert signed_up["requestParameters"] == {
        "clientId": client, "username": HIDDEN, "password": HIDDEN,
        "userAttributes": [{"name": "email", "value": HIDDEN}],
    }  # fmt: skip
    assert signed_up["userIdentity"] == {"type": "Unknown", "principalId": "Anonymous"}
    by_srp, right, wrong = (event(world, "InitiateAuth", number) for number in range(3))
    assert (wrong["errorCode"], wrong["errorMessage"]) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )
    asked = {"authFlow": "USER_PASSWORD_AUTH", "clientId": client, "authParameters": HIDDEN}
    assert right["requestParameters"] == wrong["requestParameters"] == asked
    assert right["responseElements"]["authenticationResult"]["accessToken"] == HIDDEN
    assert by_srp["responseElements"]["challengeParameters"] == HIDDEN
    assert by_srp["responseElements"]["challengeName"] == "PASSWORD_VERIFIER"
    deleted = event(world, "AdminDeleteUser")
    for record in (signed_up, right, wrong, by_srp, deleted):
        assert record["additionalEventData"] == {"sub": made["UserSub"]}
    for word in ("mara", PASSWORD, "eyJ"):
        assert word not in json.dumps([one["CloudTrailEvent"] for one in rows(world)])


def test_calls_with_an_access_token_tell_whose_it_is(world: World) -> None:
    idp, pool, client = user_pool(world)
    made = idp.sign_up(ClientId=client, Username="mara", Password=PASSWORD)
    idp.admin_confirm_sign_up(UserPoolId=pool, Username="mara")
    given = {"USERNAME": "mara", "PASSWORD": PASSWORD}
    answer = idp.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters=given)
    token = answer["AuthenticationResult"]["AccessToken"]
    idp.get_user(AccessToken=token)
    with pytest.raises(ClientError):
        idp.get_user(AccessToken=token[:-4])
    forged, honest = event(world, "GetUser"), event(world, "GetUser", 1)
    assert honest["additionalEventData"] == {"sub": made["UserSub"]}
    assert "additionalEventData" not in forged and forged["errorCode"] == "NotAuthorizedException"


def test_a_client_secret_is_told_nowhere(world: World) -> None:
    idp, pool, _ = user_pool(world)
    secret = idp.create_user_pool_client(UserPoolId=pool, ClientName="server", GenerateSecret=True)[
        "UserPoolClient"
    ]
    details = {"client_id": "1", "client_secret": "of-google", "authorize_scopes": "openid"}
    idp.create_identity_provider(
        UserPoolId=pool, ProviderName="Google", ProviderType="Google", ProviderDetails=details
    )
    texts = json.dumps([one["CloudTrailEvent"] for one in rows(world)])
    assert secret["ClientSecret"] not in texts and "of-google" not in texts
    assert secret["ClientId"] in texts, "which is no secret"


def test_a_secret_is_told_nowhere_and_who_read_it_is(world: World) -> None:
    secrets = world.client("secretsmanager")
    secrets.create_secret(Name="tides", SecretString="high at noon")
    member = make_role("member", allow("secretsmanager:GetSecretValue"))
    boto3.client("secretsmanager", **session_of(member)).get_secret_value(SecretId="tides")
    (row,) = rows(world, "ResourceName", "tides")
    record = json.loads(row["CloudTrailEvent"])
    assert (row["EventName"], row["Username"]) == ("GetSecretValue", "mara")
    assert record["requestParameters"] == {"secretId": "tides"} and record["responseElements"] is None
    made = event(world, "CreateSecret")["requestParameters"]
    assert made["name"] == "tides" and made.keys() <= {"name", "clientRequestToken"}


def test_the_enhanced_flow_shows_the_session_and_its_identity(world: World) -> None:
    pool = world.pool_with_roles()
    login = world.login("mara")
    identity = world.unsigned.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]
    got = world.unsigned.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]
    session = boto3.Session(got["AccessKeyId"], got["SecretKey"], got["SessionToken"], "us-east-1")
    session.client("sts").get_caller_identity()

    started = event(world, "AssumeRoleWithWebIdentity")
    provider = "cognito-identity.amazonaws.com"
    assert started["userIdentity"] == {
        "type": "WebIdentityUser", "principalId": f"{provider}:{pool}:{identity}", "userName": identity,
        "identityProvider": provider,
    }  # fmt: skip
    assert started["sourceIPAddress"] == provider
    assert started["responseElements"]["credentials"]["accessKeyId"] == got["AccessKeyId"]
    assert got["SecretKey"] not in json.dumps(started)
    federated = event(world, "GetCallerIdentity")["userIdentity"]["sessionContext"]["webIdFederationData"]
    assert federated["federatedProvider"] == provider
    said = federated["attributes"]
    assert (said[f"{provider}:aud"], said[f"{provider}:sub"]) == (pool, identity)
    assert json.loads(said[f"{provider}:amr"])[0] == "authenticated"


@pytest.mark.parametrize("right", ["sts:TagSession", "sts:AssumeRole"])
def test_the_tags_that_a_session_asks_for_are_told_also_when_it_may_not(world: World, right: str) -> None:
    pool = world.create_pool()
    document = trust(pool, "authenticated")
    document["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", right]
    world.pool.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": world.role("member", document)}
    )
    world.pool.set_principal_tag_attribute_map(
        IdentityPoolId=pool, IdentityProviderName=world.key, PrincipalTags={"who": "sub"}
    )
    login = world.login("mara")
    identity = world.unsigned.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]
    given = {"IdentityId": identity, "Logins": login}
    if right == "sts:TagSession":
        token = world.unsigned.get_open_id_token(**given)["Token"]
        role = "arn:aws:iam::123456789012:role/member"
        world.sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="app", WebIdentityToken=token)
        assert world.unsigned.get_credentials_for_identity(**given)
        assert event(world, "AssumeRoleWithWebIdentity", 1)["requestParameters"]["principalTags"] == {
            "who": "mara"
        }
    else:
        with refused("InvalidIdentityPoolConfigurationException"):
            world.unsigned.get_credentials_for_identity(**given)
    assert event(world, "AssumeRoleWithWebIdentity")["requestParameters"]["principalTags"] == {"who": "mara"}


def test_a_trust_policy_that_refuses_is_told_without_a_reason(world: World) -> None:
    pool = world.create_pool()
    role = world.role("member", trust("us-east-1:" + "0" * 8 + pool[18:], None))
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    login = world.login("mara")
    identity = world.unsigned.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]
    with refused("InvalidIdentityPoolConfigurationException"):
        world.unsigned.get_credentials_for_identity(IdentityId=identity, Logins=login)
    record = event(world, "AssumeRoleWithWebIdentity")
    assert (record["errorCode"], record["errorMessage"]) == ("AccessDenied", "An unknown error occurred")
    assert record["requestParameters"]["roleArn"] == role
    assert record["userIdentity"]["userName"] == identity


def test_who_a_forged_token_names_is_not_told(world: World) -> None:
    role = world.role("member", trust(world.create_pool(), None))
    forged = world.user_pool.key.sign(world.user_pool.claims("mara", CLIENT))
    with pytest.raises(ClientError):
        world.sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="mara", WebIdentityToken=forged)
    record = event(world, "AssumeRoleWithWebIdentity")
    assert record["errorCode"] == "InvalidIdentityToken"
    assert record["errorMessage"] != "An unknown error occurred", "which is said of trust policies alone"
    assert record["userIdentity"]["type"] == "Unknown" and forged not in json.dumps(record)


# -- what is in the history ------------------------------------------------------------------------------


def test_data_events_are_not_in_the_history(world: World) -> None:
    pool, s3 = world.create_pool(), world.client("s3")
    world.unsigned.get_id(IdentityPoolId=pool)
    s3.create_bucket(Bucket="reef")
    s3.put_object(Bucket="reef", Key="crab", Body=b"x")
    s3.list_objects_v2(Bucket="reef")
    table, key = world.client("dynamodb"), [{"AttributeName": "id", "KeyType": "HASH"}]
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    made = {"KeySchema": key, "AttributeDefinitions": types, "BillingMode": "PAY_PER_REQUEST"}
    table.create_table(TableName="tides", **made)
    table.put_item(TableName="tides", Item={"id": {"S": "reef"}})
    names = {row["EventName"] for row in rows(world)}
    assert {"CreateIdentityPool", "CreateBucket", "CreateTable"} <= names
    assert not names & {"GetId", "PutObject", "ListObjectsV2", "PutItem"}


def test_the_table_names_operations_that_aws_has() -> None:
    table = event_history.table()
    listed = [
        (service, name)
        for kind in ("data_events", "names")
        for service in table[kind]
        for name in table[kind][service]
    ]
    assert len(listed) > 40
    unknown = [one for one in listed if one[1] not in moto_patches.service_model(one[0]).operation_names]
    assert unknown == []


def test_who_signs_badly_is_not_in_the_history(world: World) -> None:
    bad = boto3.Session("AKIA" + "0" * 16, "secret", region_name="us-east-1")
    with pytest.raises(ClientError):
        bad.client("iam").list_users()
    assert rows(world, "EventName", "ListUsers") == []


def test_what_the_lab_does_not_play_is_not_in_the_history(world: World) -> None:
    with pytest.raises(OutsideTheLab):
        world.client("cloudtrail").describe_trails()
    assert rows(world, "EventName", "DescribeTrails") == []


def test_a_history_belongs_to_its_account_and_its_region(world: World) -> None:
    world.iam.create_user(UserName="ines")
    assert rows(world, "EventName", "CreateUser")
    elsewhere = world.client("cloudtrail", region="eu-west-1").lookup_events()["Events"]
    assert [row["EventName"] for row in elsewhere] == []
    with world.lab.set_aside():
        assert boto3.client("cloudtrail").lookup_events()["Events"] == []
        boto3.client("iam").create_user(UserName="rook")
    assert {row["Resources"][0]["ResourceName"] for row in rows(world, "EventName", "CreateUser")} == {"ines"}
    world.lab.reset()
    assert boto3.client("cloudtrail").lookup_events()["Events"] == []


def test_only_so_many_events_are_kept_and_none_for_longer_than_ninety_days(world: World) -> None:
    world.iam.create_user(UserName="ines")
    for _ in range(event_history.MOST - 1):
        world.iam.list_users()
    assert len(rows(world, "EventName", "CreateUser")) == 1
    assert rows(world, "EventName", "CreateUser") == [], "the question before is an event itself"
    world.iam.create_user(UserName="mara")
    world.lab.travel(days=91)
    assert rows(world) == []


# -- how it is asked -------------------------------------------------------------------------------------


def test_pages_show_each_event_once_though_each_question_is_an_event(world: World) -> None:
    for number in range(9):
        world.iam.create_user(UserName=f"user{number}")
    pages = (
        world.client("cloudtrail").get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2})
    )
    found = [row for page in pages for row in page["Events"]]
    assert len(found) == 9 == len({row["EventId"] for row in found})
    assert [row["Resources"][0]["ResourceName"] for row in found] == [f"user{number}" for number in range(9)][
        ::-1
    ]


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("EventName", "CreateUser", 1),
        ("EventName", "createuser", 0),
        ("EventSource", "iam.amazonaws.com", 2),
        ("ReadOnly", "true", 1),
        ("Username", "root", 2),
        ("ResourceName", "ines", 1),
        ("ResourceType", "AWS::IAM::User", 1),
        ("ResourceType", "ines", 0),
    ],
)
def test_events_are_found_by_one_attribute(world: World, key: str, value: str, count: int) -> None:
    world.iam.create_user(UserName="ines")
    world.iam.list_users()
    assert len(rows(world, key, value)) == count


def test_events_are_found_by_their_id_their_key_and_their_time(world: World) -> None:
    world.iam.create_user(UserName="ines")
    (first,) = rows(world)
    assert rows(world, "EventId", first["EventId"]) == [first]
    assert first in rows(world, "AccessKeyId", first["AccessKeyId"])
    assert first in rows(world, StartTime=first["EventTime"], EndTime=first["EventTime"])
    world.lab.travel(hours=1)
    assert first not in rows(world, StartTime=world.lab.now)
    assert first in rows(world, EndTime=first["EventTime"])


ONE = {"AttributeKey": "EventName", "AttributeValue": "CreateUser"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"LookupAttributes": [ONE, ONE]}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": [{**ONE, "AttributeKey": "Name"}]}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": [{**ONE, "AttributeValue": "x" * 2001}]}, "InvalidLookupAttributesException"),
        ({"StartTime": 2_000_000_000, "EndTime": 1_000_000_000}, "InvalidTimeRangeException"),
        ({"NextToken": "nobody's"}, "InvalidNextTokenException"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(world: World, given: dict[str, Any], code: str) -> None:
    with refused(code):
        world.client("cloudtrail").lookup_events(**given)


def test_a_token_belongs_to_its_question(world: World) -> None:
    for name in ("ines", "mara"):
        world.iam.create_user(UserName=name)
    trail = world.client("cloudtrail")
    token = trail.lookup_events(MaxResults=1)["NextToken"]
    with refused("InvalidNextTokenException"):
        trail.lookup_events(LookupAttributes=[ONE], MaxResults=1, NextToken=token)
    assert len(trail.lookup_events(MaxResults=1, NextToken=token)["Events"]) == 1


def test_a_token_counts_with_a_number_in_it(world: World) -> None:
    for name in ("ines", "mara"):
        world.iam.create_user(UserName=name)
    trail = world.client("cloudtrail")
    question, number = json.loads(base64.urlsafe_b64decode(trail.lookup_events(MaxResults=1)["NextToken"]))
    altered = base64.urlsafe_b64encode(json.dumps([question, str(number)]).encode()).decode()
    with refused("InvalidNextTokenException"):
        trail.lookup_events(MaxResults=1, NextToken=altered)


def test_asking_needs_the_right_to_ask(world: World) -> None:
    auditor, member = make_role("auditor", allow("cloudtrail:LookupEvents")), make_role("member")
    assert boto3.client("cloudtrail", **session_of(auditor)).lookup_events()["Events"]
    with refused("AccessDeniedException"):
        boto3.client("cloudtrail", **session_of(member)).lookup_events()


def test_insights_are_refused_by_name(world: World) -> None:
    with pytest.raises(OutsideTheLab, match="Insights"):
        world.client("cloudtrail").lookup_events(EventCategory="insight")
