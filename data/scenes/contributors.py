"""Members may add pictures to the gallery; the bucket also holds a draft that nobody should see yet."""
# after: roles
# ruff: noqa: F821

iam.put_role_policy(
    RoleName="tidepool-member",
    PolicyName="contribute",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/gallery/*"}
            ],
        }
    ),
)

s3.put_object(
    Bucket=bucket,
    Key="drafts/crab.svg",
    Body=lab.picture("crab.svg"),
    ContentType="image/svg+xml",
)
