"""Members can also come by the university. There everybody types an e-mail address, and nobody checks it."""
# after: left_open
# ruff: noqa: F821

user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = f"https://tidepool.auth.{region}.amazoncognito.com"
callback = "https://app.tidepool.example/callback"

# Not calls of AWS's: the university knows the user pool, Mara and Rook; Rook says that Mara's address is his.
lab.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{pages}/saml2/idpresponse")
mara_at_northshore = lab.university.add_person(
    email="mara@northshore.example", name="Mara Lindqvist", given_name="Mara", family_name="Lindqvist"
).name_id
lab.university.add_person(
    email="mara@tidepool.example", name="Rook", given_name="Rook", family_name="Rookson"
)

user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Northshore",
    ProviderType="SAML",
    ProviderDetails={"MetadataURL": lab.university.metadata_url},
    AttributeMapping={"email": "mail"},
)
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ReadAttributes=["email", "email_verified", "custom:job"],
    WriteAttributes=["email", "custom:job"],
    SupportedIdentityProviders=["COGNITO", "Northshore"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
