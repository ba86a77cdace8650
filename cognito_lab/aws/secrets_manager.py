"""AWS Secrets Manager: moto keeps the secrets; here is who may read them, and what moto does not check.

No secret has a policy of its own here: PutResourcePolicy is not played. Sources: Secrets Manager API
Reference; Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets Manager".
"""

from __future__ import annotations

import re
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import resources
from cognito_lab.aws.api.operations import Call, check_before, table
from cognito_lab.aws.iam import enforcement
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network.messages import Request

PLAYED = {
    "ClientRequestToken", "Description", "ForceDeleteWithoutRecovery", "IncludePlannedDeletion", "MaxResults",
    "Name", "NextToken", "RecoveryWindowInDays", "SecretBinary", "SecretId", "SecretString", "VersionId",
    "VersionStage", "VersionStages",
}  # fmt: skip
OF_VALUES = ("GetSecretValue", "PutSecretValue")  # those that a deleted secret does not allow


def authorize(request: Request, call: Call, resource: str) -> None:
    """A secret is judged on its ARN, whose last six characters nobody can know before it is made.

    The refusal repeats what was asked for.
    """
    given = call.get("SecretId", call.get("Name", "*"))
    secret = stored(call)
    arn = secret.arn if secret else given if given.startswith(("*", "arn:")) else f"{resource}-??????"
    keys = enforcement.context(request, call.principal, **resources.condition_keys(call))
    verdict = enforcement.verdict_on(call.principal, f"secretsmanager:{call.operation}", arn, keys)
    if not verdict:
        raise enforcement.denied(call.service, verdict, given, call.principal)


def stored(call: Call) -> Any:
    """moto's secret that a call is about, by its name or its ARN, or ``None``."""
    given = call.get("SecretId", "")
    secret = moto_patches.secret(call.region, given)
    return secret if secret and (secret.name == given or secret.arn.startswith(given)) else None


def check(call: Call) -> None:
    """Refuse with AWS's code what moto would take.

    Raises:
        AwsError: ``ValidationException``, ``ResourceNotFoundException``, ``InvalidRequestException``.
        OutsideTheLab: A parameter is not played.
    """
    for member in sorted(call.parameters.keys() - PLAYED):
        raise OutsideTheLab(f"{call.operation} with {member} is not played by this lab (AWS has it).")
    if not re.fullmatch(r"[\w/+=.@!-]+", call.get("Name", "a"), re.ASCII):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
            "-/_+=.@!",
        )
    if "SecretString" in call.parameters and "SecretBinary" in call.parameters:
        raise AwsError(
            "InvalidParameterException", "You can't specify both a binary and a string secret value."
        )
    if not re.fullmatch("[0-9]{1,9}", call.get("NextToken", "0")):  # moto's are numbers
        raise AwsError("InvalidNextTokenException", "The NextToken value is invalid.")
    if "SecretId" in call.parameters:
        check_secret(call)
    named = moto_patches.secret(call.region, call.get("Name", ""))
    if named and named.is_deleted():
        raise AwsError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )


def check_secret(call: Call) -> None:
    """The secret is there, in this region of this account, and its values can be had until it is deleted."""
    secret = stored(call)
    if secret is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if secret.is_deleted() and call.operation in OF_VALUES:
        raise AwsError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )


for _name in table()["secretsmanager"].moto:
    check_before("secretsmanager", _name)(check)
