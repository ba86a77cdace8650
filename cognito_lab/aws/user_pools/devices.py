"""Devices that a pool remembers: the key of each, and what it shows to be known again.

Source: "Working with user devices in your user pool"; DeviceConfigurationType in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.user_pools.errors import not_found

Settings = Mapping[str, Any]  # of a user pool


@dataclass
class Device:
    """A device that a user signed in on; it is the user's once it is confirmed. Times in seconds since 1970.

    ``salt`` and ``verifier`` are for SRP: the device alone has the password. ``by_srp``: the password of the
    user was proved by SRP, else the device cannot be confirmed.
    """

    key: str
    group: str
    by_srp: bool
    name: str = ""
    salt: int = 0
    verifier: int = 0
    remembered: bool = False
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    last_sign_in: float = field(default_factory=time.time)


def tracks(settings: Settings) -> bool:
    """Whether each sign-in through the API brings the key of a device."""
    return bool(settings.get("DeviceConfiguration"))


def replaces_second_factor(settings: Settings) -> bool:
    return bool(settings["DeviceConfiguration"].get("ChallengeRequiredOnNewDevice"))


def new(region: str, by_srp: bool) -> Device:
    return Device(f"{region}_{randomness.uuid4()}", f"-{randomness.text(8)}", by_srp)


def find(known: Mapping[str, Device], key: str) -> Device:
    """The device of this key among those that a user has confirmed and not forgotten.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    if key not in known:
        raise not_found("Device does not exist.")
    return known[key]


def remembered(settings: Settings, known: Mapping[str, Device], key: str | None) -> Device | None:
    """The device of a DEVICE_KEY. One that is not remembered counts as if it had not been named.

    Raises:
        AwsError: ``ResourceNotFoundException``: the user has no such device. (Client libraries repeat the
            same answer without the key then.)
    """
    if not key or not tracks(settings):
        return None
    device = find(known, key)
    return device if device.remembered else None
