"""The trigger of inbound federation: a function sees what a provider says, before it is mapped to attributes.

Source: "Inbound federation Lambda trigger", as far as the types of its events are published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.aws.user_pools.triggers import invoking

Parts = Mapping[str, Mapping[str, Any]]  # tokenResponse, idToken and userInfo, or samlResponse


def transformed(
    client: AppClient, name: str, kind: str, parts: Parts, claims: Mapping[str, Any], subject: str
) -> Mapping[str, Any]:
    """What is to be mapped: what the function returns in place of all, or ``claims`` if it returns nothing.

    The ``subject`` stays what the provider says.
    """
    attributes = {
        part: {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}
        for part, values in parts.items()
    }
    request = {"providerName": name, "providerType": kind, "attributes": attributes}
    response = invoking.run(
        client.pool, "InboundFederation", "ExternalProvider", request,
        username=f"{name}_{subject}", client=client,
    )  # fmt: skip
    return (response or {}).get("userAttributesToMap") or claims
