"""A Flask application with flask-cognito-lib, which knows AWS's addresses and no others: code flow, PKCE."""

import json
import os
from urllib.parse import urlencode

from flask import Flask, jsonify, session
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.decorators import auth_required, cognito_login, cognito_login_callback
from flask_cognito_lib.exceptions import AuthorisationRequiredError, CognitoError

made = json.loads(os.environ["MADE"])


def application(app):
    """A site for one of the pool's app clients."""
    web = Flask(__name__)
    web.config.update(
        SECRET_KEY="only for this test",
        AWS_REGION="us-east-1",
        AWS_COGNITO_USER_POOL_ID=made["pool"],
        AWS_COGNITO_DOMAIN="https://tidepool.auth.us-east-1.amazoncognito.com",
        AWS_COGNITO_USER_POOL_CLIENT_ID=app["id"],
        AWS_COGNITO_USER_POOL_CLIENT_SECRET=app["secret"] or None,
        AWS_COGNITO_REDIRECT_URL=made["callback"],
        AWS_COGNITO_LOGOUT_URL=made["callback"],
        AWS_COGNITO_SCOPES=["openid", "email"],
    )
    CognitoAuth(web)

    @web.get("/login")
    @cognito_login
    def login():
        pass

    @web.get("/callback")
    @cognito_login_callback
    def callback():
        return jsonify(email=session["user_info"]["email"])

    @web.get("/me")
    @auth_required()
    def me():
        return jsonify(user=session["claims"]["username"])

    @web.errorhandler(CognitoError)
    @web.errorhandler(AuthorisationRequiredError)
    def refused(error):
        return jsonify(error=type(error).__name__)

    return web


def signed_in_at(address):
    """Where a person ends who goes to ``address``; somebody else's browser does that."""
    print("mara", address, flush=True)
    return input().partition("?")[2]


seen = {}
for kind, app in made["apps"].items():
    web = application(app)
    browser = web.test_client()
    seen[f"{kind}: before"] = browser.get("/me").json
    query = signed_in_at(browser.get("/login").location)
    seen[f"{kind}: callback"] = browser.get(f"/callback?{query}", base_url="https://localhost").json
    seen[f"{kind}: after"] = browser.get("/me", base_url="https://localhost").json
    other = web.test_client()
    other.get("/login")
    seen[f"{kind}: another browser"] = other.get(f"/callback?{query}").json
    token = browser.get_cookie("cognito_access_token", "localhost").value
    other.set_cookie("cognito_access_token", f"{token[:-9]}{'A' * 9}")
    seen[f"{kind}: forged"] = other.get("/me").json
    made_up = signed_in_at(browser.get("/login").location).partition("state=")[2].partition("&")[0]
    answer = browser.get(f"/callback?{urlencode({'code': 'made-up', 'state': made_up})}")
    seen[f"{kind}: a made-up code"] = answer.json
print(json.dumps(seen))
