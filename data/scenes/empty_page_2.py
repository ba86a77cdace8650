"""The page of lesson 14, and Goran sees no pictures (second time)."""
# after: page_in_order
# ruff: noqa: F821

tidepool_app = lab.google.register_client("Tidepool for phones", origins=["https://app.tidepool.example"])

identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool-site",
    AllowUnauthenticatedIdentities=False,
    SupportedLoginProviders={"accounts.google.com": tidepool_app.client_id},
)
