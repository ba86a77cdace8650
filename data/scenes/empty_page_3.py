"""The page of lesson 14, and Goran sees no pictures (third time)."""
# after: page_in_order
# ruff: noqa: F821

iam.put_role_policy(
    RoleName="site-user",
    PolicyName="own-folder",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
                }
            ],
        }
    ),
)
