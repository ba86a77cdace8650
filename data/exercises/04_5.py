"""Mara types her right password. What comes? Write `"tokens"`, `"SOFTWARE_TOKEN_MFA"` or `"MFA_SETUP"` for each line.
The pool offers authenticator apps and no other factor.
"""

import boto3
import pyotp

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "What comes after the password?", False, 1, 2
expected = "five answers; the check makes the five sign-ins."
hint = "`OPTIONAL` asks for what a person has switched on. `ON` asks for what a person has, and lets nobody pass without."
scene = "members"

name = "comes"
stub = {
    "OPTIONAL, no app": None,
    "OPTIONAL, an app that is proved": None,
    "OPTIONAL, an app that is proved and switched on": None,
    "ON, no app": None,
    "ON, an app that is proved": None,
}
solution = {
    "OPTIONAL, no app": "tokens",
    "OPTIONAL, an app that is proved": "tokens",
    "OPTIONAL, an app that is proved and switched on": "SOFTWARE_TOKEN_MFA",
    "ON, no app": "MFA_SETUP",
    "ON, an app that is proved": "SOFTWARE_TOKEN_MFA",
}


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(said in set(solution.values()), f"“{line}”: choose tokens, SOFTWARE_TOKEN_MFA or MFA_SETUP.")
        expect(said == sign_in(line, lab), f"“{line}”: not {said}. The check has made this sign-in.")


def sign_in(line, lab):
    """What comes after the right password in the situation of a ``line``."""
    scene = lab.scene("members")
    user_pools = boto3.client("cognito-idp")
    apps = {"UserPoolId": scene.pool, "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    user_pools.set_user_pool_mfa_config(MfaConfiguration="OPTIONAL", **apps)
    token = user_pools.initiate_auth(**flow)["AuthenticationResult"]["AccessToken"]
    if "proved" in line:
        app = pyotp.TOTP(user_pools.associate_software_token(AccessToken=token)["SecretCode"])
        user_pools.verify_software_token(AccessToken=token, UserCode=app.now())
    if "switched on" in line:
        user_pools.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})
    user_pools.set_user_pool_mfa_config(MfaConfiguration=line.partition(",")[0], **apps)
    return user_pools.initiate_auth(**flow).get("ChallengeName", "tokens")


LINES = list(stub)
wrong_offered_is_asked = {**solution, LINES[0]: "MFA_SETUP"}, "“OPTIONAL, no app”: not MFA_SETUP"
wrong_proved_is_asked = {**solution, LINES[1]: "SOFTWARE_TOKEN_MFA"}, "is proved”: not SOFTWARE_TOKEN_MFA"
wrong_on_is_harmless = {**solution, LINES[3]: "tokens"}, "“ON, no app”: not tokens"
wrong_set_up_again = {**solution, LINES[4]: "MFA_SETUP"}, "“ON, an app that is proved”: not MFA_SETUP"
wrong_half_done = {**solution, LINES[4]: None}, "choose tokens"
