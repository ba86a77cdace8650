"""Write `count_doors`: how many providers does an identity pool believe? Ask `DescribeIdentityPool`."""

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "How many doors?", False, 1, 2
expected = "1 for the one door, 5 for the many doors, and the right number for other identity pools."
hint = """
User pools are in one list of the answer, SAML providers in another, the public providers in a dictionary. A part that
is empty may be missing from the answer, so read it with `.get(…)`.
"""
scene = "directory"


def count_doors(identity_pools, pool):
    """The number of providers that the identity pool with the id `pool` lists."""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    user_pools = settings.get("CognitoIdentityProviders", [])
    saml = settings.get("SamlProviderARNs", [])
    return len(user_pools) + len(saml) + len(settings.get("SupportedLoginProviders", {}))


def check(answer, scene, lab):
    import boto3

    identity_pools = boto3.client("cognito-identity")
    members = {
        "ProviderName": f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}",
        "ClientId": scene.client,
    }
    user_pool = {"CognitoIdentityProviders": [members]}
    google, facebook = (
        {"accounts.google.com": "web.apps.googleusercontent.com"},
        {"graph.facebook.com": "500"},
    )
    university = boto3.client("iam").create_saml_provider(
        Name="northshore", SAMLMetadataDocument=lab.university.metadata
    )["SAMLProviderArn"]
    for who, listed, right in (
        ("Google and Facebook, and no user pool", {"SupportedLoginProviders": {**google, **facebook}}, 2),
        ("the user pool and Google", {**user_pool, "SupportedLoginProviders": google}, 2),
        ("the user pool only", user_pool, 1),
        ("the user pool and a university by SAML", {**user_pool, "SamlProviderARNs": [university]}, 2),
        ("nobody", {}, 0),
    ):
        pool = identity_pools.create_identity_pool(
            IdentityPoolName="doors", AllowUnauthenticatedIdentities=True, **listed
        )["IdentityPoolId"]
        try:
            given = answer(identity_pools, pool)
        except KeyError as error:
            expect(
                False,
                f"For an identity pool that lists {who}, the answer has no {error}: read it with `.get(…)`.",
            )
        expect(isinstance(given, int), f"Return a number; you returned {type(given).__name__}.")
        public = len(listed.get("SupportedLoginProviders", {}))
        counted = given if given != public else f"{given}: the public providers without the user pool"
        expect(given == right, f"The pool lists {who}: that is {right}, and you counted {counted}.")


def wrong_public_only(identity_pools, pool):
    """the public providers without the user pool"""
    return len(identity_pools.describe_identity_pool(IdentityPoolId=pool).get("SupportedLoginProviders", {}))


def wrong_user_pools_only(identity_pools, pool):
    """Google and Facebook, and no user pool: that is 2, and you counted 0"""
    return len(identity_pools.describe_identity_pool(IdentityPoolId=pool).get("CognitoIdentityProviders", []))


def wrong_part_that_is_missing(identity_pools, pool):
    """the answer has no 'CognitoIdentityProviders'"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    return len(settings["CognitoIdentityProviders"]) + len(settings["SupportedLoginProviders"])


def wrong_the_list_itself(identity_pools, pool):
    """Return a number; you returned list"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    return [*settings.get("CognitoIdentityProviders", []), *settings.get("SupportedLoginProviders", {})]


def wrong_no_saml(identity_pools, pool):
    """a university by SAML: that is 2, and you counted 1"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    lists = settings.get("CognitoIdentityProviders", []), settings.get("SupportedLoginProviders", {})
    return sum(map(len, lists))
