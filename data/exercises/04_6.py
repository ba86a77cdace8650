"""Rook has a name and no password. The app client has `PreventUserExistenceErrors="ENABLED"`. From which of these calls
does Rook learn whether the name exists? Write `True` or `False` for each. Names that exist belong to confirmed members.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Which call gives a name away?", False, 1, 1
expected = (
    "four times True or False; the check makes each call with a name that exists and with one that does not."
)
hint = "Which of these calls cannot do its work without saying that the name is taken?"
scene = "members"

name = "tells"
stub = {
    "InitiateAuth with a wrong password": None,
    "ForgotPassword": None,
    "ConfirmForgotPassword with a wrong code": None,
    "SignUp": None,
}
solution = {
    "InitiateAuth with a wrong password": False,
    "ForgotPassword": False,
    "ConfirmForgotPassword with a wrong code": False,
    "SignUp": True,
}
BECAUSE = [
    "an unknown name is refused like a wrong password.",
    "for an unknown name Cognito only says that it has sent a code.",
    "without a code that was asked for, both names are refused in the same way.",
    "two people cannot have one name.",
]


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    hidden = {"ExplicitAuthFlows": flows, "PreventUserExistenceErrors": "ENABLED"}
    user_pools.update_user_pool_client(UserPoolId=scene.pool, ClientId=scene.client, **hidden)
    for (line, call), because in zip(calls(user_pools, scene.client).items(), BECAUSE, strict=True):
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        differs = refusal_of(lambda call=call: call("mara")) != refusal_of(lambda call=call: call("aiko"))
        expect(said == differs, f"“{line}”: the check has compared the two answers; {because}")


def calls(user_pools, client):
    """Each line as a call for a name."""

    def sign_in(username):
        person = {"USERNAME": username, "PASSWORD": "Low-water-2026!"}
        user_pools.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)

    def forgot(username):
        user_pools.forgot_password(ClientId=client, Username=username)

    def confirm(username):
        new = {"Password": "Low-water-2026!", "ConfirmationCode": "000000"}
        user_pools.confirm_forgot_password(ClientId=client, Username=username, **new)

    def sign_up(username):
        user_pools.sign_up(ClientId=client, Username=username, Password="Low-water-2026!")

    return dict(zip(stub, [sign_in, forgot, confirm, sign_up], strict=True))


LINES = list(stub)
wrong_sign_in = {**solution, LINES[0]: True}, "refused like a wrong password"
wrong_forgot = {**solution, LINES[1]: True}, "only says that it has sent a code"
wrong_confirm = {**solution, LINES[2]: True}, "both names are refused"
wrong_all_hidden = {**solution, LINES[3]: False}, "two people cannot have one name"
wrong_half_done = {**solution, LINES[3]: None}, "write True or False"
