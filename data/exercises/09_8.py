"""Which of these four calls succeed? The credentials come from the enhanced flow. The permissions policy of the
role allows only what the line says. Write `True` or `False` for each line.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "The role, the list, or both", False, 1, 2
expected = "four times True or False; the check makes the four calls."
hint = "A guest's call needs two policies that allow it. Which of the two does a member's call need?"
scene = "visitors"

name = "succeeds"
stub = {
    "a guest reads the gallery; the role allows it": None,
    "a guest reads the gallery; the role allows nothing": None,
    "a guest lists the roles; the role allows every action": None,
    "a member lists the roles; the role allows every action": None,
}
solution = {
    "a guest reads the gallery; the role allows it": True,
    "a guest reads the gallery; the role allows nothing": False,
    "a guest lists the roles; the role allows every action": False,
    "a member lists the roles; the role allows every action": True,
}
BECAUSE = {
    "a guest reads the gallery; the role allows it": "S3 is on the guests' list, and the role allows the call.",
    "a guest reads the gallery; the role allows nothing": "The session policy gives no rights. It only limits "
    "what the role allows.",
    "a guest lists the roles; the role allows every action": "IAM is not on the guests' list, and a `*` in the "
    "role adds nothing to the list.",
    "a member lists the roles; the role allows every action": "Members have no such list. The role alone decides.",
}


def check(answer, scene, lab):
    for line, really in made(scene).items():
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(
            said == really, f"“{line}”: the call {'succeeds' if really else 'is refused'}. {BECAUSE[line]}"
        )


def made(scene):
    """The four calls, made: which succeed?"""
    iam = boto3.client("iam")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    _, guest = identity_and_credentials(scene.identity_pool, {})
    _, member = identity_and_credentials(scene.identity_pool, {scene.issuer: id_token(scene, "mara")})
    read = partial(client_with(guest).get_object, Bucket=scene.bucket, Key="gallery/anemone.svg")
    succeeded = [not refusal_of(read)]
    iam.delete_role_policy(RoleName="tidepool-visitor", PolicyName="gallery")
    succeeded.append(not refusal_of(read))
    for role, credentials in (("tidepool-visitor", guest), ("tidepool-member", member)):
        iam.put_role_policy(RoleName=role, PolicyName="everything", PolicyDocument=document)
        succeeded.append(not refusal_of(client_with(credentials, "iam").list_roles))
    return dict(zip(stub, succeeded, strict=True))


LINES = list(stub)
wrong_guests_may_nothing = {**solution, LINES[0]: False}, "S3 is on the guests' list"
wrong_list_gives_rights = {**solution, LINES[1]: True}, "The session policy gives no rights"
wrong_star_opens_all = {**solution, LINES[2]: True}, "adds nothing to the list"
wrong_members_too = {**solution, LINES[3]: False}, "The role alone decides"
wrong_half_done = {**solution, LINES[3]: None}, "write True or False"
