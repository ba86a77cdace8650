"""The forum's server asks the identity pool for a token and gives it to the browser. `session` says who has signed
in at the server, and `form` is what the browser has sent. Write `vouch_for`. The token should be valid for five
minutes only.
"""

import json

import boto3

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Vouch for the right one", False, 1, 2
expected = "a token of five minutes for the user who has signed in at the server."
hint = "Who can change `session`, and who can change `form`? The lifetime is an argument of the call, in seconds."
scene = "forum"


def vouch_for(identity_pools, pool, session, form):
    """The token for whoever has signed in. `session` and `form` are dictionaries with an entry `user`."""
    answer = identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={"login.tidepool.example": session["user"]}, TokenDuration=300
    )
    return answer["Token"]


def check(answer, scene, lab):
    import jwt

    identity_pools = boto3.client("cognito-identity")
    key = "cognito-identity.amazonaws.com"
    for user, sent in (("reef-fan", "reef-fan"), ("rook", "reef-fan")):
        token = answer(identity_pools, scene.identity_pool, {"user": user}, {"user": sent})
        expect(isinstance(token, str) and token.count(".") == 2, "Return the token: a text in three parts.")
        claims = jwt.decode(token, options={"verify_signature": False})
        expect(
            any(str(method).endswith(f":{user}") for method in claims["amr"]),
            f"Rook signed in as `rook` and wrote `{sent}` into the form. The token vouches for `{sent}`."
            if user == "rook" and any(str(method).endswith(f":{sent}") for method in claims["amr"])
            else f"The token does not vouch for `{user}`: {json.dumps(claims['amr'])}.",
        )
        lasts = claims["exp"] - claims["iat"]
        expect(lasts == 300, f"The token is valid for {lasts} seconds.")
        identity = claims["sub"]
        identity_pools.get_credentials_for_identity(IdentityId=identity, Logins={key: token})


def wrong_from_the_form(identity_pools, pool, session, form):
    """The token vouches for `reef-fan`"""
    return vouch_for(identity_pools, pool, form, form)


def wrong_default_lifetime(identity_pools, pool, session, form):
    """The token is valid for 900 seconds"""
    answer = identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={"login.tidepool.example": session["user"]}
    )
    return answer["Token"]


def wrong_in_minutes(identity_pools, pool, session, form):
    """The token is valid for 5 seconds"""
    answer = identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={"login.tidepool.example": session["user"]}, TokenDuration=5
    )
    return answer["Token"]


def wrong_one_user_for_all(identity_pools, pool, session, form):
    """The token does not vouch for `reef-fan`"""
    return vouch_for(identity_pools, pool, {"user": "forum"}, form)


def wrong_whole_answer(identity_pools, pool, session, form):
    """Return the token"""
    return identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={"login.tidepool.example": session["user"]}, TokenDuration=300
    )
