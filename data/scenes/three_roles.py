"""Each member belongs to a section, which only administrators set; the reef and the curators have roles."""
# after: visitors
# ruff: noqa: F821

user_pools.add_custom_attributes(
    UserPoolId=pool,
    CustomAttributes=[{"Name": "section", "AttributeDataType": "String", "Mutable": True}],
)
user_pools.update_user_pool_client(
    UserPoolId=pool,
    ClientId=client,
    ClientName="tidepool-web",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    WriteAttributes=["email", "name"],
)
reef = [{"Name": "custom:section", "Value": "reef"}]
shore = [{"Name": "custom:section", "Value": "shore"}]
user_pools.admin_update_user_attributes(UserPoolId=pool, Username="mara", UserAttributes=reef)
user_pools.admin_update_user_attributes(UserPoolId=pool, Username="ines", UserAttributes=reef)
user_pools.admin_update_user_attributes(UserPoolId=pool, Username="ben", UserAttributes=shore)

trust = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool},
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                },
            }
        ],
    }
)
reef_role = iam.create_role(RoleName="tidepool-reef", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
curator_role = iam.create_role(RoleName="tidepool-curator", AssumeRolePolicyDocument=trust)["Role"]["Arn"]

gallery_and_reef = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": [f"arn:aws:s3:::{bucket}/gallery/*", f"arn:aws:s3:::{bucket}/reef/*"],
            }
        ],
    }
)
whole_gallery = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": f"arn:aws:s3:::{bucket}/gallery/*",
            },
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
        ],
    }
)
iam.put_role_policy(RoleName="tidepool-reef", PolicyName="reef", PolicyDocument=gallery_and_reef)
iam.put_role_policy(RoleName="tidepool-curator", PolicyName="gallery", PolicyDocument=whole_gallery)

s3.put_object(Bucket=bucket, Key="reef/crab.svg", Body=lab.picture("crab.svg"), ContentType="image/svg+xml")
s3.put_object(
    Bucket=bucket, Key="shore/limpet.svg", Body=lab.picture("limpet.svg"), ContentType="image/svg+xml"
)

boto3.client("dynamodb", region_name=region).create_table(
    TableName="favourites",
    KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
