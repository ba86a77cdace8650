"""Tidepool as its first administrator left it: everybody gets what they should, and Rook gets more."""
# after: members
# ruff: noqa: F821

import json

import boto3

iam = boto3.client("iam", region_name=region)
identity_pools = boto3.client("cognito-identity", region_name=region)

# Rook has signed up as a member, like anybody. Ines has a job, which the app shows and lets people write.
user_pools.sign_up(
    ClientId=client,
    Username="rook",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "rook@elsewhere.example"}],
)
code = lab.inbox("rook@elsewhere.example")[-1].code
user_pools.confirm_sign_up(ClientId=client, Username="rook", ConfirmationCode=code)
user_pools.add_custom_attributes(
    UserPoolId=pool,
    CustomAttributes=[{"Name": "job", "AttributeDataType": "String", "Mutable": True}],
)
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ReadAttributes=["email", "email_verified", "custom:job"],
    WriteAttributes=["email", "custom:job"],
)
user_pools.admin_update_user_attributes(
    UserPoolId=pool, Username="ines", UserAttributes=[{"Name": "custom:job", "Value": "curator"}]
)

# The staff have a user pool of their own.
staff_pool = user_pools.create_user_pool(
    PoolName="tidepool-staff",
    AutoVerifiedAttributes=["email"],
)["UserPool"]["Id"]
staff_client = user_pools.create_user_pool_client(
    UserPoolId=staff_pool,
    ClientName="tidepool-desk",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
)["UserPoolClient"]["ClientId"]
user_pools.admin_create_user(UserPoolId=staff_pool, Username="ines", MessageAction="SUPPRESS")
user_pools.admin_set_user_password(UserPoolId=staff_pool, Username="ines", Password=password, Permanent=True)

# Four identity pools: the gallery, the archive, the curators' page, and the desk of the staff.
issuer = f"cognito-idp.{region}.amazonaws.com/{pool}"
staff_issuer = f"cognito-idp.{region}.amazonaws.com/{staff_pool}"
members = [{"ProviderName": issuer, "ClientId": client}]
staff = [{"ProviderName": staff_issuer, "ClientId": staff_client}]
gallery = identity_pools.create_identity_pool(
    IdentityPoolName="gallery",
    AllowUnauthenticatedIdentities=True,
    AllowClassicFlow=True,
    CognitoIdentityProviders=members,
)["IdentityPoolId"]
identity_pools.set_principal_tag_attribute_map(
    IdentityPoolId=gallery,
    IdentityProviderName=issuer,
    UseDefaults=False,
    PrincipalTags={"username": "cognito:username"},
)
archive = identity_pools.create_identity_pool(
    IdentityPoolName="archive",
    AllowUnauthenticatedIdentities=True,
    CognitoIdentityProviders=members,
)["IdentityPoolId"]
curators = identity_pools.create_identity_pool(
    IdentityPoolName="curators",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=members,
)["IdentityPoolId"]
desk = identity_pools.create_identity_pool(
    IdentityPoolName="desk",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=staff,
)["IdentityPoolId"]

visitor_role = iam.create_role(
    RoleName="tidepool-visitor",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": gallery},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]
member_role = iam.create_role(
    RoleName="tidepool-member",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                    "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": gallery}},
                }
            ],
        }
    ),
)["Role"]["Arn"]
# Not as on AWS today: IAM saved this role years ago, when its trust policy needed no identity pool.
archive_role = lab.years_ago(
    iam.create_role,
    RoleName="tidepool-archive",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                }
            ],
        }
    ),
)["Role"]["Arn"]
curator_role = iam.create_role(
    RoleName="tidepool-curator",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": [curators, desk]},
                        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]

iam.put_role_policy(
    RoleName="tidepool-visitor",
    PolicyName="gallery",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:*Object", "Resource": f"arn:aws:s3:::{bucket}/gallery/*"}
            ],
        }
    ),
)
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
                    "Resource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/username}}*",
                },
            ],
        }
    ),
)
iam.put_role_policy(
    RoleName="tidepool-archive",
    PolicyName="archive",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/archive/*"}
            ],
        }
    ),
)
iam.put_role_policy(
    RoleName="tidepool-curator",
    PolicyName="drafts",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": [f"arn:aws:s3:::{bucket}/drafts/*", f"arn:aws:s3:::{bucket}/gallery/*"],
                }
            ],
        }
    ),
)

identity_pools.set_identity_pool_roles(
    IdentityPoolId=gallery, Roles={"authenticated": member_role, "unauthenticated": visitor_role}
)
identity_pools.set_identity_pool_roles(
    IdentityPoolId=archive, Roles={"authenticated": archive_role, "unauthenticated": archive_role}
)
identity_pools.set_identity_pool_roles(IdentityPoolId=desk, Roles={"authenticated": curator_role})
identity_pools.set_identity_pool_roles(
    IdentityPoolId=curators,
    Roles={},
    RoleMappings={
        f"{issuer}:{client}": {
            "Type": "Rules",
            "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": {
                "Rules": [
                    {
                        "Claim": "custom:job",
                        "MatchType": "Equals",
                        "Value": "curator",
                        "RoleARN": curator_role,
                    },
                ]
            },
        }
    },
)

s3.put_object(
    Bucket=bucket, Key="members/goby.svg", Body=lab.picture("goby.svg"), ContentType="image/svg+xml"
)
folder = "mara"
s3.put_object(
    Bucket=bucket, Key=f"{folder}/limpet.svg", Body=lab.picture("limpet.svg"), ContentType="image/svg+xml"
)
s3.put_object(Bucket=bucket, Key="ben/crab.svg", Body=lab.picture("crab.svg"), ContentType="image/svg+xml")
s3.put_object(Bucket=bucket, Key="drafts/crab.svg", Body=lab.picture("crab.svg"), ContentType="image/svg+xml")
s3.put_object(
    Bucket=bucket, Key="archive/goby.svg", Body=lab.picture("goby.svg"), ContentType="image/svg+xml"
)
