"""Python code becomes a function: its source is zipped, and uploaded with ordinary calls of AWS."""

from __future__ import annotations

import inspect
import io
import json
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

MODULE = "lambda_function"  # as Lambda's own editor names it
RUNTIME = "python3.13"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def upload(handler: Callable[..., Any] | str, name: str, role: str, settings: Mapping[str, Any]) -> str:
    """See :meth:`cognito_lab.lab.Lab.deploy`."""
    import boto3

    text = handler if isinstance(handler, str) else textwrap.dedent(inspect.getsource(handler))
    entry = "lambda_handler" if isinstance(handler, str) else handler.__name__
    name = name or entry
    client, code = boto3.client("lambda"), {"ZipFile": zipped(text)}
    given = {"Handler": f"{MODULE}.{entry}", **({"Role": role} if role else {}), **settings}
    there = {one["FunctionName"]: str(one["FunctionArn"]) for one in client.list_functions()["Functions"]}
    if name in there:
        client.update_function_code(FunctionName=name, **code)
        client.update_function_configuration(FunctionName=name, **given)
        return there[name]
    given = {"Runtime": RUNTIME, **given, "Role": role or own_role(name)}
    return str(client.create_function(FunctionName=name, Code=code, **given)["FunctionArn"])


def zipped(text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        # The same text makes the same octets, whenever it is zipped.
        files.writestr(zipfile.ZipInfo(f"{MODULE}.py"), text)
    return archive.getvalue()


def own_role(name: str) -> str:
    """The ARN of an execution role for the function ``name``, made if it is not there."""
    import boto3

    iam, role = boto3.client("iam"), f"{name}-role"
    there = {one["RoleName"]: str(one["Arn"]) for one in iam.list_roles()["Roles"]}
    made = (
        there.get(role)
        or iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    )
    return str(made)
