"""Tidepool's user pool, empty: it checks e-mail addresses, and has one app client."""
# ruff: noqa: F821

import boto3

user_pools = boto3.client("cognito-idp", region_name=region)

pool = user_pools.create_user_pool(
    PoolName="tidepool-members",
    AutoVerifiedAttributes=["email"],
)["UserPool"]["Id"]

client = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
)["UserPoolClient"]["ClientId"]

password = "Tide-pools-2026!"
