"""Choose an answer for each level of risk: `"NO_ACTION"`, `"MFA_IF_CONFIGURED"`, `"MFA_REQUIRED"` or `"BLOCK"`. A low
risk should disturb nobody. At a medium risk, whoever has an app should be asked for a code, and nobody should be
refused. At a high risk the password alone should never be enough, but members with an app should be able to get in.
"""

import boto3
import pyotp

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "An answer for each level", False, 1, 2
expected = "three answers; the check signs in at each level, with an app and without."
hint = "Two of the four answers ask for a code. What do they do with somebody who has no app?"
scene = "members"

name = "actions"
stub = {"Low": None, "Medium": None, "High": None}
solution = {"Low": "NO_ACTION", "Medium": "MFA_IF_CONFIGURED", "High": "MFA_REQUIRED"}
ANSWERS = ("NO_ACTION", "MFA_IF_CONFIGURED", "MFA_REQUIRED", "BLOCK")
HOME = ("192.0.2.10", "Firefox")
PLACES = {  # from where, and hours after a sign-in at home: by this account's rule of risk
    "Low": (("192.0.2.10", "a new phone"), 2),
    "Medium": (("203.0.113.66", "a new phone"), 2),
    "High": (("198.51.100.7", "another phone"), 0),
}
SHOULD = {"Low": ("tokens", "tokens"), "Medium": ("code", "tokens"), "High": ("code", "refused")}


def check(answer, scene, lab):
    for level in stub:
        expect(answer.get(level) in ANSWERS, f"{level}: choose one of {', '.join(ANSWERS)}.")
    for level in stub:
        came = outcomes(answer, level, lab)
        for who, really, wanted in zip(("with an app", "without an app"), came, SHOULD[level], strict=True):
            expect(really == wanted, f"{level} risk, a member {who}: {WORDS[really]}, with {answer[level]}.")


WORDS = {
    "tokens": "the password alone is enough",
    "code": "a code is asked for",
    "refused": "refused, whatever the member does",
}


def outcomes(actions, level, lab):
    """What comes at a ``level``, for Mara, who has an app, and for Ben, who has none."""
    scene = lab.scene("members")
    user_pools = boto3.client("cognito-idp")
    pool, app_client = {"UserPoolId": scene.pool}, {"UserPoolId": scene.pool, "ClientId": scene.client}
    enforced = {"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}, "UserPoolTier": "PLUS"}
    user_pools.update_user_pool(**pool, AutoVerifiedAttributes=["email"], **enforced)
    apps = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    user_pools.set_user_pool_mfa_config(**pool, MfaConfiguration="OPTIONAL", **apps)
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    user_pools.update_user_pool_client(**app_client, ExplicitAuthFlows=flows)
    table = {f"{level}Action": {"EventAction": do, "Notify": False} for level, do in actions.items()}
    user_pools.set_risk_configuration(**pool, AccountTakeoverRiskConfiguration={"Actions": table})

    def sign_in(username, place):
        headers = [{"headerName": "User-Agent", "headerValue": place[1]}]
        server = {"ServerName": "tidepool.example", "ServerPath": "/"}
        return user_pools.admin_initiate_auth(
            **app_client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": scene.password},
            ContextData={"IpAddress": place[0], "HttpHeaders": headers, **server},
        )

    token = sign_in("mara", HOME)["AuthenticationResult"]["AccessToken"]
    secret = user_pools.associate_software_token(AccessToken=token)["SecretCode"]
    user_pools.verify_software_token(AccessToken=token, UserCode=pyotp.TOTP(secret).now())
    sign_in("ben", HOME)
    place, hours = PLACES[level]
    lab.travel(hours=hours)
    came = []
    for username in ("mara", "ben"):
        answers = []
        code = refusal_of(lambda: answers.append(sign_in(username, place)))  # noqa: B023
        came.append("refused" if code else "code" if "ChallengeName" in answers[0] else "tokens")
    return came


wrong_low_asks = {**solution, "Low": "MFA_IF_CONFIGURED"}, "Low risk, a member with an app: a code"
wrong_medium_refuses = {**solution, "Medium": "MFA_REQUIRED"}, "Medium risk, a member without an app: refused"
wrong_medium_sleeps = {**solution, "Medium": "NO_ACTION"}, "Medium risk, a member with an app: the password"
wrong_high_blocks = {**solution, "High": "BLOCK"}, "High risk, a member with an app: refused"
wrong_high_lets_in = (
    {**solution, "High": "MFA_IF_CONFIGURED"},
    "High risk, a member without an app: the password",
)
wrong_half_done = {**solution, "High": None}, "High: choose one of"
