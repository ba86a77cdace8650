"""The page of lesson 14 works: its origin may ask the bucket."""
# after: own_folders
# ruff: noqa: F821

s3.put_bucket_cors(
    Bucket=bucket,
    CORSConfiguration={
        "CORSRules": [{"AllowedOrigins": [origin], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}]
    },
)
