"""Six requests, each with credentials of the enhanced flow. The line says what the policies contain; nothing else
allows or denies anything. Is the request allowed? Write `True` or `False` for each line.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Six verdicts", False, 2, 8
expected = "six times True or False; the check makes the six requests."
hint = "Ask three questions in this order. Does any policy deny it? Does the role allow it? Is there a session policy, and does it allow it too?"
scene = "three_roles"

name = "allowed"
stub = {
    "Mara reads reef/crab.svg: two policies allow s3:GetObject, a third denies it": None,
    "Mara reads her own upload reef/mara.svg: the role allows only s3:PutObject": None,
    "Mara reads reef/crab.svg: the role allows s3:GetObject on the bucket's ARN": None,
    "Mara reads reef/crab.svg: the role allows nothing, the bucket policy allows her role": None,
    "a guest lists the roles of the account: the guests' role allows every action": None,
    "Mara deletes reef/crab.svg: the role denies every action except this one, and allows none": None,
}
LINES = list(stub)
solution = {
    "Mara reads reef/crab.svg: two policies allow s3:GetObject, a third denies it": False,
    "Mara reads her own upload reef/mara.svg: the role allows only s3:PutObject": False,
    "Mara reads reef/crab.svg: the role allows s3:GetObject on the bucket's ARN": False,
    "Mara reads reef/crab.svg: the role allows nothing, the bucket policy allows her role": True,
    "a guest lists the roles of the account: the guests' role allows every action": False,
    "Mara deletes reef/crab.svg: the role denies every action except this one, and allows none": False,
}
BECAUSE = dict(
    zip(
        LINES,
        (
            "One deny beats any number of allows.",
            "Whoever stores an object has no right to read it. The role must allow the reading.",
            "This ARN names the bucket. Its objects have ARNs of their own, with a key after the slash.",
            "In one account, a bucket policy that names the role is enough.",
            "IAM is not among the services that the session policy of guests allows.",
            "The statement denies other actions and allows none. What no statement allows is denied.",
        ),
        strict=True,
    )
)


def check(answer, scene, lab):
    for line, really in made(scene).items():
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(
            said == really, f"“{line}”: the request is {'allowed' if really else 'refused'}. {BECAUSE[line]}"
        )


def made(scene):
    """The six requests, made: which are allowed?"""
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    bucket, objects = f"arn:aws:s3:::{scene.bucket}", f"arn:aws:s3:::{scene.bucket}/*"
    login = {scene.issuer: id_token(scene, "mara")}
    mara = client_with(identity_and_credentials(scene.identity_pool, login)[1])
    crab = {"Bucket": scene.bucket, "Key": "reef/crab.svg"}
    read, own = partial(mara.get_object, **crab), {"Bucket": scene.bucket, "Key": "reef/mara.svg"}

    def with_policies(call, *statements, role="tidepool-member"):
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        for number, statement in enumerate(statements):
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=role, PolicyName=f"policy-{number}", PolicyDocument=document)
        return not refusal_of(call)

    def allow(action, resource=objects):
        return {"Effect": "Allow", "Action": action, "Resource": resource}

    guest = client_with(identity_and_credentials(scene.identity_pool, {})[1], "iam")
    found = [
        with_policies(read, allow("s3:*"), allow("s3:GetObject"), {**allow("s3:GetObject"), "Effect": "Deny"})
    ]
    with_policies(partial(mara.put_object, **own, Body=b"<svg/>"), allow("s3:PutObject"))
    found.append(not refusal_of(partial(mara.get_object, **own)))
    found.append(with_policies(read, allow("s3:GetObject", bucket)))
    statement = {**allow("s3:GetObject"), "Principal": {"AWS": scene.member_role}}
    s3.put_bucket_policy(
        Bucket=scene.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    found.append(with_policies(read))
    s3.delete_bucket_policy(Bucket=scene.bucket)
    found.append(with_policies(guest.list_roles, allow("*", "*"), role="tidepool-visitor"))
    deny = {"Effect": "Deny", "NotAction": "s3:DeleteObject", "Resource": "*"}
    found.append(with_policies(partial(mara.delete_object, **crab), deny))
    return dict(zip(LINES, found, strict=True))


wrong_counts_the_allows = {**solution, LINES[0]: True}, "One deny beats any number of allows"
wrong_belongs_to_her = {**solution, LINES[1]: True}, "Whoever stores an object has no right to read it"
wrong_bucket_means_objects = {**solution, LINES[2]: True}, "Its objects have ARNs of their own"
wrong_bucket_policy_does_nothing = (
    {**solution, LINES[3]: False},
    "a bucket policy that names the role is enough",
)
wrong_star_for_guests = {**solution, LINES[4]: True}, "IAM is not among the services"
wrong_what_is_not_denied = {**solution, LINES[5]: True}, "What no statement allows is denied"
wrong_half_done = {**solution, LINES[5]: None}, "write True or False"
