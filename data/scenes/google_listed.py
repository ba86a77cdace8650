"""The identity pool lists Google too: Tidepool's page is an application that Google knows."""
# after: roles
# ruff: noqa: F821

# Not a call of AWS's: Google's console, where Tidepool's page is registered as an application.
page = "https://tidepool.example"
tidepool_at_google = lab.google.register_client(
    "Tidepool", origins=[page], redirect_uris=[f"{page}/signed-in"]
)

identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[
        {"ProviderName": issuer, "ClientId": client},
    ],
    SupportedLoginProviders={"accounts.google.com": tidepool_at_google.client_id},
)
