"""Mara has signed in on the pages, for `openid email pictures/read`. Her app makes six requests. Which token does each
of them want? Write `"id_token"`, `"access_token"` or `"neither"`.
"""

import boto3
import jwt
import requests
from werkzeug.wrappers import Response

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Six requests, two tokens", False, 2, 6
expected = "six words. The check makes each request with both tokens."
hint = "Who should read the token: the app, an API, or AWS? And does the door ask for a scope?"
scene = "http_api"

name = "takes"
stub = {
    "the app greets her by her address": None,
    "userInfo, at the pool's domain": None,
    "a REST API, method without scopes": None,
    "a REST API, method with the scope pictures/read": None,
    "an HTTP API, route with the scope pictures/read": None,
    "S3, for a private picture": None,
}
solution = {
    "the app greets her by her address": "id_token",
    "userInfo, at the pool's domain": "access_token",
    "a REST API, method without scopes": "id_token",
    "a REST API, method with the scope pictures/read": "access_token",
    "an HTTP API, route with the scope pictures/read": "access_token",
    "S3, for a private picture": "neither",
}


def check(answer, scene, lab):
    expect(isinstance(answer, dict) and answer.keys() == stub.keys(), "Keep the six lines as they are.")
    wrong = [each for each in answer.values() if each not in ("id_token", "access_token", "neither")]
    expect(not wrong, f"{wrong and wrong[0]!r} is not one of the three words.")
    lab.host("api.tidepool.example", Response("anemone.svg"))
    tokens, doors = on_the_pages(scene), {name: at(door) for name, door in addresses(scene, lab).items()}
    doors["the app greets her by her address"] = lambda token: reads_address(token, scene, lab)
    for place, chosen in answer.items():
        opened = [use for use in ("id_token", "access_token") if doors[place](tokens[use])]
        expect(
            chosen == "neither" or chosen in opened,
            f"{place}: refused with the {chosen.replace('_', ' ')}.",
        )
        expect(chosen != "neither" or not opened, f"{place}: one of the two does open it.")


def at(address):
    """Whether a GET with a token is answered there."""

    def ask(token):
        return requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=5).ok

    return ask


def addresses(scene, lab):
    """Where each of the requests goes that is one."""
    gateway = boto3.client("apigateway")
    made = gateway.create_rest_api(name="tidepool")
    api = {"restApiId": made["id"]}
    pool = f"arn:aws:cognito-idp:{lab.region}:{lab.account}:userpool/{scene.pool}"
    authorizer = gateway.create_authorizer(
        **api, name="members", type="COGNITO_USER_POOLS", providerARNs=[pool],
        identitySource="method.request.header.Authorization",
    )["id"]  # fmt: skip
    for part, scopes in {"me": [], "pictures": ["pictures/read"]}.items():
        resource = gateway.create_resource(**api, parentId=made["rootResourceId"], pathPart=part)["id"]
        place = {**api, "resourceId": resource, "httpMethod": "GET"}
        asked = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizer}
        gateway.put_method(**place, **asked, authorizationScopes=scopes)
        behind = {"type": "HTTP_PROXY", "uri": "https://api.tidepool.example"}
        gateway.put_integration(**place, **behind, integrationHttpMethod="GET")
    gateway.create_deployment(**api, stageName="prod")
    rest = f"https://{made['id']}.execute-api.{lab.region}.amazonaws.com/prod"
    return {
        "userInfo, at the pool's domain": f"{scene.pages}/oauth2/userInfo",
        "a REST API, method without scopes": f"{rest}/me",
        "a REST API, method with the scope pictures/read": f"{rest}/pictures",
        "an HTTP API, route with the scope pictures/read": f"{scene.address}/pictures",
        "S3, for a private picture": f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/gallery/anemone.svg",
    }


def reads_address(token, scene, lab):
    """Whether the app finds an address in a token that is meant for it."""
    issuer = f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    rules = {"algorithms": ["RS256"], "issuer": issuer, "audience": scene.client}
    try:
        return "email" in jwt.decode(token, key, **rules)
    except jwt.PyJWTError:
        return False


def on_the_pages(scene):
    from urllib.parse import urlencode

    from cognito_lab.lessons.scripted_browser import Browser

    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    asked = urlencode({**app, "response_type": "code", "scope": "openid email pictures/read"})
    browser = Browser().open(f"{scene.pages}/oauth2/authorize?{asked}")
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    form = {**app, "grant_type": "authorization_code", "code": browser.query["code"]}
    return requests.post(f"{scene.pages}/oauth2/token", form, timeout=5).json()


wrong_the_id_token_says_more = (
    dict.fromkeys(stub, "id_token"),
    "userInfo, at the pool's domain: refused with the id token",
)
wrong_access_everywhere = (
    dict.fromkeys(stub, "access_token"),
    "greets her by her address: refused with the access token",
)
wrong_rest_without_scopes = (
    {**solution, "a REST API, method without scopes": "access_token"},
    "method without scopes: refused with the access token",
)
wrong_s3 = (
    {**solution, "S3, for a private picture": "access_token"},
    "S3, for a private picture: refused with the access token",
)
wrong_s3_by_the_id_token = (
    {**solution, "S3, for a private picture": "id_token"},
    "S3, for a private picture: refused with the id token",
)
wrong_neither = (
    {**solution, "an HTTP API, route with the scope pictures/read": "neither"},
    "one of the two does open it",
)
wrong_word = {**solution, "S3, for a private picture": "none"}, "is not one of the three words"
