"""Functions are made, read, changed and deleted, and may be invoked by whom the policies let."""

from __future__ import annotations

import json

import boto3
import pytest
from support.iam_people import allow, make_role, make_user
from support.lambda_functions import archive, client, invoke, make_function
from support.user_pools import refused

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.lambda_functions import functions

ECHO = "def handler(event, context):\n    return event\n"
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdefghi"


@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab


def test_a_function_is_made_read_changed_and_deleted(lab):
    role = make_role("runner")
    code = {"ZipFile": archive(app=ECHO)}
    made = client().create_function(
        FunctionName="echo",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code=code,
        Tags={"a": "b"},
    )
    assert (made["Timeout"], made["MemorySize"], made["State"], made["Version"]) == (
        3,
        128,
        "Active",
        "$LATEST",
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert client().get_function(FunctionName=made["FunctionArn"])["Tags"] == {"a": "b"}
    client().tag_resource(Resource=made["FunctionArn"], Tags={"c": "d"})
    client().untag_resource(Resource=made["FunctionArn"], TagKeys=["a"])
    assert client().list_tags(Resource=made["FunctionArn"])["Tags"] == {"c": "d"}
    assert [one["FunctionName"] for one in client().list_functions()["Functions"]] == ["echo"]
    assert invoke("echo", {"n": 1}) == ("", {"n": 1})
    client().update_function_code(
        FunctionName="echo", ZipFile=archive(app="def handler(e, c):\n    return 2\n")
    )
    assert invoke("echo", {"n": 1}) == ("", 2)
    changed = client().update_function_configuration(FunctionName="echo", Timeout=7, Description="two")
    assert changed["CodeSha256"] != made["CodeSha256"] and changed["RevisionId"] != made["RevisionId"]
    assert client().get_function_configuration(FunctionName="echo")["Timeout"] == 7
    gone = client().delete_function(FunctionName="echo")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused(
        "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:echo"
    ):
        client().get_function(FunctionName="echo")


@pytest.mark.parametrize("place", ["us-east-1:210987654321", "eu-west-1:123456789012", "210987654321"])
def test_an_arn_names_its_region_and_account(lab, place):
    make_function("echo", ECHO)
    arn = f"arn:aws:lambda:{place}:function:echo" if "-" in place else f"{place}:function:echo"
    for call in (client().get_function, client().delete_function, client().get_policy):
        with refused("ResourceNotFoundException"):
            call(FunctionName=arn)
    with refused("ResourceNotFoundException"):
        client().invoke(FunctionName=arn)
    assert client().invoke(FunctionName="123456789012:function:echo")["StatusCode"] == 200


def test_pages_of_functions(lab):
    role = make_role("runner")
    for number in range(3):
        make_function(f"f{number}", ECHO, role)
    first = client().list_functions(MaxItems=2)
    rest = client().list_functions(Marker=first["NextMarker"])
    assert [one["FunctionName"] for one in first["Functions"] + rest["Functions"]] == ["f0", "f1", "f2"]
    with refused("InvalidParameterValueException"):
        client().list_functions(Marker="elsewhere")


def create(role, **changes):
    given = {"FunctionName": "f", "Runtime": "python3.13", "Role": role, "Handler": "app.handler"}
    given = {**given, "Code": {"ZipFile": archive(app=ECHO)}, **changes}
    return client().create_function(**{name: value for name, value in given.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Runtime": None}, "InvalidParameterValueException"),
        ({"Handler": None}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": archive()}}, "InvalidParameterValueException"),
        ({"Code": {}}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"AB": "x" * 5000}}}, "InvalidParameterValueException"),
        ({"Description": "x" * 300}, "ValidationException"),
        ({"Role": "arn:aws:iam::123456789012:role/nobody"}, "InvalidParameterValueException"),
    ],
)
def test_what_a_function_must_have(lab, changes, code):
    role = make_role("runner")
    with refused(code):
        create(role, **changes)
    assert client().list_functions()["Functions"] == []
    create(role)


def test_the_code_has_a_largest_size(lab, monkeypatch):
    role, size = make_role("runner"), len(ECHO)
    monkeypatch.setattr(functions, "MOST_UNZIPPED", size - 1)
    with refused("InvalidParameterValueException", f"Unzipped size must be smaller than {size - 1} bytes"):
        create(role)
    monkeypatch.setattr(functions, "MOST_UNZIPPED", size)
    create(role)


@pytest.mark.parametrize("asked", [{"FunctionVersion": "ALL"}, {"MasterRegion": "us-east-1"}])
def test_versions_and_replicas_are_not_listed(lab, asked):
    create(make_role("runner"))
    with pytest.raises(OutsideTheLab):
        client().list_functions(**asked)


def test_the_execution_role_must_trust_lambda(lab):
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    with refused(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    ):
        create(make_role("other", trust=trust))


def test_a_role_is_passed_on_by_who_may_pass_it(lab):
    role = make_role("runner")
    rights = allow(["lambda:CreateFunction"])
    mia = boto3.client("lambda", **make_user("mia", rights))
    given = {
        "Runtime": "python3.13",
        "Role": role,
        "Handler": "app.handler",
        "Code": {"ZipFile": archive(app=ECHO)},
    }
    with refused("AccessDeniedException"):
        mia.create_function(FunctionName="f", **given)
    boto3.client("iam").put_user_policy(
        UserName="mia", PolicyName="pass",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow("iam:PassRole", role)}),
    )  # fmt: skip
    mia.create_function(FunctionName="f", **given)


