"""Each member should have a folder in the bucket, named after the member's identity id at the identity pool. They may
list it, read what is in it, and add to it. They may do nothing else in the bucket. Write `own_folder`: it returns the
permissions policy, which is the same for all members.
"""

import json
from functools import partial

import boto3

from cognito_lab import permissions
from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "A policy for everybody's own folder", True, 3, 12
expected = "Mara lists, reads and fills her folder and its subfolders, and Ben does so in his. Every other request is refused."
hint = """
Two statements: one is about objects, the other about the bucket. A request to list has no object, and names a
prefix instead. Where does the name of a folder end?
"""
scene = "three_roles"


def own_folder(bucket):
    """The policy document as a dictionary; `bucket` is the name of the bucket."""
    own = "${cognito-identity.amazonaws.com:sub}/*"
    objects = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/" + own,
    }
    listing = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"StringLike": {"s3:prefix": own}},
    }
    return {"Version": "2012-10-17", "Statement": [objects, listing]}


def check(answer, scene, lab):
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    document = answer(scene.bucket)
    expect(isinstance(document, dict), f"Return a dictionary; you returned {type(document).__name__}.")
    iam.delete_role_policy(RoleName="tidepool-member", PolicyName="gallery")
    iam.put_role_policy(
        RoleName="tidepool-member", PolicyName="own-folder", PolicyDocument=json.dumps(document)
    )
    people = {}
    for name in ("mara", "ben"):
        identity, credentials = identity_and_credentials(
            scene.identity_pool, {scene.issuer: id_token(scene, name)}
        )
        people[name] = identity, credentials, client_with(credentials)
        for folder in (identity, name, f"{identity}-old"):
            s3.put_object(Bucket=scene.bucket, Key=f"{folder}/goby.svg", Body=b"<svg/>")
    for name, other in (("mara", "ben"), ("ben", "mara")):
        look_at_own(name, *people[name], scene)
        look_elsewhere(name, *people[name], people[other][0], scene)


def look_at_own(name, identity, credentials, client, scene):
    """What a member should be able to do."""
    who, in_bucket = name.capitalize(), {"Bucket": scene.bucket}
    wanted = [
        ("reads a picture in their own folder", "s3:GetObject", "goby.svg", client.get_object, {}),
        ("adds a picture to their own folder", "s3:PutObject", "crab.svg", client.put_object, {"Body": b"<svg/>"}),
        ("adds one to a subfolder", "s3:PutObject", "2026/crab.svg", client.put_object, {"Body": b"<svg/>"}),
    ]  # fmt: skip
    for what, action, key, call, more in wanted:
        code = refusal_of(partial(call, **in_bucket, Key=f"{identity}/{key}", **more))
        view = permissions(credentials, action, f"arn:aws:s3:::{scene.bucket}/{identity}/{key}")
        expect(not code, f"{who} {what} → {code}. {told(view)}")
    for prefix in (f"{identity}/", f"{identity}/2026/"):
        code = refusal_of(partial(client.list_objects_v2, **in_bucket, Prefix=prefix))
        view = permissions(
            credentials, "s3:ListBucket", f"arn:aws:s3:::{scene.bucket}", **{"s3:prefix": prefix}
        )
        expect(not code, f"{who} lists their own folder with Prefix={prefix!r} → {code}. {told(view)}")


def told(view):
    """What the statements say about a request that was refused."""
    lines = []
    for one in view.verdict.matches if view.verdict is not None else ():
        if one.action:
            failed = [f"the resource {' or '.join(one.resources)} does not fit"] * (not one.resource)
            failed += [
                f"the condition on {each.key} does not hold: given {' and '.join(each.given or ['nothing'])}"
                for each in one.conditions
                if not each.holds
            ]
            lines.append(f"Statement {one.number}: {', '.join(failed) or one.statement['Effect']}.")
    return " ".join(lines) or "No statement names this action."


