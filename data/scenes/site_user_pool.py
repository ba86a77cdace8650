"""The user pool has pages, which also send people to Google. Tidepool's page uses the code flow."""
# after: own_folders
# ruff: noqa: F821

user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = f"https://tidepool.auth.{region}.amazoncognito.com"

# Not a call of AWS's: Google's console, where the user pool is registered as an application.
at_google = lab.google.register_client("Tidepool's user pool", redirect_uris=[f"{pages}/oauth2/idpresponse"])

user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Google",
    ProviderType="Google",
    ProviderDetails={
        "client_id": at_google.client_id,
        "client_secret": at_google.client_secret,
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
    CallbackURLs=[f"{origin}/"],
    LogoutURLs=[f"{origin}/"],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
