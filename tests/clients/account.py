"""Adds to a served account what the clients of this folder use, and prints its ids as JSON."""

import json
import sys

import boto3

idp, identities = boto3.client("cognito-idp"), boto3.client("cognito-identity")
pool = idp.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
identity_pool = identities.list_identity_pools(MaxResults=1)["IdentityPools"][0]["IdentityPoolId"]
callback, password = "https://app.tidepool.example/callback", "Tide-pools-2026!"
hub = f"http://localhost:{sys.argv[1]}/hub/oauth_callback"  # plain HTTP is for localhost by that name only
flows = ("USER_AUTH", "USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH")
people = ("mara", "ben", "ines")


def app(name: str, secret: bool = False, of: str = pool, **settings: object) -> dict[str, str]:
    made = idp.create_user_pool_client(
        UserPoolId=of,
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


def guarded(domain: str, mfa: str, by_email: bool, **settings: object) -> dict[str, object]:
    """A pool with the same people and second factors: an authenticator app, and codes by e-mail."""
    sender = "arn:aws:ses:us-east-1:123456789012:identity/hello@tidepool.example"
    email = {"EmailSendingAccount": "DEVELOPER", "SourceArn": sender}
    made = idp.create_user_pool(PoolName=domain, EmailConfiguration=email, **settings)["UserPool"]["Id"]
    factors = {"EmailMfaConfiguration": {"Message": "{####}", "Subject": "Your code"}} if by_email else {}
    factors["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    idp.set_user_pool_mfa_config(UserPoolId=made, MfaConfiguration=mfa, **factors)
    idp.create_user_pool_domain(UserPoolId=made, Domain=domain)
    for name in people:
        mail = [{"Name": "email", "Value": f"{name}@tidepool.example"}] if by_email else []
        person = {"UserPoolId": made, "Username": name}
        idp.admin_create_user(**person, UserAttributes=mail, MessageAction="SUPPRESS")
        idp.admin_set_user_password(**person, Password=password, Permanent=True)
    return {"pool": made, "domain": domain, "app": app("guarded", of=made, **pages)}


choice = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
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
            "optional": guarded("tidepool-optional", "OPTIONAL", by_email=True),
            "required": guarded("tidepool-required", "ON", by_email=False),
            "choosing": guarded(
                "choosing", "OPTIONAL", by_email=True, Policies=choice, AutoVerifiedAttributes=["email"]
            ),
            "remembering": guarded("devices", "OPTIONAL", by_email=False, DeviceConfiguration=devices),
            "people": dict.fromkeys(people, password),
        }
    )
)
