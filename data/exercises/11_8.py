"""In the lesson Mara may do `s3:ListBucket` where the prefix is like `${cognito-identity.amazonaws.com:sub}/*`. Say that
her identity id is `us-east-1:7b…`. Which of these requests to list are allowed? Write `True` or `False` for each line.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Which prefix?", False, 1, 2
expected = "five times True or False; the check makes the requests."
hint = "Put the id into the pattern, and compare it with the prefix character by character. The star stands for any characters, also for none."
scene = "three_roles"

name = "may_list"
stub = {
    "Prefix us-east-1:7b…/": None,
    "Prefix us-east-1:7b…": None,
    "Prefix us-east-1:7b…/2026/": None,
    "Prefix us-east-1:7b…-old/": None,
    "no Prefix, and StartAfter us-east-1:7b…/": None,
}
LINES = list(stub)
solution = {
    "Prefix us-east-1:7b…/": True,
    "Prefix us-east-1:7b…": False,
    "Prefix us-east-1:7b…/2026/": True,
    "Prefix us-east-1:7b…-old/": False,
    "no Prefix, and StartAfter us-east-1:7b…/": False,
}
REASONS = (
    "The star stands for no character here, so the prefix fits.",
    "The pattern has a slash after the id, and this prefix has none.",
    "The star stands for `2026/`, so the prefix fits.",
    "After the id comes `-old`, where the pattern wants a slash. Otherwise another folder would open.",
    "The condition is about the prefix. A request without one does not fit, whatever else it says.",
)
BECAUSE = dict(zip(LINES, REASONS, strict=True))


def check(answer, scene, lab):
    for line, really in made(scene).items():
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        expect(
            said == really, f"“{line}”: the request is {'allowed' if really else 'refused'}. {BECAUSE[line]}"
        )


def made(scene):
    """The five requests, made: which are allowed?"""
    own = "${cognito-identity.amazonaws.com:sub}/*"
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{scene.bucket}"}
    statement["Condition"] = {"StringLike": {"s3:prefix": own}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boto3.client("iam").put_role_policy(
        RoleName="tidepool-member", PolicyName="list", PolicyDocument=document
    )
    login = {scene.issuer: id_token(scene, "mara")}
    identity, credentials = identity_and_credentials(scene.identity_pool, login)
    ask = partial(client_with(credentials).list_objects_v2, Bucket=scene.bucket)
    prefixes = (f"{identity}/", identity, f"{identity}/2026/", f"{identity}-old/")
    given = [{"Prefix": prefix} for prefix in prefixes] + [{"StartAfter": f"{identity}/"}]
    return {line: not refusal_of(partial(ask, **each)) for line, each in zip(LINES, given, strict=True)}


wrong_star_wants_a_character = {**solution, LINES[0]: False}, "The star stands for no character here"
wrong_without_the_slash = {**solution, LINES[1]: True}, "The pattern has a slash after the id"
wrong_no_subfolders = {**solution, LINES[2]: False}, "The star stands for `2026/`"
wrong_begins_with_the_id = {**solution, LINES[3]: True}, "After the id comes `-old`"
wrong_another_argument = {**solution, LINES[4]: True}, "The condition is about the prefix"
wrong_half_done = {**solution, LINES[4]: None}, "write True or False"
