"""A role or user that was deleted: policies that named it hold its id from then on, and name no later one.

Source: IAM User Guide, "AWS JSON policy elements: Principal", on principals that are deleted and made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, check_before
from cognito_lab.aws.iam import questions
from cognito_lab.errors import AwsError


@check_before("iam", "DeleteRole")
def remember_role(call: Call) -> Callable[[], None] | None:
    """What is to be done when the role is gone."""
    role = next((role for role in moto_patches.iam().roles.values() if role.name == call["RoleName"]), None)
    return partial(name_by_id, role.arn, role.id) if role is not None else None


@check_before("iam", "DeleteUser")
def remember_user(call: Call) -> Callable[[], None] | None:
    """The same of a user, whose keys must have been deleted (API Reference, "DeleteUser")."""
    user = moto_patches.iam().users.get(call["UserName"])
    if user is not None and user.access_keys:
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete access keys first.", 409)
    return partial(name_by_id, user.arn, user.id) if user is not None else None


def name_by_id(arn: str, identifier: str) -> None:
    """Put ``identifier`` for ``arn`` into every bucket policy and trust policy that names it."""
    for bucket in moto_patches.s3().buckets.values():
        if bucket.policy:
            bucket.policy = with_id(bucket.policy.decode(), arn, identifier).encode()
    for role in moto_patches.iam().roles.values():
        role.assume_role_policy_document = with_id(role.assume_role_policy_document, arn, identifier)


def with_id(text: str, arn: str, identifier: str) -> str:
    """The document with ``identifier`` where a ``Principal`` or ``NotPrincipal`` has ``arn``."""
    if arn not in text:
        return text
    document: dict[str, Any] = json.loads(text)
    for statement in questions.as_list(document["Statement"]):
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                names = [identifier if name == arn else name for name in questions.as_list(named["AWS"])]
                named["AWS"] = names if len(names) > 1 else names[0]
    return json.dumps(document)
