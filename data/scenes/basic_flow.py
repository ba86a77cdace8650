"""The identity pool allows the basic flow as well."""
# after: three_roles
# ruff: noqa: F821

identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    AllowClassicFlow=True,
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client}],
)
