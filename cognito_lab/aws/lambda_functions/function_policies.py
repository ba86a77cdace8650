"""Resource policies of functions: who else may invoke one. Cognito has no other way to be let in.

Source: "Using resource-based policies for Lambda"; AddPermission in the Lambda API reference.
"""

from __future__ import annotations

import json
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import resources
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.iam import enforcement, policies, policy_documents, principals
from cognito_lab.aws.iam.policies import RESOURCE, Policy
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.aws.lambda_functions import functions
from cognito_lab.aws.lambda_functions.functions import Function
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request

ACTIONS = {"Invoke": "InvokeFunction"}  # operations whose IAM action has another name
# Members of AddPermission that become conditions: operator and key.
CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
}


def authorize(request: Request, call: Call, resource: str) -> None:
    """The policies of caller and function decide together; whether the function is there comes after that."""
    name = functions.split_name(call.get("FunctionName", ""))[0]
    function = functions.registry().get((call.region, name))
    policy = policy_of(function) if function else None
    keys = enforcement.context(request, call.principal, **resources.condition_keys(call))
    action = f"lambda:{ACTIONS.get(call.operation, call.operation)}"
    verdict = enforcement.verdict_on(call.principal, action, resource, keys, policy)
    if not verdict:
        raise enforcement.denied("lambda", verdict, resource, call.principal)


def policy_of(function: Function) -> Policy | None:
    return Policy(RESOURCE, "function policy", document(function)) if function.statements else None


def document(function: Function) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "default", "Statement": list(function.statements.values())}


def lets_in(function: Function, service: str, source_arn: str) -> bool:
    """Whether ``service`` may invoke the function for ``source_arn``, a resource of this account."""
    policy = policy_of(function)
    keys = {"aws:SourceArn": source_arn, "aws:SourceAccount": moto_patches.ACCOUNT}
    question = AccessQuestion("lambda:InvokeFunction", function.arn, {"Service": service}, keys)
    return policy is not None and bool(policies.evaluate(RESOURCE, [policy], question))


@operation("lambda", "AddPermission")
def add_permission(call: Call) -> dict[str, Any]:
    function = functions.function_in(call)
    functions.check_revision(call, function)
    check_new_sid(function, call["StatementId"])
    statement = {
        "Sid": call["StatementId"], "Effect": "Allow", "Principal": principal_in(call["Principal"]),
        "Action": call["Action"], "Resource": function.arn,
    }  # fmt: skip
    conditions: dict[str, dict[str, str]] = {}
    for member, (operator, key) in CONDITIONS.items():
        if member in call.parameters:
            conditions.setdefault(operator, {})[key] = call[member]
    if conditions:
        statement["Condition"] = conditions
    check_statement(statement)
    function.statements[statement["Sid"]] = statement
    function.revise()
    return {"Statement": json.dumps(statement)}


def principal_in(given: str) -> Any:
    """A service by its host's name, an account by its number, an ARN; ``*`` is everybody."""
    if given == "*":
        return "*"
    if given.isdigit() or given.startswith("arn:"):
        return {"AWS": f"arn:aws:iam::{given}:root" if given.isdigit() else given}
    return {"Service": given}


def check_new_sid(function: Function, sid: str) -> None:
    if sid in function.statements:
        text = (
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove "
            "the existing statement."
        )
        raise AwsError("ResourceConflictException", text, 409)


def check_statement(statement: dict[str, Any]) -> None:
    """A sound statement, whose principal exists.

    Raises:
        AwsError: ``InvalidParameterValueException``.
    """
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    try:
        principals.check_named(policy_documents.validated(text, RESOURCE))
    except AwsError as error:
        raise functions.invalid_value(f"The provided principal was invalid. {error.message}") from None


@operation("lambda", "GetPolicy")
def get_policy(call: Call) -> dict[str, Any]:
    function = functions.function_in(call)
    if not function.statements:
        raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    return {"Policy": json.dumps(document(function)), "RevisionId": function.revision}


@operation("lambda", "RemovePermission")
def remove_permission(call: Call) -> None:
    function, sid = functions.function_in(call), call["StatementId"]
    functions.check_revision(call, function)
    if sid not in function.statements:
        raise AwsError("ResourceNotFoundException", f"Statement {sid} is not found in resource policy.", 404)
    del function.statements[sid]
    function.revise()
