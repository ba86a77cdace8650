"""The identity pool also lists Apple, Facebook, Amazon and the university: seven kinds of provider."""
# after: forum
# ruff: noqa: F821

# Not calls of AWS's: Tidepool is registered at Apple, Facebook and Amazon, and AWS at the university.
tidepool_at_apple = lab.apple.register_client("Tidepool", [f"{page}/signed-in"])
tidepool_at_facebook = lab.facebook.register_client("Tidepool", [f"{page}/signed-in"])
tidepool_at_amazon = lab.amazon.register_client("Tidepool", [f"{page}/signed-in"])
lab.university.register_service("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")

metadata = lab.university.metadata
university = iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=metadata)["SAMLProviderArn"]

identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[
        {"ProviderName": issuer, "ClientId": client},
    ],
    SupportedLoginProviders={
        "accounts.google.com": tidepool_at_google.client_id,
        "appleid.apple.com": tidepool_at_apple.client_id,
        "graph.facebook.com": tidepool_at_facebook.client_id,
        "www.amazon.com": tidepool_at_amazon.profile_id,
    },
    SamlProviderARNs=[university],
    DeveloperProviderName=forum,
)
