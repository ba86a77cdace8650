"""Mara has signed in at the user pool. `tokens` are the tokens that she got. Write `s3_as`: it exchanges her
login for AWS credentials at the identity pool, and returns an S3 client that signs with them. The check reads
Mara's own picture with this client. Then it does the same for Ben.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "From a login to a picture", True, 2, 8
expected = (
    "the client reads the picture of the member who signed in, and S3 refuses the other member's picture."
)
hint = """
Two calls lead from a token to credentials, and both need the same login. Its key names who issued the token.
Its value is the one of the three tokens that says who somebody is. Then look at the names of the parts that
come back.
"""
scene = "overture"


def s3_as(identity_pools, tokens, region, pool, identity_pool):
    """An S3 client for the member with these `tokens`. `pool` and `identity_pool` are ids."""
    login = {f"cognito-idp.{region}.amazonaws.com/{pool}": tokens["IdToken"]}
    identity = identity_pools.get_id(IdentityPoolId=identity_pool, Logins=login)["IdentityId"]
    answer = identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)
    credentials = answer["Credentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )


def check(answer, scene, lab):
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    asked = []
    identity_pools.meta.events.register(
        "provide-client-params.*", lambda params, model, **_: asked.append((model.name, params))
    )
    pictures = {"mara": f"{scene.mara}/anemone.svg", "ben": f"{scene.ben}/crab.svg"}
    for name, other in (("mara", "ben"), ("ben", "mara")):
        tokens = user_pools.initiate_auth(
            ClientId=scene.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": scene.password},
        )["AuthenticationResult"]
        try:
            client = answer(identity_pools, tokens, lab.region, scene.pool, scene.identity_pool)
        except KeyError as error:
            expect(
                error.args != ("SecretAccessKey",),
                "SecretAccessKey is STS's name. GetCredentialsForIdentity calls the same part SecretKey.",
            )
            raise
        except identity_pools.exceptions.ClientError:
            if asked:
                look_at_login(*asked[-1], tokens, scene)
            raise
        expect(hasattr(client, "get_object"), f"Return an S3 client, not {type(client).__name__}.")
        code = refusal_of(partial(client.get_object, Bucket=scene.bucket, Key=pictures[name]))
        expect(
            code != "InvalidAccessKeyId",
            "S3 does not know the access key: temporary credentials have three parts, and the session token "
            "is the third.",
        )
        expect(code != "SignatureDoesNotMatch", "The secret does not belong to the access key.")
        expect(not code, f"{name.capitalize()}'s own picture → {code}.")
        code = refusal_of(partial(client.get_object, Bucket=scene.bucket, Key=pictures[other]))
        expect(
            code == "AccessDenied",
            f"The client reads {other.capitalize()}'s picture too: it signs with your own credentials, the "
            "account owner's, and not with the credentials from the identity pool.",
        )


def look_at_login(operation, given, tokens, scene):
    """What is wrong with the login of a call that was refused."""
    login = given.get("Logins")
    expect(login, f"{operation} came without the login. Both calls need it, each time.")
    for key, token in login.items():
        expect("://" not in key, "The key names the issuer without `https://`.")
        expect(
            scene.identity_pool not in key,
            "The key names who issued the token: the user pool. This is the identity pool's id.",
        )
        expect(
            token != tokens["AccessToken"],
            "This is the access token. The identity pool needs the token that says who somebody is: the ID token.",
        )
        expect(
            token != tokens["RefreshToken"], "This is the refresh token, which only the user pool can read."
        )


def exchange(identity_pools, key, token, identity_pool):
    """The two calls, for the wrong answers."""
    login = {key: token}
    identity = identity_pools.get_id(IdentityPoolId=identity_pool, Logins=login)["IdentityId"]
    return identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]


def wrong_access_token(identity_pools, tokens, region, pool, identity_pool):
    """This is the access token"""
    exchange(
        identity_pools, f"cognito-idp.{region}.amazonaws.com/{pool}", tokens["AccessToken"], identity_pool
    )


def wrong_refresh_token(identity_pools, tokens, region, pool, identity_pool):
    """This is the refresh token"""
    exchange(
        identity_pools, f"cognito-idp.{region}.amazonaws.com/{pool}", tokens["RefreshToken"], identity_pool
    )


def wrong_key_with_scheme(identity_pools, tokens, region, pool, identity_pool):
    """without `https://`"""
    exchange(
        identity_pools, f"https://cognito-idp.{region}.amazonaws.com/{pool}", tokens["IdToken"], identity_pool
    )


def wrong_pool_in_key(identity_pools, tokens, region, pool, identity_pool):
    """This is the identity pool's id"""
    exchange(
        identity_pools,
        f"cognito-idp.{region}.amazonaws.com/{identity_pool}",
        tokens["IdToken"],
        identity_pool,
    )


def wrong_login_once(identity_pools, tokens, region, pool, identity_pool):
    """GetCredentialsForIdentity came without the login"""
    login = {f"cognito-idp.{region}.amazonaws.com/{pool}": tokens["IdToken"]}
    identity = identity_pools.get_id(IdentityPoolId=identity_pool, Logins=login)["IdentityId"]
    identity_pools.get_credentials_for_identity(IdentityId=identity)


def wrong_name_of_the_secret(identity_pools, tokens, region, pool, identity_pool):
    """SecretAccessKey is STS's name"""
    key = f"cognito-idp.{region}.amazonaws.com/{pool}"
    credentials = exchange(identity_pools, key, tokens["IdToken"], identity_pool)
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def wrong_without_session_token(identity_pools, tokens, region, pool, identity_pool):
    """temporary credentials have three parts"""
    key = f"cognito-idp.{region}.amazonaws.com/{pool}"
    credentials = exchange(identity_pools, key, tokens["IdToken"], identity_pool)
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
    )


def wrong_owner(identity_pools, tokens, region, pool, identity_pool):
    """it signs with your own credentials"""
    exchange(identity_pools, f"cognito-idp.{region}.amazonaws.com/{pool}", tokens["IdToken"], identity_pool)
    return boto3.client("s3")


def wrong_only_credentials(identity_pools, tokens, region, pool, identity_pool):
    """Return an S3 client"""
    key = f"cognito-idp.{region}.amazonaws.com/{pool}"
    return exchange(identity_pools, key, tokens["IdToken"], identity_pool)
