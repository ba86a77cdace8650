"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

s3.put_public_access_block(
    Bucket=bucket,
    PublicAccessBlockConfiguration={
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    },
)
_list = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": _objects}
s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**_version, "Statement": [_list]}))
