"""The scene has an identity pool, `scene.many`, that lists Google and the user pool. Write `move`: it changes the
identity pool so that it lists the user pool only, and then gets the identity of a member.

Members sign in through the app client `web`. The app client `phone` is for a program that does not exist yet;
tokens for it should be refused. Guests stay out, as before.
"""

from cognito_lab.practice.checks import expect, id_token

title, core, difficulty, minutes = "From many doors to one", True, 2, 9
expected = (
    "A member's ID token leads to the same identity as before; Google's token, a guest, and a token for "
    "`phone` are refused."
)
hint = """
`UpdateIdentityPool` replaces all settings: what you do not name is gone. A listed user pool is a provider *and* an
app client. The token goes under the name of the provider that issued it (12.4).
"""
scene = "two_doors"

GOOGLE = "accounts.google.com"
OTHER_WAYS = ("DeveloperProviderName", "OpenIdConnectProviderARNs", "SamlProviderARNs")


def move(identity_pools, pool, issuer, clients, token):
    """Let the identity pool `pool` list the user pool only; `issuer` is the name of the user pool there.

    `clients` has the ids of the app clients by name, `token` is the ID token of a member.
    Return the identity id that this token leads to.
    """
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]


def check(answer, scene, lab):
    import boto3
    from botocore.exceptions import ClientError

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    pool, issuer = scene.many, f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    phone = user_pools.create_user_pool_client(
        UserPoolId=scene.pool, ClientName="phone", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]

    def enters(logins):
        """The identity that these logins lead to, or nothing."""
        try:
            return identity_pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        except ClientError:
            return ""

    token = id_token(scene, "mara")
    before, settings = enters({issuer: token}), settings_of(identity_pools, pool)
    failed = None
    try:
        given = answer(identity_pools, pool, issuer, {"web": scene.client, "phone": phone}, token)
    except ClientError as error:
        failed = error
    if failed is not None and failed.operation_name == "UpdateIdentityPool":
        raise failed
    pools = identity_pools.list_identity_pools(MaxResults=60)["IdentityPools"]
    expect(
        pool in [each["IdentityPoolId"] for each in pools],
        "The identity pool is gone, and everybody's identity with it. Change this one; do not make a new one.",
    )
    now = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    listed = [each["ClientId"] for each in now.get("CognitoIdentityProviders", [])]
    expect(listed, "The identity pool lists no user pool at all now.")
    expect(
        phone not in listed,
        "You listed the app client `phone`. The members' tokens are for `web`: list that one.",
    )
    unknown = set(listed) - {scene.client}
    expect(
        not unknown, f"{', '.join(unknown)} is not the id of an app client: `clients` has the ids by name."
    )
    of_goran = lab.google.credential(
        scene.tidepool_at_google.client_id, "goran.pavic@gmail.example", "https://tidepool.example"
    )
    expect(
        not enters({GOOGLE: of_goran}), "Google's token still gets in: the identity pool still lists Google."
    )
    expect(not enters({}), "Guests get in now. They were not allowed before.")
    more = list(now.get("SupportedLoginProviders", {}))
    more += [
        each["ProviderName"] for each in now["CognitoIdentityProviders"] if each["ProviderName"] != issuer
    ]
    more += [name for name in OTHER_WAYS if now.get(name)]
    expect(not more, f"The identity pool lists somebody else too: {', '.join(more)}.")
    if failed is not None and failed.operation_name in ("GetId", "GetCredentialsForIdentity"):
        expect(
            not enters({issuer: token}),
            "The settings are right, but your last call was refused. The user pool issued this token, so "
            "it goes under the user pool's name, whoever signed in.",
        )
    if failed is not None:
        raise failed
    expect(enters({issuer: token}) == before, "Mara's own token does not lead to her identity any more.")
    expect(
        not enters({issuer: id_token(scene, "mara", phone)}), "A token for the app client `phone` gets in."
    )
    changed = [name for name, value in settings_of(identity_pools, pool).items() if settings[name] != value]
    expect(
        not changed,
        f"You changed {', '.join(changed)} as well: members get other credentials, or in other ways.",
    )
    expect(given == before, f"Return Mara's identity id, {before[:20]}…; you returned {str(given)[:40]!r}.")


def settings_of(identity_pools, pool):
    """What of the identity pool is to be as before, by AWS's names."""
    found = identity_pools.get_identity_pool_roles(IdentityPoolId=pool)
    flow = identity_pools.describe_identity_pool(IdentityPoolId=pool).get("AllowClassicFlow", False)
    return {"Roles": found.get("Roles"), "RoleMappings": found.get("RoleMappings"), "AllowClassicFlow": flow}


def wrong_google_left_in(identity_pools, pool, issuer, clients, token):
    """the identity pool still lists Google"""
    now = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
        SupportedLoginProviders=now["SupportedLoginProviders"],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]


def wrong_under_googles_name(identity_pools, pool, issuer, clients, token):
    """it goes under the user pool's name"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={GOOGLE: token})["IdentityId"]


def wrong_app_client(identity_pools, pool, issuer, clients, token):
    """You listed the app client `phone`"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["phone"]}],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]


def wrong_new_pool(identity_pools, pool, issuer, clients, token):
    """Change this one; do not make a new one"""
    identity_pools.delete_identity_pool(IdentityPoolId=pool)
    new = identity_pools.create_identity_pool(
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
    )["IdentityPoolId"]
    return identity_pools.get_id(IdentityPoolId=new, Logins={issuer: token})["IdentityId"]


def wrong_issuer_as_an_address(identity_pools, pool, issuer, clients, token):
    """UpdateIdentityPool was refused"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": f"https://{issuer}", "ClientId": clients["web"]}],
    )


def wrong_name_of_the_app_client(identity_pools, pool, issuer, clients, token):
    """web is not the id of an app client"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": "web"}],
    )


def wrong_guests_too(identity_pools, pool, issuer, clients, token):
    """Guests get in now"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]


def wrong_user_pool_left_out(identity_pools, pool, issuer, clients, token):
    """lists no user pool at all"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="tidepool", AllowUnauthenticatedIdentities=False
    )


def wrong_facebook_too(identity_pools, pool, issuer, clients, token):
    """lists somebody else too: graph.facebook.com"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
        SupportedLoginProviders={"graph.facebook.com": "1"},
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]


def wrong_roles_taken_away(identity_pools, pool, issuer, clients, token):
    """You changed Roles as well"""
    identity_pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={})
    return move(identity_pools, pool, issuer, clients, token)


def wrong_classic_flow(identity_pools, pool, issuer, clients, token):
    """You changed AllowClassicFlow as well"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        AllowClassicFlow=True,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": clients["web"]}],
    )
    return identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token})["IdentityId"]
