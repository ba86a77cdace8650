"""Adds to a served account what the clients of this folder use, and prints its ids as JSON."""

import json
import sys

import boto3

idp, identities = boto3.client("cognito-idp"), boto3.client("cognito-identity")
pool = idp.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
identity_pool = identities.list_identity_pools(MaxResults=1)["IdentityPools"][0]["IdentityPoolId"]
callback, password = "https://app.tidepool.example/callback", "Tide-pools-2026!"
hub = f"http://localhost:{sys.argv[1]}/hub/oauth_callback"  # plain HTTP is for localhost by that name only
flows = ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH")


def app(name: str, secret: bool = False, **settings: object) -> dict[str, str]:
    made = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName=name,
        GenerateSecret=secret,
        ExplicitAuthFlows=[f"ALLOW_{flow}" for flow in flows],
        **settings,
    )["UserPoolClient"]
    return {"id": made["ClientId"], "secret": made.get("ClientSecret", "")}


idp.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
pages = {
    "CallbackURLs": [callback, hub],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile"],
    "SupportedIdentityProviders": ["COGNITO"],
}
apps = {"public": app("public", **pages), "secret": app("secret", secret=True, **pages)}
# For a program that calls GetUser with the token of the code flow.
admin = {**pages, "AllowedOAuthScopes": ["openid", "aws.cognito.signin.user.admin"]}

issuer = f"cognito-idp.us-east-1.amazonaws.com/{pool}"
identities.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": one["id"]} for one in apps.values()],
)
print(
    json.dumps(
        {
            "pool": pool,
            "issuer": issuer,
            "identity_pool": identity_pool,
            "callback": callback,
            "hub": hub,
            "apps": apps,
            "own": app("own", secret=True, **admin),
            "people": dict.fromkeys(("mara", "ben", "ines"), password),
        }
    )
)
