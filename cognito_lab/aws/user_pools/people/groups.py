"""Groups: who is in which, and which IAM role comes of it.

Source: "Adding groups to a user pool". A group's role gives nothing by itself: an identity pool reads it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User, to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.errors import AwsError

WORST = 2**31  # a group without a precedence stands behind all that have one


@dataclass
class Group:
    """One group; ``precedence`` 0 is the best, ``None`` the worst. Members by ``sub``, oldest first."""

    name: str
    pool_id: str
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None
    members: dict[str, User] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    @property
    def rank(self) -> int:
        return WORST if self.precedence is None else self.precedence

    def describe(self) -> dict[str, Any]:
        """GroupType."""
        members = {
            "GroupName": self.name, "UserPoolId": self.pool_id, "Description": self.description,
            "RoleArn": self.role_arn, "Precedence": self.precedence,
            "CreationDate": to_datetime(self.created), "LastModifiedDate": to_datetime(self.modified),
        }  # fmt: skip
        return {name: value for name, value in members.items() if value is not None}


@dataclass
class Groups:
    """The groups of one pool, and the groups of each user by ``sub``."""

    by_name: dict[str, Group] = field(default_factory=dict)
    of: dict[str, dict[str, Group]] = field(default_factory=dict)


def _groups(pool: UserPool) -> Groups:
    return moto_patches.state_of(pool, Groups)


def of_user(pool: UserPool, user: User) -> list[Group]:
    """The user's groups, best precedence first."""
    return sorted(_groups(pool).of.get(user.sub, {}).values(), key=lambda group: (group.rank, group.name))


def roles(membership: Sequence[Group]) -> list[str]:
    """``cognito:roles``: the roles of all groups, each once."""
    return list(dict.fromkeys(group.role_arn for group in membership if group.role_arn))


def preferred_role(membership: Sequence[Group]) -> str | None:
    """``cognito:preferred_role``: that of the best precedence; none if two best groups differ."""
    with_role = [group for group in membership if group.role_arn]
    best = {group.role_arn for group in with_role if group.rank == min(other.rank for other in with_role)}
    return best.pop() if len(best) == 1 else None


def join(pool: UserPool, user: User, name: str, description: str) -> None:
    """Put ``user`` in the group of this name, which is made if there is none."""
    group = _groups(pool).by_name.setdefault(name, Group(name, pool.id, description))
    group.members[user.sub] = user
    _groups(pool).of.setdefault(user.sub, {})[name] = group


def leave_all(pool: UserPool, user: User) -> None:
    """A deleted user is in no group."""
    for group in _groups(pool).of.pop(user.sub, {}).values():
        del group.members[user.sub]


def _find(call: Call) -> tuple[UserPool, Group]:
    pool = model.pool_in(call)
    group = _groups(pool).by_name.get(call["GroupName"])
    if group is None:
        raise not_found("Group not found.")
    return pool, group


@operation("cognito-idp", "CreateGroup")
def create_group(call: Call) -> dict[str, Any]:
    pool = model.pool_in(call)
    if call["GroupName"] in _groups(pool).by_name:
        raise AwsError("GroupExistsException", "A group with the name already exists.")
    group = Group(
        call["GroupName"], pool.id, call.get("Description"), call.get("RoleArn"), call.get("Precedence")
    )
    _groups(pool).by_name[group.name] = group
    return {"Group": group.describe()}


@operation("cognito-idp", "GetGroup")
def get_group(call: Call) -> dict[str, Any]:
    return {"Group": _find(call)[1].describe()}


@operation("cognito-idp", "UpdateGroup")
def update_group(call: Call) -> dict[str, Any]:
    _, group = _find(call)
    group.description = call.get("Description", group.description)
    group.role_arn = call.get("RoleArn", group.role_arn)
    group.precedence = call.get("Precedence", group.precedence)
    group.modified = time.time()
    return {"Group": group.describe()}


@operation("cognito-idp", "DeleteGroup")
def delete_group(call: Call) -> None:
    pool, group = _find(call)
    for sub in group.members:
        del _groups(pool).of[sub][group.name]
    del _groups(pool).by_name[group.name]


@operation("cognito-idp", "ListGroups")
def list_groups(call: Call) -> dict[str, Any]:
    return _listed(call, list(_groups(model.pool_in(call)).by_name.values()))


@operation("cognito-idp", "AdminListGroupsForUser")
def admin_list_groups_for_user(call: Call) -> dict[str, Any]:
    return _listed(call, of_user(model.pool_in(call), model.user_in_admin_call(call)))


def _listed(call: Call, found: Sequence[Group]) -> dict[str, Any]:
    found, after = paginate(call, found)
    return {"Groups": [group.describe() for group in found], **after}


@operation("cognito-idp", "ListUsersInGroup")
def list_users_in_group(call: Call) -> dict[str, Any]:
    _, group = _find(call)
    members, after = paginate(call, list(group.members.values()))
    return {"Users": [user.describe() for user in members], **after}


@operation("cognito-idp", "AdminAddUserToGroup")
def admin_add_user_to_group(call: Call) -> None:
    (pool, group), user = _find(call), model.user_in_admin_call(call)
    group.members[user.sub] = user
    _groups(pool).of.setdefault(user.sub, {})[group.name] = group


@operation("cognito-idp", "AdminRemoveUserFromGroup")
def admin_remove_user_from_group(call: Call) -> None:
    (pool, group), user = _find(call), model.user_in_admin_call(call)
    group.members.pop(user.sub, None)
    _groups(pool).of.get(user.sub, {}).pop(group.name, None)
