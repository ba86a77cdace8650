"""An app needs three things. The ID token should have Mara's e-mail address and not her name. The userInfo endpoint
should answer. And the app should be able to call `GetUser` for her. Write the scopes that it asks for, with a space
between them.
"""

from urllib.parse import urlencode

import boto3
import jwt
import requests

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Scopes to ask for", False, 1, 2
expected = "One sign-in with your scopes is enough for all three."
hint = (
    "Start with the word that brings an ID token. Alone it brings too much: which other one narrows it down?"
)
scene = "pages"

name = "scopes"
stub = ""
solution = "openid email aws.cognito.signin.user.admin"


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    name = [{"Name": "name", "Value": "Mara Lindqvist"}]
    user_pools.admin_update_user_attributes(UserPoolId=scene.pool, Username="mara", UserAttributes=name)
    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    asked = urlencode({**app, "response_type": "code", "scope": answer})
    browser = Browser()
    code = refusal_of(lambda: browser.open(f"{scene.pages}/oauth2/authorize?{asked}"))
    expect(not code, f"The request was refused → {code}. This app client may not use one of these scopes.")
    browser.fill_in(username="mara", password=scene.password).press("Sign in")
    form = {**app, "grant_type": "authorization_code", "code": browser.query["code"]}
    tokens = requests.post(f"{scene.pages}/oauth2/token", data=form).json()
    expect("id_token" in tokens, f"There is no ID token. There is: {', '.join(sorted(tokens))}.")
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    expect("email" in claims, "The ID token has no e-mail address.")
    expect("name" not in claims, "The ID token has Mara's name as well.")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    answered = requests.get(f"{scene.pages}/oauth2/userInfo", headers=bearer)
    expect(answered.ok, f"userInfo refuses the access token: {answered.text}.")
    code = refusal_of(lambda: user_pools.get_user(AccessToken=tokens["access_token"]))
    expect(not code, f"GetUser refuses the access token → {code}.")


wrong_as_little_as_possible = ("openid aws.cognito.signin.user.admin", "has Mara's name as well")
wrong_no_api = ("openid email", "GetUser refuses the access token")
wrong_no_openid = ("email aws.cognito.signin.user.admin", "There is no ID token")
wrong_phone = ("openid email phone aws.cognito.signin.user.admin", "The request was refused")
