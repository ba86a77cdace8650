"""Your app keeps the tokens of a sign-in in a dictionary. After each refresh it calls `kept` with this dictionary and
with the `AuthenticationResult` that came back, and goes on with what `kept` returns. The same app runs with rotation,
and without it.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "What to keep after a refresh", False, 1, 2
expected = "the app refreshes three times in a row, with rotation and without it."
hint = "Without rotation, which token is missing in what comes back? With rotation, which one counts?"
scene = "members"


def kept(before, answer):
    """The tokens that the app should hold after a refresh: `before` it, and the `answer` to it."""
    return {**before, **answer}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    for feature, how in (("DISABLED", "without rotation"), ("ENABLED", "with rotation")):
        client = user_pools.create_user_pool_client(
            UserPoolId=scene.pool,
            ClientName=how,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
            RefreshTokenRotation={"Feature": feature, "RetryGracePeriodSeconds": 0},
        )["UserPoolClient"]["ClientId"]
        flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
        person = {"USERNAME": "mara", "PASSWORD": scene.password}
        held = user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]
        for number in (1, 2, 3):
            lab.travel(minutes=50)
            expect(
                isinstance(held, dict) and "RefreshToken" in held,
                f"{how}: before refresh {number} the app holds no refresh token. The one from the sign-in is lost.",
            )
            renewal = {"ClientId": client, "RefreshToken": held["RefreshToken"]}
            came = {}

            def refresh():
                came.update(user_pools.get_tokens_from_refresh_token(**renewal)["AuthenticationResult"])  # noqa: B023

            code = refusal_of(refresh)
            expect(
                not code,
                f"{how}: refresh {number} → {code}. The app came with a token that has been replaced.",
            )
            held = answer(dict(held), came)
            code = refusal_of(lambda: user_pools.get_user(AccessToken=held["AccessToken"]))  # noqa: B023
            lab.travel(minutes=20)
            code = code or refusal_of(lambda: user_pools.get_user(AccessToken=held["AccessToken"]))  # noqa: B023
            expect(not code, f"{how}: GetUser → {code}. The app shows the access token from before.")


def wrong_what_came(before, answer):
    """The one from the sign-in is lost"""
    return answer


def wrong_first_refresh_token(before, answer):
    """with a token that has been replaced"""
    return {**answer, "RefreshToken": before["RefreshToken"]}


def wrong_way_round(before, answer):
    """The app shows the access token from before"""
    return {**answer, **before}
