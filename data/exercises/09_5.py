"""Tidepool gets a second app, with an app client of its own. The identity pool must list the user pool with this
app client too. You find both values in an ID token from that app. Write `provider_of`. The parameter `claims` is
a dictionary: the entries of the ID token, which are called *claims*. `show_token(tokens["IdToken"])` shows some.
"""

import base64
import json

import boto3

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "Read the token, fill in the settings", False, 1, 2
expected = "an identity pool with the entry that you return accepts the token as a login."
hint = (
    "One claim names who issued the token, another names the app client. How did the lesson write the issuer?"
)
scene = "members"


def provider_of(claims):
    """The entry of `CognitoIdentityProviders`: a dictionary with `ProviderName` and `ClientId`."""
    return {"ProviderName": claims["iss"].removeprefix("https://"), "ClientId": claims["aud"]}


def check(answer, scene, lab):
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    second = user_pools.create_user_pool_client(
        UserPoolId=scene.pool, ClientName="second", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    for client in (scene.client, second):
        token = id_token(scene, "mara", client)
        claims = decoded(token)
        try:
            listed = answer(dict(claims))
        except KeyError as error:
            expect(
                error.args != ("client_id",),
                "`client_id` is a claim of access tokens. An ID token names the app client in another claim.",
            )
            raise
        expect(
            isinstance(listed, dict) and set(listed) == {"ProviderName", "ClientId"},
            "Return a dictionary with two entries, ProviderName and ClientId.",
        )
        name, listed_client = listed["ProviderName"], listed["ClientId"]
        expect("://" not in str(name), "ProviderName is the issuer without `https://`.")
        expect(name == issuer, f"ProviderName is {name!r}. It must name the issuer of the token.")
        expect(listed_client != claims["sub"], "`sub` is the user. The app client is in another claim.")
        expect(
            listed_client == client,
            f"A token of the app client {client} → ClientId {listed_client!r}. Read the value from the token.",
        )
        pool = identity_pools.create_identity_pool(
            IdentityPoolName="checked",
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[listed],
        )["IdentityPoolId"]
        code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins={issuer: token}))  # noqa: B023
        expect(
            not code, f"The identity pool lists what you returned, and Mara asks for an identity → {code}."
        )


def decoded(token):
    """What a token says, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def wrong_with_scheme(claims):
    """ProviderName is the issuer without"""
    return {"ProviderName": claims["iss"], "ClientId": claims["aud"]}


def wrong_user(claims):
    """`sub` is the user"""
    return {"ProviderName": claims["iss"].removeprefix("https://"), "ClientId": claims["sub"]}


def wrong_claim_of_access_tokens(claims):
    """`client_id` is a claim of access tokens"""
    return {"ProviderName": claims["iss"].removeprefix("https://"), "ClientId": claims["client_id"]}


def wrong_only_the_pool(claims):
    """It must name the issuer of the token"""
    return {"ProviderName": claims["iss"].rpartition("/")[2], "ClientId": claims["aud"]}


def wrong_first_client_kept(claims, kept=[]):  # noqa: B006
    """Read the value from the token"""
    kept.append(claims["aud"])
    return {"ProviderName": claims["iss"].removeprefix("https://"), "ClientId": kept[0]}


def wrong_login(claims):
    """Return a dictionary with two entries"""
    return {claims["iss"].removeprefix("https://"): claims["aud"]}
