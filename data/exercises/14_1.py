"""Four times the page stays empty for Goran, and each time something else is broken. In each of the scenes
`empty_page_1` to `empty_page_4`, make the page's requests yourself: Google's token, `GetId`, credentials, the
browser's preflight, the list, the picture. See which step fails. Then name what has to be repaired in each scene:

* `"CORS rule"` of the pictures' bucket
* `"identity pool"`: the providers that it lists
* `"trust policy"` of the role
* `"permissions"` of the role
* `"public access"` to the pictures' bucket, which is blocked
"""

from cognito_lab.practice.checks import client_with, expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "The page stays empty", True, 3, 10
expected = (
    "Four names. The check repairs what you name, opens the page again, and tries whether others get in."
)
hint = """
Which step is refused: the one to an identity, the one to credentials, the browser's question, or S3's answer? S3
answers a preflight before it looks at anybody's rights.
"""
scene = "empty_page_1"

name = "broken"
stub = {1: "", 2: "", 3: "", 4: ""}
solution = {1: "CORS rule", 2: "identity pool", 3: "permissions", 4: "trust policy"}


def check(answer, scene, lab):
    expect(isinstance(answer, dict) and set(answer) == set(stub), "Keep the four numbers 1 to 4 as keys.")
    for number, named in answer.items():
        expect(isinstance(named, str), f"{number}: write one name, and not {named!r}.")
        expect(named in REPAIRS, f"{number}: choose one of {list(REPAIRS)}; you wrote {named!r}.")
        scene = lab.scene(f"empty_page_{number}")
        REPAIRS[named](scene, lab)
        after = open_page(scene, lab)
        stranger = refusal_of(lambda scene=scene: open_as_stranger(scene, lab))
        expect(
            stranger,
            f"{number}: the bucket is public now, and everybody reads Goran's pictures. The page should open for "
            "him and for nobody else.",
        )
        expect(
            not after,
            f"{number}: {named} is repaired now, and the page is as empty as before: {after}. {MEANS.get(after)}",
        )


# Where the page ends, and what that says.
MEANS = {
    "GetId is refused": "There is no identity yet, so no role, policy or bucket has been looked at.",
    "GetCredentialsForIdentity is refused": "There is an identity and no session: he may not take the role.",
    "the preflight is refused": "The browser has asked, and nobody's rights were looked at: S3 answers by the "
    "page's origin.",
    "the list is refused": "He has a session, and its role may not do this.",
}


def open_page(scene, lab):
    """Do what the page does, and say where it ends: nothing, if it shows the pictures."""
    import boto3
    import requests

    token = lab.google.credential(scene.tidepool.client_id, "goran.pavic@gmail.example", scene.origin)
    logins = {"accounts.google.com": token}
    pool, identity_pools = scene.identity_pool, boto3.client("cognito-identity")
    if refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=logins)):
        return "GetId is refused"
    if refusal_of(lambda: identity_and_credentials(pool, logins)):
        return "GetCredentialsForIdentity is refused"
    identity, parts = identity_and_credentials(pool, logins)
    wish = {
        "Origin": scene.origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,x-amz-date,x-amz-security-token",
    }
    url = f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/"
    if not requests.options(url, headers=wish).ok:
        return "the preflight is refused"
    s3, folder = client_with(parts), {"Bucket": scene.bucket, "Prefix": f"{identity}/"}
    if refusal_of(lambda: s3.list_objects_v2(**folder)):
        return "the list is refused"
    names = [entry["Key"] for entry in s3.list_objects_v2(**folder)["Contents"]]
    for key in names:
        s3.get_object(Bucket=scene.bucket, Key=key)
    return ""


def open_as_stranger(scene, lab):
    import requests

    url = f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/{scene.goran}/goby.svg"
    requests.get(url).raise_for_status()


def mend_cors(scene, lab):
    import boto3

    rule = {"AllowedOrigins": [scene.origin], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    boto3.client("s3").put_bucket_cors(Bucket=scene.bucket, CORSConfiguration={"CORSRules": [rule]})


def mend_providers(scene, lab):
    import boto3

    boto3.client("cognito-identity").update_identity_pool(
        IdentityPoolId=scene.identity_pool,
        IdentityPoolName="tidepool-site",
        AllowUnauthenticatedIdentities=False,
        SupportedLoginProviders={"accounts.google.com": scene.tidepool.client_id},
    )


def mend_trust(scene, lab):
    import json

    import boto3

    condition = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": scene.identity_pool},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boto3.client("iam").update_assume_role_policy(RoleName="site-user", PolicyDocument=document)


def mend_permissions(scene, lab):
    import json

    import boto3

    me, bucket = "${cognito-identity.amazonaws.com:sub}", f"arn:aws:s3:::{scene.bucket}"
    mine = {"StringLike": {"s3:prefix": f"{me}/*"}}
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/{me}/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": mine},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    boto3.client("iam").put_role_policy(
        RoleName="site-user", PolicyName="own-folder", PolicyDocument=document
    )


def make_public(scene, lab):
    import json

    import boto3

    s3, bucket = boto3.client("s3"), f"arn:aws:s3:::{scene.bucket}"
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [bucket, f"{bucket}/*"]}
    s3.delete_public_access_block(Bucket=scene.bucket)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    s3.put_bucket_policy(Bucket=scene.bucket, Policy=policy)


REPAIRS = {
    "CORS rule": mend_cors,
    "identity pool": mend_providers,
    "trust policy": mend_trust,
    "permissions": mend_permissions,
    "public access": make_public,
}

wrong_the_role_when_it_is_the_origin = {**solution, 1: "permissions"}, "nobody's rights were looked at"
wrong_bucket_made_public = {**solution, 3: "public access"}, "everybody reads Goran's pictures"
wrong_trust_when_there_is_no_identity = {**solution, 2: "trust policy"}, "There is no identity yet"
wrong_permissions_when_there_is_no_session = (
    {**solution, 4: "permissions"},
    "There is an identity and no session",
)
wrong_trust_when_he_is_there = {**solution, 3: "trust policy"}, "He has a session"
