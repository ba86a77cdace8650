"""Mara and Ben each have an identity, and a folder of that name with a picture in it."""
# after: one_door
# ruff: noqa: F821

issuer = f"cognito-idp.{region}.amazonaws.com/{pool}"

token = user_pools.initiate_auth(
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "mara", "PASSWORD": password},
)["AuthenticationResult"]["IdToken"]
mara = identity_pools.get_id(IdentityPoolId=identity_pool, Logins={issuer: token})["IdentityId"]

token = user_pools.initiate_auth(
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "ben", "PASSWORD": password},
)["AuthenticationResult"]["IdToken"]
ben = identity_pools.get_id(IdentityPoolId=identity_pool, Logins={issuer: token})["IdentityId"]

s3.put_object(
    Bucket=bucket,
    Key=f"{mara}/anemone.svg",
    Body=lab.picture("anemone.svg"),
    ContentType="image/svg+xml",
)
s3.put_object(
    Bucket=bucket,
    Key=f"{ben}/crab.svg",
    Body=lab.picture("crab.svg"),
    ContentType="image/svg+xml",
)
