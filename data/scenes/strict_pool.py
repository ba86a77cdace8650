"""Another user pool, connected to Google: a family name is required, and an address cannot be changed."""
# ruff: noqa: F821

import boto3

user_pools = boto3.client("cognito-idp", region_name=region)

pool = user_pools.create_user_pool(
    PoolName="tidepool-strict",
    Schema=[
        {"Name": "family_name", "AttributeDataType": "String", "Required": True, "Mutable": True},
        {"Name": "email", "AttributeDataType": "String", "Required": False, "Mutable": False},
    ],
)["UserPool"]["Id"]
user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool-strict")
pages = f"https://tidepool-strict.auth.{region}.amazoncognito.com"

# Not a call of AWS's: Google's console, where the user pool is registered as an application.
tidepool_at_google = lab.google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])

user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Google",
    ProviderType="Google",
    ProviderDetails={
        "client_id": tidepool_at_google.client_id,
        "client_secret": tidepool_at_google.client_secret,
        "authorize_scopes": "openid email profile",
    },
    AttributeMapping={"email": "email", "name": "name"},
)

callback = "https://app.tidepool.example/callback"
client = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="tidepool-web",
    SupportedIdentityProviders=["COGNITO", "Google"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)["UserPoolClient"]["ClientId"]
