"""The curators' desk opens at eight. Whoever signs in there works for twelve hours without typing the password
again. Then it is over: nobody gets new tokens. An access token ends after an hour at most, so that a stolen one is
soon useless. These are the settings with which the app client will be made. Change them.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Not longer than twelve hours", False, 2, 5
expected = "refreshing works for twelve hours and no longer, and each access token lives an hour at most."
hint = "Which of the three tokens decides for how long new ones come? And in which unit does AWS read its number?"
scene = "members"

name = "desk"
stub = {
    "AccessTokenValidity": 60,
    "RefreshTokenValidity": 30,
    "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "days"},
    "RefreshTokenRotation": {"Feature": "DISABLED"},
}
solution = {
    "AccessTokenValidity": 60,
    "RefreshTokenValidity": 12,
    "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "hours"},
    "RefreshTokenRotation": {"Feature": "DISABLED"},
}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    settings = {"ClientName": "desk", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], **answer}
    made = user_pools.create_user_pool_client(UserPoolId=scene.pool, **settings)
    client, person = made["UserPoolClient"]["ClientId"], {"USERNAME": "ines", "PASSWORD": scene.password}
    held = user_pools.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)[
        "AuthenticationResult"
    ]

    first = held["AccessToken"]

    def refresh():
        renewal = {"ClientId": client, "RefreshToken": held["RefreshToken"]}
        held.update(user_pools.get_tokens_from_refresh_token(**renewal)["AuthenticationResult"])

    for hours in range(1, 13):
        lab.travel(minutes=59 if hours == 12 else 60)
        code = refusal_of(refresh)
        expect(
            not code,
            f"In hour {hours} Ines has to type her password again. Each new refresh token keeps what is left of "
            "the first one's time: rotation does not lengthen it."
            if answer["RefreshTokenRotation"]["Feature"] == "ENABLED"
            else f"In hour {hours} Ines has to type her password again.",
        )
        alive = not refusal_of(lambda: user_pools.get_user(AccessToken=first))
        expect(not alive, "The access token from the morning still works. A stolen one would work as long.")
    lab.travel(minutes=2)
    unit = answer["TokenValidityUnits"].get("RefreshToken", "days")
    expect(
        refusal_of(refresh) or unit != "days" or answer["RefreshTokenValidity"] != 12,
        "After twelve hours a refresh is carried out: you said 12, and the unit is still days.",
    )
    expect(refusal_of(refresh), "After twelve hours a refresh is carried out, and Ines stays signed in.")


wrong_access_token = (
    {
        **stub,
        "AccessTokenValidity": 12,
        "TokenValidityUnits": {"AccessToken": "hours", "RefreshToken": "days"},
    },
    "The access token from the morning still works",
)
wrong_unit = {**stub, "RefreshTokenValidity": 12}, "the unit is still days"
wrong_rotation_instead = (
    {
        **solution,
        "RefreshTokenValidity": 1,
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    },
    "rotation does not lengthen it",
)
wrong_day = (
    {
        **solution,
        "RefreshTokenValidity": 1,
        "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "days"},
    },
    "and Ines stays signed in",
)
wrong_too_short = {**solution, "RefreshTokenValidity": 10}, "In hour 10 Ines has to type her password again"
