"""Sessions of a role: temporary credentials in three parts, and what is known about who holds them.

moto's STS makes and keeps the credentials. What it has no place for hangs beside them: the session
policies, and the condition keys that the session carries into every request (IAM page "Temporary
security credentials").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.expiring import Expiring


@dataclass(frozen=True)
class RoleSession:
    """One session of a role.

    The credentials have three parts; the access key id starts with ``ASIA``, as all temporary ones do,
    and they end at ``expiration`` (UTC). ``arn`` and ``user_id`` are what ``GetCallerIdentity`` answers.
    ``session_policies`` are the documents that narrow the role, and ``context`` holds condition keys,
    for example ``cognito-identity.amazonaws.com:sub``.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime
    role_arn: str
    role_name: str
    session_name: str
    arn: str
    user_id: str
    session_policies: tuple[dict[str, Any], ...] = ()
    context: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The part of an answer that every AssumeRole operation of STS has."""
        return {
            "Credentials": {
                "AccessKeyId": self.access_key_id,
                "SecretAccessKey": self.secret_access_key,
                "SessionToken": self.session_token,
                "Expiration": self.expiration,
            },
            "AssumedRoleUser": {"AssumedRoleId": self.user_id, "Arn": self.arn},
        }


class SessionsByKey(Expiring[RoleSession]):
    """Sessions by access key id; what moto keeps of one is forgotten with it."""

    kept = 86400

    def end(self, entry: RoleSession) -> float:
        return entry.expiration.timestamp()

    def forget(self) -> list[Any]:
        over = super().forget()
        moto_patches.forget_temporary_keys(set(over))
        return over


@dataclass
class Sessions:
    """All sessions of the account, by access key id."""

    by_key: SessionsByKey = field(default_factory=SessionsByKey)


def start_session(
    role_arn: str,
    session_name: str,
    duration_seconds: int,
    *,
    session_policies: Sequence[dict[str, Any]] = (),
    context: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> RoleSession:
    """Begin a session of an existing role. Whoever calls this has decided that it may begin.

    Session ``tags`` become the condition keys ``aws:PrincipalTag/<key>``.
    """
    issued = datetime.now(UTC).replace(microsecond=0)
    own = {"aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ")}
    own |= {f"aws:PrincipalTag/{key}": value for key, value in (tags or {}).items()}
    made = moto_patches.sts().assume_role("us-east-1", session_name, role_arn, "", duration_seconds, "")
    session = RoleSession(
        access_key_id=made.access_key_id,
        secret_access_key=made.secret_access_key,
        session_token=made.session_token,
        expiration=issued + timedelta(seconds=duration_seconds),
        role_arn=role_arn,
        role_name=role_arn.rpartition("/")[2],
        session_name=session_name,
        arn=made.arn,
        user_id=made.user_id,
        session_policies=tuple(session_policies),
        context={**(context or {}), **own},
    )
    moto_patches.account_state(Sessions).by_key[session.access_key_id] = session
    return session


def session_by_key_id(access_key_id: str) -> RoleSession | None:
    """The session with this access key id, expired or not; ``None`` when there never was one, or long ago."""
    return moto_patches.account_state(Sessions).by_key.get(access_key_id)
