"""The page of lesson 14, and Goran sees no pictures (first time)."""
# after: own_folders
# ruff: noqa: F821

s3.put_bucket_cors(
    Bucket=bucket,
    CORSConfiguration={
        "CORSRules": [
            {
                "AllowedOrigins": ["https://www.tidepool.example"],
                "AllowedMethods": ["GET"],
                "AllowedHeaders": ["*"],
            }
        ]
    },
)
