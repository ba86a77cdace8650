"""The user pool has pages, and Google and a university as providers; one identity pool takes everybody."""
# after: one_door
# ruff: noqa: F821

user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = f"https://tidepool.auth.{region}.amazoncognito.com"

# Not calls of AWS's: the user pool is registered at Google, and at the university.
tidepool_at_google = lab.google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
lab.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{pages}/saml2/idpresponse")

# An attribute that a provider's token can be mapped into; so far nothing is.
user_pools.add_custom_attributes(
    UserPoolId=pool,
    CustomAttributes=[{"Name": "google_token", "AttributeDataType": "String", "Mutable": True}],
)

user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Google",
    ProviderType="Google",
    ProviderDetails={
        "client_id": tidepool_at_google.client_id,
        "client_secret": tidepool_at_google.client_secret,
        "authorize_scopes": "openid email profile",
    },
    AttributeMapping={"email": "email"},
)
user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Northshore",
    ProviderType="SAML",
    ProviderDetails={"MetadataURL": lab.university.metadata_url},
    AttributeMapping={"email": "mail"},
)
callback = "https://app.tidepool.example/callback"
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ReadAttributes=["email", "email_verified", "name", "custom:google_token"],
    WriteAttributes=["email", "name", "custom:google_token"],
    SupportedIdentityProviders=["COGNITO", "Google", "Northshore"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
