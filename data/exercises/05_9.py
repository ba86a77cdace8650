"""The pool has a function for the trigger `UserMigration`. Lotte is known to the old directory and not to the pool. Mara
is in the pool. Is the function asked? Write `True` or `False`.
"""

from functools import partial

import boto3

from cognito_lab.lessons.srp_sign_in import sign_in_by_srp
from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "Is the old directory asked?", False, 1, 2
expected = "five times True or False; the check makes the five calls, and reads the function's log."
hint = "The function is for people whom the pool does not know. At a sign-in it needs the password itself."
scene = "members"

name = "is_asked"
stub = {
    "Lotte signs in by USER_PASSWORD_AUTH": None,
    "Lotte signs in by USER_SRP_AUTH": None,
    "Lotte has forgotten her password: ForgotPassword": None,
    "Mara signs in by USER_PASSWORD_AUTH, with a wrong password": None,
    "Lotte signs in by USER_PASSWORD_AUTH, with a wrong password": None,
}
solution = {
    "Lotte signs in by USER_PASSWORD_AUTH": True,
    "Lotte signs in by USER_SRP_AUTH": False,
    "Lotte has forgotten her password: ForgotPassword": True,
    "Mara signs in by USER_PASSWORD_AUTH, with a wrong password": False,
    "Lotte signs in by USER_PASSWORD_AUTH, with a wrong password": True,
}
CODE = """def lambda_handler(event, context):
    print("asked")
    return event
"""


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    allowed = {"ClientName": "app", "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}
    by_srp = user_pools.create_user_pool_client(UserPoolId=scene.pool, **allowed)["UserPoolClient"][
        "ClientId"
    ]
    set_triggers(lab, scene, UserMigration=CODE)
    for line in stub:
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        before = lab.logs("UserMigration")
        refusal_of(partial(call, line, user_pools, scene, by_srp))
        came = lab.logs("UserMigration") != before
        expect(
            said == came,
            f"“{line}”: the check made this call, and the log says {'asked' * came or 'nothing'}.",
        )


def call(line, user_pools, scene, by_srp):
    """The call of a ``line``."""
    username, password = line.partition(" ")[0].lower(), "wrong" if "wrong" in line else scene.password
    if "SRP" in line:
        return sign_in_by_srp(user_pools, scene.pool, by_srp, username, password)
    if "Forgot" in line:
        return user_pools.forgot_password(ClientId=scene.client, Username=username)
    person = {"USERNAME": username, "PASSWORD": password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    return user_pools.initiate_auth(**flow)


LINES = list(stub)
wrong_srp_passes_it_on = {**solution, LINES[1]: True}, "USER_SRP_AUTH”: the check"
wrong_no_recovery = {**solution, LINES[2]: False}, "ForgotPassword”: the check"
wrong_second_opinion = (
    {**solution, LINES[3]: True},
    "“Mara signs in by USER_PASSWORD_AUTH, with a wrong password”: the",
)
wrong_only_right_passwords = (
    {**solution, LINES[4]: False},
    "“Lotte signs in by USER_PASSWORD_AUTH, with a wrong password”: the",
)
wrong_half_done = {**solution, LINES[0]: None}, "write True or False"
