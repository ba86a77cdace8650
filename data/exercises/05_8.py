"""People at the kiosk type `19 07`, or a space before the number. Write `judge_kindly`, for the trigger
`VerifyAuthChallengeResponse`: spaces do not matter, everything else does.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "Spaces do not matter", False, 1, 2
expected = "the right number opens with spaces anywhere, and no other number opens."
hint = "The lesson's `judge` compares two strings. What could be done with the typed one before?"
scene = "members"


def judge_kindly(event, context):
    """Accept the number with spaces anywhere."""
    number = event["request"]["privateChallengeParameters"]["number"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"].replace(" ", "") == number
    return event


def decide(event, context):
    steps = event["request"]["session"]
    if not steps:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    else:
        event["response"]["issueTokens"] = steps[-1]["challengeResult"]
        event["response"]["failAuthentication"] = not steps[-1]["challengeResult"]
    return event


def ask(event, context):
    event["response"]["publicChallengeParameters"] = {"question": "Number of your card?"}
    event["response"]["privateChallengeParameters"] = {"number": "1907"}
    return event


RIGHT = ("1907", "19 07", " 1907", "1 9 0 7 ")
WRONG = ("1908", "190", "19071", "71907", "7 190", "01907", "1907x", "   ")


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    set_triggers(lab, scene, **dict(zip(names, (decide, ask, answer), strict=True)))
    allowed = {"ClientName": "kiosk", "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]}
    client = user_pools.create_user_pool_client(UserPoolId=scene.pool, **allowed)["UserPoolClient"][
        "ClientId"
    ]
    for typed in (*RIGHT, *WRONG):
        code = refusal_of(lambda typed=typed: sign_in(user_pools, client, typed))
        expect(code != "InvalidLambdaResponseException", "Cognito cannot read what your function returns.")
        if typed in RIGHT:
            expect(not code, f"{typed!r} is typed, the number is '1907', and nobody gets in → {code}.")
        else:
            expect(code, f"{typed!r} is typed, the number is '1907', and somebody gets in.")


def sign_in(user_pools, client, typed):
    start = {"ClientId": client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "mara"}}
    asked = user_pools.initiate_auth(**start)
    session = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    responses = {"USERNAME": "mara", "ANSWER": typed}
    return user_pools.respond_to_auth_challenge(ClientId=client, **session, ChallengeResponses=responses)


def wrong_only_around(event, context):
    """'19 07' is typed, the number is '1907', and nobody gets in"""
    number = event["request"]["privateChallengeParameters"]["number"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"].strip() == number
    return event


def wrong_part_of_it(event, context):
    """'19071' is typed"""
    number = event["request"]["privateChallengeParameters"]["number"]
    event["response"]["answerCorrect"] = number in event["request"]["challengeAnswer"].replace(" ", "")
    return event


def wrong_part_of_the_number(event, context):
    """'190' is typed"""
    number = event["request"]["privateChallengeParameters"]["number"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"].replace(" ", "") in number
    return event


def wrong_returns_nothing(event, context):
    """Cognito cannot read what your function returns"""
    number = event["request"]["privateChallengeParameters"]["number"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"].replace(" ", "") == number
