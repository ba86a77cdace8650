"""The role of members: everybody who is signed in may take it, and it may read the gallery."""
# after: identity_pool
# ruff: noqa: F821

import json

import boto3

iam = boto3.client("iam", region_name=region)

member_role = iam.create_role(
    RoleName="tidepool-member",
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
    RoleName="tidepool-member",
    PolicyName="gallery",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/gallery/*"}
            ],
        }
    ),
)

identity_pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": member_role})
