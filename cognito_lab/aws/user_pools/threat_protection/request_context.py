"""From where a request of a user comes: the network and the device.

Source: "Working with adaptive authentication" (adding user device and session data to API requests).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from cognito_lab.aws.user_pools.model import AppClient
from cognito_lab.network import exchanges
from cognito_lab.protocols import json_texts

HERE = "127.0.0.1"  # whoever calls the lab is on this machine
NETWORK_BITS = {4: 24, 6: 48}  # what usually belongs to one household or company


@dataclass(frozen=True)
class Context:
    """The ``address`` of a request (None: not told), and its ``device`` (empty: not told)."""

    address: IPv4Address | IPv6Address | None
    device: str
    device_name: str
    timezone: str

    @property
    def network(self) -> str:
        """The network of the address; empty without one."""
        if self.address is None:
            return ""
        return str(ip_network(f"{self.address}/{NETWORK_BITS[self.address.version]}", strict=False))


UNKNOWN = Context(None, "", "", "")


def of_request(client: AppClient) -> Context:
    """The context of the request being played.

    A server that signs in for its users tells it in ``ContextData``. In a public call ``UserContextData`` has
    it; its address counts only from an app client with a secret and EnablePropagateAdditionalUserContextData,
    and else that of the caller does. Without ``EncodedData`` the device is known by its ``User-Agent``.
    """
    exchange = exchanges.current_exchange()
    given = exchange.details.get("parameters") or {}
    if exchange.operation.startswith("Admin"):
        told = given.get("ContextData") or {}
        address, headers = told.get("IpAddress") or "", told.get("HttpHeaders") or []
        sent = {str(one.get("headerName")).lower(): one.get("headerValue") for one in headers}
        agent = sent.get("user-agent")
    else:
        told = given.get("UserContextData") or {}
        trusted = client.secret and client.settings["EnablePropagateAdditionalUserContextData"]
        address = (told.get("IpAddress") if trusted else "") or HERE
        agent = exchanges.current_request().headers.get("user-agent")
    data = device_data(told.get("EncodedData") or "")
    name = data.get("DeviceName") or data.get("UserAgent") or agent or ""
    return Context(parse_address(address), data.get("DeviceId") or name, name, data.get("ClientTimezone", ""))


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address; None, if ``text`` is none, or has a zone, which only one machine knows."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def device_data(encoded: str) -> Mapping[str, str]:
    """What ``EncodedData`` says of the device; nothing, where it cannot be read.

    AWS's libraries make it in the browser or on the phone: Base64 of a JSON object, whose ``payload`` is the
    text of another one, with ``contextData``. How AWS reads it is not public, nor what its signature proves:
    the lab reads ``contextData`` and looks at no signature.
    """
    try:
        outer = json_texts.read_once(base64.b64decode(encoded))
        found = json_texts.read_once(outer["payload"])["contextData"]
        return {str(name): value for name, value in found.items() if isinstance(value, str)}
    except (ValueError, TypeError, LookupError, AttributeError):
        return {}
