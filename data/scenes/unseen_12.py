"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    PreventUserExistenceErrors="ENABLED",
    ReadAttributes=["email", "email_verified", "custom:section", "custom:position"],
    WriteAttributes=["email", "custom:section", "custom:position"],
)
