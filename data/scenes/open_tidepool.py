"""Tidepool, open to the public: visitors, members, curators, the club's office, and an app for phones."""
# ruff: noqa: F821

import json

import boto3

user_pools = boto3.client("cognito-idp", region_name=region)
identity_pools = boto3.client("cognito-identity", region_name=region)
iam = boto3.client("iam", region_name=region)
s3 = boto3.client("s3", region_name=region)
password = "Tide-pools-2026!"

# The members' user pool: anybody may sign up. `custom:section` is given by the club; a member writes
# `custom:position` as they like.
pool = user_pools.create_user_pool(
    PoolName="tidepool-members",
    AutoVerifiedAttributes=["email"],
    UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    Schema=[
        {"Name": "section", "AttributeDataType": "String", "Mutable": True},
        {"Name": "position", "AttributeDataType": "String", "Mutable": True},
    ],
)["UserPool"]["Id"]
client = user_pools.create_user_pool_client(
    UserPoolId=pool,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    PreventUserExistenceErrors="ENABLED",
    ReadAttributes=["email", "email_verified", "custom:section", "custom:position"],
    WriteAttributes=["email", "custom:position"],
)["UserPoolClient"]["ClientId"]
issuer = f"cognito-idp.{region}.amazonaws.com/{pool}"

# The office's user pool: only an administrator makes accounts.
office_users = user_pools.create_user_pool(
    PoolName="tidepool-office",
    AutoVerifiedAttributes=["email"],
    AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
)["UserPool"]["Id"]
office_client = user_pools.create_user_pool_client(
    UserPoolId=office_users,
    ClientName="tidepool-office",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    PreventUserExistenceErrors="ENABLED",
)["UserPoolClient"]["ClientId"]
office_issuer = f"cognito-idp.{region}.amazonaws.com/{office_users}"

# Three identity pools: for the site, for the app on phones (in the basic flow), for the office.
site_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool",
    AllowUnauthenticatedIdentities=True,
    AllowClassicFlow=False,
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client}],
)["IdentityPoolId"]
phone_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool-phone",
    AllowUnauthenticatedIdentities=True,
    AllowClassicFlow=True,
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client}],
)["IdentityPoolId"]
office_pool = identity_pools.create_identity_pool(
    IdentityPoolName="tidepool-office",
    AllowUnauthenticatedIdentities=False,
    AllowClassicFlow=False,
    CognitoIdentityProviders=[{"ProviderName": office_issuer, "ClientId": office_client}],
)["IdentityPoolId"]

# Who may take which role.
_may_take = {
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
}
_guest = {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}
_signed_in = {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}
_from_site = {"StringEquals": {"cognito-identity.amazonaws.com:aud": site_pool}}
_from_phone = {"StringEquals": {"cognito-identity.amazonaws.com:aud": phone_pool}}
_from_office = {"StringEquals": {"cognito-identity.amazonaws.com:aud": office_pool}}
_from_site_or_phone = {"StringEquals": {"cognito-identity.amazonaws.com:aud": [site_pool, phone_pool]}}
_version = {"Version": "2012-10-17"}

visitor_role = iam.create_role(
    RoleName="tidepool-visitor",
    AssumeRolePolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_site_or_phone, **_guest}}]}
    ),
)["Role"]["Arn"]
member_role = iam.create_role(
    RoleName="tidepool-member",
    AssumeRolePolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_site, **_signed_in}}]}
    ),
)["Role"]["Arn"]
curator_role = iam.create_role(
    RoleName="tidepool-curator",
    AssumeRolePolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_site, **_signed_in}}]}
    ),
)["Role"]["Arn"]
phone_role = iam.create_role(
    RoleName="tidepool-phone",
    AssumeRolePolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_phone, **_signed_in}}]}
    ),
)["Role"]["Arn"]
office_role = iam.create_role(
    RoleName="tidepool-office",
    AssumeRolePolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_office, **_signed_in}}]}
    ),
)["Role"]["Arn"]

