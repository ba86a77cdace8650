"""What threat protection does in a pool, or for one of its app clients.

Source: SetRiskConfiguration and DescribeRiskConfiguration in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import to_datetime
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

OFF, AUDIT, ENFORCED = "OFF", "AUDIT", "ENFORCED"
PARTS = (
    "CompromisedCredentialsRiskConfiguration", "AccountTakeoverRiskConfiguration",
    "RiskExceptionConfiguration",
)  # fmt: skip
SOURCES = ["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"]


class RiskConfigurations(dict[str, dict[str, Any]]):
    """The configurations of a pool by id of app client; the pool's own by the empty text."""


def mode(pool: UserPool) -> str:
    return str(pool.settings.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", OFF))


def is_enforced(pool: UserPool) -> bool:
    """Whether threat protection acts, and does not only write down."""
    return mode(pool) == ENFORCED


def check_add_on(pool: UserPool) -> None:
    if mode(pool) == OFF:
        raise AwsError("UserPoolAddOnNotEnabledException", "Threat protection is not on in this user pool.")


def in_force(client: AppClient, part: str) -> dict[str, Any]:
    """A ``part`` of the configuration for ``client``: of its own configuration, or else of the pool's.

    Where nothing is configured, nothing is done. (AWS does not say what an enforced pool does then.)
    """
    stored = moto_patches.state_of(client.pool, RiskConfigurations)
    found: dict[str, Any] = stored.get(client.id, stored.get("", {})).get(part, {})
    return found


def covers(ranges: Iterable[str], address: Any) -> bool:
    """Whether one of the ranges, in CIDR notation, contains the address."""
    return address is not None and any(address in ip_network(one, strict=False) for one in ranges)


@operation("cognito-idp", "SetRiskConfiguration")
def set_risk_configuration(call: Call) -> dict[str, Any]:
    """Replaces what was configured; with nothing but ids, goes back to the default."""
    pool, owner = configured_by(call)
    given = {part: call[part] for part in PARTS if call.get(part) is not None}
    check_ranges(given.get("RiskExceptionConfiguration", {}))
    check_links(given.get("AccountTakeoverRiskConfiguration", {}).get("NotifyConfiguration", {}))
    if leaked := given.get("CompromisedCredentialsRiskConfiguration"):
        given["CompromisedCredentialsRiskConfiguration"] = {"EventFilter": SOURCES, **leaked}
    stored = moto_patches.state_of(pool, RiskConfigurations)
    stored.pop(owner, None)
    if given:
        stored[owner] = {**given, "LastModifiedDate": to_datetime(time.time())}
    return {"RiskConfiguration": describe(pool, owner)}


@operation("cognito-idp", "DescribeRiskConfiguration")
def describe_risk_configuration(call: Call) -> dict[str, Any]:
    return {"RiskConfiguration": describe(*configured_by(call))}


def configured_by(call: Call) -> tuple[UserPool, str]:
    """The pool, and the id of the app client that the call names, if any.

    Raises:
        AwsError: ``UserPoolAddOnNotEnabledException``; ``ResourceNotFoundException``.
    """
    pool = model.pool_in(call)
    check_add_on(pool)
    return pool, model.client_in(call).id if call.get("ClientId") else ""


def describe(pool: UserPool, owner: str) -> dict[str, Any]:
    """RiskConfigurationType."""
    own = moto_patches.state_of(pool, RiskConfigurations).get(owner, {})
    return {"UserPoolId": pool.id, **({"ClientId": owner} if owner else {}), **own}


def check_ranges(exceptions: Mapping[str, list[str]]) -> None:
    """Addresses are named in CIDR notation.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    for text in (text for ranges in exceptions.values() for text in ranges):
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise invalid(f"{text} is not a valid range of IP addresses in CIDR notation.") from None


def check_links(notification: Mapping[str, Any]) -> None:
    """The links that give feedback with one click need a page that the lab does not have.

    Raises:
        OutsideTheLab: A template has one.
    """
    if "{one-click-link" in str(notification):
        text = "A message with one-click-link placeholders is not played by this lab (AWS has it)."
        raise OutsideTheLab(text)
