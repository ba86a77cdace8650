"""Five people are refused. The identity pool knows the forum's server (`login.tidepool.example`). It lists Google,
and the user pool with the app client `web`. Guests are not allowed. This is what happens:

| who | key of the login | what is shown | refused with |
|---|---|---|---|
| mara | `https://` and the user pool's issuer | her ID token | Issuer doesn't match providerName |
| ben | the user pool's issuer | his access token | Not a Cognito token. |
| ines | the user pool's issuer | her ID token for the app client `desk` | Token is not from a supported provider |
| goran | `accounts.google.com` | his ID token | Token is not from a supported provider |
| reef-fan | `login.tidepool.example` | the name `reef-fan` | Please provide a valid public provider |

For Google, the pool lists the id of the app client `web`. Write `admit`. It repairs the settings, and returns the
login of each person as it should be.
"""

import boto3

from cognito_lab.practice.checks import expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Five refusals, five repairs", True, 2, 9
expected = "five logins that lead to credentials; other people and other clients are refused as before."
hint = """
Two repairs are settings of the pool, and `UpdateIdentityPool` replaces all of them. Two are in what the app sends. For
the last one a server has to make a call, and the app shows what comes back.
"""
scene = "forum"

GOOGLE, FORUM, POOLS = "accounts.google.com", "login.tidepool.example", "cognito-identity.amazonaws.com"


def admit(identity_pools, pool, issuer, clients, tokens):
    """Repair the identity pool `pool` (an id). Return a dictionary: the login of each person, by name.

    `issuer` is the user pool's key. `clients` has the ids of the clients `web`, `desk` and `google`.
    `tokens` has the tokens of mara, ben, ines and goran by name: `IdToken` and `AccessToken`.
    """
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[
            {"ProviderName": issuer, "ClientId": clients["web"]},
            {"ProviderName": issuer, "ClientId": clients["desk"]},
        ],
        SupportedLoginProviders={"accounts.google.com": clients["google"]},
    )
    answer = identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={"login.tidepool.example": "reef-fan"}
    )
    return {
        "mara": {issuer: tokens["mara"]["IdToken"]},
        "ben": {issuer: tokens["ben"]["IdToken"]},
        "ines": {issuer: tokens["ines"]["IdToken"]},
        "goran": {"accounts.google.com": tokens["goran"]["IdToken"]},
        "reef-fan": {"cognito-identity.amazonaws.com": answer["Token"]},
    }


def check(answer, scene, lab):
    import jwt

    identity_pools, pool = boto3.client("cognito-identity"), scene.identity_pool
    clients, tokens, others = broken(identity_pools, scene, lab)
    roles = identity_pools.get_identity_pool_roles(IdentityPoolId=pool)["Roles"]
    given = answer(identity_pools, pool, scene.issuer, clients, tokens)
    people = [*tokens, "reef-fan"]
    expect(
        isinstance(given, dict) and set(given) == set(people),
        f"Return a dictionary with the five names {', '.join(people)}.",
    )
    now = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    google = now.get("SupportedLoginProviders", {}).get(GOOGLE)
    expect(google, "The identity pool does not list Google any more.")
    expect(google != clients["web"], "For Google the pool still lists an app client of the user pool.")
    for who in people:
        login = given[who]
        expect(isinstance(login, dict) and len(login) == 1, f"{who}: a login is one key with one token.")
        ((key, token),) = login.items()
        expect(isinstance(token, str), f"{who}: show one token, a text, and not {type(token).__name__}.")
        expect("://" not in key, f"{who}: the key has a scheme in front.")
        expect(key != FORUM, f"{who}: nobody can show a name alone. Who may vouch for it, and by which call?")
        code = refusal_of(lambda: identity_and_credentials(pool, {key: token}))  # noqa: B023
        if code:
            claims = jwt.decode(token, options={"verify_signature": False}) if token.count(".") == 2 else {}
            expect(claims.get("token_use") != "access", f"{who}: this token is for the user pool's own API.")
            expect(
                "aud" not in claims or who not in tokens or claims["aud"] == google or GOOGLE in key
                or claims["aud"] in [row["ClientId"] for row in now.get("CognitoIdentityProviders", [])],
                f"{who}: the token is for an app client that the pool does not list.",
            )  # fmt: skip
        expect(not code, f"{who} → {code}. GetId reads the settings and the login, and no role.")
        expect(
            told(claims_of(token), who, tokens, key),
            f"{who}: this login leads to somebody else's identity.",
        )
    expect(refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool)), "Guests get in now.")
    for client, login in others.items():
        code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=login))  # noqa: B023
        expect(code, f"A token for another client of {client} gets in now.")
    expect(
        identity_pools.get_identity_pool_roles(IdentityPoolId=pool)["Roles"] == roles
        and now.get("AllowClassicFlow") is None,
        "You changed the roles, or the way in which they are chosen. None of the five got as far as a role.",
    )


def claims_of(token):
    import jwt

    return jwt.decode(token, options={"verify_signature": False})


