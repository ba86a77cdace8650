"""Members look at the gallery and add pictures to it. From today, visitors without an account may look at
the gallery too, but they may do nothing else. The identity pool already allows guests, but it has a role only
for members. Write `admit_visitors`.
"""

import json
from functools import partial

import boto3
import requests

from cognito_lab import permissions
from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Visitors may look, and nothing else", False, 2, 8
expected = "a visitor sees every picture in the gallery and nothing else; members can do the same as before."
hint = """
Visitors need a role of their own, with two documents: whom it trusts (which pool, and which of the two states)
and what it allows (which action, on which objects). And what does SetIdentityPoolRoles do with the roles that
you leave out?
"""
scene = "contributors"


def admit_visitors(iam, identity_pools, identity_pool, member_role, bucket):
    """Let guests of `identity_pool` (an id) read the objects in `bucket` under `gallery/`.

    `member_role` is the ARN of the role that members have.
    """
    trust = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    trust["Principal"] = {"Federated": "cognito-identity.amazonaws.com"}
    trust["Condition"] = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
    }
    look = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/gallery/*"}
    trusting = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    allowing = json.dumps({"Version": "2012-10-17", "Statement": [look]})
    role = iam.create_role(RoleName="tidepool-visitor", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    iam.put_role_policy(RoleName="tidepool-visitor", PolicyName="look", PolicyDocument=allowing)
    roles = {"authenticated": member_role, "unauthenticated": role}
    identity_pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles=roles)


def check(answer, scene, lab):
    iam, identity_pools = boto3.client("iam"), boto3.client("cognito-identity")
    _, before = identity_and_credentials(scene.identity_pool, {scene.issuer: id_token(scene, "mara")})
    could = allowed(before, scene)
    answer(iam, identity_pools, scene.identity_pool, scene.member_role, scene.bucket)
    roles = identity_pools.get_identity_pool_roles(IdentityPoolId=scene.identity_pool)["Roles"]
    guest, credentials = visitor(identity_pools, scene, roles)
    as_guest = client_with(credentials)
    same = (
        "Both have one role, and with it a visitor can" if len(set(roles.values())) == 1 else "A visitor can"
    )
    gallery, new = "gallery/anemone.svg", {"Key": "gallery/limpet.svg", "Body": b"<svg/>"}
    code = refusal_of(partial(as_guest.get_object, Bucket=scene.bucket, Key=gallery))
    expect(not code, f"A visitor reads {gallery} → {code}: the role's permissions do not allow it.")
    forbidden = [
        ("put a picture into the gallery", as_guest.put_object, new),
        ("delete a picture of the gallery", as_guest.delete_object, {"Key": gallery}),
        ("read a draft", as_guest.get_object, {"Key": "drafts/crab.svg"}),
        ("put a picture outside the gallery", as_guest.put_object, {**new, "Key": "limpet.svg"}),
        ("list the bucket", as_guest.list_objects_v2, {}),
        ("list the gallery", as_guest.list_objects_v2, {"Prefix": "gallery/"}),
        (
            "read a folder whose name only begins with gallery",
            as_guest.get_object,
            {"Key": "gallery-drafts/crab.svg"},
        ),
    ]
    s3 = boto3.client("s3")
    s3.put_object(Bucket=scene.bucket, Key="gallery-drafts/crab.svg", Body=b"<svg/>")
    for what, call, given in forbidden:
        code = refusal_of(partial(call, Bucket=scene.bucket, **given))
        expect(code == "AccessDenied", f"{same} {what}.")
    look_elsewhere(s3, scene, as_guest, credentials, same)
    more = sorted(allowed(credentials, scene) - {"s3:GetObject on gallery/anemone.svg"})
    expect(not more, f"{same} do {', '.join(more)}, too. To see a picture, one action is enough.")
    plain = f"https://{scene.bucket}.s3.amazonaws.com/{gallery}"
    expect(
        refusal_of(lambda: requests.get(plain).raise_for_status()),
        "The gallery can be read without any credentials: now the bucket itself is public.",
    )
    login, mara, as_mara, credentials = member(scene, roles)
    more = sorted(allowed(credentials, scene) - could)
    expect(not more, f"Members can do {', '.join(more)} now. They could not before.")
    code = refusal_of(partial(as_mara.get_object, Bucket=scene.bucket, Key=gallery))
    expect(not code, f"Mara reads {gallery} → {code}: members have lost this right.")
    code = refusal_of(partial(as_mara.put_object, Bucket=scene.bucket, **new))
    expect(not code, f"Mara adds a picture → {code}: members have lost this right.")
    code = refusal_of(partial(as_guest.get_object, Bucket=scene.bucket, Key=new["Key"]))
    expect(
        not code,
        f"A visitor reads the picture that Mara has just added → {code}: allow every picture, not only one.",
    )
    look_at_trust(identity_pools, scene, roles, guest, mara, login)


def allowed(credentials, scene):
    """Those of some requests that the policies allow to whoever has these credentials."""
    bucket, picture = f"arn:aws:s3:::{scene.bucket}", f"arn:aws:s3:::{scene.bucket}/gallery/anemone.svg"
    requests = {
        "s3:GetObject on gallery/anemone.svg": ("s3:GetObject", picture),
        "s3:GetObject on drafts/crab.svg": ("s3:GetObject", f"{bucket}/drafts/crab.svg"),
        "s3:GetObject on other-bucket/crab.svg": ("s3:GetObject", "arn:aws:s3:::other-bucket/crab.svg"),
        "cognito-identity:ListIdentityPools": ("cognito-identity:ListIdentityPools", "*"),
        "cognito-idp:ListUserPools": ("cognito-idp:ListUserPools", "*"),
    }
    for one in (
        "GetObjectAcl",
        "PutObjectAcl",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObject",
        "PutObject",
    ):
        requests[f"s3:{one}"] = (f"s3:{one}", picture)
    for one in ("ListBucket", "GetBucketPolicy", "PutBucketPolicy", "GetBucketCORS", "DeleteBucket"):
        requests[f"s3:{one}"] = (f"s3:{one}", bucket)
    return {what for what, asked in requests.items() if permissions(credentials, *asked).allowed}


def look_elsewhere(s3, scene, as_guest, credentials, whoever):
    """What is outside the club's bucket does not belong to the gallery either."""
    s3.create_bucket(Bucket="another-bucket", **scene.location)
    s3.put_object(Bucket="another-bucket", Key="gallery/crab.svg", Body=b"<svg/>")
    user_pools = client_with(credentials, "cognito-idp")
    forbidden = [
        ("read the gallery of another bucket",
         partial(as_guest.get_object, Bucket="another-bucket", Key="gallery/crab.svg")),
        ("see the names of all buckets", as_guest.list_buckets),
        ("see the account's user pools", partial(user_pools.list_user_pools, MaxResults=1)),
    ]  # fmt: skip
    for what, call in forbidden:
        expect(refusal_of(call).startswith("AccessDenied"), f"{whoever} {what}.")


def visitor(identity_pools, scene, roles):
    """A visitor's identity, and the credentials that it gets."""
    code = refusal_of(partial(identity_pools.get_id, IdentityPoolId=scene.identity_pool))
    expect(
        not code,
        f"A visitor asks for an identity → {code}. UpdateIdentityPool resets the settings that you leave out, "
        "and the pool no longer allows guests.",
    )
    guest = identity_pools.get_id(IdentityPoolId=scene.identity_pool)["IdentityId"]
    expect(
        "unauthenticated" in roles,
        "The identity pool has no role for guests: they get an identity, but no credentials.",
    )
    code = refusal_of(partial(identity_pools.get_credentials_for_identity, IdentityId=guest))
    expect(
        not code,
        f"A visitor asks for credentials → {code}. The pool names a role, but the role does not accept the "
        "visitor: a guest's `amr` is `unauthenticated`.",
    )
    return guest, identity_pools.get_credentials_for_identity(IdentityId=guest)["Credentials"]


def member(scene, roles):
    """Mara's login and identity, an S3 client that signs with what she gets, and that itself."""
    expect(
        "authenticated" in roles,
        "Members no longer get credentials. SetIdentityPoolRoles replaces all roles of the pool, so "
        "the call must also name the members' role.",
    )
    login = {scene.issuer: id_token(scene, "mara")}
    code = refusal_of(partial(identity_and_credentials, scene.identity_pool, login))
    expect(not code, f"Mara asks for credentials → {code}. Her role no longer accepts her.")
    mara, credentials = identity_and_credentials(scene.identity_pool, login)
    return login, mara, client_with(credentials), credentials


def look_at_trust(identity_pools, scene, roles, guest, mara, login):
    """Who can take which role by going to STS with the identity pool's own token?"""
    stranger = identity_pools.create_identity_pool(
        IdentityPoolName="another club", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    their_guest = identity_pools.get_id(IdentityPoolId=stranger)["IdentityId"]
    attempts = [
        (mara, login, "unauthenticated", "A member can take the visitors' role: its trust policy does not "
         "name a state. It should accept only guests."),
        (guest, {}, "authenticated", "A visitor can take the members' role: its trust policy accepts guests."),
        (their_guest, {}, "unauthenticated", "A guest of another identity pool can take the visitors' "
         "role."),
    ]  # fmt: skip
    for identity, logins, state, otherwise in attempts:
        code = refusal_of(partial(take, identity_pools, identity, logins, roles[state]))
        expect(
            code in ("AccessDenied", "InvalidParameterException"),  # no; or no basic flow at all
            otherwise,
        )


def take(identity_pools, identity, logins, role):
    """The basic flow: the app itself names a role to STS."""
    token = identity_pools.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    boto3.client("sts").assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="tried", WebIdentityToken=token
    )


def make(iam, identity_pools, pool, member_role, state, action, resource):
    """A role for visitors, for the wrong answers."""
    conditions = {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}}
    if state:
        conditions["ForAnyValue:StringLike"] = {"cognito-identity.amazonaws.com:amr": state}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    allow = {"Effect": "Allow", "Action": action, "Resource": resource}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, allow)]
    role = iam.create_role(RoleName="tidepool-visitor", AssumeRolePolicyDocument=documents[0])["Role"]["Arn"]
    iam.put_role_policy(RoleName="tidepool-visitor", PolicyName="look", PolicyDocument=documents[1])
    roles = {"unauthenticated": role} | ({"authenticated": member_role} if member_role else {})
    identity_pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles)


def open_to_both(iam, identity_pools, pool, member_role):
    """Let guests take the members' role, for the wrong answers."""
    document = iam.get_role(RoleName="tidepool-member")["Role"]["AssumeRolePolicyDocument"]
    condition = document["Statement"][0]["Condition"]["ForAnyValue:StringLike"]
    condition["cognito-identity.amazonaws.com:amr"] = ["authenticated", "unauthenticated"]
    iam.update_assume_role_policy(RoleName="tidepool-member", PolicyDocument=json.dumps(document))


def wrong_one_role(iam, identity_pools, pool, member_role, bucket):
    """Both have one role"""
    open_to_both(iam, identity_pools, pool, member_role)
    both = {"authenticated": member_role, "unauthenticated": member_role}
    identity_pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=both)


def wrong_members_role_opened_as_well(iam, identity_pools, pool, member_role, bucket):
    """A visitor can take the members' role"""
    open_to_both(iam, identity_pools, pool, member_role)
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)


def wrong_every_action(iam, identity_pools, pool, member_role, bucket):
    """A visitor can put a picture into the gallery"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:*", gallery)


def wrong_whole_bucket(iam, identity_pools, pool, member_role, bucket):
    """A visitor can read a draft"""
    every = f"arn:aws:s3:::{bucket}/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", every)


def wrong_state_of_members(iam, identity_pools, pool, member_role, bucket):
    """the role does not accept the visitor"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "authenticated", "s3:GetObject", gallery)


def wrong_no_state(iam, identity_pools, pool, member_role, bucket):
    """its trust policy does not name a state"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "", "s3:GetObject", gallery)


def wrong_members_forgotten(iam, identity_pools, pool, member_role, bucket):
    """SetIdentityPoolRoles replaces all roles of the pool"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, None, "unauthenticated", "s3:GetObject", gallery)


def wrong_bucket_instead_of_objects(iam, identity_pools, pool, member_role, bucket):
    """the role's permissions do not allow it"""
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", f"arn:aws:s3:::{bucket}")


def wrong_role_not_given(iam, identity_pools, pool, member_role, bucket):
    """The identity pool has no role for guests"""
    open_to_both(iam, identity_pools, pool, member_role)


def wrong_any_identity_pool(iam, identity_pools, pool, member_role, bucket):
    """A guest of another identity pool"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)
    document = iam.get_role(RoleName="tidepool-visitor")["Role"]["AssumeRolePolicyDocument"]
    conditions = document["Statement"][0]["Condition"]
    del conditions["StringEquals"]
    conditions["StringLike"] = {"cognito-identity.amazonaws.com:aud": "*"}
    iam.update_assume_role_policy(RoleName="tidepool-visitor", PolicyDocument=json.dumps(document))


def wrong_members_turned_away(iam, identity_pools, pool, member_role, bucket):
    """Her role no longer accepts her"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)
    document = iam.get_role(RoleName="tidepool-visitor")["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName="tidepool-member", PolicyDocument=json.dumps(document))


def wrong_guests_switched_off(iam, identity_pools, pool, member_role, bucket):
    """A visitor asks for an identity"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)
    kept = {"IdentityPoolName": "tidepool", "AllowUnauthenticatedIdentities": False}
    identity_pools.update_identity_pool(IdentityPoolId=pool, **kept)


def wrong_gallery_of_every_bucket(iam, identity_pools, pool, member_role, bucket):
    """read the gallery of another bucket"""
    every = "arn:aws:s3:::*/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", every)


def wrong_star_without_slash(iam, identity_pools, pool, member_role, bucket):
    """read a folder whose name only begins with gallery"""
    gallery = f"arn:aws:s3:::{bucket}/gallery*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)


def wrong_one_picture(iam, identity_pools, pool, member_role, bucket):
    """every picture, not only one"""
    one = f"arn:aws:s3:::{bucket}/gallery/anemone.svg"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", one)


def wrong_other_services_as_well(iam, identity_pools, pool, member_role, bucket):
    """see the account's user pools"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)
    more = {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [more]})
    iam.put_role_policy(RoleName="tidepool-visitor", PolicyName="more", PolicyDocument=document)


def wrong_every_reading_action(iam, identity_pools, pool, member_role, bucket):
    """To see a picture, one action is enough"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:Get*", gallery)


def wrong_members_gain_as_well(iam, identity_pools, pool, member_role, bucket):
    """They could not before"""
    gallery = f"arn:aws:s3:::{bucket}/gallery/*"
    make(iam, identity_pools, pool, member_role, "unauthenticated", "s3:GetObject", gallery)
    more = {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [more]})
    iam.put_role_policy(RoleName="tidepool-member", PolicyName="more", PolicyDocument=document)
