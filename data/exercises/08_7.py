"""A stolen access token opens an HTTP API until it expires, whatever Cognito knows. Make this time as short as AWS
allows. Members should notice nothing: their app gets new tokens with the refresh token. Change the settings of the
app client.
"""

import boto3
import requests
from werkzeug.wrappers import Response

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Five minutes, and no longer", False, 1, 2
expected = (
    "after five minutes the gateway refuses the stolen token, and the app still gets new ones for a month."
)
hint = "Without a unit, AWS reads hours for an access token. 02.5 has the limits."
scene = "http_api"

name = "shorter"
stub = {"AccessTokenValidity": 60, "TokenValidityUnits": {"AccessToken": "minutes"}}
solution = {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}}


def check(answer, scene, lab):
    user_pools, client = boto3.client("cognito-idp"), {"UserPoolId": scene.pool, "ClientId": scene.client}
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    expect(isinstance(answer, dict), "Write a dictionary of settings.")
    code = refusal_of(lambda: user_pools.update_user_pool_client(**client, ExplicitAuthFlows=flows, **answer))
    expect(
        not code,
        f"AWS refuses these settings → {code}. The first is a number, the second its unit, such as `minutes`; "
        "an access token lives from five minutes to a day.",
    )
    route_for_everybody_signed_in(scene)
    lab.host("api.tidepool.example", Response("anemone.svg"))
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    tokens = user_pools.initiate_auth(
        ClientId=scene.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
    )["AuthenticationResult"]
    bearer = {"Authorization": tokens["AccessToken"]}

    def status():
        return requests.get(f"{scene.address}/me", headers=bearer, timeout=5).status_code

    expect(status() == 200, "The token does not even open the gateway at once.")
    lab.travel(minutes=5)
    expect(status() == 401, "After five minutes the stolen token still opens the gateway.")
    renewal = {"ClientId": scene.client, "RefreshToken": tokens["RefreshToken"]}
    lab.travel(days=29)
    code = refusal_of(lambda: user_pools.get_tokens_from_refresh_token(**renewal))
    expect(not code, f"A month later the app gets no new tokens → {code}: you shortened the sign-in itself.")


def route_for_everybody_signed_in(scene):
    gateway = boto3.client("apigatewayv2")
    gateway.create_route(
        ApiId=scene.api, RouteKey="GET /me", AuthorizationType="JWT", AuthorizerId=scene.authorizer,
        Target=f"integrations/{scene.integration}",
    )  # fmt: skip


wrong_unit = (
    {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "hours"}},
    "still opens the gateway",
)
wrong_too_short = (
    {"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "minutes"}},
    "lives from five minutes to a day",
)
