"""Mara has signed in. Which of her three tokens does each place want? Choose one of `"IdToken"`, `"AccessToken"` and
`"RefreshToken"`.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Which token goes where", False, 1, 2
expected = "four names. The check shows each token at its place."
hint = "The diagram shows three of the four places. The fourth one reads a claim."
scene = "identity_pool"

name = "wanted"
stub = {"your app greets her by e-mail": None, "GetUser": None, "GetId": None, "an hour later": None}
solution = {
    "your app greets her by e-mail": "IdToken",
    "GetUser": "AccessToken",
    "GetId": "IdToken",
    "an hour later": "RefreshToken",
}


def check(answer, scene, lab):
    import jwt

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    tokens = user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]
    for place, token in answer.items():
        names = ("IdToken", "AccessToken", "RefreshToken")
        expect(token in names, f"{place}: choose one of {', '.join(names)}.")

    def greet():
        claims = jwt.decode(
            tokens[answer["your app greets her by e-mail"]], options={"verify_signature": False}
        )
        if "email" not in claims:
            raise jwt.MissingRequiredClaimError("email")

    def exchange():
        login = {scene.issuer: tokens[answer["GetId"]]}
        identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login)

    def renew():
        lab.travel(hours=1)
        renewal = {"ClientId": scene.client, "RefreshToken": tokens[answer["an hour later"]]}
        user_pools.get_tokens_from_refresh_token(**renewal)

    calls = {
        "your app greets her by e-mail": (greet, "this token has no such claim that you can read"),
        "GetUser": (
            lambda: user_pools.get_user(AccessToken=tokens[answer["GetUser"]]),
            "it wants another one",
        ),
        "GetId": (exchange, "an identity pool asks who somebody is"),
        "an hour later": (renew, "by then two of the three have expired"),
    }
    for place, (call, why) in calls.items():
        code = refusal_of(call)
        expect(not code, f"{place}: {code}; {why}.")


wrong_greeting = {**solution, "your app greets her by e-mail": "AccessToken"}, "has no such claim"
wrong_profile = {**solution, "GetUser": "IdToken"}, "GetUser: NotAuthorizedException"
wrong_exchange = {**solution, "GetId": "AccessToken"}, "asks who somebody is"
wrong_renewal = {**solution, "an hour later": "AccessToken"}, "two of the three have expired"
wrong_name = {**solution, "GetId": "id token"}, "choose one of"
