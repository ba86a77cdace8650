"""One provider, the user pool; every identity has a folder; two roles, for members and for curators."""
# after: members
# ruff: noqa: F821

import json

import boto3

iam = boto3.client("iam", region_name=region)
identity_pools = boto3.client("cognito-identity", region_name=region)

identity_pool = identity_pools.create_identity_pool(
    IdentityPoolName="one door",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[
        {"ProviderName": f"cognito-idp.{region}.amazonaws.com/{pool}", "ClientId": client},
    ],
)["IdentityPoolId"]

trust = json.dumps(
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
)
member_role = iam.create_role(RoleName="tidepool-member", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
curator_role = iam.create_role(RoleName="tidepool-curator", AssumeRolePolicyDocument=trust)["Role"]["Arn"]

own_folder = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
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
)
all_folders = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}],
    }
)
iam.put_role_policy(RoleName="tidepool-member", PolicyName="own-folder", PolicyDocument=own_folder)
iam.put_role_policy(RoleName="tidepool-curator", PolicyName="all-folders", PolicyDocument=all_folders)

identity_pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": member_role})
