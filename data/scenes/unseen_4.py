"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

identity_pools.set_identity_pool_roles(
    IdentityPoolId=site_pool,
    Roles={"authenticated": curator_role, "unauthenticated": visitor_role},
    RoleMappings={
        f"{issuer}:{client}": {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
    },
)
