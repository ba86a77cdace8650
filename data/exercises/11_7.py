"""A session has a role with two policies, and a session policy:

- the role's policy `read`: Allow `s3:GetObject` on every object;
- the role's policy `drafts`: Deny `s3:*` on every object in `drafts/`;
- the session policy: Allow `s3:GetObject` and `s3:PutObject` on every object in `gallery/` and `drafts/`.

What decides each request? Write `"allowed"`, or what refuses it: `"read"` or `"drafts"` (a statement of this policy
denies it), `"role"` (no policy of the role allows it), `"session policy"` (the session policy does not allow it).
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, refusal_of

title, core, difficulty, minutes = "What decides?", False, 1, 2
expected = "four answers; the check makes the four requests and looks at the verdicts."
hint = "First look for a statement that denies the request. Then ask the role, then the session policy."
scene = "basic_flow"

name = "decides"
stub = {
    "read gallery/anemone.svg": None,
    "write gallery/new.svg": None,
    "read reef/crab.svg": None,
    "read drafts/crab.svg": None,
}
LINES = list(stub)
solution = {
    "read gallery/anemone.svg": "allowed",
    "write gallery/new.svg": "role",
    "read reef/crab.svg": "session policy",
    "read drafts/crab.svg": "drafts",
}
WORDS = ("allowed", "read", "drafts", "role", "session policy")
BECAUSE = {
    "allowed": "Each document that has to allow it does, and nothing denies it.",
    "role": "A document that narrows cannot add a right.",
    "session policy": "Two documents must allow it, and only one of them does.",
    "drafts": "A statement denies it, so nothing else matters.",
}


def check(answer, scene, lab):
    for line, really in made(scene).items():
        said = answer.get(line)
        expect(said in WORDS, f"“{line}”: write one of {', '.join(WORDS)}.")
        expect(said == really, f"“{line}”: no. {BECAUSE[really]}")


def made(scene):
    """The four requests, made and judged."""
    from cognito_lab import permissions

    iam, identity_pools = boto3.client("iam"), boto3.client("cognito-identity")
    bucket = f"arn:aws:s3:::{scene.bucket}"

    def document(effect, action, *resources):
        statement = {"Effect": effect, "Action": action, "Resource": [f"{bucket}/{one}" for one in resources]}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    role = {"RoleName": "tidepool-member"}
    iam.delete_role_policy(**role, PolicyName="gallery")
    iam.put_role_policy(**role, PolicyName="read", PolicyDocument=document("Allow", "s3:GetObject", "*"))
    iam.put_role_policy(**role, PolicyName="drafts", PolicyDocument=document("Deny", "s3:*", "drafts/*"))
    login = {scene.issuer: id_token(scene, "mara")}
    identity = identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login)["IdentityId"]
    parts = boto3.client("sts").assume_role_with_web_identity(
        RoleArn=scene.member_role,
        RoleSessionName="page",
        WebIdentityToken=identity_pools.get_open_id_token(IdentityId=identity, Logins=login)["Token"],
        Policy=document("Allow", ["s3:GetObject", "s3:PutObject"], "gallery/*", "drafts/*"),
    )["Credentials"]
    client = client_with({**parts, "SecretKey": parts["SecretAccessKey"]})
    boto3.client("s3").put_object(Bucket=scene.bucket, Key="drafts/crab.svg", Body=b"<svg/>")
    found = {}
    for line in LINES:
        verb, key = line.split()
        call = {"read": client.get_object, "write": partial(client.put_object, Body=b"<svg/>")}[verb]
        refused = refusal_of(partial(call, Bucket=scene.bucket, Key=key))
        action = {"read": "s3:GetObject", "write": "s3:PutObject"}[verb]
        verdict = permissions(parts, action, f"{bucket}/{key}").verdict
        kinds = {"session": "session policy", "identity-based": "role"}
        found[line] = (verdict.policy or kinds[verdict.kind]) if refused else "allowed"
    return found


wrong_session_policy_adds = {**solution, LINES[1]: "allowed"}, "cannot add a right"
wrong_role_is_enough = (
    {**solution, LINES[2]: "allowed"},
    "Two documents must allow it",
)
wrong_two_allow = {**solution, LINES[3]: "allowed"}, "A statement denies it"
wrong_name_of_the_allow = {**solution, LINES[0]: "read"}, "nothing denies it"
wrong_half_done = {**solution, LINES[3]: None}, "write one of"
