"""To finish a sign-in, a curator has to read a mail. The club's mails can take eight minutes. A sign-in should not stay
open longer than needed: after ten minutes the session should be over. Choose the settings of the app client.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "How long may an answer take?", False, 1, 1
expected = "an answer after eight minutes counts, and one after ten minutes does not."
hint = "The setting is in minutes, from 3 to 15."
scene = "members"

name = "waiting"
stub = {"AuthSessionValidity": 3}
solution = {"AuthSessionValidity": 9}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    minutes = answer["AuthSessionValidity"]
    expect(type(minutes) is int, "Write a whole number.")
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    given = {"UserPoolId": scene.pool, "ClientName": "desk", "ExplicitAuthFlows": flows, **answer}
    code = refusal_of(lambda: user_pools.create_user_pool_client(**given))
    expect(not code, f"CreateUserPoolClient → {code}: {minutes} is outside of what is allowed.")
    client = user_pools.create_user_pool_client(**given)["UserPoolClient"]["ClientId"]
    for waited, counts in ((8, True), (10, False)):
        code = refusal_of(lambda waited=waited: answer_after(waited, client, scene, lab))
        came = f"refused, {code}" if code else "accepted"
        expect(counts != bool(code), f"An answer after {waited} minutes is {came}.")


def answer_after(minutes, client, scene, lab):
    """Ines gets a temporary password, signs in, and chooses one of her own after so many ``minutes``."""
    user_pools, temporary = boto3.client("cognito-idp"), "Low-tide-2026!"
    ines = {"UserPoolId": scene.pool, "Username": "ines"}
    user_pools.admin_set_user_password(**ines, Password=temporary, Permanent=False)
    person = {"USERNAME": "ines", "PASSWORD": temporary}
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
    asked = user_pools.initiate_auth(**flow, AuthParameters=person)
    lab.travel(minutes=minutes)
    responses = {"USERNAME": "ines", "NEW_PASSWORD": "Rock-pools-2026!"}
    challenge = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    user_pools.respond_to_auth_challenge(ClientId=client, **challenge, ChallengeResponses=responses)


wrong_too_short = {"AuthSessionValidity": 5}, "after 8 minutes is refused"
wrong_too_long = {"AuthSessionValidity": 15}, "after 10 minutes is accepted"
wrong_in_seconds = {"AuthSessionValidity": 540}, "outside of what is allowed"
wrong_text = {"AuthSessionValidity": "9"}, "Write a whole number"
