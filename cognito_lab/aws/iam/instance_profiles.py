"""Instance profiles: no account of the lab has any, and tools ask before they delete a role.

Source: IAM API Reference, "ListInstanceProfilesForRole". moto answers for roles that nobody has, too.
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.errors import AwsError


@operation("iam", "ListInstanceProfilesForRole")
def list_instance_profiles_for_role(call: Call) -> dict[str, Any]:
    name = call["RoleName"]
    if not any(role.name == name for role in moto_patches.iam().roles.values()):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return {"InstanceProfiles": [], "IsTruncated": False}
