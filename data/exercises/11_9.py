"""The identity pool turns the claim `custom:section` into the tag `section`. Write `section_folder`: the value of
`Resource` in a statement with which one role lets each member read in the folder of the own section.
"""

import json

import boto3

from cognito_lab import permissions
from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "The folder of the section", False, 1, 2
expected = "Mara reads in `reef/`, Ben in `shore/`, and neither of them reads anywhere else."
hint = "The variable names the tag on the session of whoever asks. What is the name of the tag? And where does the name of the folder end?"
scene = "three_roles"


def section_folder(bucket):
    """The ARN with a variable; `bucket` is the name of the bucket."""
    return f"arn:aws:s3:::{bucket}/" + "${aws:PrincipalTag/section}/*"


def check(answer, scene, lab):
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    boto3.client("cognito-identity").set_principal_tag_attribute_map(
        IdentityPoolId=scene.identity_pool,
        IdentityProviderName=scene.issuer,
        PrincipalTags={"section": "custom:section"},
    )
    role = {"RoleName": "tidepool-member"}
    trust = iam.get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(trust))
    iam.delete_role_policy(**role, PolicyName="gallery")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": answer(scene.bucket)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(**role, PolicyName="section", PolicyDocument=document)
    keys = [
        "reef/crab.svg",
        "shore/limpet.svg",
        "reef-old/crab.svg",
        "shore-old/crab.svg",
        "gallery/anemone.svg",
    ]
    for key in keys[2:4]:
        s3.put_object(Bucket=scene.bucket, Key=key, Body=b"<svg/>")
    for name, own in (("mara", keys[0]), ("ben", keys[1])):
        login = {scene.issuer: id_token(scene, name)}
        _, credentials = identity_and_credentials(scene.identity_pool, login)
        client = client_with(credentials)
        view = permissions(credentials, "s3:GetObject", f"arn:aws:s3:::{scene.bucket}/{own}")
        about = " or ".join(one for match in view.verdict.matches for one in match.resources)
        for key in [own, *(key for key in keys if key != own)]:
            code = refusal_of(lambda client=client, key=key: client.get_object(Bucket=scene.bucket, Key=key))
            expect(
                key != own or not code,
                f"{name.capitalize()} reads {key} → {code}: the statement is about {about}.",
            )
            expect(key == own or code == "AccessDenied", f"{name.capitalize()} reads {key}, too.")


def wrong_one_section(bucket):
    """the statement is about arn:aws:s3:::tidepool-pictures/shore/*"""
    return f"arn:aws:s3:::{bucket}/shore/*"


def wrong_name_of_the_claim(bucket):
    """the statement is about arn:aws:s3:::tidepool-pictures/${aws:PrincipalTag/custom:section}/*"""
    return f"arn:aws:s3:::{bucket}/" + "${aws:PrincipalTag/custom:section}/*"


def wrong_tag_of_the_request(bucket):
    """the statement is about arn:aws:s3:::tidepool-pictures/${aws:RequestTag/section}/*"""
    return f"arn:aws:s3:::{bucket}/" + "${aws:RequestTag/section}/*"


def wrong_without_a_slash(bucket):
    """Mara reads reef-old/crab.svg, too"""
    return f"arn:aws:s3:::{bucket}/" + "${aws:PrincipalTag/section}*"


def wrong_every_section(bucket):
    """Mara reads shore/limpet.svg, too"""
    return f"arn:aws:s3:::{bucket}/*"


def wrong_no_arn(bucket):
    """PutRolePolicy was refused"""
    return bucket + "/${aws:PrincipalTag/section}/*"
