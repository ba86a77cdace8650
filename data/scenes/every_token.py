"""A university is a provider of the user pool too, and the app may ask for tokens that do everything."""
# after: site_user_pool
# ruff: noqa: F821

# Not a call of AWS's: the university is told who may have people signed in, and where its answers go.
lab.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{pages}/saml2/idpresponse")

user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Northshore",
    ProviderType="SAML",
    ProviderDetails={"MetadataURL": lab.university.metadata_url},
    AttributeMapping={"email": "mail", "name": "displayName"},
)
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    SupportedIdentityProviders=["COGNITO", "Google", "Northshore"],
    CallbackURLs=[f"{origin}/"],
    LogoutURLs=[f"{origin}/"],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile", "aws.cognito.signin.user.admin"],
)
