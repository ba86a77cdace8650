"""A user's devices: confirmed, listed, remembered or not, forgotten; by the user, or by an administrator.

Source: ConfirmDevice and its neighbours in the API reference. That a user sees remembered devices alone, and
an administrator all of them, was measured.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import devices, model, srp
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.directory import User, to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.sign_in import challenges
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.errors import AwsError, invalid


@operation("cognito-idp", "ConfirmDevice")
def confirm_device(call: Call) -> dict[str, Any]:
    """The device of the access token becomes one of the user's; from now on it can show itself."""
    who = checking.user_of_access_token(call)
    device = confirmable(who.login.device, call["DeviceKey"])
    check_not_confirmed(device)
    config = call.get("DeviceSecretVerifierConfig", {})
    device.salt, device.verifier = number(config, "Salt"), check_verifier(number(config, "PasswordVerifier"))
    prompts = bool(who.pool.settings.get("DeviceConfiguration", {}).get("DeviceOnlyRememberedOnUserPrompt"))
    device.name, device.remembered = call.get("DeviceName", ""), not prompts
    who.user.devices[device.key] = device
    return {"UserConfirmationNecessary": prompts}


def confirmable(device: Device | None, key: str) -> Device:
    """The new device of this sign-in. After a password that was sent there is a key, but none to confirm.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if device is None or device.key != key or not device.by_srp:
        raise invalid("Invalid device key given.")
    return device


def check_not_confirmed(device: Device) -> None:
    if device.verifier:
        raise AwsError("DeviceKeyExistsException", "Device key already exists.")


def number(config: Mapping[str, str], member: str) -> int:
    """A number of DeviceSecretVerifierConfig, which is the Base64 of its octets."""
    try:
        return int.from_bytes(base64.b64decode(config[member], validate=True), "big")
    except (KeyError, ValueError):
        raise invalid(f"Invalid {member} in the device secret verifier config.") from None


def check_verifier(verifier: int) -> int:
    """A number modulo N; with a multiple of N anybody would arrive at the key."""
    if not 0 < verifier < srp.GROUP:
        raise invalid("Invalid PasswordVerifier in the device secret verifier config.")
    return verifier


@operation("cognito-idp", "GetDevice")
@operation("cognito-idp", "AdminGetDevice")
def get_device(call: Call) -> dict[str, Any]:
    return {"Device": describe(devices.find(visible(call), call["DeviceKey"]))}


@operation("cognito-idp", "ListDevices")
@operation("cognito-idp", "AdminListDevices")
def list_devices(call: Call) -> dict[str, Any]:
    shown, after = paginate(call, list(visible(call).values()), token="PaginationToken")
    return {"Devices": [describe(device) for device in shown], **after}


def visible(call: Call) -> Mapping[str, Device]:
    """The devices that the caller sees.

    Raises:
        AwsError: ``ResourceNotFoundException``: no such user. An administrator's two operations declare no
            other code.
    """
    if by_administrator(call):
        user = model.pool_in(call).people.find(call["Username"])
        if user is None:
            raise not_found("User does not exist.")
        return user.devices
    return {key: device for key, device in user_of(call).devices.items() if device.remembered}


def by_administrator(call: Call) -> bool:
    return call.operation.startswith("Admin")


def user_of(call: Call) -> User:
    """Whom the call names, or whose access token it has; two operations do not require that member."""
    if by_administrator(call):
        return model.user_in_admin_call(call)
    challenges.required(call.parameters, "AccessToken")
    return checking.user_of_access_token(call).user


def describe(device: Device) -> dict[str, Any]:
    """DeviceType."""
    status = "remembered" if device.remembered else "not_remembered"
    values = {"device_status": "valid", "device_name": device.name, "dev:device_remembered_status": status}
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in values.items() if value],
        "DeviceCreateDate": to_datetime(device.created),
        "DeviceLastModifiedDate": to_datetime(device.modified),
        "DeviceLastAuthenticatedDate": to_datetime(device.last_sign_in),
    }


@operation("cognito-idp", "ForgetDevice")
@operation("cognito-idp", "AdminForgetDevice")
def forget_device(call: Call) -> None:
    """Its refresh tokens end with it, since they need its key."""
    known = user_of(call).devices
    del known[devices.find(known, call["DeviceKey"]).key]


@operation("cognito-idp", "UpdateDeviceStatus")
@operation("cognito-idp", "AdminUpdateDeviceStatus")
def update_device_status(call: Call) -> dict[str, Any]:
    device = devices.find(user_of(call).devices, call["DeviceKey"])
    if status := call.get("DeviceRememberedStatus"):
        device.remembered, device.modified = status == "remembered", time.time()
    return {}
