"""Ben signs in by `USER_AUTH`, and his app asks what is available. Is a code by e-mail (`EMAIL_OTP`) in the list? Write
`True` or `False`. His address is verified, unless the line says something else.
"""

import boto3
import pyotp

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Is a code offered?", False, 1, 2
expected = "five times True or False; the check makes the five pools, and asks."
hint = "Two conditions: the pool allows codes, and Ben can be sent one. And a code alone should not leave out anything."
scene = "members"

name = "offers_code"
stub = {
    "the pool allows PASSWORD": None,
    "the pool allows PASSWORD and EMAIL_OTP": None,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has forgotten his password": None,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has no address": None,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has switched on an authenticator app": None,
}
solution = {
    "the pool allows PASSWORD": False,
    "the pool allows PASSWORD and EMAIL_OTP": True,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has forgotten his password": True,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has no address": False,
    "the pool allows PASSWORD and EMAIL_OTP; Ben has switched on an authenticator app": False,
}


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        came = "offers a code" if is_offered(line, lab.scene("members")) else "does not offer one"
        expect(said == (came == "offers a code"), f"“{line}”: the check asked, and the pool {came}.")


def is_offered(line, scene):
    """Whether the pool of a ``line`` offers Ben a code."""
    user_pools, ben = boto3.client("cognito-idp"), {"UserPoolId": scene.pool, "Username": "ben"}
    factors = ["PASSWORD", *(["EMAIL_OTP"] if "EMAIL_OTP" in line else [])]
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
    checks = {"AutoVerifiedAttributes": ["email"]}
    user_pools.update_user_pool(UserPoolId=scene.pool, Policies=policy, **checks)
    flows = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
    made = {"UserPoolId": scene.pool, "ClientName": "app", "ExplicitAuthFlows": flows}
    client = user_pools.create_user_pool_client(**made)["UserPoolClient"]["ClientId"]
    if "no address" in line:
        user_pools.admin_delete_user_attributes(**ben, UserAttributeNames=["email"])
    if "an authenticator app" in line:
        switch_on_app(user_pools, scene, client)
    person = {"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ben"}}
    return "EMAIL_OTP" in user_pools.initiate_auth(**person)["AvailableChallenges"]


def switch_on_app(user_pools, scene, client):
    apps = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    user_pools.set_user_pool_mfa_config(UserPoolId=scene.pool, MfaConfiguration="OPTIONAL", **apps)
    person = {"USERNAME": "ben", "PASSWORD": scene.password}
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    token = user_pools.initiate_auth(**flow)["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(user_pools.associate_software_token(AccessToken=token)["SecretCode"])
    user_pools.verify_software_token(AccessToken=token, UserCode=app.now())
    user_pools.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})


LINES = list(stub)
wrong_always_offered = {**solution, LINES[0]: True}, "“the pool allows PASSWORD”: the check"
wrong_never_offered = {**solution, LINES[1]: False}, "EMAIL_OTP”: the check asked"
wrong_needs_a_password = {**solution, LINES[2]: False}, "his password”: the check asked"
wrong_without_address = {**solution, LINES[3]: True}, "no address”: the check asked"
wrong_leaves_out_the_app = {**solution, LINES[4]: True}, "authenticator app”: the check asked"
wrong_half_done = {**solution, LINES[4]: None}, "write True or False"
