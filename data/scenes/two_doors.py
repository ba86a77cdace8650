"""A second identity pool, which lists Google too, gives the same role; Goran is a member."""
# after: one_door
# ruff: noqa: F821

# Not a call of AWS's: Google's console, where Tidepool is registered as an application.
tidepool_at_google = lab.google.register_client("Tidepool", origins=["https://tidepool.example"])

many = identity_pools.create_identity_pool(
    IdentityPoolName="many doors",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[
        {"ProviderName": f"cognito-idp.{region}.amazonaws.com/{pool}", "ClientId": client},
    ],
    SupportedLoginProviders={"accounts.google.com": tidepool_at_google.client_id},
)["IdentityPoolId"]

trust_in_both = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": [identity_pool, many]},
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                },
            }
        ],
    }
)
iam.update_assume_role_policy(RoleName="tidepool-member", PolicyDocument=trust_in_both)
identity_pools.set_identity_pool_roles(IdentityPoolId=many, Roles={"authenticated": member_role})

user_pools.sign_up(
    ClientId=client,
    Username="goran",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "goran.pavic@gmail.example"}],
)
code = lab.inbox("goran.pavic@gmail.example")[-1].code
user_pools.confirm_sign_up(ClientId=client, Username="goran", ConfirmationCode=code)
