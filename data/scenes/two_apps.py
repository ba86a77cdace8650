"""The page of the curators is in two apps, web and phone. Rook has found hole 13.3: he is a curator too."""
# after: left_open
# ruff: noqa: F821

phone = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="tidepool-phone",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ReadAttributes=["email", "email_verified", "custom:job"],
    WriteAttributes=["email", "custom:job"],
)["UserPoolClient"]["ClientId"]

identity_pools.update_identity_pool(
    IdentityPoolId=curators,
    IdentityPoolName="curators",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[
        {"ProviderName": issuer, "ClientId": client},
        {"ProviderName": issuer, "ClientId": phone},
    ],
)
by_job = {
    "Type": "Rules",
    "AmbiguousRoleResolution": "Deny",
    "RulesConfiguration": {
        "Rules": [
            {"Claim": "custom:job", "MatchType": "Equals", "Value": "curator", "RoleARN": curator_role},
        ]
    },
}
identity_pools.set_identity_pool_roles(
    IdentityPoolId=curators,
    Roles={},
    RoleMappings={f"{issuer}:{client}": by_job, f"{issuer}:{phone}": by_job},
)

token = user_pools.initiate_auth(
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "rook", "PASSWORD": password},
)["AuthenticationResult"]["AccessToken"]
user_pools.update_user_attributes(
    AccessToken=token, UserAttributes=[{"Name": "custom:job", "Value": "curator"}]
)
