"""The role of guests: everybody without a login may take it, and it may read the gallery too."""
# after: roles
# ruff: noqa: F821

visitor_role = iam.create_role(
    RoleName="tidepool-visitor",
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
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]

iam.put_role_policy(
    RoleName="tidepool-visitor",
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

identity_pools.set_identity_pool_roles(
    IdentityPoolId=identity_pool,
    Roles={"authenticated": member_role, "unauthenticated": visitor_role},
)