@pytest.mark.parametrize(
    "changes",
    [
        {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]},
        {"VpcConfig": {"SubnetIds": ["subnet-1"]}},
        {"PackageType": "Image"},
        {"Runtime": "nodejs22.x"},
        {"Publish": True},
        {"Code": {"S3Bucket": "bucket", "S3Key": "key"}},
    ],
)
def test_what_is_not_played_is_refused_by_name(lab, changes):
    name = next(iter(changes))
    with pytest.raises(OutsideTheLab, match="nodejs22.x" if name == "Runtime" else "S3Bucket|" + name):
        create(make_role("runner"), **changes)


def test_an_invocation_that_nobody_waits_for_is_not_played(lab):
    make_function("echo", ECHO)
    with pytest.raises(OutsideTheLab, match="InvocationType"):
        client().invoke(FunctionName="echo", InvocationType="Event")
    assert client().invoke(FunctionName="echo", InvocationType="DryRun")["StatusCode"] == 204


def test_two_functions_do_not_have_one_name(lab):
    make_function("echo", ECHO)
    with refused("ResourceConflictException"):
        make_function("echo", ECHO, make_role("other"))


def test_who_read_an_older_revision_changes_nothing(lab):
    make_function("echo", ECHO)
    first = client().get_function_configuration(FunctionName="echo")["RevisionId"]
    client().update_function_configuration(FunctionName="echo", Timeout=4, RevisionId=first)
    with refused("PreconditionFailedException"):
        client().update_function_configuration(FunctionName="echo", Timeout=5, RevisionId=first)


# -- who may -------------------------------------------------------------------------------------


def test_a_function_is_invoked_by_whom_its_policies_let(lab):
    arn = make_function("echo", ECHO)
    mia = boto3.client("lambda", **make_user("mia", allow("lambda:InvokeFunction", arn)))
    assert invoke("echo", 1, mia) == ("", 1)
    assert invoke(arn, 1, mia) == ("", 1)  # the same function under its longer name
    with refused("AccessDeniedException"):
        mia.get_function(FunctionName="echo")
    noa = boto3.client("lambda", **make_user("noa"))
    with refused("AccessDeniedException"):
        invoke("echo", 1, noa)
    client().add_permission(
        FunctionName="echo", StatementId="noa", Action="lambda:InvokeFunction",
        Principal="arn:aws:iam::123456789012:user/noa",
    )  # fmt: skip
    assert invoke("echo", 1, noa) == ("", 1)
    client().remove_permission(FunctionName="echo", StatementId="noa")
    with refused("AccessDeniedException"):
        invoke("echo", 1, noa)


def test_a_deny_holds_under_each_name_of_the_function(lab):
    arn = make_function("echo", ECHO)
    statements = allow("lambda:*"), {**allow("lambda:InvokeFunction", arn), "Effect": "Deny"}
    mia = boto3.client("lambda", **make_user("mia", *statements))
    for name in ("echo", arn, "123456789012:function:echo"):
        with refused("AccessDeniedException"):
            mia.invoke(FunctionName=name)


def test_the_policy_of_a_function(lab):
    arn = make_function("echo", ECHO)
    with refused("ResourceNotFoundException"):
        client().get_policy(FunctionName="echo")
    given = {
        "FunctionName": "echo",
        "StatementId": "pool",
        "Action": "lambda:InvokeFunction",
        "SourceArn": POOL,
    }
    client().add_permission(**given, Principal="cognito-idp.amazonaws.com")
    [statement] = json.loads(client().get_policy(FunctionName="echo")["Policy"])["Statement"]
    assert statement["Resource"] == arn and statement["Principal"] == {"Service": "cognito-idp.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": POOL}}
    with refused("ResourceConflictException"):
        client().add_permission(**given, Principal="cognito-idp.amazonaws.com")
    with refused("InvalidParameterValueException"):
        client().add_permission(
            **{**given, "StatementId": "x"}, Principal="arn:aws:iam::123456789012:user/nobody"
        )
    with refused("ResourceNotFoundException"):
        client().remove_permission(FunctionName="echo", StatementId="other")


# -- from a cell ---------------------------------------------------------------------------------


def test_a_function_of_a_cell_is_deployed_and_deployed_again(lab):
    def add(event, context):
        print("adding")
        return event["a"] + event["b"]

    arn = lab.deploy(add)
    assert invoke("add", {"a": 1, "b": 2}) == ("", 3)
    assert lab.logs("add") == "adding\n"
    again = "def lambda_handler(event, context):\n    return 'again'\n"
    assert lab.deploy(again, name="add", Timeout=1) == arn
    assert invoke("add") == ("", "again")
    assert client().get_function_configuration(FunctionName="add")["Timeout"] == 1
    with pytest.raises(ValueError, match="name"):
        lab.deploy(again)


def test_its_own_role_may_do_nothing_and_another_one_what_it_may(lab):
    text = """
        import boto3
        def handler(event, context):
            pools = boto3.client("cognito-idp").list_user_pools(MaxResults=9)["UserPools"]
            return [pool["Name"] for pool in pools]
    """
    boto3.client("cognito-idp").create_user_pool(PoolName="tidepool")
    make_function("closed", text)
    failed, answer = invoke("closed")
    assert (failed, answer["errorType"]) == ("Unhandled", "AccessDeniedException")
    assert "closed-role/closed is not authorized" in answer["errorMessage"].replace("\n", "")
    make_function("open", text, make_role("reader", allow("cognito-idp:ListUserPools")))
    assert invoke("open") == ("", ["tidepool"])
