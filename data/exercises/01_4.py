"""Ben, Ines and Goran type the right password (`scene.password`) and cannot sign in. Play the scene without
reading it. Try to sign them in, and look them up in the directory. Then say for each of them the `UserStatus`, and
which of these calls helps:

- `"ConfirmSignUp"` with the code from the newest message,
- `"ForgotPassword"`, followed by `ConfirmForgotPassword` with the code that it sends,
- `"ConfirmForgotPassword"` with the code that Cognito has already sent,
- `"AdminEnableUser"`.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Three who cannot sign in", False, 2, 4
expected = "a status and a call for each person; the check makes the call, and then the person can sign in."
hint = """
`admin_get_user` says two things about a user's account, and only one of them is the status. The newest message in
the inbox says which code was sent last.
"""
scene = "locked_out"

name = "findings"
stub = {
    "ben": {"status": None, "call": None},
    "ines": {"status": None, "call": None},
    "goran": {"status": None, "call": None},
}
solution = {
    "ben": {"status": "CONFIRMED", "call": "AdminEnableUser"},
    "ines": {"status": "RESET_REQUIRED", "call": "ConfirmForgotPassword"},
    "goran": {"status": "UNCONFIRMED", "call": "ConfirmSignUp"},
}
NEW_PASSWORD = "High-water-2027!"


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    for username in ("ben", "ines", "goran"):
        said = answer.get(username)
        expect(isinstance(said, dict), f"{username}: write {{'status': …, 'call': …}}.")
        person = {"UserPoolId": scene.pool, "Username": username}
        user = user_pools.admin_get_user(**person)
        expect(said.get("status"), f"{username}: which status does the directory show?")
        expect(
            str(said["status"]).upper() not in ("DISABLED", "ENABLED"),
            f"{username}: “{said['status']}” is not a status. It is the switch beside the status: `Enabled` is "
            f"{user['Enabled']}.",
        )
        expect(
            said["status"] == user["UserStatus"],
            f"{username}: the status is not {said['status']}. AdminGetUser shows it.",
        )
        address = {each["Name"]: each["Value"] for each in user["UserAttributes"]}["email"]
        calls = mending(user_pools, scene, username, lambda address=address: lab.inbox(address)[-1].code)
        expect(said.get("call") in calls, f"{username}: choose a call, one of {', '.join(calls)}.")
        before = refusal_of(partial(sign_in, user_pools, scene, username, scene.password))
        code = refusal_of(calls[said["call"]])
        expect(
            code != "InvalidParameterException" or said["call"] != "ForgotPassword",
            f"{username}: ForgotPassword → {code}. A code goes to a verified address only, and this one is not "
            "verified yet.",
        )
        expect(
            not code,
            f"{username}: {said['call']} → {code}. {username} cannot sign in for another reason.",
        )
        passwords = (scene.password, NEW_PASSWORD)
        after = [refusal_of(partial(sign_in, user_pools, scene, username, word)) for word in passwords]
        expect(
            "" in after, f"{username}: {said['call']} is carried out, but signing in → {before}, as before."
        )


def mending(user_pools, scene, username, newest_code):
    """The calls to choose from, ready to be made for somebody."""
    person = {"ClientId": scene.client, "Username": username}

    def confirm_sign_up():
        user_pools.confirm_sign_up(**person, ConfirmationCode=newest_code())

    def confirm_forgot_password():
        user_pools.confirm_forgot_password(**person, ConfirmationCode=newest_code(), Password=NEW_PASSWORD)

    def forgot_password():
        user_pools.forgot_password(**person)
        confirm_forgot_password()

    return {
        "ConfirmSignUp": confirm_sign_up,
        "ForgotPassword": forgot_password,
        "ConfirmForgotPassword": confirm_forgot_password,
        "AdminEnableUser": lambda: user_pools.admin_enable_user(UserPoolId=scene.pool, Username=username),
    }


def sign_in(user_pools, scene, username, password):
    user_pools.initiate_auth(
        ClientId=scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )


wrong_disabled = (
    {**solution, "ben": {"status": "DISABLED", "call": "AdminEnableUser"}},
    "“DISABLED” is not a status",
)
wrong_reset_of_the_unconfirmed = (
    {**solution, "goran": {"status": "UNCONFIRMED", "call": "ForgotPassword"}},
    "A code goes to a verified address only",
)
wrong_reset_of_the_disabled = (
    {**solution, "ben": {"status": "CONFIRMED", "call": "ForgotPassword"}},
    "ben: ForgotPassword → NotAuthorizedException",
)
wrong_enable = (
    {**solution, "ines": {"status": "RESET_REQUIRED", "call": "AdminEnableUser"}},
    "ines: AdminEnableUser is carried out",
)
wrong_status = (
    {**solution, "ines": {"status": "FORCE_CHANGE_PASSWORD", "call": "ConfirmForgotPassword"}},
    "ines: the status is not FORCE_CHANGE_PASSWORD",
)
wrong_no_call = (
    {**solution, "goran": {"status": "UNCONFIRMED", "call": "AdminConfirmSignUp"}},
    "goran: choose a call",
)
wrong_shape = {**solution, "ben": "CONFIRMED"}, "ben: write {"
