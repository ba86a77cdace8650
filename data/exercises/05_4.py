"""A sign-in asks a riddle. Whoever answers wrong may try again: three answers in all, then the sign-in has failed.
Write `lead`, the function that decides what comes next (trigger `DefineAuthChallenge`). The functions that ask and judge
are there already.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "A riddle at sign-in", False, 2, 6
expected = "the first, second and third answer can be the right one; after three wrong ones nobody gets in."
hint = """
`session` has an entry for each answer so far, and the last one is what counts now. There are three cases: the last one
is right, three are there, or another question is due.
"""
scene = "members"


def lead(event, context):
    """Say what comes next: the riddle, tokens, or the end."""
    steps, response = event["request"]["session"], event["response"]
    if steps and steps[-1]["challengeName"] == "CUSTOM_CHALLENGE" and steps[-1]["challengeResult"]:
        response["issueTokens"] = True
    elif len(steps) >= 3:
        response["failAuthentication"] = True
    else:
        response["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def riddle(event, context):
    event["response"]["publicChallengeParameters"] = {"riddle": "Twice a day I leave the pool. Who am I?"}
    event["response"]["privateChallengeParameters"] = {"solution": "tide"}
    return event


def judge_riddle(event, context):
    solution = event["request"]["privateChallengeParameters"]["solution"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == solution
    return event


PLAYS = {  # answers, and whether the last of them leads to tokens
    ("tide",): True,
    ("moon", "tide"): True,
    ("moon", "crab", "tide"): True,
    ("moon", "crab", "goby"): False,
}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    client = connect(user_pools, scene, lab, answer)
    for answers, lets_in in PLAYS.items():
        play(user_pools, client, answers, lets_in)


def play(user_pools, client, answers, lets_in):
    """One sign-in with these answers, one after the other."""
    start = {"ClientId": client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "mara"}}
    asked = user_pools.initiate_auth(**start)
    expect("AuthenticationResult" not in asked, "There are tokens before anybody has answered anything.")
    for number, given in enumerate(answers, 1):
        responses = {"USERNAME": "mara", "ANSWER": given}
        session = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
        came = {}

        def respond(responses=responses, session=session, came=came):
            came.update(
                user_pools.respond_to_auth_challenge(ClientId=client, **session, ChallengeResponses=responses)
            )

        code, said = refusal_of(respond), ", ".join(answers[:number])
        if number < len(answers):
            expect(
                "AuthenticationResult" not in came, f"Answers {said}: there are tokens for a wrong answer."
            )
            expect(not code, f"Answers {said}: the sign-in ended, and there should be another try → {code}.")
            asked = came
        elif lets_in:
            expect(
                "AuthenticationResult" in came,
                f"Answers {said}: the last one is right, and brings no tokens.",
            )
        else:
            expect("AuthenticationResult" not in came, f"Answers {said}: tokens, and none of them is right.")
            expect(code == "NotAuthorizedException", f"Answers {said}: the sign-in should be over now.")


def connect(user_pools, scene, lab, answer):
    names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    set_triggers(lab, scene, **dict(zip(names, (answer, riddle, judge_riddle), strict=True)))
    allowed = {"ClientName": "riddles", "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]}
    made = user_pools.create_user_pool_client(UserPoolId=scene.pool, **allowed)
    return made["UserPoolClient"]["ClientId"]


def wrong_any_answer(event, context):
    """Answers moon: there are tokens for a wrong answer"""
    if event["request"]["session"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def wrong_one_try(event, context):
    """Answers moon: the sign-in ended, and there should be another try"""
    steps = event["request"]["session"]
    if not steps:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    else:
        event["response"]["issueTokens"] = steps[-1]["challengeResult"]
        event["response"]["failAuthentication"] = not steps[-1]["challengeResult"]
    return event


def wrong_for_ever(event, context):
    """Answers moon, crab, goby: the sign-in should be over now"""
    steps = event["request"]["session"]
    if steps and steps[-1]["challengeResult"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def wrong_third_is_too_late(event, context):
    """Answers moon, crab: the sign-in ended"""
    steps = event["request"]["session"]
    if steps and steps[-1]["challengeResult"]:
        event["response"]["issueTokens"] = True
    elif len(steps) >= 2:
        event["response"]["failAuthentication"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def wrong_first_answer_counts(event, context):
    """Answers moon, tide: the last one is right, and brings no tokens"""
    steps = event["request"]["session"]
    if steps and steps[0]["challengeResult"]:
        event["response"]["issueTokens"] = True
    elif len(steps) >= 3:
        event["response"]["failAuthentication"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def wrong_tokens_at_once(event, context):
    """before anybody has answered anything"""
    event["response"]["issueTokens"] = all(step["challengeResult"] for step in event["request"]["session"])
    event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event
