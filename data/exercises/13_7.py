"""Rook has changed his address to Mara's, as in 13.8. Tidepool changes one thing. Does he still get Mara's order from
the page? Write `True` or `False` for each line. A change of the pool is made before Rook changes his address.
"""

import boto3

from cognito_lab import show_token
from cognito_lab.practice.checks import expect, id_token

title, core, difficulty, minutes = "What stops the wrong Mara?", False, 1, 2
expected = "four times True or False; the check plays Rook and the page four times."
hint = "What do `email` and `email_verified` in Rook's ID token say after he has changed his address?"
scene = "left_open"

name = "gets"
stub = {
    "the page compares addresses letter by letter": None,
    "the page ignores addresses that are not verified": None,
    "the pool keeps the old address until the code comes": None,
    "the page goes by cognito:username": None,
}
solution = {
    "the page compares addresses letter by letter": True,
    "the page ignores addresses that are not verified": False,
    "the pool keeps the old address until the code comes": False,
    "the page goes by cognito:username": False,
}
BECAUSE = [
    "he writes the address exactly as Mara does.",
    "a new address counts as not verified until its code comes.",
    "the code goes to Mara, so he keeps his own address.",
    "he changes his address, and not his username. (A username is free again after its owner is deleted.)",
]


def check(answer, scene, lab):
    mara = show_token(id_token(scene, "mara")).claims
    waiting, changed = claims_of_rook(scene, ["email"]), claims_of_rook(scene, [])
    plays = [
        changed["email"] == mara["email"],
        changed["email"] == mara["email"] and changed["email_verified"],
        waiting["email"] == mara["email"],
        changed["cognito:username"] == mara["cognito:username"],
    ]
    for line, really, because in zip(stub, plays, BECAUSE, strict=True):
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(said == really, f"“{line}”: the check has played it; {because}")


def claims_of_rook(scene, first):
    """What Rook's ID token says after he has changed his address, where `first` wait for their code."""
    user_pools = boto3.client("cognito-idp")
    settings = {"AttributesRequireVerificationBeforeUpdate": first}
    user_pools.update_user_pool(
        UserPoolId=scene.pool, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=settings
    )
    person = {"USERNAME": "rook", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    token = user_pools.initiate_auth(**flow)["AuthenticationResult"]["AccessToken"]
    new = [{"Name": "email", "Value": "mara@tidepool.example"}]
    user_pools.update_user_attributes(AccessToken=token, UserAttributes=new)
    return show_token(id_token(scene, "rook")).claims


LINES = list(stub)
wrong_letters = {**solution, LINES[0]: False}, "exactly as Mara does"
wrong_verified = {**solution, LINES[1]: True}, "counts as not verified"
wrong_waits = {**solution, LINES[2]: True}, "so he keeps his own address"
wrong_username = {**solution, LINES[3]: True}, "and not his username"
wrong_half_done = {**solution, LINES[3]: None}, "write True or False"
