"""May somebody do something? The question that is put to policies, and the parts of a policy document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
Statement = dict[str, Any]


@dataclass(frozen=True)
class AccessQuestion:
    """May ``principal`` do ``action`` on ``resource``?

    Attributes:
        action, resource: ``"s3:GetObject"`` and an ARN; ``"*"`` where an action has no resource.
        principal: The names by which a ``Principal`` element may call the asker, by kind: ``{"AWS": (session
            ARN, role ARN)}``, ``{"Federated": "cognito-identity.amazonaws.com"}``; empty for someone unknown.
        context: Condition keys and their values; a list is a key of several values.
    """

    action: str
    resource: str = "*"
    principal: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> list[str] | None:
        """The values of a condition key, whose name is compared without regard to case."""
        found = next((value for name, value in self.context.items() if name.lower() == key.lower()), None)
        if found is None:
            return None
        return (
            [as_text(item) for item in found] if isinstance(found, (list, tuple, set)) else [as_text(found)]
        )


def as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
