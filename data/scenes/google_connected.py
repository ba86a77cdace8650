"""Google is a provider of the user pool, and the app client offers it."""
# after: web_app
# ruff: noqa: F821

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
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    SupportedIdentityProviders=["COGNITO", "Google"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
