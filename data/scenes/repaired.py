"""The holes of the scene before are closed, and everybody honest can do the same as before."""
# after: left_open
# ruff: noqa: F821

# 13.1, 13.2: each role trusts the signed-in people of one identity pool, and apps no longer name a role.
iam.update_assume_role_policy(
    RoleName="tidepool-member",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": gallery},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)
identity_pools.update_identity_pool(
    IdentityPoolId=gallery,
    IdentityPoolName="gallery",
    AllowUnauthenticatedIdentities=True,
    AllowClassicFlow=False,
    CognitoIdentityProviders=members,
)
iam.update_assume_role_policy(
    RoleName="tidepool-archive",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": archive},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)

# 13.3: members no longer write their job, and a group says who is a curator.
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ReadAttributes=["email", "email_verified", "custom:job"],
    WriteAttributes=["email"],
)
user_pools.create_group(UserPoolId=pool, GroupName="curators", RoleArn=curator_role)
user_pools.admin_add_user_to_group(UserPoolId=pool, Username="ines", GroupName="curators")
identity_pools.set_identity_pool_roles(
    IdentityPoolId=curators,
    Roles={},
    RoleMappings={f"{issuer}:{client}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}},
)

# 13.4: visitors look, and do nothing else.
iam.put_role_policy(
    RoleName="tidepool-visitor",
    PolicyName="gallery",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/gallery/*"}
            ],
        }
    ),
)

# 13.5: a folder has the identity's id as its name, and a slash after it.
iam.put_role_policy(
    RoleName="tidepool-member",
    PolicyName="pictures",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": [f"arn:aws:s3:::{bucket}/gallery/*", f"arn:aws:s3:::{bucket}/members/*"],
                },
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
                },
            ],
        }
    ),
)
token = user_pools.initiate_auth(
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "mara", "PASSWORD": password},
)["AuthenticationResult"]["IdToken"]
folder = identity_pools.get_id(IdentityPoolId=gallery, Logins={issuer: token})["IdentityId"]
s3.copy_object(
    Bucket=bucket, Key=f"{folder}/limpet.svg", CopySource={"Bucket": bucket, "Key": "mara/limpet.svg"}
)

# 13.7, 13.9: staff are invited, an error does not say who exists, and the archive has no guests.
user_pools.update_user_pool(
    UserPoolId=staff_pool,
    AutoVerifiedAttributes=["email"],
    AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
)
user_pools.update_user_pool_client(
    UserPoolId=staff_pool,
    ClientId=staff_client,
    ClientName="tidepool-desk",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    PreventUserExistenceErrors="ENABLED",
)
identity_pools.update_identity_pool(
    IdentityPoolId=archive,
    IdentityPoolName="archive",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=members,
)

# 13.8: a new address waits for its code.
user_pools.update_user_pool(
    UserPoolId=pool,
    AutoVerifiedAttributes=["email"],
    UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
)
