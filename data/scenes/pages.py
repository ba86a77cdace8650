"""The user pool has pages at a domain, in Tidepool's colours, and its app client uses the code flow."""
# after: members
# ruff: noqa: F821

callback = "https://app.tidepool.example/callback"
farewell = "https://app.tidepool.example/signed-out"
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
    AllowedOAuthScopes=["openid", "email", "profile", "aws.cognito.signin.user.admin"],
)

made = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="tidepool-server",
    GenerateSecret=True,
    SupportedIdentityProviders=["COGNITO"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email"],
)["UserPoolClient"]
server, server_secret = made["ClientId"], made["ClientSecret"]

# 2 is managed login, 1 the classic hosted UI.
user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool", ManagedLoginVersion=2)
pages = f"https://tidepool.auth.{region}.amazoncognito.com"

look = {
    "categories": {"global": {"colorSchemeMode": "LIGHT"}},
    "components": {
        "pageBackground": {"lightMode": {"color": "d5eeeaff"}},
        "primaryButton": {"lightMode": {"defaults": {"backgroundColor": "0b6e6eff"}}},
        "form": {"logo": {"enabled": True}},
    },
}
logo = {
    "Category": "FORM_LOGO",
    "ColorMode": "LIGHT",
    "Extension": "SVG",
    "Bytes": lab.picture("anemone.svg"),
}
user_pools.create_managed_login_branding(UserPoolId=pool, ClientId=client, Settings=look, Assets=[logo])
