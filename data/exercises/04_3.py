"""Threat protection should refuse leaked passwords, and three people have the leaked password `Tidepool-2026!`. Mara
has had it for years, and signs in by SRP every day. For Ben an administrator set it this morning. Ines chose it
herself today, in a pool that is in `AUDIT`. Why was each of them not stopped? Choose one of `"SRP"`,
`"administrator"`, `"audit"`, `"no second factor"` and `"too new"`.
"""

import boto3

from cognito_lab import sign_in_by_srp
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Why did the leaked password pass?", False, 2, 6
expected = "three causes. For each, the check changes only this cause, and then the password is refused."
hint = "Does the pool see the password in that call? Does it look, and may it act?"
scene = "directory"

name = "cause"
stub = {"mara": None, "ben": None, "ines": None}
solution = {"mara": "SRP", "ben": "administrator", "ines": "audit"}
CAUSES = ("SRP", "administrator", "audit", "no second factor", "too new")
LEAKED, CLEAN = "Tidepool-2026!", "Low-water-2026!"


def check(answer, scene, lab):
    for person in stub:
        said = answer.get(person)
        expect(said in CAUSES, f"{person}: choose one of {', '.join(CAUSES)}.")
        code = refusal_of(lambda person=person, said=said: happens(person, said, lab))
        because = (
            f"{person}: the check changed only this cause ({said}), and the password passed all the same."
        )
        expect(code, because)


def happens(person, changed, lab):
    """What the person does with the leaked password, where the cause ``changed`` is not there."""
    user_pools = boto3.client("cognito-idp")
    mode = "AUDIT" if person == "ines" and changed != "audit" else "ENFORCED"
    pool = user_pools.create_user_pool(
        PoolName="members", UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": mode}
    )["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = user_pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    client = client["UserPoolClient"]["ClientId"]
    block = {"CompromisedCredentialsRiskConfiguration": {"Actions": {"EventAction": "BLOCK"}}}
    user_pools.set_risk_configuration(UserPoolId=pool, **block)
    user = {"UserPoolId": pool, "Username": person}
    user_pools.admin_create_user(**user, MessageAction="SUPPRESS")
    user_pools.admin_set_user_password(**user, Password=CLEAN, Permanent=True)
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}

    def sign_in(password):
        return user_pools.initiate_auth(**flow, AuthParameters={"USERNAME": person, "PASSWORD": password})

    token = sign_in(CLEAN)["AuthenticationResult"]["AccessToken"]
    if changed == "no second factor":
        apps = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
        user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **apps)
    if changed == "too new":
        lab.travel(days=90)
        token = sign_in(CLEAN)["AuthenticationResult"]["AccessToken"]
    if person == "ines" or (person == "ben" and changed == "administrator"):
        user_pools.change_password(AccessToken=token, PreviousPassword=CLEAN, ProposedPassword=LEAKED)
        return
    user_pools.admin_set_user_password(**user, Password=LEAKED, Permanent=True)
    if person == "mara" and changed == "SRP":
        sign_in(LEAKED)
    elif person == "mara":
        sign_in_by_srp(user_pools, pool, client, person, LEAKED)


wrong_too_new = {**solution, "mara": "too new"}, "this cause (too new)"
wrong_second_factor = {**solution, "ben": "no second factor"}, "this cause (no second factor)"
wrong_everybody_srp = {**solution, "ines": "SRP"}, "ines: the check changed only this cause (SRP)"
wrong_audit = {**solution, "ben": "audit"}, "this cause (audit)"
wrong_half_done = {**solution, "ines": None}, "choose one of"
