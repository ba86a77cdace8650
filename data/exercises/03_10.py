"""Mara's passkey is for the domain `tidepool.example`. On which pages can she sign in with it? Write `True` or `False`
for each address. (Her browser does not check anything here: the user pool decides alone.)
"""

import boto3

from cognito_lab.lessons.software_passkey import SoftwarePasskey
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Whose page is it?", False, 1, 2
expected = "five times True or False; the check signs in on each page."
hint = "Read an address from its end: the last words say whose it is. And the first word says whether it is protected."
scene = "members"

name = "may_use"
stub = {
    "https://tidepool.example": None,
    "https://login.tidepool.example": None,
    "https://tidepool.example.rook.example": None,
    "https://tidepoo1.example": None,
    "http://tidepool.example": None,
}
solution = {
    "https://tidepool.example": True,
    "https://login.tidepool.example": True,
    "https://tidepool.example.rook.example": False,
    "https://tidepoo1.example": False,
    "http://tidepool.example": False,
}


def check(answer, scene, lab):
    phone, app = SoftwarePasskey(), {"ClientId": with_passkey(scene)}
    token = sign_in(app, AuthFlow="USER_PASSWORD_AUTH", PASSWORD=scene.password)["AuthenticationResult"]
    user_pools, mine = boto3.client("cognito-idp"), {"AccessToken": token["AccessToken"]}
    options = user_pools.start_web_authn_registration(**mine)["CredentialCreationOptions"]
    credential = phone.create(options, "https://tidepool.example")
    user_pools.complete_web_authn_registration(**mine, Credential=credential)
    for origin in stub:
        said = answer.get(origin)
        expect(isinstance(said, bool), f"“{origin}”: write True or False.")
        asked = sign_in(app, AuthFlow="USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
        wanted = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
        responses = {"USERNAME": "mara", "CREDENTIAL": phone.get(wanted, origin, checked=False)}
        challenge = {"ChallengeName": "WEB_AUTHN", "Session": asked["Session"]}
        given = {**app, **challenge, "ChallengeResponses": responses}
        code = refusal_of(lambda given=given: user_pools.respond_to_auth_challenge(**given))
        came = f"refused, {code}" if code else "accepted"
        expect(said != bool(code), f"“{origin}”: the check signed in there, and the answer was {came}.")


def with_passkey(scene):
    """The pool takes passkeys of one domain: the id of an app client for both ways to sign in."""
    user_pools, pool = boto3.client("cognito-idp"), {"UserPoolId": scene.pool}
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    user_pools.update_user_pool(**pool, Policies=policy, AutoVerifiedAttributes=["email"])
    domain = {"RelyingPartyId": "tidepool.example"}
    user_pools.set_user_pool_mfa_config(**pool, MfaConfiguration="OFF", WebAuthnConfiguration=domain)
    flows = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
    made = user_pools.create_user_pool_client(**pool, ClientName="app", ExplicitAuthFlows=flows)
    return made["UserPoolClient"]["ClientId"]


def sign_in(app, AuthFlow, **more):
    person = {"USERNAME": "mara", **more}
    return boto3.client("cognito-idp").initiate_auth(**app, AuthFlow=AuthFlow, AuthParameters=person)


LINES = list(stub)
wrong_nowhere_else = {**solution, LINES[1]: False}, "“https://login.tidepool.example”: the check"
wrong_begins_like_it = {**solution, LINES[2]: True}, "rook.example”: the check"
wrong_looks_like_it = {**solution, LINES[3]: True}, "poo1.example”: the check"
wrong_without_tls = {**solution, LINES[4]: True}, "“http://tidepool.example”: the check"
wrong_half_done = {**solution, LINES[0]: None}, "write True or False"
