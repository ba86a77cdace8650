"""Mara's laptop was stolen while her session was open. Write `stop`: with one change of the role
`tidepool-member`, the credentials that were issued before can no longer read the gallery. Keep the role, because
members will get the right back later.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Stop a session at once", False, 1, 2
expected = "Mara's old credentials no longer read the picture, and the role is still there."
hint = """
Which of the role's two documents does AWS read at every call? In this role its name is `gallery`. IAM has the calls
`put_role_policy` and `delete_role_policy`.
"""
scene = "roles"


def stop(iam):
    """Take from the sessions of `tidepool-member` the right to read the gallery."""
    iam.delete_role_policy(RoleName="tidepool-member", PolicyName="gallery")


def check(answer, scene, lab):
    login = {scene.issuer: id_token(scene, "mara")}
    _, credentials = identity_and_credentials(scene.identity_pool, login)
    read = partial(client_with(credentials).get_object, Bucket=scene.bucket, Key="gallery/anemone.svg")
    iam = boto3.client("iam")
    trusted = trust_of(iam)
    answer(iam)
    code = refusal_of(partial(iam.get_role, RoleName="tidepool-member"))
    expect(not code, "The role is gone. Its permissions cannot be given back later.")
    expect(
        refusal_of(read) or trust_of(iam) == trusted,
        "The old credentials still read the picture: the trust policy is read only when somebody takes the role.",
    )
    expect(
        refusal_of(read),
        "The old credentials still read the picture, because a policy of the role still allows it. A second "
        "policy takes nothing away, unless it denies.",
    )
    code = refusal_of(partial(boto3.client("s3").get_object, Bucket=scene.bucket, Key="gallery/anemone.svg"))
    expect(not code, f"Now you, the owner, cannot read the picture either → {code}. Change the role only.")
    code = refusal_of(partial(identity_and_credentials, scene.identity_pool, login))
    expect(not code, f"Members can no longer take the role → {code}. One change is enough: the permissions.")


def trust_of(iam):
    """The role's trust policy."""
    return iam.get_role(RoleName="tidepool-member")["Role"]["AssumeRolePolicyDocument"]


def wrong_trust(iam):
    """the trust policy is read only when"""
    document = trust_of(iam)
    document["Statement"][0]["Effect"] = "Deny"
    iam.update_assume_role_policy(RoleName="tidepool-member", PolicyDocument=json.dumps(document))


def wrong_another_policy(iam):
    """A second policy takes nothing away"""
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::tidepool-pictures/none/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="tidepool-member", PolicyName="less", PolicyDocument=document)


def wrong_role_deleted(iam):
    """The role is gone"""
    stop(iam)
    iam.delete_role(RoleName="tidepool-member")


def wrong_both(iam):
    """Members can no longer take the role"""
    stop(iam)
    wrong_trust(iam)