def told(claims, who, tokens, key):
    """Whether a token is of the person `who`."""
    if key == POOLS:
        return claims["amr"][-1].endswith(":reef-fan") and who == "reef-fan"
    return who in tokens and claims["sub"] == claims_of(tokens[who]["IdToken"])["sub"]


def broken(identity_pools, scene, lab):
    """The account of the task: the clients, what each person got, and logins that are to stay outside."""
    user_pools, flow = boto3.client("cognito-idp"), ["ALLOW_USER_PASSWORD_AUTH"]
    made = [
        user_pools.create_user_pool_client(UserPoolId=scene.pool, ClientName=name, ExplicitAuthFlows=flow)
        for name in ("desk", "other")
    ]
    desk, other = (each["UserPoolClient"]["ClientId"] for each in made)
    identity_pools.update_identity_pool(
        IdentityPoolId=scene.identity_pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": scene.issuer, "ClientId": scene.client}],
        SupportedLoginProviders={GOOGLE: scene.client},
    )

    def tokens(who, client):
        given = {"USERNAME": who, "PASSWORD": scene.password}
        asked = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
        return user_pools.initiate_auth(**asked)["AuthenticationResult"]

    def of_goran(client):
        return lab.google.credential(client.client_id, "goran.pavic@gmail.example", scene.page)

    clients = {"web": scene.client, "desk": desk, "google": scene.tidepool_at_google.client_id}
    people = {who: tokens(who, desk if who == "ines" else scene.client) for who in ("mara", "ben", "ines")}
    people["goran"] = {"IdToken": of_goran(scene.tidepool_at_google), "AccessToken": f"ya29.a0{'x' * 80}"}
    strange = of_goran(lab.google.register_client("Win a camera", origins=[scene.page]))
    return clients, people, {
        "Google's": {GOOGLE: strange},
        "the user pool's": {scene.issuer: tokens("ben", other)["IdToken"]},
    }  # fmt: skip


def settings(identity_pools, pool, issuer, rows, google):
    """Settings as the wrong answers leave them."""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client} for client in rows],
        **({"SupportedLoginProviders": {GOOGLE: google}} if google else {}),
    )


def wrong_roles_changed(identity_pools, pool, issuer, clients, tokens):
    """You changed the roles"""
    member = identity_pools.get_identity_pool_roles(IdentityPoolId=pool)["Roles"]["authenticated"]
    both = {"authenticated": member, "unauthenticated": member}
    identity_pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=both)
    return admit(identity_pools, pool, issuer, clients, tokens)


def wrong_app_client_for_google(identity_pools, pool, issuer, clients, tokens):
    """For Google the pool still lists an app client of the user pool"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    settings(identity_pools, pool, issuer, (clients["web"], clients["desk"]), clients["web"])
    return right


def wrong_google_lost(identity_pools, pool, issuer, clients, tokens):
    """does not list Google any more"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    settings(identity_pools, pool, issuer, (clients["web"], clients["desk"]), None)
    return right


def wrong_desk_not_listed(identity_pools, pool, issuer, clients, tokens):
    """ines: the token is for an app client that the pool does not list"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    settings(identity_pools, pool, issuer, (clients["web"],), clients["google"])
    return right


def wrong_web_replaced(identity_pools, pool, issuer, clients, tokens):
    """mara: the token is for an app client that the pool does not list"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    settings(identity_pools, pool, issuer, (clients["desk"],), clients["google"])
    return right


def wrong_key_with_scheme(identity_pools, pool, issuer, clients, tokens):
    """mara: the key has a scheme in front"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "mara": {f"https://{issuer}": tokens["mara"]["IdToken"]}}


def wrong_access_token(identity_pools, pool, issuer, clients, tokens):
    """ben: this token is for the user pool's own API"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "ben": {issuer: tokens["ben"]["AccessToken"]}}


def wrong_somebody_elses_token(identity_pools, pool, issuer, clients, tokens):
    """ben: this login leads to somebody else's identity"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "ben": right["mara"]}


def wrong_name_alone(identity_pools, pool, issuer, clients, tokens):
    """reef-fan: nobody can show a name alone"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "reef-fan": {FORUM: "reef-fan"}}


def wrong_google_access_token(identity_pools, pool, issuer, clients, tokens):
    """goran → NotAuthorizedException"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "goran": {GOOGLE: tokens["goran"]["AccessToken"]}}


def wrong_guests_too(identity_pools, pool, issuer, clients, tokens):
    """Guests get in now"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    now = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del now["ResponseMetadata"]
    identity_pools.update_identity_pool(**now | {"AllowUnauthenticatedIdentities": True})
    return right


def wrong_all_tokens_at_once(identity_pools, pool, issuer, clients, tokens):
    """mara: show one token"""
    right = admit(identity_pools, pool, issuer, clients, tokens)
    return {**right, "mara": {issuer: tokens["mara"]}}


def wrong_half_of_them(identity_pools, pool, issuer, clients, tokens):
    """Return a dictionary with the five names"""
    return {"mara": {issuer: tokens["mara"]["IdToken"]}}
