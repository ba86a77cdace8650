"""cognito-scanner's four commands against a pool that lets too much, and against the same pool repaired."""

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import boto3

REGION, PASSWORD, MAIL = "us-east-1", "Tide-pools-2026!", "rook@elsewhere.example"
url = os.environ["AWS_ENDPOINT_URL"]
owner = boto3.Session("test", "test", region_name=REGION)
pools, identities, iam = (owner.client(name) for name in ("cognito-idp", "cognito-identity", "iam"))

# Anybody may sign up, and whoever has signed up may read what the members' role may.
pool = pools.create_user_pool(PoolName="open", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
app = pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
app = app["UserPoolClient"]["ClientId"]
provider = {"ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{pool}", "ClientId": app}
shop = identities.create_identity_pool(
    IdentityPoolName="open", AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[provider]
)["IdentityPoolId"]
trust = {
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": shop}},
}
role = iam.create_role(
    RoleName="open-member",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)["Role"]["Arn"]
identities.set_identity_pool_roles(IdentityPoolId=shop, Roles={"authenticated": role})
pools.admin_create_user(UserPoolId=pool, Username="mara", MessageAction="SUPPRESS")

attacker = {name: value for name, value in os.environ.items() if not name.startswith("AWS_ACCESS")}
attacker = {n: v for n, v in attacker.items() if n not in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}


def scan(command, **options):
    """What the scanner prints, or the code with which it ends."""
    options = {"region": REGION, "client_id": app, **options}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    done = subprocess.run(
        ["cognito-scanner", command, *words], env=attacker, capture_output=True, text=True, cwd=folder
    )
    refused = done.stderr.partition("An error occurred (")[2].partition(")")[0]
    return refused or done.stdout


def role_of(printed):
    """Whose credentials a command has printed, as STS says: they work."""
    session = boto3.Session(*re.findall(r"export AWS_\w+=(\S+)", printed), REGION)
    return session.client("sts").get_caller_identity()["Arn"].split("/")[1]


def tried():
    """Each command, with what an attacker has: the app client's id, which is no secret."""
    person = {"username": "rook", "password": PASSWORD}
    created = scan("account-creation", user_attributes=MAIL, **person)
    mail = json.loads(urllib.request.urlopen(f"{url}/_lab/inbox/{MAIL}").read())
    code = mail[-1]["code"] if mail else "000000"
    confirmed = scan("confirm-sign-up", username="rook", code=code)
    keys = scan("get-identity-pool-keys", pool_id=pool, identity_pool_id=shop, **person)
    Path(folder, "names.txt").write_text("mara\nnobody\n")
    scan("account-oracle", file="names.txt")
    found = Path(folder, "existing_users.txt").read_text().split("\n")[1:]
    return {
        "account-creation": "made" if "UserSub" in created else created,
        "confirm-sign-up": "confirmed" if "User confirmed" in confirmed else confirmed,
        "get-identity-pool-keys": role_of(keys) if "AWS_SESSION_TOKEN=" in keys else keys,
        "account-oracle": " ".join(found).strip(),
    }


with tempfile.TemporaryDirectory() as folder:
    open_to_all = tried()
    # Repaired: only an administrator makes accounts, nobody learns whom there is, whoever came in is gone.
    pools.update_user_pool(
        UserPoolId=pool,
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )
    pools.update_user_pool_client(
        UserPoolId=pool, ClientId=app, ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED"
    )
    for user in pools.list_users(UserPoolId=pool)["Users"]:
        if user["Username"] != "mara":
            pools.admin_delete_user(UserPoolId=pool, Username=user["Username"])
    repaired = tried()
print(json.dumps({"open": open_to_all, "repaired": repaired}))
