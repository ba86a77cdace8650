"""The pool has a function for each of the triggers. Before the colon stands a trigger, after it what somebody does. Does
the function run? Write `True` or `False`.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "Does it run?", False, 2, 2
expected = "six times True or False; the check does the six things, and reads the logs."
hint = "Ask of each line: is this the moment at which somebody signs up, confirms, shows who they are, or gets tokens?"
scene = "members"

name = "does_run"
stub = {
    "PreSignUp: an administrator creates an account": None,
    "PostConfirmation: an administrator creates an account": None,
    "PostConfirmation: an administrator confirms a sign-up": None,
    "PreAuthentication: Mara types a wrong password": None,
    "PostAuthentication: Mara types a wrong password": None,
    "PreAuthentication: Mara's app refreshes": None,
}
solution = {
    "PreSignUp: an administrator creates an account": True,
    "PostConfirmation: an administrator creates an account": False,
    "PostConfirmation: an administrator confirms a sign-up": True,
    "PreAuthentication: Mara types a wrong password": True,
    "PostAuthentication: Mara types a wrong password": False,
    "PreAuthentication: Mara's app refreshes": False,
}
CODE = """def lambda_handler(event, context):
    print("ran")
    return event
"""


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    triggers = sorted({line.partition(":")[0] for line in stub})
    set_triggers(lab, scene, **dict.fromkeys(triggers, CODE))
    ran = {}
    for what in dict.fromkeys(line.partition(": ")[2] for line in stub):
        logs = {trigger: lab.logs(trigger) for trigger in triggers}
        refusal_of(partial(do, what, user_pools, scene, lab, logs))
        ran[what] = {trigger for trigger in triggers if lab.logs(trigger) != logs[trigger]}
    for line in stub:
        said, (trigger, _, what) = answer.get(line), line.partition(": ")
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        came = "it ran" if trigger in ran[what] else "it did not run"
        expect(said == (trigger in ran[what]), f"“{line}”: the check has done it, and {came}.")


def do(what, user_pools, scene, lab, logs):
    """What somebody does in a line; what only prepares it is left out of ``logs``."""
    if "creates" in what:
        return user_pools.admin_create_user(UserPoolId=scene.pool, Username="aiko", MessageAction="SUPPRESS")
    if "confirms" in what:
        person = {"ClientId": scene.client, "Username": "nils", "Password": scene.password}
        user_pools.sign_up(**person, UserAttributes=[{"Name": "email", "Value": "nils@tidepool.example"}])
        logs.update({trigger: lab.logs(trigger) for trigger in logs})
        return user_pools.admin_confirm_sign_up(UserPoolId=scene.pool, Username="nils")
    start = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    if "wrong" in what:
        return user_pools.initiate_auth(**start, AuthParameters={"USERNAME": "mara", "PASSWORD": "wrong"})
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    tokens = user_pools.initiate_auth(**start, AuthParameters=person)["AuthenticationResult"]
    logs.update({trigger: lab.logs(trigger) for trigger in logs})
    again = {**start, "AuthFlow": "REFRESH_TOKEN_AUTH"}
    return user_pools.initiate_auth(**again, AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]})


LINES = list(stub)
wrong_not_for_administrators = (
    {**solution, LINES[0]: False},
    "“PreSignUp: an administrator creates an account”",
)
wrong_created_is_confirmed = {**solution, LINES[1]: True}, "“PostConfirmation: an administrator creates"
wrong_only_by_code = {**solution, LINES[2]: False}, "confirms a sign-up”: the check"
wrong_only_right_passwords = {**solution, LINES[3]: False}, "“PreAuthentication: Mara types"
wrong_after_every_try = {**solution, LINES[4]: True}, "“PostAuthentication: Mara types"
wrong_refresh_is_a_sign_in = {**solution, LINES[5]: True}, "app refreshes”: the check"
wrong_half_done = {**solution, LINES[5]: None}, "write True or False"
