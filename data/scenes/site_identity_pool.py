"""An identity pool for Google and the user pool; Goran and Mara have identities there. It has no role."""
# after: site_at_google
# ruff: noqa: F821

import boto3

identity_pools = boto3.client("cognito-identity", region_name=region)
issuer = f"cognito-idp.{region}.amazonaws.com/{pool}"

identity_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool-site",
    AllowUnauthenticatedIdentities=False,
    SupportedLoginProviders={"accounts.google.com": tidepool.client_id},
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client}],
)["IdentityPoolId"]

token = lab.google.credential(tidepool.client_id, "goran.pavic@gmail.example", origin)
goran = identity_pools.get_id(IdentityPoolId=identity_pool, Logins={"accounts.google.com": token})[
    "IdentityId"
]

token = user_pools.initiate_auth(
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "mara", "PASSWORD": password},
)["AuthenticationResult"]["IdToken"]
mara = identity_pools.get_id(IdentityPoolId=identity_pool, Logins={issuer: token})["IdentityId"]
