"""Beside the one door, a second identity pool: it will believe outside providers, which it is told later."""
# after: one_door
# ruff: noqa: F821

many = identity_pools.create_identity_pool(
    IdentityPoolName="many doors",
    AllowUnauthenticatedIdentities=False,
)["IdentityPoolId"]

outside_role = iam.create_role(
    RoleName="tidepool-outside",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": many},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]
iam.put_role_policy(RoleName="tidepool-outside", PolicyName="own-folder", PolicyDocument=own_folder)

identity_pools.set_identity_pool_roles(IdentityPoolId=many, Roles={"authenticated": outside_role})
