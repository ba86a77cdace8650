"""Mara signs in by SRP. Which of these values travel between her app and the user pool, in one direction or the other?
Write `True` or `False`.
"""

import base64
import hashlib
import hmac
import json
from unittest.mock import patch

import boto3

from cognito_lab.aws.user_pools import srp
from cognito_lab.lessons import srp_sign_in
from cognito_lab.practice.checks import expect, watched

title, core, difficulty, minutes = "What travels?", False, 1, 2
expected = "six times True or False; the check signs in, and looks for each value in the messages."
hint = "Each side keeps a secret of its own. What can one side not know unless the other side sends it?"
scene = "members"

name = "travels"
stub = {
    "A": None,
    "a": None,
    "the salt": None,
    "a hash of the password": None,
    "the signature": None,
    "the shared key": None,
}
solution = {
    "A": True,
    "a": False,
    "the salt": True,
    "a hash of the password": False,
    "the signature": True,
    "the shared key": False,
}


def check(answer, scene, lab):
    values, messages = sign_in(scene)
    for what, value in values.items():
        expect(isinstance(answer.get(what), bool), f"“{what}”: write True or False.")
        found = any(form in messages for form in (value, value.hex().encode(), base64.b64encode(value)))
        came = "found it" if found else "did not find it"
        expect(answer[what] == found, f"“{what}”: the check looked into the messages, and {came}.")


def sign_in(scene):
    """The values of one sign-in by SRP, and all its messages."""
    user_pools, secret = boto3.client("cognito-idp"), 7**90
    made = {"UserPoolId": scene.pool, "ClientName": "page"}
    client = user_pools.create_user_pool_client(**made)["UserPoolClient"]["ClientId"]
    with watched() as calls, patch.object(srp_sign_in.secrets, "randbits", lambda bits: secret):
        srp_sign_in.sign_in_by_srp(user_pools, scene.pool, client, "mara", scene.password)
    given = json.loads(calls[0].response.body)["ChallengeParameters"]
    claim = json.loads(calls[1].request.body)["ChallengeResponses"]
    name = srp.full_name(scene.pool, "mara")
    key = srp_sign_in.shared_key(given, name, scene.password, secret)
    text = name.encode() + base64.b64decode(given["SECRET_BLOCK"]) + claim["TIMESTAMP"].encode()
    values = {
        "A": f"{pow(srp.GENERATOR, secret, srp.GROUP):x}".encode(),
        "a": f"{secret:x}".encode(),
        "the salt": given["SALT"].encode(),
        "a hash of the password": hashlib.sha256(scene.password.encode()).digest(),
        "the signature": hmac.digest(key, text, "sha256"),
        "the shared key": key,
    }
    return values, b"".join(call.request.body + call.response.body for call in calls)


wrong_nothing_of_the_app = {**solution, "A": False}, "“A”: the check looked"
wrong_secret = {**solution, "a": True}, "“a”: the check looked"
wrong_salt_is_secret = {**solution, "the salt": False}, "“the salt”: the check looked"
wrong_hash_in_place_of_the_password = (
    {**solution, "a hash of the password": True},
    "“a hash of the password”: the",
)
wrong_key = {**solution, "the shared key": True}, "“the shared key”: the check looked"
wrong_half_done = {**solution, "the signature": None}, "write True or False"
