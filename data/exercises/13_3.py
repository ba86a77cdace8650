"""An audit of Tidepool has found seven things. Which is worst? Write a number for each, from 1 (the worst) to 7. Go by
harm: first by what Rook can change, in how many folders; where that is the same, by what he can read that is not meant
for him; where that is the same too, by how much he needs for it. (Somebody without an account needs least.)
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Seven findings, the worst first", False, 2, 6
expected = "the numbers 1 to 7. The check plays each finding, and counts what Rook gets."
hint = "For each finding, write down: what can he change, what can he read, and does he need an account for that?"
scene = "left_open"

name = "places"
stub = {
    "SignUp says whether a name exists": None,
    "a guest puts pictures into gallery/": None,
    "whoever signs up at the desk is a curator": None,
    "a member called `mar` reads and writes mara/": None,
    "a guest takes the members' role at STS": None,
    "every member may read notes/, which is for curators": None,
    "guests of the desk get a role that allows nothing": None,
}
solution = {
    "SignUp says whether a name exists": 6,
    "a guest puts pictures into gallery/": 3,
    "whoever signs up at the desk is a curator": 1,
    "a member called `mar` reads and writes mara/": 2,
    "a guest takes the members' role at STS": 4,
    "every member may read notes/, which is for curators": 5,
    "guests of the desk get a role that allows nothing": 7,
}


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(
            isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= 7,
            f"“{line}”: write a number from 1 to 7.",
        )
    expect(len(set(answer.values())) == 7, "Two findings have the same number.")
    harm = dict(zip(stub, (play(scene, lab) for play in PLAYS), strict=True))
    listed = sorted(stub, key=answer.__getitem__)
    for place, above in enumerate(listed[:-1]):
        below = max(listed[place + 1 :], key=harm.__getitem__)
        expect(
            harm[above] > harm[below],
            f"“{above}” stands above “{below}”. By the first he {told(harm[above])}; by the second he "
            f"{told(harm[below])}.",
        )


def told(harm):
    """What one finding gives, in words."""
    changes, reads, knows, unknown = harm
    folders = ("nothing", "one folder", "two folders", "three folders")
    got = f"changes {folders[changes]} and reads {folders[reads]}"
    learns = ", but learns who exists" if knows else ""
    return f"{got}{learns} ({'without an account' if unknown else 'with an account'})"


FOLDERS = {
    "gallery": "anemone",
    "members": "goby",
    "mara": "limpet",
    "drafts": "crab",
    "archive": "goby",
    "notes": "crab",
}


def gets(credentials, meant, *, unknown):
    """In how many folders somebody changes, and reads, what is not `meant` for them."""
    s3, bucket = client_with(credentials), "tidepool-pictures"
    changes = [
        folder
        for folder in FOLDERS
        if not refusal_of(partial(s3.put_object, Bucket=bucket, Key=f"{folder}/new.svg", Body=b"<svg/>"))
    ]
    reads = [
        folder
        for folder, picture in FOLDERS.items()
        if not refusal_of(partial(s3.get_object, Bucket=bucket, Key=f"{folder}/{picture}.svg"))
    ]
    return len(changes), len(set(reads) - set(meant)), False, unknown


def names(scene, lab):
    """A sign-up with a name that exists, and with one that does not: whether they differ."""
    user_pools = boto3.client("cognito-idp")
    codes = [
        refusal_of(
            partial(
                user_pools.sign_up,
                ClientId=scene.staff_client,
                Username=username,
                Password=scene.password,
            )
        )
        for username in ("ines", "nobody")
    ]
    return 0, 0, codes[0] != codes[1], True


def guest(scene, lab):
    return gets(identity_and_credentials(scene.gallery, {})[1], ["gallery"], unknown=True)


def sign_up(scene, lab, username, client):
    user_pools, mail = boto3.client("cognito-idp"), "rook@elsewhere.example"
    person, address = {"ClientId": client, "Username": username}, [{"Name": "email", "Value": mail}]
    user_pools.sign_up(**person, Password=scene.password, UserAttributes=address)
    user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(mail)[-1].code)
    return id_token(scene, username, client)


def staff(scene, lab):
    login = {scene.staff_issuer: sign_up(scene, lab, "rook", scene.staff_client)}
    return gets(identity_and_credentials(scene.desk, login)[1], ["gallery"], unknown=False)


def mar(scene, lab):
    login = {scene.issuer: sign_up(scene, lab, "mar", scene.client)}
    return gets(identity_and_credentials(scene.gallery, login)[1], ["gallery", "members"], unknown=False)


def by_sts(scene, lab):
    identity_pools = boto3.client("cognito-identity")
    identity = identity_pools.get_id(IdentityPoolId=scene.gallery)["IdentityId"]
    token = identity_pools.get_open_id_token(IdentityId=identity)["Token"]
    wish = {"RoleArn": scene.member_role, "RoleSessionName": "rook", "WebIdentityToken": token}
    credentials = boto3.client("sts").assume_role_with_web_identity(**wish)["Credentials"]
    secret = credentials.pop("SecretAccessKey")
    return gets({**credentials, "SecretKey": secret}, ["gallery"], unknown=True)


def notes(scene, lab):
    boto3.client("s3").put_object(Bucket=scene.bucket, Key="notes/crab.svg", Body=b"<svg/>")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{scene.bucket}/notes/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [read]})
    boto3.client("iam").put_role_policy(
        RoleName="tidepool-member", PolicyName="notes", PolicyDocument=document
    )
    login = {scene.issuer: id_token(scene, "rook")}
    meant = ["gallery", "members", "rook"]
    return gets(identity_and_credentials(scene.gallery, login)[1], meant, unknown=False)


def nothing(scene, lab):
    iam, identity_pools = boto3.client("iam"), boto3.client("cognito-identity")
    identity_pools.update_identity_pool(
        IdentityPoolId=scene.desk, IdentityPoolName="desk", AllowUnauthenticatedIdentities=True
    )
    pools = "cognito-identity.amazonaws.com"
    trust = {"Effect": "Allow", "Principal": {"Federated": pools}, "Action": "sts:AssumeRoleWithWebIdentity"}
    trust["Condition"] = {"StringEquals": {f"{pools}:aud": scene.desk}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="nothing", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    identity_pools.set_identity_pool_roles(IdentityPoolId=scene.desk, Roles={"unauthenticated": role})
    return gets(identity_and_credentials(scene.desk, {})[1], ["gallery"], unknown=True)


PLAYS = [names, guest, staff, mar, by_sts, notes, nothing]
LINES = list(stub)


def exchanged(one, other):
    return {**solution, LINES[one]: solution[LINES[other]], LINES[other]: solution[LINES[one]]}


wrong_guest_above_staff = (
    exchanged(1, 2),
    "“a guest puts pictures into gallery/” stands above “whoever signs up",
)
wrong_reading_above_changing = exchanged(3, 4), "“a guest takes the members' role at STS” stands above"
wrong_by_the_noise = (
    dict(zip(stub, (1, 2, 3, 4, 5, 6, 7), strict=True)),
    "“SignUp says whether a name exists” stands above",
)
wrong_nothing_above_names = (
    exchanged(0, 6),
    "“guests of the desk get a role that allows nothing” stands above",
)
wrong_twice = {**solution, LINES[0]: 1}, "the same number"
wrong_eight = {**solution, LINES[0]: 8}, "write a number from 1 to 7"
