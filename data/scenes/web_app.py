"""The user pool has pages at a domain, and the app client may use the code flow there."""
# after: members
# ruff: noqa: F821

user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = f"https://tidepool.auth.{region}.amazoncognito.com"

callback = "https://app.tidepool.example/callback"
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    SupportedIdentityProviders=["COGNITO"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
