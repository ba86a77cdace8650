"""Mara, Ben and Ines are members, each confirmed with the code that was sent; S3 holds the pictures."""
# after: directory
# ruff: noqa: F821

import boto3

user_pools.sign_up(
    ClientId=client,
    Username="mara",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "mara@tidepool.example"}],
)
code = lab.inbox("mara@tidepool.example")[-1].code
user_pools.confirm_sign_up(ClientId=client, Username="mara", ConfirmationCode=code)

user_pools.sign_up(
    ClientId=client,
    Username="ben",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "ben@tidepool.example"}],
)
code = lab.inbox("ben@tidepool.example")[-1].code
user_pools.confirm_sign_up(ClientId=client, Username="ben", ConfirmationCode=code)

user_pools.sign_up(
    ClientId=client,
    Username="ines",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "ines@tidepool.example"}],
)
code = lab.inbox("ines@tidepool.example")[-1].code
user_pools.confirm_sign_up(ClientId=client, Username="ines", ConfirmationCode=code)

# us-east-1 is the one Region that must not be named when a bucket is made.
s3 = boto3.client("s3", region_name=region)
bucket = "tidepool-pictures"
location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
s3.create_bucket(Bucket=bucket, **location)
s3.put_object(
    Bucket=bucket,
    Key="gallery/anemone.svg",
    Body=lab.picture("anemone.svg"),
    ContentType="image/svg+xml",
)
