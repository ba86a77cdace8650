"""Functions: their code, their settings, and how a call names one.

Source: CreateFunction, UpdateFunctionCode and UpdateFunctionConfiguration in the Lambda API reference.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.iam import enforcement, policies
from cognito_lab.aws.iam.policy_documents import parsed
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges

LAMBDA = "lambda.amazonaws.com"
DEFAULTS: dict[str, Any] = {"Description": "", "Timeout": 3, "MemorySize": 128}
SETTINGS = ("Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "Environment")
# Further members of the input, with the values that ask for nothing else than the default.
PLAYED: dict[str, tuple[Any, ...]] = {
    "Publish": (False,),
    "PackageType": ("Zip",),
    "Architectures": (["x86_64"], ["arm64"]),
    "Qualifier": ("$LATEST",),
    "InvocationType": ("RequestResponse", "DryRun"),
    "DryRun": (False,),
}
ALWAYS = (
    "FunctionName", "ZipFile", "Code", "Tags", "RevisionId", "LogType", "Payload", *SETTINGS,
    "StatementId", "Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID",
)  # fmt: skip
RESERVED = {  # "Defined runtime environment variables"
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip
NOT_CONFIGURED = (
    "Lambda was unable to configure your environment variables because the environment variables you have "
    "provided"
)
MOST_VARIABLES, MOST_UNZIPPED = 4096, 262_144_000  # bytes ("Lambda quotas")


@dataclass(eq=False)
class Function:
    """One function; ``settings`` has AWS's member names, ``files`` are those of its zip, by their paths.

    ``statements`` are those of its resource policy by ``Sid``. ``idle`` are its environments that wait for
    the next event; they belong to this process, and no copy of the function has them.
    """

    name: str
    region: str
    settings: dict[str, Any]
    archive: bytes
    tags: dict[str, str] = field(default_factory=dict)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.change()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "idle": []}

    def revise(self) -> None:
        self.revision = randomness.uuid4()

    def change(self) -> None:
        """Code or settings are others: environments of before take no more events."""
        self.revise()
        self.modified = datetime.now(UTC)
        self.idle = []

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{moto_patches.ACCOUNT}:function:{self.name}"

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}

    def describe(self) -> dict[str, Any]:
        """FunctionConfiguration."""
        digest = base64.b64encode(hashlib.sha256(self.archive).digest()).decode()
        return {
            "FunctionName": self.name, "FunctionArn": self.arn, **self.settings, "Version": "$LATEST",
            "CodeSize": len(self.archive), "CodeSha256": digest, "PackageType": "Zip",
            "LastModified": f"{self.modified:%Y-%m-%dT%H:%M:%S.000+0000}", "RevisionId": self.revision,
            "State": "Active", "LastUpdateStatus": "Successful",
        }  # fmt: skip


class Functions(dict[tuple[str, str], Function]):
    """The account's functions, by Region and name. ``logs`` is what each has written, by the same."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[tuple[str, str], list[str]] = {}
        self.running = 0


def registry() -> Functions:
    return moto_patches.account_state(Functions)


