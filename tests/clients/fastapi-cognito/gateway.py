"""The API of client.py behind an API Gateway with a JWT authorizer: who gets past the first, who past both.

A gateway of the lab asks servers of the lab's own network only. So this program runs the account itself, and
a2wsgi makes of the API the WSGI application that `lab.host` takes.
"""

import json
import urllib.error
import urllib.request

import boto3
from a2wsgi import ASGIMiddleware
from fastapi import Depends, FastAPI, Request
from fastapi_cognito import CognitoAuth, CognitoSettings, CognitoToken

from cognito_lab import Lab

PERSON = {"USERNAME": "mara", "PASSWORD": "Tide-pools-2026!"}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH"]

with Lab.start() as lab:
    url = lab.serve(0).url
    users, gateway = boto3.client("cognito-idp"), boto3.client("apigatewayv2")
    pool = users.create_user_pool(PoolName="members")["UserPool"]["Id"]
    made = {"UserPoolId": pool, "Username": PERSON["USERNAME"]}
    users.admin_create_user(**made, MessageAction="SUPPRESS")
    users.admin_set_user_password(**made, Password=PERSON["PASSWORD"], Permanent=True)
    app, other = (
        users.create_user_pool_client(UserPoolId=pool, ClientName=name, ExplicitAuthFlows=FLOWS)[
            "UserPoolClient"
        ]["ClientId"]
        for name in ("app", "other")
    )

    # The API checks for itself, as in client.py; and says what the gateway told it of the caller.
    members = {
        "region": "us-east-1",
        "userpool_id": pool,
        "app_client_id": app,
        "jwks_url": f"{url}/{pool}/.well-known/jwks.json",
    }
    bearer = {"jwt_header_name": "Authorization", "jwt_header_prefix": "Bearer"}
    settings = CognitoSettings(check_expiration=True, userpools={"members": members}, **bearer)
    auth, api = CognitoAuth(settings), FastAPI()
    reached = []

    @api.get("/me")
    def me(request: Request, token: CognitoToken = Depends(auth.auth_required)):  # noqa: B008
        return [token.username, request.headers["x-caller"]]

    @api.middleware("http")
    async def note(request, answer):
        reached.append(request.url.path)
        return await answer(request)

    lab.host("api.tidepool.example", ASGIMiddleware(api))

    http = {"ApiId": gateway.create_api(Name="club", ProtocolType="HTTP")["ApiId"]}
    behind = gateway.create_integration(
        **http,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://api.tidepool.example/me",
        PayloadFormatVersion="1.0",
        RequestParameters={"overwrite:header.x-caller": "$context.authorizer.claims.sub"},
    )["IntegrationId"]
    door = gateway.create_authorizer(
        **http,
        Name="members",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        # The gateway lets a second app in, which the API does not know.
        JwtConfiguration={
            "Issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}",
            "Audience": [app, other],
        },
    )["AuthorizerId"]
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": door}
    gateway.create_route(**http, RouteKey="GET /me", Target=f"integrations/{behind}", **guarded)
    gateway.create_stage(**http, StageName="$default", AutoDeploy=True)

    def tokens(client):
        how = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": PERSON}
        return users.initiate_auth(ClientId=client, **how)["AuthenticationResult"]

    def ask(token):
        """The status, what was said, and how often the API was reached."""
        reached.clear()
        asked = urllib.request.Request(f"{url}/me", headers={"Authorization": f"Bearer {token}"})
        asked.add_header("Host", f"{http['ApiId']}.execute-api.us-east-1.amazonaws.com")
        try:
            with urllib.request.urlopen(asked) as answer:
                return [answer.status, json.load(answer), len(reached)]
        except urllib.error.HTTPError as refused:
            return [refused.code, refused.read().decode(), len(reached)]

    mine = tokens(app)
    sub = users.admin_get_user(**made)["UserAttributes"][0]["Value"]
    status, told, times = ask(mine["AccessToken"])
    print(
        json.dumps(
            {
                "access": [status, told == ["mara", sub], times],
                "ID": ask(mine["IdToken"]),
                "another app's": ask(tokens(other)["AccessToken"]),
                "forged": ask(mine["AccessToken"][:-8] + "AAAAAAAA"),
                "nobody's": ask("nothing"),
            }
        )
    )
