"""A tag says the section; members reach their own folder and their section's, curators the gallery."""
# after: three_roles
# ruff: noqa: F821

user_pools.create_group(UserPoolId=pool, GroupName="curators", RoleArn=curator_role, Precedence=1)
user_pools.admin_add_user_to_group(UserPoolId=pool, GroupName="curators", Username="ines")
identity_pools.set_identity_pool_roles(
    IdentityPoolId=identity_pool,
    Roles={"authenticated": member_role, "unauthenticated": visitor_role},
    RoleMappings={f"{issuer}:{client}": {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}},
)
identity_pools.set_principal_tag_attribute_map(
    IdentityPoolId=identity_pool,
    IdentityProviderName=issuer,
    UseDefaults=False,
    PrincipalTags={"section": "custom:section"},
)

trust_with_tags = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool},
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                },
            }
        ],
    }
)
iam.update_assume_role_policy(RoleName="tidepool-member", PolicyDocument=trust_with_tags)
iam.update_assume_role_policy(RoleName="tidepool-curator", PolicyDocument=trust_with_tags)

folders = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/section}}/*",
            },
        ],
    }
)
iam.put_role_policy(RoleName="tidepool-member", PolicyName="folders", PolicyDocument=folders)
