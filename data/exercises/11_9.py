"""The reef has a contest. A statement in the members' role allows uploads into `contest/`, for everybody so far. Write
`only_reef`: the value of `Condition` with which the statement counts only for members whose session has the tag
`section` with the value `reef`.
"""

import json

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Only the reef", False, 1, 2
expected = (
    "members of the reef upload. Members of `shore` and `old-reef`, and members without a section, do not."
)
hint = "The name of the condition key contains the name of the tag. What does your operator say about a session without the tag?"
scene = "three_roles"


def only_reef():
    """The conditions, as a dictionary."""
    return {"StringEquals": {"aws:PrincipalTag/section": "reef"}}


def check(answer, scene, lab):
    iam, user_pools = boto3.client("iam"), boto3.client("cognito-idp")
    boto3.client("cognito-identity").set_principal_tag_attribute_map(
        IdentityPoolId=scene.identity_pool,
        IdentityProviderName=scene.issuer,
        PrincipalTags={"section": "custom:section"},
    )
    role = {"RoleName": "tidepool-member"}
    trust = iam.get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(trust))
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Condition": answer()}
    statement["Resource"] = f"arn:aws:s3:::{scene.bucket}/contest/*"
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(**role, PolicyName="contest", PolicyDocument=document)
    ben = {"UserPoolId": scene.pool, "Username": "ben"}
    for section in ("reef", "shore", "old-reef", ""):
        if section:
            given = [{"Name": "custom:section", "Value": section}]
            user_pools.admin_update_user_attributes(**ben, UserAttributes=given)
        else:
            user_pools.admin_delete_user_attributes(**ben, UserAttributeNames=["custom:section"])
        login = {scene.issuer: id_token(scene, "ben")}
        client = client_with(identity_and_credentials(scene.identity_pool, login)[1])
        new = {"Bucket": scene.bucket, "Key": "contest/crab.svg", "Body": b"<svg/>"}
        code = refusal_of(lambda client=client, new=new: client.put_object(**new))
        who = f"Ben's section is `{section}`" if section else "Ben has no section"
        keys = [key for each in statement["Condition"].values() for key in each]
        expect(section != "reef" or not code, f"{who}, and his upload → {code}. You ask for {keys}.")
        expect(section == "reef" or code, f"{who}, and he uploads.")


def wrong_every_other_section():
    """Ben's section is `old-reef`, and he uploads"""
    return {"StringNotEquals": {"aws:PrincipalTag/section": "shore"}}


def wrong_if_there_is_one():
    """Ben has no section, and he uploads"""
    return {"StringEqualsIfExists": {"aws:PrincipalTag/section": "reef"}}


def wrong_name_of_the_claim():
    """You ask for ['aws:PrincipalTag/custom:section']"""
    return {"StringEquals": {"aws:PrincipalTag/custom:section": "reef"}}


def wrong_tag_of_the_request():
    """You ask for ['aws:RequestTag/section']"""
    return {"StringEquals": {"aws:RequestTag/section": "reef"}}


def wrong_any_section():
    """Ben's section is `shore`, and he uploads"""
    return {"StringLike": {"aws:PrincipalTag/section": "*"}}
