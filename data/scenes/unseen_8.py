"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

_curators = {
    "Claim": "custom:position",
    "MatchType": "Equals",
    "Value": "curator",
    "RoleARN": curator_role,
}
user_pools.admin_update_user_attributes(
    UserPoolId=pool,
    Username="ines",
    UserAttributes=[{"Name": "custom:position", "Value": "curator"}],
)
identity_pools.set_identity_pool_roles(
    IdentityPoolId=site_pool,
    Roles={"authenticated": member_role, "unauthenticated": visitor_role},
    RoleMappings={
        f"{issuer}:{client}": {
            "Type": "Rules",
            "AmbiguousRoleResolution": "AuthenticatedRole",
            "RulesConfiguration": {"Rules": [_curators]},
        },
    },
)
