"""An API of FastAPI that lets in whoever has an access token of the pool, for its app."""

import json
import os
import urllib.request

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_cognito import CognitoAuth, CognitoSettings, CognitoToken

made, url = json.loads(os.environ["MADE"]), os.environ["AWS_ENDPOINT_URL"]


def call(operation, **parameters):
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    with urllib.request.urlopen(
        urllib.request.Request(url, json.dumps(parameters).encode(), headers)
    ) as answer:
        return json.load(answer)


def protected(app):
    """The API, for one of the pool's app clients."""
    pool = {
        "region": "us-east-1",
        "userpool_id": made["pool"],
        "app_client_id": app["id"],
        "jwks_url": f"{url}/{made['pool']}/.well-known/jwks.json",
    }
    settings = CognitoSettings(
        check_expiration=True,
        jwt_header_name="Authorization",
        jwt_header_prefix="Bearer",
        userpools={"members": pool},
    )
    auth, api = CognitoAuth(settings), FastAPI()

    @api.get("/me")
    def me(token: CognitoToken = Depends(auth.auth_required)):  # noqa: B008
        return token.username

    def ask(token):
        answer = TestClient(api).get("/me", headers={"Authorization": f"Bearer {token}"})
        return answer.json() if answer.status_code == 200 else answer.status_code

    return ask


person = {"USERNAME": "mara", "PASSWORD": made["people"]["mara"]}
how = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
tokens = call("InitiateAuth", ClientId=made["apps"]["public"]["id"], **how)["AuthenticationResult"]
access = tokens["AccessToken"]
ask = protected(made["apps"]["public"])
print(
    json.dumps(
        {
            "access": ask(access),
            "another app's": protected(made["apps"]["secret"])(access),
            "forged": ask(f"{access[:-4]}{'AAAA' if access[-4:] != 'AAAA' else 'BBBB'}"),
            "nobody's": ask("nothing"),
        }
    )
)
