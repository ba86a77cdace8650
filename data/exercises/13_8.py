"""Tidepool changes one setting for the desk of the staff, and nothing else. Then Rook's program tries. Does it get
what the line says? Write `True` or `False` for each line.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "One setting, and what is left", False, 1, 2
expected = "four times True or False; the check changes the setting and makes the program's calls."
hint = "Which call does the setting refuse? Is there another call that gives the same?"
scene = "left_open"

name = "program_gets"
stub = {
    "sign-up closed: the keys of the staff": None,
    "sign-up closed: whether `ines` exists": None,
    "names hidden: whether `ines` exists": None,
    "guests off in the archive: the keys of the staff": None,
}
solution = {
    "sign-up closed: the keys of the staff": False,
    "sign-up closed: whether `ines` exists": True,
    "names hidden: whether `ines` exists": True,
    "guests off in the archive: the keys of the staff": True,
}
BECAUSE = [
    "without an account, `desk` gives nothing.",
    "the answer to a sign-in with a wrong password still depends on the name.",
    "`SignUp` still refuses a name that is taken with a code of its own.",
    "the keys come from `desk`, after a sign-up.",
]


def check(answer, scene, lab):
    found = [*sign_up_closed(scene, lab), names_hidden(scene), guests_off(scene, lab)]
    for line, really, because in zip(stub, found, BECAUSE, strict=True):
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(said == really, f"“{line}”: the check has made the calls; {because}")


def sign_up_closed(scene, lab):
    close(scene, True)
    found = gets_keys(scene, lab), tells(scene)
    close(scene, False)
    return found


def close(scene, closed):
    boto3.client("cognito-idp").update_user_pool(
        UserPoolId=scene.staff_pool,
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": closed},
    )


def gets_keys(scene, lab):
    """Whether somebody who signs up gets the keys of the staff."""
    user_pools, mail = boto3.client("cognito-idp"), "rook@elsewhere.example"
    person = {"ClientId": scene.staff_client, "Username": "rook"}
    address = [{"Name": "email", "Value": mail}]
    if refusal_of(partial(user_pools.sign_up, **person, Password=scene.password, UserAttributes=address)):
        return False
    user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(mail)[-1].code)
    login = {scene.staff_issuer: id_token(scene, "rook", scene.staff_client)}
    return not refusal_of(partial(identity_and_credentials, scene.desk, login))


def names_hidden(scene):
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    boto3.client("cognito-idp").update_user_pool_client(
        UserPoolId=scene.staff_pool,
        ClientId=scene.staff_client,
        ExplicitAuthFlows=flows,
        PreventUserExistenceErrors="ENABLED",
    )
    return tells(scene)


def tells(scene):
    """Whether a sign-in or a sign-up answers differently for a name that exists."""
    user_pools = boto3.client("cognito-idp")

    def sign_in(username):
        person = {"USERNAME": username, "PASSWORD": "wrong"}
        user_pools.initiate_auth(
            ClientId=scene.staff_client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
        )

    def sign_up(username):
        user_pools.sign_up(ClientId=scene.staff_client, Username=username, Password="R4nd0mP4$$w0rd")

    return any(
        refusal_of(partial(call, "ines")) != refusal_of(partial(call, f"nobody-{call.__name__}"))
        for call in (sign_in, sign_up)
    )


def guests_off(scene, lab):
    boto3.client("cognito-identity").update_identity_pool(
        IdentityPoolId=scene.archive,
        IdentityPoolName="archive",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=scene.members,
    )
    return gets_keys(scene, lab)


LINES = list(stub)
wrong_keys = {**solution, LINES[0]: True}, "`desk` gives nothing"
wrong_names = {**solution, LINES[1]: False}, "a sign-in with a wrong password"
wrong_hidden = {**solution, LINES[2]: False}, "`SignUp` still refuses"
wrong_desk = {**solution, LINES[3]: False}, "the keys come from `desk`"
wrong_half_done = {**solution, LINES[3]: None}, "write True or False"
