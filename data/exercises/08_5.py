"""A resource server has the identifier `https://api.tidepool.example`, and declares the scope `pictures.read`. An app
client for `client_credentials` may have this scope. What does its program send as `scope` to the token endpoint?
"""

import boto3
import jwt
import requests

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "The whole name of a scope", False, 1, 1
expected = "the token that comes has this one scope. The check sends what you write."
hint = "08.3 shows a token with `pictures/read`. Which part of it came from the identifier?"
scene = "pages"

name = "full_name"
stub = ""
solution = "https://api.tidepool.example/pictures.read"


def check(answer, scene, lab):
    expect(isinstance(answer, str) and answer, "Write the scope as a string.")
    user_pools = boto3.client("cognito-idp")
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("pictures.read", "pictures.write")]
    server = {"Identifier": "https://api.tidepool.example", "Name": "Tidepool"}
    user_pools.create_resource_server(UserPoolId=scene.pool, **server, Scopes=scopes)
    made = user_pools.create_user_pool_client(
        UserPoolId=scene.pool, ClientName="night-job", GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[f"{server['Identifier']}/{each['ScopeName']}" for each in scopes],
    )["UserPoolClient"]  # fmt: skip
    form = {"grant_type": "client_credentials", "scope": answer}
    came = requests.post(f"{scene.pages}/oauth2/token", form, auth=(made["ClientId"], made["ClientSecret"]))
    said = came.json()
    expect(
        "error" not in said or answer != "pictures.read",
        f"→ {said.get('error')}. In a token a scope has two names, and you wrote one of them.",
    )
    expect(
        "error" not in said or answer != server["Identifier"],
        f"→ {said.get('error')}. That names the whole resource server, and a token is for scopes of it.",
    )
    expect(
        "error" not in said or "/pictures.read" in answer,
        f"→ {said.get('error')}. Both names are needed, with one sign between them.",
    )
    expect("error" not in said, f"→ {said.get('error')}. The identifier counts letter for letter.")
    got = jwt.decode(said["access_token"], options={"verify_signature": False})["scope"]
    expect(
        got == solution,
        f"The token that came has {got!r}. The program wants `pictures.read`, and nothing else.",
    )


wrong_scope_alone = "pictures.read", "you wrote one of them"
wrong_identifier_alone = "https://api.tidepool.example", "names the whole resource server"
wrong_sign = "https://api.tidepool.example:pictures.read", "with one sign between them"
wrong_host_alone = "api.tidepool.example/pictures.read", "letter for letter"
wrong_both = (
    "https://api.tidepool.example/pictures.read https://api.tidepool.example/pictures.write",
    "and nothing else",
)
