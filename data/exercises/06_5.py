"""The club's server is a second app client of the user pool. The sign-in page of this app client says that login is unavailable. Write
`open_pages`: one call that gives this app client its pages, with Cognito's own look.
"""

from urllib.parse import urlencode

import boto3

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Pages for the second app client", False, 1, 2
expected = "The second app client has a sign-in page. The first one keeps its page and its colours."
hint = (
    "What did the first app client lack, when its page was unavailable? The same call has a parameter for "
    "Cognito's own look: `UseCognitoProvidedValues`."
)
scene = "pages"


def open_pages(user_pools, pool, client):
    """Give the app client with the id `client` its pages. `pool` is the id of its user pool."""
    user_pools.create_managed_login_branding(UserPoolId=pool, ClientId=client, UseCognitoProvidedValues=True)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    answer(user_pools, scene.pool, scene.server)
    domain = user_pools.describe_user_pool_domain(Domain="tidepool")["DomainDescription"]
    expect(
        domain.get("ManagedLoginVersion") == 2,
        "The domain has changed: it does not have managed login any more. Leave the domain as it is.",
    )
    code = refusal_of(lambda: page(scene, scene.client))
    expect(
        not code and "#0b6e6eff" in page(scene, scene.client).html,
        "The first app client has lost its page or its colours.",
    )
    code = refusal_of(lambda: page(scene, scene.server))
    expect(not code, f"The second app client still has no sign-in page: its browser gets {code}.")
    second = {"UserPoolId": scene.pool, "ClientId": scene.server}
    style = user_pools.describe_managed_login_branding_by_client(**second)["ManagedLoginBranding"]
    expect(style["UseCognitoProvidedValues"], "The page is there, but it does not have Cognito's own look.")


def page(scene, client):
    """The page that a browser gets which this app client has sent."""
    asked = {"response_type": "code", "client_id": client, "redirect_uri": scene.callback}
    return Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode(asked)}").page


def wrong_classic_pages(user_pools, pool, client):
    """does not have managed login any more"""
    user_pools.update_user_pool_domain(UserPoolId=pool, Domain="tidepool", ManagedLoginVersion=1)


def wrong_settings_of_the_client(user_pools, pool, client):
    """still has no sign-in page"""
    settings = user_pools.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    for name in ("ClientSecret", "CreationDate", "LastModifiedDate"):
        del settings[name]
    settings["ExplicitAuthFlows"] = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    user_pools.update_user_pool_client(**settings)


def wrong_a_look_of_its_own(user_pools, pool, client):
    """does not have Cognito's own look"""
    look = {"components": {"pageBackground": {"lightMode": {"color": "d5eeeaff"}}}}
    user_pools.create_managed_login_branding(UserPoolId=pool, ClientId=client, Settings=look)


def wrong_the_style_is_moved(user_pools, pool, client):
    """The first app client has lost its page"""
    for each in user_pools.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]:
        if each["ClientId"] != client:
            style = user_pools.describe_managed_login_branding_by_client(
                UserPoolId=pool, ClientId=each["ClientId"]
            )
            known = style["ManagedLoginBranding"]["ManagedLoginBrandingId"]
            user_pools.delete_managed_login_branding(UserPoolId=pool, ManagedLoginBrandingId=known)
    user_pools.create_managed_login_branding(UserPoolId=pool, ClientId=client, UseCognitoProvidedValues=True)
