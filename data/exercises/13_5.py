"""Rook is a guest of the identity pool `gallery`, which allows the basic flow. He shows the pool's token to STS, and
names a role. Each line is the `Condition` of one role's trust policy; `…` stands for `cognito-identity.amazonaws.com`.
Does he get the role? Write `True` or `False` for each line.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Which of these roles can a guest take?", False, 1, 2
expected = "four times True or False; the check makes the four roles, and tries them as a guest."
hint = "A guest's `amr` is `unauthenticated`. Read each pattern letter by letter."
scene = "left_open"

name = "takes"
stub = {
    "…:aud equals gallery": None,
    "…:aud equals gallery, …:amr is like authenticated": None,
    "…:aud equals gallery, …:amr is like *authenticated": None,
    "…:aud equals archive, …:amr is like unauthenticated": None,
}
solution = {
    "…:aud equals gallery": True,
    "…:aud equals gallery, …:amr is like authenticated": False,
    "…:aud equals gallery, …:amr is like *authenticated": True,
    "…:aud equals archive, …:amr is like unauthenticated": False,
}
CONDITIONS = [("gallery", ""), ("gallery", "authenticated"), ("gallery", "*authenticated"), ("archive", "un")]
BECAUSE = [
    "nothing in it asks whether somebody has signed in, so a guest fits.",
    "without a star the two texts must be the same.",
    "the star stands for any letters, and also for `un`.",
    "the condition on `amr` fits, but he comes from another identity pool.",
]


def check(answer, scene, lab):
    identity_pools = boto3.client("cognito-identity")
    guest = identity_pools.get_id(IdentityPoolId=scene.gallery)["IdentityId"]
    token = identity_pools.get_open_id_token(IdentityId=guest)["Token"]
    for number, (line, because) in enumerate(zip(stub, BECAUSE, strict=True)):
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        role = made(scene, number)
        wish = {"RoleArn": role, "RoleSessionName": "rook", "WebIdentityToken": token}
        takes = not refusal_of(partial(boto3.client("sts").assume_role_with_web_identity, **wish))
        expect(said == takes, f"“{line}”: the check has tried it as a guest; {because}")


def made(scene, number):
    """The role with the condition of this line."""
    pool, state = CONDITIONS[number]
    pools = "cognito-identity.amazonaws.com"
    condition = {"StringEquals": {f"{pools}:aud": getattr(scene, pool)}}
    if state:
        condition["ForAnyValue:StringLike"] = {f"{pools}:amr": "unauthenticated" if state == "un" else state}
    trust = {"Effect": "Allow", "Principal": {"Federated": pools}, "Action": "sts:AssumeRoleWithWebIdentity"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**trust, "Condition": condition}]})
    role = boto3.client("iam").create_role(RoleName=f"tried-{number}", AssumeRolePolicyDocument=document)
    return role["Role"]["Arn"]


LINES = list(stub)
wrong_pool_is_enough = {**solution, LINES[0]: False}, "nothing in it asks whether somebody has signed in"
wrong_guests_are_authenticated = {**solution, LINES[1]: True}, "the two texts must be the same"
wrong_star = {**solution, LINES[2]: False}, "and also for `un`"
wrong_other_pool = {**solution, LINES[3]: True}, "from another identity pool"
wrong_half_done = {**solution, LINES[3]: None}, "write True or False"
