"""How long is Mara's access token valid? Write `seconds_valid`. It is given the answer of `initiate_auth`, and
returns the number of seconds, which it finds in the answer. To see such an answer, print one. The check uses two app
clients.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "How long is the token valid?", False, 1, 2
expected = "just before that time the token is accepted, and just after it the token is refused."
hint = "Look at everything in `AuthenticationResult`, and not only at the tokens."
scene = "members"


def seconds_valid(answer):
    """For how many seconds the access token of this answer is valid."""
    return answer["AuthenticationResult"]["ExpiresIn"]


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    short = user_pools.create_user_pool_client(
        UserPoolId=scene.pool,
        ClientName="kiosk",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        AccessTokenValidity=5,
        TokenValidityUnits={"AccessToken": "minutes"},
    )["UserPoolClient"]["ClientId"]
    for client in (scene.client, short):
        signed_in = user_pools.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
        )
        token = signed_in["AuthenticationResult"]["AccessToken"]
        said = answer(signed_in)
        expect(
            isinstance(said, int) and not isinstance(said, bool),
            f"Return a whole number of seconds; you return {type(said).__name__}.",
        )
        expect(said > 1, f"You return {said}. Count seconds, from signing in to the end of the token.")
        expect(said <= 24 * 3600, f"You return {said}. No access token is valid for longer than a day.")
        which = "the scene's app client" if client == scene.client else "an app client with other settings"
        lab.travel(seconds=said - 2)
        refused = refusal_of(lambda token=token: user_pools.get_user(AccessToken=token))
        expect(not refused, f"After {said} seconds the token of {which} has already expired.")
        lab.travel(seconds=4)
        refused = refusal_of(lambda token=token: user_pools.get_user(AccessToken=token))
        expect(refused, f"After {said} seconds the token of {which} is still valid.")


def wrong_an_hour_for_everybody(answer):
    """of an app client with other settings has already expired"""
    return 3600


def wrong_minutes(answer):
    """of the scene's app client is still valid"""
    return answer["AuthenticationResult"]["ExpiresIn"] // 60


def wrong_moment(answer):
    """longer than a day"""
    import jwt

    token = answer["AuthenticationResult"]["AccessToken"]
    return jwt.decode(token, options={"verify_signature": False})["exp"]


def wrong_text(answer):
    """Return a whole number of seconds"""
    return str(answer["AuthenticationResult"]["ExpiresIn"])
