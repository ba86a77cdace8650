"""A remembered device with pycognito: confirmed, and then shown in place of the second factor.

ConfirmDevice goes to AWS's own address, whatever endpoint is set; so this needs the proxy of serve --https.
"""

import json
import os

import boto3
import pyotp
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import SoftwareTokenMFAChallengeException

made = json.loads(os.environ["MADE"])["remembering"]
idp = boto3.client("cognito-idp")


def sign_in(**device):
    """AuthenticationResult, or the name of the refusal."""
    person = ("ines", "Tide-pools-2026!", made["pool"], made["app"]["id"])
    mine = AWSSRP(*person, client=idp, **device)
    try:
        return mine, mine.authenticate_user()
    except ClientError as error:
        return mine, error.response["Error"]["Code"]
    except SoftwareTokenMFAChallengeException as error:
        return mine, type(error).__name__


def look():
    laptop, tokens = sign_in()
    answer, password = laptop.confirm_device(tokens, "laptop")
    token = tokens["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(idp.associate_software_token(AccessToken=token)["SecretCode"])
    idp.verify_software_token(AccessToken=token, UserCode=app.now())
    wanted = {"Enabled": True, "PreferredMfa": True}
    idp.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=wanted)
    device = {"device_key": laptop.device_key, "device_group_key": laptop.device_group_key}
    _, there = sign_in(**device, device_password=password)
    seen = {
        "confirmed": answer.json(),
        "elsewhere": sign_in()[1],
        "on the device": there["AuthenticationResult"]["TokenType"],
        "who has the key alone": sign_in(**device, device_password="another")[1],
    }
    laptop.forget_device(there["AuthenticationResult"]["AccessToken"], laptop.device_key)
    return seen | {"when it is forgotten": sign_in(**device, device_password=password)[1]}
