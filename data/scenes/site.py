"""A bucket with one page, which everybody may read."""
# after: members
# ruff: noqa: F821

import json

s3.create_bucket(Bucket="tidepool-site", **location)
s3.put_object(
    Bucket="tidepool-site",
    Key="index.html",
    Body=b"<!doctype html><title>Tidepool</title><h1>Tidepool</h1>",
    ContentType="text/html",
)
s3.put_bucket_website(
    Bucket="tidepool-site",
    WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}},
)
s3.delete_public_access_block(Bucket="tidepool-site")
s3.put_bucket_policy(
    Bucket="tidepool-site",
    Policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::tidepool-site/*",
                }
            ],
        }
    ),
)
site = f"http://tidepool-site.s3-website-{region}.amazonaws.com"
