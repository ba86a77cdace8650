"""Who signed a request: the account's owner, an IAM user, or a session of a role.

Also the keys they sign with, and the policies that stand on them in IAM.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.iam import policy_documents, questions
from cognito_lab.aws.iam.policies import IDENTITY, SESSION, Policy
from cognito_lab.aws.iam.questions import Document
from cognito_lab.errors import AwsError


@dataclass(frozen=True)
class Principal:
    """A caller that AWS knows.

    Attributes:
        kind: ``"root"`` (the owner of the account), ``"user"`` (an IAM user) or ``"role"`` (a session of a
            role).
        arn: What ``GetCallerIdentity`` answers: ``arn:aws:sts::…:assumed-role/<role>/<session>`` for a
            session.
        user_id: ``aws:userid``; for a session ``<role id>:<session name>``.
        role_arn: ARN of the role of a session, its path included.
        context: Condition keys of the session: ``cognito-identity.amazonaws.com:sub``,
            ``aws:PrincipalTag/…``.
    """

    kind: str
    arn: str
    account: str
    user_id: str
    access_key_id: str = ""
    role_name: str | None = None
    user_name: str | None = None
    session_policies: tuple[Any, ...] = ()
    context: dict[str, Any] = field(default_factory=dict)
    role_arn: str | None = None

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """By which names a ``Principal`` element may call the caller, the closest first.

        Who holds a session of a deleted role has none of its ARNs: a role of the same name is another one
        (IAM User Guide, "AWS JSON policy elements: Principal").
        """
        account = f"arn:aws:iam::{self.account}:root"
        if self.kind == "role" and self._role is None:
            return {"AWS": (self.user_id, account)}
        return {"AWS": tuple(name for name in (self.arn, self.role_arn, account) if name)}

    @property
    def _role(self) -> Any:
        """moto's role of a session, by its id; ``None`` when it was deleted."""
        return moto_patches.iam().roles.get(self.user_id.partition(":")[0])

    def policies(self) -> list[Policy]:
        """The identity-based policies in force now, inline and managed, of role or user and groups."""
        iam = moto_patches.iam()
        holders = [self._role] if self.kind == "role" and self._role is not None else []
        if self.user_name in iam.users:
            holders = [iam.users[self.user_name], *iam.get_groups_for_user(self.user_name)]
        return [policy for holder in holders for policy in _policies_on(holder)]

    def session_policy_list(self) -> list[Policy]:
        """The session policies; an empty list where the session was given none."""
        return [Policy(SESSION, "session policy", document) for document in self.session_policies]


def _policies_on(holder: Any) -> list[Policy]:
    inline = [Policy(IDENTITY, name, policy_documents.parsed(text)) for name, text in holder.policies.items()]
    return inline + [  # of a managed policy the default version counts
        Policy(IDENTITY, held.name, policy_documents.parsed(version.document))
        for held in holder.managed_policies.values()
        for version in held.versions
        if version.version_id == held.default_version_id
    ]


# -- keys ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """What AWS knows about an access key id. ``session_token`` and ``expiration`` only for temporary ones."""

    secret: str
    principal: Principal
    session_token: str | None = None
    expiration: datetime | None = None


def _long_term_id() -> str:
    return "AKIA" + randomness.text(16, string.ascii_uppercase + string.digits)


@dataclass
class OwnerKeys:
    """The key pair of the account's owner, made by chance: a learner's real key never comes in here."""

    access_key_id: str = field(default_factory=_long_term_id)
    secret_access_key: str = field(default_factory=lambda: randomness.text(40))


def owner_keys() -> OwnerKeys:
    """The owner's key pair in the account that is running; ``Lab`` keeps one for the whole kernel."""
    return moto_patches.account_state(OwnerKeys)


def key_by_id(access_key_id: str) -> Key | None:
    """The key with this id, or ``None`` if the account has none (or it was made inactive)."""
    return next((key for look in KINDS_OF_KEYS if (key := look(access_key_id)) is not None), None)


# Further key pairs of the owner, id → secret: while the account is served to other programs, test/test.
EXTRA_ROOT_KEYS: dict[str, str] = {}


def _owners_key(access_key_id: str) -> Key | None:
    keys = owner_keys()
    pairs = {**EXTRA_ROOT_KEYS, keys.access_key_id: keys.secret_access_key}
    if access_key_id not in pairs:
        return None
    account = moto_patches.ACCOUNT
    return Key(
        pairs[access_key_id],
        Principal("root", f"arn:aws:iam::{account}:root", account, account, access_key_id),
    )


def _sessions_key(access_key_id: str) -> Key | None:
    from cognito_lab.aws.sts import role_sessions

    session = role_sessions.session_by_key_id(access_key_id)
    if session is None:
        return None
    principal = Principal(
        "role",
        session.arn,
        moto_patches.ACCOUNT,
        session.user_id,
        access_key_id,
        role_name=session.role_name,
        session_policies=tuple(session.session_policies),
        context=dict(session.context),
        role_arn=session.role_arn,
    )
    return Key(session.secret_access_key, principal, session.session_token, session.expiration)


def _users_key(access_key_id: str) -> Key | None:
    for user in moto_patches.iam().users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key_id and key.status == "Active":
                principal = Principal(
                    "user", user.arn, moto_patches.ACCOUNT, user.id, access_key_id, user_name=user.name
                )
                return Key(key.secret_access_key, principal)
    return None


def by_arn(arn: str) -> Principal | None:
    """An IAM user, or a session of a role of whose holder nothing is known; ``None`` if there is neither."""
    iam, account = moto_patches.iam(), moto_patches.ACCOUNT
    for user in (user for user in iam.users.values() if user.arn == arn):
        return Principal("user", arn, account, user.id, user_name=user.name)
    for role in (role for role in iam.roles.values() if role.arn == arn):
        session = f"arn:aws:sts::{account}:assumed-role/{role.name}/somebody"
        return Principal("role", session, account, f"{role.id}:somebody", role_arn=arn)
    return None


def check_named(document: Document, code: str = "MalformedPolicyDocument") -> None:
    """Whom a policy names must exist when it is saved (IAM, "AWS JSON policy elements: Principal").

    Raises:
        AwsError: ``MalformedPolicyDocument`` (S3 says ``MalformedPolicy``: pass ``code``).
    """
    for statement in questions.as_list(document["Statement"]):
        for element in (statement.get("Principal"), statement.get("NotPrincipal")):
            for name in questions.as_list(element.get("AWS")) if isinstance(element, dict) else ():
                if not exists(name):
                    told = "" if code == "MalformedPolicy" else f': "AWS":"{name}"'
                    raise AwsError(code, f"{policy_documents.INVALID_PRINCIPAL}{told}")


def exists(name: str) -> bool:
    """Whether a principal of this account is there. Of other accounts the lab knows nothing."""
    parts = name.split(":", 5)
    if len(parts) < 6 or parts[4] != moto_patches.ACCOUNT or parts[5] == "root":
        return True
    kind, _, path = parts[5].partition("/")
    if kind == "assumed-role":  # a session is named in advance; its role exists
        return path.partition("/")[0] in {role.name for role in moto_patches.iam().roles.values()}
    return kind == "federated-user" or by_arn(name) is not None


KINDS_OF_KEYS: tuple[Callable[[str], Key | None], ...] = (_owners_key, _sessions_key, _users_key)
