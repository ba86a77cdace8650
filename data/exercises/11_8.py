"""The policy of the lesson allows `s3:ListBucket` where the prefix is like `${cognito-identity.amazonaws.com:sub}/*`. Write
`list_request`: the arguments of `list_objects_v2` with which a member lists the own folder.
"""

import json

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "The prefix that is allowed", False, 1, 1
expected = "the request is allowed, and lists the two pictures in the member's folder."
hint = "Compare the prefix with the pattern, character by character. What must come after the identity id?"
scene = "three_roles"


def list_request(bucket, identity):
    """A dictionary of arguments; `bucket` is the bucket's name, `identity` the member's identity id."""
    return {"Bucket": bucket, "Prefix": f"{identity}/"}


def check(answer, scene, lab):
    own = "${cognito-identity.amazonaws.com:sub}/*"
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{scene.bucket}"}
    statement["Condition"] = {"StringLike": {"s3:prefix": own}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boto3.client("iam").put_role_policy(
        RoleName="tidepool-member", PolicyName="list", PolicyDocument=document
    )
    for name in ("mara", "ben"):
        login = {scene.issuer: id_token(scene, name)}
        identity, credentials = identity_and_credentials(scene.identity_pool, login)
        keys = {f"{identity}/goby.svg", f"{identity}/2026/crab.svg"}
        for key in keys:
            boto3.client("s3").put_object(Bucket=scene.bucket, Key=key, Body=b"<svg/>")
        given = answer(scene.bucket, identity)
        expect(isinstance(given, dict), f"Return a dictionary; you returned {type(given).__name__}.")
        client = client_with(credentials)
        code = refusal_of(lambda client=client, given=given: client.list_objects_v2(**given))
        prefix = given.get("Prefix", "")
        expect(
            not code, f"{name.capitalize()} lists with the prefix {prefix!r} → {code}: it is not like {own}."
        )
        listed = {one["Key"] for one in client.list_objects_v2(**given).get("Contents", [])}
        expect(listed == keys, f"{name.capitalize()} sees {len(listed)} of the {len(keys)} pictures.")


def wrong_no_prefix(bucket, identity):
    """Mara lists with the prefix '' → AccessDenied"""
    return {"Bucket": bucket}


def wrong_no_slash(bucket, identity):
    """Mara lists with the prefix 'us-east-1:"""
    return {"Bucket": bucket, "Prefix": identity}


def wrong_the_pattern_itself(bucket, identity):
    """Mara lists with the prefix '${cognito-identity"""
    return {"Bucket": bucket, "Prefix": "${cognito-identity.amazonaws.com:sub}/*"}


def wrong_star(bucket, identity):
    """Mara sees 0 of the 2 pictures"""
    return {"Bucket": bucket, "Prefix": f"{identity}/*"}
