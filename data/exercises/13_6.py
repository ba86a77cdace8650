"""The policy of members allows reading in `tidepool-pictures/${aws:PrincipalTag/username}*`, as in 13.5 before the
repair. Rook may choose any username that is free. With which one does he read `drafts/crab.svg`, which is for curators?
Write one.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "A name that opens the drafts", False, 1, 2
expected = "a username; the check signs up with it, and reads the picture."
hint = "Put the username into the line of the policy. Then compare the line with the name of the picture."
scene = "left_open"

name = "username"
stub = None
solution = "drafts"


def check(answer, scene, lab):
    expect(isinstance(answer, str) and answer, "Write a username, as text.")
    user_pools, mail = boto3.client("cognito-idp"), "rook@elsewhere.example"
    person = {"ClientId": scene.client, "Username": answer}
    address = [{"Name": "email", "Value": mail}]
    code = refusal_of(partial(user_pools.sign_up, **person, Password=scene.password, UserAttributes=address))
    expect(
        code != "UsernameExistsException", f"`{answer}` is somebody's username already: he cannot have it."
    )
    expect(not code, f"SignUp refuses this name: {code}.")
    user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(mail)[-1].code)
    login = {scene.issuer: id_token(scene, answer)}
    code = refusal_of(partial(identity_and_credentials, scene.gallery, login))
    expect(not code, f"`{answer}` gets no credentials: a tag of a session cannot contain all characters.")
    _, credentials = identity_and_credentials(scene.gallery, login)
    rook = client_with(credentials)
    code = refusal_of(partial(rook.get_object, Bucket=scene.bucket, Key="drafts/crab.svg"))
    wrong_case = answer != answer.lower() and "drafts/crab.svg".startswith(answer.lower())
    expect(not (code and wrong_case), f"`{answer}` → {code}. S3 tells capital letters from small ones.")
    expect(not code, f"`{answer}` → {code}. The picture's name does not begin with this username.")


wrong_curator = "curator", "does not begin with this username"
wrong_ines = "ines", "is somebody's username already"
wrong_capital = "Drafts", "S3 tells capital letters"
wrong_space = "all drafts", "SignUp refuses this name"
wrong_star = "*", "a tag of a session cannot contain all characters"
wrong_number = 7, "Write a username"
