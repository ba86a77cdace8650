"""The club's server signs people in for itself, and nothing else. Some of them have a temporary password, and have to
choose a new one. Which actions does the policy of the server need for that? Write each as
`"cognito-idp:<name of the call>"`, without a `*`.
"""

import json

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "What the server may do", False, 1, 2
expected = "two actions. The check writes the policy, and the server signs in Mara and then Ines."
hint = "Two calls make a conversation. The calls of a server begin with a word of their own."
scene = "members"

name = "actions"
stub = {"it sends a password": None, "it sends an answer": None}
solution = {
    "it sends a password": "cognito-idp:AdminInitiateAuth",
    "it sends an answer": "cognito-idp:AdminRespondToAuthChallenge",
}


def check(answer, scene, lab):
    iam, user_pools = boto3.client("iam"), boto3.client("cognito-idp")
    for what, action in answer.items():
        expect(
            isinstance(action, str) and action.startswith("cognito-idp:") and "*" not in action,
            f"“{what}”: write cognito-idp:, and then the name of one call.",
        )
    statement = {"Effect": "Allow", "Action": list(answer.values()), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName="server")
    iam.put_user_policy(UserName="server", PolicyName="sign-in", PolicyDocument=document)
    key = iam.create_access_key(UserName="server")["AccessKey"]
    names = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    server, temporary = boto3.client("cognito-idp", **names), "Low-tide-2026!"
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    made = {"UserPoolId": scene.pool, "ClientName": "server", "ExplicitAuthFlows": flows}
    app = {"UserPoolId": scene.pool}
    app["ClientId"] = user_pools.create_user_pool_client(**made)["UserPoolClient"]["ClientId"]
    user_pools.admin_set_user_password(
        UserPoolId=scene.pool, Username="ines", Password=temporary, Permanent=False
    )
    asked = {}
    for username, password in (("mara", scene.password), ("ines", temporary)):
        person = {"USERNAME": username, "PASSWORD": password}
        flow = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": person}
        code = refusal_of(lambda flow=flow: asked.update(server.admin_initiate_auth(**app, **flow)))
        expect(
            not code,
            f"The server sends the password of {username} → {code}. Its policy does not allow this call.",
        )
    challenge = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    new = {"USERNAME": "ines", "NEW_PASSWORD": "Rock-pools-2026!"}
    code = refusal_of(
        lambda: server.admin_respond_to_auth_challenge(**app, **challenge, ChallengeResponses=new)
    )
    expect(not code, f"The server sends the answer of ines → {code}. Its policy does not allow this call.")
    expect(answer == solution, "It works, with the two values exchanged.")


wrong_public_call = {**solution, "it sends a password": "cognito-idp:InitiateAuth"}, "the password of mara"
wrong_sets_the_password = (
    {**solution, "it sends an answer": "cognito-idp:AdminSetUserPassword"},
    "the answer of ines",
)
wrong_everything = {**solution, "it sends a password": "cognito-idp:*"}, "“it sends a password”: write"
wrong_exchanged = dict(zip(stub, reversed(solution.values()), strict=True)), "values exchanged"
