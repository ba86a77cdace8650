"""An HTTP API should show the pictures to members of the web app, and to nobody else. Its route lets in access tokens
of this app client with the scope `read` of the resource server `pictures`. Write `protect`: it makes the authorizer,
and returns the settings of the route. Members sign in on the pages, where the app asks for that scope.
"""

import boto3
import requests
from werkzeug.wrappers import Response

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A route gets its scope", False, 2, 8
expected = "Mara's access token from the pages opens the route. Five other requests do not."
hint = "A scope has the name of its resource server in it. What does an access token have in place of `aud`?"
scene = "scopes"


def protect(gateway, api, issuer, client):
    """The settings of a route of the HTTP API `api`, for boto3's `create_route` and its client `gateway`."""
    trusted = {"Issuer": issuer, "Audience": [client]}
    source = ["$request.header.Authorization"]
    made = gateway.create_authorizer(
        ApiId=api, Name="members", AuthorizerType="JWT", IdentitySource=source, JwtConfiguration=trusted
    )
    return {
        "AuthorizationType": "JWT",
        "AuthorizerId": made["AuthorizerId"],
        "AuthorizationScopes": ["pictures/read"],
    }


def check(answer, scene, lab):
    gateway = boto3.client("apigatewayv2")
    lab.host("api.tidepool.example", Response("anemone.svg"))
    made = gateway.create_api(Name="tidepool", ProtocolType="HTTP")
    api = {"ApiId": made["ApiId"]}
    gateway.create_stage(**api, StageName="$default", AutoDeploy=True)
    integration = gateway.create_integration(
        **api, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", PayloadFormatVersion="1.0",
        IntegrationUri="https://api.tidepool.example",
    )["IntegrationId"]  # fmt: skip
    issuer = f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    settings = answer(gateway, made["ApiId"], issuer, scene.client)
    expect(isinstance(settings, dict), "Return the settings of the route: a dictionary.")
    code = refusal_of(
        lambda: gateway.create_route(
            **{**settings, **api, "RouteKey": "GET /pictures", "Target": f"integrations/{integration}"}
        )
    )
    expect(not code, f"create_route is refused with your settings → {code}.")

    def status(token):
        address = f"{made['ApiEndpoint']}/pictures"
        return requests.get(address, headers={"Authorization": token}, timeout=5)

    mara = on_the_pages(scene)
    came = status(mara["access_token"])
    expect(
        "audience" not in came.headers.get("www-authenticate", ""),
        "Mara's access token gets 401. It names the app client, and your audience is another one.",
    )
    expect(
        came.status_code != 403,
        "Mara's access token gets 403. Read the scope in it, and compare it letter for letter.",
    )
    expect(
        came.ok, f"Mara's access token gets {came.status_code}. The app sends it in the header Authorization."
    )
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    by_api = boto3.client("cognito-idp").initiate_auth(
        ClientId=scene.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
    )["AuthenticationResult"]["AccessToken"]
    form, proof = {"grant_type": "client_credentials"}, (scene.job, scene.job_secret)
    job = requests.post(f"{scene.pages}/oauth2/token", form, auth=proof, timeout=5).json()["access_token"]
    for what, token in {
        "No token": "",
        "Mara's ID token": mara["id_token"],
        "Her access token without the scope": on_the_pages(scene, "openid")["access_token"],
        "An access token that never was on the pages": by_api,
        "The night job's token": job,
    }.items():
        expect(not status(token).ok, f"{what} opens the route.")


def on_the_pages(scene, scope="openid pictures/read"):
    from urllib.parse import urlencode

    from cognito_lab.lessons.scripted_browser import Browser

    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    asked = urlencode({**app, "response_type": "code", "scope": scope})
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{asked}")
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    form = {**app, "grant_type": "authorization_code", "code": browser.query["code"]}
    return requests.post(f"{scene.pages}/oauth2/token", form, timeout=5).json()


def protected(gateway, api, issuer, audience, scopes):
    """The settings with other values than the solution's."""
    made = gateway.create_authorizer(
        ApiId=api, Name="members", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": audience},
    )  # fmt: skip
    return {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"], "AuthorizationScopes": scopes}


def wrong_scope_without_its_server(gateway, api, issuer, client):
    """compare it letter for letter"""
    return protected(gateway, api, issuer, [client], ["read"])


def wrong_pool_as_audience(gateway, api, issuer, client):
    """your audience is another one"""
    return protected(gateway, api, issuer, [issuer.rpartition("/")[2]], ["pictures/read"])


def wrong_no_scope(gateway, api, issuer, client):
    """Mara's ID token opens the route"""
    return protected(gateway, api, issuer, [client], [])


def wrong_scope_of_the_api(gateway, api, issuer, client):
    """An access token that never was on the pages opens the route"""
    return protected(gateway, api, issuer, [client], ["pictures/read", "aws.cognito.signin.user.admin"])


def wrong_second_scope(gateway, api, issuer, client):
    """Her access token without the scope opens the route"""
    return protected(gateway, api, issuer, [client], ["pictures/read", "openid"])


def wrong_place_of_the_token(gateway, api, issuer, client):
    """The app sends it in the header Authorization"""
    settings = protect(gateway, api, issuer, client)
    where = {"ApiId": api, "AuthorizerId": settings["AuthorizerId"]}
    gateway.update_authorizer(**where, IdentitySource=["$request.querystring.token"])
    return settings


def wrong_no_authorizer(gateway, api, issuer, client):
    """No token opens the route"""
    return {"AuthorizationType": "NONE"}


def wrong_every_client(gateway, api, issuer, client):
    """The night job's token opens the route"""
    user_pools, pool = boto3.client("cognito-idp"), issuer.rpartition("/")[2]
    listed = user_pools.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    clients = [each["ClientId"] for each in listed]
    return protected(gateway, api, issuer, clients, ["pictures/read"])


def wrong_kind(gateway, api, issuer, client):
    """create_route is refused with your settings"""
    return {**protect(gateway, api, issuer, client), "AuthorizationType": "AWS_IAM"}
