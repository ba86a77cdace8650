"""A Flask application with Authlib's OpenID Connect client: code flow, PKCE, nonce, the ID token verified."""

import json
import os

from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask

made = json.loads(os.environ["MADE"])
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
issuer = os.environ["AWS_ENDPOINT_URL"] or "https://cognito-idp.us-east-1.amazonaws.com"  # as it is on AWS
web = Flask(__name__)
web.secret_key = "only for this test"
oauth = OAuth(web)
for kind, app in made["apps"].items():
    oauth.register(
        kind,
        client_id=app["id"],
        client_secret=app["secret"] or None,
        server_metadata_url=f"{issuer}/{made['pool']}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
    )


@web.get("/login/<kind>")
def login(kind):
    return oauth.create_client(kind).authorize_redirect(made["callback"])


@web.get("/callback/<kind>")
def callback(kind):
    provider = oauth.create_client(kind)
    try:
        token = provider.authorize_access_token()
    except (OAuthError, MismatchingStateError) as error:
        return {"error": error.error}
    found = provider.userinfo(token=token)
    claims = token["userinfo"]
    return {"user": found["username"], "email": claims["email"], "same": found["sub"] == claims["sub"]}


def signed_in_at(address):
    """Where a person ends who goes to ``address``; somebody else's browser does that."""
    print("mara", address, flush=True)
    return input().partition("?")[2]


seen = {}
for kind in made["apps"]:
    browser = web.test_client()
    where = browser.get(f"/login/{kind}").location
    query = signed_in_at(where)
    seen[kind] = browser.get(f"/callback/{kind}?{query}").json
    seen[f"{kind}, the same code"] = browser.get(f"/callback/{kind}?{query}").json
    query = signed_in_at(browser.get(f"/login/{kind}").location)
    seen[f"{kind}, another browser"] = web.test_client().get(f"/callback/{kind}?{query}").json
    with browser.session_transaction() as kept:
        (name,) = kept
        kept[name] = kept[name] | {"data": kept[name]["data"] | {"code_verifier": "x" * 48}}
    seen[f"{kind}, another verifier"] = browser.get(f"/callback/{kind}?{query}").json
print(json.dumps(seen))
