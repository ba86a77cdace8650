"""Pictures have scopes: members may ask for one on the pages, and a night job has an app client."""
# after: pages
# ruff: noqa: F821

user_pools.create_resource_server(
    UserPoolId=pool,
    Identifier="pictures",
    Name="Pictures",
    Scopes=[
        {"ScopeName": "read", "ScopeDescription": "Look at pictures"},
        {"ScopeName": "write", "ScopeDescription": "Add pictures"},
    ],
)

user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    SupportedIdentityProviders=["COGNITO"],
    CallbackURLs=[callback],
    LogoutURLs=[farewell],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "pictures/read"],
)

made = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="night-job",
    GenerateSecret=True,
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["client_credentials"],
    AllowedOAuthScopes=["pictures/read"],
)["UserPoolClient"]
job, job_secret = made["ClientId"], made["ClientSecret"]
