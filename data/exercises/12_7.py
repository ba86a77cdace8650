"""Tidepool has an app client `web` and an app client `phone` in the same user pool. Write `both_apps`: the value of
`CognitoIdentityProviders` with which the identity pool takes the members' tokens from both apps.
"""

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Two app clients, one user pool", False, 1, 2
expected = "ID tokens for `web` and for `phone` are accepted. ID tokens for any other app client are refused."
hint = "A listed provider is a user pool *and* one app client."
scene = "members"


def both_apps(issuer, web, phone):
    """The list of providers; `issuer` is the user pool's name, `web` and `phone` are ids of app clients."""
    return [{"ProviderName": issuer, "ClientId": each} for each in (web, phone)]


def check(answer, scene, lab):
    import boto3

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    clients = {"web": scene.client}
    for name in ("phone", "kiosk"):
        made = user_pools.create_user_pool_client(
            UserPoolId=scene.pool, ClientName=name, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        clients[name] = made["UserPoolClient"]["ClientId"]
    providers = answer(issuer, clients["web"], clients["phone"])
    expect(isinstance(providers, list), f"Return a list; you returned {type(providers).__name__}.")
    expect(
        all(isinstance(each, dict) and isinstance(each.get("ClientId"), str) for each in providers),
        "Each entry is a dictionary with `ProviderName` and one `ClientId`.",
    )
    pool = identity_pools.create_identity_pool(
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=providers,
    )["IdentityPoolId"]
    person = {"USERNAME": "mara", "PASSWORD": scene.password}

    def refused_at(client):
        signed_in = user_pools.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
        )
        login = {issuer: signed_in["AuthenticationResult"]["IdToken"]}
        return refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=login))

    for name in ("web", "phone"):
        code = refused_at(clients[name])
        expect(not code, f"Mara comes with a token for `{name}`, and is refused ({code}).")
    expect(refused_at(clients["kiosk"]), "A token for a third app client gets in as well.")


def wrong_phone_instead_of_web(issuer, web, phone):
    """Mara comes with a token for `web`, and is refused"""
    return [{"ProviderName": issuer, "ClientId": phone}]


def wrong_web_only(issuer, web, phone):
    """Mara comes with a token for `phone`, and is refused"""
    return [{"ProviderName": issuer, "ClientId": web}]


def wrong_one_entry_with_two(issuer, web, phone):
    """a dictionary with `ProviderName` and one `ClientId`"""
    return [{"ProviderName": issuer, "ClientId": [web, phone]}]


def wrong_scheme_in_the_name(issuer, web, phone):
    """CreateIdentityPool was refused"""
    return [{"ProviderName": f"https://{issuer}", "ClientId": each} for each in (web, phone)]
