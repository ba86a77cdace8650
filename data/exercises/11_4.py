"""In the scene, members should list, read and fill the folder that is named after their identity id, and read the
gallery. But Mara's page can neither list her folder nor upload into it: both end in `AccessDenied`.

Play the scene in your account, make the two requests as Mara, and read what AWS says: the action, the resource, and the
kind of policy. Then write `repair`. It puts a mended policy under the same name, `folder`, on the role
`tidepool-member`.
"""

import json
from functools import partial

import boto3

from cognito_lab import permissions
from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "`AccessDenied`, and nothing else", False, 3, 9
expected = (
    "members list, read and fill their own folder and read the gallery, and every other request is refused."
)
hint = """
There are two faults. One message says that no policy allows the action on a certain resource: is this the resource in
the policy? The other message speaks of an explicit deny: when does the condition of the statement `NowhereElse` hold, and
which requests have an `s3:prefix` at all? `permissions` shows both.
"""
scene = "locked_folder"


def repair(iam, bucket):
    """Mend the policy `folder` of the role `tidepool-member`; `bucket` is the name of the bucket."""
    policy = iam.get_role_policy(RoleName="tidepool-member", PolicyName="folder")["PolicyDocument"]
    look, listing, _ = policy["Statement"]
    listing["Resource"] = f"arn:aws:s3:::{bucket}"
    policy["Statement"] = [look, listing]
    iam.put_role_policy(RoleName="tidepool-member", PolicyName="folder", PolicyDocument=json.dumps(policy))


def check(answer, scene, lab):
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    answer(iam, scene.bucket)
    people = {
        name: identity_and_credentials(scene.identity_pool, {scene.issuer: id_token(scene, name)})
        for name in ("mara", "ben")
    }
    for identity, _ in people.values():
        s3.put_object(Bucket=scene.bucket, Key=f"{identity}/goby.svg", Body=b"<svg/>")
    for name, other in (("mara", "ben"), ("ben", "mara")):
        look(name, *people[name], people[other][0], scene.bucket)


def look(name, identity, credentials, other, bucket):
    """What a member can do after the repair."""
    who, client = name.capitalize(), client_with(credentials)
    get, put, listed = (
        partial(call, Bucket=bucket)
        for call in (client.get_object, client.put_object, client.list_objects_v2)
    )
    wanted = {
        "lists their own folder": partial(listed, Prefix=f"{identity}/"),
        "reads in their own folder": partial(get, Key=f"{identity}/goby.svg"),
        "uploads into their own folder": partial(put, Key=f"{identity}/crab.svg", Body=b"<svg/>"),
        "reads the gallery": partial(get, Key="gallery/anemone.svg"),
    }
    for what, call in wanted.items():
        code = refusal_of(call)
        expect(not code, f"{who} {what} → {code}.")
    forbidden = {
        "deletes a picture": partial(client.delete_object, Bucket=bucket, Key=f"{identity}/goby.svg"),
        "lists the whole bucket": listed,
        "lists somebody else's folder": partial(listed, Prefix=f"{other}/"),
        "reads in somebody else's folder": partial(get, Key=f"{other}/goby.svg"),
        "uploads into somebody else's folder": partial(put, Key=f"{other}/crab.svg", Body=b"<svg/>"),
        "uploads into the gallery": partial(put, Key="gallery/crab.svg", Body=b"<svg/>"),
        "reads the reef's folder": partial(get, Key="reef/crab.svg"),
    }
    for what, call in forbidden.items():
        expect(
            refusal_of(call) == "AccessDenied",
            f"{who} {what} now. The repair is wider than the fault: mend the line that is wrong, and no more.",
        )
    more = [
        action
        for action in ("s3:PutObjectAcl", "s3:DeleteObjectVersion")
        if permissions(credentials, action, f"arn:aws:s3:::{bucket}/{identity}/goby.svg").allowed
    ]
    expect(not more, f"{who} can do {', '.join(more)} now. The repair is wider than the fault.")


OWN = "${cognito-identity.amazonaws.com:sub}/*"


def changed(iam, change):
    """Change the statements of the policy, for the wrong answers."""
    policy = iam.get_role_policy(RoleName="tidepool-member", PolicyName="folder")["PolicyDocument"]
    policy["Statement"] = change(*policy["Statement"])
    iam.put_role_policy(RoleName="tidepool-member", PolicyName="folder", PolicyDocument=json.dumps(policy))


def wrong_wider_until_it_works(iam, bucket):
    """Mara deletes a picture now"""
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    changed(iam, lambda look, listing, deny: [everything])


def wrong_another_allow_beside_the_deny(iam, bucket):
    """Mara uploads into their own folder → AccessDenied"""
    more = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    changed(
        iam,
        lambda look, listing, deny: [look, {**listing, "Resource": f"arn:aws:s3:::{bucket}"}, deny, more],
    )


def wrong_only_the_deny(iam, bucket):
    """Mara lists their own folder → AccessDenied"""
    changed(iam, lambda look, listing, deny: [look, listing])


def wrong_without_the_condition(iam, bucket):
    """Mara lists the whole bucket now"""
    free = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    changed(iam, lambda look, listing, deny: [look, free])


def wrong_bucket_and_objects_everywhere(iam, bucket):
    """Mara reads in somebody else's folder now"""
    both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    changed(iam, lambda look, listing, deny: [{**look, "Resource": both}, {**listing, "Resource": both}])
