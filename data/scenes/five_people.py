"""Tidepool at Google, Facebook, Amazon and the university; the user pool has all four behind it."""
# after: members
# ruff: noqa: F821

iam = boto3.client("iam", region_name=region)
user_pools.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = f"https://tidepool.auth.{region}.amazoncognito.com"
page, answers = "https://tidepool.example", f"{pages}/oauth2/idpresponse"

# Not calls of AWS's: page and user pool are registered at each provider, and the university knows AWS too.
at_google = lab.google.register_client("Tidepool", origins=[page], redirect_uris=[answers])
at_facebook = lab.facebook.register_client("Tidepool", [page, answers])
at_amazon = lab.amazon.register_client("Tidepool", [page, answers])
lab.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{pages}/saml2/idpresponse")
lab.university.register_service("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")

# For the way without the user pool: IAM knows the university.
university = iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=lab.university.metadata)[
    "SAMLProviderArn"
]

# For the way with it: the user pool knows all four.
user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Google",
    ProviderType="Google",
    ProviderDetails={
        "client_id": at_google.client_id,
        "client_secret": at_google.client_secret,
        "authorize_scopes": "openid email profile",
    },
    AttributeMapping={"email": "email"},
)
user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="Facebook",
    ProviderType="Facebook",
    ProviderDetails={
        "client_id": at_facebook.client_id,
        "client_secret": at_facebook.client_secret,
        "authorize_scopes": "public_profile, email",
    },
    AttributeMapping={"email": "email"},
)
user_pools.create_identity_provider(
    UserPoolId=pool,
    ProviderName="LoginWithAmazon",
    ProviderType="LoginWithAmazon",
    ProviderDetails={
        "client_id": at_amazon.client_id,
        "client_secret": at_amazon.client_secret,
        "authorize_scopes": "profile",
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
    SupportedIdentityProviders=["COGNITO", "Google", "Facebook", "LoginWithAmazon", "Northshore"],
    CallbackURLs=[callback],
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["code"],
    AllowedOAuthScopes=["openid", "email", "profile"],
)
