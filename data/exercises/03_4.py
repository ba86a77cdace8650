"""A sign-in can ask for one thing after another. Write `answer_all`: it answers until there are tokens, and returns the
last answer of the user pool. `asked` is what `InitiateAuth` returned; perhaps the tokens are there already.
`answers` has a function for each challenge that can come: `answers["NEW_PASSWORD_REQUIRED"]()` returns the responses
to it, without the `USERNAME`.
"""

import boto3
import pyotp

from cognito_lab.practice.checks import Mistake, expect, refusal_of, watched

title, core, difficulty, minutes = "Until there are tokens", False, 2, 5
expected = "tokens after no challenge, after one, and after three; each sign-in begins once."
hint = """
A loop: as long as there is no "AuthenticationResult", answer "ChallengeName", and take what comes back as the next
`asked`. Which session belongs to the second answer?
"""
scene = "members"


def answer_all(user_pools, client, username, asked, answers):
    """The answer with the tokens, for a sign-in that began with `asked`."""
    while "AuthenticationResult" not in asked:
        challenge = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
        responses = {"USERNAME": username, **answers[asked["ChallengeName"]]()}
        asked = user_pools.respond_to_auth_challenge(
            ClientId=client, **challenge, ChallengeResponses=responses
        )
    return asked


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    app = pyotp.TOTP(two_factors_for_ben(user_pools, scene, lab))
    user_pools.admin_set_user_password(
        UserPoolId=scene.pool, Username="ines", Password="Low-tide-2026!", Permanent=False
    )
    user_pools.admin_set_user_password(
        UserPoolId=scene.pool, Username="ben", Password="Low-tide-2026!", Permanent=False
    )
    lab.travel(seconds=30)
    answers = {
        "NEW_PASSWORD_REQUIRED": lambda: {"NEW_PASSWORD": "Rock-pools-2026!"},
        "SELECT_MFA_TYPE": lambda: {"ANSWER": "SOFTWARE_TOKEN_MFA"},
        "SOFTWARE_TOKEN_MFA": lambda: {"SOFTWARE_TOKEN_MFA_CODE": app.now()},
    }
    for name, challenges in (("mara", 0), ("ines", 1), ("ben", 3)):
        play(answer, user_pools, scene, name, challenges, answers)


def play(answer, user_pools, scene, name, challenges, answers):
    """Sign in as ``name``, whom the pool asks so many things."""
    password = scene.password if name == "mara" else "Low-tide-2026!"
    person = {"USERNAME": name, "PASSWORD": password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    asked, tokens = user_pools.initiate_auth(**flow, AuthParameters=person), {}
    where = f"{name}, {challenges} challenges"
    with watched() as calls:
        try:
            code = refusal_of(
                lambda: tokens.update(answer(user_pools, scene.client, name, asked, answers) or {})
            )
        except KeyError as error:
            raise Mistake(f"{where}: your function looks for {error}, and does not find it.") from None
    operations = [call.operation for call in calls]
    expect("InitiateAuth" not in operations, f"{where}: you began anew. The conversation was lost.")
    sessions = [call.details["parameters"].get("Session") for call in calls]
    expect(len(set(sessions)) == len(sessions), f"{where} → {code}. You sent one session twice.")
    expect(not code, f"{where} → {code}, at answer {len(calls)}.")
    expect("AuthenticationResult" in tokens, f"{where}: there are no tokens after {len(calls)} answers.")
    token = tokens["AuthenticationResult"]["AccessToken"]
    expect(user_pools.get_user(AccessToken=token)["Username"] == name, f"{where}: tokens of somebody else.")


def two_factors_for_ben(user_pools, scene, lab):
    """Ben has an authenticator app and e-mail as second factors, and prefers neither: the app's secret."""
    sender = f"arn:aws:ses:{lab.region}:{lab.account}:identity/hello@tidepool.example"
    email = {"EmailSendingAccount": "DEVELOPER", "SourceArn": sender}
    pool = {"UserPoolId": scene.pool}
    user_pools.update_user_pool(**pool, EmailConfiguration=email, AutoVerifiedAttributes=["email"])
    user_pools.set_user_pool_mfa_config(
        **pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={"Subject": "Tidepool", "Message": "Your code is {####}"},
    )
    person = {"USERNAME": "ben", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    token = user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]["AccessToken"]
    secret = user_pools.associate_software_token(AccessToken=token)["SecretCode"]
    user_pools.verify_software_token(AccessToken=token, UserCode=pyotp.TOTP(secret).now())
    on = {"SoftwareTokenMfaSettings": {"Enabled": True}, "EmailMfaSettings": {"Enabled": True}}
    user_pools.set_user_mfa_preference(AccessToken=token, **on)
    return secret


def respond(user_pools, client, username, name, session, responses):
    challenge = {"ChallengeName": name, "Session": session}
    answer = {"USERNAME": username, **responses}
    return user_pools.respond_to_auth_challenge(ClientId=client, **challenge, ChallengeResponses=answer)


def wrong_first_session_again(user_pools, client, username, asked, answers):
    """You sent one session twice"""
    first = asked.get("Session")
    while "AuthenticationResult" not in asked:
        name = asked["ChallengeName"]
        asked = respond(user_pools, client, username, name, first, answers[name]())
    return asked


def wrong_starting_anew(user_pools, client, username, asked, answers):
    """you began anew"""
    if "AuthenticationResult" in asked:
        return asked
    answered = respond(
        user_pools,
        client,
        username,
        asked["ChallengeName"],
        asked["Session"],
        answers[asked["ChallengeName"]](),
    )
    person = {"USERNAME": username, "PASSWORD": "Rock-pools-2026!"}
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
    return answered and user_pools.initiate_auth(**flow, AuthParameters=person)


def wrong_one_answer_only(user_pools, client, username, asked, answers):
    """there are no tokens after 1 answers"""
    if "AuthenticationResult" in asked:
        return asked
    name = asked["ChallengeName"]
    return respond(user_pools, client, username, name, asked["Session"], answers[name]())


def wrong_always_a_challenge(user_pools, client, username, asked, answers):
    """looks for 'ChallengeName'"""
    while True:
        name = asked["ChallengeName"]
        asked = respond(user_pools, client, username, name, asked["Session"], answers[name]())
        if "AuthenticationResult" in asked:
            return asked


def wrong_first_name_again(user_pools, client, username, asked, answers):
    """at answer 2"""
    name = asked.get("ChallengeName")
    while "AuthenticationResult" not in asked:
        asked = respond(user_pools, client, username, name, asked["Session"], answers[name]())
    return asked


def wrong_returns_nothing(user_pools, client, username, asked, answers):
    """there are no tokens after 0 answers"""
    answer_all(user_pools, client, username, asked, answers)
