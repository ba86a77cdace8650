"""The page of lesson 14, and Goran sees no pictures (fourth time)."""
# after: page_in_order
# ruff: noqa: F821

another_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool-trial",
    AllowUnauthenticatedIdentities=False,
)["IdentityPoolId"]

iam.update_assume_role_policy(
    RoleName="site-user",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": another_pool},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)
