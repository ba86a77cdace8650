"""Leaked passwords are blocked in this pool. In which of these calls is a leaked password refused? Write `True` or
`False` for each.
"""

import boto3

from cognito_lab import sign_in_by_srp
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Does the pool see it?", False, 1, 2
expected = "five times True or False; the check makes the five calls."
hint = "Does the password travel to the pool, and did a user send it?"
scene = "members"

name = "is_refused"
stub = {
    "a user signs up with it": None,
    "a user changes to it (ChangePassword)": None,
    "a user signs in by USER_PASSWORD_AUTH": None,
    "a user signs in by USER_SRP_AUTH": None,
    "an administrator sets it": None,
}
solution = {
    "a user signs up with it": True,
    "a user changes to it (ChangePassword)": True,
    "a user signs in by USER_PASSWORD_AUTH": True,
    "a user signs in by USER_SRP_AUTH": False,
    "an administrator sets it": False,
}
BECAUSE = [
    "a new user sends the password, and the pool looks it up.",
    "the new password travels to the pool like any other.",
    "in this flow the password itself is sent.",
    "the password stays in the app; a proof travels.",
    "what an administrator sets is not looked up.",
]
LEAKED = "Tidepool-2026!"


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    enforced = {"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}, "UserPoolTier": "PLUS"}
    user_pools.update_user_pool(UserPoolId=scene.pool, AutoVerifiedAttributes=["email"], **enforced)
    block = {"CompromisedCredentialsRiskConfiguration": {"Actions": {"EventAction": "BLOCK"}}}
    user_pools.set_risk_configuration(UserPoolId=scene.pool, **block)
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    user_pools.update_user_pool_client(UserPoolId=scene.pool, ClientId=scene.client, ExplicitAuthFlows=flows)
    for (line, call), because in zip(calls(user_pools, scene).items(), BECAUSE, strict=True):
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(said == bool(refusal_of(call)), f"“{line}”: the check has made the call; {because}")


def calls(user_pools, scene):
    """Each line as a call; the sign-ins are those of people for whom an administrator set the password."""

    def sign_in(username, password=LEAKED):
        person = {"USERNAME": username, "PASSWORD": password}
        flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
        return user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]

    def set_by_administrator(username):
        person = {"UserPoolId": scene.pool, "Username": username}
        user_pools.admin_set_user_password(**person, Password=LEAKED, Permanent=True)

    def sign_up():
        user_pools.sign_up(ClientId=scene.client, Username="aiko", Password=LEAKED)

    def change():
        changed = {"PreviousPassword": scene.password, "ProposedPassword": LEAKED}
        user_pools.change_password(AccessToken=sign_in("mara", scene.password)["AccessToken"], **changed)

    def sign_in_by_password():
        set_by_administrator("ben")
        sign_in("ben")

    def sign_in_by_proof():
        set_by_administrator("ines")
        sign_in_by_srp(user_pools, scene.pool, scene.client, "ines", LEAKED)

    made = [sign_up, change, sign_in_by_password, sign_in_by_proof, lambda: set_by_administrator("ines")]
    return dict(zip(stub, made, strict=True))


LINES = list(stub)
wrong_sign_up = {**solution, LINES[0]: False}, "a new user sends the password"
wrong_change = {**solution, LINES[1]: False}, "travels to the pool like any other"
wrong_password_flow = {**solution, LINES[2]: False}, "the password itself is sent"
wrong_srp = {**solution, LINES[3]: True}, "the password stays in the app"
wrong_administrator = {**solution, LINES[4]: True}, "is not looked up"
wrong_half_done = {**solution, LINES[4]: None}, "write True or False"
