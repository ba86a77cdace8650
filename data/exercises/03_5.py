"""Mara signs in with her right password, each time through another app client. The text before
the colon says what the app client lists and has, the text after it how she signs in. Does she get in? Write `True`
or `False`.
"""

import boto3

from cognito_lab.aws.user_pools import client_secrets, model
from cognito_lab.lessons.srp_sign_in import sign_in_by_srp
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Does the app client let her in?", False, 1, 2
expected = "five times True or False; the check makes the app clients, and signs in."
hint = "A list names everything that is allowed. Without a list, the plain password is missing."
scene = "members"

name = "lets_her_in"
stub = {
    "no list: by SRP": None,
    "no list: by password": None,
    "ALLOW_USER_PASSWORD_AUTH: by SRP": None,
    "ALLOW_USER_PASSWORD_AUTH, a secret: by password, with the secret hash of ben": None,
    "ALLOW_USER_PASSWORD_AUTH, no secret: by password, with the secret hash of another app client": None,
}
solution = {
    "no list: by SRP": True,
    "no list: by password": False,
    "ALLOW_USER_PASSWORD_AUTH: by SRP": False,
    "ALLOW_USER_PASSWORD_AUTH, a secret: by password, with the secret hash of ben": False,
    "ALLOW_USER_PASSWORD_AUTH, no secret: by password, with the secret hash of another app client": False,
}


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        code = refusal_of(lambda line=line: sign_in(line, scene))
        came = f"she is refused, {code}" if code else "she gets in"
        expect(said != bool(code), f"“{line}”: the check made this sign-in, and {came}.")


def sign_in(line, scene):
    """The sign-in of a ``line``."""
    user_pools, (kind, _, way) = boto3.client("cognito-idp"), line.partition(": ")
    listed = {"ExplicitAuthFlows": [kind.partition(",")[0]]} if "ALLOW" in kind else {}
    given = {"UserPoolId": scene.pool, "ClientName": "app"}
    other = user_pools.create_user_pool_client(**given, GenerateSecret=True)["UserPoolClient"]
    made = user_pools.create_user_pool_client(**given, **listed, GenerateSecret="a secret" in kind)
    client = made["UserPoolClient"]["ClientId"]
    if way == "by SRP":
        return sign_in_by_srp(user_pools, scene.pool, client, "mara", scene.password)
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    if "hash" in way:
        whose, of = (client, "ben") if "ben" in way else (other["ClientId"], "mara")
        person["SECRET_HASH"] = client_secrets.secret_hash(model.registry().clients[whose], of)
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
    return user_pools.initiate_auth(**flow, AuthParameters=person)


LINES = list(stub)
wrong_srp_needs_a_list = {**solution, LINES[0]: False}, "“no list: by SRP”: the check"
wrong_everything_by_default = {**solution, LINES[1]: True}, "“no list: by password”: the check"
wrong_srp_is_always_there = {**solution, LINES[2]: True}, "AUTH: by SRP”: the check"
wrong_any_hash = {**solution, LINES[3]: True}, "hash of ben”: the check"
wrong_hash_does_not_matter = {**solution, LINES[4]: True}, "another app client”: the check"
wrong_half_done = {**solution, LINES[4]: None}, "write True or False"