def not_there(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def invalid_value(text: str) -> AwsError:
    return AwsError("InvalidParameterValueException", text)


def function_in(call: Call) -> Function:
    """The function that ``FunctionName`` means: a name, or all or the end of an ARN.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    check_played(call)
    return find(call.region, call["FunctionName"])


def find(region: str, given: str) -> Function:
    """The function of a name or ARN, whose Region and account are these."""
    (name, qualifier), place = split_name(given), given.rpartition("function:")[0]
    here = f"arn:aws:lambda:{region}:{moto_patches.ACCOUNT}:"
    function = registry().get((region, name)) if here.endswith(place) else None
    if function is None or qualifier not in ("", "$LATEST"):  # there are neither versions nor aliases
        raise not_there(given if place else f"{here}function:{given}")
    return function


def split_name(given: str) -> tuple[str, str]:
    """Name and qualifier (empty without one) in a name or ARN."""
    name, _, qualifier = given.rpartition("function:")[2].partition(":")
    return name, qualifier


def check_played(call: Call) -> None:
    """What is not played is refused by name: layers, a VPC, images, versions, and their like."""
    for name, value in call.parameters.items():
        if name not in ALWAYS and value not in PLAYED.get(name, ()):
            raise OutsideTheLab(f"{call.operation} with {name} is not played by this lab (AWS has it).")


# -- what is refused ------------------------------------------------------------------------------


def check_package(settings: Mapping[str, Any]) -> None:
    """A zip needs a runtime and a handler. The lab has one interpreter, its own, whichever Python is named.

    Raises:
        AwsError: ``InvalidParameterValueException``.
    """
    for member in ("Runtime", "Handler"):
        if member not in settings:
            raise invalid_value(f"{member} is mandatory for functions created with deployment packages.")
    runtime = settings["Runtime"]
    if not runtime.startswith("python3."):
        raise OutsideTheLab(f"The runtime {runtime} is not played by this lab (AWS has it): use Python.")


def check_role(call: Call, arn: str) -> None:
    """The execution role is there and trusts Lambda, and the caller may pass it on ("Execution role").

    Raises:
        AwsError: ``InvalidParameterValueException``, ``AccessDeniedException``.
    """
    if not enforcement.is_owner(call.principal):
        keys = enforcement.context(
            exchanges.current_request(), call.principal, **{"iam:PassedToService": LAMBDA}
        )
        verdict = enforcement.verdict_on(call.principal, "iam:PassRole", arn, keys)
        if not verdict:
            raise enforcement.denied("lambda", verdict, arn, call.principal)
    role = next((role for role in moto_patches.iam().roles.values() if role.arn == arn), None)
    if role is None or not trusts_lambda(role):
        raise invalid_value("The role defined for the function cannot be assumed by Lambda.")


def trusts_lambda(role: Any) -> bool:
    trust = parsed(role.assume_role_policy_document)
    return bool(policies.evaluate_trust(trust, "sts:AssumeRole", {"Service": LAMBDA}, {}))


def check_variables(environment: Mapping[str, Any]) -> None:
    variables: Mapping[str, str] = environment.get("Variables", {})
    taken = sorted(RESERVED & variables.keys())
    if taken:
        raise invalid_value(
            f"{NOT_CONFIGURED} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(taken)}"
        )
    if sum(len(name) + len(value) for name, value in variables.items()) > MOST_VARIABLES:
        raise invalid_value(f"{NOT_CONFIGURED} exceeded the 4KB limit.")


def check_archive(archive: bytes) -> None:
    """A zip with something in it, of at most 250 MB when unpacked.

    Raises:
        AwsError: ``InvalidParameterValueException``.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(archive)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise invalid_value(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if not entries:
        raise invalid_value("Uploaded file must be a non-empty zip")
    if sum(entry.file_size for entry in entries) > MOST_UNZIPPED:
        raise invalid_value(f"Unzipped size must be smaller than {MOST_UNZIPPED} bytes")


def archive_in(code: Mapping[str, Any]) -> bytes:
    """The zip that was sent, in Base64."""
    others = sorted(code.keys() & {"S3Bucket", "ImageUri"})
    if others:
        raise OutsideTheLab(
            f"A function's code by {others[0]} is not played by this lab (AWS has it): send ZipFile."
        )
    if "ZipFile" not in code:
        raise invalid_value("Please provide a source for function code.")
    archive = base64.b64decode(code["ZipFile"])
    check_archive(archive)
    return archive


def check_revision(call: Call, function: Function) -> None:
    """Who names the ``RevisionId`` that was read changes nothing that has changed since."""
    if call.get("RevisionId", function.revision) != function.revision:
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
            "API to retrieve the latest Revision Id",
            412,
        )


def check_free(region: str, name: str) -> None:
    if (region, name) in registry():
        raise AwsError("ResourceConflictException", f"Function already exist: {name}", 409)


# -- operations -----------------------------------------------------------------------------------


@operation("lambda", "CreateFunction")
def create_function(call: Call) -> dict[str, Any]:
    check_played(call)
    check_package(call.parameters)
    check_variables(call.get("Environment", {}))
    archive = archive_in(call["Code"])
    check_role(call, call["Role"])
    name, _ = split_name(call["FunctionName"])
    check_free(call.region, name)
    settings = {**DEFAULTS, **{member: call[member] for member in SETTINGS if member in call.parameters}}
    settings["Architectures"] = call.get("Architectures", ["x86_64"])
    function = Function(name, call.region, settings, archive, dict(call.get("Tags", {})))
    registry()[call.region, name] = function
    return function.describe()


@operation("lambda", "GetFunction")
def get_function(call: Call) -> dict[str, Any]:
    """AWS also answers an address where the zip can be fetched; the lab has none."""
    function = function_in(call)
    tags = {"Tags": function.tags} if function.tags else {}
    return {"Configuration": function.describe(), "Code": {"RepositoryType": "S3"}, **tags}


@operation("lambda", "GetFunctionConfiguration")
def get_function_configuration(call: Call) -> dict[str, Any]:
    return function_in(call).describe()


@operation("lambda", "UpdateFunctionCode")
def update_function_code(call: Call) -> dict[str, Any]:
    function = function_in(call)
    check_revision(call, function)
    function.archive = archive_in(call.parameters)
    function.change()
    return function.describe()


@operation("lambda", "UpdateFunctionConfiguration")
def update_function_configuration(call: Call) -> dict[str, Any]:
    """What is left out stays as it is."""
    function, changes = function_in(call), {name: call[name] for name in SETTINGS if name in call.parameters}
    check_revision(call, function)
    check_package({**function.settings, **changes})
    check_variables(changes.get("Environment", {}))
    if "Role" in changes:
        check_role(call, changes["Role"])
    function.settings |= changes
    function.change()
    return function.describe()


@operation("lambda", "DeleteFunction")
def delete_function(call: Call) -> dict[str, Any]:
    function = function_in(call)
    del registry()[function.region, function.name]
    return {"StatusCode": 204}


@operation("lambda", "ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    here = [function for (region, _), function in registry().items() if region == call.region]
    if {"MasterRegion", "FunctionVersion"} & call.parameters.keys():
        raise OutsideTheLab("ListFunctions of versions or replicas is not played by this lab (AWS has it).")
    try:
        found, after = paginate(call, here, "MaxItems", token="Marker")
    except AwsError as error:
        raise invalid_value(error.message) from None
    more = {"NextMarker": after["Marker"]} if after else {}
    return {"Functions": [function.describe() for function in found], **more}


def tagged(call: Call) -> Function:
    return find(call.region, call["Resource"])


@operation("lambda", "TagResource")
def tag_resource(call: Call) -> None:
    tagged(call).tags.update(call["Tags"])


@operation("lambda", "UntagResource")
def untag_resource(call: Call) -> None:
    for key in call["TagKeys"]:
        tagged(call).tags.pop(key, None)


@operation("lambda", "ListTags")
def list_tags(call: Call) -> dict[str, Any]:
    return {"Tags": tagged(call).tags}
