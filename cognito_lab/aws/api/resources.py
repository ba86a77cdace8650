"""What a call is judged on: the ARN of its resource, and the condition keys that its input gives.

The table stands in ``data/resources.toml``. Source: Service Authorization Reference.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.paths import DATA

# What a provider says of a person (IAM, "Available keys for AWS web identity federation").
PROVIDERS_KEY = re.compile(
    r"[\w-]+(\.[\w-]+)+(:\d+)?(/[^:]*)?:(aud|sub|oaud|app_id|id|user_id)", re.IGNORECASE
)


@cache
def table() -> dict[str, Any]:
    """Service → member of the input → how it names the resource; besides, ``lists`` and ``keys``."""
    return tomllib.loads((DATA / "resources.toml").read_text(encoding="utf-8"))


def resource_of(call: Call) -> str:
    """The ARN on which ``call`` is judged, that of the stored object; ``"*"`` where there is none."""
    for member, row in table()[call.service].items():
        value = call.get(member)
        if value is not None:
            return _stored(call, row, value) or _named(call, row["arn"], value)
    arn = table()["lists"].get(call.operation, "*")
    return _named(call, arn, call.get("PathPrefix", "/"))


def _stored(call: Call, row: dict[str, str], name: str) -> str | None:
    """The ARN of what is stored under ``name``. An operation that says the path makes a new one."""
    shape = moto_patches.service_model(call.service).operation_model(call.operation).input_shape
    if "stored" not in row or "Path" in shape.members:
        return None
    kept = getattr(moto_patches.iam(), row["stored"]).values()
    return next((str(each.arn) for each in kept if each.name == name), None)


def _named(call: Call, arn: str, value: str) -> str:
    path, others = call.get("Path", "/"), call.parameters
    value = value.removeprefix("https://") if "oidc-provider" in arn else value
    value = value.rpartition("function:")[2] if ":function:" in arn else value  # which may be an ARN itself
    return arn.format(value, **{**others, "path": path, "region": call.region, "account": call.account})


def condition_keys(call: Call) -> dict[str, Any]:
    """The condition keys of the service that the input of ``call`` gives."""
    keys = {
        key: call[member]
        for key, members in table()["keys"].items()
        for member, operations in members.items()
        if key.partition(":")[0] == call.service
        and call.operation in operations
        and member in call.parameters
    }
    return keys | tag_keys(call)


def tag_keys(call: Call) -> dict[str, Any]:
    """The tags that ``call`` sets or removes (IAM, "AWS global condition context keys")."""
    tags: dict[str, Any] = {}
    for member in ("Tags", "tags", "UserPoolTags", "IdentityPoolTags"):
        given = call.get(member, {})
        if isinstance(given, list):  # AWS's models do not require a key
            given = {row["Key"]: row.get("Value", "") for row in given if "Key" in row}
        tags |= given
    named = [*tags, *call.get("TagKeys", call.get("tagKeys", ()))]
    keys: dict[str, Any] = {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    return keys | ({"aws:TagKeys": named} if named else {})


def is_known_key(key: str, federated: bool) -> bool:
    """Whether the account knows the values of a condition key, whose name is compared without regard to case.

    Args:
        federated: The key stands in a trust policy that lets in somebody of an identity provider.
    """
    known = table()["known"]
    names = (
        known["absent"] + known["federated"] + ([] if federated else known["given"] + list(table()["keys"]))
    )
    return bool(PROVIDERS_KEY.fullmatch(key)) or any(
        key.lower().startswith(name.lower()) if name[-1] in "/:" else key.lower() == name.lower()
        for name in names
    )


def names_own_user(call: Call) -> bool:
    """Whether ``UserName`` was left out where IAM lets it; the caller's own is put in (API, "GetUser").

    Who holds a session of a role is judged as if they were a user of the session's name.
    """
    shape = moto_patches.service_model(call.service).operation_model(call.operation).input_shape
    if (
        call.service != "iam"
        or shape is None
        or "UserName" not in shape.members
        or "UserName" in call.parameters
    ):
        return False
    call.parameters["UserName"] = call.principal.user_name or call.principal.arn.rpartition("/")[2]
    return True


def check_is_user(call: Call) -> None:
    """Who means their own user must be one.

    Raises:
        AwsError: ``ValidationError``: a session of a role is none.
    """
    if call.principal.kind == "role":
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    if call.principal.kind == "root":
        raise OutsideTheLab(
            f"{call.operation} on the account's owner is not played by this lab (AWS has it): name a user."
        )
