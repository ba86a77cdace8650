"""Pacu's two modules for Cognito, in batch, at an account that lets too much in, and after its repair."""

import json
import os
import subprocess
import tempfile
import urllib.request

import boto3

REGION, PASSWORD, MAIL = "us-east-1", "Tide-pools-2026!", "rook@elsewhere.example"
url = os.environ["AWS_ENDPOINT_URL"]
owner = boto3.Session("test", "test", region_name=REGION)
pools, identities, iam = (owner.client(name) for name in ("cognito-idp", "cognito-identity", "iam"))

# Anybody may sign up, and guests get credentials too.
pool = pools.create_user_pool(PoolName="open", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
app = pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
app = app["UserPoolClient"]["ClientId"]
shop = identities.create_identity_pool(
    IdentityPoolName="open",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[
        {"ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{pool}", "ClientId": app}
    ],
)
trust = {
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": shop["IdentityPoolId"]}},
}
role = iam.create_role(
    RoleName="open-to-all",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)["Role"]["Arn"]
identities.set_identity_pool_roles(
    IdentityPoolId=shop["IdentityPoolId"], Roles={"authenticated": role, "unauthenticated": role}
)
iam.create_user(UserName="rook")  # without a right
rook = iam.create_access_key(UserName="rook")["AccessKey"]

QUESTIONS = ("Enter ", "Authenticate again", "Do you want", "Send new")
home = tempfile.TemporaryDirectory()
plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
plain |= {"AWS_ENDPOINT_URL": url, "HOME": home.name, "PYTHONUNBUFFERED": "1"}


def pacu(*words):
    """What Pacu prints. Asked for a code it is given the one from the mail; to all else the answer is ""."""
    running = subprocess.Popen(
        ["pacu", "-q", *words],
        env=plain, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, answered = "", 0
    while letter := running.stdout.read(1):
        said += letter
        asked = said[answered:].rpartition("\n")[2]
        if asked.endswith(": ") and asked.startswith(QUESTIONS):
            code = asked.startswith("Enter verification code")
            running.stdin.write(f"{mail()[-1]['code'] if code else ''}\n")
            running.stdin.flush()
            answered = len(said)
    running.wait()
    return said


def mail():
    return json.loads(urllib.request.urlopen(f"{url}/_lab/inbox/{MAIL}").read())


def module(name, arguments, key, secret):
    pacu("--session", "lab", "--set-keys", f"{name},{key},{secret},")
    return pacu("--session", "lab", "--module-name", name, "--exec", f"--module-args={arguments}")


def tried():
    """What an auditor of the account finds, and what Rook gets, who knows two ids that are no secrets."""
    found = module("cognito__enum", f"--regions {REGION}", "test", "test")
    got = module(
        "cognito__attack",
        f"--username rook --password {PASSWORD} --email {MAIL} --regions {REGION} "
        f"--user_pool_clients {app}@{pool} --identity_pools {shop['IdentityPoolId']}",
        rook["AccessKeyId"],
        rook["SecretAccessKey"],
    )
    return {
        "pools found": f"user pool {pool}" in found and f"identity pool {shop['IdentityPoolId']}" in found,
        "guests found": "Identity id successfully retrieved" in found,
        "guest's keys": "unauthenticated" in got and "Access Key ID found" in got.partition("sign up")[0],
        "account": "Successfully signed up user rook" in got,
        "member's keys": "Temporary credentials retrieved!" in got,
    }


pacu("--new-session", "lab")
open_to_all = tried()
# Repaired: only an administrator makes accounts, no guests, and whoever came in is gone.
pools.update_user_pool(
    UserPoolId=pool,
    AutoVerifiedAttributes=["email"],
    AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
)
pools.admin_delete_user(UserPoolId=pool, Username="rook")
shop.pop("ResponseMetadata")
identities.update_identity_pool(**shop | {"AllowUnauthenticatedIdentities": False})
repaired = tried()
home.cleanup()
print(json.dumps({"open": open_to_all, "repaired": repaired}))
