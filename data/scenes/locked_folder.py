"""Members should list, read and fill a folder of their own. To list and to upload ends in AccessDenied."""
# after: three_roles
# ruff: noqa: F821

folder_policy = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Look",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
            },
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
            },
            {
                "Sid": "NowhereElse",
                "Effect": "Deny",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringNotLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
            },
        ],
    }
)
iam.put_role_policy(RoleName="tidepool-member", PolicyName="folder", PolicyDocument=folder_policy)