def look_elsewhere(name, identity, credentials, client, other, scene):
    """What a member should not be able to do."""
    who, in_bucket, body = name.capitalize(), {"Bucket": scene.bucket}, {"Body": b"<svg/>"}
    forbidden = [
        ("reads a picture in somebody else's folder", client.get_object, {"Key": f"{other}/goby.svg"}),
        ("puts a picture into somebody else's folder", client.put_object, {"Key": f"{other}/new.svg", **body}),
        ("lists somebody else's folder", client.list_objects_v2, {"Prefix": f"{other}/"}),
        ("lists the whole bucket", client.list_objects_v2, {}),
        ("lists everything whose name begins with their own id, other folders too",
         client.list_objects_v2, {"Prefix": identity}),
        ("reads a folder whose name only begins with their own id",
         client.get_object, {"Key": f"{identity}-old/goby.svg"}),
        ("puts a picture into a folder whose name only begins with their own id",
         client.put_object, {"Key": f"{identity}-old/new.svg", **body}),
        ("lists a folder whose name only begins with their own id",
         client.list_objects_v2, {"Prefix": f"{identity}-old/"}),
        ("reads a folder that is named after the username", client.get_object, {"Key": f"{name}/goby.svg"}),
        ("reads the gallery", client.get_object, {"Key": "gallery/anemone.svg"}),
        ("puts a picture into the gallery", client.put_object, {"Key": "gallery/new.svg", **body}),
        ("lists the gallery", client.list_objects_v2, {"Prefix": "gallery/"}),
        ("deletes a picture", client.delete_object, {"Key": f"{identity}/goby.svg"}),
    ]  # fmt: skip
    for what, call, given in forbidden:
        expect(refusal_of(partial(call, **in_bucket, **given)) == "AccessDenied", f"{who} {what}: too much.")
    bucket, picture = f"arn:aws:s3:::{scene.bucket}", f"arn:aws:s3:::{scene.bucket}/{identity}/goby.svg"
    more = [
        f"s3:{one}" for one in ("GetObjectAcl", "PutObjectAcl", "PutObjectTagging", "DeleteObjectTagging")
    ]
    more = [one for one in more if permissions(credentials, one, picture).allowed]
    whole = [
        f"s3:{one}" for one in ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucket", "ListBucketVersions")
    ]
    own = {"s3:prefix": f"{identity}/"}
    more += [one for one in whole if permissions(credentials, one, bucket, **own).allowed]
    more += ["s3:ListBucket on another bucket"] * permissions(
        credentials, "s3:ListBucket", "arn:aws:s3:::other-bucket", **own
    ).allowed
    more += ["s3:GetObject in another bucket"] * permissions(
        credentials, "s3:GetObject", f"arn:aws:s3:::other-bucket/{identity}/goby.svg"
    ).allowed
    expect(not more, f"{who} can also do {', '.join(more)}: too much.")


SUB = "${cognito-identity.amazonaws.com:sub}"


def folder_policy(bucket, own, prefix="", **listing):
    """A policy like the solution's, for the wrong answers."""
    first = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"]}
    first["Resource"] = f"arn:aws:s3:::{bucket}/{own}"
    second = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    second |= {"Condition": {"StringLike": {"s3:prefix": prefix or own}}, **listing}
    return {"Version": "2012-10-17", "Statement": [first, second]}


def wrong_username(bucket):
    """the resource arn:aws:s3:::tidepool-pictures/mara/* does not fit"""
    return folder_policy(bucket, "mara/*")


def wrong_variable_of_users(bucket):
    """the resource arn:aws:s3:::tidepool-pictures/${aws:username}/* does not fit"""
    return folder_policy(bucket, "${aws:username}/*")


def wrong_one_statement_for_both(bucket):
    """the condition on s3:prefix does not hold: given nothing"""
    both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{SUB}/*"]
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "Resource": both,
    }
    statement["Condition"] = {"StringLike": {"s3:prefix": f"{SUB}/*"}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def wrong_condition_on_another_key(bucket):
    """the condition on s3:delimiter does not hold"""
    return folder_policy(bucket, f"{SUB}/*", Condition={"StringLike": {"s3:delimiter": f"{SUB}/*"}})


def wrong_star_without_a_slash(bucket):
    """Mara reads a folder whose name only begins with their own id"""
    return folder_policy(bucket, f"{SUB}*", f"{SUB}/*")


def wrong_prefix_without_a_slash(bucket):
    """Mara lists everything whose name begins with their own id"""
    return folder_policy(bucket, f"{SUB}/*", f"{SUB}*")


def wrong_no_condition(bucket):
    """Mara lists somebody else's folder"""
    return folder_policy(bucket, f"{SUB}/*", Condition={})


def wrong_lists_objects(bucket):
    """the resource arn:aws:s3:::tidepool-pictures/* does not fit"""
    return folder_policy(bucket, f"{SUB}/*", Resource=f"arn:aws:s3:::{bucket}/*")


def wrong_every_action(bucket):
    """Mara deletes a picture: too much"""
    document = folder_policy(bucket, f"{SUB}/*")
    document["Statement"][0]["Action"] = "s3:*"
    return document


def wrong_equals(bucket):
    """the condition on s3:prefix does not hold: given us-east-1:"""
    return folder_policy(bucket, f"{SUB}/*", Condition={"StringEquals": {"s3:prefix": f"{SUB}/*"}})


def wrong_older_version(bucket):
    """must be version 2012-10-17"""
    return {**folder_policy(bucket, f"{SUB}/*"), "Version": "2008-10-17"}


def wrong_as_text(bucket):
    """Return a dictionary"""
    return json.dumps(folder_policy(bucket, f"{SUB}/*"))
