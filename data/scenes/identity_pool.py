"""An identity pool that lets guests in, and takes ID tokens of Tidepool's user pool. It has no role yet."""
# after: members
# ruff: noqa: F821

import boto3

identity_pools = boto3.client("cognito-identity", region_name=region)

issuer = f"cognito-idp.{region}.amazonaws.com/{pool}"

identity_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[
        {"ProviderName": issuer, "ClientId": client},
    ],
)["IdentityPoolId"]
