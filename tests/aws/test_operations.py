"""The table of operations: everything in it is carried, everything else is refused in one line."""

from __future__ import annotations

import re

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from support.iam_people import allow, make_role, make_user, session_of

from cognito_lab import Lab, OutsideTheLab, aws
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import dispatch, operations, services, validation
from cognito_lab.paths import ROOT

COGNITO = ("cognito-idp", "cognito-identity")

# A value for each pattern of the two models that does not come out of lengths and enumerations alone.
EXAMPLES = (
    "us-east-1_abcdefghi",
    "us-east-1:11111111-2222-3333-4444-555555555555",
    "arn:aws:iam::123456789012:role/example",
    "abcdefghijklmnopqrstuvwxyz",
    "mara@tidepool.example",
    "https://tidepool.example",
    "us-east-1",
    "us-east-1_11111111-2222-3333-4444-555555555555",
    "123456",
    "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "tkn" + "a" * 25,
    "sso" + "a" * 25,
    "tidepool",
    "eyJraWQ.eyJzdWI.c2ln",
    "Your code is {####}",
    "{##verify##}",
    "custom:section",
    "A1b2C3d4!e5F6g7H8",
    "authenticated",
    "import-abcdefgh",
    "terms-of-use",
)


def minimal(shape, name=""):
    """The smallest input that AWS's model accepts for ``shape``."""
    if shape.type_name == "structure":
        return {member: minimal(shape.members[member], member) for member in shape.required_members}
    if shape.type_name == "list":
        return [minimal(shape.member)] * max(1, shape.metadata.get("min", 1))
    if shape.type_name == "map":
        return {minimal(shape.key): minimal(shape.value)}
    if shape.type_name in ("integer", "long"):
        return max(1, shape.metadata.get("min", 1))
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "timestamp":
        return 1780304400
    if shape.type_name == "blob":
        return b"x"
    if shape.enum:
        return shape.enum[0]
    pattern = shape.metadata.get("pattern", ".*")
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
    for text in (*EXAMPLES, *(example * 8 for example in EXAMPLES)):
        if low <= len(text) <= high and validation._compiled(pattern).fullmatch(text):
            return text
    raise AssertionError(f"no example fits {shape.name} ({pattern}, {low} to {high}): add one")


def every_operation():
    for service in COGNITO:
        for name in moto_patches.service_model(service).operation_names:
            yield service, name


@pytest.fixture(scope="module")
def lab():
    with Lab.start() as lab:
        yield lab


@pytest.fixture(scope="module")
def nobody(lab):
    """The keys of a user without a right."""
    return make_user("nobody")


@pytest.mark.parametrize(("service", "name"), list(every_operation()))
def test_each_cognito_operation_answers_or_refuses_with_a_declared_code_or_is_refused_by_the_lab(
    lab, service, name
):
    model = moto_patches.service_model(service).operation_model(name)
    declared = {shape.name for shape in model.error_shapes}
    client = boto3.client(service)
    method = next(py for py, api in client.meta.method_to_api_mapping.items() if api == name)
    parameters = minimal(model.input_shape) if model.input_shape else {}
    row = operations.table()[service]
    carried = name in row.ours or name in row.moto
    try:
        getattr(client, method)(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert carried, f"{name} is not in the table and yet answered {code}"
        assert code in declared, f"{name} answered {code}, which its model does not declare: {error}"
    except OutsideTheLab as error:
        assert "\n" not in str(error)
        assert name in str(error)
    else:
        assert carried, f"{name} succeeded silently"


def test_the_table_names_exactly_the_operations_that_the_rooms_carry_out():
    aws.register()
    for service, row in operations.table().items():
        handled = {name for of, name in operations.HANDLERS if of == service}
        assert handled == row.ours, f"{service}: the table and the rooms differ"


def test_the_table_names_only_operations_that_aws_has():
    moto_patches.install()
    for service, row in operations.table().items():
        known = set(moto_patches.service_model(service).operation_names)
        # moto names S3's operations as IAM does, so S3 is left to the tests that its rows name.
        if service != "s3":
            assert row.ours | set(row.moto) <= known
        assert not row.ours & set(row.moto)


def test_each_row_that_moto_carries_names_a_test_that_exists():
    for service, row in operations.table().items():
        for name, test in row.moto.items():
            path, _, function = test.partition("::")
            assert function, f"{service} {name}: no test named"
            text = (ROOT / path).read_text()
            assert re.search(rf"def {re.escape(function)}\b", text), (
                f"{service} {name}: {test} does not exist"
            )


@pytest.mark.parametrize(
    ("service", "method"), [("lambda", "list_layers"), ("apigateway", "get_usage_plans")]
)
def test_an_operation_outside_the_table_is_refused_in_one_line_that_names_it(lab, service, method):
    with pytest.raises(OutsideTheLab) as refusal:
        getattr(boto3.client(service), method)()
    assert method.replace("_", "") in str(refusal.value).lower().replace(" ", "")
    assert "\n" not in str(refusal.value)


# Operations that go to hosts of their own, and older ones that S3 has at the same address.
ELSEWHERE = {"ListDirectoryBuckets", "WriteGetObjectResponse", "SearchVectors"}
SAME_ADDRESS = {f"{verb}Bucket{what}" for verb in ("Get", "Put") for what in ("Lifecycle", "Notification")}


def smallest(shape, name=""):
    """An input that can be sent, whatever AWS's patterns say."""
    if shape.type_name == "structure":
        return {member: smallest(shape.members[member], member) for member in shape.required_members}
    if shape.type_name in ("list", "map"):
        return [smallest(shape.member)] if shape.type_name == "list" else {"x": smallest(shape.value)}
    simple = {"boolean": True, "timestamp": 1780304400, "blob": b"x"}
    simple |= dict.fromkeys(("integer", "long", "float", "double"), 1)
    return simple.get(shape.type_name, (getattr(shape, "enum", None) or ["x" * 3])[0])


@pytest.mark.parametrize("service", operations.table())
def test_a_session_that_may_do_everything_is_told_of_each_operation_that_is_not_played(lab, service):
    """Of every service, every operation of AWS's model: ours, moto's with a test, or refused by name."""
    keys = session_of(make_role(f"all-{service}", allow("*")))
    client = boto3.client(service, config=Config(parameter_validation=False), **keys)
    row, model = operations.table()[service], client.meta.service_model
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    for name in sorted(set(model.operation_names) - row.ours - set(row.moto)):
        shape = model.operation_model(name).input_shape
        with pytest.raises(OutsideTheLab) as refusal:
            getattr(client, methods[name])(**(smallest(shape) if shape else {}))
        said = str(refusal.value)
        older = name.removesuffix("Configuration")
        assert name in said or (older in said and older in SAME_ADDRESS) or name in ELSEWHERE, said


def signed_operations():
    """What is carried out of the services whose inputs :func:`minimal` can make, and asks for a signature."""
    for service in (*services.JSON_SERVICES, *services.API_GATEWAY):
        row = operations.table()[service]
        for name in sorted(row.ours | set(row.moto)):
            if not dispatch.is_public(service, name):
                yield service, name


@pytest.mark.parametrize(("service", "name"), list(signed_operations()))
def test_each_signed_operation_asks_for_a_right(lab, nobody, service, name):
    model = moto_patches.service_model(service).operation_model(name)
    client = boto3.client(service, **nobody)
    method = next(py for py, api in client.meta.method_to_api_mapping.items() if api == name)
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**(minimal(model.input_shape) if model.input_shape else {}))
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
