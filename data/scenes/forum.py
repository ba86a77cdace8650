"""The identity pool also accepts people of the club's old forum, for whom the forum's server vouches."""
# after: google_listed
# ruff: noqa: F821

forum = "login.tidepool.example"
identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=[
        {"ProviderName": issuer, "ClientId": client},
    ],
    SupportedLoginProviders={"accounts.google.com": tidepool_at_google.client_id},
    DeveloperProviderName=forum,
)
