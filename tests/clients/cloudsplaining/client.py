"""cloudsplaining downloads the account's policies by IAM's API, and finds in them what opens too much."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import boto3

iam = boto3.client("iam")
trust = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def role(name, *actions):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    allow = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::tidepool-pictures/*"}
    policy = document(allow if name == "narrow" else allow | {"Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName=f"of-{name}", PolicyDocument=policy)


def scanned():
    """Of each of the two policies the severity of what was found there; or what kept the download from it."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["cloudsplaining", "download", "-o", folder], capture_output=True, text=True)
        files = list(Path(folder).glob("*.json"))
        if not files:
            return "AccessDenied" if "AccessDenied" in done.stderr + done.stdout else done.stderr
        scan = ["cloudsplaining", "scan", "-i", str(files[0]), "-o", folder, "--skip-open-report"]
        subprocess.run(scan, check=True, capture_output=True)
        found = json.loads(next(Path(folder).glob("iam-results-*.json")).read_text())
    return {
        policy["PolicyName"]: sorted(
            name for name, risk in policy.items() if isinstance(risk, dict) and risk.get("findings")
        )
        for policy in found["inline_policies"].values()
        if policy["PolicyName"] in ("of-wide", "of-narrow")
    }


role("wide", "s3:GetObject", "s3:PutBucketPolicy")
role("narrow", "s3:GetObject")
owners = scanned()
iam.create_user(UserName="guest-auditor")
key = iam.create_access_key(UserName="guest-auditor")["AccessKey"]
os.environ |= {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
print(json.dumps({"owner": owners, "a user without rights": scanned()}))