# What each role may do in the bucket.
bucket = "tidepool-pictures"
_location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
s3.create_bucket(Bucket=bucket, **_location)
_objects = f"arn:aws:s3:::{bucket}"
_gallery = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{_objects}/gallery/*"}
_own_folder = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": f"{_objects}/${{cognito-identity.amazonaws.com:sub}}/*",
}
_own_list = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": _objects,
    "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
}
_own_section = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"{_objects}/sections/${{aws:PrincipalTag/section}}/*",
}
_own_letters = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"{_objects}/letters/${{aws:PrincipalTag/email}}/*",
}
_all_of_member = [_gallery, _own_folder, _own_list, _own_section, _own_letters]
_hang = {
    "Effect": "Allow",
    "Action": ["s3:PutObject", "s3:DeleteObject"],
    "Resource": f"{_objects}/gallery/*",
}
_phone_folder = {
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": f"{_objects}/phone/${{cognito-identity.amazonaws.com:sub}}/*",
}
_news = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{_objects}/news/*"}
iam.put_role_policy(
    RoleName="tidepool-visitor",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [_gallery]}),
)
iam.put_role_policy(
    RoleName="tidepool-member",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": _all_of_member}),
)
iam.put_role_policy(
    RoleName="tidepool-curator",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [*_all_of_member, _hang]}),
)
iam.put_role_policy(
    RoleName="tidepool-phone",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [_phone_folder]}),
)
iam.put_role_policy(
    RoleName="tidepool-office",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [_news]}),
)

# Which role somebody gets. A curator's comes from their group, so from the token.
identity_pools.set_identity_pool_roles(
    IdentityPoolId=site_pool,
    Roles={"authenticated": member_role, "unauthenticated": visitor_role},
    RoleMappings={
        f"{issuer}:{client}": {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
    },
)
identity_pools.set_identity_pool_roles(
    IdentityPoolId=phone_pool, Roles={"authenticated": phone_role, "unauthenticated": visitor_role}
)
identity_pools.set_identity_pool_roles(IdentityPoolId=office_pool, Roles={"authenticated": office_role})
identity_pools.set_principal_tag_attribute_map(
    IdentityPoolId=site_pool,
    IdentityProviderName=issuer,
    UseDefaults=False,
    PrincipalTags={"section": "custom:section", "email": "email"},
)
user_pools.create_group(UserPoolId=pool, GroupName="curators", RoleArn=curator_role)

# The people. Rook is a member as everybody may be.
_verified = {"Name": "email_verified", "Value": "true"}
_reef = {"Name": "custom:section", "Value": "reef"}
_shore = {"Name": "custom:section", "Value": "shore"}
user_pools.admin_create_user(
    UserPoolId=pool,
    Username="mara",
    UserAttributes=[{"Name": "email", "Value": "mara@tidepool.example"}, _verified, _reef],
    MessageAction="SUPPRESS",
)
user_pools.admin_create_user(
    UserPoolId=pool,
    Username="ben",
    UserAttributes=[{"Name": "email", "Value": "ben@tidepool.example"}, _verified, _shore],
    MessageAction="SUPPRESS",
)
user_pools.admin_create_user(
    UserPoolId=pool,
    Username="ines",
    UserAttributes=[{"Name": "email", "Value": "ines@tidepool.example"}, _verified, _reef],
    MessageAction="SUPPRESS",
)
user_pools.admin_create_user(
    UserPoolId=pool,
    Username="rook",
    UserAttributes=[{"Name": "email", "Value": "rook@elsewhere.example"}, _verified, _reef],
    MessageAction="SUPPRESS",
)
user_pools.admin_create_user(
    UserPoolId=office_users,
    Username="ines",
    UserAttributes=[{"Name": "email", "Value": "ines@tidepool.example"}, _verified],
    MessageAction="SUPPRESS",
)
user_pools.admin_set_user_password(UserPoolId=pool, Username="mara", Password=password, Permanent=True)
user_pools.admin_set_user_password(UserPoolId=pool, Username="ben", Password=password, Permanent=True)
user_pools.admin_set_user_password(UserPoolId=pool, Username="ines", Password=password, Permanent=True)
user_pools.admin_set_user_password(UserPoolId=pool, Username="rook", Password=password, Permanent=True)
user_pools.admin_set_user_password(
    UserPoolId=office_users, Username="ines", Password=password, Permanent=True
)
user_pools.admin_add_user_to_group(UserPoolId=pool, Username="ines", GroupName="curators")

# The pictures. Nobody but the owner of the account reads the nursery's.
s3.put_object(Bucket=bucket, Key="gallery/anemone.svg", Body=lab.picture("anemone.svg"))
s3.put_object(Bucket=bucket, Key="sections/reef/crab.svg", Body=lab.picture("crab.svg"))
s3.put_object(Bucket=bucket, Key="sections/shore/goby.svg", Body=lab.picture("goby.svg"))
s3.put_object(Bucket=bucket, Key="sections/reef-nursery/limpet.svg", Body=lab.picture("limpet.svg"))
s3.put_object(Bucket=bucket, Key="letters/mara@tidepool.example/dues.txt", Body=b"Dear Mara, your dues.")
s3.put_object(Bucket=bucket, Key="letters/ben@tidepool.example/dues.txt", Body=b"Dear Ben, your dues.")
