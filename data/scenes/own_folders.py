"""Everybody who is signed in may list and read their own folder; Goran has two pictures, Mara has one."""
# after: site_identity_pool
# ruff: noqa: F821

import json

import boto3

iam = boto3.client("iam", region_name=region)

role = iam.create_role(
    RoleName="site-user",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]

iam.put_role_policy(
    RoleName="site-user",
    PolicyName="own-folder",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": f"arn:aws:s3:::{bucket}",
                    "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
                },
            ],
        }
    ),
)
identity_pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": role})

s3.put_object(
    Bucket=bucket,
    Key=f"{goran}/goby.svg",
    Body=lab.picture("goby.svg"),
    ContentType="image/svg+xml",
)
s3.put_object(
    Bucket=bucket,
    Key=f"{goran}/limpet.svg",
    Body=lab.picture("limpet.svg"),
    ContentType="image/svg+xml",
)
s3.put_object(
    Bucket=bucket,
    Key=f"{mara}/crab.svg",
    Body=lab.picture("crab.svg"),
    ContentType="image/svg+xml",
)
